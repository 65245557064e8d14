// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IEpochShares} from "./IEpochShares.sol";

/// @notice Parameters of a fund, fixed at its creation, which refuses them with `IPoolFactory.OutOfBounds`.
struct FundParams {
    address asset; // the loan asset whose pools it covers
    address socializer;
    address factory;
    uint256 cooldown; // seconds between a request and its window; at most 365 days
    uint256 window; // seconds in which a request can be redeemed; 1 hour to 365 days
    uint256 vesting; // seconds; time constant of the vesting of premium to stakers; 1 hour to 365 days
    uint256 reserveCut; // share of harvested premium that goes to the reserve, basis points
    uint256 maxPremium; // basis points of interest, approached as cover becomes ample; at most 5,000
    uint256 halfCover; // cover over debt (wad) at which the premium is half of it; above 0, at most 1e18
    uint256 dust; // stakes that come to less in all (assets) are void once a loss leaves a share under 1e-6 of par
    uint256 guardTolerance; // loss that a pool may show while stakers leave, basis points of all assets; at most 1,000
    uint256 blindPeriod; // seconds; exits wait so long once a pool's silence is on record; 1 hour to 30 days
    string name;
    string symbol;
}

/// @notice What the fund knows of a pool. Amounts in assets.
struct Coverage {
    uint256 limit; // most cover outstanding at any time, in force now
    uint256 pendingLimit; // an increase that waits; 0 for none
    uint256 effectiveAt; // when it takes effect, if windows stand still no further; 0 for none
    uint256 outstanding; // cover paid, less the principal of it that was recovered
    uint256 premiumAt; // when the premium last moved; 0 for never
}

/// @title IInsuranceFund
/// @notice First-loss capital for up to 16 pools of one asset: a reserve tier that only a slash takes from, and staked
/// capital (ERC-4626 shares with a cooldown). Amounts are in the asset's units unless named shares, times are
/// timestamps, periods seconds.
///
/// RESERVE TIER. The reserve and, before it, premium that has not yet vested to stakers: nobody holds a claim on
/// either.
///
/// EXIT. `cooldown(shares)`, wait, `redeem` inside the window. Cooling shares stay slashable and earn nothing: an exit
/// pays the lower of their value at the request and at the exit. A request that expires or is renewed forfeits the gain
/// made since it, in shares, when it is next touched; until then its shares stay locked. Gains not paid out go to the
/// reserve.
///
/// HELD EXITS. Nobody leaves while a covered pool shows a loss that nobody has booked and that the fund would pay,
/// above the guard's tolerance, or while such a pool is blind (see ILendingPool) or does not answer, for a bounded
/// time. `writeDown` in that pool clears it. Windows stand still meanwhile, from when `syncGuard` put it on record; for
/// a day from each such call; cooldowns go on. Who says so is the pool's price, never a role.
///
/// ERC-4626. `totalAssets` is the staked capital that has vested, without the reserve tier; the `convert*` functions go
/// by it. `deposit` and `mint` are as the standard has them, within what the fund may hold. The exits differ from it:
/// - `withdraw` and `redeem` take only shares of the owner's request, inside its window, while no pool holds exits;
/// - they pay the lower of two values (EXIT), so `redeem` may pay less than `convertToAssets` says, and `withdraw`
///   burn more;
/// - `previewWithdraw` and `previewRedeem` say what the *caller's* own request would pay, whatever its window and the
///   holds (ERC-4626 asks for that), and without a request what shares are worth now: ask with `from` set to the owner;
/// - `maxWithdraw` and `maxRedeem` are all of the request where an exit goes through, else 0;
/// - shares that wait for their exit cannot be transferred (`SharesLocked`).
/// Rounding is against the caller: shares given and assets paid are rounded down, shares taken and assets asked for up.
///
/// LIMITS. An increase takes effect after cooldown + window, so that every staker can leave first; a decrease at once.
///
/// BOUNDS. Deposits and gifts end at 2^96 - 1 assets in all, premium and recoveries at 2^103 - 1: no packed field
/// overflows.
interface IInsuranceFund is IEpochShares {
    /// @notice `account` asked to leave with `shares`, then worth `assets`; an older request of it is void.
    /// @param opensAt first second of the window
    /// @param closesAt first second after it, if exits are never held meanwhile
    event CooldownStarted(address indexed account, uint256 shares, uint256 assets, uint256 opensAt, uint256 closesAt);
    /// @notice A request was replaced or withdrawn: `shares`, the gain made since it, were burned; their assets are the
    /// reserve's.
    event GainForfeited(address indexed account, uint256 shares);
    /// @notice `assets` were given to the reserve, for ever.
    event ReserveFunded(address indexed from, uint256 assets);
    /// @notice A pool paid `fees` assets, `toReserve` of them to the reserve; the rest vests to the stakers.
    /// @param premium the pool's from now on, basis points of interest
    event Harvested(address indexed pool, uint256 fees, uint256 toReserve, uint256 premium);
    /// @notice The pool's limit is `limit` assets from `effectiveAt` on, later by what windows stand still until then.
    event CoverageLimitSet(address indexed pool, uint256 limit, uint256 effectiveAt);
    /// @notice The pool was paid `reserve` assets of the reserve tier and `staked` of the stakers: see `cover`.
    event Covered(address indexed pool, uint256 reserve, uint256 staked, uint256 stakerEpoch);
    /// @notice Recovered assets were booked: see `creditRecovery`. Without shares `staked` has gone to the reserve as
    /// well.
    /// @param restored assets by which outstanding cover of the pool fell, at most to 0
    event RecoveryCredited(address indexed pool, uint256 reserve, uint256 staked, uint256 restored);
    /// @notice Windows stand still from now on.
    event WindowsStopped(address indexed pool);
    /// @notice Windows run again.
    event WindowsResumed();
    /// @notice It is on record that the pool does not answer, or that it answers again.
    event PoolAnswers(address indexed pool, bool answers);

