// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IBadDebtSocializer, Loss} from "../interfaces/IBadDebtSocializer.sol";
import {Coverage, IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {ILendingPool, LadderTick, PoolState} from "../interfaces/ILendingPool.sol";
import {Waterfall} from "../libraries/Waterfall.sol";

/// @notice What a test compares after a step, in one call.
contract ProtocolProbe {
    struct Reading {
        uint256 time;
        PoolState pool;
        uint256 poolTokens;
        uint256 staked;
        uint256 stakeSupply;
        uint256 reserve;
        uint256 unvestedPremium;
        uint256 coverage;
        uint256 fundTokens;
        Coverage limit;
        bool exitsHeld;
        Risk risk;
        Holding[] holdings; // of all users
        Account[] accounts; // of those asked for
    }

    /// @dev What costs little to read.
    struct Holding {
        uint256 shares;
        uint256 scaledDebt;
        uint256 collateral;
        uint256 stakeShares;
    }

    /// @dev What the pool sees, where it does.
    struct Risk {
        bool seen;
        uint256 visible;
        uint256 net;
        uint256 blindSince;
        LadderTick[] ladder;
    }

    struct Account {
        uint256 debt;
        uint256 writtenOff;
        uint256 cooling;
        uint256 requested;
        uint256 opensAt;
        uint256 closesAt;
    }

    struct LossReading {
        uint256 shortfall;
        Waterfall.Layers lost;
        Waterfall.Layers recovered;
        Waterfall.Layers outstanding;
        uint256 lenderClaims;
        uint256 stakerClaims;
    }

    ILendingPool private immutable POOL;
    IInsuranceFund private immutable FUND;
    IBadDebtSocializer private immutable SOCIALIZER;
    IERC20 private immutable ASSET;

    constructor(ILendingPool pool) {
        POOL = pool;
        FUND = IInsuranceFund(pool.fund());
        SOCIALIZER = IBadDebtSocializer(pool.socializer());
        ASSET = IERC20(pool.asset());
    }

    /// @notice To be called statically: it accrues once, so that the views of the accounts need not.
    function read(address[] calldata users, address[] calldata detailed) external returns (Reading memory r) {
        r.time = block.timestamp;
        r.pool = POOL.state();
        r.poolTokens = ASSET.balanceOf(address(POOL));
        r.staked = FUND.totalAssets();
        r.stakeSupply = FUND.totalSupply();
        r.reserve = FUND.reserve();
        r.unvestedPremium = FUND.unvested();
        r.coverage = FUND.coverageAvailable(address(POOL));
        r.fundTokens = ASSET.balanceOf(address(FUND));
        r.limit = FUND.coverageOf(address(POOL));
        POOL.accrue();
        r.exitsHeld = FUND.exitsHeldBy() != address(0);
        r.risk = _risk(users.length);
        r.holdings = new Holding[](users.length);
        for (uint256 i; i < users.length; ++i) {
            Holding memory h = r.holdings[i];
            h.shares = POOL.balanceOf(users[i]);
            h.scaledDebt = POOL.scaledDebtOf(users[i]);
            (h.collateral, , ) = POOL.positionOf(users[i]);
            h.stakeShares = FUND.balanceOf(users[i]);
        }
        r.accounts = new Account[](detailed.length);
        for (uint256 i; i < detailed.length; ++i) r.accounts[i] = _account(detailed[i]);
    }

    /// @dev All ticks of `users` accounts, and one more if there is any.
    function _risk(uint256 users) private view returns (Risk memory r) {
        r.blindSince = POOL.blindSince();
        r.ladder = POOL.ladder(type(uint256).max, users + 1);
        try POOL.visibleShortfall() returns (uint256 visible) {
            (r.seen, r.visible, r.net) = (true, visible, POOL.totalAssetsNet());
        } catch {}
    }

    function _account(address user) private view returns (Account memory a) {
        (, a.debt, a.writtenOff) = POOL.positionOf(user);
        (a.cooling, a.requested, a.opensAt, a.closesAt) = FUND.cooldownOf(user);
    }

    /// @return losses all of them
    /// @return claims of each user on each loss, in the order of the users, then of the losses
    /// @return held tokens of the socializer
    function readLosses(
        address[] calldata users
    ) external view returns (LossReading[] memory losses, uint256[] memory claims, uint256 held) {
        uint256 count = SOCIALIZER.lossCount();
        losses = new LossReading[](count);
        claims = new uint256[](count * users.length);
        for (uint256 i; i < count; ++i) {
            Loss memory loss = SOCIALIZER.lossOf(i + 1);
            losses[i] = LossReading({
                shortfall: loss.shortfall,
                lost: Waterfall.Layers(loss.fees, loss.reserve, loss.staked, loss.interest, loss.principal),
                recovered: loss.recoveredBy,
                outstanding: loss.outstanding,
                lenderClaims: loss.lenderClaims,
                stakerClaims: loss.stakerClaims
            });
            if (loss.lenderClaims + loss.stakerClaims == 0) continue;
            for (uint256 j; j < users.length; ++j) claims[j * count + i] = SOCIALIZER.claimable(i + 1, users[j]);
        }
        held = ASSET.balanceOf(address(SOCIALIZER));
    }
}
