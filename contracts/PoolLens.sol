// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {IBadDebtSocializer, Loss} from "./interfaces/IBadDebtSocializer.sol";
import {ILendingPool, LadderTick} from "./interfaces/ILendingPool.sol";
import {IPoolFactory} from "./interfaces/IPoolFactory.sol";
import {IPoolLens} from "./interfaces/IPoolLens.sol";
import {Interest} from "./libraries/Interest.sol";
import {Liquidation} from "./libraries/Liquidation.sol";
import {RiskLadder} from "./libraries/RiskLadder.sol";
import {IOracle} from "./interfaces/IOracle.sol";

/// @title PoolLens
/// @notice See IPoolLens. No state. An oracle that fails leaves out what depends on its price, and nothing else.
contract PoolLens is IPoolLens {
    using FixedPointMathLib for uint256;

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    uint256 private constant WAD = 1e18;
    /// @dev Bits of a key of `riskiest` that hold the account's place in the list.
    uint256 private constant PLACE_BITS = 32;

    /* ---------------------------------------------- POOLS ---------------------------------------------- */

    /// @inheritdoc IPoolLens
    function pools(address factory, uint256 start, uint256 count) external view returns (PoolView[] memory views) {
        address[] memory list = IPoolFactory(factory).poolsOf(start, count);
        views = new PoolView[](list.length);
        for (uint256 i; i < list.length; ++i) views[i] = poolOf(list[i]);
    }

    /// @inheritdoc IPoolLens
    function poolOf(address pool) public view returns (PoolView memory v) {
        ILendingPool p = ILendingPool(pool);
        v.pool = pool;
        v.asset = p.asset();
        v.collateralAsset = p.collateralAsset();
        v.oracle = p.oracle();
        v.fund = p.fund();
        v.lltv = p.lltv();
        v.epoch = p.epoch();
        v.generation = p.generation();
        v.state = p.state();
        (v.price, v.priced) = _price(p);
    }

    /* -------------------------------------------- BORROWERS -------------------------------------------- */

    /// @inheritdoc IPoolLens
    function positions(address pool, address[] calldata accounts) public view returns (PositionView[] memory views) {
        ILendingPool p = ILendingPool(pool);
        (uint256 price, bool priced) = _price(p);
        (uint256 lltv, uint256 w) = (p.lltv(), p.writeDownIncentive());
        views = new PositionView[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            PositionView memory v = views[i];
            v.account = accounts[i];
            (v.collateral, v.debt, v.writtenOff) = p.positionOf(accounts[i]);
            v.writeDownPrice = _writeDownPrice(v.debt, v.collateral, w);
            if (!priced) continue;
            uint256 value = Liquidation.valueOf(v.collateral, price);
            v.health = Liquidation.healthOf(value, v.debt + v.writtenOff, lltv);
            v.shortfall = v.debt.saturatingSub(Liquidation.performing(value, w));
        }
    }

    /// @inheritdoc IPoolLens
    function riskiest(address pool, address[] calldata accounts) external view returns (PositionView[] memory views) {
        PositionView[] memory unsorted = positions(pool, accounts);
        // the place in the low bits of the key: what that cuts off a price matters to no ranking
        uint256[] memory keys = new uint256[](accounts.length);
        for (uint256 i; i < keys.length; ++i) {
            keys[i] = (unsorted[i].writeDownPrice.min(type(uint256).max >> PLACE_BITS) << PLACE_BITS) | i;
        }
        keys = Arrays.sort(keys);
        views = new PositionView[](accounts.length);
        for (uint256 i; i < keys.length; ++i) {
            views[i] = unsorted[keys[keys.length - 1 - i] & (type(uint256).max >> (256 - PLACE_BITS))];
        }
    }

    /// @inheritdoc IPoolLens
    function ticks(address pool, uint256 from, uint256 count) external view returns (TickView[] memory views) {
        ILendingPool p = ILendingPool(pool);
        (uint256 price, bool priced) = _price(p);
        (uint256 index, uint256 w) = (p.state().index, p.writeDownIncentive());
        LadderTick[] memory list = p.ladder(from, count);
        views = new TickView[](list.length);
        for (uint256 i; i < list.length; ++i) {
            (uint256 scaled, uint256 collateral) = (list[i].scaledDebt, list[i].collateral);
            uint256 debt = Interest.debtUp(scaled, index);
            uint256 shortfall = priced ? RiskLadder.shortfallOf(scaled, collateral, price, index, w) : 0;
            views[i] = TickView(list[i].tick, debt, collateral, shortfall, _writeDownPrice(debt, collateral, w));
        }
    }

    /// @dev Debt · (1 + w) over collateral, rounded up.
    function _writeDownPrice(uint256 debt, uint256 collateral, uint256 w) private pure returns (uint256) {
        if (debt == 0) return 0;
        if (collateral == 0) return type(uint256).max;
        return (debt * (WAD + w)).fullMulDivUp(Liquidation.ORACLE_SCALE / WAD, collateral);
    }

    /* ----------------------------------------- LENDERS, LOSSES ----------------------------------------- */

    /// @inheritdoc IPoolLens
    function lenders(address pool, address[] calldata accounts) external view returns (LenderView[] memory views) {
        ILendingPool p = ILendingPool(pool);
        views = new LenderView[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            uint256 shares = p.balanceOf(accounts[i]);
            views[i] = LenderView(accounts[i], shares, p.convertToAssets(shares), p.maxRedeem(accounts[i]));
        }
    }

    /// @inheritdoc IPoolLens
    function losses(address socializer, uint256 start, uint256 count) external view returns (Loss[] memory list) {
        IBadDebtSocializer s = IBadDebtSocializer(socializer);
        uint256 last = s.lossCount();
        uint256 left = start != 0 && start <= last ? last - start + 1 : 0;
        list = new Loss[](count < left ? count : left);
        for (uint256 i; i < list.length; ++i) {
            try s.lossOf(start + i) returns (Loss memory loss) {
                list[i] = loss;
            } catch {
                // left empty: the fund that must say whether its epoch has opened does not
            }
        }
    }

    /// @inheritdoc IPoolLens
    function claims(
        address socializer,
        uint256[] calldata lossIds,
        address account
    ) external view returns (uint256[] memory assets) {
        assets = new uint256[](lossIds.length);
        for (uint256 i; i < lossIds.length; ++i) {
            assets[i] = IBadDebtSocializer(socializer).claimable(lossIds[i], account);
        }
    }

    /* --------------------------------------------- HELPERS --------------------------------------------- */

    function _price(ILendingPool pool) private view returns (uint256 price, bool priced) {
        // not a `try`: that reverts on an answer that is no number
        (bool ok, bytes memory answer) = pool.oracle().staticcall(abi.encodeCall(IOracle.price, ()));
        if (ok && answer.length == 32) return (abi.decode(answer, (uint256)), true);
    }
}