    /// @notice Only the socializer may call this.
    error Unauthorized(address caller);
    /// @notice The factory has not registered the pool, or it names another fund.
    error UnknownPool(address pool);
    /// @notice So many pools have a limit, or wait for one.
    error TooManyPools(uint256 max);
    /// @notice The account has not asked to leave, or its request ended with a generation of shares.
    error NoRequest(address account);
    /// @notice The window opens at `opensAt`.
    error CooldownNotOver(uint256 opensAt);
    /// @notice The window was over at `closesAt`.
    error WindowClosed(uint256 closesAt);
    /// @notice The request is for fewer shares.
    error ExceedsRequest(uint256 shares, uint256 requested);
    /// @notice The pool shows a loss that the fund has yet to pay, or cannot see.
    error ExitsHeld(address pool);
    /// @notice A pool that failed to answer had less gas than it may need: that says nothing.
    error InsufficientGas(uint256 available, uint256 needed);

    /// @notice Requests the exit of `shares`; replaces an older request, `0` withdraws it.
    /// @dev Reverts with `NoRequest` if there is nothing to withdraw, with `ERC20InsufficientBalance` above the shares
    /// that are not locked. What an older request forfeits is rounded up, the value at the request down.
    function cooldown(uint256 shares) external;

    /// @notice The exit that the account has requested, also after its window; zeros if there is none. While exits are
    /// held, `closesAt` is as if the hold ended now.
    /// @return shares not redeemed yet
    /// @return assetsAtRequest what those were worth then, rounded down
    /// @return opensAt first second of the window
    /// @return closesAt first second after it
    function cooldownOf(
        address account
    ) external view returns (uint256 shares, uint256 assetsAtRequest, uint256 opensAt, uint256 closesAt);

