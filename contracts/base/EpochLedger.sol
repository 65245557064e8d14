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

    /// @dev The holders' side, one slot. `net` and `flags` belong to the inheriting contract; `ended`: a generation of
    /// shares has ended.
    struct Ledger {
        uint112 supply;
        int104 net;
        uint24 epoch;
        bool ended;
        uint8 flags;
    }

    /// @dev All shares at an epoch of odd number and at the one after it, so that every other loss needs no new slot;
    /// `time` is when the latest of the two was opened.
    struct EpochPair {
        uint112 odd;
        uint112 even;
        uint32 time;
    }

    /// @dev How many generations have ended, and the epoch and time of the loss that ended the latest.
    struct End {
        uint24 count;
        uint24 epoch;
        uint40 time;
    }

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    IERC20 internal immutable ASSET;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    Ledger internal _ledger;
    mapping(uint256 => EpochPair) private _epochs;
    /// @dev Read only where `Ledger.ended` is set.
    End internal _lastEnd;
    /// @dev The epoch of the loss that ended a generation, by the generation's number from 0 on.
    mapping(uint256 => uint256) private _endOf;

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
            ended: ledger.ended,
            flags: ledger.flags
        });
    }

    /// @dev Opens the next epoch: the holders of this instant bear the loss. At the last epoch number none is opened
    /// and the number stays: that loss is absorbed without a claim, and shares live on.
    /// @param ends whether the loss ends the generation of all shares
    function _openEpoch(Ledger memory ledger, bool ends) internal {
        if (ledger.epoch == type(uint24).max) return;
        EpochPair storage pair = _pairOf(++ledger.epoch);
        if (ledger.epoch % 2 == 1) (pair.odd, pair.time) = (ledger.supply, uint32(block.timestamp));
        else (pair.even, pair.time) = (ledger.supply, uint32(block.timestamp));
        emit EpochOpened(ledger.epoch, ledger.supply);
        if (ends) _endGeneration(ledger);
    }

    /// @dev The slot of an epoch: 1 and 2 share the first, 3 and 4 the second.
    function _pairOf(uint256 epoch) internal view returns (EpochPair storage) {
        unchecked {
            return _epochs[(epoch + 1) / 2];
        }
    }

    /// @dev Voids all shares: no account was touched since the epoch was opened, so those touched before it are old. The
    /// epochs are the only bound on the number of generations: a byte of them was used up by stakes of one unit.
    function _endGeneration(Ledger memory ledger) private {
        uint24 count = _lastEnd.count;
        _endOf[count] = ledger.epoch;
        _lastEnd = End({count: count + 1, epoch: ledger.epoch, time: uint40(block.timestamp)});
        emit GenerationEnded(count, ledger.supply);
        (ledger.ended, ledger.supply) = (true, 0);
    }

    /// @dev Whether shares of an account that was last touched in epoch `touched` are void.
    /// @param ended that of the ledger
    function _isVoid(bool ended, uint256 touched) internal view returns (bool) {
        return ended && touched < _lastEnd.epoch;
    }

    /// @dev Whether shares last touched in epoch `touched` were not void yet when the later `epoch` was opened: the first
    /// generation that ended after the touch did so then or later.
    function _livedAt(uint256 touched, uint256 epoch) internal view returns (bool) {
        if (!_isVoid(_ledger.ended, touched)) return true;
        // generations below `low` ended by the touch, those from `high` on after it
        (uint256 low, uint256 high) = (0, uint256(_lastEnd.count) - 1);
        while (low < high) {
            uint256 mid = (low + high) / 2;
            if (_endOf[mid] <= touched) low = mid + 1;
            else high = mid;
        }
        return epoch <= _endOf[low];
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
