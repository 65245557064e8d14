// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {Coverage, FundParams, IInsuranceFund} from "./interfaces/IInsuranceFund.sol";
import {ILendingPool, PoolState, Sight} from "./interfaces/ILendingPool.sol";
import {IPoolFactory} from "./interfaces/IPoolFactory.sol";
import {Interest} from "./libraries/Interest.sol";
import {Premium} from "./libraries/Premium.sol";
import {SharesMath} from "./libraries/SharesMath.sol";
import {Waterfall} from "./libraries/Waterfall.sol";
import {EpochLedger} from "./base/EpochLedger.sol";
import {EpochShares} from "./base/EpochShares.sol";

/// @title InsuranceFund
/// @notice See IInsuranceFund.
contract InsuranceFund is EpochShares, IInsuranceFund, AccessManaged {
    using SafeERC20 for IERC20;
    using FixedPointMathLib for uint256;
    using Checkpoints for Checkpoints.Trace208;

    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    /// @dev The reserve tier; `unvested` as of `time`. What the stakers hold is in the ledger's `net`.
    struct Tier {
        uint104 reserve;
        uint104 unvested;
        uint48 time;
    }

    struct Request {
        uint112 shares;
        uint96 assets;
        uint40 opensAt;
        uint8 generation;
    }

    /// @dev The first slot is all that a cover needs, unless an increase waits.
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

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    uint256 private constant MAX_POOLS = 16;
    uint8 private constant FLAG_PENDING = 1;
    /// @dev Assets of a fund stay below this, so that they fit every packed field.
    uint256 private constant MAX_ASSETS = type(uint96).max;
    /// @dev What a pool may use to say what it sees. More must have been there when it fails.
    uint256 private constant SIGHT_GAS = 4_000_000;
    uint256 private constant SIGHT_GAS_NEEDED = 4_100_000;
    /// @dev A hold that nobody confirms for this long stops no clock any longer: it may be over (seconds).
    uint256 private constant CONFIRM_WITHIN = 1 days;

    address public immutable socializer;
    address public immutable factory;
    uint256 public immutable cooldownPeriod;
    uint256 public immutable windowPeriod;
    uint256 public immutable guardTolerance;
    uint256 public immutable blindPeriod;
    uint256 private immutable VESTING;
    uint256 private immutable RESERVE_CUT;
    uint256 private immutable MAX_PREMIUM;
    uint256 private immutable HALF_COVER;

    Tier private _tier;
    mapping(address => Request) private _requests;
    mapping(address => Limit) private _limits;
    address[] private _pools;
    /// @dev Staked capital lost since the last epoch, without one yet; read only while FLAG_PENDING is set.
    uint256 private _pendingLoss;
    /// @dev How long windows have stood still, as of each change: the seconds so far and, while they do, since when (48 bits).
    Checkpoints.Trace208 private _stops;

    constructor(
        FundParams memory p,
        address manager
    ) EpochLedger(p.asset) EpochShares(p.name, p.symbol) AccessManaged(manager) {
        if (p.socializer == address(0) || p.factory == address(0) || manager == address(0)) revert ZeroAddress();
        if (p.cooldown > 365 days) revert InvalidParameter("cooldown", p.cooldown);
        if (p.window < 1 hours || p.window > 365 days) revert InvalidParameter("window", p.window);
        if (p.vesting < 1 hours || p.vesting > 365 days) revert InvalidParameter("vesting", p.vesting);
        if (p.reserveCut > Interest.BPS) revert InvalidParameter("reserveCut", p.reserveCut);
        if (p.maxPremium > Interest.BPS / 2) revert InvalidParameter("maxPremium", p.maxPremium);
        if (p.halfCover == 0 || p.halfCover > 1e18) revert InvalidParameter("halfCover", p.halfCover);
        if (p.guardTolerance > 1_000) revert InvalidParameter("guardTolerance", p.guardTolerance);
        if (p.blindPeriod < 1 hours || p.blindPeriod > 30 days) revert InvalidParameter("blindPeriod", p.blindPeriod);
        socializer = p.socializer;
        factory = p.factory;
        cooldownPeriod = p.cooldown;
        windowPeriod = p.window;
        guardTolerance = p.guardTolerance;
        blindPeriod = p.blindPeriod;
        VESTING = p.vesting;
        RESERVE_CUT = p.reserveCut;
        MAX_PREMIUM = p.maxPremium;
        HALF_COVER = p.halfCover;
        _tier.time = uint48(block.timestamp);
    }

    /* ------------------------------------------- STAKERS ENTER ----------------------------------------- */

    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        Cache memory s = _accrued();
        shares = SharesMath.toSharesDown(assets, _net(s), s.ledger.supply);
        _enter(s, assets, shares, receiver);
    }

    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        Cache memory s = _accrued();
        assets = SharesMath.toAssetsUp(shares, _net(s), s.ledger.supply);
        _enter(s, assets, shares, receiver);
    }

    function _enter(Cache memory s, uint256 assets, uint256 shares, address receiver) private {
        if (assets == 0 || shares == 0) revert ZeroAmount();
        uint256 room = _room(s);
        if (assets > room) revert AmountTooLarge(assets, room);
        s.ledger.net += int104(int256(assets));
        _mint(s.ledger, receiver, shares);
        _store(s);
        emit Deposit(msg.sender, receiver, assets, shares);
        _collect(msg.sender, assets, _capital(s));
    }

    /* ------------------------------------------- STAKERS LEAVE ----------------------------------------- */

    /// @inheritdoc IInsuranceFund
    function cooldown(uint256 shares) external nonReentrant {
        Cache memory s = _accrued();
        Request memory request = _requestOf(msg.sender);
        delete _requests[msg.sender];
        if (request.shares != 0) {
            uint256 forfeited = Premium.forfeit(
                request.shares,
                request.assets,
                SharesMath.toAssetsDown(request.shares, _net(s), s.ledger.supply)
            );
            if (forfeited != 0) {
                _retire(s, msg.sender, forfeited, 0);
                emit GainForfeited(msg.sender, forfeited);
            }
        } else if (shares == 0) {
            revert NoRequest(msg.sender);
        }
        if (shares != 0) {
            uint256 balance = _freeOf(s.ledger, msg.sender);
            if (shares > balance) revert ERC20InsufficientBalance(msg.sender, balance, shares);
            uint256 assets = SharesMath.toAssetsDown(shares, _net(s), s.ledger.supply);
            uint256 opensAt = block.timestamp + cooldownPeriod;
            _requests[msg.sender] = Request({
                shares: uint112(shares),
                assets: uint96(assets.min(type(uint96).max)),
                opensAt: uint40(opensAt),
                generation: s.ledger.generation
            });
            emit CooldownStarted(msg.sender, shares, assets, opensAt, opensAt + windowPeriod);
        }
        _store(s);
    }

    function withdraw(uint256 assets, address receiver, address owner) external nonReentrant returns (uint256 shares) {
        Cache memory s = _accrued();
        Request memory request = _openRequestOf(owner);
        shares = _sharesFor(s, request, assets);
        _leave(s, request, assets, shares, receiver, owner);
    }

    function redeem(uint256 shares, address receiver, address owner) external nonReentrant returns (uint256 assets) {
        Cache memory s = _accrued();
        Request memory request = _openRequestOf(owner);
        if (shares > request.shares) revert ExceedsRequest(shares, request.shares);
        assets = _assetsFor(s, request, shares);
        _leave(s, request, assets, shares, receiver, owner);
    }

    function _leave(
        Cache memory s,
        Request memory request,
        uint256 assets,
        uint256 shares,
        address receiver,
        address owner
    ) private {
        if (assets == 0) revert ZeroAmount();
        if (receiver == address(0)) revert ZeroAddress();
        if (shares > request.shares) revert ExceedsRequest(shares, request.shares);
        address pool = _heldBy(s);
        if (pool != address(0)) revert ExitsHeld(pool);
        _recordHold(address(0));
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        // what is left of the request keeps its value per share, rounded down
        request.assets = uint96((uint256(request.assets) * (request.shares - shares)) / request.shares);
        request.shares -= uint112(shares);
        if (request.shares == 0) delete _requests[owner];
        else _requests[owner] = request;
        _retire(s, owner, shares, assets);
        _store(s);
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        ASSET.safeTransfer(receiver, assets);
    }

    /// @dev Burns shares against `assets`; what they are worth beyond that goes to the reserve.
    function _retire(Cache memory s, address owner, uint256 shares, uint256 assets) private {
        uint256 value = SharesMath.toAssetsDown(shares, _net(s), s.ledger.supply);
        _burn(s.ledger, owner, shares);
        s.ledger.net -= int104(int256(value));
        s.reserve += value - assets;
        if (s.ledger.supply == 0) _toReserve(s);
    }

    /* ------------------------------------------- HELD EXITS -------------------------------------------- */

    /// @inheritdoc IInsuranceFund
    function syncGuard() external nonReentrant returns (address pool) {
        Cache memory s = _accrued();
        for (uint256 i; i < _pools.length; ++i) {
            (bool answers, ) = _sightOf(_pools[i], 0);
            Limit storage limit = _limits[_pools[i]];
            if (answers == (limit.silentSince == 0)) continue;
            limit.silentSince = answers ? 0 : uint40(block.timestamp);
            emit PoolAnswers(_pools[i], answers);
        }
        pool = _heldBy(s);
        _recordHold(pool);
    }

    /// @inheritdoc IInsuranceFund
    function exitsHeldBy() external view returns (address pool) {
        return _heldBy(_accrued());
    }

    /// @dev The first pool that shows a loss of which the fund would pay more than it tolerates, or may have one unseen.
    function _heldBy(Cache memory s) private view returns (address) {
        uint256 tolerance = (_capital(s) * guardTolerance) / Interest.BPS;
        for (uint256 i; i < _pools.length; ++i) {
            Limit storage limit = _limits[_pools[i]];
            uint256 available = _available(s, limit);
            if (available <= tolerance) continue;
            (bool answers, Sight memory sight) = _sightOf(_pools[i], tolerance);
            if (!answers) {
                if (limit.silentSince != 0 && block.timestamp >= limit.silentSince + blindPeriod) continue;
            } else if (sight.seen) {
                if (sight.shortfall.saturatingSub(sight.fees).min(available) <= tolerance) continue;
            } else if (sight.mayLeave) {
                continue;
            }
            return _pools[i];
        }
        return address(0);
    }

    /// @dev What a pool says it sees; `answers` is false if it fails though it had the gas.
    function _sightOf(address pool, uint256 enough) private view returns (bool answers, Sight memory sight) {
        uint256 available = gasleft();
        bytes memory answer;
        (answers, answer) = pool.staticcall{gas: SIGHT_GAS}(abi.encodeCall(ILendingPool(pool).sight, (enough)));
        if (answers) sight = abi.decode(answer, (Sight));
        else if (available < SIGHT_GAS_NEEDED) revert InsufficientGas(available, SIGHT_GAS_NEEDED);
    }

    function _recordHold(address pool) private {
        bool stopped = uint48(_stops.latest()) != 0;
        bool held = pool != address(0);
        if (!stopped && !held) return;
        uint256 stood = _stoodBy(block.timestamp) << 48;
        _stops.push(uint48(block.timestamp), uint208(held ? stood | block.timestamp : stood));
        if (!held) emit WindowsResumed();
        else if (!stopped) emit WindowsStopped(pool);
    }

    /// @dev Seconds that windows have stood still by `time`.
    function _stoodBy(uint256 time) private view returns (uint256 stood) {
        uint256 last = _stops.upperLookup(uint48(time));
        stood = last >> 48;
        if (uint48(last) != 0) stood += (time - uint48(last)).min(CONFIRM_WITHIN);
    }

    /// @dev The window's length, and what it has stood still since it opened.
    function _closesAt(Request memory request) private view returns (uint256 closesAt) {
        closesAt = request.opensAt + windowPeriod;
        if (block.timestamp > request.opensAt) closesAt += _stoodBy(block.timestamp) - _stoodBy(request.opensAt);
    }

    /* ------------------------------------------ RESERVE, PREMIUM --------------------------------------- */

    /// @inheritdoc IInsuranceFund
    function fundReserve(uint256 assets) external nonReentrant {
        if (assets == 0) revert ZeroAmount();
        Cache memory s = _accrued();
        uint256 room = _room(s);
        if (assets > room) revert AmountTooLarge(assets, room);
        s.reserve += assets;
        _store(s);
        emit ReserveFunded(msg.sender, assets);
        _collect(msg.sender, assets, _capital(s));
    }

    /// @inheritdoc IInsuranceFund
    function harvest(address pool) external nonReentrant returns (uint256 fees) {
        if (!_isServed(pool)) revert UnknownPool(pool);
        Cache memory s = _accrued();
        Limit storage limit = _limits[pool];
        uint256 premium;
        (premium, limit.premiumAt) = _nextPremium(s, limit, pool);

        uint256 before = ASSET.balanceOf(address(this));
        fees = ILendingPool(pool).harvest(premium);
        uint256 received = ASSET.balanceOf(address(this)) - before;
        if (received != fees) revert IncorrectTransfer(address(ASSET), fees, received);

        uint256 cut = s.ledger.supply == 0 ? fees : (fees * RESERVE_CUT) / Interest.BPS;
        s.reserve += cut;
        s.unvested += fees - cut;
        _store(s);
        emit Harvested(pool, fees, cut, premium);
    }

    function _nextPremium(
        Cache memory s,
        Limit storage limit,
        address pool
    ) private view returns (uint256 premium, uint40 movedAt) {
        PoolState memory p = ILendingPool(pool).state();
        uint256 since = limit.premiumAt == 0 ? block.timestamp : limit.premiumAt;
        uint256 target = Premium.target(_available(s, limit), p.debt, MAX_PREMIUM, HALF_COVER);
        uint256 used;
        (premium, used) = Premium.next(p.premium, target, MAX_PREMIUM, block.timestamp - since);
        movedAt = uint40(since + used);
    }

    /* -------------------------------------------- COVERAGE --------------------------------------------- */

    /// @inheritdoc IInsuranceFund
    function setCoverageLimit(address pool, uint256 limit) external restricted nonReentrant {
        if (!_isServed(pool)) revert UnknownPool(pool);
        if (limit > MAX_ASSETS) revert AmountTooLarge(limit, MAX_ASSETS);
        Limit storage l = _limits[pool];
        uint256 current = _limitOf(l);
        uint256 effectiveAt = block.timestamp;
        if (limit > current) {
            effectiveAt += cooldownPeriod + windowPeriod;
            (l.limit, l.pending, l.effectiveAt) = (uint96(current), uint96(limit), uint40(effectiveAt));
        } else {
            (l.limit, l.pending, l.effectiveAt) = (uint96(limit), 0, 0);
        }
        _list(pool, l);
        emit CoverageLimitSet(pool, limit, effectiveAt);
    }

    /// @inheritdoc IInsuranceFund
    function cover(
        address pool,
        uint256 assets
    ) external nonReentrant returns (uint256 reserve_, uint256 staked, uint256 stakerEpoch) {
        if (msg.sender != socializer) revert Unauthorized(msg.sender);
        Limit storage limit = _limits[pool];
        uint256 left = assets.min(_allowed(limit));
        if (left == 0) return (0, 0, 0);
        Cache memory s = _accrued();
        left = left.min(_capital(s));
        if (left == 0) return (0, 0, 0);

        uint256 part;
        (part, left) = Waterfall.absorb(left, s.unvested);
        s.unvested -= part;
        (reserve_, staked) = Waterfall.absorb(left, s.reserve);
        s.reserve -= reserve_;
        reserve_ += part;
        if (staked != 0) stakerEpoch = _slash(s, staked);
        limit.outstanding += uint96(reserve_ + staked);
        _store(s);
        emit Covered(pool, reserve_, staked, stakerEpoch);
        uint256 before = ASSET.balanceOf(pool);
        ASSET.safeTransfer(pool, reserve_ + staked);
        uint256 received = ASSET.balanceOf(pool) - before;
        if (received != reserve_ + staked) revert IncorrectTransfer(address(ASSET), reserve_ + staked, received);
    }

    /// @dev Takes staked capital; opens an epoch once what is pending is worth one.
    /// @return stakerEpoch the epoch whose holders will stand for it, open or not; 0 after the last epoch
    function _slash(Cache memory s, uint256 staked) private returns (uint256 stakerEpoch) {
        uint256 net = _net(s);
        bool pends = s.ledger.flags & FLAG_PENDING != 0;
        uint256 pending = pends ? _pendingLoss : 0;
        s.ledger.net -= int104(int256(staked));
        stakerEpoch = s.ledger.epoch == type(uint24).max ? 0 : s.ledger.epoch + 1;
        if (Waterfall.opensEpoch(pending + staked, pending + net)) {
            _openEpoch(s.ledger);
            s.ledger.flags &= ~FLAG_PENDING;
            if (pends) _pendingLoss = 0;
        } else {
            s.ledger.flags |= FLAG_PENDING;
            _pendingLoss = pending + staked;
        }
        if (SharesMath.isWiped(net - staked, net, s.ledger.supply)) {
            _endGeneration(s.ledger);
            if (s.ledger.supply == 0) _toReserve(s);
        }
    }

    /// @inheritdoc IInsuranceFund
    function creditRecovery(address pool, uint256 reserve_, uint256 staked, uint256 restored) external nonReentrant {
        if (msg.sender != socializer) revert Unauthorized(msg.sender);
        Cache memory s = _accrued();
        if (s.ledger.supply == 0) s.reserve += staked;
        else s.unvested += staked;
        s.reserve += reserve_;
        _store(s);
        Limit storage limit = _limits[pool];
        limit.outstanding -= uint96(restored.min(limit.outstanding));
        emit RecoveryCredited(pool, reserve_, staked, restored);
    }

    /* ---------------------------------------------- VIEWS ---------------------------------------------- */

    /// @inheritdoc IInsuranceFund
    function cooldownOf(
        address account
    ) external view returns (uint256 shares, uint256 assetsAtRequest, uint256 opensAt, uint256 closesAt) {
        Request memory r = _requestOf(account);
        if (r.shares == 0) return (0, 0, 0, 0);
        return (r.shares, r.assets, r.opensAt, _closesAt(r));
    }

    /// @inheritdoc IInsuranceFund
    function coverageAvailable(address pool) external view returns (uint256 assets) {
        return _available(_accrued(), _limits[pool]);
    }

    /// @inheritdoc IInsuranceFund
    function coverageOf(address pool) external view returns (Coverage memory) {
        Limit storage l = _limits[pool];
        uint256 effectiveAt = _effectiveAt(l);
        bool waits = effectiveAt > block.timestamp;
        return
            Coverage({
                limit: _limitOf(l),
                pendingLimit: waits ? l.pending : 0,
                effectiveAt: waits ? effectiveAt : 0,
                outstanding: l.outstanding,
                premiumAt: l.premiumAt
            });
    }

    /// @inheritdoc IInsuranceFund
    function pools() external view returns (address[] memory) {
        return _pools;
    }

    /// @inheritdoc IInsuranceFund
    function reserve() external view returns (uint256) {
        Cache memory s = _accrued();
        return s.reserve + s.unvested;
    }

    /// @inheritdoc IInsuranceFund
    function unvested() external view returns (uint256) {
        return _accrued().unvested;
    }

    function maxDeposit(address receiver) public view returns (uint256) {
        if (receiver == address(0) || _isStranding(receiver)) return 0;
        Cache memory s = _accrued();
        return SharesMath.toAssetsDown(MAX_SUPPLY - s.ledger.supply, _net(s), s.ledger.supply).min(_room(s));
    }

    function maxMint(address receiver) external view returns (uint256) {
        return convertToShares(maxDeposit(receiver));
    }

    function maxWithdraw(address owner) external view returns (uint256) {
        Request memory request = _requestOf(owner);
        Cache memory s = _accrued();
        return _mayLeave(s, request, owner) ? _assetsFor(s, request, request.shares) : 0;
    }

    function maxRedeem(address owner) external view returns (uint256) {
        Request memory request = _requestOf(owner);
        Cache memory s = _accrued();
        return _mayLeave(s, request, owner) && _assetsFor(s, request, request.shares) != 0 ? request.shares : 0;
    }

    /// @dev As the caller would be paid: the lower of the value now and at its request.
    function previewRedeem(uint256 shares) public view override(EpochShares, IERC4626) returns (uint256) {
        return _assetsFor(_accrued(), _requestOf(msg.sender), shares);
    }

    function previewWithdraw(uint256 assets) public view override(EpochShares, IERC4626) returns (uint256) {
        return _sharesFor(_accrued(), _requestOf(msg.sender), assets);
    }

    /* --------------------------------------------- HELPERS --------------------------------------------- */

    function _accrued() private view returns (Cache memory s) {
        Tier memory tier = _tier;
        s.ledger = _ledger;
        s.reserve = tier.reserve;
        s.unvested = tier.unvested;
        if (s.unvested != 0 && tier.time != block.timestamp) {
            s.unvested = (s.unvested * Interest.decay(block.timestamp - tier.time, VESTING)) / 1e18;
            // without shares nothing is unvested, see _toReserve
            s.ledger.net += int104(int256(tier.unvested - s.unvested));
        }
    }

    function _store(Cache memory s) private {
        _storeLedger(s.ledger);
        _tier = Tier({reserve: uint104(s.reserve), unvested: uint104(s.unvested), time: uint48(block.timestamp)});
    }

    /// @dev Without shares, what was the stakers' belongs to the reserve.
    function _toReserve(Cache memory s) private pure {
        s.reserve += _net(s) + s.unvested;
        (s.ledger.net, s.unvested) = (0, 0);
    }

    function _net(Cache memory s) private pure returns (uint256) {
        return uint256(int256(s.ledger.net));
    }

    function _room(Cache memory s) private pure returns (uint256) {
        uint256 total = _capital(s);
        return total < MAX_ASSETS ? MAX_ASSETS - total : 0;
    }

    function _available(Cache memory s, Limit storage limit) private view returns (uint256) {
        return _allowed(limit).min(_capital(s));
    }

    function _allowed(Limit storage limit) private view returns (uint256) {
        return _limitOf(limit).saturatingSub(limit.outstanding);
    }

    function _capital(Cache memory s) private pure returns (uint256) {
        return s.reserve + s.unvested + _net(s);
    }

    function _limitOf(Limit storage limit) private view returns (uint256) {
        return limit.effectiveAt != 0 && _effectiveAt(limit) <= block.timestamp ? limit.pending : limit.limit;
    }

    /// @dev Later by what windows have stood still since the increase was set: every staker can leave first.
    function _effectiveAt(Limit storage limit) private view returns (uint256 time) {
        time = limit.effectiveAt;
        if (time != 0) time += _stoodBy(block.timestamp) - _stoodBy(time - cooldownPeriod - windowPeriod);
    }

    /// @dev Keeps the list of pools with a limit.
    function _list(address pool, Limit storage limit) private {
        bool covered = limit.limit != 0 || limit.pending != 0;
        if (covered == limit.listed) return;
        limit.listed = covered;
        if (covered) {
            if (_pools.length == MAX_POOLS) revert TooManyPools(MAX_POOLS);
            _pools.push(pool);
            return;
        }
        uint256 i;
        while (_pools[i] != pool) ++i;
        _pools[i] = _pools[_pools.length - 1];
        _pools.pop();
    }

    /// @dev Serves only pools that the factory registered and that name this fund.
    function _isServed(address pool) private view returns (bool) {
        return IPoolFactory(factory).isPool(pool) && ILendingPool(pool).fund() == address(this);
    }

    /// @dev A request of a generation that ended is void.
    function _requestOf(address account) private view returns (Request memory request) {
        request = _requests[account];
        if (request.generation != _ledger.generation) request.shares = 0;
    }

    function _isOpen(Request memory request) private view returns (bool) {
        return request.shares != 0 && block.timestamp >= request.opensAt && block.timestamp < _closesAt(request);
    }

    function _mayLeave(Cache memory s, Request memory request, address owner) private view returns (bool) {
        if (!_isOpen(request) || !_canRetire(s.ledger, owner, request.shares)) return false;
        return _heldBy(s) == address(0);
    }

    function _openRequestOf(address owner) private view returns (Request memory request) {
        request = _requestOf(owner);
        if (request.shares == 0) revert NoRequest(owner);
        if (block.timestamp < request.opensAt) revert CooldownNotOver(request.opensAt);
        if (!_isOpen(request)) revert WindowClosed(_closesAt(request));
    }

    /// @dev The lower of the shares' value now and at the request, rounded down.
    function _assetsFor(Cache memory s, Request memory request, uint256 shares) private pure returns (uint256 assets) {
        assets = SharesMath.toAssetsDown(shares, _net(s), s.ledger.supply);
        if (request.shares != 0) assets = assets.min(shares.fullMulDiv(request.assets, request.shares));
    }

    /// @dev The shares that pay `assets`, rounded up.
    function _sharesFor(Cache memory s, Request memory request, uint256 assets) private pure returns (uint256 shares) {
        shares = SharesMath.toSharesUp(assets, _net(s), s.ledger.supply);
        if (request.shares == 0) return shares;
        // a request that is worth nothing pays nothing
        if (request.assets == 0) return type(uint256).max;
        return shares.max(assets.fullMulDivUp(request.shares, request.assets));
    }

    function _totals() internal view override returns (uint256, uint256) {
        Cache memory s = _accrued();
        return (_net(s), s.ledger.supply);
    }

    function _isStranding(address account) internal view override returns (bool) {
        return account == address(this) || account == socializer || IPoolFactory(factory).isPool(account);
    }

    function _coolingOf(address account) internal view override returns (uint256) {
        return _requestOf(account).shares;
    }
}
