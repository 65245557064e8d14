// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";

import {IBadDebtSocializer} from "../../contracts/interfaces/IBadDebtSocializer.sol";
import {FundParams, IInsuranceFund} from "../../contracts/interfaces/IInsuranceFund.sol";
import {ILendingPool, PoolParams} from "../../contracts/interfaces/ILendingPool.sol";
import {IPoolFactory} from "../../contracts/interfaces/IPoolFactory.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {MockOracle} from "../../contracts/mocks/MockOracle.sol";
import {Attacker} from "./Attacker.sol";

/// @notice The protocol with two pools on one fund, and everybody who calls it. The contract itself is the governor.
abstract contract World is CommonBase {
    error DeploymentFailed(string name);
    error PositionsNotFound();

    uint256 internal constant WAD = 1e18;
    uint256 internal constant PRICE_SCALE = 1e36;
    uint256 internal constant POOLS = 2;
    /// @dev Six people, each of whom lends, borrows, stakes, liquidates and claims, and a contract.
    uint256 internal constant USERS = 7;
    uint256 internal constant ATTACKER = 6;

    IPoolFactory internal immutable FACTORY;
    IBadDebtSocializer internal immutable SOCIALIZER;
    IInsuranceFund internal immutable FUND;
    MockERC20 internal immutable ASSET;
    uint256 internal immutable UNIT;

    ILendingPool[POOLS] internal pools;
    MockERC20[POOLS] internal collaterals;
    MockOracle[POOLS] internal oracles;
    uint256[POOLS] internal startPrices;
    uint256[POOLS] internal prices;
    uint256[POOLS] internal collateralUnits;
    uint256[POOLS] internal lltvs;
    address[USERS] internal users;
    /// @dev The time goes by it alone, or a sequence that forge shortens would not end as it does on its own.
    uint256 internal clock;

    /// @dev Where the pool keeps its positions: `_positions` has this slot.
    uint256 internal immutable POSITIONS;

    constructor(uint8 decimals, uint8[POOLS] memory collateralDecimals) {
        _warp(1_700_000_000);
        UNIT = 10 ** decimals;
        ASSET = MockERC20(_deploy("MockERC20", abi.encode("Asset", "AST", decimals)));
        address manager = _deploy("AccessManager", abi.encode(address(this)));
        bytes memory pool = vm.getCode("LendingPool.sol:LendingPool");
        bytes memory twin = vm.getCode("PoolTwin.sol:PoolTwin");
        uint256 half = pool.length / 2;
        FACTORY = IPoolFactory(
            _deploy(
                "PoolFactory",
                abi.encode(
                    manager,
                    _deploy("CodeStore", abi.encode(_slice(pool, 0, half))),
                    _deploy("CodeStore", abi.encode(_slice(pool, half, pool.length))),
                    _deploy("CodeStore", abi.encode(twin)),
                    keccak256(pool),
                    keccak256(twin)
                )
            )
        );
        SOCIALIZER = IBadDebtSocializer(_deploy("BadDebtSocializer", abi.encode(FACTORY)));
        FUND = IInsuranceFund(_deploy("InsuranceFund", abi.encode(_fundParams(), manager)));
        for (uint256 i; i < USERS; ++i) users[i] = address(uint160(0xACC0 + i));
        users[ATTACKER] = address(new Attacker());
        for (uint256 k; k < POOLS; ++k) _createPool(k, collateralDecimals[k]);
        for (uint256 i; i < USERS; ++i) _provide(users[i]);
        POSITIONS = _findPositions();
        _open();
    }

    function _fundParams() private view returns (FundParams memory) {
        return
            FundParams({
                asset: address(ASSET),
                socializer: address(SOCIALIZER),
                factory: address(FACTORY),
                cooldown: 3 days,
                window: 2 days,
                vesting: 3 days,
                reserveCut: 2_000,
                maxPremium: 2_000,
                halfCover: 0.05e18,
                dust: 50 * UNIT,
                guardTolerance: 2,
                blindPeriod: 1 days,
                name: "Fund",
                symbol: "FND"
            });
    }

    /// @dev A volatile collateral with the default terms, and a stable one with tight ones.
    function _createPool(uint256 k, uint8 decimals) private {
        collateralUnits[k] = 10 ** decimals;
        collaterals[k] = MockERC20(_deploy("MockERC20", abi.encode("Collateral", "COL", decimals)));
        prices[k] = startPrices[k] = ((k == 0 ? 2_000 : 1) * PRICE_SCALE * UNIT) / collateralUnits[k];
        oracles[k] = MockOracle(_deploy("MockOracle", abi.encode(startPrices[k])));
        lltvs[k] = k == 0 ? 0.86e18 : 0.915e18;
        pools[k] = ILendingPool(
            FACTORY.createPool(
                PoolParams({
                    asset: address(ASSET),
                    collateralAsset: address(collaterals[k]),
                    oracle: address(oracles[k]),
                    fund: address(FUND),
                    socializer: address(SOCIALIZER),
                    lltv: lltvs[k],
                    minIncentive: 0.005e18,
                    writeDownIncentive: k == 0 ? 0.02e18 : 0.01e18,
                    maxIncentive: k == 0 ? 0.05e18 : 0.03e18,
                    targetHealth: k == 0 ? 1.25e18 : 1.02e18,
                    minDebt: 100 * UNIT,
                    dust: k == 0 ? 50 * UNIT : 0,
                    vesting: k == 0 ? 3 days : 1 days,
                    guardTolerance: k == 0 ? 2 : 10,
                    blindPeriod: k == 0 ? 1 days : 2 hours,
                    rateAtTarget: k == 0 ? 0.04e18 : 0.2e18,
                    supplyCap: 20_000_000 * UNIT,
                    name: "Pool",
                    symbol: "POOL"
                })
            )
        );
    }

    function _provide(address user) private {
        ASSET.mint(user, 1e9 * UNIT);
        vm.startPrank(user);
        ASSET.approve(address(FUND), type(uint256).max);
        ASSET.approve(address(SOCIALIZER), type(uint256).max);
        for (uint256 k; k < POOLS; ++k) {
            collaterals[k].mint(user, 1e9 * collateralUnits[k]);
            ASSET.approve(address(pools[k]), type(uint256).max);
            collaterals[k].approve(address(pools[k]), type(uint256).max);
        }
        vm.stopPrank();
    }

    function _findPositions() private returns (uint256 slot) {
        vm.prank(users[0]);
        pools[0].supplyCollateral(12_345, users[0]);
        while (vm.load(address(pools[0]), keccak256(abi.encode(users[0], slot))) != bytes32(uint256(12_345) << 96)) {
            if (++slot == 64) revert PositionsNotFound();
        }
        vm.prank(users[0]);
        pools[0].withdrawCollateral(12_345, users[0], users[0]);
    }

    /// @dev Lenders, borrowers at half their limit, stakers, a reserve, and cover in force.
    function _open() private {
        for (uint256 k; k < POOLS; ++k) FUND.setCoverageLimit(address(pools[k]), 40_000 * UNIT);
        _warp(_now() + 5 days);
        for (uint256 k; k < POOLS; ++k) {
            for (uint256 i; i < 3; ++i) {
                vm.prank(users[i]);
                pools[k].deposit((300_000 / (i + 1)) * UNIT, users[i]);
                address borrower = users[3 + i];
                uint256 debt = (150_000 / (i + 1)) * UNIT;
                vm.startPrank(borrower);
                pools[k].supplyCollateral((debt * 2 * PRICE_SCALE) / startPrices[k], borrower);
                pools[k].borrow(debt, borrower, borrower);
                vm.stopPrank();
            }
        }
        for (uint256 i; i < 2; ++i) {
            vm.prank(users[i * 5]);
            FUND.deposit((20_000 / (i + 1)) * UNIT, users[i * 5]);
        }
        vm.prank(users[1]);
        FUND.fundReserve(5_000 * UNIT);
        for (uint256 k; k < POOLS; ++k) FUND.harvest(address(pools[k]));
    }

    /// @dev Not `block.timestamp`: the compiler takes that to be the same all through a call.
    function _now() internal view returns (uint256) {
        return clock;
    }

    function _warp(uint256 time) internal {
        clock = time;
        vm.warp(time);
    }

    function _setPrice(uint256 k, uint256 price) internal {
        prices[k] = price;
        oracles[k].setPrice(price);
    }

    function _deploy(string memory name, bytes memory args) private returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(string.concat(name, ".sol:", name)), args);
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        if (created == address(0)) revert DeploymentFailed(name);
    }

    function _slice(bytes memory data, uint256 from, uint256 to) private pure returns (bytes memory part) {
        part = new bytes(to - from);
        for (uint256 i = from; i < to; ++i) part[i - from] = data[i];
    }
}