    /// @notice Puts on record whether exits are held, so that windows stand still as long as they are, and which pools
    /// do not answer. Anyone may call it, best at both ends of a hold.
    /// @return pool that holds exits; zero for none
    /// @dev Reverts with `InsufficientGas`.
    function syncGuard() external returns (address pool);

    /// @notice The first pool that holds exits now; zero for none.
    /// @dev Reverts with `InsufficientGas`.
    function exitsHeldBy() external view returns (address pool);

    /// @notice Adds to the reserve tier, for ever.
    /// @dev Reverts with `ZeroAmount`, `AmountTooLarge`, `IncorrectTransfer`.
    function fundReserve(uint256 assets) external;

    /// @notice Takes a pool's fees, only while the pool's own guard lets lenders leave; splits them between reserve and
    /// stakers, and moves the pool's premium. Anyone may call it.
    /// @return fees assets that the pool has paid; the reserve's cut of them is rounded down
    /// @dev Reverts with `UnknownPool`, with the pool's `UnbookedShortfall` or `Blind`, with `IncorrectTransfer`, and
    /// with `AmountTooLarge` for what the fund cannot hold.
    function harvest(address pool) external returns (uint256 fees);

    /// @notice Sets the most cover that the pool may have outstanding, in assets, in place of any increase that waits.
    /// Restricted to the risk role. An increase waits for cooldown + window, a decrease is immediate.
    /// @dev Reverts with `AccessManagedUnauthorized`, `UnknownPool`, `AmountTooLarge`, `TooManyPools`.
    function setCoverageLimit(address pool, uint256 limit) external;

    /// @notice What the fund would pay for a shortfall of the pool now: what its limit leaves over outstanding cover,
    /// at most all that the fund has.
    function coverageAvailable(address pool) external view returns (uint256 assets);

    /// @notice The pool's limit, outstanding cover and premium clock; zeros for a pool that never had any.
    function coverageOf(address pool) external view returns (Coverage memory);

    /// @notice Pays the pool as much of `assets` as its coverage allows: reserve tier first, then staked capital.
    /// Socializer only.
    /// @return reserve taken from the reserve tier
    /// @return staked taken from the stakers
    /// @return stakerEpoch the epoch whose holders stand for `staked`: the one that this opened, or, while the staked
    /// capital lost since the last one is under 1 basis point of all, the next one; 0 if there is none
    /// @dev Reverts with `Unauthorized`, `IncorrectTransfer`.
    function cover(
        address pool,
        uint256 assets
    ) external returns (uint256 reserve, uint256 staked, uint256 stakerEpoch);

    /// @notice Credits recovered assets that the socializer has just sent. Socializer only. What the fund cannot hold
    /// (BOUNDS) is left out: a payment of debt does not fail for it.
    /// @param reserve assets for the reserve
    /// @param staked assets that vest to the stakers (of losses too small for an epoch)
    /// @param restored principal of cover recovered, which frees the pool's limit, at most all of it
    /// @dev Reverts with `Unauthorized`.
    function creditRecovery(address pool, uint256 reserve, uint256 staked, uint256 restored) external;

    /// @notice Pools that have a coverage limit or wait for one, in no order.
    function pools() external view returns (address[] memory);

    /// @notice Assets in the reserve tier, unvested premium included.
    function reserve() external view returns (uint256);

    /// @notice Premium that has not yet vested to stakers, rounded down.
    function unvested() external view returns (uint256);

    /// @notice The one that takes cover and credits recoveries.
    function socializer() external view returns (address);

    /// @notice The registry of pools.
    function factory() external view returns (address);

    /// @notice Seconds between a request and its window.
    function cooldownPeriod() external view returns (uint256);

    /// @notice Seconds in which a request can be redeemed.
    function windowPeriod() external view returns (uint256);

    /// @notice Loss that a pool may show while stakers leave, basis points of all that the fund has.
    function guardTolerance() external view returns (uint256);

    /// @notice Seconds for which exits wait once it is on record that a pool does not answer.
    function blindPeriod() external view returns (uint256);
}
