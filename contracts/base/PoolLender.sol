// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {SharesMath} from "../libraries/SharesMath.sol";
import {EpochShares} from "./EpochShares.sol";
import {PoolPositions} from "./PoolPositions.sol";

/// @title PoolLender
/// @notice The lenders' side of a pool: ERC-4626, with the differences that ILendingPool lists.
abstract contract PoolLender is PoolPositions, EpochShares, ILendingPool {
    using SafeERC20 for IERC20;

    /* --------------------------------------------- ENTER ----------------------------------------------- */

    /// @inheritdoc IERC4626
    /// @dev Beyond ERC-4626 refused while paused, beyond the supply cap and by the guard. Shares are rounded down.
    /// Reverts with `AmountTooLarge`, `Paused`, `ZeroAmount`, `SupplyCapExceeded`, `Blind`, `UnbookedShortfall`,
    /// `ERC20InvalidReceiver`, `InvalidReceiver`, `IncorrectTransfer`.
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        Cache memory s = _accrued();
        uint256 total = _lenderAssets(s);
        shares = SharesMath.toSharesDown(assets, total, s.ledger.supply);
        _enter(s, total, assets, shares, receiver);
    }

    /// @inheritdoc IERC4626
    /// @dev As `deposit`; assets are rounded up.
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        Cache memory s = _accrued();
        uint256 total = _lenderAssets(s);
        assets = SharesMath.toAssetsUp(shares, total, s.ledger.supply);
        _enter(s, total, assets, shares, receiver);
    }

    /// @param total lender assets so far
    function _enter(Cache memory s, uint256 total, uint256 assets, uint256 shares, address receiver) private {
        if (s.flags & FLAG_PAUSED != 0) revert Paused();
        if (assets == 0 || shares == 0) revert ZeroAmount();
        uint256 room = _room(s, total);
        if (assets > room) revert SupplyCapExceeded(assets, room);
        _guard(s, total, false);
        // what the pool holds without shares is fees, and stays so
        bool first = s.ledger.supply == 0;
        if (first) _settleFees(s, _fees(s));
        s.ledger.net += _toNet(assets);
        _mint(s.ledger, receiver, shares);
        _storeShared(s);
        if (first) _storeBorrowers(s);
        _storeLedger(s.ledger);
        emit Deposit(msg.sender, receiver, assets, shares);
        _collect(msg.sender, assets, _cash(s));
    }

    /* --------------------------------------------- LEAVE ----------------------------------------------- */

    /// @inheritdoc IERC4626
    /// @dev Beyond ERC-4626 refused by the guard, and an operator of the owner needs no allowance. Shares are rounded
    /// up. Reverts with `AmountTooLarge`, `ZeroAmount`, `ZeroAddress`, `ERC20InsufficientAllowance`,
    /// `InsufficientCash`, `Blind`, `UnbookedShortfall`, `ERC20InsufficientBalance`, `SharesLocked`.
    function withdraw(uint256 assets, address receiver, address owner) external nonReentrant returns (uint256 shares) {
        Cache memory s = _accrued();
        uint256 total = _lenderAssets(s);
        shares = SharesMath.toSharesUp(assets, total, s.ledger.supply);
        _leave(s, total, assets, shares, receiver, owner);
    }

    /// @inheritdoc IERC4626
    /// @dev As `withdraw`; assets are rounded down, and shares that are worth less than one unit are refused
    /// (`ZeroAmount`).
    function redeem(uint256 shares, address receiver, address owner) external nonReentrant returns (uint256 assets) {
        Cache memory s = _accrued();
        uint256 total = _lenderAssets(s);
        assets = SharesMath.toAssetsDown(shares, total, s.ledger.supply);
        _leave(s, total, assets, shares, receiver, owner);
    }

    /// @param total lender assets so far
    function _leave(
        Cache memory s,
        uint256 total,
        uint256 assets,
        uint256 shares,
        address receiver,
        address owner
    ) private {
        if (assets == 0) revert ZeroAmount();
        if (receiver == address(0)) revert ZeroAddress();
        if (msg.sender != owner && !_operators[owner][msg.sender]) _spendAllowance(owner, msg.sender, shares);
        uint256 cash = _cash(s);
        if (assets > cash) revert InsufficientCash(assets, cash);
        _guard(s, _left(total, assets), true);
        _burn(s.ledger, owner, shares);
        s.ledger.net -= _toNet(assets);
        // what had not vested when the last share left is fees, as all of a pool without shares
        if (s.ledger.supply == 0) s.unvested = 0;
        _storeShared(s);
        _storeLedger(s.ledger);
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        ASSET.safeTransfer(receiver, assets);
    }

    /* --------------------------------------------- LIMITS ---------------------------------------------- */

    /// @inheritdoc IERC4626
    /// @dev 0 while paused, blind or with too large a visible loss, and for a receiver that may hold no shares.
    function maxDeposit(address receiver) public view returns (uint256) {
        Cache memory s = _accrued();
        if (s.flags & FLAG_PAUSED != 0 || receiver == address(0) || _isStranding(receiver) || !_isEnterable(s))
            return 0;
        uint256 shares = MAX_SUPPLY - s.ledger.supply;
        uint256 total = _lenderAssets(s);
        uint256 assets = SharesMath.toAssetsDown(shares, total, s.ledger.supply);
        uint256 room = _room(s, total);
        return assets < room ? assets : room;
    }

    /// @inheritdoc IERC4626
    /// @dev 0 where `maxDeposit` is.
    function maxMint(address receiver) external view returns (uint256) {
        return convertToShares(maxDeposit(receiver));
    }

    /// @inheritdoc IERC4626
    /// @dev The least of the owner's shares that are not locked, the pool's cash, and what the guard lets leave.
    function maxWithdraw(address owner) external view returns (uint256 assets) {
        Cache memory s = _accrued();
        assets = SharesMath.toAssetsDown(_freeOf(s.ledger, owner), _lenderAssets(s), s.ledger.supply);
        uint256 most = _payable(s);
        if (assets > most) assets = most;
    }

    /// @inheritdoc IERC4626
    /// @dev As `maxWithdraw`; 0 where the shares are worth less than one unit of the asset.
    function maxRedeem(address owner) external view returns (uint256 shares) {
        Cache memory s = _accrued();
        (uint256 total, uint256 supply) = (_lenderAssets(s), s.ledger.supply);
        shares = _freeOf(s.ledger, owner);
        uint256 most = _payable(s);
        uint256 assets = SharesMath.toAssetsDown(shares, total, supply);
        if (assets > most) {
            shares = SharesMath.toSharesDown(most, total, supply);
            assets = SharesMath.toAssetsDown(shares, total, supply);
        }
        if (assets == 0) shares = 0;
    }

    /// @dev What cash and the guard leave for exits.
    function _payable(Cache memory s) private view returns (uint256 assets) {
        assets = _leavable(s);
        uint256 cash = _cash(s);
        if (assets > cash) assets = cash;
    }

    /// @dev What the supply cap and the packing leave for new deposits.
    function _room(Cache memory s, uint256 total) private view returns (uint256) {
        uint256 byCap = _left(_capOf(s), total);
        uint256 byPacking = _left(MAX_ASSETS, _cash(s) + s.debt);
        return byCap < byPacking ? byCap : byPacking;
    }

    /// @dev What is left of a limit, 0 beyond it.
    function _left(uint256 limit, uint256 used) private pure returns (uint256) {
        unchecked {
            return used < limit ? limit - used : 0;
        }
    }

    function _totals() internal view override returns (uint256, uint256) {
        Cache memory s = _accrued();
        return (_lenderAssets(s), s.ledger.supply);
    }

    function _isStranding(address account) internal view override returns (bool) {
        return account == address(this) || account == FUND || account == address(SOCIALIZER);
    }
}
