// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {Interest} from "./Interest.sol";
import {Liquidation} from "./Liquidation.sol";

/// @title RiskLadder
/// @notice The ticks of `scaledDebt / collateral` and what they show at a price. Pure.
/// @dev The ratio moves only when its position is touched: neither time nor price changes an account's tick. A tick is
/// 1 + 64 times the exponent plus the six bits below the leading one of the ratio in units of 2^-112, so ratios within
/// one tick differ by less than 1/64. Tick 0 is that of no debt, TOP that of debt without collateral.
library RiskLadder {
    using FixedPointMathLib for uint256;

    uint256 internal constant WAD = 1e18;
    uint256 internal constant BPS = 10_000;
    /// @notice Ticks for one octave of the ratio.
    uint256 internal constant OCTAVE = 64;
    /// @notice Above every tick of a ratio, and of every price.
    uint256 internal constant TOP = type(uint16).max >> 2;

    /// @notice At any higher price a unit of collateral repays more than any debt, and the tick is above that of every
    /// ratio.
    uint256 internal constant MAX_PRICE = 1 << 220;

    uint256 private constant RATIO_BITS = 112;
    uint256 private constant MANTISSA_BITS = 6;

    /// @notice Tick of a position; it never falls when debt grows or collateral shrinks.
    /// @param scaledDebt index units, below 2^96
    /// @param collateral units, below 2^112
    function tickOf(uint256 scaledDebt, uint256 collateral) internal pure returns (uint256) {
        unchecked {
            if (scaledDebt == 0) return 0;
            if (collateral == 0) return TOP;
            return _tickOf((scaledDebt << RATIO_BITS) / collateral);
        }
    }

    /// @notice Tick at which debt is `limit` times the collateral's value: no position in a lower tick owes more.
    /// @param price loan asset units per collateral unit, scaled by 1e36
    /// @param index borrow index (wad)
    /// @param limit debt over collateral value (wad): LLTV for health, 1/(1+w) for what can be repaid
    function tickAt(uint256 price, uint256 index, uint256 limit) internal pure returns (uint256) {
        unchecked {
            return _tickOf(price.min(MAX_PRICE).fullMulDiv((limit << RATIO_BITS) / WAD, WAD * index));
        }
    }

    /// @notice What the debt of a tick exceeds its collateral by, C/(1+w) being what that can repay: never more than
    /// its accounts lack one by one, and the same for a tick of one account.
    /// @param scaledDebt of all accounts in the tick; the debt is rounded up, like an account's
    /// @param collateral of all accounts in the tick; its value is rounded down
    function shortfallOf(
        uint256 scaledDebt,
        uint256 collateral,
        uint256 price,
        uint256 index,
        uint256 writeDownIncentive
    ) internal pure returns (uint256) {
        unchecked {
            uint256 debt = Interest.debtUp(scaledDebt, index);
            uint256 value = Liquidation.valueOf(collateral, price.min(MAX_PRICE));
            return debt.saturatingSub(Liquidation.performing(value, writeDownIncentive));
        }
    }

    /// @notice The visible shortfall that lenders' assets may move past, rounded down: what a write-down would leave
    /// alone anyway, or the tolerated part of what remains in the pool.
    /// @param remaining lender assets after the call
    /// @param tolerance basis points
    function tolerated(uint256 remaining, uint256 tolerance, uint256 dust) internal pure returns (uint256) {
        return ((remaining * tolerance) / BPS).max(dust);
    }

    /// @notice The most of `assets` that can leave with `shortfall` still tolerated; all of it up to the dust bound.
    function leavable(
        uint256 assets,
        uint256 shortfall,
        uint256 tolerance,
        uint256 dust
    ) internal pure returns (uint256) {
        if (shortfall <= dust) return assets;
        return tolerance == 0 ? 0 : assets.saturatingSub((shortfall * BPS).divUp(tolerance));
    }

    function _tickOf(uint256 ratio) private pure returns (uint256) {
        unchecked {
            if (ratio == 0) return 1;
            uint256 exponent = ratio.log2();
            return (exponent << MANTISSA_BITS) + ((ratio << MANTISSA_BITS) >> exponent) + 1 - OCTAVE;
        }
    }
}
