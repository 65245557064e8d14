// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

// solhint-disable-next-line no-unused-import
import {ORACLE_GAS} from "../interfaces/IOracle.sol"; // used in assembly
import {PoolParams} from "../interfaces/ILendingPool.sol";
import {RiskLadder} from "../libraries/RiskLadder.sol";
import {PoolBase} from "./PoolBase.sol";

/// @title PoolLadder
/// @notice The risk ladder, by which the pool sees what the oracle's price shows, and the guard that goes by it.
///
/// THE LADDER holds, for each tick of `scaledDebt / collateral`, the sums of both over its positions. Whatever the
/// number of positions, the loss at a price is read from the ticks between the highest one and that of the price.
///
/// MARKS. A tick once used keeps its mark and a nonzero slot, so that an ordinary move between ticks writes two warm
/// slots and no bitmap. `topTick` is an upper bound of the highest occupied one: a guard that finds it empty lowers it.
///
/// THE GUARD refuses to move lenders' assets past a visible loss. Without debt there is none, and no oracle is asked.
///
/// BLIND. An oracle that fails leaves the guard without sight: nobody enters, and nobody leaves until it has been on
/// record for the pool's blind period, confirmed at least once a day. Whatever reads a good price ends the record.
abstract contract PoolLadder is PoolBase {
    using FixedPointMathLib for uint256;

    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    /// @dev Sums over the positions of a tick, and whether it has its mark.
    struct Tick {
        uint96 scaledDebt;
        uint152 collateral;
        bool initialised;
    }

    /// @dev Since when the oracle has been on record as failing, and when that was last confirmed.
    struct Blindness {
        uint40 since;
        uint40 confirmed;
    }

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    /// @dev A record that nobody confirms for this long is none: the oracle may have answered meanwhile (seconds).
    /// InsuranceFund has the same constant for its records of holds: whoever confirms both does so once a day.
    uint256 private constant CONFIRM_WITHIN = 1 days;
    /// @dev What must have been there for an oracle that fails with ORACLE_GAS: starved gas looks like a failure.
    uint256 private constant ORACLE_GAS_NEEDED = 520_000;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    uint256 internal immutable TOLERANCE;
    uint256 internal immutable BLIND_PERIOD;
    /// @dev 1/(1+w): the part of a collateral's value that repays debt.
    uint256 internal immutable REPAYABLE;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    mapping(uint256 => Tick) internal _ticks;
    /// @dev A bit for each initialised tick, 256 to a word.
    mapping(uint256 => uint256) private _marks;
    /// @dev Read only while FLAG_BLIND is set.
    Blindness private _blindness;

    constructor(PoolParams memory p) PoolBase(p) {
        TOLERANCE = p.guardTolerance;
        BLIND_PERIOD = p.blindPeriod;
        REPAYABLE = (WAD * WAD) / (WAD + p.writeDownIncentive);
    }

    /* -------------------------------------------- THE LADDER ------------------------------------------- */

    /// @dev Moves a position from a tick's sums to another's. The caller raises `topTick` if `to` is above it.
    /// @param from its tick so far, 0 for none
    /// @param debt scaled, so far
    /// @return to its tick from now on, 0 without debt
    function _move(
        uint256 from,
        uint256 debt,
        uint256 collateral,
        uint256 newDebt,
        uint256 newCollateral
    ) internal returns (uint16 to) {
        to = uint16(RiskLadder.tickOf(newDebt, newCollateral));
        if (from == to) {
            if (to != 0) _add(to, int256(newDebt) - int256(debt), int256(newCollateral) - int256(collateral));
            return to;
        }
        if (from != 0) _add(from, -int256(debt), -int256(collateral));
        if (to != 0) _add(to, int256(newDebt), int256(newCollateral));
    }

    /// @dev Adds to a tick's sums. Unchecked: a tick holds at most all debt (96 bits) and the collateral (112 bits
    /// each) of 2^40 positions.
    function _add(uint256 tick, int256 debt, int256 collateral) private {
        Tick storage sums = _ticks[tick];
        if (!sums.initialised) _mark(tick);
        unchecked {
            _ticks[tick] = Tick({
                scaledDebt: uint96(uint256(int256(uint256(sums.scaledDebt)) + debt)),
                collateral: uint152(uint256(int256(uint256(sums.collateral)) + collateral)),
                initialised: true
            });
        }
    }

    /// @dev Marks ticks, so that their slots are not empty when a position first comes to them.
    function _initialiseTicks(uint256 first, uint256 count) internal {
        if (first == 0 || first > RiskLadder.TOP || count > RiskLadder.TOP + 1 - first) {
            revert InvalidTick(first, count, RiskLadder.TOP);
        }
        for (uint256 tick = first; tick < first + count; ++tick) {
            if (_ticks[tick].initialised) continue;
            _ticks[tick].initialised = true;
            _mark(tick);
        }
    }

    function _mark(uint256 tick) private {
        unchecked {
            _marks[tick >> 8] |= 1 << (tick & 255);
        }
    }

    /// @dev The highest marked tick from `from` down to `floor` (at least 1); 0 for none.
    function _highest(uint256 from, uint256 floor) internal view returns (uint256 tick) {
        unchecked {
            if (from < floor) return 0;
            uint256 word = from >> 8;
            uint256 bits = _marks[word] & (type(uint256).max >> (255 - (from & 255)));
            while (bits == 0) {
                if (word == floor >> 8) return 0;
                bits = _marks[--word];
            }
            tick = (word << 8) | bits.log2();
            if (tick < floor) tick = 0;
        }
    }

    /// @dev The loss that `price` shows and nobody has booked, summed until it is above `enough`.
    /// @return shortfall a lower bound; exact where each tick holds one account
    /// @return top no occupied tick is above it
    function _visible(
        Cache memory s,
        uint256 price,
        uint256 enough
    ) internal view returns (uint256 shortfall, uint256 top) {
        unchecked {
            uint256 floor = RiskLadder.tickAt(price, s.index, REPAYABLE);
            if (s.topTick < floor) return (0, s.topTick);
            (uint256 index, uint256 w) = (s.index, WRITE_DOWN_INCENTIVE);
            for (uint256 t = _highest(s.topTick, floor); t != 0; t = _highest(t - 1, floor)) {
                Tick storage sums = _ticks[t];
                uint256 scaledDebt = sums.scaledDebt;
                if (scaledDebt == 0) continue;
                if (top == 0) top = t;
                shortfall += RiskLadder.shortfallOf(scaledDebt, sums.collateral, price, index, w);
                if (shortfall > enough) return (shortfall, top);
            }
            if (top == 0) top = floor - 1;
        }
    }

    /* -------------------------------------------- THE GUARD -------------------------------------------- */

    /// @dev Reverts if lenders' assets must not move now. Changes `s`, which the caller stores; a highest tick that it
    /// finds out of date it lowers and stores itself.
    /// @param remaining lender assets by which a loss is measured: those after an exit, those before an entry
    function _guard(Cache memory s, uint256 remaining, bool leaving) internal {
        if (s.scaledDebt == 0) return;
        (bool seen, uint256 price) = _look();
        if (!seen) {
            if (leaving && _mayLeaveBlind(s)) return;
            revert Blind(_blindSinceOf(s));
        }
        _sighted(s);
        uint256 tolerance = RiskLadder.tolerated(remaining, TOLERANCE, DUST);
        (uint256 shortfall, uint256 top) = _visible(s, price, tolerance);
        if (shortfall > tolerance) revert UnbookedShortfall(shortfall, tolerance);
        if (top < s.topTick) {
            s.topTick = top;
            _storeBorrowers(s);
        }
    }

    /// @dev The most of the lenders' assets that the guard would let leave now.
    function _leavable(Cache memory s) internal view returns (uint256 assets) {
        assets = _lenderAssets(s);
        if (s.scaledDebt == 0) return assets;
        (bool seen, uint256 price) = _look();
        if (!seen) return _mayLeaveBlind(s) ? assets : 0;
        (uint256 shortfall, ) = _visible(s, price, RiskLadder.tolerated(assets, TOLERANCE, DUST));
        return RiskLadder.leavable(assets, shortfall, TOLERANCE, DUST);
    }

    /// @dev Whether the guard would let assets enter now.
    function _isEnterable(Cache memory s) internal view returns (bool) {
        if (s.scaledDebt == 0) return true;
        (bool seen, uint256 price) = _look();
        if (!seen) return false;
        uint256 tolerance = RiskLadder.tolerated(_lenderAssets(s), TOLERANCE, DUST);
        (uint256 shortfall, ) = _visible(s, price, tolerance);
        return shortfall <= tolerance;
    }

    /* ---------------------------------------------- SIGHT ---------------------------------------------- */

    /// @dev The oracle's price, or `seen` is false: a failure does not revert. Not a `try`: that would copy an answer
    /// of any length.
    function _look() internal view returns (bool seen, uint256 price) {
        address oracle = address(ORACLE);
        uint256 available = gasleft();
        assembly ("memory-safe") {
            mstore(0, shl(224, 0xa035b1fe)) // price()
            seen := staticcall(ORACLE_GAS, oracle, 0, 4, 0, 32)
            seen := and(seen, gt(returndatasize(), 31))
            price := mload(0)
        }
        if (!seen && available < ORACLE_GAS_NEEDED) revert InsufficientGas(available, ORACLE_GAS_NEEDED);
    }

    /// @dev The oracle's price, or the oracle's error. A price that takes more gas than ORACLE_GAS is good here, but
    /// the guard stays blind.
    function _price(Cache memory s) internal returns (uint256 price) {
        bool seen;
        (seen, price) = _look();
        if (seen) _sighted(s);
        else price = ORACLE.price();
    }

    /// @dev A good price ends the record of blindness. The caller stores `s`.
    function _sighted(Cache memory s) internal {
        if (s.flags & FLAG_BLIND == 0) return;
        s.flags &= ~FLAG_BLIND;
        delete _blindness;
        emit SightRegained();
    }

    /// @dev Puts blindness on record, or confirms it. The caller stores `s`.
    function _blinded(Cache memory s) internal {
        uint40 since = uint40(_blindSinceOf(s));
        if (since == 0) {
            since = uint40(block.timestamp);
            s.flags |= FLAG_BLIND;
            emit SightLost();
        }
        _blindness = Blindness(since, uint40(block.timestamp));
    }

    /// @dev Since when the oracle has been on record as failing; 0 without a record that was confirmed in time.
    function _blindSinceOf(Cache memory s) internal view returns (uint256) {
        if (s.flags & FLAG_BLIND == 0) return 0;
        Blindness memory b = _blindness;
        return block.timestamp <= b.confirmed + CONFIRM_WITHIN ? b.since : 0;
    }

    /// @dev Whether the oracle has been on record as failing for the whole blind period.
    function _mayLeaveBlind(Cache memory s) internal view returns (bool) {
        uint256 since = _blindSinceOf(s);
        return since != 0 && block.timestamp >= since + BLIND_PERIOD;
    }
}
