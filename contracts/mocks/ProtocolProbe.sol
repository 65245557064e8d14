// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IBadDebtSocializer, Loss} from "../interfaces/IBadDebtSocializer.sol";
import {Coverage, IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {ILendingPool, PoolState} from "../interfaces/ILendingPool.sol";
import {Waterfall} from "../libraries/Waterfall.sol";

/// @notice All that a test compares after a step, in one call. Reverts at most where the views that it reads do.
contract ProtocolProbe {
    struct PoolReading {
        uint256 time;
        PoolState state;
        uint256 tokens;
        uint256 epoch;
        uint256 generation;
    }

    struct FundReading {
        uint256 totalAssets;
        uint256 supply;
        uint256 reserve;
        uint256 unvested;
        uint256 available;
        uint256 tokens;
        uint256 epoch;
        uint256 generation;
        Coverage coverage;
    }

    struct UserReading {
        uint256 shares;
        uint256 assets;
        uint256 collateral;
        uint256 debt;
        uint256 writtenOff;
        uint256 scaledDebt;
        uint256 stakeShares;
        uint256 stakeAssets;
        uint256 coolingShares;
        uint256 coolingAssets;
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

    constructor(ILendingPool pool) {
        POOL = pool;
        FUND = IInsuranceFund(pool.fund());
        SOCIALIZER = IBadDebtSocializer(pool.socializer());
    }

    function read(
        address[] calldata users
    ) external view returns (PoolReading memory pool, FundReading memory fund, UserReading[] memory accounts) {
        IERC20 asset = IERC20(POOL.asset());
        pool.time = block.timestamp;
        pool.state = POOL.state();
        pool.tokens = asset.balanceOf(address(POOL));
        pool.epoch = POOL.epoch();
        pool.generation = POOL.generation();
        fund.totalAssets = FUND.totalAssets();
        fund.supply = FUND.totalSupply();
        fund.reserve = FUND.reserve();
        fund.unvested = FUND.unvested();
        fund.available = FUND.coverageAvailable(address(POOL));
        fund.tokens = asset.balanceOf(address(FUND));
        fund.epoch = FUND.epoch();
        fund.generation = FUND.generation();
        fund.coverage = FUND.coverageOf(address(POOL));
        accounts = new UserReading[](users.length);
        for (uint256 i; i < users.length; ++i) accounts[i] = _user(users[i]);
    }

    function _user(address user) private view returns (UserReading memory r) {
        r.shares = POOL.balanceOf(user);
        r.assets = POOL.convertToAssets(r.shares);
        (r.collateral, r.debt, r.writtenOff) = POOL.positionOf(user);
        r.scaledDebt = POOL.scaledDebtOf(user);
        r.stakeShares = FUND.balanceOf(user);
        r.stakeAssets = FUND.convertToAssets(r.stakeShares);
        (r.coolingShares, r.coolingAssets, r.opensAt, r.closesAt) = FUND.cooldownOf(user);
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
            for (uint256 j; j < users.length; ++j) {
                claims[j * count + i] = SOCIALIZER.claimable(i + 1, users[j]);
            }
        }
        held = IERC20(POOL.asset()).balanceOf(address(SOCIALIZER));
    }
}
