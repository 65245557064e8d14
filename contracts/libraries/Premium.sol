// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

/// @title Premium
/// @notice The price of cover, and what an exit request forfeits. Pure.
library Premium {
    using FixedPointMathLib for uint256;

    uint256 private constant WAD = 1e18;
    /// @notice The premium crosses its whole range in this time at the fastest (seconds).
    uint256 internal constant FULL_RANGE = 30 days;

    /// @notice p_max · ρ / (ρ + k) with ρ = cover / debt, in basis points, rounded down: scarce cover is dearer per
    /// unit, none costs nothing. Without debt any cover is ample.
    function target(
        uint256 available,
        uint256 debt,
        uint256 maxPremium,
        uint256 halfCover
    ) internal pure returns (uint256) {
        if (available == 0) return 0;
        if (debt == 0) return maxPremium;
        uint256 ratio = available.fullMulDiv(WAD, debt);
        return maxPremium.fullMulDiv(ratio, ratio + halfCover);
    }

    /// @notice The premium after `elapsed` seconds on the way to its target, basis points.
    /// @return premium moved by whole basis points
    /// @return used the seconds that this took, all of them once the target is reached: the rest counts next time, or
    /// frequent harvests would slow the premium down
    function next(
        uint256 current,
        uint256 wanted,
        uint256 maxPremium,
        uint256 elapsed
    ) internal pure returns (uint256 premium, uint256 used) {
        uint256 step = (maxPremium * elapsed) / FULL_RANGE;
        uint256 distance = wanted > current ? wanted - current : current - wanted;
        if (distance <= step) return (wanted, elapsed);
        premium = wanted > current ? current + step : current - step;
        used = (step * FULL_RANGE).divUp(maxPremium);
    }

    /// @notice Shares that a request loses when it expires or is renewed: those that its gain is worth, rounded up.
    function forfeit(uint256 shares, uint256 atRequest, uint256 now_) internal pure returns (uint256) {
        return now_ > atRequest ? shares.fullMulDivUp(now_ - atRequest, now_) : 0;
    }
}
