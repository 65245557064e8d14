// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title ILiquidateCallback
/// @notice What a liquidator implements to pay with the collateral that it has just got.
interface ILiquidateCallback {
    /// @notice Called by the pool between sending the collateral and pulling the payment, if `data` is not empty.
    /// @param repaid loan assets that the pool is about to pull from the caller
    /// @param seized collateral that the caller got
    function onLiquidate(uint256 repaid, uint256 seized, bytes calldata data) external;
}
