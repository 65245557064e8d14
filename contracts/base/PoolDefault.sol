// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {IPoolDefault, WrittenOff} from "../interfaces/ILendingPool.sol";
import {IBadDebtSocializer} from "../interfaces/IBadDebtSocializer.sol";
import {ILiquidateCallback} from "../interfaces/ILiquidateCallback.sol";
import {Interest} from "../libraries/Interest.sol";
import {Liquidation} from "../libraries/Liquidation.sol";
import {SharesMath} from "../libraries/SharesMath.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {PoolPositions} from "./PoolPositions.sol";

/// @title PoolDefault
/// @notice Debt that is not repaid in time: write-down, liquidation, and what is owed after a write-down.
abstract contract PoolDefault is PoolPositions, IPoolDefault {
    using SafeERC20 for IERC20;
    using FixedPointMathLib for uint256;

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    /// @dev Gas that must have been there when a transfer fails, far more than a token needs.
    uint256 private constant TRANSFER_GAS = 1_000_000;

    /* ------------------------------------------- WRITE-DOWN -------------------------------------------- */

    /// @inheritdoc IPoolDefault
    function writeDown(address[] calldata accounts) external nonReentrant returns (uint256 shortfall) {
        Cache memory s = _accrued();
        uint256 price = _price(s);
        uint256[] memory scaled = new uint256[](accounts.length);
        bool[] memory backed = new bool[](accounts.length);
        uint256 lacking;
        for (uint256 i; i < accounts.length; ++i) {
            uint256 assets;
            (scaled[i], assets, backed[i]) = _cut(accounts[i], price, s.index);
            lacking += assets;
        }
        uint256 total;
        for (uint256 i; i < accounts.length; ++i) {
            // Dust on a backed account is put back: otherwise interest would re-open a loss every block.
            if (lacking < DUST && backed[i]) {
                _positions[accounts[i]].scaledDebt += uint96(scaled[i]);
                scaled[i] = 0;
            }
            total += scaled[i];
        }
        if (total == 0) {
            _storeShared(s); // a good price may have ended a record of blindness
            return 0;
        }
        uint256 lossId;
        (lossId, shortfall) = _bookLoss(s, total);
        for (uint256 i; i < accounts.length; ++i) {
            if (scaled[i] != 0) _writeOff(s, accounts[i], scaled[i], lossId);
        }
        _storeAll(s);
    }

    /// @dev Takes from the position what its collateral cannot repay. The debt that stays is rounded down, so a second
    /// call finds nothing. Only the position changes: the total follows in `_bookLoss`, the ladder in `_writeOff`.
    /// @return scaled units taken
    /// @return lacking what they are worth
    /// @return backed whether the collateral is worth the debt all the same
    function _cut(
        address account,
        uint256 price,
        uint256 index
    ) private returns (uint256 scaled, uint256 lacking, bool backed) {
        Position storage p = _positions[account];
        uint256 debt = Interest.debtUp(p.scaledDebt, index);
        uint256 value = Liquidation.valueOf(p.collateral, price);
        uint256 performing = Liquidation.performing(value, WRITE_DOWN_INCENTIVE);
        if (debt <= performing) return (0, 0, false);
        uint256 kept = (performing * WAD) / index;
        scaled = p.scaledDebt - kept;
        p.scaledDebt = uint96(kept);
        return (scaled, debt - performing, debt <= value);
    }

    /// @dev Runs a shortfall of `scaled` units through the waterfall. Changes `s`, which the caller stores; in storage
    /// only the record of an epoch or a generation that the loss opens or ends.
    function _bookLoss(Cache memory s, uint256 scaled) private returns (uint256 lossId, uint256 shortfall) {
        (uint256 fees, uint256 principal, uint256 cash) = (_fees(s), _lenderAssets(s), _cash(s));
        s.scaledDebt -= scaled;
        shortfall = s.debt - Interest.debtDown(s.scaledDebt, s.index);
        s.debt -= shortfall;

        Waterfall.Layers memory layers;
        bool opensEpoch;
        (lossId, layers, opensEpoch) = SOCIALIZER.absorb(
            FUND,
            shortfall,
            s.index,
            fees,
            s.unvested,
            principal,
            s.ledger.epoch
        );

        uint256 covered = layers.reserve + layers.staked;
        s.ledger.net = _toNet(cash + covered + s.debt);
        s.borrowed = int256(s.debt);
        s.bookedFees = fees - layers.fees;
        s.unvested -= layers.interest;
        if (opensEpoch) {
            uint256 left = principal - layers.principal;
            _openEpoch(s.ledger, SharesMath.isWiped(left, principal, s.ledger.supply, DUST));
            // what is left belongs to no share any more
            if (s.ledger.supply == 0) s.unvested = 0;
        }
        emit LossBooked(lossId, shortfall, covered, layers.interest, layers.principal);
    }

    /* ------------------------------------------- LIQUIDATION ------------------------------------------- */

    /// @inheritdoc IPoolDefault
    function liquidate(
        address borrower,
        uint256 repayAssets,
        uint256 minCollateral,
        bytes calldata data
    ) external nonReentrant returns (uint256 repaid, uint256 seized) {
        if (repayAssets == 0) revert ZeroAmount();
        Cache memory s = _accrued();
        uint256 price = _price(s);
        (uint256 cut, , ) = _cut(borrower, price, s.index);
        if (cut != 0) {
            (uint256 lossId, ) = _bookLoss(s, cut);
            _writeOff(s, borrower, cut, lossId);
        }

        Position memory p = _positions[borrower];
        uint256 ofDebt;
        uint256 value;
        (repaid, ofDebt, value) = _terms(borrower, p, s.index, price, repayAssets);
        if (repaid == 0) {
            if (cut == 0) revert NothingToLiquidate(borrower);
            _storeAll(s);
            return (0, 0);
        }
        seized = Liquidation.collateralOf(value, price).min(p.collateral);
        uint256 least =
            repayAssets == type(uint256).max ? minCollateral : minCollateral.fullMulDivUp(repaid, repayAssets);
        if (seized < least) revert SeizedTooLittle(seized, least);
        _seize(s, borrower, p, repaid, ofDebt, seized, data);
    }

    /// @dev Books a liquidation, sends the collateral, and only then takes the payment.
    /// @param ofDebt the part of `repaid` that is performing debt; the rest is written-off debt
    function _seize(
        Cache memory s,
        address borrower,
        Position memory p,
        uint256 repaid,
        uint256 ofDebt,
        uint256 seized,
        bytes calldata data
    ) private {
        uint256 scaled;
        if (ofDebt != 0) (, scaled) = _reduceDebt(s, p, ofDebt);
        p.collateral -= uint112(seized);
        _moveInLadder(s, p, p.scaledDebt + scaled, p.collateral + seized);
        IBadDebtSocializer.Payment[] memory payments = _payWrittenOff(borrower, p, repaid - ofDebt, s.index);
        _positions[borrower] = p;
        _storeAll(s);
        emit Liquidated(msg.sender, borrower, ofDebt, repaid - ofDebt, seized, scaled);

        COLLATERAL.safeTransfer(msg.sender, seized);
        if (data.length != 0) ILiquidateCallback(msg.sender).onLiquidate(repaid, seized, data);
        _collect(msg.sender, repaid, _cash(s) + repaid - ofDebt);
        _forward(s, payments, repaid - ofDebt);
    }

    /// @dev What a liquidator repays of what it asks for, how much of that is performing debt, and the value of the
    /// collateral that it gets for it.
    function _terms(
        address borrower,
        Position memory p,
        uint256 index,
        uint256 price,
        uint256 asked
    ) private view returns (uint256 repaid, uint256 ofDebt, uint256 value) {
        uint256 debt = Interest.debtUp(p.scaledDebt, index);
        (uint256 writtenOff, uint256 due) = _writtenOffOf(borrower, p, index);
        uint256 owed = debt + writtenOff;
        if (owed == 0) revert NoDebt(borrower);
        uint256 backing = Liquidation.valueOf(p.collateral, price);
        uint256 incentive = MIN_INCENTIVE;
        uint256 paidFor;
        if (!Liquidation.isHealthy(backing, owed, LLTV)) {
            Liquidation.Terms memory t = Liquidation.Terms({
                lltv: LLTV,
                minIncentive: MIN_INCENTIVE,
                writeDownIncentive: WRITE_DOWN_INCENTIVE,
                maxIncentive: MAX_INCENTIVE,
                targetHealth: TARGET_HEALTH
            });
            incentive = Liquidation.incentiveOf(backing, owed, t);
            repaid = Liquidation.clamp(
                debt,
                Liquidation.toTarget(backing, owed, incentive, t),
                Liquidation.affordable(backing, owed, incentive),
                asked,
                p.writtenOffs != 0,
                MIN_DEBT
            );
            ofDebt = repaid.min(debt);
            // collateral is given only for the whole index units that the payment takes off: no rounding lowers C/D
            paidFor = ofDebt < debt ? Interest.debtDown((ofDebt * WAD) / index, index) : repaid;
        } else if (due != 0) {
            // the account is healthy with all that it owes: its performing debt is left alone
            repaid = asked.min(due);
            paidFor = repaid;
        } else {
            revert HealthyPosition(borrower, Liquidation.healthOf(backing, owed, LLTV));
        }
        value = (paidFor * (WAD + incentive)) / WAD;
    }

    /* --------------------------------------- DEBT AFTER A WRITE-DOWN ----------------------------------- */

    /// @inheritdoc IPoolDefault
    function repayWrittenOff(address account, uint256 assets) external nonReentrant returns (uint256 repaid) {
        if (assets == 0) revert ZeroAmount();
        Cache memory s = _accrued();
        Position memory p = _positions[account];
        (uint256 writtenOff, ) = _writtenOffOf(account, p, s.index);
        if (writtenOff == 0) revert NoDebt(account);
        repaid = assets.min(writtenOff);
        IBadDebtSocializer.Payment[] memory payments = _payWrittenOff(account, p, repaid, s.index);
        _positions[account] = p;
        _storeShared(s);
        emit WrittenOffRepaid(msg.sender, account, repaid);
        _collect(msg.sender, repaid, _cash(s) + repaid);
        _forward(s, payments, repaid);
    }

    /// @inheritdoc IPoolDefault
    function refinance(address account) external nonReentrant returns (uint256 recovered) {
        Cache memory s = _accrued();
        Position memory p = _positions[account];
        (uint256 writtenOff, ) = _writtenOffOf(account, p, s.index);
        if (writtenOff == 0) revert NoDebt(account);
        if (s.flags & FLAG_PAUSED != 0) revert Paused();
        uint256 owed = Interest.debtUp(p.scaledDebt, s.index) + writtenOff;
        uint256 value = Liquidation.valueOf(p.collateral, _price(s));
        if (!Liquidation.isHealthy(value, owed, LLTV)) revert Unhealthy(account, owed, (value * LLTV) / WAD);
        uint256 cash = _cash(s);

        IBadDebtSocializer.Payment[] memory payments = _payWrittenOff(account, p, writtenOff.min(cash), s.index);
        uint256 scaled;
        for (uint256 i; i < payments.length; ++i) {
            // no more is paid out than total debt, rounded down, grows by
            uint256 units = (payments[i].assets * WAD) / s.index;
            payments[i].assets = Interest.debtDown(units, s.index);
            recovered += payments[i].assets;
            scaled += units;
        }
        if (recovered == 0) revert InsufficientCash(writtenOff, cash);
        _addDebt(s, p, scaled, recovered);
        _moveInLadder(s, p, p.scaledDebt - scaled, p.collateral);
        if (p.writtenOffs == 0) _requireMinimum(p, s.index);
        _positions[account] = p;
        _storeShared(s);
        _storeBorrowers(s);
        emit Refinanced(account, recovered, scaled);
        _forward(s, payments, recovered);
    }

    /* ------------------------------------- THE QUEUE OF WRITTEN-OFF DEBT ------------------------------- */

    /// @dev Moves `scaled` units, which were cut from the account's debt, into its queue; a full queue takes them into
    /// its newest entry.
    function _writeOff(Cache memory s, address account, uint256 scaled, uint256 lossId) private {
        Position memory p = _positions[account];
        emit WrittenDown(account, lossId, scaled);
        _moveInLadder(s, p, p.scaledDebt + scaled, p.collateral);
        _queue(account, p, scaled, lossId);
        _positions[account] = p;
    }

    /// @dev Units of the newest entry's own loss, or of any once the queue is full, are added to that entry. Changes
    /// `p`, which the caller stores.
    function _queue(address account, Position memory p, uint256 scaled, uint256 lossId) private {
        if (p.writtenOffs != 0) {
            WrittenOff storage newest = _entry(account, p, p.writtenOffs - 1);
            bool full = newest.lossId != lossId && p.writtenOffs == MAX_WRITTEN_OFFS;
            if (newest.lossId == lossId || full) {
                newest.scaled += uint96(scaled);
                if (full) newest.merged = true;
                return;
            }
        }
        WrittenOff storage entry = _entry(account, p, p.writtenOffs++);
        (entry.lossId, entry.scaled, entry.since) = (uint64(lossId), uint96(scaled), uint40(block.timestamp));
    }

    /// @dev Pays `assets` of the queue, oldest first; changes `p`, which the caller stores.
    function _payWrittenOff(
        address account,
        Position memory p,
        uint256 assets,
        uint256 index
    ) private returns (IBadDebtSocializer.Payment[] memory payments) {
        payments = new IBadDebtSocializer.Payment[](p.writtenOffs);
        uint256 count;
        while (assets != 0) {
            WrittenOff storage entry = _entry(account, p, 0);
            uint256 owed = Interest.debtUp(entry.scaled, index);
            uint256 paid = assets.min(owed);
            uint256 scaled = paid == owed ? entry.scaled : (paid * WAD) / index;
            payments[count++] = IBadDebtSocializer.Payment({lossId: entry.lossId, assets: paid, merged: entry.merged});
            assets -= paid;
            if (paid == owed) {
                delete _writtenOffs[account][p.writtenOffHead];
                p.writtenOffHead = uint8((p.writtenOffHead + 1) % MAX_WRITTEN_OFFS);
                p.writtenOffs--;
            } else {
                entry.scaled -= uint96(scaled);
            }
        }
        assembly ("memory-safe") {
            mstore(payments, count)
        }
    }

    /// @dev Sends paid written-off debt, which the pool holds outside its books, to the losses it belongs to. A token
    /// that refuses the socializer does not stop it: then the pool's lenders of today get it, as unvested interest. A
    /// transfer without the gas for it looks like a refusal, and is none.
    function _forward(Cache memory s, IBadDebtSocializer.Payment[] memory payments, uint256 assets) private {
        if (assets == 0) return;
        (uint256 interest, uint256 fees) = (assets, 0);
        uint256 before = ASSET.balanceOf(address(SOCIALIZER));
        uint256 available = gasleft();
        if (ASSET.trySafeTransfer(address(SOCIALIZER), assets)) {
            uint256 received = ASSET.balanceOf(address(SOCIALIZER)) - before;
            if (received != assets) revert IncorrectTransfer(address(ASSET), assets, received);
            (interest, fees) = SOCIALIZER.onRecovery(payments, s.index);
        } else if (available < TRANSFER_GAS) {
            revert InsufficientGas(available, TRANSFER_GAS);
        }
        _credit(s, interest, fees);
        _storeShared(s);
        _storeLedger(s.ledger);
    }
}
