// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IPoolAdmin} from "../interfaces/ILendingPool.sol";
import {Interest} from "../libraries/Interest.sol";
import {PoolLadder} from "./PoolLadder.sol";

/// @title PoolAdmin
/// @notice What the fund, the socializer and the factory do with a pool, and the upkeep that anyone can do.
abstract contract PoolAdmin is PoolLadder, IPoolAdmin {
    using SafeERC20 for IERC20;

    /* --------------------------------------------- FACTORY --------------------------------------------- */

    /// @inheritdoc IPoolAdmin
    function setSupplyCap(uint256 assets) external nonReentrant {
        _only(FACTORY);
        _borrowers.cap = _toCap(assets);
        emit SupplyCapSet(assets);
    }

    /// @inheritdoc IPoolAdmin
    function setPaused(bool paused_) external nonReentrant {
        _only(FACTORY);
        uint256 flags = _shared.flags & ~FLAG_PAUSED;
        _shared.flags = uint8(paused_ ? flags | FLAG_PAUSED : flags);
        emit PausedSet(paused_);
    }

    /* --------------------------------------- FUND AND SOCIALIZER --------------------------------------- */

    /// @inheritdoc IPoolAdmin
    function harvest(uint256 premium) external nonReentrant returns (uint256 paid) {
        _only(FUND);
        if (premium > Interest.BPS) revert AmountTooLarge(premium, Interest.BPS);
        Cache memory s = _accrued();
        // a harvest ahead of a loss would take away its first layer
        _guard(s, _lenderAssets(s), true);
        uint256 fees = _fees(s);
        uint256 cash = _cash(s);
        paid = fees < cash ? fees : cash;
        _settleFees(s, fees - paid);
        s.ledger.net -= _toNet(paid);
        s.premium = premium;
        _storeAll(s);
        emit FeesHarvested(paid, premium);
        if (paid != 0) ASSET.safeTransfer(msg.sender, paid);
    }

    /// @inheritdoc IPoolAdmin
    function creditRecovery(uint256 interest, uint256 fees) external nonReentrant {
        _only(address(SOCIALIZER));
        Cache memory s = _accrued();
        _credit(s, interest, fees);
        _storeShared(s);
        _storeLedger(s.ledger);
    }

    /* --------------------------------------------- UPKEEP ---------------------------------------------- */

    /// @inheritdoc IPoolAdmin
    function reportBlind() external nonReentrant returns (uint256 since) {
        Cache memory s = _accrued();
        (bool seen, ) = _look();
        if (seen) _sighted(s);
        else _blinded(s);
        _storeShared(s);
        return _blindSinceOf(s);
    }

    /// @inheritdoc IPoolAdmin
    function initialiseTicks(uint256 first, uint256 count) external nonReentrant {
        _initialiseTicks(first, count);
    }
}
