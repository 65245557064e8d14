// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidateCallback} from "./ILiquidateCallback.sol";

/// @title IFlashLiquidator
/// @notice Liquidates with no capital of its own: the pool sends the collateral first, the callback sells it, the pool
/// pulls its payment, and what is left of either asset goes to the bot.
///
/// FUNDS. None are held between calls: whatever the contract has of the two assets at the end of a call, the bot gets.
/// Never approve this contract for a token.
/// POOLS. Only those that the factory registered are called, and only the pool in flight may call back.
/// SWAPS. Any call to any contract, so that every exchange and aggregator works. This is why there is one contract per
/// bot: swap data can be an approval of a stranger, and it would reach the funds in flight of the next caller.
interface IFlashLiquidator is ILiquidateCallback {
    /// @notice The caller is not the bot.
    error NotBot(address caller);
    /// @notice The factory has created no such pool.
    error UnknownPool(address pool);
    /// @notice `onLiquidate` was called by something else than the pool in flight.
    error UnexpectedCallback(address caller);
    /// @notice The swap left less of the loan asset than the pool is about to pull.
    error InsufficientProceeds(uint256 proceeds, uint256 repaid);
    /// @notice What is left of the loan asset is below what the bot asked for.
    error InsufficientProfit(uint256 profit, uint256 minProfit);

    /// @notice Liquidates `borrower` and sells the collateral. Bot only.
    /// @param repayAssets the most to repay (loan assets); the pool clamps it
    /// @param minProfit the least that the bot must get (loan assets): it guards the price of the swap and what the
    /// pool gives alike; collateral that the swap left over does not count
    /// @param swapTarget what is called to sell the collateral, and for the time of that call approved for all of it
    /// @param swapData the call; the proceeds must arrive at this contract
    /// @return profit loan assets sent to the bot; 0 if the pool only booked a loss
    /// @dev Reverts with `NotBot`, `UnknownPool`, `InsufficientProceeds`, `InsufficientProfit`, or as pool and swap do.
    function liquidate(
        address pool,
        address borrower,
        uint256 repayAssets,
        uint256 minProfit,
        address swapTarget,
        bytes calldata swapData
    ) external returns (uint256 profit);

    /// @notice The account that may call, and gets what is left.
    function bot() external view returns (address);

    /// @notice The registry that a pool must be in.
    function factory() external view returns (address);
}
