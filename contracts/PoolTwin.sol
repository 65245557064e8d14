// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PoolParams} from "./interfaces/ILendingPool.sol";
import {PoolAdmin} from "./base/PoolAdmin.sol";
import {PoolBase} from "./base/PoolBase.sol";
import {PoolDefault} from "./base/PoolDefault.sol";

/// @title PoolTwin
/// @notice The part of a pool's code that does not fit into LendingPool: defaults and administration. It runs in the pool's
/// storage, by delegatecall, and shares the storage layout through PoolPositions. Called directly it finds an empty pool
/// that no factory registered.
contract PoolTwin is PoolDefault, PoolAdmin {
    constructor(PoolParams memory params) PoolBase(params) {}
}
