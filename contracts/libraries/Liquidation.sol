// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

/// @title Liquidation
/// @notice Health, write-down and liquidation of one account. Pure; all ratios are wads, all values loan asset units.
/// C is the collateral's value, D the performing debt, W what was written down and is still owed, `owed` = D + W.
library Liquidation {
    using FixedPointMathLib for uint256;

    uint256 internal constant WAD = 1e18;
    uint256 internal constant ORACLE_SCALE = 1e36;
    /// @notice A value above this is cut to it; every debt is far below.
    uint256 internal constant MAX_VALUE = type(uint128).max;

    /// @notice The terms of a pool, fixed at its creation.
    struct Terms {
        uint256 lltv;
        uint256 minIncentive;
        uint256 writeDownIncentive;
        uint256 maxIncentive;
        uint256 targetHealth;
    }

    /// @notice Value of collateral, rounded down.
    /// @param price loan asset units per collateral unit, scaled by 1e36
    function valueOf(uint256 collateral, uint256 price) internal pure returns (uint256) {
        unchecked {
            return collateral.fullMulDiv(price, ORACLE_SCALE).min(MAX_VALUE);
        }
    }

    /// @notice Collateral for a value (at most MAX_VALUE), rounded down. The price must not be 0.
    function collateralOf(uint256 value, uint256 price) internal pure returns (uint256) {
        return (value * ORACLE_SCALE) / price;
    }

    /// @notice Whether `owed` ≤ C·LLTV.
    function isHealthy(uint256 value, uint256 owed, uint256 lltv) internal pure returns (bool) {
        unchecked {
            return owed * WAD <= value * lltv;
        }
    }

    /// @notice C·LLTV / owed, rounded down; the largest number when nothing is owed.
    function healthOf(uint256 value, uint256 owed, uint256 lltv) internal pure returns (uint256) {
        return owed == 0 ? type(uint256).max : (value * lltv) / owed;
    }

    /// @notice C/(1+w), rounded down: the most debt that the collateral can repay, a liquidator's share aside.
    function performing(uint256 value, uint256 writeDownIncentive) internal pure returns (uint256) {
        unchecked {
            return (value * WAD) / (WAD + writeDownIncentive);
        }
    }

    /// @notice The liquidator's share of what is repaid, rounded down: min(ramp, max(w, C/owed − 1)).
    /// @dev While the collateral repays the debt plus w, an incentive costs lenders nothing; below that it is w.
    function incentiveOf(uint256 value, uint256 owed, Terms memory t) internal pure returns (uint256) {
        uint256 coverage = (value * WAD) / owed;
        uint256 cap = coverage > WAD + t.writeDownIncentive ? coverage - WAD : t.writeDownIncentive;
        return ramp(healthOf(value, owed, t.lltv), t).min(cap);
    }

    /// @notice Linear in health, from m at 1 to i at LLTV·(1+i) and below.
    function ramp(uint256 health, Terms memory t) internal pure returns (uint256) {
        if (health >= WAD) return t.minIncentive;
        uint256 low = (t.lltv * (WAD + t.maxIncentive)) / WAD;
        if (health <= low) return t.maxIncentive;
        return t.minIncentive + ((t.maxIncentive - t.minIncentive) * (WAD - health)) / (WAD - low);
    }

    /// @notice Repayment that brings an unhealthy account to the target health, rounded up, as far as C reaches.
    function toTarget(uint256 value, uint256 owed, uint256 incentive, Terms memory t) internal pure returns (uint256) {
        uint256 wanted = t.targetHealth * owed - t.lltv * value;
        uint256 each = t.targetHealth - (t.lltv * (WAD + incentive)) / WAD;
        return wanted.divUp(each).min(affordable(value, owed, incentive));
    }

    /// @notice What a liquidator could repay against all of the collateral: min(C/(1+ι), owed), rounded down.
    function affordable(uint256 value, uint256 owed, uint256 incentive) internal pure returns (uint256) {
        return performing(value, incentive).min(owed);
    }

    /// @notice The repayment that is made of the one that is asked for: clamped, and never one that would leave
    /// 0 < D < minDebt behind in an account that has not defaulted, nor a part of a defaulted one below it.
    /// @param debt D
    /// @param limit the repayment that brings the account to its target health
    /// @param whole most that may be repaid at all
    /// @param asked the liquidator's wish
    /// @return repaid 0 if nothing can be repaid within `asked`
    function clamp(
        uint256 debt,
        uint256 limit,
        uint256 whole,
        uint256 asked,
        bool defaulted,
        uint256 minDebt
    ) internal pure returns (uint256 repaid) {
        if (limit < debt && debt - limit < minDebt) limit = whole;
        repaid = asked.min(limit);
        if (repaid < debt) {
            if (defaulted ? debt < minDebt : debt <= minDebt) return 0;
            if (!defaulted && debt - repaid < minDebt) repaid = debt - minDebt;
        }
    }
}
