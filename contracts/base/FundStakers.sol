// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {Premium} from "../libraries/Premium.sol";
import {SharesMath} from "../libraries/SharesMath.sol";
import {EpochShares} from "./EpochShares.sol";
import {FundHolds} from "./FundHolds.sol";

/// @title FundStakers
/// @notice The stakers' side of a fund: ERC-4626 with a cooldown. In what the exits differ from the standard, see
/// IInsuranceFund.
abstract contract FundStakers is FundHolds {
    using SafeERC20 for IERC20;
    using FixedPointMathLib for uint256;

    /* ---------------------------------------------- ENTER ---------------------------------------------- */

    /// @notice As ERC-4626 has it: takes `assets`, gives shares, rounded down.
    /// @dev Reverts with `ZeroAmount`, `AmountTooLarge`, `InvalidReceiver`, `IncorrectTransfer`.
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        Cache memory s = _accrued();
        shares = SharesMath.toSharesDown(assets, _net(s), s.ledger.supply);
        _enter(s, assets, shares, receiver);
    }

    /// @notice As ERC-4626 has it: gives `shares`, takes assets, rounded up. Reverts as `deposit` does.
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        Cache memory s = _accrued();
        assets = SharesMath.toAssetsUp(shares, _net(s), s.ledger.supply);
        _enter(s, assets, shares, receiver);
    }

    function _enter(Cache memory s, uint256 assets, uint256 shares, address receiver) private {
        if (assets == 0 || shares == 0) revert ZeroAmount();
        uint256 room = _room(s);
        if (assets > room) revert AmountTooLarge(assets, room);
        s.ledger.net += int104(int256(assets));
        _mint(s.ledger, receiver, shares);
        _store(s);
        emit Deposit(msg.sender, receiver, assets, shares);
        _collect(msg.sender, assets, _capital(s));
    }

    /* --------------------------------------------- REQUEST --------------------------------------------- */

    /// @inheritdoc IInsuranceFund
    function cooldown(uint256 shares) external nonReentrant {
        Cache memory s = _accrued();
        Request memory request = _requestOf(msg.sender);
        delete _requests[msg.sender];
        if (request.shares != 0) {
            uint256 forfeited = Premium.forfeit(
                request.shares,
                request.assets,
                SharesMath.toAssetsDown(request.shares, _net(s), s.ledger.supply)
            );
            if (forfeited != 0) {
                _retire(s, msg.sender, forfeited, 0);
                emit GainForfeited(msg.sender, forfeited);
            }
        } else if (shares == 0) {
            revert NoRequest(msg.sender);
        }
        if (shares != 0) {
            uint256 balance = _freeOf(s.ledger, msg.sender);
            if (shares > balance) revert ERC20InsufficientBalance(msg.sender, balance, shares);
            uint256 assets = SharesMath.toAssetsDown(shares, _net(s), s.ledger.supply);
            uint256 opensAt = block.timestamp + cooldownPeriod;
            _requests[msg.sender] = Request({
                shares: uint112(shares),
                assets: uint96(assets.min(type(uint96).max)),
                opensAt: uint48(opensAt)
            });
            emit CooldownStarted(msg.sender, shares, assets, opensAt, opensAt + windowPeriod);
        }
        _store(s);
    }

    /// @inheritdoc IInsuranceFund
    function cooldownOf(
        address account
    ) external view returns (uint256 shares, uint256 assetsAtRequest, uint256 opensAt, uint256 closesAt) {
        Request memory r = _requestOf(account);
        if (r.shares == 0) return (0, 0, 0, 0);
        return (r.shares, r.assets, r.opensAt, _closesAt(r));
    }

    function _isOpen(Request memory request) private view returns (bool) {
        return request.shares != 0 && block.timestamp >= request.opensAt && block.timestamp < _closesAt(request);
    }

    /// @dev The window's length, and what it has stood still since it opened.
    function _closesAt(Request memory request) private view returns (uint256 closesAt) {
        closesAt = request.opensAt + windowPeriod;
        if (block.timestamp > request.opensAt) closesAt += _stoodBy(block.timestamp) - _stoodBy(request.opensAt);
    }

    /* ---------------------------------------------- LEAVE ---------------------------------------------- */

    /// @notice Pays `assets` of the owner's open request for shares, rounded up: as many as pay them at the lower of
    /// their value now and at the request. What the shares are worth beyond that goes to the reserve.
    /// @dev Reverts as `redeem` does.
    function withdraw(uint256 assets, address receiver, address owner) external nonReentrant returns (uint256 shares) {
        Cache memory s = _accrued();
        Request memory request = _openRequestOf(owner);
        shares = _sharesFor(s, request, assets);
        _leave(s, request, assets, shares, receiver, owner);
    }

    /// @notice Redeems `shares` of the owner's open request for the lower of their value now and at the request,
    /// rounded down; the rest of their value goes to the reserve. A caller other than the owner needs an allowance of
    /// shares.
    /// @dev Reverts with `NoRequest`, `CooldownNotOver`, `WindowClosed`, `ExceedsRequest`, `ExitsHeld`, `SharesLocked`
    /// (came in in the block of an epoch), `ZeroAmount` (worth nothing), `ZeroAddress`, `InsufficientGas`,
    /// `ERC20InsufficientAllowance`.
    function redeem(uint256 shares, address receiver, address owner) external nonReentrant returns (uint256 assets) {
        Cache memory s = _accrued();
        Request memory request = _openRequestOf(owner);
        if (shares > request.shares) revert ExceedsRequest(shares, request.shares);
        assets = _assetsFor(s, request, shares);
        _leave(s, request, assets, shares, receiver, owner);
    }

    function _leave(
        Cache memory s,
        Request memory request,
        uint256 assets,
        uint256 shares,
        address receiver,
        address owner
    ) private {
        if (assets == 0) revert ZeroAmount();
        if (receiver == address(0)) revert ZeroAddress();
        if (shares > request.shares) revert ExceedsRequest(shares, request.shares);
        address pool = _heldBy(s);
        if (pool != address(0)) revert ExitsHeld(pool);
        _recordHold(address(0));
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        // what is left of the request keeps its value per share, rounded down
        request.assets = uint96((uint256(request.assets) * (request.shares - shares)) / request.shares);
        request.shares -= uint112(shares);
        if (request.shares == 0) delete _requests[owner];
        else _requests[owner] = request;
        _retire(s, owner, shares, assets);
        _store(s);
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        ASSET.safeTransfer(receiver, assets);
    }

    /// @dev Burns shares against `assets`; what they are worth beyond that goes to the reserve.
    function _retire(Cache memory s, address owner, uint256 shares, uint256 assets) private {
        uint256 value = SharesMath.toAssetsDown(shares, _net(s), s.ledger.supply);
        _burn(s.ledger, owner, shares);
        s.ledger.net -= int104(int256(value));
        s.reserve += value - assets;
        if (s.ledger.supply == 0) _toReserve(s);
    }

    function _openRequestOf(address owner) private view returns (Request memory request) {
        request = _requestOf(owner);
        if (request.shares == 0) revert NoRequest(owner);
        if (block.timestamp < request.opensAt) revert CooldownNotOver(request.opensAt);
        if (!_isOpen(request)) revert WindowClosed(_closesAt(request));
    }

    /// @dev The lower of the shares' value now and at the request, rounded down.
    function _assetsFor(Cache memory s, Request memory request, uint256 shares) private pure returns (uint256 assets) {
        assets = SharesMath.toAssetsDown(shares, _net(s), s.ledger.supply);
        if (request.shares != 0) assets = assets.min(shares.fullMulDiv(request.assets, request.shares));
    }

    /// @dev The shares that pay `assets`, rounded up.
    function _sharesFor(Cache memory s, Request memory request, uint256 assets) private pure returns (uint256 shares) {
        shares = SharesMath.toSharesUp(assets, _net(s), s.ledger.supply);
        if (request.shares == 0) return shares;
        // a request that is worth nothing pays nothing
        if (request.assets == 0) return type(uint256).max;
        return shares.max(assets.fullMulDivUp(request.shares, request.assets));
    }

    /* --------------------------------------- LIMITS AND PREVIEWS --------------------------------------- */

    /// @notice What the fund may still take by deposits, and the receiver hold.
    function maxDeposit(address receiver) public view returns (uint256) {
        if (receiver == address(0) || _isStranding(receiver)) return 0;
        Cache memory s = _accrued();
        return SharesMath.toAssetsDown(MAX_SUPPLY - s.ledger.supply, _net(s), s.ledger.supply).min(_room(s));
    }

    /// @notice The shares that `maxDeposit` gives.
    function maxMint(address receiver) external view returns (uint256) {
        return convertToShares(maxDeposit(receiver));
    }

    /// @notice What the owner's request pays now; 0 unless its window is open and no pool holds exits.
    function maxWithdraw(address owner) external view returns (uint256) {
        Request memory request = _requestOf(owner);
        Cache memory s = _accrued();
        return _mayLeave(s, request, owner) ? _assetsFor(s, request, request.shares) : 0;
    }

    /// @notice The shares of the owner's request; 0 unless its window is open, no pool holds exits and they are worth
    /// something.
    function maxRedeem(address owner) external view returns (uint256) {
        Request memory request = _requestOf(owner);
        Cache memory s = _accrued();
        return _mayLeave(s, request, owner) && _assetsFor(s, request, request.shares) != 0 ? request.shares : 0;
    }

    function _mayLeave(Cache memory s, Request memory request, address owner) private view returns (bool) {
        if (!_isOpen(request) || !_canRetire(s.ledger, owner, request.shares)) return false;
        return _heldBy(s) == address(0);
    }

    /// @notice As the caller would be paid by its own request: the lower of the value now and then, rounded down.
    /// Without a request the value now.
    function previewRedeem(uint256 shares) public view override(EpochShares, IERC4626) returns (uint256) {
        return _assetsFor(_accrued(), _requestOf(msg.sender), shares);
    }

    /// @notice As many shares as pay `assets` by the caller's own request, rounded up; the largest number if it is
    /// worth nothing. Without a request at the value now.
    function previewWithdraw(uint256 assets) public view override(EpochShares, IERC4626) returns (uint256) {
        return _sharesFor(_accrued(), _requestOf(msg.sender), assets);
    }
}
