// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PoolParams} from "./ILendingPool.sol";

/// @title IPoolFactory
/// @notice Creates pools, checks their parameters, and keeps the registry that fund, socializer and front ends trust.
/// Governs, through the access manager, what may be changed in a pool: its supply cap, and the pause of new risk.
interface IPoolFactory {
    event PoolCreated(address indexed pool, address indexed asset, address indexed collateralAsset, PoolParams params);

    error UnknownPool(address pool);
    /// @notice A parameter is out of its bounds.
    error OutOfBounds(string parameter, uint256 value, uint256 min, uint256 max);
    error NotAContract(string parameter, address value);
    /// @notice Loan asset and collateral are the same, without decimals, or a share of this factory's own pools or funds.
    error InvalidAsset(address asset);
    /// @notice The fund or the socializer belongs to another factory, asset or socializer.
    error Mismatch(string parameter, address value);
    error InvalidCode(bytes32 expected);
    error CreationFailed();

    /// @notice Creates a pool; open to anyone. Coverage by a fund is granted separately.
    function createPool(PoolParams calldata params) external returns (address pool);

    /// @notice Restricted: risk role.
    function setSupplyCap(address pool, uint256 assets) external;

    /// @notice Stops `deposit`, `mint` and `borrow` of a pool. Restricted: guardian role.
    function pause(address pool) external;

    /// @notice Restricted: risk role.
    function unpause(address pool) external;

    function isPool(address pool) external view returns (bool);

    function poolCount() external view returns (uint256);

    /// @notice Pools in the order of creation, `count` from `start` on, fewer at the end.
    function poolsOf(uint256 start, uint256 count) external view returns (address[] memory);
}
