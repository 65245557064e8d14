// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IEpochEvents} from "../interfaces/IEpochShares.sol";

/// @title EpochLedger
/// @notice The asset of epoch shares, their totals and their epochs: what booking a loss needs of them.
abstract contract EpochLedger is IEpochEvents, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    /// @dev The holders' side, one slot. `net` and `flags` belong to the inheriting contract.
    struct Ledger {
        uint112 supply;
        int104 net;
        uint24 epoch;
        uint8 generation;
        uint8 flags;
    }

    /// @dev All shares at an epoch of odd number and at the one after it, so that every other loss needs no new slot;
    /// `time` is when the latest of the two was opened.
    struct EpochPair {
        uint112 odd;
        uint112 even;
        uint32 time;
    }

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    IERC20 internal immutable ASSET;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    Ledger internal _ledger;
    mapping(uint256 => EpochPair) private _epochs;
    /// @dev The last epoch of each generation that has ended.
    mapping(uint256 => uint256) internal _lastEpochOf;

    constructor(address asset_) {
        if (asset_ == address(0)) revert ZeroAddress();
        ASSET = IERC20(asset_);
    }

    /* -------------------------------------------- THE LEDGER ------------------------------------------- */

    /// @dev One write: assigning the struct itself would write its fields one by one.
    function _storeLedger(Ledger memory ledger) internal {
        _ledger = Ledger({
            supply: ledger.supply,
            net: ledger.net,
            epoch: ledger.epoch,
            generation: ledger.generation,
            flags: ledger.flags
        });
    }

    /// @dev Opens the next epoch: the holders of this instant bear the loss. At the last epoch number none is opened
    /// and the number stays: that loss is absorbed without a claim.
    function _openEpoch(Ledger memory ledger) internal {
        if (ledger.epoch == type(uint24).max) return;
        EpochPair storage pair = _pairOf(++ledger.epoch);
        if (ledger.epoch % 2 == 1) (pair.odd, pair.time) = (ledger.supply, uint32(block.timestamp));
        else (pair.even, pair.time) = (ledger.supply, uint32(block.timestamp));
        emit EpochOpened(ledger.epoch, ledger.supply);
    }

    /// @dev The slot of an epoch: 1 and 2 share the first, 3 and 4 the second.
    function _pairOf(uint256 epoch) internal view returns (EpochPair storage) {
        unchecked {
            return _epochs[(epoch + 1) / 2];
        }
    }

    /// @dev Voids all shares. At the last generation number they live on instead.
    function _endGeneration(Ledger memory ledger) internal {
        if (ledger.generation == type(uint8).max) return;
        _lastEpochOf[ledger.generation] = ledger.epoch;
        emit GenerationEnded(ledger.generation++, ledger.supply);
        ledger.supply = 0;
    }

    /* --------------------------------------------- TRANSFERS ------------------------------------------- */

    /// @dev Takes `amount` of the asset. All that the books count on must be there then: no token may keep a fee.
    /// @param due all that the books count on, `amount` included
    function _collect(address from, uint256 amount, uint256 due) internal {
        ASSET.safeTransferFrom(from, address(this), amount);
        uint256 balance = ASSET.balanceOf(address(this));
        if (balance < due) {
            uint256 missing = due - balance;
            revert IncorrectTransfer(address(ASSET), amount, missing < amount ? amount - missing : 0);
        }
    }

    /// @dev Takes exactly `amount`: a token that keeps a fee is refused.
    function _pull(IERC20 token, address from, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert IncorrectTransfer(address(token), amount, received);
    }
}
