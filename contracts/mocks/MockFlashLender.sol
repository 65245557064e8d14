// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

interface IFlashBorrower {
    function onFlashLoan(bytes calldata data) external;
}

/// @notice Lends what it has for the length of a call, for nothing.
contract MockFlashLender {
    using SafeERC20 for IERC20;

    IERC20 private immutable ASSET;

    constructor(IERC20 asset) {
        ASSET = asset;
    }

    function lend(uint256 assets, bytes calldata data) external {
        ASSET.safeTransfer(msg.sender, assets);
        IFlashBorrower(msg.sender).onFlashLoan(data);
        ASSET.safeTransferFrom(msg.sender, address(this), assets);
    }
}
