// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IBadDebtSocializer, Loss} from "./interfaces/IBadDebtSocializer.sol";
import {ILendingPool} from "./interfaces/ILendingPool.sol";
import {IPoolFactory} from "./interfaces/IPoolFactory.sol";
import {IPoolLens} from "./interfaces/IPoolLens.sol";
import {Liquidation} from "./libraries/Liquidation.sol";
import {IOracle} from "./interfaces/IOracle.sol";

/// @title PoolLens
/// @notice See IPoolLens. No state; a pool or an oracle that fails fails only its own answer.
contract PoolLens is IPoolLens {
    /// @inheritdoc IPoolLens
    function pools(address factory, uint256 start, uint256 count) external view returns (PoolView[] memory views) {
        address[] memory list = IPoolFactory(factory).poolsOf(start, count);
        views = new PoolView[](list.length);
        for (uint256 i; i < list.length; ++i) views[i] = poolOf(list[i]);
    }

    /// @inheritdoc IPoolLens
    function poolOf(address pool) public view returns (PoolView memory v) {
        ILendingPool p = ILendingPool(pool);
        v.pool = pool;
        v.asset = p.asset();
        v.collateralAsset = p.collateralAsset();
        v.oracle = p.oracle();
        v.fund = p.fund();
        v.lltv = p.lltv();
        v.epoch = p.epoch();
        v.generation = p.generation();
        v.state = p.state();
        (v.price, v.priced) = _price(p);
    }

    /// @inheritdoc IPoolLens
    function positions(address pool, address[] calldata accounts) external view returns (PositionView[] memory views) {
        ILendingPool p = ILendingPool(pool);
        (uint256 price, bool priced) = _price(p);
        (uint256 lltv, uint256 w, uint256 dust) = (p.lltv(), p.writeDownIncentive(), p.dust());
        views = new PositionView[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            PositionView memory v = views[i];
            v.account = accounts[i];
            (v.collateral, v.debt, v.writtenOff) = p.positionOf(accounts[i]);
            if (!priced) continue;
            uint256 value = Liquidation.valueOf(v.collateral, price);
            uint256 performing = Liquidation.performing(value, w);
            v.health = Liquidation.healthOf(value, v.debt + v.writtenOff, lltv);
            if (v.debt > performing && (v.debt > value || v.debt - performing >= dust))
                v.shortfall = v.debt - performing;
        }
    }

    /// @inheritdoc IPoolLens
    function lenders(address pool, address[] calldata accounts) external view returns (LenderView[] memory views) {
        ILendingPool p = ILendingPool(pool);
        views = new LenderView[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            uint256 shares = p.balanceOf(accounts[i]);
            views[i] = LenderView(accounts[i], shares, p.convertToAssets(shares), p.maxRedeem(accounts[i]));
        }
    }

    /// @inheritdoc IPoolLens
    function losses(address socializer, uint256 start, uint256 count) external view returns (Loss[] memory list) {
        IBadDebtSocializer s = IBadDebtSocializer(socializer);
        uint256 last = s.lossCount();
        uint256 left = start != 0 && start <= last ? last - start + 1 : 0;
        list = new Loss[](count < left ? count : left);
        for (uint256 i; i < list.length; ++i) list[i] = s.lossOf(start + i);
    }

    /// @inheritdoc IPoolLens
    function claims(
        address socializer,
        uint256[] calldata lossIds,
        address account
    ) external view returns (uint256[] memory assets) {
        assets = new uint256[](lossIds.length);
        for (uint256 i; i < lossIds.length; ++i) {
            assets[i] = IBadDebtSocializer(socializer).claimable(lossIds[i], account);
        }
    }

    function _price(ILendingPool pool) private view returns (uint256 price, bool priced) {
        // not a `try`: that reverts on an answer that is no number
        (bool ok, bytes memory answer) = pool.oracle().staticcall(abi.encodeCall(IOracle.price, ()));
        if (ok && answer.length == 32) return (abi.decode(answer, (uint256)), true);
    }
}
