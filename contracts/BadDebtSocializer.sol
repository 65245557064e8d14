// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IBadDebtSocializer, Loss} from "./interfaces/IBadDebtSocializer.sol";
import {IEpochShares} from "./interfaces/IEpochShares.sol";
import {IInsuranceFund} from "./interfaces/IInsuranceFund.sol";
import {ILendingPool} from "./interfaces/ILendingPool.sol";
import {IPoolFactory} from "./interfaces/IPoolFactory.sol";
import {Waterfall} from "./libraries/Waterfall.sol";

/// @title BadDebtSocializer
/// @notice See IBadDebtSocializer. It holds what was recovered and not yet claimed, and nothing else.
contract BadDebtSocializer is IBadDebtSocializer, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    // Layers in the order in which a recovery climbs.
    uint256 private constant PRINCIPAL = 0;
    uint256 private constant INTEREST = 1;
    uint256 private constant STAKED = 2;
    uint256 private constant RESERVE = 3;
    uint256 private constant FEES = 4;
    uint256 private constant LAYERS = 5;

    /// @dev What was lost, in assets. `index` turns it into units of what is outstanding until something else than one booking
    /// happens to the record; from then on (`unitized`) those are stored. `previous` and `next` link its episode.
    struct Record {
        address pool;
        uint80 index;
        bool unitized;
        bool closed;
        uint96 principal;
        uint96 interest;
        uint24 lenderEpoch;
        uint40 time;
        uint96 fees;
        uint96 reserve;
        uint32 previous;
        uint32 next;
        uint96 staked;
        uint24 stakerEpoch;
    }

    /// @dev `due`: outstanding units by layer. `recovered`: assets by layer. The claims are what the holders of an epoch share.
    struct Recovery {
        uint96[5] due;
        uint128[5] recovered;
        uint128 lenderClaims;
        uint128 stakerClaims;
    }

    /// @dev A pool's latest record and episode.
    struct Book {
        uint32 last;
        uint40 episodeStart;
        uint8 episodeLosses;
        bool known;
    }

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

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    uint256 private constant EPISODE = 24 hours;
    uint256 private constant MAX_EPISODE_LOSSES = 32;
    /// @dev More than twice what a cover costs with a plain token, so that nobody can starve it and go on without.
    uint256 private constant COVER_GAS = 400_000;

    IPoolFactory private immutable FACTORY;

    /// @inheritdoc IBadDebtSocializer
    uint256 public lossCount;
    mapping(uint256 => Record) private _records;
    mapping(uint256 => Recovery) private _recoveries;
    mapping(address => Book) private _books;
    mapping(uint256 => mapping(address => Paid)) private _paid;

    constructor(address factory_) {
        if (factory_ == address(0)) revert ZeroAddress();
        FACTORY = IPoolFactory(factory_);
    }

    /* ---------------------------------------------- LOSSES --------------------------------------------- */

    /// @inheritdoc IBadDebtSocializer
    function absorb(
        uint256 shortfall,
        uint256 index,
        uint256 fees,
        uint256 unvested,
        uint256 principal,
        uint256 epoch
    ) external nonReentrant returns (uint256 lossId, Waterfall.Layers memory layers, bool opensEpoch) {
        Book memory book = _books[msg.sender];
        if (!book.known) {
            if (!FACTORY.isPool(msg.sender)) revert UnknownPool(msg.sender);
            book.known = true;
        }
        lossId = _currentRecord(book, shortfall);
        _books[msg.sender] = book;
        Record storage r = _records[lossId];

        uint256 left;
        uint256 stakerEpoch;
        (layers.fees, left) = Waterfall.absorb(shortfall, fees);
        if (left != 0) {
            (layers.reserve, layers.staked, stakerEpoch) = _cover(left, r.staked);
            left -= layers.reserve + layers.staked;
        }
        (layers.interest, left) = Waterfall.absorb(left, unvested);
        layers.principal = left;

        uint256 pending = r.principal;
        opensEpoch =
            epoch < type(uint24).max &&
            layers.principal != 0 &&
            Waterfall.opensEpoch(pending + layers.principal, pending + principal);
        _record(lossId, layers, index);
        if (opensEpoch) r.lenderEpoch = uint24(epoch + 1);
        if (stakerEpoch != 0) r.stakerEpoch = uint24(stakerEpoch);
        if (opensEpoch || stakerEpoch != 0) r.closed = true;
        emit LossRecorded(lossId, msg.sender, shortfall, layers, opensEpoch ? epoch + 1 : 0, stakerEpoch);
    }

    /// @dev The record that takes the loss: the pool's open one, or a new one. Keeps the episode; the caller stores `book`.
    function _currentRecord(Book memory book, uint256 shortfall) private returns (uint256 lossId) {
        bool joins =
            book.episodeLosses != 0 &&
                book.episodeLosses < MAX_EPISODE_LOSSES &&
                block.timestamp <= book.episodeStart + EPISODE;
        Record storage last = _records[book.last];
        bool pending = last.principal != 0 || last.staked != 0;
        bool ongoing = book.last != 0 && block.timestamp <= book.episodeStart + EPISODE;
        if (book.last != 0 && !last.closed && (pending || ongoing) && _fits(last, shortfall)) {
            lossId = book.last;
            if (!ongoing) {
                // an open record follows its losses into a new episode
                if (last.previous != 0) {
                    _records[last.previous].next = 0;
                    last.previous = 0;
                }
                (book.episodeStart, book.episodeLosses) = (uint40(block.timestamp), 1);
            }
            return lossId;
        }
        lossId = ++lossCount;
        if (joins) {
            last.next = uint32(lossId);
            _records[lossId].previous = book.last;
            ++book.episodeLosses;
        } else {
            (book.episodeStart, book.episodeLosses) = (uint40(block.timestamp), 1);
        }
        book.last = uint32(lossId);
    }

    /// @dev The fund's part. A fund that cannot pay counts as empty; one that was not given the gas to pay does not.
    function _cover(
        uint256 assets,
        uint256 pendingStaked
    ) private returns (uint256 reserve, uint256 staked, uint256 stakerEpoch) {
        address fund = ILendingPool(msg.sender).fund();
        if (fund == address(0)) return (0, 0, 0);
        if (gasleft() < COVER_GAS) revert InsufficientGas(gasleft(), COVER_GAS);
        try IInsuranceFund(fund).cover(msg.sender, assets, pendingStaked) returns (uint256 a, uint256 b, uint256 c) {
            return (a, b, c);
        } catch {
            emit CoverUnavailable(msg.sender, fund, assets);
        }
    }

    /// @dev Adds a booking to its record.
    function _record(uint256 lossId, Waterfall.Layers memory layers, uint256 index) private {
        Record storage r = _records[lossId];
        if (r.pool == address(0)) {
            r.pool = msg.sender;
            r.index = uint80(index);
        } else if (r.unitized || r.index != index) {
            uint256[LAYERS] memory due = _due(r, _recoveries[lossId]);
            uint256[LAYERS] memory lost = _byClimb(layers);
            for (uint256 i; i < LAYERS; ++i) due[i] += Waterfall.toUnits(lost[i], index);
            _storeDue(r, _recoveries[lossId], due);
            r.index = uint80(index);
        }
        r.time = uint40(block.timestamp);
        // a zero layer needs no write: most records touch two slots
        if (layers.principal != 0) r.principal += uint96(layers.principal);
        if (layers.interest != 0) r.interest += uint96(layers.interest);
        if (layers.fees != 0) r.fees += uint96(layers.fees);
        if (layers.reserve != 0) r.reserve += uint96(layers.reserve);
        if (layers.staked != 0) r.staked += uint96(layers.staked);
    }

    function _fits(Record storage r, uint256 shortfall) private view returns (bool) {
        return _lost(r) + shortfall <= type(uint96).max;
    }

    /* -------------------------------------------- RECOVERIES ------------------------------------------- */

    /// @inheritdoc IBadDebtSocializer
    function onRecovery(
        Payment[] calldata payments,
        uint256 index
    ) external nonReentrant returns (uint256 interest, uint256 fees) {
        if (!_books[msg.sender].known) revert UnknownPool(msg.sender);
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
        address pool = _recordOf(lossId).pool;
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
        uint256[] memory ids = episodeOf(lossId);
        uint256[LAYERS][] memory due = new uint256[LAYERS][](ids.length);
        uint256[LAYERS][] memory paid = new uint256[LAYERS][](ids.length);
        for (uint256 i; i < ids.length; ++i) due[i] = _due(_records[ids[i]], _recoveries[ids[i]]);
        left = _payLayers(due, paid, PRINCIPAL, INTEREST, assets, index);
        left = _payLayers(due, paid, STAKED, STAKED, left, index);
        left = _payLayers(due, paid, RESERVE, RESERVE, left, index);
        left = _payLayers(due, paid, FEES, FEES, left, index);
        for (uint256 i; i < ids.length; ++i) _bookRecovery(ids[i], due[i], paid[i], flow);
    }

    /// @dev Pays layers `first` to `last` of the own loss (the 0th), then of the others pro rata to what is outstanding there.
    function _payLayers(
        uint256[LAYERS][] memory due,
        uint256[LAYERS][] memory paid,
        uint256 first,
        uint256 last,
        uint256 assets,
        uint256 index
    ) private pure returns (uint256 left) {
        left = assets - _payLoss(due[0], paid[0], first, last, assets, index);
        uint256 outstanding;
        for (uint256 i = 1; i < due.length; ++i) outstanding += _worth(due[i], first, last, index);
        for (uint256 i = 1; i < due.length && left != 0 && outstanding != 0; ++i) {
            uint256 worth = _worth(due[i], first, last, index);
            uint256 part = left < outstanding ? (left * worth) / outstanding : worth;
            uint256 taken = _payLoss(due[i], paid[i], first, last, part, index);
            left -= taken;
            outstanding -= worth;
        }
    }

    function _payLoss(
        uint256[LAYERS] memory due,
        uint256[LAYERS] memory paid,
        uint256 first,
        uint256 last,
        uint256 assets,
        uint256 index
    ) private pure returns (uint256 taken) {
        for (uint256 layer = first; layer <= last; ++layer) {
            (uint256 amount, uint256 units) = Waterfall.pay(assets - taken, due[layer], index);
            due[layer] -= units;
            paid[layer] += amount;
            taken += amount;
        }
    }

    function _worth(
        uint256[LAYERS] memory due,
        uint256 first,
        uint256 last,
        uint256 index
    ) private pure returns (uint256 assets) {
        for (uint256 layer = first; layer <= last; ++layer) assets += Waterfall.toAssets(due[layer], index);
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
        uint256[LAYERS] memory before = _due(r, recovery);
        _storeDue(r, recovery, due);
        for (uint256 i; i < LAYERS; ++i) {
            if (paid[i] != 0) recovery.recovered[i] += uint128(paid[i]);
        }
        flow.restored += _restored(before, due, paid, r.index);
        flow.interest += paid[INTEREST];
        flow.fees += paid[FEES];
        flow.reserve += paid[RESERVE];
        // too small a loss for an epoch: the holders of today stand for those of then
        if (r.lenderEpoch != 0) recovery.lenderClaims += uint128(paid[PRINCIPAL]);
        else flow.interest += paid[PRINCIPAL];
        if (r.stakerEpoch != 0) recovery.stakerClaims += uint128(paid[STAKED]);
        else flow.staked += paid[STAKED];
        emit Recovered(lossId, _fromClimb(paid));
    }

    /// @dev The principal within what the fund's layers got: what the paid units were worth when they were lost, rounded down.
    function _restored(
        uint256[LAYERS] memory before,
        uint256[LAYERS] memory due,
        uint256[LAYERS] memory paid,
        uint256 index
    ) private pure returns (uint256 assets) {
        for (uint256 layer = STAKED; layer <= RESERVE; ++layer) {
            uint256 principal = Waterfall.toAssets(before[layer] - due[layer], index);
            assets += principal < paid[layer] ? principal : paid[layer];
        }
    }

    /// @dev Sends the fund its part; a token that refuses that leaves it to the pool's lenders.
    function _toFund(address pool, IERC20 asset, Flow memory flow) private {
        uint256 assets = flow.reserve + flow.staked;
        if (assets + flow.restored == 0) return;
        IInsuranceFund fund = IInsuranceFund(ILendingPool(pool).fund());
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
        for (uint256 i; i < lossIds.length; ++i) {
            uint256 lossId = lossIds[i];
            ILendingPool pool = ILendingPool(_recordOf(lossId).pool);
            if (msg.sender != account && account.code.length != 0 && !pool.isOperator(account, msg.sender)) {
                revert ClaimNotAuthorized(account, msg.sender);
            }
            (uint256 lender, uint256 staker) = _claimable(lossId, account);
            if (lender + staker == 0) continue;
            Paid storage paid = _paid[lossId][account];
            paid.lender += uint128(lender);
            paid.staker += uint128(staker);
            assets += lender + staker;
            emit Claimed(lossId, account, lender, staker);
            IERC20(pool.asset()).safeTransfer(account, lender + staker);
        }
    }

    /// @inheritdoc IBadDebtSocializer
    function claimable(uint256 lossId, address account) external view returns (uint256 assets) {
        (uint256 lender, uint256 staker) = _claimable(lossId, account);
        return lender + staker;
    }

    function _claimable(uint256 lossId, address account) private view returns (uint256 lender, uint256 staker) {
        Record storage r = _recordOf(lossId);
        Recovery storage recovery = _recoveries[lossId];
        Paid memory paid = _paid[lossId][account];
        if (recovery.lenderClaims != 0) {
            lender = _part(IEpochShares(r.pool), r.lenderEpoch, recovery.lenderClaims, account) - paid.lender;
        }
        if (recovery.stakerClaims != 0) {
            IEpochShares fund = IEpochShares(ILendingPool(r.pool).fund());
            staker = _part(fund, r.stakerEpoch, recovery.stakerClaims, account) - paid.staker;
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
        uint256 index = ILendingPool(r.pool).state().index;
        loss.pool = r.pool;
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
        loss.outstanding = _fromClimb(outstanding);
        loss.recoveredBy = _fromClimb(recovered);
        loss.lenderEpoch = r.lenderEpoch;
        loss.stakerEpoch = r.stakerEpoch;
        if (r.lenderEpoch != 0) loss.lenderSupply = IEpochShares(r.pool).supplyAt(r.lenderEpoch);
        if (r.stakerEpoch != 0) {
            loss.stakerSupply = IEpochShares(ILendingPool(r.pool).fund()).supplyAt(r.stakerEpoch);
        }
        loss.lenderClaims = recovery.lenderClaims;
        loss.stakerClaims = recovery.stakerClaims;
    }

    /// @inheritdoc IBadDebtSocializer
    function episodeOf(uint256 lossId) public view returns (uint256[] memory ids) {
        Record storage r = _recordOf(lossId);
        ids = new uint256[](MAX_EPISODE_LOSSES);
        uint256 count;
        ids[count++] = lossId;
        for (uint256 id = r.previous; id != 0; id = _records[id].previous) ids[count++] = id;
        for (uint256 id = r.next; id != 0; id = _records[id].next) ids[count++] = id;
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
        if (r.pool == address(0)) revert UnknownLoss(lossId);
    }

    function _lost(Record storage r) private view returns (uint256) {
        return uint256(r.principal) + r.interest + r.fees + r.reserve + r.staked;
    }

    function _due(Record storage r, Recovery storage recovery) private view returns (uint256[LAYERS] memory due) {
        if (r.unitized) {
            for (uint256 i; i < LAYERS; ++i) due[i] = recovery.due[i];
            return due;
        }
        due = _byClimb(Waterfall.Layers(r.fees, r.reserve, r.staked, r.interest, r.principal));
        for (uint256 i; i < LAYERS; ++i) due[i] = Waterfall.toUnits(due[i], r.index);
    }

    function _storeDue(Record storage r, Recovery storage recovery, uint256[LAYERS] memory due) private {
        r.unitized = true;
        for (uint256 i; i < LAYERS; ++i) recovery.due[i] = uint96(due[i]);
    }

    function _byClimb(Waterfall.Layers memory l) private pure returns (uint256[LAYERS] memory) {
        return [l.principal, l.interest, l.staked, l.reserve, l.fees];
    }

    function _fromClimb(uint256[LAYERS] memory a) private pure returns (Waterfall.Layers memory) {
        return Waterfall.Layers(a[FEES], a[RESERVE], a[STAKED], a[INTEREST], a[PRINCIPAL]);
    }
}
