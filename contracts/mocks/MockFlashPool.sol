// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ILiquidateCallback} from "../interfaces/ILiquidateCallback.sol";

/// @notice The order of a pool's liquidation and nothing else (collateral, callback, payment), with its own registry.
contract MockFlashPool {
    using SafeERC20 for IERC20;

    IERC20 public immutable asset;
    IERC20 public immutable collateralAsset;
    /// @notice Collateral units sent per unit repaid, as a wad; 0 is a pool that only books a loss.
    uint256 public seizedPerRepaid;
    /// @notice Part of the announced payment that is not pulled, as a wad.
    uint256 public waived;
    mapping(address pool => bool) public isPool;

    constructor(IERC20 asset_, IERC20 collateralAsset_, uint256 seizedPerRepaid_) {
        (asset, collateralAsset, seizedPerRepaid) = (asset_, collateralAsset_, seizedPerRepaid_);
        isPool[address(this)] = true;
    }

    function setSeizedPerRepaid(uint256 seizedPerRepaid_) external {
        seizedPerRepaid = seizedPerRepaid_;
    }

    function setWaived(uint256 waived_) external {
        waived = waived_;
    }

    /// @notice A callback outside of a liquidation.
    function callBack(ILiquidateCallback caller, bytes calldata data) external {
        caller.onLiquidate(0, 0, data);
    }

    function liquidate(
        address,
        uint256 repayAssets,
        uint256,
        bytes calldata data
    ) external returns (uint256 repaid, uint256 seized) {
        seized = (repayAssets * seizedPerRepaid) / 1e18;
        if (seized == 0) return (0, 0);
        collateralAsset.safeTransfer(msg.sender, seized);
        ILiquidateCallback(msg.sender).onLiquidate(repayAssets, seized, data);
        repaid = repayAssets - (repayAssets * waived) / 1e18;
        asset.safeTransferFrom(msg.sender, address(this), repaid);
    }
}
