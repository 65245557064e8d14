// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {Interest} from "../libraries/Interest.sol";
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
        uint256 collateral = p.collateral;
        if (p.scaledDebt != 0) {
            // the ratio falls, so the highest tick stays what it is
            p.tick = _move(p.tick, p.scaledDebt, collateral, p.scaledDebt, collateral + assets);
        }
        p.collateral = uint112(collateral + assets);
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
            _requireHealthy(s, onBehalf, p);
            uint256 top = s.topTick;
            _moveInLadder(s, p, p.scaledDebt, p.collateral + assets);
            _storeShared(s);
            if (s.topTick != top) _storeBorrowers(s);
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
        _requireHealthy(s, onBehalf, p);
        _moveInLadder(s, p, p.scaledDebt - scaled, p.collateral);

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
        _moveInLadder(s, p, p.scaledDebt + scaled, p.collateral);

        _positions[onBehalf] = p;
        _storeShared(s);
        _storeBorrowers(s);
        emit Repaid(msg.sender, onBehalf, repaid, scaled);
        _collect(msg.sender, repaid, _cash(s));
    }

    /* ---------------------------------------------- VIEWS ---------------------------------------------- */

    /// @inheritdoc ILendingPool
    function positionOf(address account) external view returns (uint256 collateral, uint256 debt, uint256 writtenOff) {
        Position memory p = _positions[account];
        uint256 index = _accrued().index;
        (writtenOff, ) = _writtenOffOf(account, p, index);
        return (p.collateral, Interest.debtUp(p.scaledDebt, index), writtenOff);
    }

    /* --------------------------------------------- HELPERS --------------------------------------------- */

    function _requireHealthy(Cache memory s, address account, Position memory p) private {
        unchecked {
            uint256 debt = Interest.debtUp(p.scaledDebt, s.index);
            uint256 value = Liquidation.valueOf(p.collateral, _price(s));
            if (!Liquidation.isHealthy(value, debt, LLTV)) revert Unhealthy(account, debt, (value * LLTV) / WAD);
        }
    }

    function _requireNotDefaulted(address account, Position memory p) private pure {
        if (p.writtenOffs != 0) revert WrittenOffDebt(account);
    }
}
