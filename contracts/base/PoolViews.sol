// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {
    DepthPoint,
    IPoolRisk,
    IPoolViews,
    LadderTick,
    PoolState,
    Sight,
    WrittenOff
} from "../interfaces/ILendingPool.sol";
import {Interest} from "../libraries/Interest.sol";
import {Liquidation} from "../libraries/Liquidation.sol";
import {RiskLadder} from "../libraries/RiskLadder.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {PoolPositions} from "./PoolPositions.sol";

/// @title PoolViews
/// @notice What can be read of a pool: its state, its positions, and the risk that it sees. Nothing here writes.
abstract contract PoolViews is PoolPositions, IPoolViews, IPoolRisk {
    using FixedPointMathLib for uint256;

    /* ------------------------------------------ STATE, POSITIONS --------------------------------------- */

    /// @inheritdoc IPoolViews
    function state() external view returns (PoolState memory) {
        Cache memory s = _accrued();
        return
            PoolState({
                cash: _cash(s),
                debt: s.debt,
                lenderAssets: _lenderAssets(s),
                unvested: s.unvested,
                fees: _fees(s),
                supply: s.ledger.supply,
                index: s.index,
                scaledDebt: s.scaledDebt,
                rateAtTarget: s.rate * Interest.RATE_UNIT,
                premium: s.premium,
                supplyCap: _capOf(s),
                paused: s.flags & FLAG_PAUSED != 0
            });
    }

    /// @inheritdoc IPoolViews
    function healthOf(address account) external view returns (uint256) {
        Position memory p = _positions[account];
        uint256 index = _accrued().index;
        (uint256 writtenOff, ) = _writtenOffOf(account, p, index);
        uint256 owed = Interest.debtUp(p.scaledDebt, index) + writtenOff;
        if (owed == 0) return type(uint256).max;
        return Liquidation.healthOf(Liquidation.valueOf(p.collateral, ORACLE.price()), owed, LLTV);
    }

    /// @inheritdoc IPoolViews
    function writtenOffOf(address account) external view returns (WrittenOff[] memory entries) {
        Position memory p = _positions[account];
        entries = new WrittenOff[](p.writtenOffs);
        for (uint256 i; i < p.writtenOffs; ++i) {
            entries[i] = _entry(account, p, i);
        }
    }

    /// @inheritdoc IPoolViews
    function scaledDebtOf(address account) external view returns (uint256) {
        return _positions[account].scaledDebt;
    }

    /* ----------------------------------------------- RISK ---------------------------------------------- */

    /// @inheritdoc IPoolRisk
    function visibleShortfall() external view returns (uint256 assets) {
        assets = _shortfall(_accrued());
    }

    /// @inheritdoc IPoolRisk
    function totalAssetsNet() external view returns (uint256 assets) {
        Cache memory s = _accrued();
        uint256 left = _shortfall(s);
        assets = _lenderAssets(s);
        (, left) = Waterfall.absorb(left, _fees(s));
        if (left != 0 && FUND != address(0)) {
            (, left) = Waterfall.absorb(left, IInsuranceFund(FUND).coverageAvailable(address(this)));
        }
        (, left) = Waterfall.absorb(left, s.unvested);
        assets = assets.saturatingSub(left);
    }

    /// @dev All of the visible loss. Without debt there is none, and no oracle is asked.
    function _shortfall(Cache memory s) private view returns (uint256 shortfall) {
        if (s.scaledDebt == 0) return 0;
        (bool seen, uint256 price) = _look();
        if (!seen) revert Blind(_blindSinceOf(s));
        (shortfall, ) = _visible(s, price, type(uint256).max);
    }

    /// @inheritdoc IPoolRisk
    function depth(uint256[] calldata prices) external view returns (DepthPoint[] memory points) {
        Cache memory s = _accrued();
        points = new DepthPoint[](prices.length);
        for (uint256 i; i < prices.length; ++i) {
            uint256 price = prices[i];
            uint256 floor = RiskLadder.tickAt(price, s.index, LLTV);
            for (uint256 t = _highest(s.topTick, floor); t != 0; t = _highest(t - 1, floor)) {
                Tick memory sums = _ticks[t];
                uint256 debt = Interest.debtUp(sums.scaledDebt, s.index);
                if (Liquidation.isHealthy(Liquidation.valueOf(sums.collateral, price), debt, LLTV)) continue;
                points[i].collateral += sums.collateral;
                points[i].debt += debt;
                points[i].badDebt += RiskLadder.shortfallOf(
                    sums.scaledDebt,
                    sums.collateral,
                    price,
                    s.index,
                    WRITE_DOWN_INCENTIVE
                );
            }
        }
    }

    /// @inheritdoc IPoolRisk
    function ladder(uint256 from, uint256 count) external view returns (LadderTick[] memory ticks) {
        from = from.min(_borrowers.topTick);
        uint256 found;
        for (uint256 t = _highest(from, 1); t != 0 && found < count; t = _highest(t - 1, 1)) {
            if (_ticks[t].scaledDebt != 0) ++found;
        }
        ticks = new LadderTick[](found);
        for ((uint256 t, uint256 i) = (_highest(from, 1), 0); i < found; t = _highest(t - 1, 1)) {
            Tick memory sums = _ticks[t];
            if (sums.scaledDebt != 0) ticks[i++] = LadderTick(t, sums.scaledDebt, sums.collateral);
        }
    }

    /// @inheritdoc IPoolRisk
    function sight(uint256 enough) external view returns (Sight memory v) {
        Cache memory s = _accrued();
        v.fees = _fees(s);
        v.seen = true;
        v.mayLeave = true;
        if (s.scaledDebt == 0) return v;
        uint256 price;
        (v.seen, price) = _look();
        if (!v.seen) {
            v.mayLeave = _mayLeaveBlind(s);
            return v;
        }
        (uint256 shortfall, ) = _visible(s, price, v.fees.saturatingAdd(enough).max(DUST));
        // up to the dust bound a write-down may book nothing: exits of the fund would wait for ever
        if (shortfall > DUST) v.shortfall = shortfall;
    }

    /// @inheritdoc IPoolRisk
    function blindSince() external view returns (uint256) {
        return _blindSinceOf(_accrued());
    }
}
