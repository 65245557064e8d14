// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Loss} from "../../contracts/interfaces/IBadDebtSocializer.sol";
import {ILendingPool, LadderTick, PoolState} from "../../contracts/interfaces/ILendingPool.sol";
import {RiskLadder} from "../../contracts/libraries/RiskLadder.sol";
import {MockOracle} from "../../contracts/mocks/MockOracle.sol";
import {World} from "./World.sol";

/// @notice The invariants of the protocol, in their own words: around every call (`_begin`, `_send`, `_settle`), and of the
/// whole state (`checkAll`, `finality`). What is read independently of the contracts' own sums: tokens, positions as
/// they lie in storage, and each loss's layers by the waterfall's rule.
abstract contract Checks is World {
    error Broken(string invariant, uint256 left, uint256 right);
    /// @notice A call was refused for a reason that its state does not give.
    error UnexpectedRevert(bytes reason);
    /// @notice A call went through that must be refused with `refusal`.
    error UnexpectedSuccess(bytes4 refusal);

    string internal constant I1 = "1. cash + debt == lenderAssets + unvested + fees, and the tokens are there";
    string internal constant I2 =
        "2. sum of balances == supply, of scaled debt == scaled debt, of ladder == of positions";
    string internal constant I3 = "3. only a booked loss lowers the share price";
    string internal constant I4 =
        "4. sum of layers == shortfall; a layer is touched only if every layer before it is at its end";
    string internal constant I5 = "5. two losses in sequence equal their sum, per layer";
    string internal constant I6 =
        "6. recovered <= lost + accrued; claimed <= recovered; a holder of 0 at the epoch claims 0";
    string internal constant I7 =
        "7. an entrant in the block of a loss neither gains nor loses: what it got stays until the next";
    string internal constant I8 = "8. withdraw-then-recognise pays at most what recognise-then-withdraw pays";
    string internal constant I9 =
        "9. a healthy account stays healthy; a liquidation never lowers C/D nor takes more than there is";
    string internal constant I10 =
        "10. a write-down of one account changes no other account's debt, collateral or health";
    string internal constant I11 =
        "11. at price 0 every position reaches finality and every lender withdraws its share";
    string internal constant I14 = "14. no profit beyond the incentives at unchanged price and time";
    string internal constant I15 = "15. cover stays within its limit, and an exit within its value at request";
    string internal constant I16 = "16. every max* is executable and every preview* equals the call";

    /// @dev What a call finds, and how it ends. `words` are the positions as stored, `owedBefore` what is written off of them.
    struct Turn {
        uint256 k;
        uint256 who;
        uint256 other;
        uint256 size;
        ILendingPool pool;
        address user;
        address peer;
        PoolState s;
        uint256[USERS] words;
        uint256[USERS] writtenOff;
        uint256 price;
        bool blind;
        bytes4[12] refusals;
        uint256 refused;
        bool surely;
        bool ok;
        bytes answer;
        // the fund, where it matters
        uint256 staked;
        uint256 stakeSupply;
        uint256 reserve;
        uint256 available;
        uint256 outstanding;
        // the latest loss of the pool
        uint256 losses;
        Loss loss;
        uint256 principal;
        bool booked;
        // several calls, each of which rounds
        bool many;
    }

    /// @dev What was there when the last call ended, to judge what time brings.
    struct Left {
        uint128 lenderAssets;
        uint128 unvested;
        uint128 fees;
        uint128 debt;
    }

    /// @dev By selector: how often a call went through, and above it 128 bits how often it was refused as predicted.
    mapping(bytes4 => uint256) internal counts;
    Left[POOLS] internal left;
    uint256[POOLS] internal donated;
    uint256 internal donatedToFund;
    uint256 internal donatedToSocializer;
    uint256[POOLS] internal lastLoss;
    uint256[POOLS] internal epochTime;
    uint256 internal stakeEpochTime;
    mapping(uint256 => uint256) internal lossIndex;
    mapping(uint256 => uint256) internal claimed;

    /* ------------------------------------------- AROUND A CALL ----------------------------------------- */

    /// @dev Draws from `seed` who calls and what for, lets some seconds pass, and reads what the call will find.
    function _begin(uint256 seed) internal returns (Turn memory t) {
        uint256 r = uint256(keccak256(abi.encode(seed)));
        (t.k, t.who, t.other, t.size) = (r & 1, (r >> 8) % USERS, (r >> 40) % USERS, r >> 128);
        uint256 wait = (r >> 72) & 15;
        _warp(wait < 5 ? _now() : _now() + (wait == 15 ? (r >> 80) % 1 days : (r >> 80) % 12) + 1);
        _observe(t);
    }

    function _observe(Turn memory t) internal view {
        (t.pool, t.user, t.peer) = (pools[t.k], users[t.who], users[t.other]);
        t.s = t.pool.state();
        t.blind = oracles[t.k].mode() != MockOracle.Mode.Answer;
        if (!t.blind) t.price = prices[t.k];
        for (uint256 i; i < USERS; ++i) {
            t.words[i] = _word(t.k, i);
            if (_writtenOffs(t.words[i]) != 0) (, , t.writtenOff[i]) = t.pool.positionOf(users[i]);
        }
        _checkTime(t.k, t.s);
    }

    function _observeFund(Turn memory t) internal view {
        (t.staked, t.stakeSupply, t.reserve) = (FUND.totalAssets(), FUND.totalSupply(), FUND.reserve());
    }

    function _observeLoss(Turn memory t) internal view {
        _observeFund(t);
        t.available = FUND.coverageAvailable(address(t.pool));
        t.outstanding = FUND.coverageOf(address(t.pool)).outstanding;
        t.losses = SOCIALIZER.lossCount();
        if (lastLoss[t.k] != 0) t.loss = SOCIALIZER.lossOf(lastLoss[t.k]);
    }

    /// @dev The call must be refused, for this reason or another one that applies as well.
    function _refuse(Turn memory t, bool condition, bytes4 refusal) internal pure {
        if (!condition) return;
        t.surely = true;
        t.refusals[t.refused++] = refusal;
    }

    /// @dev The call may be refused for this reason.
    function _perhaps(Turn memory t, bool condition, bytes4 refusal) internal pure {
        if (condition) t.refusals[t.refused++] = refusal;
    }

    function _send(Turn memory t, address target, bytes memory data) internal returns (bool) {
        return _sendAs(t, t.user, target, data);
    }

    /// @dev Fails if the call ends in another way than was predicted.
    function _sendAs(Turn memory t, address from, address target, bytes memory data) internal returns (bool) {
        vm.prank(from);
        (t.ok, t.answer) = target.call(data);
        counts[msg.sig] += t.ok ? 1 : 1 << 128;
        if (t.ok) {
            if (t.surely) revert UnexpectedSuccess(t.refusals[0]);
            return true;
        }
        for (uint256 i; i < t.refused; ++i) if (t.refusals[i] == bytes4(t.answer)) return false;
        revert UnexpectedRevert(t.answer);
    }

    /// @param moved by which lender assets change, up to rounding in the pool's favour
    /// @param touched a bit for each account whose position may change
    function _settle(Turn memory t, int256 moved, uint256 touched) internal {
        PoolState memory s = _settlePool(t, touched);
        if (s.supply == 0) return _equal(s.lenderAssets + s.unvested, 0, I1);
        int256 expected = int256(t.s.lenderAssets) + moved;
        uint256 slack = t.s.index / WAD + 3;
        if (int256(s.lenderAssets) < expected) revert Broken(I1, s.lenderAssets, uint256(expected));
        _atMost(s.lenderAssets, uint256(expected) + slack, I1);
    }

    function _settlePool(Turn memory t, uint256 touched) internal returns (PoolState memory s) {
        s = t.pool.state();
        _equal(s.index, t.s.index, I3);
        _checkIdentity(t.k, s);
        _checkPrice(t, s);
        _checkPositions(t, s, touched);
        left[t.k] = Left(uint128(s.lenderAssets), uint128(s.unvested), uint128(s.fees), uint128(s.debt));
    }

    function _settleFund(Turn memory t, bool slashed) internal view {
        (uint256 staked, uint256 supply) = (FUND.totalAssets(), FUND.totalSupply());
        _equal(ASSET.balanceOf(address(FUND)), staked + FUND.reserve() + donatedToFund, I1);
        if (supply == 0 || t.stakeSupply == 0) return;
        uint256 before = (t.staked + 1) * (supply + 1_000);
        if (!slashed) _atMost(before, (staked + 1) * (t.stakeSupply + 1_000), I3);
        uint256 slack = 2 + (t.staked + 1) / (t.stakeSupply + 1_000);
        if (!slashed && staked > slack) _atMost((staked + 1 - slack) * (t.stakeSupply + 1_000), before, I3);
        if (slashed) _atMost((staked + 1) * (t.stakeSupply + 1_000), before, I3);
    }

    /* -------------------------------------------- INVARIANTS ------------------------------------------- */

    /// @dev 1, over time: cash stands still, and interest goes to lenders, to `unvested` and, by the premium, to fees.
    function _checkTime(uint256 k, PoolState memory s) private view {
        Left memory l = left[k];
        if (l.lenderAssets == 0 || s.supply == 0) return;
        // between two calls that store nothing, rounding may take back of what was accrued
        uint256 slack = 3 + s.debt / 1e15;
        _atMost(l.debt, s.debt + slack, I1);
        _atMost(l.lenderAssets, s.lenderAssets + slack, I3);
        _atMost(s.fees, l.fees + (_minus(s.debt, l.debt) * s.premium) / 10_000 + slack, I1);
        uint256 before = uint256(l.lenderAssets) + l.unvested + l.fees;
        _equal(s.lenderAssets + s.unvested + s.fees + l.debt, s.debt + before, I1);
    }

    /// @dev 1
    function _checkIdentity(uint256 k, PoolState memory s) internal view {
        _equal(s.cash + s.debt, s.lenderAssets + s.unvested + s.fees, I1);
        _atMost(s.lenderAssets | s.unvested | s.fees, type(uint112).max, I1);
        _equal(ASSET.balanceOf(address(pools[k])), s.cash + donated[k], I1);
    }

    /// @dev 3
    function _checkPrice(Turn memory t, PoolState memory s) private pure {
        if (s.supply == 0 || t.s.supply == 0) return;
        uint256 before = (t.s.lenderAssets + 1) * (s.supply + 1_000);
        uint256 slack = t.s.index / WAD + 3 + (t.s.lenderAssets + 1) / (t.s.supply + 1_000);
        if (t.principal == 0) _atMost(before, (s.lenderAssets + 1) * (t.s.supply + 1_000), I3);
        if (s.lenderAssets > slack && !t.many) {
            _atMost((s.lenderAssets + 1 - slack) * (t.s.supply + 1_000), before, I3);
        }
    }

    /// @dev 2, 9 and 10: only positions of `touched` change, none of them from healthy to unhealthy.
    function _checkPositions(Turn memory t, PoolState memory s, uint256 touched) private view {
        uint256 scaled;
        for (uint256 i; i < USERS; ++i) {
            uint256 word = _word(t.k, i);
            scaled += _scaledDebt(word);
            if (word == t.words[i]) continue;
            if (touched & (1 << i) == 0) revert Broken(I10, t.words[i], word);
            if (t.blind || !_healthy(t, t.words[i], t.writtenOff[i])) continue;
            uint256 writtenOff;
            if (_writtenOffs(word) != 0) (, , writtenOff) = t.pool.positionOf(users[i]);
            if (!_healthy(t, word, writtenOff)) revert Broken(I9, t.words[i], word);
        }
        _equal(scaled, s.scaledDebt, I2);
    }

    /// @dev 4 and 15, of what a call booked: by the rule of the waterfall, from what the layers held before.
    function _checkLoss(Turn memory t) internal {
        uint256 id = SOCIALIZER.lossCount();
        Loss memory before = t.loss;
        if (id == t.losses) {
            id = lastLoss[t.k];
        } else {
            _equal(id, t.losses + 1, I4);
            lastLoss[t.k] = id;
            lossIndex[id] = t.s.index;
            delete before;
        }
        if (id == 0) return;
        Loss memory loss = SOCIALIZER.lossOf(id);
        uint256 shortfall = loss.shortfall - before.shortfall;
        if (shortfall == 0) return;
        t.booked = true;
        uint256 fees = _min(shortfall, t.s.fees);
        uint256 cover = _min(shortfall - fees, t.available);
        uint256 reserve = _min(cover, t.reserve);
        uint256 interest = _min(shortfall - fees - cover, t.s.unvested);
        t.principal = shortfall - fees - cover - interest;
        _equal(loss.fees - before.fees, fees, I4);
        _equal(loss.reserve - before.reserve, reserve, I4);
        _equal(loss.staked - before.staked, cover - reserve, I4);
        _equal(loss.interest - before.interest, interest, I4);
        _equal(loss.principal - before.principal, t.principal, I4);
        _equal(loss.fees + loss.reserve + loss.staked + loss.interest + loss.principal, loss.shortfall, I4);
        if (cover != 0) {
            (uint256 limit, uint256 outstanding) = _coverage(t.pool);
            // a recovery in the same call only lowers it
            _atMost(outstanding, t.outstanding + cover, I15);
            _atMost(outstanding, limit, I15);
        }
        if (t.principal != 0) epochTime[t.k] = _now();
        if (cover != reserve) stakeEpochTime = _now();
        _settleFund(t, cover != reserve);
    }

    /// @notice What holds between any two calls.
    function checkAll() external {
        _warp(_now());
        uint256 claims;
        for (uint256 id = SOCIALIZER.lossCount(); id != 0; --id) claims += _checkRecoveries(id);
        _equal(ASSET.balanceOf(address(SOCIALIZER)), claims + donatedToSocializer, I6);
        uint256 staked;
        for (uint256 i; i < USERS; ++i) staked += FUND.balanceOf(users[i]);
        _equal(staked, FUND.totalSupply(), I2);
        _equal(ASSET.balanceOf(address(FUND)), FUND.totalAssets() + FUND.reserve() + donatedToFund, I1);
        for (uint256 k; k < POOLS; ++k) {
            PoolState memory s = pools[k].state();
            _checkIdentity(k, s);
            _checkSums(k, s);
        }
    }

    /// @dev 6
    function _checkRecoveries(uint256 id) private view returns (uint256 claims) {
        Loss memory loss = SOCIALIZER.lossOf(id);
        uint256 index = ILendingPool(loss.pool).state().index;
        uint256 first = lossIndex[id];
        _atMost(loss.recoveredBy.fees * first, (loss.fees + 1) * index, I6);
        _atMost(loss.recoveredBy.reserve * first, (loss.reserve + 1) * index, I6);
        _atMost(loss.recoveredBy.staked * first, (loss.staked + 1) * index, I6);
        _atMost(loss.recoveredBy.interest * first, (loss.interest + 1) * index, I6);
        _atMost(loss.recoveredBy.principal * first, (loss.principal + 1) * index, I6);
        _atMost(loss.lenderClaims, loss.recoveredBy.principal, I6);
        _atMost(loss.stakerClaims, loss.recoveredBy.staked, I6);
        _atMost(claimed[id], loss.lenderClaims + loss.stakerClaims, I6);
        return loss.lenderClaims + loss.stakerClaims - claimed[id];
    }

    /// @dev 2, and that the ladder never cries wolf.
    function _checkSums(uint256 k, PoolState memory s) private view {
        ILendingPool pool = pools[k];
        LadderTick[] memory ticks = pool.ladder(type(uint256).max, USERS + 1);
        _atMost(ticks.length, USERS, I2);
        uint256 supply;
        uint256 collateral;
        for (uint256 i; i < USERS; ++i) {
            supply += pool.balanceOf(users[i]);
            uint256 word = _word(k, i);
            collateral += _collateral(word);
            uint256 tick = RiskLadder.tickOf(_scaledDebt(word), _collateral(word));
            _equal(uint16(word >> 208), tick, I2);
            for (uint256 j; tick != 0; ++j) {
                if (j == ticks.length) revert Broken(I2, tick, 0);
                if (ticks[j].tick != tick) continue;
                ticks[j].scaledDebt -= _scaledDebt(word);
                ticks[j].collateral -= _collateral(word);
                break;
            }
        }
        for (uint256 j; j < ticks.length; ++j) _equal(ticks[j].scaledDebt + ticks[j].collateral, 0, I2);
        _equal(supply, s.supply, I2);
        _equal(collaterals[k].balanceOf(address(pool)), collateral, I2);
    }

    /// @notice 11. Leaves everything at the price 0.
    function finality(uint256 order) external {
        _warp(_now());
        for (uint256 k; k < POOLS; ++k) {
            oracles[k].setMode(MockOracle.Mode.Answer);
            _setPrice(k, 0);
        }
        for (uint256 k; k < POOLS; ++k) pools[k].writeDown(_everyone());
        _warp(_now() + 1);
        for (uint256 k; k < POOLS; ++k) {
            ILendingPool pool = pools[k];
            _equal(pool.state().debt, 0, I11);
            for (uint256 j; j < USERS; ++j) {
                address user = users[(j + order) % USERS];
                uint256 shares = pool.balanceOf(user);
                uint256 assets = pool.convertToAssets(shares);
                if (assets == 0) continue;
                _equal(pool.maxRedeem(user), shares, I11);
                vm.prank(user);
                _equal(pool.redeem(shares, user, user), assets, I11);
            }
        }
    }

    /* ---------------------------------------------- HELPERS -------------------------------------------- */

    function _word(uint256 k, uint256 i) internal view returns (uint256) {
        return uint256(vm.load(address(pools[k]), keccak256(abi.encode(users[i], POSITIONS))));
    }

    function _scaledDebt(uint256 word) internal pure returns (uint256) {
        return uint96(word);
    }

    function _collateral(uint256 word) internal pure returns (uint256) {
        return uint112(word >> 96);
    }

    function _writtenOffs(uint256 word) internal pure returns (uint256) {
        return uint8(word >> 232);
    }

    function _debt(Turn memory t, uint256 word) internal pure returns (uint256) {
        return _up(_scaledDebt(word) * t.s.index, WAD);
    }

    function _value(Turn memory t, uint256 collateral) internal pure returns (uint256) {
        return (collateral * t.price) / PRICE_SCALE;
    }

    /// @dev The most debt that the position's collateral can repay.
    function _performing(Turn memory t, uint256 word) internal view returns (uint256) {
        return (_value(t, _collateral(word)) * WAD) / (WAD + t.pool.writeDownIncentive());
    }

    function _healthy(Turn memory t, uint256 word, uint256 writtenOff) internal view returns (bool) {
        return (_debt(t, word) + writtenOff) * WAD <= _value(t, _collateral(word)) * lltvs[t.k];
    }

    /// @dev By how much the accounts' debt exceeds what their collateral can repay, one by one.
    function _shortfall(Turn memory t) internal view returns (uint256 sum, uint256 debts) {
        for (uint256 i; i < USERS; ++i) {
            (uint256 debt, uint256 performing) = (_debt(t, t.words[i]), _performing(t, t.words[i]));
            if (debt > performing) (sum, debts) = (sum + debt - performing, debts + debt);
        }
    }

    function _coverage(ILendingPool pool) internal view returns (uint256 limit, uint256 outstanding) {
        return (FUND.coverageOf(address(pool)).limit, FUND.coverageOf(address(pool)).outstanding);
    }

    function _everyone() internal view returns (address[] memory accounts) {
        accounts = new address[](USERS);
        for (uint256 i; i < USERS; ++i) accounts[i] = users[i];
    }

    function _equal(uint256 a, uint256 b, string memory invariant) internal pure {
        if (a != b) revert Broken(invariant, a, b);
    }

    function _atMost(uint256 a, uint256 b, string memory invariant) internal pure {
        if (a > b) revert Broken(invariant, a, b);
    }

    function _min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function _minus(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    function _up(uint256 a, uint256 b) internal pure returns (uint256) {
        return (a + b - 1) / b;
    }
}
