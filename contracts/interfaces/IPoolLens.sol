// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Loss} from "./IBadDebtSocializer.sol";
import {PoolState} from "./ILendingPool.sol";

/// @title IPoolLens
/// @notice Batched reads for bots and front ends. All amounts in the units of their asset; ratios are wads.
interface IPoolLens {
    struct PoolView {
        address pool;
        address asset;
        address collateralAsset;
        address oracle;
        address fund;
        uint256 lltv;
        uint256 epoch;
        uint256 generation;
        PoolState state;
        uint256 price; // 1e36-scaled; meaningless unless `priced`
        bool priced; // whether the oracle answers
    }

    /// @dev `health` and `shortfall` are 0 while the oracle does not answer.
    struct PositionView {
        address account;
        uint256 collateral;
        uint256 debt;
        uint256 writtenOff;
        uint256 health; // the largest number when nothing is owed
        uint256 shortfall; // what the collateral cannot repay: `writeDown` books it, dust only together with more
        uint256 writeDownPrice; // 1e36-scaled; below it there is a shortfall; the largest number without collateral, 0 without debt
    }

    /// @notice An occupied tick of a pool's risk ladder; all its accounts are within 1/64 of one another.
    struct TickView {
        uint256 tick;
        uint256 debt;
        uint256 collateral;
        uint256 shortfall; // 0 while the oracle does not answer
        uint256 writeDownPrice; // of all of it together
    }

    struct LenderView {
        address account;
        uint256 shares;
        uint256 assets;
        uint256 redeemable; // shares that can leave now
    }

    /// @notice Pools of a factory in the order of creation, `count` from `start` on.
    function pools(address factory, uint256 start, uint256 count) external view returns (PoolView[] memory);

    function poolOf(address pool) external view returns (PoolView memory);

    function positions(address pool, address[] calldata accounts) external view returns (PositionView[] memory);

    /// @notice As `positions`, those first that a falling price reaches first.
    function riskiest(address pool, address[] calldata accounts) external view returns (PositionView[] memory);

    /// @notice The pool's occupied ticks from the riskiest down, at most `count`, from `from` on (`type(uint256).max` for all).
    function ticks(address pool, uint256 from, uint256 count) external view returns (TickView[] memory);

    function lenders(address pool, address[] calldata accounts) external view returns (LenderView[] memory);

    /// @notice Losses `start` (from 1) and following, `count` of them, fewer at the end. One whose pool's fund does not answer is empty.
    function losses(address socializer, uint256 start, uint256 count) external view returns (Loss[] memory);

    /// @notice What `account` could claim of each loss now.
    function claims(
        address socializer,
        uint256[] calldata lossIds,
        address account
    ) external view returns (uint256[] memory);
}
