// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IBadDebtSocializer} from "./interfaces/IBadDebtSocializer.sol";
import {IInsuranceFund} from "./interfaces/IInsuranceFund.sol";
import {ILendingPool, PoolParams} from "./interfaces/ILendingPool.sol";
import {IOracle, ORACLE_GAS} from "./interfaces/IOracle.sol";
import {IPoolFactory} from "./interfaces/IPoolFactory.sol";
import {Bounds} from "./libraries/Bounds.sol";
import {Interest} from "./libraries/Interest.sol";

/// @title PoolFactory
/// @notice See IPoolFactory.
/// @dev The creation code of a pool and its twin is too large to be part of this contract: it lies in data contracts
/// (CodeStore), and its hashes are checked here.
contract PoolFactory is IPoolFactory, AccessManaged {
    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    uint256 private constant WAD = 1e18;
    uint256 private constant MAX_DECIMALS = 30;
    /// @dev The most that LLTV, and LLTV·(1+w), may be: 64/65, one tick of the risk ladder below 1.
    uint256 private constant MAX_LLTV = 0.984e18;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    address private immutable POOL_HEAD;
    address private immutable POOL_TAIL;
    address private immutable TWIN_CODE;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    /// @inheritdoc IPoolFactory
    mapping(address => bool) public isPool;
    address[] private _pools;

    /// @param poolHead, poolTail CodeStores with the halves of LendingPool's creation code
    /// @param twinCode CodeStore with PoolTwin's creation code
    /// @param poolHash keccak256 of LendingPool's creation code
    /// @param twinHash keccak256 of PoolTwin's
    constructor(
        address manager,
        address poolHead,
        address poolTail,
        address twinCode,
        bytes32 poolHash,
        bytes32 twinHash
    ) AccessManaged(manager) {
        if (manager.code.length == 0) revert NotAContract("manager", manager);
        POOL_HEAD = poolHead;
        POOL_TAIL = poolTail;
        TWIN_CODE = twinCode;
        if (keccak256(bytes.concat(_read(poolHead), _read(poolTail))) != poolHash) revert InvalidCode(poolHash);
        if (keccak256(_read(twinCode)) != twinHash) revert InvalidCode(twinHash);
    }

    /* --------------------------------------------- CREATION -------------------------------------------- */

    /// @inheritdoc IPoolFactory
    function createPool(PoolParams calldata params) external returns (address pool) {
        _checkAssets(params);
        _checkTerms(params);
        address twin = _create(bytes.concat(_read(TWIN_CODE), abi.encode(params)));
        pool = _create(bytes.concat(_read(POOL_HEAD), _read(POOL_TAIL), abi.encode(params, twin)));
        isPool[pool] = true;
        _pools.push(pool);
        emit PoolCreated(pool, params.asset, params.collateralAsset, params);
    }

    function _checkAssets(PoolParams calldata p) private view {
        _checkAsset("asset", p.asset);
        _checkAsset("collateralAsset", p.collateralAsset);
        if (p.asset == p.collateralAsset) revert InvalidAsset(p.asset);
        if (p.oracle.code.length == 0) revert NotAContract("oracle", p.oracle);
        // an oracle that cannot answer is refused with its own error, or runs out of what a pool's guard gives it
        IOracle(p.oracle).price{gas: ORACLE_GAS}();
        if (p.socializer.code.length == 0) revert NotAContract("socializer", p.socializer);
        if (IBadDebtSocializer(p.socializer).factory() != address(this)) revert Mismatch("socializer", p.socializer);
        if (p.fund == address(0)) return;
        if (p.fund.code.length == 0) revert NotAContract("fund", p.fund);
        IInsuranceFund f = IInsuranceFund(p.fund);
        if (f.factory() != address(this) || f.socializer() != p.socializer || f.asset() != p.asset) {
            revert Mismatch("fund", p.fund);
        }
    }

    /// @dev Refuses shares of this factory's own pools and funds: a price would depend on itself, claims be stranded.
    function _checkAsset(string memory parameter, address token) private view {
        if (token.code.length == 0) revert NotAContract(parameter, token);
        (bool ok, bytes memory answer) = token.staticcall(abi.encodeCall(IInsuranceFund.factory, ()));
        bool own = ok && answer.length == 32 && abi.decode(answer, (uint256)) == uint160(address(this));
        if (own) revert InvalidAsset(token);
        try IERC20Metadata(token).decimals() returns (uint8 decimals) {
            Bounds.check("decimals", decimals, 0, MAX_DECIMALS);
        } catch {
            revert InvalidAsset(token);
        }
    }

    function _checkTerms(PoolParams calldata p) private pure {
        Bounds.check("lltv", p.lltv, 0.01e18, MAX_LLTV);
        Bounds.check("maxIncentive", p.maxIncentive, 0, 0.5e18);
        // LLTV·(1+i) < 1: an account can be liquidated before its collateral is worth less than its debt plus incentive
        Bounds.check("lltv * (1 + maxIncentive)", (p.lltv * (WAD + p.maxIncentive)) / WAD, 0, WAD - 1);
        Bounds.check("writeDownIncentive", p.writeDownIncentive, 0, p.maxIncentive);
        // healthy debt shares no tick of the risk ladder with debt that cannot repay: it would hide its shortfall
        Bounds.check("lltv * (1 + writeDownIncentive)", (p.lltv * (WAD + p.writeDownIncentive)) / WAD, 0, MAX_LLTV);
        Bounds.check("minIncentive", p.minIncentive, 0, p.writeDownIncentive);
        Bounds.check("targetHealth", p.targetHealth, WAD, 10 * WAD);
        Bounds.check("minDebt", p.minDebt, 1, type(uint96).max);
        Bounds.check("dust", p.dust, 0, p.minDebt);
        Bounds.checkShared(p.vesting, p.guardTolerance, p.blindPeriod);
        Bounds.check(
            "rateAtTarget",
            p.rateAtTarget,
            Interest.MIN_RATE * Interest.RATE_UNIT,
            Interest.MAX_RATE * Interest.RATE_UNIT
        );
    }

    function _create(bytes memory code) private returns (address created) {
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        if (created == address(0)) revert CreationFailed();
    }

    /// @dev A store starts with a byte 0, which is not part of the data.
    function _read(address store) private view returns (bytes memory data) {
        if (store.code.length < 2) revert NotAContract("store", store);
        uint256 length = store.code.length - 1;
        data = new bytes(length);
        assembly ("memory-safe") {
            extcodecopy(store, add(data, 32), 1, length)
        }
    }

    /* -------------------------------------------- GOVERNANCE ------------------------------------------- */

    /// @inheritdoc IPoolFactory
    function setSupplyCap(address pool, uint256 assets) external restricted {
        _poolOf(pool).setSupplyCap(assets);
    }

    /// @inheritdoc IPoolFactory
    function pause(address pool) external restricted {
        _poolOf(pool).setPaused(true);
    }

    /// @inheritdoc IPoolFactory
    function unpause(address pool) external restricted {
        _poolOf(pool).setPaused(false);
    }

    function _poolOf(address pool) private view returns (ILendingPool) {
        if (!isPool[pool]) revert UnknownPool(pool);
        return ILendingPool(pool);
    }

    /* ---------------------------------------------- VIEWS ---------------------------------------------- */

    /// @inheritdoc IPoolFactory
    function poolCount() external view returns (uint256) {
        return _pools.length;
    }

    /// @inheritdoc IPoolFactory
    function poolsOf(uint256 start, uint256 count) external view returns (address[] memory pools) {
        uint256 length = _pools.length;
        uint256 left = start < length ? length - start : 0;
        pools = new address[](count < left ? count : left);
        for (uint256 i; i < pools.length; ++i) pools[i] = _pools[start + i];
    }
}
