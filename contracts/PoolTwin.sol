// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PoolParams} from "./interfaces/ILendingPool.sol";
import {PoolAdmin} from "./base/PoolAdmin.sol";
import {PoolDefault} from "./base/PoolDefault.sol";
import {PoolLadder} from "./base/PoolLadder.sol";
import {PoolViews} from "./base/PoolViews.sol";

/// @title PoolTwin
/// @notice The part of a pool's code that does not fit into LendingPool: defaults, administration and views. It runs in
/// the pool's storage, by delegatecall, and shares the storage layout through PoolPositions. Called directly it finds
/// an empty pool that no factory registered.
contract PoolTwin is PoolDefault, PoolAdmin, PoolViews {
    constructor(PoolParams memory params) PoolLadder(params) {}
}
