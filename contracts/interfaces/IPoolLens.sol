// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Loss} from "./IBadDebtSocializer.sol";
import {PoolState} from "./ILendingPool.sol";

/// @title IPoolLens
/// @notice Batched reads for bots and front ends. All amounts in the units of their asset; ratios are wads.
interface IPoolLens {
    /// @notice A pool as it is now.
    struct PoolView {
        address pool;
        address asset; // loan asset
        address collateralAsset;
        address oracle;
        address fund; // zero for none
        uint256 lltv;
        uint256 epoch; // losses that opened an epoch so far
        uint256 generation; // times that all shares became void
        PoolState state;
        uint256 price; // 1e36-scaled; meaningless unless `priced`
        bool priced; // whether the oracle answers
    }

    /// @notice A borrower's account as it is now.
    /// @dev `health` and `shortfall` are 0 while the oracle does not answer.
    struct PositionView {
        address account;
        uint256 collateral;
        uint256 debt; // performing debt, rounded up
        uint256 writtenOff; // written-off debt still owed, rounded up
        uint256 health; // the largest number when nothing is owed
        uint256 shortfall; // what the collateral cannot repay: `writeDown` books it, dust only together with more
        uint256 writeDownPrice; // 1e36-scaled; a shortfall below it; largest number without collateral, 0 without debt
    }

    /// @notice An occupied tick of a pool's risk ladder; all its accounts are within 1/64 of one another.
    struct TickView {
        uint256 tick; // higher is riskier
        uint256 debt; // performing debt of all its accounts, rounded up
        uint256 collateral;
        uint256 shortfall; // 0 while the oracle does not answer
        uint256 writeDownPrice; // of all of it together
    }

    /// @notice A lender's account as it is now.
    struct LenderView {
        address account;
        uint256 shares;
        uint256 assets; // that they are worth, rounded down
        uint256 redeemable; // shares that can leave now
    }

    /// @notice Pools of a factory in the order of creation, `count` from `start` on.
    function pools(address factory, uint256 start, uint256 count) external view returns (PoolView[] memory);

    /// @notice One pool, also while its oracle fails.
    function poolOf(address pool) external view returns (PoolView memory);

    /// @notice Borrowers' accounts of a pool, in the order given.
    function positions(address pool, address[] calldata accounts) external view returns (PositionView[] memory);

    /// @notice As `positions`, those first that a falling price reaches first.
    function riskiest(address pool, address[] calldata accounts) external view returns (PositionView[] memory);

    /// @notice The pool's occupied ticks from `from` down, at most `count`; `type(uint256).max` starts at the riskiest.
    function ticks(address pool, uint256 from, uint256 count) external view returns (TickView[] memory);

    /// @notice Lenders' accounts of a pool, in the order given; each `redeemable` as if no other left before.
    function lenders(address pool, address[] calldata accounts) external view returns (LenderView[] memory);

    /// @notice Losses `start` (from 1) and following, `count` of them, fewer at the end. One whose pool's fund does not answer is empty.
    function losses(address socializer, uint256 start, uint256 count) external view returns (Loss[] memory);

    /// @notice What `account` could claim of each loss now (loan assets).
    function claims(
        address socializer,
        uint256[] calldata lossIds,
        address account
    ) external view returns (uint256[] memory);
}
