// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @title IEpochEvents
/// @notice Events and errors of epoch shares.
interface IEpochEvents {
    /// @notice A loss reached the holders of `supply` shares, who from now on hold a claim to what is recovered of it.
    event EpochOpened(uint256 indexed epoch, uint256 supply);
    /// @notice All `supply` shares of a generation became void.
    event GenerationEnded(uint256 indexed generation, uint256 supply);

    /// @notice An amount is 0, or comes to 0 by rounding.
    error ZeroAmount();
    error ZeroAddress();
    /// @notice An amount does not fit its packed field.
    error AmountTooLarge(uint256 amount, uint256 max);
    /// @notice Shares do not belong there: their claims would be stranded.
    error InvalidReceiver(address receiver);
    /// @notice `locked` of the account's shares cannot leave now (received in the block of a loss, or cooling).
    error SharesLocked(address account, uint256 locked);
    /// @notice Epochs go from 1 to `last`.
    error UnknownEpoch(uint256 epoch, uint256 last);
    error PermitExpired(uint256 deadline);
    /// @notice The signature is not that of `owner`.
    error InvalidSigner(address owner);
    /// @notice The token delivered another amount than it was asked for (units of the token).
    error IncorrectTransfer(address token, uint256 expected, uint256 received);
}

/// @title IEpochShares
/// @notice ERC-4626 shares that remember each holder's balance at every loss epoch. Base of the pool and of the fund.
/// @dev `epoch` counts the losses that reached the holders. A *generation* ends when a loss leaves a share nearly
/// worthless: its shares are void from then on, the claims that they carry are not.
interface IEpochShares is IEpochEvents, IERC4626 {
    /// @notice Number of losses that opened an epoch so far.
    function epoch() external view returns (uint256);

    /// @notice Number of times that all shares became void.
    function generation() external view returns (uint256);

    /// @notice Shares that `account` held at the instant loss number `epoch_` was booked. Reverts with `UnknownEpoch`.
    function balanceAt(address account, uint256 epoch_) external view returns (uint256);

    /// @notice All shares at that instant, virtual ones excluded. Reverts with `UnknownEpoch`.
    function supplyAt(uint256 epoch_) external view returns (uint256);
}
