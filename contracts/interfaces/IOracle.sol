// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Gas that a pool gives its oracle for a price. The factory refuses an oracle that needs more.
uint256 constant ORACLE_GAS = 500_000;

/// @title IOracle
/// @notice The one thing a pool asks of an oracle; the widely deployed convention, so that existing adapters plug in.
interface IOracle {
    /// @notice Price of 1 unit of collateral in units of the loan asset, scaled by 1e36; both in their smallest units,
    /// so that `collateral * price / 1e36` is an amount of the loan asset whatever the decimals of either token.
    /// @dev Rounded down. 0 is valid: the collateral is worthless. An oracle that does not know the price reverts.
    function price() external view returns (uint256);
}
