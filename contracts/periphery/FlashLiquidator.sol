// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IFlashLiquidator} from "../interfaces/IFlashLiquidator.sol";
import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {ILiquidateCallback} from "../interfaces/ILiquidateCallback.sol";
import {IPoolFactory} from "../interfaces/IPoolFactory.sol";

/// @title FlashLiquidator
/// @notice See IFlashLiquidator.
contract FlashLiquidator is IFlashLiquidator {
    using SafeERC20 for IERC20;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    /// @inheritdoc IFlashLiquidator
    address public immutable factory;
    /// @inheritdoc IFlashLiquidator
    address public immutable bot;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    /// @dev The pool whose callback is expected; zero outside of a call to it.
    address private transient poolInFlight;

    constructor(address factory_, address bot_) {
        factory = factory_;
        bot = bot_;
    }

    /* ------------------------------------------- LIQUIDATION ------------------------------------------- */

    /// @inheritdoc IFlashLiquidator
    function liquidate(
        address pool,
        address borrower,
        uint256 repayAssets,
        uint256 minProfit,
        address swapTarget,
        bytes calldata swapData
    ) external returns (uint256 profit) {
        require(msg.sender == bot, NotBot(msg.sender));
        require(IPoolFactory(factory).isPool(pool), UnknownPool(pool));

        poolInFlight = pool;
        // no least collateral: the least profit covers it
        ILendingPool(pool).liquidate(borrower, repayAssets, 0, abi.encode(swapTarget, swapData));
        poolInFlight = address(0);

        IERC20 loan = IERC20(ILendingPool(pool).asset());
        _revoke(loan, pool);
        profit = _sendAll(loan);
        require(profit >= minProfit, InsufficientProfit(profit, minProfit));
        _sendAll(IERC20(ILendingPool(pool).collateralAsset()));
    }

    /// @inheritdoc ILiquidateCallback
    function onLiquidate(uint256 repaid, uint256 seized, bytes calldata data) external {
        require(msg.sender == poolInFlight, UnexpectedCallback(msg.sender));
        (address swapTarget, bytes memory swapData) = abi.decode(data, (address, bytes));

        IERC20 collateral = IERC20(ILendingPool(msg.sender).collateralAsset());
        collateral.forceApprove(swapTarget, seized);
        Address.functionCall(swapTarget, swapData);
        _revoke(collateral, swapTarget);

        IERC20 loan = IERC20(ILendingPool(msg.sender).asset());
        uint256 proceeds = loan.balanceOf(address(this));
        require(proceeds >= repaid, InsufficientProceeds(proceeds, repaid));
        loan.forceApprove(msg.sender, repaid);
    }

    /* -------------------------------------------- TRANSFERS -------------------------------------------- */

    /// @dev Takes back what was not used of an approval; some tokens refuse to approve 0, so not without need.
    function _revoke(IERC20 token, address spender) private {
        if (token.allowance(address(this), spender) != 0) token.forceApprove(spender, 0);
    }

    /// @dev Some tokens refuse to transfer 0.
    function _sendAll(IERC20 token) private returns (uint256 amount) {
        amount = token.balanceOf(address(this));
        if (amount != 0) token.safeTransfer(bot, amount);
    }
}
