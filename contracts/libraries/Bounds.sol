// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPoolFactory} from "../interfaces/IPoolFactory.sol";

/// @title Bounds
/// @notice What the parameters of pools and funds must keep to. Pure.
library Bounds {
    /// @dev Reverts with `IPoolFactory.OutOfBounds` below `min` and above `max`.
    function check(string memory parameter, uint256 value, uint256 min, uint256 max) internal pure {
        if (value < min || value > max) revert IPoolFactory.OutOfBounds(parameter, value, min, max);
    }

    /// @notice The parameters that a pool and a fund both have.
    /// @param vesting time constant (seconds)
    /// @param guardTolerance basis points
    /// @param blindPeriod seconds
    function checkShared(uint256 vesting, uint256 guardTolerance, uint256 blindPeriod) internal pure {
        check("vesting", vesting, 1 hours, 365 days);
        check("guardTolerance", guardTolerance, 0, 1_000);
        check("blindPeriod", blindPeriod, 1 hours, 30 days);
    }
}
