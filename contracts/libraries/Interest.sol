// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

/// @title Interest
/// @notice The adaptive borrow rate, the growth of the borrow index and the vesting of lenders' interest. Pure.
/// @dev The curve is that of Morpho's AdaptiveCurveIRM (the idea and the constants): the error of the utilisation
/// against its target moves `rateAtTarget` exponentially, a kinked curve turns that into the spot rate. Here the
/// average over an interval is the exact integral, so that at constant utilisation n accruals give what one gives.
/// Arithmetic is unchecked: no product of what fits the pool's storage comes near 256 bits, and the twin, whose
/// integers have no bounds, agrees on all of it. Rates are per year. A stored rate counts units of 1e-11 per year;
/// inside the functions a rate is a wad (1e18 = 100 %).
library Interest {
    uint256 internal constant WAD = 1e18;
    uint256 internal constant YEAR = 365 days;
    uint256 internal constant BPS = 10_000;

    /// @notice Utilisation at which `rateAtTarget` stands still (wad).
    uint256 internal constant TARGET_UTILISATION = 0.9e18;
    /// @notice The most that ln(rateAtTarget) moves in a year, at an error of ±1 (wad).
    int256 internal constant ADJUSTMENT_SPEED = 50e18;
    /// @notice Spot rate at full utilisation over `rateAtTarget`; its inverse is the one at utilisation 0.
    int256 internal constant STEEPNESS = 4;
    /// @notice One stored rate unit (1e-11 per year) in wad.
    uint256 internal constant RATE_UNIT = 1e7;
    /// @notice Bounds of the stored `rateAtTarget`, in rate units: 0.1 % and 200 % per year.
    uint256 internal constant MIN_RATE = 1e8;
    uint256 internal constant MAX_RATE = 2e11;

    /// @notice The index never passes what its 80 bits hold, nor total debt what 96 bits hold: accrual saturates there.
    uint256 internal constant MAX_INDEX = type(uint80).max;
    uint256 internal constant MAX_DEBT = type(uint96).max;

    /// @dev Below this the cubic Taylor polynomial of eˣ is exact to a wad (x⁴/24 < 1e-18).
    int256 private constant TAYLOR_BOUND = 7e13;
    /// @dev ln(MAX_RATE / MIN_RATE) < 8, so a larger exponent is surely at a bound.
    int256 private constant MAX_EXPONENT = 8e18;
    /// @dev e⁴⁰ > MAX_INDEX / WAD, so a larger growth is surely saturated.
    uint256 private constant MAX_GROWTH = 40e18;

    /// @notice State after `elapsed` seconds. Never reverts for inputs that fit the pool's storage.
    /// @param index borrow index (wad)
    /// @param rate stored rate
    /// @param unvested lenders' interest not yet vested (assets)
    /// @param premium share of interest that goes to fees (basis points)
    /// @param scaledDebt total debt in index units
    /// @param interest gross interest since the last harvest (assets)
    /// @param cash liquid assets
    /// @param vesting time constant τ (seconds)
    /// @param lent whether anybody holds lender shares
    /// @return newIndex rounded down, saturated at MAX_INDEX and at MAX_DEBT of total debt
    /// @return newRate rounded to the nearest unit
    /// @return newUnvested rounded down: lender assets never fall by an accrual
    /// @return newDebt of the new index (assets), rounded down
    function accrue(
        uint256 index,
        uint256 rate,
        uint256 unvested,
        uint256 premium,
        uint256 scaledDebt,
        uint256 interest,
        uint256 cash,
        uint256 elapsed,
        uint256 vesting,
        bool lent
    ) internal pure returns (uint256 newIndex, uint256 newRate, uint256 newUnvested, uint256 newDebt) {
        unchecked {
            uint256 debt = debtDown(scaledDebt, index);
            uint256 average;
            (average, newRate) = rates(rate, utilisation(debt, cash), elapsed);
            uint256 growth = growthOf(average, elapsed);
            newIndex = grow(index, growth, scaledDebt);
            newDebt = debtDown(scaledDebt, newIndex);

            uint256 keep = decay(elapsed, vesting);
            newUnvested = (unvested * keep) / WAD;
            if (lent && debt != 0) {
                uint256 earned = newDebt - debt;
                uint256 lenders = earned - (feesOf(interest + earned, premium) - feesOf(interest, premium));
                uint256 buffered = bufferOf(debt, premium, average, growth, keep, vesting);
                newUnvested += buffered < lenders ? buffered : lenders;
            }
        }
    }

    /// @notice Debt of `scaled` index units, rounded down: that of a whole pool.
    function debtDown(uint256 scaled, uint256 index) internal pure returns (uint256) {
        unchecked {
            return (scaled * index) / WAD;
        }
    }

    /// @notice Debt of `scaled` index units, rounded up: that of one account.
    function debtUp(uint256 scaled, uint256 index) internal pure returns (uint256) {
        unchecked {
            return FixedPointMathLib.divUp(scaled * index, WAD);
        }
    }

    /// @notice Fees within gross interest, rounded down: the lenders get the rest.
    function feesOf(uint256 interest, uint256 premium) internal pure returns (uint256) {
        unchecked {
            return (interest * premium) / BPS;
        }
    }

    /// @notice debt / (cash + debt) as a wad, rounded down; 0 for an empty pool.
    function utilisation(uint256 debt, uint256 cash) internal pure returns (uint256) {
        unchecked {
            return debt == 0 ? 0 : (debt * WAD) / (cash + debt);
        }
    }

    /// @notice Average borrow rate over an interval at constant utilisation, and the stored rate at its end.
    /// @dev rate₀·(eˣ − 1)/x with x = speed·error·t, and the straight remainder once a bound is reached.
    /// @param rate stored rate at the start, within [MIN_RATE, MAX_RATE]
    /// @param u utilisation (wad, at most WAD)
    /// @return average wad per year
    /// @return end stored rate, nearest unit
    function rates(uint256 rate, uint256 u, uint256 elapsed) internal pure returns (uint256 average, uint256 end) {
        unchecked {
            int256 off = (int256(u) - int256(TARGET_UTILISATION)) * int256(WAD);
            off /= int256(u > TARGET_UTILISATION ? WAD - TARGET_UTILISATION : TARGET_UTILISATION);

            int256 start = int256(rate * RATE_UNIT);
            int256 x = (ADJUSTMENT_SPEED * off * int256(elapsed)) / int256(WAD * YEAR);
            (int256 mean, int256 last) = (start, start);
            if (x > -TAYLOR_BOUND && x < TAYLOR_BOUND) {
                int256 square = (x * x) / int256(WAD);
                int256 cube = (square * x) / int256(WAD);
                last = start + (start * (x + square / 2 + cube / 6)) / int256(WAD);
                mean = start + (start * (x / 2 + square / 6 + cube / 24)) / int256(WAD);
            } else {
                int256 bounded =
                    x > MAX_EXPONENT
                        ? MAX_EXPONENT
                        : x < -MAX_EXPONENT
                            ? -MAX_EXPONENT
                            : x;
                last = (start * FixedPointMathLib.expWad(bounded)) / int256(WAD);
                mean = ((last - start) * int256(WAD)) / x;
            }
            int256 bound = x > 0 ? int256(MAX_RATE * RATE_UNIT) : int256(MIN_RATE * RATE_UNIT);
            if (x > 0 ? last > bound : last < bound) {
                int256 reached = FixedPointMathLib.lnWad((bound * int256(WAD)) / start);
                mean = ((bound - start) * int256(WAD) + bound * (x - reached)) / x;
                last = bound;
            }

            // 1 + error·(1 − 1/steepness) below the target, 1 + error·(steepness − 1) above it
            int256 slope = off < 0 ? off - off / STEEPNESS : off * (STEEPNESS - 1);
            average = uint256((mean * (int256(WAD) + slope)) / int256(WAD));
            end = (uint256(last) + RATE_UNIT / 2) / RATE_UNIT;
        }
    }

    /// @notice e^(rate·t) as a wad, rounded down, saturated far above what an index can take.
    function growthOf(uint256 average, uint256 elapsed) internal pure returns (uint256) {
        unchecked {
            uint256 x = (average * elapsed) / YEAR;
            return uint256(exp(int256(x < MAX_GROWTH ? x : MAX_GROWTH)));
        }
    }

    /// @notice e^(−t/τ) as a wad, rounded down.
    function decay(uint256 elapsed, uint256 vesting) internal pure returns (uint256) {
        unchecked {
            return uint256(exp(-int256((elapsed * WAD) / vesting)));
        }
    }

    /// @notice The index after one interval.
    function grow(uint256 index, uint256 growth, uint256 scaledDebt) internal pure returns (uint256 next) {
        unchecked {
            next = (index * growth) / WAD;
            if (next > MAX_INDEX) next = MAX_INDEX;
            if (debtDown(scaledDebt, next) > MAX_DEBT) {
                next = (MAX_DEBT * WAD) / scaledDebt;
                if (next < index) next = index;
            }
        }
    }

    /// @notice The part of the lenders' new interest that is still unvested at the end of the interval, rounded down.
    /// @dev (1 − premium)·debt·rτ/(1 + rτ)·(g − v): the integral of what arose at each instant, decayed since.
    function bufferOf(
        uint256 debt,
        uint256 premium,
        uint256 average,
        uint256 growth,
        uint256 keep,
        uint256 vesting
    ) internal pure returns (uint256) {
        unchecked {
            uint256 rt = (average * vesting) / YEAR;
            uint256 portion = (rt * (growth - keep)) / (WAD + rt);
            return (debt * (BPS - premium) * portion) / (BPS * WAD);
        }
    }

    /// @dev eˣ as a wad; 0 for x so small that it rounds to nothing.
    function exp(int256 x) private pure returns (int256) {
        unchecked {
            if (x > -TAYLOR_BOUND && x < TAYLOR_BOUND) {
                int256 square = (x * x) / int256(WAD);
                return int256(WAD) + x + square / 2 + (square * x) / int256(6 * WAD);
            }
            return FixedPointMathLib.expWad(x);
        }
    }
}
