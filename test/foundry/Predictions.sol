// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IEpochEvents} from "../../contracts/interfaces/IEpochShares.sol";
import {IInsuranceFund} from "../../contracts/interfaces/IInsuranceFund.sol";
import {IPoolEvents} from "../../contracts/interfaces/ILendingPool.sol";
import {MockOracle} from "../../contracts/mocks/MockOracle.sol";
import {Checks} from "./Checks.sol";

/// @notice How calls end, by the rules and from the state that they find; and what is drawn for them.
abstract contract Predictions is Checks {
    function _writeDown(Turn memory t, address[] memory accounts) internal {
        _observeLoss(t);
        _refuse(t, t.blind, MockOracle.OracleBroken.selector);
        if (!_send(t, address(t.pool), abi.encodeCall(t.pool.writeDown, (accounts)))) return;
        (uint256 cut, uint256 touched) = _cutOf(t, accounts);
        uint256 shortfall = abi.decode(t.answer, (uint256));
        _equal(shortfall, t.s.debt - ((t.s.scaledDebt - cut) * t.s.index) / WAD, I4);
        uint256 before = t.loss.shortfall;
        _checkLoss(t);
        if (t.booked && SOCIALIZER.lossCount() != t.losses) before = 0;
        if (t.booked) _equal(shortfall, SOCIALIZER.lossOf(lastLoss[t.k]).shortfall - before, I4);
        _equal(t.pool.state().debt, t.s.debt - shortfall, I4);
        _settle(t, -int256(t.principal), touched);
    }

    /// @dev What the rule takes from the accounts, in index units: all beyond C/(1+w), or nothing of those whose collateral is worth
    /// their debt if all of the call is dust.
    function _cutOf(Turn memory t, address[] memory accounts) internal view returns (uint256 cut, uint256 touched) {
        uint256 named;
        for (uint256 j; j < accounts.length; ++j) {
            for (uint256 i; i < USERS; ++i) if (accounts[j] == users[i]) named |= 1 << i;
        }
        uint256 lacking;
        for (uint256 i; i < USERS; ++i) {
            if (named & (1 << i) == 0) continue;
            (uint256 debt, uint256 performing) = (_debt(t, t.words[i]), _performing(t, t.words[i]));
            if (debt > performing) lacking += debt - performing;
        }
        bool dusty = lacking < t.pool.dust();
        for (uint256 i; i < USERS; ++i) {
            if (named & (1 << i) == 0) continue;
            uint256 word = t.words[i];
            (uint256 debt, uint256 performing) = (_debt(t, word), _performing(t, word));
            if (debt <= performing || (dusty && debt <= _value(t, _collateral(word)))) continue;
            cut += _scaledDebt(word) - (performing * WAD) / t.s.index;
            touched |= 1 << i;
        }
    }

    function _refuseLiquidation(Turn memory t, uint256 i, uint256 asked) internal view {
        uint256 word = t.words[i];
        uint256 owed = _debt(t, word) + t.writtenOff[i];
        _refuse(t, t.blind, MockOracle.OracleBroken.selector);
        _refuse(t, owed == 0, IPoolEvents.NoDebt.selector);
        if (t.blind || owed == 0) return;
        if (_healthy(t, word, t.writtenOff[i])) {
            if (t.writtenOff[i] == 0) _refuse(t, true, IPoolEvents.HealthyPosition.selector);
            else _perhaps(t, true, IPoolEvents.HealthyPosition.selector);
        } else if (_debt(t, word) <= _performing(t, word)) {
            bool whole = asked == type(uint256).max && t.writtenOff[i] == 0 && _debt(t, word) > 100 * UNIT;
            _perhaps(t, !whole, IPoolEvents.NothingToLiquidate.selector);
        }
    }

    /// @dev 9
    function _checkLiquidation(Turn memory t, uint256 i, uint256 asked) internal view {
        (uint256 repaid, uint256 seized) = abi.decode(t.answer, (uint256, uint256));
        (uint256 before, uint256 word) = (t.words[i], _word(t.k, i));
        _atMost(repaid, _min(asked, _debt(t, before) + t.writtenOff[i] + 1), I9);
        _equal(_collateral(before) - _collateral(word), seized, I9);
        bool healthy = _healthy(t, before, t.writtenOff[i]);
        if (healthy) _equal(_scaledDebt(word), _scaledDebt(before), I9);
        // after the write-down that goes first
        uint256 scaled = _min(_scaledDebt(before), (_performing(t, before) * WAD) / t.s.index);
        if (!healthy) _atMost(_collateral(before) * _scaledDebt(word), _collateral(word) * scaled, I9);
        // the incentive is that of §4: at most i, and at least m but for rounding
        uint256 worth = _value(t, seized);
        uint256 most = healthy ? t.pool.minIncentive() : t.pool.maxIncentive();
        _atMost(worth, repaid + (repaid * most) / WAD + 1, I9);
    }

    function _refuseUnstake(Turn memory t, uint256 shares, uint256 assets, bool beyond) internal view {
        (uint256 requested, , uint256 opensAt, uint256 closesAt) = FUND.cooldownOf(t.user);
        _refuse(t, requested == 0, IInsuranceFund.NoRequest.selector);
        if (requested == 0) return;
        _refuse(t, assets == 0, IEpochEvents.ZeroAmount.selector);
        _refuse(t, _now() < opensAt, IInsuranceFund.CooldownNotOver.selector);
        _refuse(t, _now() >= closesAt, IInsuranceFund.WindowClosed.selector);
        _refuse(t, shares > requested, IInsuranceFund.ExceedsRequest.selector);
        // asked, not predicted: whether that is right is for the model in TypeScript
        _refuse(t, FUND.exitsHeldBy() != address(0), IInsuranceFund.ExitsHeld.selector);
        _perhaps(t, beyond && stakeEpochTime == _now(), IEpochEvents.SharesLocked.selector);
    }

    /* -------------------------------------------- PREDICTIONS ------------------------------------------ */

    function _refuseEntry(Turn memory t, uint256 assets, uint256 shares) internal view {
        uint256 room = t.s.supplyCap > t.s.lenderAssets ? t.s.supplyCap - t.s.lenderAssets : 0;
        _refuse(t, t.s.paused, IPoolEvents.Paused.selector);
        _refuse(t, assets == 0 || shares == 0, IEpochEvents.ZeroAmount.selector);
        _refuse(t, assets > room, IPoolEvents.SupplyCapExceeded.selector);
        _refuse(t, t.s.supply + shares > type(uint112).max, IEpochEvents.AmountTooLarge.selector);
        _refuseByGuard(t, t.s.lenderAssets, false);
    }

    function _refuseExit(Turn memory t, uint256 assets, uint256 shares, bool beyond) internal view {
        uint256 balance = t.pool.balanceOf(t.user);
        _refuse(t, assets == 0 || shares == 0, IEpochEvents.ZeroAmount.selector);
        _refuse(t, assets > t.s.cash, IPoolEvents.InsufficientCash.selector);
        _refuse(t, shares > balance, IERC20Errors.ERC20InsufficientBalance.selector);
        _perhaps(t, beyond && epochTime[t.k] == _now(), IEpochEvents.SharesLocked.selector);
        _refuseByGuard(t, t.s.lenderAssets - _min(assets, t.s.lenderAssets), true);
    }

    function _refuseByGuard(Turn memory t, uint256 remaining, bool leaving) internal view {
        if (t.s.scaledDebt == 0) return;
        if (t.blind) {
            uint256 since = t.pool.blindSince();
            bool open = leaving && since != 0 && _now() >= since + t.pool.blindPeriod();
            return _refuse(t, !open, IPoolEvents.Blind.selector);
        }
        uint256 visible = t.pool.visibleShortfall();
        (uint256 shortfall, uint256 debts) = _shortfall(t);
        _atMost(visible, shortfall, "the guard never sees a loss that is none");
        _atMost(
            shortfall,
            visible + debts / 64 + USERS,
            "the guard sees all but 1/64 of the debt in the price's own tick"
        );
        uint256 tolerance = (remaining * t.pool.guardTolerance()) / 10_000;
        if (tolerance < t.pool.dust()) tolerance = t.pool.dust();
        _refuse(t, visible > tolerance, IPoolEvents.UnbookedShortfall.selector);
    }

    /* ----------------------------------------------- DRAWS --------------------------------------------- */

    /// @dev As likely of any size as of any other.
    function _amount(uint256 r, uint256 most) internal pure returns (uint256) {
        uint256 top = most >> ((r >> 32) % 40);
        return 1 + ((r >> 64) % (top == 0 ? 1 : top));
    }

    /// @dev A part of `whole`, often all of it, now and then a little more.
    function _part(uint256 r, uint256 whole) internal pure returns (uint256) {
        uint256 kind = (r >> 32) % 16;
        if (kind < 5) return whole;
        if (kind == 5) return whole + whole / 50 + 1;
        return (whole * ((r >> 40) % 10_000)) / 10_000;
    }

    /// @dev From the drawn account on, the first one with debt.
    function _debtor(Turn memory t) internal pure returns (uint256 i) {
        for (uint256 j; j < USERS; ++j) {
            i = (t.other + j) % USERS;
            if (_scaledDebt(t.words[i]) != 0) return i;
        }
    }

    /// @dev Mostly one who may borrow: the first from the drawn account on that has not defaulted.
    function _pickSolvent(Turn memory t) internal view returns (uint256 i, address user) {
        for (uint256 j; j < USERS; ++j) {
            i = (t.who + j) % USERS;
            if (_writtenOffs(t.words[i]) == 0 || t.size % 16 == 0) break;
        }
        user = users[i];
    }

    function _defaulter(Turn memory t) internal pure returns (uint256 i) {
        for (uint256 j; j < USERS; ++j) {
            i = (t.other + j) % USERS;
            if (_writtenOffs(t.words[i]) != 0) return i;
        }
    }

    /// @dev From the drawn account on, the first one that can be liquidated.
    function _weakest(Turn memory t) internal view returns (uint256 i) {
        for (uint256 j; j < USERS; ++j) {
            i = (t.other + j) % USERS;
            if (!t.blind && !_healthy(t, t.words[i], t.writtenOff[i])) return i;
        }
    }

    function _cooling(address account) internal view returns (uint256 shares) {
        (shares, , , ) = FUND.cooldownOf(account);
    }
}
