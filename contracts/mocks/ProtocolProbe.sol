// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IBadDebtSocializer, Loss} from "../interfaces/IBadDebtSocializer.sol";
import {Coverage, IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {ILendingPool, LadderTick, PoolState} from "../interfaces/ILendingPool.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {Liquidation} from "../libraries/Liquidation.sol";
import {SharesMath} from "../libraries/SharesMath.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {MockOracle} from "./MockOracle.sol";

/// @notice What a test compares after a step, in one call: pools of one fund, and the fund.
contract ProtocolProbe {
    struct Reading {
        uint256 time;
        FundReading fund;
        PoolReading[] pools;
    }

    struct FundReading {
        uint256 staked;
        uint256 stakeSupply;
        uint256 reserve;
        uint256 unvestedPremium;
        uint256 fundTokens;
        bool exitsHeld;
        Stake[] stakes; // of the users
    }

    struct Stake {
        uint256 shares;
        uint256 cooling;
        uint256 requested;
        uint256 opensAt;
        uint256 closesAt;
    }

    struct PoolReading {
        PoolState pool;
        uint256 poolTokens;
        uint256 coverage;
        Coverage limit;
        uint256 blindSince;
        Risk risk;
        Holding[] holdings; // of the users
    }

    struct Holding {
        uint256 shares;
        uint256 scaledDebt;
        uint256 collateral;
        uint256 debt;
        uint256 writtenOff;
    }

    /// @dev What the pool sees, where it does.
    struct Risk {
        bool seen;
        uint256 visible;
        uint256 net;
        LadderTick[] ladder;
    }

    struct LossReading {
        address pool;
        uint256 shortfall;
        Waterfall.Layers lost;
        Waterfall.Layers recovered;
        Waterfall.Layers outstanding;
        uint256 lenderClaims;
        uint256 stakerClaims;
    }

    /// @dev What a pool held before its lenders left, what each of them owned, and got.
    struct Ending {
        PoolState pool;
        uint256[] owned;
        uint256[] paid;
    }

    /// @dev More ticks than a test has accounts.
    uint256 private constant MAX_TICKS = 16;

    IInsuranceFund private immutable FUND;
    IBadDebtSocializer private immutable SOCIALIZER;
    IERC20 private immutable ASSET;
    ILendingPool[] private pools;

    constructor(ILendingPool[] memory pools_) {
        pools = pools_;
        FUND = IInsuranceFund(pools_[0].fund());
        SOCIALIZER = IBadDebtSocializer(pools_[0].socializer());
        ASSET = IERC20(pools_[0].asset());
    }

    /* --------------------------------------------- THE STATE ------------------------------------------- */

    /// @notice To be called statically: it accrues once, so that the views of the accounts need not.
    function read(address[] calldata users) external returns (Reading memory r) {
        r.time = block.timestamp;
        r.pools = new PoolReading[](pools.length);
        for (uint256 i; i < pools.length; ++i) {
            ILendingPool pool = pools[i];
            PoolReading memory p = r.pools[i];
            p.pool = pool.state();
            p.poolTokens = ASSET.balanceOf(address(pool));
            p.coverage = FUND.coverageAvailable(address(pool));
            p.limit = FUND.coverageOf(address(pool));
            p.blindSince = pool.blindSince();
            pool.accrue();
            (p.risk, p.holdings) = (_risk(pool, p.pool), _holdings(pool, users));
        }
        r.fund = _readFund(users);
        r.fund.exitsHeld = FUND.exitsHeldBy() != address(0);
    }

    function _readFund(address[] calldata users) private view returns (FundReading memory r) {
        r.staked = FUND.totalAssets();
        r.stakeSupply = FUND.totalSupply();
        r.reserve = FUND.reserve();
        r.unvestedPremium = FUND.unvested();
        r.fundTokens = ASSET.balanceOf(address(FUND));
        r.stakes = new Stake[](users.length);
        for (uint256 i; i < users.length; ++i) {
            Stake memory s = r.stakes[i];
            s.shares = FUND.balanceOf(users[i]);
            (s.cooling, s.requested, s.opensAt, s.closesAt) = FUND.cooldownOf(users[i]);
        }
    }

    function _holdings(ILendingPool pool, address[] calldata users) private view returns (Holding[] memory holdings) {
        holdings = new Holding[](users.length);
        for (uint256 i; i < users.length; ++i) {
            Holding memory h = holdings[i];
            h.shares = pool.balanceOf(users[i]);
            h.scaledDebt = pool.scaledDebtOf(users[i]);
            (h.collateral, h.debt, h.writtenOff) = pool.positionOf(users[i]);
        }
    }

    function _risk(ILendingPool pool, PoolState memory state) private view returns (Risk memory r) {
        r.ladder = pool.ladder(type(uint256).max, MAX_TICKS);
        try pool.visibleShortfall() returns (uint256 visible) {
            (r.seen, r.visible) = (true, visible);
            r.net = visible == 0 ? state.lenderAssets : pool.totalAssetsNet();
        } catch {}
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
                pool: loss.pool,
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

    /* ------------------------------------------ WHAT WOULD HAPPEN -------------------------------------- */

    /// @notice To be called statically: writes each batch of accounts down in a call of its own.
    /// @return left what is left of each layer, in the order of the waterfall, and of the debt
    function layersAfter(ILendingPool pool, address[][] calldata batches) external returns (uint256[6] memory left) {
        for (uint256 i; i < batches.length; ++i) pool.writeDown(batches[i]);
        PoolState memory s = pool.state();
        return [s.fees, FUND.reserve(), FUND.totalAssets(), s.unvested, s.lenderAssets, s.debt];
    }

    /// @notice To be called statically: all prices fall to 0, everybody is written down, and every lender leaves, in
    /// this order. It needs their allowance.
    /// @return ends of each pool
    function atPriceZero(address[] calldata lenders) external returns (Ending[] memory ends) {
        ends = new Ending[](pools.length);
        for (uint256 k; k < pools.length; ++k) {
            MockOracle oracle = MockOracle(pools[k].oracle());
            oracle.setMode(MockOracle.Mode.Answer);
            oracle.setPrice(0);
            pools[k].writeDown(lenders);
        }
        for (uint256 k; k < pools.length; ++k) {
            ILendingPool pool = pools[k];
            Ending memory end = ends[k];
            end.pool = pool.state();
            (end.owned, end.paid) = (new uint256[](lenders.length), new uint256[](lenders.length));
            for (uint256 i; i < lenders.length; ++i) {
                uint256 shares = pool.balanceOf(lenders[i]);
                end.owned[i] = SharesMath.toAssetsDown(shares, end.pool.lenderAssets, end.pool.supply);
                if (end.owned[i] != 0) end.paid[i] = pool.redeem(shares, lenders[i], lenders[i]);
            }
        }
    }

    /// @notice Tokens, shares, and collateral at the oracle's price less performing debt, in loan assets. No claims:
    /// those are what the account had lost.
    function wealthOf(address account) external view returns (int256 wealth) {
        wealth = int256(ASSET.balanceOf(account) + FUND.convertToAssets(FUND.balanceOf(account)));
        for (uint256 k; k < pools.length; ++k) {
            ILendingPool pool = pools[k];
            (uint256 collateral, uint256 debt, ) = pool.positionOf(account);
            collateral += IERC20(pool.collateralAsset()).balanceOf(account);
            uint256 value = Liquidation.valueOf(collateral, IOracle(pool.oracle()).price());
            wealth += int256(pool.convertToAssets(pool.balanceOf(account)) + value) - int256(debt);
        }
    }
}
