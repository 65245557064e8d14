// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Told of every transfer that touches an account it is registered for, once the balances have changed.
interface ITransferHook {
    function onTokenTransfer(address from, address to, uint256 amount) external;
}

/// @notice A token with every habit that real ones are known for, each switched on by itself. Not built on a library,
/// because its point is to break what libraries promise.
contract WeirdERC20 {
    enum Returns {
        True,
        /// Nothing at all, as tokens older than the standard.
        Nothing,
        /// False in place of a revert or a transfer: nothing ever moves.
        False
    }

    struct Quirks {
        uint256 feeBps; // part of every transfer that is burned, in basis points
        Returns returns_; // of transfer, transferFrom and approve
        bool paused;
        bool revertsOnZero; // amounts of 0 are refused, of approvals too
    }

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error TokenPaused();
    error Blocked(address account);
    error ZeroAmount();
    error InsufficientBalance(address account, uint256 balance, uint256 amount);
    error InsufficientAllowance(address spender, uint256 allowance, uint256 amount);

    string public name = "Weird";
    string public symbol = "WEIRD";
    uint8 public immutable decimals;

    Quirks public quirks;
    /// @notice Token units per base unit, as a wad: balances are base units, so that it rebases every one of them at
    /// once.
    uint256 public multiplier = 1e18;
    mapping(address account => bool) public blocked;
    mapping(address account => ITransferHook) public hookOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @notice Gas that every transfer takes beside what it needs.
    uint256 public appetite;

    uint256 private baseSupply;
    mapping(address account => uint256) private baseOf;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    /* SETTINGS */

    function setQuirks(Quirks calldata quirks_) external {
        quirks = quirks_;
    }

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function setHook(address account, ITransferHook hook) external {
        hookOf[account] = hook;
    }

    function setAppetite(uint256 gas_) external {
        appetite = gas_;
    }

    /// @notice Rebases every balance, up or down.
    function setMultiplier(uint256 multiplier_) external {
        multiplier = multiplier_;
    }

    /* TOKEN */

    function mint(address to, uint256 amount) external {
        uint256 base = (amount * 1e18) / multiplier;
        baseSupply += base;
        baseOf[to] += base;
        emit Transfer(address(0), to, amount);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _finish(_move(msg.sender, to, amount));
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= amount, InsufficientAllowance(msg.sender, allowed, amount));
        bool moved = _move(from, to, amount);
        if (moved && allowed != type(uint256).max) allowance[from][msg.sender] = allowed - amount;
        return _finish(moved);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        require(amount != 0 || !quirks.revertsOnZero, ZeroAmount());
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return _finish(true);
    }

    function totalSupply() external view returns (uint256) {
        return (baseSupply * multiplier) / 1e18;
    }

    function balanceOf(address account) public view returns (uint256) {
        return (baseOf[account] * multiplier) / 1e18;
    }

    /* INTERNAL */

    function _move(address from, address to, uint256 amount) private returns (bool) {
        require(!quirks.paused, TokenPaused());
        require(!blocked[from], Blocked(from));
        require(!blocked[to], Blocked(to));
        require(amount != 0 || !quirks.revertsOnZero, ZeroAmount());
        if (quirks.returns_ == Returns.False) return false;
        uint256 sated = gasleft() - appetite;
        while (gasleft() > sated) {}
        require(balanceOf(from) >= amount, InsufficientBalance(from, balanceOf(from), amount));

        uint256 base = (amount * 1e18) / multiplier;
        uint256 feeBase = (base * quirks.feeBps) / 10_000;
        baseOf[from] -= base;
        baseOf[to] += base - feeBase;
        baseSupply -= feeBase;
        emit Transfer(from, to, amount);
        if (address(hookOf[from]) != address(0)) hookOf[from].onTokenTransfer(from, to, amount);
        if (address(hookOf[to]) != address(0)) hookOf[to].onTokenTransfer(from, to, amount);
        return true;
    }

    /// @dev What the token returns for `success`; ends the call where it returns nothing.
    function _finish(bool success) private view returns (bool) {
        if (quirks.returns_ == Returns.Nothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return success && quirks.returns_ == Returns.True;
    }
}
