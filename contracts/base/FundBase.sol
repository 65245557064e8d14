// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {FundParams, IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {IPoolFactory} from "../interfaces/IPoolFactory.sol";
import {Interest} from "../libraries/Interest.sol";
import {EpochLedger} from "./EpochLedger.sol";
import {EpochShares} from "./EpochShares.sol";

/// @title FundBase
/// @notice State of a fund, its accrual, and the clock of windows, by which exits and limits go.
abstract contract FundBase is EpochShares, IInsuranceFund, AccessManaged {
    using FixedPointMathLib for uint256;
    using Checkpoints for Checkpoints.Trace208;

    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    /// @dev The reserve tier; `unvested` as of `time`. What the stakers hold is in the ledger's `net`.
    struct Tier {
        uint104 reserve;
        uint104 unvested;
        uint48 time;
    }

    /// @dev A requested exit: what `shares` were worth when it was made (`assets`, at most 96 bits of it), and when its
    /// window opens. It is void once the generation of its shares has ended.
    struct Request {
        uint112 shares;
        uint96 assets;
        uint48 opensAt;
    }

    /// @dev A pool's cover. `pending` is an increase that takes effect at `effectiveAt`, and later if windows stand
    /// still; the pool is `listed` in `_pools` while it has or awaits a limit; its premium last moved at `premiumAt`;
    /// it has been on record since `silentSince` that it does not answer (0: it does). The first slot is all that a
    /// cover needs, unless an increase waits.
    struct Limit {
        uint96 limit;
        uint96 outstanding;
        uint40 effectiveAt;
        bool listed;
        uint96 pending;
        uint40 premiumAt;
        uint40 silentSince;
    }

    /// @dev What a call loads once and writes once. Accrued to now.
    struct Cache {
        Ledger ledger;
        uint256 reserve;
        uint256 unvested;
    }

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    /// @dev Neither a deposit nor a gift to the reserve takes a fund's assets past this.
    uint256 internal constant MAX_ASSETS = type(uint96).max;
    /// @dev Nothing does past this, 128 times as much: it is what the narrowest packed field of them holds. Premium and
    /// recoveries, whose size nobody chooses freely, have the room between.
    uint256 private constant MAX_CAPITAL = uint104(type(int104).max);
    /// @dev A hold that nobody confirms for this long stops no clock any longer: it may be over (seconds).
    uint256 private constant CONFIRM_WITHIN = 1 days;
    uint256 private constant SINCE_BITS = 48;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    address public immutable socializer;
    address public immutable factory;
    uint256 public immutable cooldownPeriod;
    uint256 public immutable windowPeriod;
    uint256 private immutable VESTING;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    Tier private _tier;
    mapping(address => Request) internal _requests;
    mapping(address => Limit) internal _limits;
    address[] internal _pools;
    /// @dev Staked capital lost since the last epoch, without one yet; read only while FLAG_PENDING is set.
    uint256 internal _pendingLoss;
    /// @dev By time, how long windows have stood still: in the upper bits the seconds in total, in the lower SINCE_BITS
    /// since when they have been standing still, on top of that (0: they run).
    Checkpoints.Trace208 private _stops;

    constructor(
        FundParams memory p,
        address manager
    ) EpochLedger(p.asset) EpochShares(p.name, p.symbol) AccessManaged(manager) {
        socializer = p.socializer;
        factory = p.factory;
        cooldownPeriod = p.cooldown;
        windowPeriod = p.window;
        VESTING = p.vesting;
        _tier.time = uint48(block.timestamp);
    }

    /* ----------------------------------------- LOAD AND STORE ------------------------------------------ */

    function _accrued() internal view returns (Cache memory s) {
        Tier memory tier = _tier;
        s.ledger = _ledger;
        s.reserve = tier.reserve;
        s.unvested = tier.unvested;
        if (s.unvested != 0 && tier.time != block.timestamp) {
            s.unvested = (s.unvested * Interest.decay(block.timestamp - tier.time, VESTING)) / Interest.WAD;
            // without shares nothing is unvested, see _toReserve
            s.ledger.net += int104(int256(tier.unvested - s.unvested));
        }
    }

    function _store(Cache memory s) internal {
        _storeLedger(s.ledger);
        _tier = Tier({reserve: uint104(s.reserve), unvested: uint104(s.unvested), time: uint48(block.timestamp)});
    }

    /* --------------------------------------------- CAPITAL --------------------------------------------- */

    function _net(Cache memory s) internal pure returns (uint256) {
        return uint256(int256(s.ledger.net));
    }

    function _capital(Cache memory s) internal pure returns (uint256) {
        return s.reserve + s.unvested + _net(s);
    }

    function _room(Cache memory s) internal pure returns (uint256) {
        uint256 total = _capital(s);
        return total < MAX_ASSETS ? MAX_ASSETS - total : 0;
    }

    /// @dev What the packed fields still hold.
    function _space(Cache memory s) internal pure returns (uint256) {
        return MAX_CAPITAL - _capital(s);
    }

    /// @dev Without shares, what was the stakers' belongs to the reserve.
    function _toReserve(Cache memory s) internal pure {
        s.reserve += _net(s) + s.unvested;
        (s.ledger.net, s.unvested) = (0, 0);
    }

    /* -------------------------------------- THE CLOCK OF WINDOWS --------------------------------------- */

    /// @dev Seconds that windows have stood still by `time`.
    function _stoodBy(uint256 time) internal view returns (uint256 stood) {
        uint256 stop = _stops.upperLookup(uint48(time));
        uint256 since = uint48(stop);
        stood = stop >> SINCE_BITS;
        if (since != 0) stood += (time - since).min(CONFIRM_WITHIN);
    }

    function _recordHold(address pool) internal {
        bool stopped = uint48(_stops.latest()) != 0;
        bool held = pool != address(0);
        if (!stopped && !held) return;
        uint256 stood = _stoodBy(block.timestamp) << SINCE_BITS;
        _stops.push(uint48(block.timestamp), uint208(held ? stood | block.timestamp : stood));
        if (!held) emit WindowsResumed();
        else if (!stopped) emit WindowsStopped(pool);
    }

    /* ----------------------------------------- FOR THE SHARES ------------------------------------------ */

    /// @dev A request of a generation that ended is void: one that was made before then, or in that second. Shares that
    /// arrive in it are locked, but for what the rounding of `received` leaves: a request for those is void as well.
    function _requestOf(address account) internal view returns (Request memory request) {
        request = _requests[account];
        if (_ledger.ended && request.opensAt <= _lastEnd.time + cooldownPeriod) request.shares = 0;
    }

    function _coolingOf(address account) internal view override returns (uint256) {
        return _requestOf(account).shares;
    }

    function _totals() internal view override returns (uint256, uint256) {
        Cache memory s = _accrued();
        return (_net(s), s.ledger.supply);
    }

    function _isStranding(address account) internal view override returns (bool) {
        return account == address(this) || account == socializer || IPoolFactory(factory).isPool(account);
    }
}
