// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PoolParams} from "./ILendingPool.sol";

/// @title IPoolFactory
/// @notice Creates pools, checks their parameters, and keeps the registry that fund, socializer and front ends trust.
/// Governs, through the access manager, what may be changed in a pool: its supply cap, and the pause of new risk.
interface IPoolFactory {
    /// @param params what the pool was created with, all of it
    event PoolCreated(address indexed pool, address indexed asset, address indexed collateralAsset, PoolParams params);

    /// @notice The factory has created no such pool.
    error UnknownPool(address pool);
    /// @notice A parameter is below `min` or above `max`, in its own unit (see PoolParams).
    error OutOfBounds(string parameter, uint256 value, uint256 min, uint256 max);
    /// @notice There is no code at the address.
    error NotAContract(string parameter, address value);
    /// @notice The two assets are the same, or one has no decimals or is a share of this factory's pools or funds.
    error InvalidAsset(address asset);
    /// @notice The fund or the socializer belongs to another factory, asset or socializer.
    error Mismatch(string parameter, address value);
    /// @notice A CodeStore does not hold the code with this keccak256.
    error InvalidCode(bytes32 expected);
    /// @notice The constructor of the pool or of its twin reverted, or ran out of gas.
    error CreationFailed();

    /// @notice Creates a pool; open to anyone. Coverage by a fund is granted separately.
    /// @dev Reverts with `NotAContract`, `InvalidAsset`, `Mismatch`, `OutOfBounds`, `CreationFailed`, or as the
    /// oracle does.
    function createPool(PoolParams calldata params) external returns (address pool);

    /// @notice Sets a pool's supply cap (loan assets, rounded down to whole tokens): deposits take lender assets no
    /// further. Restricted: risk role.
    /// @dev Reverts with `UnknownPool`, as `pause` and `unpause` do.
    function setSupplyCap(address pool, uint256 assets) external;

    /// @notice Stops `deposit`, `mint`, `borrow` and `refinance` of a pool. Restricted: guardian role.
    function pause(address pool) external;

    /// @notice Resumes them. Restricted: risk role.
    function unpause(address pool) external;

    /// @notice Whether this factory has created the pool.
    function isPool(address pool) external view returns (bool);

    /// @notice How many pools this factory has created.
    function poolCount() external view returns (uint256);

    /// @notice Pools in the order of creation, `count` from `start` on, fewer at the end.
    function poolsOf(uint256 start, uint256 count) external view returns (address[] memory);
}
