// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {Coverage, FundParams, IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {ILendingPool, PoolState} from "../interfaces/ILendingPool.sol";
import {IPoolFactory} from "../interfaces/IPoolFactory.sol";
import {Interest} from "../libraries/Interest.sol";
import {Premium} from "../libraries/Premium.sol";
import {SharesMath} from "../libraries/SharesMath.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {FundBase} from "./FundBase.sol";

/// @title FundCover
/// @notice What a fund does for its pools: takes their premium, limits their cover, pays it, and takes back what is
/// recovered.
abstract contract FundCover is FundBase {
    using SafeERC20 for IERC20;
    using FixedPointMathLib for uint256;

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    uint256 private constant MAX_POOLS = 16;
    uint8 private constant FLAG_PENDING = 1;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    uint256 private immutable RESERVE_CUT;
    uint256 private immutable MAX_PREMIUM;
    uint256 private immutable HALF_COVER;
    uint256 private immutable DUST;

    constructor(FundParams memory p) {
        RESERVE_CUT = p.reserveCut;
        MAX_PREMIUM = p.maxPremium;
        HALF_COVER = p.halfCover;
        DUST = p.dust;
    }

    /* ---------------------------------------- RESERVE, PREMIUM ----------------------------------------- */

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
        uint256 space = _space(s);
        if (fees > space) revert AmountTooLarge(fees, space);

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

    /// @dev Serves only pools that the factory registered and that name this fund.
    function _isServed(address pool) private view returns (bool) {
        return IPoolFactory(factory).isPool(pool) && ILendingPool(pool).fund() == address(this);
    }

    /* ----------------------------------------- COVERAGE LIMITS ----------------------------------------- */

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

    function _available(Cache memory s, Limit storage limit) internal view returns (uint256) {
        return _allowed(limit).min(_capital(s));
    }

    function _allowed(Limit storage limit) private view returns (uint256) {
        return _limitOf(limit).saturatingSub(limit.outstanding);
    }

    function _limitOf(Limit storage limit) private view returns (uint256) {
        return limit.effectiveAt != 0 && _effectiveAt(limit) <= block.timestamp ? limit.pending : limit.limit;
    }

    /// @dev Later by what windows have stood still since the increase was set: every staker can leave first.
    function _effectiveAt(Limit storage limit) private view returns (uint256 time) {
        time = limit.effectiveAt;
        if (time != 0) time += _stoodBy(block.timestamp) - _stoodBy(time - cooldownPeriod - windowPeriod);
    }

    /* -------------------------------------- COVER AND RECOVERIES --------------------------------------- */

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
            _openEpoch(s.ledger, SharesMath.isWiped(net - staked, net, s.ledger.supply, DUST));
            if (s.ledger.supply == 0) _toReserve(s);
            s.ledger.flags &= ~FLAG_PENDING;
            if (pends) _pendingLoss = 0;
        } else {
            s.ledger.flags |= FLAG_PENDING;
            _pendingLoss = pending + staked;
        }
    }

    /// @inheritdoc IInsuranceFund
    function creditRecovery(address pool, uint256 reserve_, uint256 staked, uint256 restored) external nonReentrant {
        if (msg.sender != socializer) revert Unauthorized(msg.sender);
        Cache memory s = _accrued();
        // a payment of debt must not fail for it: what does not fit is held and not booked
        uint256 space = _space(s);
        reserve_ = reserve_.min(space);
        staked = staked.min(space - reserve_);
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
}
