// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {Interest} from "../../contracts/libraries/Interest.sol";

/// @notice Invariant 13 at its far end: who accrues in every second of a year gets what who accrues once at its end gets.
contract YearOfSeconds {
    error Differs(string what, uint256 ofSeconds, uint256 ofOneYear, uint256 rounding);

    uint256 private constant WAD = 1e18;
    uint256 private constant RATE = 4e9; // 4 % per year
    uint256 private constant SCALED_DEBT = 1e24;

    /// @dev To the least rate within 68 days.
    function test_halfLent() external pure {
        _checkYear(0.5e18);
    }

    /// @dev To 12 times the rate.
    function test_aboveTheTarget() external pure {
        _checkYear(0.905e18);
    }

    /// @dev To the largest rate within 29 days.
    function test_lentOut() external pure {
        _checkYear(WAD);
    }

    function _checkYear(uint256 u) private pure {
        (uint256 index, uint256 rate) = (WAD, RATE);
        for (uint256 second; second < Interest.YEAR; ++second) {
            uint256 average;
            (average, rate) = Interest.rates(rate, u, 1);
            index = Interest.grow(index, Interest.growthOf(average, 1), SCALED_DEBT);
        }
        (uint256 whole, uint256 end) = Interest.rates(RATE, u, Interest.YEAR);
        // the rate is rounded by up to half a unit in each second: less than a millionth of it in the end
        _checkNear("rate", rate, end, end / 1e6);
        // each second also cuts less than a unit off the exponent, and less than another off the index
        uint256 exponent = uint256(FixedPointMathLib.lnWad(int256(index)));
        _checkNear("exponent", exponent, whole, 2 * Interest.YEAR + whole / 1e6);
    }

    function _checkNear(string memory what, uint256 a, uint256 b, uint256 rounding) private pure {
        require((a > b ? a - b : b - a) <= rounding, Differs(what, a, b, rounding));
    }
}
