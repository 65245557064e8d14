// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IEpochShares} from "./IEpochShares.sol";

/// @notice Parameters of a fund, fixed at its creation.
struct FundParams {
    address asset; // the loan asset whose pools it covers
    address socializer;
    address factory;
    uint256 cooldown; // seconds between a request and its window
    uint256 window; // seconds in which a request can be redeemed
    uint256 vesting; // seconds; time constant of the vesting of premium to stakers
    uint256 reserveCut; // share of harvested premium that goes to the reserve, basis points
    uint256 maxPremium; // basis points of interest, approached as cover becomes ample
    uint256 halfCover; // cover over debt (wad) at which the premium is half of it
    uint256 guardTolerance; // loss that a pool may show while stakers leave, basis points of the fund's assets
    uint256 blindPeriod; // seconds; how long exits wait once it is on record that a pool does not answer
    string name;
    string symbol;
}

/// @notice What the fund knows of a pool. Amounts in assets.
struct Coverage {
    uint256 limit; // most cover outstanding at any time, in force now
    uint256 pendingLimit; // an increase that waits; 0 for none
    uint256 effectiveAt; // when it takes effect
    uint256 outstanding; // cover paid, less the principal of it that was recovered
    uint256 premiumAt; // when the premium last moved
}

/// @title IInsuranceFund
/// @notice First-loss capital for up to 16 pools of one asset: a reserve tier that only a slash takes from, and staked capital
/// (ERC-4626 shares with a cooldown).
///
/// RESERVE TIER. The reserve and, before it, premium that has not yet vested to stakers: nobody holds a claim on either.
///
/// EXIT. `cooldown(shares)`, wait, `redeem` inside the window. Cooling shares stay slashable and earn nothing: an exit pays the
/// lower of their value at the request and at the exit. A request that expires or is renewed forfeits the gain made
/// since it, in shares, when it is next touched; until then its shares stay locked. Gains not paid out go to the reserve.
///
/// HELD EXITS. Nobody leaves while a covered pool shows a loss that nobody has booked and that the fund would pay, above the guard's
/// tolerance, or while such a pool is blind (see ILendingPool) or does not answer, for a bounded time. `writeDown` in
/// that pool clears it. Windows stand still meanwhile, from when `syncGuard` put it on record; for a day from each such call;
/// cooldowns go on. Who says so is the pool's price, never a role.
///
/// LIMITS. An increase takes effect after cooldown + window, so that every staker can leave first; a decrease at once.
interface IInsuranceFund is IEpochShares {
    event CooldownStarted(address indexed account, uint256 shares, uint256 assets, uint256 opensAt, uint256 closesAt);
    event GainForfeited(address indexed account, uint256 shares);
    event ReserveFunded(address indexed from, uint256 assets);
    event Harvested(address indexed pool, uint256 fees, uint256 toReserve, uint256 premium);
    event CoverageLimitSet(address indexed pool, uint256 limit, uint256 effectiveAt);
    event Covered(address indexed pool, uint256 reserve, uint256 staked, uint256 stakerEpoch);
    event RecoveryCredited(address indexed pool, uint256 reserve, uint256 staked, uint256 restored);
    /// @notice Windows stand still from now on.
    event WindowsStopped(address indexed pool);
    event WindowsResumed();
    /// @notice It is on record that the pool does not answer, or that it answers again.
    event PoolAnswers(address indexed pool, bool answers);

    error Unauthorized(address caller);
    error UnknownPool(address pool);
    error TooManyPools(uint256 max);
    error NoRequest(address account);
    error CooldownNotOver(uint256 opensAt);
    error WindowClosed(uint256 closesAt);
    error ExceedsRequest(uint256 shares, uint256 requested);
    /// @notice The pool shows a loss that the fund has yet to pay, or cannot see.
    error ExitsHeld(address pool);
    error InsufficientGas(uint256 available, uint256 needed);

    /// @notice Requests the exit of `shares`; replaces an older request, `0` withdraws it.
    function cooldown(uint256 shares) external;

    /// @notice The exit that the account has requested, if any; while exits are held, `closesAt` is as if the hold ended now.
    function cooldownOf(
        address account
    ) external view returns (uint256 shares, uint256 assetsAtRequest, uint256 opensAt, uint256 closesAt);

    /// @notice Puts on record whether exits are held, so that windows stand still as long as they are, and which pools do not
    /// answer. Anyone may call it, best at both ends of a hold.
    /// @return pool that holds exits; zero for none
    function syncGuard() external returns (address pool);

    /// @notice The first pool that holds exits now; zero for none.
    function exitsHeldBy() external view returns (address pool);

    /// @notice Adds to the reserve tier, for ever.
    function fundReserve(uint256 assets) external;

    /// @notice Takes a pool's fees, only while the pool's own guard lets lenders leave; splits them between reserve and stakers, and moves the pool's premium.
    function harvest(address pool) external returns (uint256 fees);

    /// @notice Restricted to the risk role. An increase waits for cooldown + window, a decrease is immediate.
    function setCoverageLimit(address pool, uint256 limit) external;

    /// @notice What the fund would pay for a shortfall of the pool now.
    function coverageAvailable(address pool) external view returns (uint256 assets);

    function coverageOf(address pool) external view returns (Coverage memory);

    /// @notice Pays the pool as much of `assets` as its coverage allows: reserve tier first, then staked capital. Socializer only.
    /// @return reserve taken from the reserve tier
    /// @return staked taken from the stakers
    /// @return stakerEpoch the epoch whose holders stand for `staked`: the one that this opened, or, while the staked capital lost
    /// since the last one is under 1 basis point of all, the next one; 0 if there is none
    function cover(
        address pool,
        uint256 assets
    ) external returns (uint256 reserve, uint256 staked, uint256 stakerEpoch);

    /// @notice Credits recovered assets that the socializer has just sent. Socializer only.
    /// @param reserve assets for the reserve
    /// @param staked assets that vest to the stakers (of losses too small for an epoch)
    /// @param restored principal of cover recovered, which frees the pool's limit
    function creditRecovery(address pool, uint256 reserve, uint256 staked, uint256 restored) external;

    /// @notice Pools with a coverage limit.
    function pools() external view returns (address[] memory);

    /// @notice Assets in the reserve tier, unvested premium included.
    function reserve() external view returns (uint256);

    /// @notice Premium that has not yet vested to stakers.
    function unvested() external view returns (uint256);

    function socializer() external view returns (address);

    function factory() external view returns (address);

    function cooldownPeriod() external view returns (uint256);

    function windowPeriod() external view returns (uint256);

    function guardTolerance() external view returns (uint256);

    function blindPeriod() external view returns (uint256);
}
