// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {WrittenOff} from "../interfaces/ILendingPool.sol";
import {Interest} from "../libraries/Interest.sol";
import {PoolLadder} from "./PoolLadder.sol";

/// @title PoolPositions
/// @notice The borrowers' positions: what the pool and its twin for defaults both know of them.
abstract contract PoolPositions is PoolLadder {
    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    /// @dev `tick` is the position's place in the risk ladder. Written-off debt is a ring of entries from
    /// `writtenOffHead` on; an account with any has defaulted.
    struct Position {
        uint96 scaledDebt;
        uint112 collateral;
        uint16 tick;
        uint8 writtenOffHead;
        uint8 writtenOffs;
    }

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    /// @dev Written-off debt may be liquidated whatever the health this long after it arose (seconds).
    uint256 private constant DUE_AFTER = 7 days;
    /// @dev Entries of an account's written-off debt; further ones are merged into the newest.
    uint256 internal constant MAX_WRITTEN_OFFS = 16;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    mapping(address => Position) internal _positions;
    /// @dev By account and place in its ring.
    mapping(address => mapping(uint256 => WrittenOff)) internal _writtenOffs;

    /* --------------------------------------------- HELPERS --------------------------------------------- */

    /// @dev Moves a position in the ladder to where its debt and collateral put it. The caller stores `p` and `s`.
    /// @param debt scaled, before the change
    function _moveInLadder(Cache memory s, Position memory p, uint256 debt, uint256 collateral) internal {
        p.tick = _move(p.tick, debt, collateral, p.scaledDebt, p.collateral);
        if (p.tick > s.topTick) s.topTick = p.tick;
    }

    /// @dev Adds `scaled` units of debt, for which `assets` leave the cash. The caller stores `p` and `s`.
    function _addDebt(Cache memory s, Position memory p, uint256 scaled, uint256 assets) internal pure {
        unchecked {
            s.scaledDebt += scaled;
            s.borrowed += int256(assets);
            s.debt = Interest.debtDown(s.scaledDebt, s.index);
            if (s.debt > Interest.MAX_DEBT) revert AmountTooLarge(s.debt, Interest.MAX_DEBT);
            p.scaledDebt += uint96(scaled);
        }
    }

    /// @dev Pays at most `assets` of the debt: rounded up in assets, down in units. The caller stores `p` and `s`.
    function _reduceDebt(
        Cache memory s,
        Position memory p,
        uint256 assets
    ) internal pure returns (uint256 repaid, uint256 scaled) {
        unchecked {
            uint256 debt = Interest.debtUp(p.scaledDebt, s.index);
            (repaid, scaled) = assets >= debt ? (debt, p.scaledDebt) : (assets, (assets * WAD) / s.index);
            p.scaledDebt -= uint96(scaled);
            s.scaledDebt -= scaled;
            s.borrowed -= int256(repaid);
            s.debt = Interest.debtDown(s.scaledDebt, s.index);
        }
    }

    /// @dev Refuses a debt above 0 and below the pool's minimum.
    function _requireMinimum(Position memory p, uint256 index) internal view {
        if (p.scaledDebt == 0) return;
        uint256 debt = Interest.debtUp(p.scaledDebt, index);
        if (debt < MIN_DEBT) revert DebtBelowMinimum(debt, MIN_DEBT);
    }

    /// @return writtenOff what the account owes of written-off debt, rounded up
    /// @return due the part of it that may be liquidated whatever the health
    function _writtenOffOf(
        address account,
        Position memory p,
        uint256 index
    ) internal view returns (uint256 writtenOff, uint256 due) {
        for (uint256 i; i < p.writtenOffs; ++i) {
            WrittenOff storage entry = _entry(account, p, i);
            uint256 assets = Interest.debtUp(entry.scaled, index);
            writtenOff += assets;
            if (block.timestamp >= entry.since + DUE_AFTER) due += assets;
        }
    }

    /// @dev The i-th entry, oldest first.
    function _entry(address account, Position memory p, uint256 i) internal view returns (WrittenOff storage) {
        return _writtenOffs[account][(p.writtenOffHead + i) % MAX_WRITTEN_OFFS];
    }
}
