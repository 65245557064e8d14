// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IEpochShares} from "../../contracts/interfaces/IEpochShares.sol";
import {ILendingPool} from "../../contracts/interfaces/ILendingPool.sol";
import {MockOracle} from "../../contracts/mocks/MockOracle.sol";
import {Attacker} from "./Attacker.sol";
import {Predictions} from "./Predictions.sol";

/// @notice What an attacker does with borrowed capital and in callbacks, and what is tried out and undone.
abstract contract Attacks is Predictions {
    error Probed(bool ok, bytes answer);

    /* --------------------------------------------- ATTACKS --------------------------------------------- */

    /// @dev 14: a few calls in one transaction by a contract that borrowed its capital, and in its callbacks; then it leaves.
    function attack(uint256 seed) external {
        Turn memory t = _begin(seed);
        if (oracles[1 - t.k].mode() != MockOracle.Mode.Answer) oracles[1 - t.k].setMode(MockOracle.Mode.Answer);
        if (t.blind) oracles[t.k].setMode(MockOracle.Mode.Answer);
        Turn[POOLS] memory each;
        for (uint256 k; k < POOLS; ++k) {
            each[k] = _again(t, k);
            (uint256 shortfall, ) = _shortfall(each[k]);
            if (shortfall == 0) continue;
            _writeDown(each[k], _everyone());
            each[k] = _again(t, k);
            (shortfall, ) = _shortfall(each[k]);
            if (shortfall != 0) return; // dust
        }
        if (prices[0] == 0 || prices[1] == 0) return;
        uint256 wealth = _wealth();
        uint256 allowed;
        for (uint256 i; i < 5; ++i) allowed += _strike(each, uint256(keccak256(abi.encode(t.size, i))));
        uint256 claims = _claims();
        for (uint256 k; k < POOLS; ++k) _unwind(pools[k]);
        // what it still owed of a loss that it bore itself comes back to it
        allowed += _minus(_claims(), claims);
        _atMost(_wealth(), wealth + allowed + 64, I14);
        uint256 anyone = (1 << USERS) - 1;
        for (uint256 k; k < POOLS; ++k) _settlePool(each[k], anyone);
    }

    function _again(Turn memory t, uint256 k) private view returns (Turn memory turn) {
        (turn.k, turn.who, turn.other, turn.size, turn.many) = (k, ATTACKER, t.other, t.size, true);
        _observe(turn);
    }

    /// @return earned what §4 gives for the call: incentives, and recoveries of others' debt
    function _strike(Turn[POOLS] memory each, uint256 r) private returns (uint256 earned) {
        (address target, bytes memory data, uint256 victim) = _plan(r % POOLS, r >> 8);
        Attacker attacker = Attacker(users[ATTACKER]);
        if (victim < USERS) attacker.prepare(_plots(r));
        uint256 claims = _claims();
        try attacker.execute(target, data) returns (bytes memory answer) {
            ++counts[msg.sig];
            if (victim < USERS) earned = _checkCallback(each[r % POOLS].price, answer);
        } catch (bytes memory reason) {
            counts[msg.sig] += 1 << 128;
            _requireNamed(bytes4(reason));
        }
        earned += _minus(_claims(), claims);
    }

    /// @return earned the incentive of a liquidation, in whose callback a lock must have covered every function of the pool
    function _checkCallback(uint256 price, bytes memory answer) private view returns (uint256 earned) {
        Attacker attacker = Attacker(users[ATTACKER]);
        (uint256 repaid, uint256 seized) = abi.decode(answer, (uint256, uint256));
        earned = _minus((seized * price) / PRICE_SCALE, repaid);
        for (uint256 i; i < attacker.attempts(); ++i) {
            bytes4 reason = attacker.reasons(i);
            bool locked = reason == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
            if (i == 0 && !locked)
                revert Broken("a lock covers every function of the pool meanwhile", i, uint32(reason));
            if (!attacker.succeeded(i)) _requireNamed(reason);
        }
    }

    function _plan(uint256 k, uint256 r) private view returns (address target, bytes memory data, uint256 victim) {
        ILendingPool pool = pools[k];
        address self = users[ATTACKER];
        uint256 part = r >> 16;
        uint256 kind = r % 16;
        uint256 someone = (r >> 8) % USERS;
        (target, victim) = (address(pool), USERS);
        if (kind == 0) data = abi.encodeCall(pool.deposit, (_amount(part, 1e6 * UNIT), self));
        else if (kind == 1) data = abi.encodeCall(pool.mint, (_amount(part, 1e9 * UNIT), self));
        else if (kind == 2) data = abi.encodeCall(pool.redeem, (_part(part, pool.balanceOf(self)), self, self));
        else if (kind == 3) data = abi.encodeCall(pool.withdraw, (_part(part, pool.maxWithdraw(self)), self, self));
        else if (kind == 4)
            data = abi.encodeCall(pool.supplyCollateral, (_amount(part, 1e5 * collateralUnits[k]), self));
        else if (kind == 5)
            data = abi.encodeCall(pool.withdrawCollateral, (_amount(part, 1e5 * collateralUnits[k]), self, self));
        else if (kind == 6) data = abi.encodeCall(pool.borrow, (_amount(part, 1e6 * UNIT), self, self));
        else if (kind == 7) data = abi.encodeCall(pool.repay, (_amount(part, 1e6 * UNIT), users[someone]));
        else if (kind == 8) data = abi.encodeCall(pool.transfer, (users[someone], _part(part, pool.balanceOf(self))));
        else if (kind == 9) data = abi.encodeCall(pool.refinance, (users[someone]));
        else if (kind == 10) data = abi.encodeCall(pool.writeDown, (_everyone()));
        else if (kind == 11)
            (target, data) = (address(FUND), abi.encodeCall(FUND.deposit, (_amount(part, 1e5 * UNIT), self)));
        else if (kind == 12) (target, data) = (address(FUND), abi.encodeCall(FUND.harvest, (address(pool))));
        else if (kind == 13)
            (target, data) = (address(FUND), abi.encodeCall(FUND.cooldown, (_part(part, FUND.balanceOf(self)))));
        else (victim, data) = (someone, abi.encodeCall(pool.liquidate, (users[someone], type(uint256).max, 0, "x")));
    }

    /// @dev What it tries in a callback: first the same pool, which must be locked, then anything.
    function _plots(uint256 r) private view returns (Attacker.Call[] memory calls) {
        calls = new Attacker.Call[](3);
        for (uint256 i; i < 3; ++i) {
            uint256 drawn = uint256(keccak256(abi.encode(r, i)));
            uint256 kind = i == 0 ? drawn % 11 : drawn % 14;
            uint256 k = i == 0 ? r % POOLS : drawn % POOLS;
            (calls[i].target, calls[i].data, ) = _plan(k, ((drawn >> 8) << 4) | kind);
        }
    }

    function _unwind(ILendingPool pool) private {
        address self = users[ATTACKER];
        (uint256 collateral, uint256 debt, uint256 writtenOff) = pool.positionOf(self);
        vm.startPrank(self);
        if (debt != 0) pool.repay(type(uint256).max, self);
        if (writtenOff != 0) pool.repayWrittenOff(self, type(uint256).max);
        if (collateral != 0) pool.withdrawCollateral(collateral, self, self);
        uint256 shares = pool.maxRedeem(self);
        if (shares != 0) pool.redeem(shares, self, self);
        vm.stopPrank();
    }

    /// @dev Of the attacker, in loan assets: tokens, shares, positions and claims.
    function _wealth() private view returns (uint256 wealth) {
        address self = users[ATTACKER];
        wealth = ASSET.balanceOf(self) + FUND.convertToAssets(FUND.balanceOf(self)) + _claims();
        uint256 owed;
        for (uint256 k; k < POOLS; ++k) {
            (uint256 collateral, uint256 debt, uint256 writtenOff) = pools[k].positionOf(self);
            wealth += pools[k].convertToAssets(pools[k].balanceOf(self));
            wealth += ((collateral + collaterals[k].balanceOf(self)) * prices[k]) / PRICE_SCALE;
            owed += debt + writtenOff;
        }
        return wealth - owed;
    }

    function _claims() private view returns (uint256 claims) {
        for (uint256 id = SOCIALIZER.lossCount(); id != 0; --id) claims += SOCIALIZER.claimable(id, users[ATTACKER]);
    }

    /// @dev No panic, no revert without a reason.
    function _requireNamed(bytes4 reason) private pure {
        if (reason == bytes4(0) || reason == 0x4e487b71 || reason == 0x08c379a0)
            revert UnexpectedRevert(bytes.concat(reason));
    }

    /* ---------------------------------------------- PROBES --------------------------------------------- */

    /// @dev 16: what each `max*` says goes through, and gives what the preview says. Nothing of it stays.
    function tryMaxima(uint256 seed) external {
        Turn memory t = _begin(seed);
        _tryMaxima(t, t.pool);
        _tryMaxima(t, FUND);
        ++counts[msg.sig];
    }

    function _tryMaxima(Turn memory t, IEpochShares shares) private {
        uint256 most = shares.maxDeposit(t.user);
        uint256 expected = shares.previewDeposit(most);
        if (expected != 0) _probe(t, address(shares), abi.encodeCall(shares.deposit, (most, t.user)), expected);
        most = shares.maxMint(t.user);
        expected = shares.previewMint(most);
        if (most != 0) _probe(t, address(shares), abi.encodeCall(shares.mint, (most, t.user)), expected);
        most = shares.maxWithdraw(t.user);
        vm.prank(t.user);
        expected = shares.previewWithdraw(most);
        if (most != 0) _probe(t, address(shares), abi.encodeCall(shares.withdraw, (most, t.user, t.user)), expected);
        most = shares.maxRedeem(t.user);
        vm.prank(t.user);
        expected = shares.previewRedeem(most);
        if (most != 0) _probe(t, address(shares), abi.encodeCall(shares.redeem, (most, t.user, t.user)), expected);
    }

    function _probe(Turn memory t, address target, bytes memory data, uint256 expected) private {
        (bool ok, bytes memory answer) = _dryRun(t.user, target, data);
        if (!ok) revert UnexpectedRevert(answer);
        _equal(abi.decode(answer, (uint256)), expected, I16);
    }

    function _dryRun(address from, address target, bytes memory data) private returns (bool ok, bytes memory answer) {
        try this.dryRun(from, target, data) {} catch (bytes memory reason) {
            if (bytes4(reason) != Probed.selector) revert UnexpectedRevert(reason);
            assembly ("memory-safe") {
                mstore(add(reason, 4), sub(mload(reason), 4))
                reason := add(reason, 4)
            }
            return abi.decode(reason, (bool, bytes));
        }
    }

    /// @notice Makes a call, with all the tokens that it takes, and reverts with how it ended.
    function dryRun(address from, address target, bytes calldata data) external {
        ASSET.mint(from, 1 << 100);
        vm.prank(from);
        (bool ok, bytes memory answer) = target.call(data);
        revert Probed(ok, answer);
    }

    /// @dev 8: what the guard lets leave before a visible loss is booked, against what the same shares get after it.
    function exitBeforeLoss(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 shares = t.blind ? 0 : t.pool.maxRedeem(t.user);
        (uint256 shortfall, uint256 debts) = t.blind ? (0, 0) : _shortfall(t);
        ++counts[msg.sig];
        if (shares == 0 || shortfall == 0) return;
        bytes memory exit = abi.encodeCall(t.pool.redeem, (shares, t.user, t.user));
        (, bytes memory answer) = _dryRun(t.user, address(t.pool), exit);
        uint256 first = abi.decode(answer, (uint256));
        bytes[] memory calls = new bytes[](2);
        (calls[0], calls[1]) = (abi.encodeCall(t.pool.writeDown, (_everyone())), exit);
        (bool ok, bytes memory both) = _dryRun(
            t.user,
            address(t.pool),
            abi.encodeWithSignature("multicall(bytes[])", calls)
        );
        if (!ok) return _requireNamed(bytes4(both)); // received in this very block, or void
        uint256 second = abi.decode(abi.decode(both, (bytes[]))[1], (uint256));
        uint256 tolerated = (t.s.lenderAssets * t.pool.guardTolerance()) / 10_000;
        if (tolerated < t.pool.dust()) tolerated = t.pool.dust();
        _atMost(first, second + (first * (tolerated + debts / 64)) / t.s.lenderAssets + 2, I8);
    }

    /// @dev 5: two accounts written down one after the other, and together.
    function lossesAddUp(uint256 seed) external {
        Turn memory t = _begin(seed);
        ++counts[msg.sig];
        if (t.blind || t.who == t.other || t.pool.dust() != 0) return;
        if (_debt(t, t.words[t.who]) <= _performing(t, t.words[t.who])) return;
        if (_debt(t, t.words[t.other]) <= _performing(t, t.words[t.other])) return;
        address[] memory accounts = new address[](2);
        (accounts[0], accounts[1]) = (t.user, t.peer);
        uint256[6] memory together = _layersAfter(t.pool, accounts, false);
        uint256[6] memory apart = _layersAfter(t.pool, accounts, true);
        for (uint256 i; i < 6; ++i) {
            uint256 slack = 2 * (t.s.index / WAD) + 2;
            _atMost(together[i], apart[i] + slack, I5);
            _atMost(apart[i], together[i] + slack, I5);
        }
    }

    function _layersAfter(
        ILendingPool pool,
        address[] memory accounts,
        bool apart
    ) private returns (uint256[6] memory) {
        try this.dryLosses(pool, accounts, apart) {} catch (bytes memory reason) {
            if (reason.length != 192) revert UnexpectedRevert(reason);
            return abi.decode(reason, (uint256[6]));
        }
        revert UnexpectedSuccess(this.dryLosses.selector);
    }

    /// @notice Writes the accounts down and reverts with what is left of each layer.
    function dryLosses(ILendingPool pool, address[] calldata accounts, bool apart) external {
        if (apart) for (uint256 i; i < accounts.length; ++i) pool.writeDown(accounts[i:i + 1]);
        else pool.writeDown(accounts);
        bytes memory layers = abi.encode(
            pool.state().fees,
            FUND.reserve(),
            FUND.totalAssets(),
            pool.state().unvested,
            pool.state().lenderAssets,
            pool.state().debt
        );
        assembly ("memory-safe") {
            revert(add(layers, 32), mload(layers))
        }
    }
}
