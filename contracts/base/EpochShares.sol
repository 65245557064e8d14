// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {IEpochShares} from "../interfaces/IEpochShares.sol";
import {SharesMath} from "../libraries/SharesMath.sol";
import {EpochLedger} from "./EpochLedger.sol";

/// @title EpochShares
/// @notice ERC-20 shares that remember each holder's balance at every loss epoch; ERC-2612 and the views of ERC-4626.
///
/// HISTORY. An account's slot carries the epoch in which it was last touched. A touch in a later epoch first writes one
/// checkpoint (old epoch, old balance); further touches in that epoch write none. So transfers cost what they cost
/// anyway as long as nothing is lost, and `balanceAt` is exact at the instant of a loss, inside its block.
///
/// BORROWED SHARES. Shares received in the block of an epoch cannot leave their account in that block: neither a flash
/// deposit nor borrowed shares collect a claim. Only the amount received is held, so that a gift holds up nobody.
///
/// GENERATIONS. An account that was not touched since a generation ended has a balance of 0; its checkpoints stay.
abstract contract EpochShares is EpochLedger, IEpochShares, IERC20Permit, IERC20Errors, EIP712, NoncesKeyed {
    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    /// @dev `received · 2^exponent` shares came in at `lastInbound`, rounded down: exact below 2^48, else to 2^-47 of
    /// the amount.
    struct Account {
        uint112 balance;
        uint24 epoch;
        uint32 lastInbound;
        uint32 checkpoints;
        uint48 received;
        uint8 exponent;
    }

    /// @dev What an account held when it was last touched in an earlier epoch.
    struct Checkpoint {
        uint112 balance;
        uint24 epoch;
    }

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    uint256 private constant RECEIVED_BITS = 48;
    uint256 internal constant MAX_SUPPLY = type(uint112).max;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    uint8 private immutable DECIMALS;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    mapping(address => Account) private _accounts;
    mapping(address => mapping(uint256 => Checkpoint)) private _checkpoints;
    mapping(address => mapping(address => uint256)) private _allowances;
    string private _name;
    string private _symbol;

    constructor(string memory name_, string memory symbol_) EIP712(name_, "1") {
        DECIMALS = IERC20Metadata(address(ASSET)).decimals() + SharesMath.DECIMALS_OFFSET;
        _name = name_;
        _symbol = symbol_;
    }

    /* --------------------------------------------- ERC-20 ---------------------------------------------- */

    /// @inheritdoc IERC20Metadata
    function name() external view returns (string memory) {
        return _name;
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external view returns (string memory) {
        return _symbol;
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external view returns (uint8) {
        return DECIMALS;
    }

    /// @inheritdoc IERC20
    function totalSupply() external view returns (uint256) {
        return _ledger.supply;
    }

    /// @inheritdoc IERC20
    function balanceOf(address account) public view returns (uint256) {
        Account storage a = _accounts[account];
        return _isVoid(_ledger.ended, a.epoch) ? 0 : a.balance;
    }

    /// @inheritdoc IERC20
    function allowance(address owner, address spender) external view returns (uint256) {
        return _allowances[owner][spender];
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 value) external nonReentrant returns (bool) {
        _approve(msg.sender, spender, value);
        return true;
    }

    /// @inheritdoc IERC20
    /// @dev Reverts with `ERC20InvalidReceiver`, `InvalidReceiver`, `ERC20InsufficientBalance`, `SharesLocked`.
    function transfer(address to, uint256 value) external nonReentrant returns (bool) {
        _transfer(msg.sender, to, value);
        return true;
    }

    /// @inheritdoc IERC20
    /// @dev As `transfer`, after `ERC20InsufficientAllowance`. The largest allowance is not used up.
    function transferFrom(address from, address to, uint256 value) external nonReentrant returns (bool) {
        _spendAllowance(from, msg.sender, value);
        _transfer(from, to, value);
        return true;
    }

    /* -------------------------------------------- ERC-2612 --------------------------------------------- */

    /// @inheritdoc IERC20Permit
    /// @dev Signatures of keys only, not of contracts (ERC-1271). Reverts with `PermitExpired`, `InvalidSigner`,
    /// `ERC20InvalidSpender`.
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        if (block.timestamp > deadline) revert PermitExpired(deadline);
        bytes32 data = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline));
        if (ECDSA.recover(_hashTypedDataV4(data), v, r, s) != owner) revert InvalidSigner(owner);
        _approve(owner, spender, value);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(Nonces, IERC20Permit) returns (uint256) {
        return Nonces.nonces(owner);
    }

    /// @inheritdoc IERC20Permit
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /* ---------------------------------------- ERC-4626, the views -------------------------------------- */

    /// @inheritdoc IERC4626
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc IERC4626
    function totalAssets() external view returns (uint256 total) {
        (total, ) = _totals();
    }

    /// @inheritdoc IERC4626
    function convertToShares(uint256 assets) public view returns (uint256) {
        (uint256 total, uint256 supply) = _totals();
        return SharesMath.toSharesDown(assets, total, supply);
    }

    /// @inheritdoc IERC4626
    function convertToAssets(uint256 shares) public view returns (uint256) {
        (uint256 total, uint256 supply) = _totals();
        return SharesMath.toAssetsDown(shares, total, supply);
    }

    /// @inheritdoc IERC4626
    function previewDeposit(uint256 assets) external view returns (uint256) {
        return convertToShares(assets);
    }

    /// @inheritdoc IERC4626
    function previewMint(uint256 shares) external view returns (uint256) {
        (uint256 total, uint256 supply) = _totals();
        return SharesMath.toAssetsUp(shares, total, supply);
    }

    /// @inheritdoc IERC4626
    function previewWithdraw(uint256 assets) public view virtual returns (uint256) {
        (uint256 total, uint256 supply) = _totals();
        return SharesMath.toSharesUp(assets, total, supply);
    }

    /// @inheritdoc IERC4626
    function previewRedeem(uint256 shares) public view virtual returns (uint256) {
        return convertToAssets(shares);
    }

    /* --------------------------------------------- EPOCHS ---------------------------------------------- */

    /// @inheritdoc IEpochShares
    function epoch() external view returns (uint256) {
        return _ledger.epoch;
    }

    /// @inheritdoc IEpochShares
    function generation() external view returns (uint256) {
        return _lastEnd.count;
    }

    /// @inheritdoc IEpochShares
    function supplyAt(uint256 epoch_) external view returns (uint256) {
        _requireEpoch(epoch_);
        EpochPair storage pair = _pairOf(epoch_);
        return epoch_ % 2 == 1 ? pair.odd : pair.even;
    }

    /// @inheritdoc IEpochShares
    function balanceAt(address account, uint256 epoch_) external view returns (uint256) {
        _requireEpoch(epoch_);
        Account storage a = _accounts[account];
        if (a.epoch < epoch_) return _livedAt(a.epoch, epoch_) ? a.balance : 0;

        // the last checkpoint of an epoch before the loss: those below `low` are before it, those from `high` on are
        // not
        (uint256 low, uint256 high) = (0, a.checkpoints);
        while (low < high) {
            uint256 mid = (low + high) / 2;
            if (_checkpoints[account][mid].epoch < epoch_) low = mid + 1;
            else high = mid;
        }
        if (low == 0) return 0;
        Checkpoint storage c = _checkpoints[account][low - 1];
        return _livedAt(c.epoch, epoch_) ? c.balance : 0;
    }

    function _requireEpoch(uint256 epoch_) private view {
        if (epoch_ == 0 || epoch_ > _ledger.epoch) revert UnknownEpoch(epoch_, _ledger.epoch);
    }

    /* --------------------------------------- MOVEMENTS OF SHARES --------------------------------------- */

    /// @dev The inheriting contract stores `ledger`.
    function _mint(Ledger memory ledger, address to, uint256 shares) internal {
        unchecked {
            if (to == address(0)) revert ERC20InvalidReceiver(to);
            if (_isStranding(to)) revert InvalidReceiver(to);
            uint256 supply = ledger.supply + shares;
            if (supply > MAX_SUPPLY) revert AmountTooLarge(supply, MAX_SUPPLY);
            ledger.supply = uint112(supply);
            _receive(ledger, to, shares);
            emit Transfer(address(0), to, shares);
        }
    }

    /// @dev The inheriting contract stores `ledger`.
    function _burn(Ledger memory ledger, address from, uint256 shares) internal {
        unchecked {
            _send(ledger, from, shares);
            ledger.supply -= uint112(shares);
            emit Transfer(from, address(0), shares);
        }
    }

    function _transfer(address from, address to, uint256 shares) private {
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        if (_isStranding(to)) revert InvalidReceiver(to);
        Ledger memory ledger = _ledger;
        _send(ledger, from, shares);
        _receive(ledger, to, shares);
        emit Transfer(from, to, shares);
    }

    function _send(Ledger memory ledger, address from, uint256 shares) private {
        unchecked {
            Account memory a = _touch(ledger, from);
            if (a.balance < shares) revert ERC20InsufficientBalance(from, a.balance, shares);
            uint256 locked = _lockedOf(ledger, a, from);
            if (a.balance - locked < shares) revert SharesLocked(from, locked);
            a.balance -= uint112(shares);
            _accounts[from] = a;
        }
    }

    function _receive(Ledger memory ledger, address to, uint256 shares) private {
        unchecked {
            Account memory a = _touch(ledger, to);
            a.balance += uint112(shares);
            uint256 received = shares;
            if (a.lastInbound == uint32(block.timestamp)) received += uint256(a.received) << a.exponent;
            else a.lastInbound = uint32(block.timestamp);
            uint256 exponent =
                received >> RECEIVED_BITS == 0 ? 0 : FixedPointMathLib.log2(received) + 1 - RECEIVED_BITS;
            a.received = uint48(received >> exponent);
            a.exponent = uint8(exponent);
            _accounts[to] = a;
        }
    }

    /// @dev Brings an account to the current epoch and generation. The caller stores it.
    function _touch(Ledger memory ledger, address account) private returns (Account memory a) {
        a = _accounts[account];
        if (a.epoch == ledger.epoch) return a;
        // an account without history and balance needs none
        if (a.balance != 0 || a.checkpoints != 0) {
            _checkpoints[account][a.checkpoints++] = Checkpoint(a.balance, a.epoch);
        }
        if (_isVoid(ledger.ended, a.epoch)) a.balance = 0;
        a.epoch = ledger.epoch;
    }

    /// @dev Shares of `account` that cannot leave now, at most its balance.
    function _lockedOf(Ledger memory ledger, Account memory a, address account) private view returns (uint256 locked) {
        unchecked {
            locked = _coolingOf(account) + _arrivedOf(ledger, a);
            if (locked > a.balance) locked = a.balance;
        }
    }

    /// @dev Shares received in the block in which the current epoch was opened, if that is this block; else 0.
    function _arrivedOf(Ledger memory ledger, Account memory a) private view returns (uint256) {
        unchecked {
            if (a.lastInbound != uint32(block.timestamp) || _pairOf(ledger.epoch).time != a.lastInbound) return 0;
            return uint256(a.received) << a.exponent;
        }
    }

    /// @dev Shares of `account` that can leave now.
    function _freeOf(Ledger memory ledger, address account) internal view returns (uint256) {
        Account memory a = _accounts[account];
        if (_isVoid(ledger.ended, a.epoch)) return 0;
        return a.balance - _lockedOf(ledger, a, account);
    }

    /// @dev Whether `cooling` shares can leave now: the balance must also cover the shares locked because they arrived
    /// in the block of the latest epoch.
    function _canRetire(Ledger memory ledger, address account, uint256 cooling) internal view returns (bool) {
        Account memory a = _accounts[account];
        return !_isVoid(ledger.ended, a.epoch) && a.balance >= cooling + _arrivedOf(ledger, a);
    }

    function _spendAllowance(address owner, address spender, uint256 value) internal {
        uint256 allowed = _allowances[owner][spender];
        if (allowed == type(uint256).max) return;
        if (allowed < value) revert ERC20InsufficientAllowance(spender, allowed, value);
        unchecked {
            _allowances[owner][spender] = allowed - value;
        }
    }

    function _approve(address owner, address spender, uint256 value) private {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        _allowances[owner][spender] = value;
        emit Approval(owner, spender, value);
    }

    /* ----------------------------------- FOR THE INHERITING CONTRACT ----------------------------------- */

    /// @dev Assets behind all shares, accrued to now, and the shares.
    function _totals() internal view virtual returns (uint256 total, uint256 supply);

    /// @dev Whether shares sent to `account` could never claim.
    function _isStranding(address account) internal view virtual returns (bool);

    /// @dev Shares of the account that wait for their exit.
    function _coolingOf(address) internal view virtual returns (uint256) {
        return 0;
    }
}
