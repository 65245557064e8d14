// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {Interest} from "../libraries/Interest.sol";
import {Liquidation} from "../libraries/Liquidation.sol";
import {Premium} from "../libraries/Premium.sol";
import {RiskLadder} from "../libraries/RiskLadder.sol";
import {SharesMath} from "../libraries/SharesMath.sol";
import {LAYERS, Waterfall} from "../libraries/Waterfall.sol";

/// @notice The internal functions of the libraries, one external function each, and many of their calls in one.
contract MathHarness {
    struct Result {
        bool ok;
        bytes data;
    }

    struct Accrual {
        uint256 index;
        uint256 rate;
        uint256 unvested;
        uint256 premium;
        uint256 scaledDebt;
        uint256 interest;
        uint256 cash;
        uint256 elapsed;
        uint256 vesting;
        bool lent;
    }

    function batch(bytes[] calldata calls) external view returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            (results[i].ok, results[i].data) = address(this).staticcall(calls[i]);
        }
    }

    /* FIXED POINT */

    function expWad(int256 x) external pure returns (int256) {
        return FixedPointMathLib.expWad(x);
    }

    function lnWad(int256 x) external pure returns (int256) {
        return FixedPointMathLib.lnWad(x);
    }

    function mulDivDown(uint256 x, uint256 y, uint256 d) external pure returns (uint256) {
        return FixedPointMathLib.fullMulDiv(x, y, d);
    }

    function mulDivUp(uint256 x, uint256 y, uint256 d) external pure returns (uint256) {
        return FixedPointMathLib.fullMulDivUp(x, y, d);
    }

    /* INTEREST */

    function accrue(Accrual calldata s) external pure returns (uint256 index, uint256 rate, uint256 unvested) {
        (index, rate, unvested, ) = Interest.accrue(
            s.index,
            s.rate,
            s.unvested,
            s.premium,
            s.scaledDebt,
            s.interest,
            s.cash,
            s.elapsed,
            s.vesting,
            s.lent
        );
    }

    function debtDown(uint256 scaled, uint256 index) external pure returns (uint256) {
        return Interest.debtDown(scaled, index);
    }

    function debtUp(uint256 scaled, uint256 index) external pure returns (uint256) {
        return Interest.debtUp(scaled, index);
    }

    function feesOf(uint256 interest, uint256 premium) external pure returns (uint256) {
        return Interest.feesOf(interest, premium);
    }

    function utilisation(uint256 debt, uint256 cash) external pure returns (uint256) {
        return Interest.utilisation(debt, cash);
    }

    function rates(uint256 rate, uint256 u, uint256 elapsed) external pure returns (uint256 average, uint256 end) {
        return Interest.rates(rate, u, elapsed);
    }

    function growthOf(uint256 average, uint256 elapsed) external pure returns (uint256) {
        return Interest.growthOf(average, elapsed);
    }

    function decay(uint256 elapsed, uint256 vesting) external pure returns (uint256) {
        return Interest.decay(elapsed, vesting);
    }

    function grow(uint256 index, uint256 growth, uint256 scaledDebt) external pure returns (uint256) {
        return Interest.grow(index, growth, scaledDebt);
    }

    function bufferOf(
        uint256 debt,
        uint256 premium,
        uint256 average,
        uint256 growth,
        uint256 keep,
        uint256 vesting
    ) external pure returns (uint256) {
        return Interest.bufferOf(debt, premium, average, growth, keep, vesting);
    }

    /* SHARES */

    function toSharesDown(uint256 assets, uint256 total, uint256 supply) external pure returns (uint256) {
        return SharesMath.toSharesDown(assets, total, supply);
    }

    function toSharesUp(uint256 assets, uint256 total, uint256 supply) external pure returns (uint256) {
        return SharesMath.toSharesUp(assets, total, supply);
    }

    function toAssetsDown(uint256 shares, uint256 total, uint256 supply) external pure returns (uint256) {
        return SharesMath.toAssetsDown(shares, total, supply);
    }

    function toAssetsUp(uint256 shares, uint256 total, uint256 supply) external pure returns (uint256) {
        return SharesMath.toAssetsUp(shares, total, supply);
    }

    function isWiped(uint256 total, uint256 before, uint256 supply, uint256 dust) external pure returns (bool) {
        return SharesMath.isWiped(total, before, supply, dust);
    }

    /* LIQUIDATION */

    function valueOf(uint256 collateral, uint256 price) external pure returns (uint256) {
        return Liquidation.valueOf(collateral, price);
    }

    function collateralOf(uint256 value, uint256 price) external pure returns (uint256) {
        return Liquidation.collateralOf(value, price);
    }

    function isHealthy(uint256 value, uint256 owed, uint256 lltv) external pure returns (bool) {
        return Liquidation.isHealthy(value, owed, lltv);
    }

    function healthOf(uint256 value, uint256 owed, uint256 lltv) external pure returns (uint256) {
        return Liquidation.healthOf(value, owed, lltv);
    }

    function performing(uint256 value, uint256 writeDownIncentive) external pure returns (uint256) {
        return Liquidation.performing(value, writeDownIncentive);
    }

    function incentiveOf(uint256 value, uint256 owed, Liquidation.Terms calldata t) external pure returns (uint256) {
        return Liquidation.incentiveOf(value, owed, t);
    }

    function ramp(uint256 health, Liquidation.Terms calldata t) external pure returns (uint256) {
        return Liquidation.ramp(health, t);
    }

    function toTarget(
        uint256 value,
        uint256 owed,
        uint256 incentive,
        Liquidation.Terms calldata t
    ) external pure returns (uint256) {
        return Liquidation.toTarget(value, owed, incentive, t);
    }

    function affordable(uint256 value, uint256 owed, uint256 incentive) external pure returns (uint256) {
        return Liquidation.affordable(value, owed, incentive);
    }

    function clamp(
        uint256 debt,
        uint256 limit,
        uint256 whole,
        uint256 asked,
        bool defaulted,
        uint256 minDebt
    ) external pure returns (uint256) {
        return Liquidation.clamp(debt, limit, whole, asked, defaulted, minDebt);
    }

    /* RISK LADDER */

    function tickOf(uint256 scaledDebt, uint256 collateral) external pure returns (uint256) {
        return RiskLadder.tickOf(scaledDebt, collateral);
    }

    function tickAt(uint256 price, uint256 index, uint256 limit) external pure returns (uint256) {
        return RiskLadder.tickAt(price, index, limit);
    }

    function shortfallOf(
        uint256 scaledDebt,
        uint256 collateral,
        uint256 price,
        uint256 index,
        uint256 writeDownIncentive
    ) external pure returns (uint256) {
        return RiskLadder.shortfallOf(scaledDebt, collateral, price, index, writeDownIncentive);
    }

    function tolerated(uint256 remaining, uint256 tolerance, uint256 dust) external pure returns (uint256) {
        return RiskLadder.tolerated(remaining, tolerance, dust);
    }

    function leavable(
        uint256 assets,
        uint256 shortfall,
        uint256 tolerance,
        uint256 dust
    ) external pure returns (uint256) {
        return RiskLadder.leavable(assets, shortfall, tolerance, dust);
    }

    /* WATERFALL */

    function absorb(uint256 loss, uint256 layer) external pure returns (uint256 taken, uint256 left) {
        return Waterfall.absorb(loss, layer);
    }

    function opensEpoch(uint256 lost, uint256 layer) external pure returns (bool) {
        return Waterfall.opensEpoch(lost, layer);
    }

    function toUnits(uint256 assets, uint256 index) external pure returns (uint256) {
        return Waterfall.toUnits(assets, index);
    }

    function toAssets(uint256 units, uint256 index) external pure returns (uint256) {
        return Waterfall.toAssets(units, index);
    }

    function pay(uint256 assets, uint256 due, uint256 index) external pure returns (uint256 paid, uint256 units) {
        return Waterfall.pay(assets, due, index);
    }

    function climb(
        Waterfall.Layers[] memory episode,
        uint256 assets,
        uint256 index
    ) external pure returns (Waterfall.Layers[] memory paid, Waterfall.Layers[] memory due, uint256 left) {
        uint256[LAYERS][] memory units = new uint256[LAYERS][](episode.length);
        for (uint256 i; i < episode.length; ++i) units[i] = Waterfall.byClimb(episode[i]);
        uint256[LAYERS][] memory got;
        (got, left) = Waterfall.climb(units, assets, index);
        (paid, due) = (new Waterfall.Layers[](episode.length), new Waterfall.Layers[](episode.length));
        for (uint256 i; i < episode.length; ++i) {
            (paid[i], due[i]) = (Waterfall.fromClimb(got[i]), Waterfall.fromClimb(units[i]));
        }
    }

    function shareOf(uint256 recovered, uint256 balance, uint256 supply) external pure returns (uint256) {
        return Waterfall.shareOf(recovered, balance, supply);
    }

    /* PREMIUM */

    function premiumTarget(
        uint256 available,
        uint256 debt,
        uint256 maxPremium,
        uint256 halfCover
    ) external pure returns (uint256) {
        return Premium.target(available, debt, maxPremium, halfCover);
    }

    function premiumNext(
        uint256 current,
        uint256 wanted,
        uint256 maxPremium,
        uint256 elapsed
    ) external pure returns (uint256 premium, uint256 used) {
        return Premium.next(current, wanted, maxPremium, elapsed);
    }

    function forfeit(uint256 shares, uint256 atRequest, uint256 now_) external pure returns (uint256) {
        return Premium.forfeit(shares, atRequest, now_);
    }
}
