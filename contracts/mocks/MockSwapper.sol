// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice An exchange that buys collateral from its inventory of the loan asset, at a price set by hand less a
/// haircut.
contract MockSwapper {
    using SafeERC20 for IERC20;

    IERC20 public immutable collateral;
    IERC20 public immutable loan;
    /// @notice Loan units per collateral unit, scaled by 1e36 as an oracle's.
    uint256 public price;
    /// @notice Part of the proceeds that the seller does not get, as a wad.
    uint256 public haircut;

    constructor(IERC20 collateral_, IERC20 loan_, uint256 price_, uint256 haircut_) {
        (collateral, loan, price, haircut) = (collateral_, loan_, price_, haircut_);
    }

    function setPrice(uint256 price_) external {
        price = price_;
    }

    function setHaircut(uint256 haircut_) external {
        haircut = haircut_;
    }

    /// @notice Sells `amount` of the caller's collateral, at most as much as it has approved and owns.
    function sell(uint256 amount) external returns (uint256 proceeds) {
        amount = Math.min(
            amount,
            Math.min(collateral.allowance(msg.sender, address(this)), collateral.balanceOf(msg.sender))
        );
        proceeds = Math.mulDiv(Math.mulDiv(amount, price, 1e36), 1e18 - haircut, 1e18);
        collateral.safeTransferFrom(msg.sender, address(this), amount);
        loan.safeTransfer(msg.sender, proceeds);
    }
}
