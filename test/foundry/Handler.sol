// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IBadDebtSocializer, Loss} from "../../contracts/interfaces/IBadDebtSocializer.sol";
import {IEpochEvents} from "../../contracts/interfaces/IEpochShares.sol";
import {IInsuranceFund} from "../../contracts/interfaces/IInsuranceFund.sol";
import {ILendingPool, IPoolEvents} from "../../contracts/interfaces/ILendingPool.sol";
import {MockOracle} from "../../contracts/mocks/MockOracle.sol";
import {Attacks} from "./Attacks.sol";
import {World} from "./World.sol";

/// @notice Every call that anybody can make, drawn from one number. Each predicts how it ends.
contract Handler is Attacks {
    constructor(uint8 decimals, uint8[POOLS] memory collateralDecimals) World(decimals, collateralDecimals) {}

    /* --------------------------------------------- LENDERS --------------------------------------------- */

    function deposit(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 most = t.pool.maxDeposit(t.peer);
        uint256 assets = t.size % 16 == 0 ? _min(most, ASSET.balanceOf(t.user)) : _amount(t.size, 2e6 * UNIT);
        uint256 shares = t.pool.previewDeposit(assets);
        _refuseEntry(t, assets, shares);
        if (assets <= most && shares != 0 && t.surely) revert Broken(I16, assets, most);
        if (assets > most && !t.surely) revert Broken(I16, assets, most);
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.deposit, (assets, t.peer)))) {
            _equal(abi.decode(t.answer, (uint256)), shares, I16);
            _settle(t, int256(assets), 0);
        }
    }

    function mint(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 most = t.pool.maxMint(t.peer);
        uint256 shares = t.size % 16 == 0 ? most : _amount(t.size, 2e9 * UNIT);
        uint256 assets = t.pool.previewMint(shares);
        _afford(t, assets);
        _refuseEntry(t, assets, shares);
        if (shares <= most && shares != 0 && t.surely) revert Broken(I16, shares, most);
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.mint, (shares, t.peer)))) {
            _equal(abi.decode(t.answer, (uint256)), assets, I16);
            _settle(t, int256(assets), 0);
        }
    }

    function withdraw(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 most = t.pool.maxWithdraw(t.user);
        uint256 assets = t.pool.convertToAssets(t.pool.balanceOf(t.user));
        assets = t.size % 8 == 0 ? most : _part(t.size, t.size % 3 == 0 ? _min(assets, t.s.cash) : assets);
        uint256 shares = t.pool.previewWithdraw(assets);
        _refuseExit(t, assets, shares, assets > most);
        if (assets <= most && assets != 0 && t.refused != 0) revert Broken(I16, assets, most);
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.withdraw, (assets, t.peer, t.user)))) {
            _equal(abi.decode(t.answer, (uint256)), shares, I16);
            _settle(t, -int256(assets), 0);
        }
    }

    function redeem(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 most = t.pool.maxRedeem(t.user);
        uint256 shares = t.size % 8 == 0 ? most : _part(t.size, t.pool.balanceOf(t.user));
        uint256 assets = t.pool.previewRedeem(shares);
        _refuseExit(t, assets, shares, shares > most);
        if (shares <= most && assets != 0 && t.refused != 0) revert Broken(I16, shares, most);
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.redeem, (shares, t.peer, t.user)))) {
            _equal(abi.decode(t.answer, (uint256)), assets, I16);
            _settle(t, -int256(assets), 0);
        }
    }

    function transfer(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 balance = t.pool.balanceOf(t.user);
        uint256 shares = _part(t.size, balance);
        _refuse(t, shares > balance, IERC20Errors.ERC20InsufficientBalance.selector);
        _perhaps(t, epochTime[t.k] == _now(), IEpochEvents.SharesLocked.selector);
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.transfer, (t.peer, shares)))) _settle(t, 0, 0);
    }

    /* -------------------------------------------- BORROWERS -------------------------------------------- */

    function supplyCollateral(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 assets = _amount(t.size, ((2e6 * UNIT) * PRICE_SCALE) / startPrices[t.k] + 1);
        _send(t, address(t.pool), abi.encodeCall(t.pool.supplyCollateral, (assets, t.peer)));
        _settle(t, 0, 1 << t.other);
    }

    function withdrawCollateral(uint256 seed) external {
        Turn memory t = _begin(seed);
        (t.who, t.user) = _pickSolvent(t);
        uint256 word = t.words[t.who];
        (uint256 collateral, uint256 debt) = (_collateral(word), _debt(t, word));
        uint256 assets = _part(t.size, debt == 0 ? collateral : collateral / 2);
        _refuse(t, assets == 0, IEpochEvents.ZeroAmount.selector);
        _refuse(t, assets > collateral, IPoolEvents.InsufficientCollateral.selector);
        _refuse(t, _writtenOffs(word) != 0, IPoolEvents.WrittenOffDebt.selector);
        if (debt != 0 && assets <= collateral) {
            uint256 value = _value(t, collateral - assets);
            _refuse(t, t.blind, MockOracle.OracleBroken.selector);
            _refuse(t, !t.blind && debt * WAD > value * lltvs[t.k], IPoolEvents.Unhealthy.selector);
        }
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.withdrawCollateral, (assets, t.user, t.peer)))) {
            _settle(t, 0, 1 << t.who);
        }
    }

    function borrow(uint256 seed) external {
        Turn memory t = _begin(seed);
        (t.who, t.user) = _pickSolvent(t);
        address owner = t.size % 8 == 0 ? t.peer : t.user;
        uint256 i = t.size % 8 == 0 ? t.other : t.who;
        if (t.size % 4 != 0) {
            uint256 worth = (200 + ((t.size >> 16) % 1e6)) * UNIT;
            uint256 more = _min((worth * PRICE_SCALE) / (prices[t.k] + 1) + 1, 1e6 * collateralUnits[t.k]);
            vm.prank(owner);
            t.pool.supplyCollateral(more, owner);
            _observe(t);
        }
        uint256 word = t.words[i];
        uint256 limit = (_value(t, _collateral(word)) * lltvs[t.k]) / WAD;
        uint256 debt = _debt(t, word);
        uint256 assets = _part(t.size >> 8, _min(limit > debt ? limit - debt : 100 * UNIT, t.s.cash));
        _refuse(t, owner != t.user && !t.pool.isOperator(owner, t.user), IPoolEvents.NotOperator.selector);
        _refuse(t, assets == 0, IEpochEvents.ZeroAmount.selector);
        _refuse(t, t.s.paused, IPoolEvents.Paused.selector);
        _refuse(t, _writtenOffs(word) != 0, IPoolEvents.WrittenOffDebt.selector);
        _refuse(t, assets > t.s.cash, IPoolEvents.InsufficientCash.selector);
        debt = _debt(t, _scaledDebt(word) + _up(assets * WAD, t.s.index));
        _refuse(t, debt < 100 * UNIT, IPoolEvents.DebtBelowMinimum.selector);
        _refuse(t, t.blind, MockOracle.OracleBroken.selector);
        uint256 value = _value(t, _collateral(word));
        _refuse(t, !t.blind && debt * WAD > value * lltvs[t.k], IPoolEvents.Unhealthy.selector);
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.borrow, (assets, owner, t.user)))) {
            _settle(t, 0, 1 << i);
        }
    }

    function setOperator(uint256 seed) external {
        Turn memory t = _begin(seed);
        _send(t, address(t.pool), abi.encodeCall(t.pool.setOperator, (t.peer, t.size % 4 != 0)));
        _settle(t, 0, 0);
    }

    function repay(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 i = _debtor(t);
        uint256 word = t.words[i];
        uint256 assets = t.size % 4 == 0 ? type(uint256).max : _part(t.size, _debt(t, word)) + 1;
        _afford(t, _debt(t, word));
        _refuse(t, _scaledDebt(word) == 0, IPoolEvents.NoDebt.selector);
        if (assets < _debt(t, word) && _writtenOffs(word) == 0) {
            uint256 rest = _debt(t, _scaledDebt(word) - (assets * WAD) / t.s.index);
            _refuse(t, rest != 0 && rest < 100 * UNIT, IPoolEvents.DebtBelowMinimum.selector);
        }
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.repay, (assets, users[i])))) {
            _equal(abi.decode(t.answer, (uint256)), _min(assets, _debt(t, word)), I9);
            _settle(t, 0, 1 << i);
        }
    }

    /* -------------------------------------------- DEFAULTS --------------------------------------------- */

    /// @dev Of everyone, of any, of some twice.
    function writeDown(uint256 seed) external {
        Turn memory t = _begin(seed);
        if (t.size % 2 == 0) return _writeDown(t, _everyone());
        address[] memory accounts = new address[]((t.size >> 8) % 5);
        for (uint256 i; i < accounts.length; ++i) accounts[i] = users[(t.size >> (16 + 8 * i)) % USERS];
        _writeDown(t, accounts);
    }

    function liquidate(uint256 seed) external {
        Turn memory t = _begin(seed);
        if (t.size % 4 == 1) {
            uint256 j = _debtor(t);
            if (_scaledDebt(t.words[j]) != 0) _setHealth(t, j, 850 + ((t.size >> 16) % 160));
        }
        _observeLoss(t);
        uint256 i = t.size % 4 == 0 ? t.other : _weakest(t);
        uint256 word = t.words[i];
        uint256 asked = t.size % 2 == 0 ? type(uint256).max : _part(t.size >> 8, _debt(t, word) + t.writtenOff[i]) + 1;
        _afford(t, _debt(t, word) + t.writtenOff[i]);
        _refuseLiquidation(t, i, asked);
        bytes memory data = abi.encodeCall(t.pool.liquidate, (users[i], asked, 0, ""));
        if (!_send(t, address(t.pool), data)) return;
        _checkLoss(t);
        _checkLiquidation(t, i, asked);
        _settle(t, -int256(t.principal), 1 << i);
    }

    function repayWrittenOff(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 i = _defaulter(t);
        uint256 owed = t.writtenOff[i];
        uint256 assets = t.size % 2 == 0 ? type(uint256).max : _part(t.size >> 8, owed) + 1;
        _afford(t, owed);
        _refuse(t, owed == 0, IPoolEvents.NoDebt.selector);
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.repayWrittenOff, (users[i], assets)))) {
            _equal(abi.decode(t.answer, (uint256)), _min(assets, owed), I9);
            _settle(t, 0, 1 << i);
        }
    }

    function refinance(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 i = _defaulter(t);
        if (t.size % 2 == 1 && t.writtenOff[i] != 0) _setHealth(t, i, 1_050);
        (uint256 word, uint256 writtenOff) = (t.words[i], t.writtenOff[i]);
        _refuse(t, writtenOff == 0, IPoolEvents.NoDebt.selector);
        if (writtenOff != 0) {
            _refuse(t, t.s.paused, IPoolEvents.Paused.selector);
            _refuse(t, t.blind, MockOracle.OracleBroken.selector);
            _refuse(t, !t.blind && !_healthy(t, word, writtenOff), IPoolEvents.Unhealthy.selector);
            _perhaps(t, _min(writtenOff, t.s.cash) <= 16 + t.s.index / WAD, IPoolEvents.InsufficientCash.selector);
            bool small = _debt(t, word) + writtenOff < 100 * UNIT + 32 * (t.s.index / WAD + 1);
            _perhaps(t, small, IPoolEvents.DebtBelowMinimum.selector);
        }
        if (_send(t, address(t.pool), abi.encodeCall(t.pool.refinance, (users[i])))) _settle(t, 0, 1 << i);
    }

    /* ------------------------------------------ LOSSES, CLAIMS ----------------------------------------- */

    function recover(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 count = SOCIALIZER.lossCount();
        uint256 id = count == 0 ? 1 : 1 + ((t.size >> 8) % count);
        uint256 outstanding;
        if (count == 0) {
            _refuse(t, true, IBadDebtSocializer.UnknownLoss.selector);
        } else {
            t.k = SOCIALIZER.lossOf(id).pool == address(pools[0]) ? 0 : 1;
            _observe(t);
            uint256[] memory ids = SOCIALIZER.episodeOf(id);
            for (uint256 i; i < ids.length; ++i) {
                Loss memory loss = SOCIALIZER.lossOf(ids[i]);
                outstanding += loss.outstanding.fees + loss.outstanding.reserve + loss.outstanding.staked;
                outstanding += loss.outstanding.interest + loss.outstanding.principal;
            }
        }
        uint256 assets = _part(t.size, outstanding);
        _afford(t, assets);
        _refuse(t, assets == 0, IBadDebtSocializer.ZeroAmount.selector);
        _refuse(t, assets > outstanding, IBadDebtSocializer.RecoveryExceedsLoss.selector);
        if (_send(t, address(SOCIALIZER), abi.encodeCall(SOCIALIZER.recover, (id, assets)))) _settle(t, 0, 0);
    }

    function claim(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 count = SOCIALIZER.lossCount();
        uint256[] memory ids = new uint256[](count == 0 ? 0 : 1 + ((t.size >> 8) % 4));
        uint256[] memory parts = new uint256[](ids.length);
        uint256 expected;
        for (uint256 j; j < ids.length; ++j) {
            ids[j] = t.size % 2 == 0 ? count - _min(count - 1, j) : 1 + ((t.size >> (16 + 16 * j)) % count);
            bool stranger = t.other == ATTACKER && t.who != ATTACKER;
            if (stranger) {
                address pool = SOCIALIZER.lossOf(ids[j]).pool;
                stranger = !ILendingPool(pool).isOperator(t.peer, t.user);
            }
            _refuse(t, stranger && !t.surely, IBadDebtSocializer.ClaimNotAuthorized.selector);
            bool again;
            for (uint256 i; i < j; ++i) again = again || ids[i] == ids[j];
            if (!again) expected += parts[j] = _claimableOf(ids[j], t.peer);
        }
        uint256 before = ASSET.balanceOf(t.peer);
        if (!_send(t, address(SOCIALIZER), abi.encodeCall(SOCIALIZER.claim, (ids, t.peer)))) return;
        _equal(abi.decode(t.answer, (uint256)), expected, I6);
        _equal(ASSET.balanceOf(t.peer) - before, expected, I6);
        for (uint256 j; j < ids.length; ++j) {
            claimed[ids[j]] += parts[j];
            _equal(SOCIALIZER.claimable(ids[j], t.peer), 0, I6);
        }
        _settle(t, 0, 0);
    }

    /// @dev What the account can claim of one loss.
    function _claimableOf(uint256 id, address account) private view returns (uint256 assets) {
        assets = SOCIALIZER.claimable(id, account);
        Loss memory loss = SOCIALIZER.lossOf(id);
        uint256 held = loss.lenderEpoch == 0 ? 0 : ILendingPool(loss.pool).balanceAt(account, loss.lenderEpoch);
        if (loss.stakerEpoch != 0) held += FUND.balanceAt(account, loss.stakerEpoch);
        if (held == 0) _equal(assets, 0, I6);
    }

    /* -------------------------------------------- THE FUND --------------------------------------------- */

    function stake(uint256 seed) external {
        Turn memory t = _begin(seed);
        _observeFund(t);
        uint256 assets = _amount(t.size, 1e5 * UNIT);
        uint256 shares = FUND.previewDeposit(assets);
        _refuse(t, shares == 0, IEpochEvents.ZeroAmount.selector);
        _atMost(assets, FUND.maxDeposit(t.peer), I16);
        if (!_send(t, address(FUND), abi.encodeCall(FUND.deposit, (assets, t.peer)))) return;
        _equal(abi.decode(t.answer, (uint256)), shares, I16);
        _equal(FUND.totalAssets(), t.staked + assets, I1);
        _settleFund(t, false);
    }

    function stakeShares(uint256 seed) external {
        Turn memory t = _begin(seed);
        _observeFund(t);
        uint256 shares = _amount(t.size, 1e8 * UNIT);
        uint256 assets = FUND.previewMint(shares);
        if (assets > 1e6 * UNIT) return;
        if (!_send(t, address(FUND), abi.encodeCall(FUND.mint, (shares, t.peer)))) return;
        _equal(abi.decode(t.answer, (uint256)), assets, I16);
        _settleFund(t, false);
    }

    function transferStake(uint256 seed) external {
        Turn memory t = _begin(seed);
        _observeFund(t);
        (uint256 balance, uint256 cooling) = (FUND.balanceOf(t.user), _cooling(t.user));
        uint256 shares = _part(t.size, balance);
        _refuse(t, shares > balance, IERC20Errors.ERC20InsufficientBalance.selector);
        _refuse(t, shares > balance - _min(balance, cooling), IEpochEvents.SharesLocked.selector);
        _perhaps(t, stakeEpochTime == _now(), IEpochEvents.SharesLocked.selector);
        if (_send(t, address(FUND), abi.encodeCall(FUND.transfer, (t.peer, shares)))) _settleFund(t, false);
    }

    function cooldown(uint256 seed) external {
        Turn memory t = _begin(seed);
        for (uint256 j; j < USERS && t.size % 16 != 0 && FUND.balanceOf(t.user) == 0; ++j) {
            t.who = (t.who + 1) % USERS;
            t.user = users[t.who];
        }
        _observeFund(t);
        uint256 requested = _cooling(t.user);
        uint256 balance = FUND.balanceOf(t.user);
        uint256 shares = _part(t.size, balance);
        _refuse(t, requested == 0 && shares == 0, IInsuranceFund.NoRequest.selector);
        _refuse(t, shares > balance, IERC20Errors.ERC20InsufficientBalance.selector);
        // the gain since an older request is forfeited first
        _perhaps(t, requested != 0, IERC20Errors.ERC20InsufficientBalance.selector);
        bool locked = stakeEpochTime == _now();
        _perhaps(t, locked, IERC20Errors.ERC20InsufficientBalance.selector);
        _perhaps(t, locked, IEpochEvents.SharesLocked.selector);
        if (_send(t, address(FUND), abi.encodeCall(FUND.cooldown, (shares)))) _settleFund(t, false);
    }

    /// @dev Half of the time it waits until the request opens.
    function unstake(uint256 seed) external {
        uint256 r = uint256(keccak256(abi.encode(seed)));
        uint256 who = (r >> 8) % USERS;
        for (uint256 j; j < USERS && _cooling(users[who]) == 0; ++j) who = (who + 1) % USERS;
        (, , uint256 opensAt, ) = FUND.cooldownOf(users[who]);
        if (r >> 255 == 0 && opensAt > _now()) _warp(opensAt);
        Turn memory t = _begin(seed);
        (t.who, t.user) = (who, users[who]);
        _observeFund(t);
        (uint256 requested, uint256 worth, , ) = FUND.cooldownOf(t.user);
        uint256 shares = _part(t.size, requested);
        vm.prank(t.user);
        uint256 assets = FUND.previewRedeem(shares);
        uint256 now_ = FUND.convertToAssets(shares);
        uint256 most = FUND.maxRedeem(t.user);
        _refuseUnstake(t, shares, assets, shares > most);
        if (shares <= most && assets != 0 && t.refused != 0) revert Broken(I16, shares, most);
        if (!_send(t, address(FUND), abi.encodeCall(FUND.redeem, (shares, t.peer, t.user)))) return;
        _equal(abi.decode(t.answer, (uint256)), assets, I16);
        _atMost(assets, now_, I15);
        _atMost(assets * requested, worth * shares, I15);
        _settleFund(t, false);
    }

    function harvest(uint256 seed) external {
        Turn memory t = _begin(seed);
        _observeFund(t);
        _refuseByGuard(t, t.s.lenderAssets, true);
        if (!_send(t, address(FUND), abi.encodeCall(FUND.harvest, (address(t.pool))))) return;
        _equal(abi.decode(t.answer, (uint256)), _min(t.s.fees, t.s.cash), I1);
        _settle(t, 0, 0);
        _settleFund(t, false);
    }

    function fundReserve(uint256 seed) external {
        Turn memory t = _begin(seed);
        _observeFund(t);
        uint256 assets = _amount(t.size, 2e4 * UNIT);
        _send(t, address(FUND), abi.encodeCall(FUND.fundReserve, (assets)));
        _equal(FUND.reserve(), t.reserve + assets, I1);
        _settleFund(t, false);
    }

    /* ------------------------------------------ THE GOVERNOR ------------------------------------------- */

    function setCoverageLimit(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 limit = t.size % 8 == 0 ? 0 : _amount(t.size, 2e5 * UNIT);
        (uint256 before, ) = _coverage(t.pool);
        _sendAs(t, address(this), address(FUND), abi.encodeCall(FUND.setCoverageLimit, (address(t.pool), limit)));
        (uint256 after_, ) = _coverage(t.pool);
        _equal(after_, _min(before, limit), I15);
    }

    function govern(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 cap = t.size % 3 == 0 ? _amount(t.size, 2e7 * UNIT) : 2e7 * UNIT;
        bytes memory data =
            t.s.paused
                ? abi.encodeCall(FACTORY.unpause, (address(t.pool)))
                : t.size % 4 == 0
                    ? abi.encodeCall(FACTORY.pause, (address(t.pool)))
                    : abi.encodeCall(FACTORY.setSupplyCap, (address(t.pool), cap));
        _sendAs(t, address(this), address(FACTORY), data);
        _settle(t, 0, 0);
    }

    /* ------------------------------------------ TIME AND PRICE ----------------------------------------- */

    /// @dev Anywhere from 0.6 to 1.4 of what it is, now and then to nothing, and back.
    function movePrice(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 price = (prices[t.k] * (600 + ((t.size >> 8) % 801))) / 1_000;
        if (t.size % 32 == 0) price = 0;
        if (t.size % 2 == 1 || (price == 0 && t.size % 32 != 0))
            price = (startPrices[t.k] * (800 + ((t.size >> 8) % 601))) / 1_000;
        _setPrice(t.k, _min(price, startPrices[t.k] * 20));
        if (t.blind && (t.size >> 64) % 2 == 0) oracles[t.k].setMode(MockOracle.Mode.Answer);
        ++counts[msg.sig];
    }

    /// @dev All cash is borrowed, then the collateral loses its value: with little cover the end of a generation.
    function crash(uint256 seed) external {
        Turn memory t = _begin(seed);
        if (t.size % 4 != 0 || t.blind || t.s.paused || t.s.cash < 1_000 * UNIT || _writtenOffs(t.words[t.who]) != 0)
            return;
        _setPrice(t.k, startPrices[t.k]);
        _observe(t);
        uint256 assets = (((t.s.cash + _debt(t, t.words[t.who])) * 2) * PRICE_SCALE) / startPrices[t.k];
        vm.startPrank(t.user);
        t.pool.supplyCollateral(assets, t.user);
        t.pool.borrow(t.s.cash - ((t.size >> 8) % UNIT), t.user, t.user);
        vm.stopPrank();
        _settle(t, 0, 1 << t.who);
        _setPrice(t.k, (t.size >> 64) % 2 == 0 ? 0 : startPrices[t.k] / (2 + ((t.size >> 72) % 2e6)));
        _observe(t);
        _writeDown(t, _everyone());
    }

    function setOracleMode(uint256 seed) external {
        Turn memory t = _begin(seed);
        MockOracle.Mode mode = t.blind || t.size % 4 != 0 ? MockOracle.Mode.Answer : MockOracle.Mode.Revert;
        _sendAs(t, address(this), address(oracles[t.k]), abi.encodeCall(MockOracle.setMode, (mode)));
    }

    function reportBlind(uint256 seed) external {
        Turn memory t = _begin(seed);
        _send(t, address(t.pool), abi.encodeCall(t.pool.reportBlind, ()));
        _equal(abi.decode(t.answer, (uint256)) != 0 ? 1 : 0, t.blind ? 1 : 0, I16);
        _settle(t, 0, 0);
    }

    function wait(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 kind = t.size % 16;
        _warp(
            _now() +
                ((t.size >> 8) %
                    (
                        kind == 0
                            ? 60 days
                            : kind < 6
                                ? 4 days
                                : 12 hours
                    ))
        );
        _observe(t);
        ++counts[msg.sig];
    }

    function sync(uint256 seed) external {
        Turn memory t = _begin(seed);
        _observeFund(t);
        if (t.size % 2 == 0) {
            _send(t, address(t.pool), abi.encodeCall(t.pool.accrue, ()));
        } else {
            _send(t, address(FUND), abi.encodeCall(FUND.syncGuard, ()));
            address pool = abi.decode(t.answer, (address));
            if (pool != FUND.exitsHeldBy()) revert Broken(I16, uint160(pool), uint160(FUND.exitsHeldBy()));
        }
        _settle(t, 0, 0);
        _settleFund(t, false);
    }

    /// @dev A raw transfer changes nothing.
    function donate(uint256 seed) external {
        Turn memory t = _begin(seed);
        _observeFund(t);
        uint256 assets = _amount(t.size, 1e5 * UNIT);
        uint256 to = (t.size >> 64) % 3;
        address target =
            to == 0
                ? address(t.pool)
                : to == 1
                    ? address(FUND)
                    : address(SOCIALIZER);
        if (to == 0) donated[t.k] += assets;
        if (to == 1) donatedToFund += assets;
        if (to == 2) donatedToSocializer += assets;
        _send(t, address(ASSET), abi.encodeCall(ASSET.transfer, (target, assets)));
        _equal(FUND.totalAssets() + FUND.reserve(), t.staked + t.reserve, I1);
        _settle(t, 0, 0);
    }

    /// @dev Deposits, lets the price fall, writes down and tries to leave, all in one block.
    function depositAroundLoss(uint256 seed) external {
        Turn memory t = _begin(seed);
        uint256 j = _debtor(t);
        uint256 held = t.pool.balanceOf(t.user);
        uint256 assets = _min(_amount(t.size, 1e6 * UNIT), t.pool.maxDeposit(t.user));
        if (_scaledDebt(t.words[j]) == 0 || t.pool.previewDeposit(assets) == 0) return;
        vm.prank(t.user);
        uint256 received = t.pool.deposit(assets, t.user);
        _settle(t, int256(assets), 0);
        uint256 epoch = t.pool.epoch();
        _setHealth(t, j, 100 + ((t.size >> 80) % 700));
        _writeDown(t, _everyone());
        if (t.pool.epoch() == epoch || t.pool.balanceOf(t.user) == 0) return;
        // the amount received is remembered to 2^-47
        uint256 free = held + (received >> 46);
        _atMost(t.pool.maxRedeem(t.user), free, I7);
        Turn memory exit = t;
        _observe(exit);
        (exit.refused, exit.surely) = (0, false);
        _refuse(exit, true, IEpochEvents.SharesLocked.selector);
        _perhaps(exit, true, IPoolEvents.InsufficientCash.selector);
        _perhaps(exit, true, IPoolEvents.UnbookedShortfall.selector);
        _perhaps(exit, true, IEpochEvents.ZeroAmount.selector);
        _send(exit, address(t.pool), abi.encodeCall(t.pool.redeem, (free + 1, t.user, t.user)));
    }

    /// @dev Debts grow past what anybody has.
    function _afford(Turn memory t, uint256 assets) private {
        if (assets > ASSET.balanceOf(t.user)) ASSET.mint(t.user, assets);
    }

    /// @dev Lets the price go to where an account has a health of so many thousandths.
    function _setHealth(Turn memory t, uint256 i, uint256 health) private {
        uint256 owed = ((_debt(t, t.words[i]) + t.writtenOff[i]) * health) / 1_000;
        uint256 weight = (_collateral(t.words[i]) * lltvs[t.k]) / WAD;
        if (weight == 0) return;
        oracles[t.k].setMode(MockOracle.Mode.Answer);
        _setPrice(t.k, _min((owed * PRICE_SCALE) / weight, startPrices[t.k] * 20));
        _observe(t);
    }

    /* ---------------------------------------------- COUNTS --------------------------------------------- */

    /// @notice The calls that are drawn.
    function calls() public pure returns (bytes4[] memory selectors) {
        bytes4[37] memory all = [
            this.deposit.selector,
            this.mint.selector,
            this.withdraw.selector,
            this.redeem.selector,
            this.transfer.selector,
            this.supplyCollateral.selector,
            this.withdrawCollateral.selector,
            this.borrow.selector,
            this.setOperator.selector,
            this.repay.selector,
            this.writeDown.selector,
            this.liquidate.selector,
            this.repayWrittenOff.selector,
            this.refinance.selector,
            this.recover.selector,
            this.claim.selector,
            this.stake.selector,
            this.stakeShares.selector,
            this.transferStake.selector,
            this.cooldown.selector,
            this.unstake.selector,
            this.harvest.selector,
            this.fundReserve.selector,
            this.setCoverageLimit.selector,
            this.govern.selector,
            this.movePrice.selector,
            this.crash.selector,
            this.setOracleMode.selector,
            this.reportBlind.selector,
            this.wait.selector,
            this.sync.selector,
            this.donate.selector,
            this.attack.selector,
            this.tryMaxima.selector,
            this.exitBeforeLoss.selector,
            this.lossesAddUp.selector,
            this.depositAroundLoss.selector
        ];
        selectors = new bytes4[](all.length);
        for (uint256 i; i < all.length; ++i) selectors[i] = all[i];
    }

    /// @notice How often each of them went through, and was refused as predicted.
    function tally() external view returns (uint256[] memory done, uint256[] memory refused) {
        bytes4[] memory selectors = calls();
        (done, refused) = (new uint256[](selectors.length), new uint256[](selectors.length));
        for (uint256 i; i < selectors.length; ++i) {
            uint256 count = counts[selectors[i]];
            (done[i], refused[i]) = (uint128(count), count >> 128);
        }
    }
}
