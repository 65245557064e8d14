// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {IBadDebtSocializer, Loss} from "./interfaces/IBadDebtSocializer.sol";
import {IEpochShares} from "./interfaces/IEpochShares.sol";
import {IInsuranceFund} from "./interfaces/IInsuranceFund.sol";
import {ILendingPool} from "./interfaces/ILendingPool.sol";
import {IPoolFactory} from "./interfaces/IPoolFactory.sol";
import {FEES, INTEREST, LAYERS, PRINCIPAL, RESERVE, STAKED, Waterfall} from "./libraries/Waterfall.sol";

/// @title BadDebtSocializer
/// @notice See IBadDebtSocializer. It holds what was recovered and not yet claimed, and nothing else.
contract BadDebtSocializer is IBadDebtSocializer, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using FixedPointMathLib for uint256;

    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    /// @dev What was lost, in assets. Until a second booking at another index, or a recovery, outstanding units are
    /// derived: lost / `index`. From then on (`unitized`) they are stored in `Recovery.due`. `previous` links its
    /// episode, of which the first record knows the last one once it is over. The epochs are those whose holders stand
    /// for principal and staked; they may not have opened yet. The pool is stored as the id of its first loss (32 bits
    /// instead of 160) so that a record without cover fits two slots.
    struct Record {
        uint32 poolId;
        uint80 index;
        bool unitized;
        uint32 time;
        uint24 lenderEpoch;
        uint80 interest;
        uint96 principal;
        uint96 fees;
        uint32 previous;
        uint32 episodeLast;
        uint96 reserve;
        uint96 staked;
        uint24 stakerEpoch;
    }

    /// @dev `due`: outstanding units by layer. `recovered`: assets by layer. `restored`: the principal of cover within
    /// that, of the staked and the reserve tier. The claims are what the holders of an epoch share, `lenderPaid` and
    /// `stakerPaid` what they have got of it.
    struct Recovery {
        uint96[5] due;
        uint128[5] recovered;
        uint96[2] restored;
        uint128 lenderClaims;
        uint128 lenderPaid;
        uint128 stakerClaims;
        uint128 stakerPaid;
    }

    /// @dev A pool's first and latest record, its latest episode, and the principal lost since its last epoch. `open`:
    /// the latest record has opened no epoch.
    struct Book {
        uint32 first;
        uint32 last;
        uint32 episodeFirst;
        uint40 episodeStart;
        uint8 episodeLosses;
        bool open;
        uint96 pending;
    }

    /// @dev Claims that an account was paid, in assets: for its shares of the pool, and of the fund.
    struct Paid {
        uint128 lender;
        uint128 staker;
    }

    /// @dev Where a recovery goes, in assets.
    struct Flow {
        uint256 interest; // to the pool's lenders
        uint256 fees; // to the pool's fees
        uint256 reserve; // to the fund's reserve
        uint256 staked; // to the fund's stakers
        uint256 restored; // principal of cover that came back
    }

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    /// @dev How long after its first loss an episode takes further ones, and how many it takes in all.
    uint256 private constant EPISODE = 24 hours;
    uint256 private constant MAX_EPISODE_LOSSES = 32;
    /// @dev More than twice what a cover costs with a plain token, so that nobody can starve it and go on without.
    uint256 private constant COVER_GAS = 400_000;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    IPoolFactory private immutable FACTORY;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    /// @inheritdoc IBadDebtSocializer
    uint256 public lossCount;
    mapping(uint256 => Record) private _records;
    mapping(uint256 => Recovery) private _recoveries;
    mapping(address => Book) private _books;
    /// @dev Pools by the id of their first loss, which stands for them in their records.
    mapping(uint256 => address) private _pools;
    /// @dev What an account has claimed, by loss.
    mapping(uint256 => mapping(address => Paid)) private _paid;

    constructor(address factory_) {
        if (factory_ == address(0)) revert ZeroAddress();
        FACTORY = IPoolFactory(factory_);
    }

    /* ---------------------------------------------- LOSSES --------------------------------------------- */

    /// @inheritdoc IBadDebtSocializer
    function absorb(
        address fund,
        uint256 shortfall,
        uint256 index,
        uint256 fees,
        uint256 unvested,
        uint256 principal,
        uint256 epoch
    ) external nonReentrant returns (uint256 lossId, Waterfall.Layers memory layers, bool opensEpoch) {
        Book memory book = _books[msg.sender];
        if (book.first == 0 && !FACTORY.isPool(msg.sender)) revert UnknownPool(msg.sender);

        uint256 left;
        uint256 stakerEpoch;
        (layers.fees, left) = Waterfall.absorb(shortfall, fees);
        if (left != 0 && fund != address(0)) {
            (layers.reserve, layers.staked, stakerEpoch) = _cover(fund, left);
            left -= layers.reserve + layers.staked;
        }
        (layers.interest, layers.principal) = Waterfall.absorb(left, unvested);

        // 0 after the last epoch: absorbed without a claim
        uint256 lenderEpoch = layers.principal != 0 && epoch < type(uint24).max ? epoch + 1 : 0;
        opensEpoch =
            lenderEpoch != 0 &&
            Waterfall.opensEpoch(book.pending + layers.principal, book.pending + principal);
        lossId = _recordFor(book, shortfall, layers, stakerEpoch);
        _addToRecord(lossId, book.first, layers, index, lenderEpoch, stakerEpoch);
        book.open = !opensEpoch;
        if (layers.principal != 0) book.pending = opensEpoch ? 0 : uint96(book.pending + layers.principal);
        _books[msg.sender] = book;
        emit LossRecorded(lossId, msg.sender, shortfall, layers, lenderEpoch, stakerEpoch);
    }

    /// @dev The record that takes the loss: the latest one while its episode lasts and none of its epochs has opened,
    /// else a new one. Changes `book`, which the caller stores.
    function _recordFor(
        Book memory book,
        uint256 shortfall,
        Waterfall.Layers memory layers,
        uint256 stakerEpoch
    ) private returns (uint256 lossId) {
        bool ongoing = book.last != 0 && block.timestamp <= book.episodeStart + EPISODE;
        if (ongoing && book.open && _takes(_records[book.last], shortfall, layers, stakerEpoch)) return book.last;
        lossId = ++lossCount;
        if (book.first == 0) {
            book.first = uint32(lossId);
            _pools[lossId] = msg.sender;
        }
        if (ongoing && book.episodeLosses < MAX_EPISODE_LOSSES) {
            _records[lossId].previous = book.last;
            ++book.episodeLosses;
        } else {
            if (book.episodeLosses > 1) _records[book.episodeFirst].episodeLast = book.last;
            (book.episodeFirst, book.episodeLosses) = (uint32(lossId), 1);
            book.episodeStart = uint40(block.timestamp);
        }
        book.last = uint32(lossId);
    }

    /// @dev Whether a record has room for a further loss, and one epoch of the fund stands for the staked capital of
    /// both.
    function _takes(
        Record storage r,
        uint256 shortfall,
        Waterfall.Layers memory layers,
        uint256 stakerEpoch
    ) private view returns (bool) {
        if (r.staked != 0 && layers.staked != 0 && stakerEpoch != 0 && r.stakerEpoch != stakerEpoch) return false;
        return r.interest + layers.interest <= type(uint80).max && _lost(r) + shortfall <= type(uint96).max;
    }

    /// @dev The fund's part. A fund that cannot pay counts as empty; one that was not given the gas to pay, or in whose
    /// midst the loss is booked, does not.
    function _cover(
        address fund,
        uint256 assets
    ) private returns (uint256 reserve, uint256 staked, uint256 stakerEpoch) {
        if (gasleft() < COVER_GAS) revert InsufficientGas(gasleft(), COVER_GAS);
        try IInsuranceFund(fund).cover(msg.sender, assets) returns (uint256 a, uint256 b, uint256 c) {
            return (a, b, c);
        } catch (bytes memory reason) {
            if (bytes4(reason) == ReentrancyGuardReentrantCall.selector) revert ReentrancyGuardReentrantCall();
            emit CoverUnavailable(msg.sender, fund, assets);
        }
    }

    /// @dev Adds a booking to its record. That it fits is seen to by `_takes` where a record has others, else by the
    /// pool: its debt, and so its shortfall, fits 96 bits, its unvested interest 80.
    function _addToRecord(
        uint256 lossId,
        uint32 poolId,
        Waterfall.Layers memory layers,
        uint256 index,
        uint256 lenderEpoch,
        uint256 stakerEpoch
    ) private {
        Record storage r = _records[lossId];
        if (r.poolId == 0) {
            (r.poolId, r.index) = (poolId, uint80(index));
        } else if (r.unitized || r.index != index) {
            Recovery storage recovery = _recoveries[lossId];
            uint256[LAYERS] memory due = _due(r, recovery);
            uint256[LAYERS] memory lost = Waterfall.byClimb(layers);
            for (uint256 i; i < LAYERS; ++i) due[i] += Waterfall.toUnits(lost[i], index);
            _storeDue(r, recovery, due);
            r.index = uint80(index);
        }
        unchecked {
            if (lenderEpoch == 0) lenderEpoch = r.lenderEpoch;
            (r.time, r.lenderEpoch) = (uint32(block.timestamp), uint24(lenderEpoch));
            r.interest += uint80(layers.interest);
            if (layers.fees + layers.principal != 0) {
                (r.principal, r.fees) = (r.principal + uint96(layers.principal), r.fees + uint96(layers.fees));
            }
            if (layers.reserve + layers.staked != 0) {
                (r.reserve, r.staked) = (r.reserve + uint96(layers.reserve), r.staked + uint96(layers.staked));
                if (stakerEpoch != 0) r.stakerEpoch = uint24(stakerEpoch);
            }
        }
    }

    /* -------------------------------------------- RECOVERIES ------------------------------------------- */

    /// @inheritdoc IBadDebtSocializer
    function onRecovery(
        Payment[] calldata payments,
        uint256 index
    ) external nonReentrant returns (uint256 interest, uint256 fees) {
        if (_books[msg.sender].first == 0) revert UnknownPool(msg.sender);
        Flow memory flow;
        for (uint256 i; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            uint256 left = _climb(payment.lossId, payment.assets, index, flow);
            if (left == 0) continue;
            emit Surplus(payment.lossId, left);
            if (payment.merged) flow.interest += left;
            else flow.reserve += left;
        }
        IERC20 asset = IERC20(ILendingPool(msg.sender).asset());
        _toFund(msg.sender, asset, flow);
        if (flow.interest + flow.fees != 0) asset.safeTransfer(msg.sender, flow.interest + flow.fees);
        return (flow.interest, flow.fees);
    }

    /// @inheritdoc IBadDebtSocializer
    function recover(uint256 lossId, uint256 assets) external nonReentrant {
        if (assets == 0) revert ZeroAmount();
        address pool = _poolOf(_recordOf(lossId));
        uint256 index = ILendingPool(pool).state().index;
        Flow memory flow;
        uint256 left = _climb(lossId, assets, index, flow);
        if (left != 0) revert RecoveryExceedsLoss(assets, assets - left);
        IERC20 asset = IERC20(ILendingPool(pool).asset());
        uint256 before = asset.balanceOf(address(this));
        asset.safeTransferFrom(msg.sender, address(this), assets);
        uint256 received = asset.balanceOf(address(this)) - before;
        if (received != assets) revert IncorrectTransfer(address(asset), assets, received);
        _toFund(pool, asset, flow);
        if (flow.interest + flow.fees != 0) {
            asset.safeTransfer(pool, flow.interest + flow.fees);
            ILendingPool(pool).creditRecovery(flow.interest, flow.fees);
        }
    }

    /// @dev Pays `assets` up the waterfall of the loss's episode; adds to `flow` what leaves this contract.
    /// @return left what no layer can take
    function _climb(uint256 lossId, uint256 assets, uint256 index, Flow memory flow) private returns (uint256 left) {
        uint256[] memory ids = _reach(lossId, assets, index);
        uint256[LAYERS][] memory due = new uint256[LAYERS][](ids.length);
        for (uint256 i; i < ids.length; ++i) due[i] = _due(_records[ids[i]], _recoveries[ids[i]]);
        uint256[LAYERS][] memory paid;
        (paid, left) = Waterfall.climb(due, assets, index);
        for (uint256 i; i < ids.length; ++i) _bookRecovery(ids[i], due[i], paid[i], flow);
    }

    /// @dev The losses that a recovery may reach, its own first: no other if its lenders take all of it.
    function _reach(uint256 lossId, uint256 assets, uint256 index) private view returns (uint256[] memory ids) {
        uint256[LAYERS] memory due = _due(_recordOf(lossId), _recoveries[lossId]);
        if (assets > Waterfall.worthOf(due, PRINCIPAL, INTEREST, index)) return episodeOf(lossId);
        ids = new uint256[](1);
        ids[0] = lossId;
    }

    /// @dev Stores what one loss got, and routes it: claims stay here, the rest leaves.
    function _bookRecovery(
        uint256 lossId,
        uint256[LAYERS] memory due,
        uint256[LAYERS] memory paid,
        Flow memory flow
    ) private {
        uint256 total;
        for (uint256 i; i < LAYERS; ++i) total += paid[i];
        if (total == 0) return;
        Record storage r = _records[lossId];
        Recovery storage recovery = _recoveries[lossId];
        if (paid[STAKED] + paid[RESERVE] != 0) flow.restored += _restore(r, recovery, due, paid);
        _storeDue(r, recovery, due);
        for (uint256 i; i < LAYERS; ++i) {
            if (paid[i] != 0) recovery.recovered[i] += uint128(paid[i]);
        }
        flow.interest += paid[INTEREST];
        flow.fees += paid[FEES];
        flow.reserve += paid[RESERVE];
        // while the epoch has not opened, the holders of today stand for those of then
        address pool = _poolOf(r);
        if (paid[PRINCIPAL] != 0) {
            if (_isOpened(IEpochShares(pool), r.lenderEpoch)) recovery.lenderClaims += uint128(paid[PRINCIPAL]);
            else flow.interest += paid[PRINCIPAL];
        }
        if (paid[STAKED] != 0) {
            if (_isOpened(_fundOf(pool), r.stakerEpoch)) recovery.stakerClaims += uint128(paid[STAKED]);
            else flow.staked += paid[STAKED];
        }
        emit Recovered(lossId, Waterfall.fromClimb(paid));
    }

    /// @dev Books the principal within what the fund's layers got, before `due` is stored: of what is not restored yet,
    /// the part that the paid units are of those that were due, rounded down. The bookings of one record differ in
    /// their index, so it does not follow from that.
    function _restore(
        Record storage r,
        Recovery storage recovery,
        uint256[LAYERS] memory due,
        uint256[LAYERS] memory paid
    ) private returns (uint256 assets) {
        uint96[2] memory lost = [r.staked, r.reserve];
        uint96[2] storage restored = recovery.restored;
        uint256[LAYERS] memory before = _due(r, recovery);
        for (uint256 tier; tier < 2; ++tier) {
            uint256 layer = STAKED + tier;
            if (paid[layer] == 0) continue;
            uint256 principal = lost[tier] - restored[tier];
            principal = (principal * (before[layer] - due[layer])) / before[layer];
            if (principal > paid[layer]) principal = paid[layer];
            restored[tier] += uint96(principal);
            assets += principal;
        }
    }

    /// @dev Sends the fund its part; a token that refuses that leaves it to the pool's lenders.
    function _toFund(address pool, IERC20 asset, Flow memory flow) private {
        uint256 assets = flow.reserve + flow.staked;
        if (assets + flow.restored == 0) return;
        IInsuranceFund fund = IInsuranceFund(address(_fundOf(pool)));
        if (address(fund) == address(0) || (assets != 0 && !asset.trySafeTransfer(address(fund), assets))) {
            flow.interest += assets;
            (flow.reserve, flow.staked) = (0, 0);
        }
        if (address(fund) != address(0)) fund.creditRecovery(pool, flow.reserve, flow.staked, flow.restored);
    }

    /* ---------------------------------------------- CLAIMS --------------------------------------------- */

    /// @inheritdoc IBadDebtSocializer
    function claim(uint256[] calldata lossIds, address account) external nonReentrant returns (uint256 assets) {
        if (account == address(0)) revert ZeroAddress();
        // losses of one asset in a row are paid at once
        IERC20 asset;
        uint256 owed;
        for (uint256 i; i < lossIds.length; ++i) {
            uint256 lossId = lossIds[i];
            Record storage r = _recordOf(lossId);
            address pool = _poolOf(r);
            if (msg.sender != account && account.code.length != 0) {
                bool allowed = ILendingPool(pool).isOperator(account, msg.sender);
                if (!allowed) revert ClaimNotAuthorized(account, msg.sender);
            }
            Recovery storage recovery = _recoveries[lossId];
            Paid memory paid = _paid[lossId][account];
            (uint256 lender, uint256 staker) = _claimable(r, recovery, paid, pool, account);
            if (lender + staker == 0) continue;
            _paid[lossId][account] = Paid({
                lender: paid.lender + uint128(lender),
                staker: paid.staker + uint128(staker)
            });
            if (lender != 0) recovery.lenderPaid += uint128(lender);
            if (staker != 0) recovery.stakerPaid += uint128(staker);
            emit Claimed(lossId, account, lender, staker);
            IERC20 asset_ = IERC20(ILendingPool(pool).asset());
            if (address(asset_) != address(asset)) {
                if (owed != 0) asset.safeTransfer(account, owed);
                (asset, owed) = (asset_, 0);
            }
            owed += lender + staker;
            assets += lender + staker;
        }
        if (owed != 0) asset.safeTransfer(account, owed);
    }

    /// @inheritdoc IBadDebtSocializer
    function claimable(uint256 lossId, address account) external view returns (uint256 assets) {
        Record storage r = _recordOf(lossId);
        (uint256 lender, uint256 staker) = _claimable(
            r,
            _recoveries[lossId],
            _paid[lossId][account],
            _poolOf(r),
            account
        );
        return lender + staker;
    }

    function _claimable(
        Record storage r,
        Recovery storage recovery,
        Paid memory paid,
        address pool,
        address account
    ) private view returns (uint256 lender, uint256 staker) {
        if (recovery.lenderClaims != 0) {
            lender = _part(IEpochShares(pool), r.lenderEpoch, recovery.lenderClaims, account) - paid.lender;
            lender = lender.min(recovery.lenderClaims - recovery.lenderPaid);
        }
        if (recovery.stakerClaims != 0) {
            staker = _part(_fundOf(pool), r.stakerEpoch, recovery.stakerClaims, account) - paid.staker;
            // whatever a pool's fund says of its shares, no loss pays out more than it got
            staker = staker.min(recovery.stakerClaims - recovery.stakerPaid);
        }
    }

    function _part(IEpochShares shares, uint256 epoch, uint256 claims, address account) private view returns (uint256) {
        return Waterfall.shareOf(claims, shares.balanceAt(account, epoch), shares.supplyAt(epoch));
    }

    /* ---------------------------------------------- VIEWS ---------------------------------------------- */

    /// @inheritdoc IBadDebtSocializer
    function lossOf(uint256 lossId) external view returns (Loss memory loss) {
        Record storage r = _recordOf(lossId);
        Recovery storage recovery = _recoveries[lossId];
        address pool = _poolOf(r);
        uint256 index = ILendingPool(pool).state().index;
        loss.pool = pool;
        loss.time = r.time;
        loss.fees = r.fees;
        loss.reserve = r.reserve;
        loss.staked = r.staked;
        loss.interest = r.interest;
        loss.principal = r.principal;
        loss.shortfall = _lost(r);
        uint256[LAYERS] memory outstanding = _due(r, recovery);
        uint256[LAYERS] memory recovered;
        for (uint256 i; i < LAYERS; ++i) {
            outstanding[i] = Waterfall.toAssets(outstanding[i], index);
            recovered[i] = recovery.recovered[i];
            loss.recovered += recovered[i];
        }
        loss.outstanding = Waterfall.fromClimb(outstanding);
        loss.recoveredBy = Waterfall.fromClimb(recovered);
        if (_isOpened(IEpochShares(pool), r.lenderEpoch)) {
            loss.lenderEpoch = r.lenderEpoch;
            loss.lenderSupply = IEpochShares(pool).supplyAt(r.lenderEpoch);
        }
        if (_isOpened(_fundOf(pool), r.stakerEpoch)) {
            loss.stakerEpoch = r.stakerEpoch;
            loss.stakerSupply = _fundOf(pool).supplyAt(r.stakerEpoch);
        }
        loss.lenderClaims = recovery.lenderClaims;
        loss.stakerClaims = recovery.stakerClaims;
    }

    /// @inheritdoc IBadDebtSocializer
    function episodeOf(uint256 lossId) public view returns (uint256[] memory ids) {
        Record storage r = _recordOf(lossId);
        ids = new uint256[](MAX_EPISODE_LOSSES);
        uint256 count;
        for (uint256 id = lossId; id != 0; id = _records[id].previous) ids[count++] = id;
        uint256 first = ids[count - 1];
        Book storage book = _books[_poolOf(r)];
        uint256 last = first == book.episodeFirst ? book.last : _records[first].episodeLast;
        // the later ones, found from the last one back, in their order
        uint256 i = count;
        for (uint256 id = last; id > lossId; id = _records[id].previous) ids[count++] = id;
        for (uint256 j = count; i + 1 < j; ++i) {
            --j;
            (ids[i], ids[j]) = (ids[j], ids[i]);
        }
        assembly ("memory-safe") {
            mstore(ids, count)
        }
    }

    /// @inheritdoc IBadDebtSocializer
    function factory() external view returns (address) {
        return address(FACTORY);
    }

    /* --------------------------------------------- HELPERS --------------------------------------------- */

    function _recordOf(uint256 lossId) private view returns (Record storage r) {
        r = _records[lossId];
        if (r.poolId == 0) revert UnknownLoss(lossId);
    }

    function _poolOf(Record storage r) private view returns (address) {
        return _pools[r.poolId];
    }

    function _fundOf(address pool) private view returns (IEpochShares) {
        return IEpochShares(ILendingPool(pool).fund());
    }

    function _isOpened(IEpochShares shares, uint256 epoch) private view returns (bool) {
        return epoch != 0 && shares.epoch() >= epoch;
    }

    /// @dev All that a record has lost, in assets.
    function _lost(Record storage r) private view returns (uint256) {
        return uint256(r.principal) + r.interest + r.fees + r.reserve + r.staked;
    }

    /// @dev Outstanding units by layer, stored or derived.
    function _due(Record storage r, Recovery storage recovery) private view returns (uint256[LAYERS] memory due) {
        if (r.unitized) {
            for (uint256 i; i < LAYERS; ++i) due[i] = recovery.due[i];
            return due;
        }
        due = Waterfall.byClimb(Waterfall.Layers(r.fees, r.reserve, r.staked, r.interest, r.principal));
        for (uint256 i; i < LAYERS; ++i) due[i] = Waterfall.toUnits(due[i], r.index);
    }

    function _storeDue(Record storage r, Recovery storage recovery, uint256[LAYERS] memory due) private {
        if (!r.unitized) r.unitized = true;
        for (uint256 i; i < LAYERS; ++i) {
            if (recovery.due[i] != due[i]) recovery.due[i] = uint96(due[i]);
        }
    }
}
