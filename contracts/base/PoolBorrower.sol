// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {ILendingPool, WrittenOff} from "../interfaces/ILendingPool.sol";
import {Liquidation} from "../libraries/Liquidation.sol";
import {PoolPositions} from "./PoolPositions.sol";

/// @title PoolBorrower
/// @notice The borrowers' side of a pool: collateral, debt, health.
abstract contract PoolBorrower is PoolPositions, ILendingPool {
    using SafeERC20 for IERC20;
    using FixedPointMathLib for uint256;

    /* ------------------------------------------- COLLATERAL -------------------------------------------- */

    /// @inheritdoc ILendingPool
    function supplyCollateral(uint256 assets, address onBehalf) external nonReentrant {
        if (assets == 0) revert ZeroAmount();
        if (onBehalf == address(0)) revert ZeroAddress();
        Position storage p = _positions[onBehalf];
        if (assets > type(uint112).max - p.collateral) revert AmountTooLarge(assets, type(uint112).max - p.collateral);
        p.collateral += uint112(assets);
        emit CollateralSupplied(msg.sender, onBehalf, assets);
        _pull(COLLATERAL, msg.sender, assets);
    }

    /// @inheritdoc ILendingPool
    function withdrawCollateral(uint256 assets, address onBehalf, address receiver) external nonReentrant {
        if (assets == 0) revert ZeroAmount();
        if (receiver == address(0)) revert ZeroAddress();
        _onlyOperator(onBehalf);
        Position memory p = _positions[onBehalf];
        _requireNotDefaulted(onBehalf, p);
        if (assets > p.collateral) revert InsufficientCollateral(assets, p.collateral);
        p.collateral -= uint112(assets);
        if (p.scaledDebt != 0) {
            Cache memory s = _accrued();
            _requireHealthy(onBehalf, p, s.index);
            _storeShared(s);
        }
        _positions[onBehalf] = p;
        emit CollateralWithdrawn(msg.sender, onBehalf, receiver, assets);
        COLLATERAL.safeTransfer(receiver, assets);
    }

    /* ---------------------------------------------- DEBT ----------------------------------------------- */

    /// @inheritdoc ILendingPool
    function borrow(uint256 assets, address onBehalf, address receiver) external nonReentrant {
        if (assets == 0) revert ZeroAmount();
        if (receiver == address(0)) revert ZeroAddress();
        _onlyOperator(onBehalf);
        Cache memory s = _accrued();
        if (s.flags & FLAG_PAUSED != 0) revert Paused();
        Position memory p = _positions[onBehalf];
        _requireNotDefaulted(onBehalf, p);
        uint256 cash = _cash(s);
        if (assets > cash) revert InsufficientCash(assets, cash);

        uint256 scaled = (assets * WAD).divUp(s.index);
        _addDebt(s, p, scaled, assets);
        _requireMinimum(p, s.index);
        _requireHealthy(onBehalf, p, s.index);

        _positions[onBehalf] = p;
        _storeShared(s);
        _storeBorrowers(s);
        emit Borrowed(msg.sender, onBehalf, receiver, assets, scaled);
        ASSET.safeTransfer(receiver, assets);
    }

    /// @inheritdoc ILendingPool
    function repay(uint256 assets, address onBehalf) external nonReentrant returns (uint256 repaid) {
        if (assets == 0) revert ZeroAmount();
        Cache memory s = _accrued();
        Position memory p = _positions[onBehalf];
        if (p.scaledDebt == 0) revert NoDebt(onBehalf);
        uint256 scaled;
        (repaid, scaled) = _reduceDebt(s, p, assets);
        if (p.writtenOffs == 0) _requireMinimum(p, s.index);

        _positions[onBehalf] = p;
        _storeShared(s);
        _storeBorrowers(s);
        emit Repaid(msg.sender, onBehalf, repaid, scaled);
        _pull(ASSET, msg.sender, repaid);
    }

    /* ---------------------------------------------- VIEWS ---------------------------------------------- */

    /// @inheritdoc ILendingPool
    function positionOf(address account) external view returns (uint256 collateral, uint256 debt, uint256 writtenOff) {
        Position memory p = _positions[account];
        uint256 index = _accrued().index;
        (writtenOff, ) = _writtenOffOf(account, p, index);
        return (p.collateral, _debtOf(p.scaledDebt, index), writtenOff);
    }

    /// @inheritdoc ILendingPool
    function healthOf(address account) external view returns (uint256) {
        Position memory p = _positions[account];
        uint256 index = _accrued().index;
        (uint256 writtenOff, ) = _writtenOffOf(account, p, index);
        uint256 owed = _debtOf(p.scaledDebt, index) + writtenOff;
        return owed == 0 ? type(uint256).max : Liquidation.healthOf(_valueOf(p), owed, LLTV);
    }

    /// @inheritdoc ILendingPool
    function writtenOffOf(address account) external view returns (WrittenOff[] memory entries) {
        Position memory p = _positions[account];
        entries = new WrittenOff[](p.writtenOffs);
        for (uint256 i; i < p.writtenOffs; ++i) {
            entries[i] = _entry(account, p, i);
        }
    }

    /// @inheritdoc ILendingPool
    function scaledDebtOf(address account) external view returns (uint256) {
        return _positions[account].scaledDebt;
    }

    /* --------------------------------------------- HELPERS --------------------------------------------- */

    function _requireHealthy(address account, Position memory p, uint256 index) private view {
        uint256 debt = _debtOf(p.scaledDebt, index);
        uint256 value = _valueOf(p);
        if (!Liquidation.isHealthy(value, debt, LLTV)) revert Unhealthy(account, debt, (value * LLTV) / WAD);
    }

    function _requireNotDefaulted(address account, Position memory p) private pure {
        if (p.writtenOffs != 0) revert WrittenOffDebt(account);
    }
}
