// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IEpochEvents, IEpochShares} from "./IEpochShares.sol";

/// @notice Parameters of a pool, fixed at its creation. Ratios are wads (1e18 = 100 %).
struct PoolParams {
    address asset; // loan asset
    address collateralAsset;
    address oracle; // IOracle: 1e36-scaled price of a collateral unit in loan asset units
    address fund; // InsuranceFund that may cover the pool; zero for none
    address socializer; // BadDebtSocializer that books its losses
    uint256 lltv; // debt is healthy up to collateral value · lltv
    uint256 minIncentive; // m: liquidator's share where an account has just become unhealthy
    uint256 writeDownIncentive; // w: what is left for the liquidator of an account that cannot repay
    uint256 maxIncentive; // i: the most a liquidator ever earns
    uint256 targetHealth; // h: health to which a liquidation brings an account
    uint256 minDebt; // loan assets; no position owes less, but nothing or after a default
    uint256 dust; // loan assets; a smaller shortfall is left alone while the collateral is worth the debt
    uint256 vesting; // seconds; time constant of the vesting of lenders' interest
    uint256 guardTolerance; // visible shortfall that lenders' assets may move past, basis points of those that remain
    uint256 blindPeriod; // seconds; how long exits wait once the oracle's failure is on record
    uint256 rateAtTarget; // initial borrow rate at target utilisation, per year
    uint256 supplyCap; // loan assets; rounded down to whole tokens
    string name;
    string symbol;
}

/// @notice A pool at one instant, accrued to it. Amounts in loan asset units.
struct PoolState {
    uint256 cash; // liquid assets
    uint256 debt; // what performing borrowers owe
    uint256 lenderAssets; // what all shares are worth now
    uint256 unvested; // lenders' interest not yet in the share price
    uint256 fees; // premium not yet harvested
    uint256 supply; // shares
    uint256 index; // borrow index, wad
    uint256 scaledDebt; // debt in index units
    uint256 rateAtTarget; // per year, wad
    uint256 premium; // share of interest that goes to fees, basis points
    uint256 supplyCap; // loan assets
    bool paused; // no new risk
}

/// @notice An occupied tick of the risk ladder: all positions of nearly the same ratio of debt to collateral.
struct LadderTick {
    uint256 tick; // higher is riskier
    uint256 scaledDebt; // index units
    uint256 collateral;
}

/// @notice What a price would bring, by the risk ladder. Written-off debt is not in it.
struct DepthPoint {
    uint256 collateral; // of the ticks that would be unhealthy
    uint256 debt; // performing debt of those, in loan assets
    uint256 badDebt; // what of that the collateral could not repay
}

/// @notice What a pool sees, for its fund. Amounts in loan assets.
struct Sight {
    bool seen; // whether the oracle answers
    bool mayLeave; // whether lenders' exits are open all the same
    uint256 shortfall; // visible, summed until it is above what was asked for
    uint256 fees; // which bear a loss before the fund
}

/// @notice Debt that was written down and is still owed, oldest first.
struct WrittenOff {
    uint64 lossId; // of the socializer
    uint96 scaled; // index units
    uint40 since; // timestamp of the write-down
    bool merged; // holds debt of later losses as well
}

/// @title IPoolEvents
/// @notice Events and errors of a pool.
interface IPoolEvents is IEpochEvents {
    event CollateralSupplied(address indexed caller, address indexed onBehalf, uint256 assets);
    event CollateralWithdrawn(
        address indexed caller,
        address indexed onBehalf,
        address indexed receiver,
        uint256 assets
    );
    /// @param scaled index units added to the account's debt
    event Borrowed(
        address indexed caller,
        address indexed onBehalf,
        address indexed receiver,
        uint256 assets,
        uint256 scaled
    );
    event Repaid(address indexed caller, address indexed onBehalf, uint256 assets, uint256 scaled);
    /// @param repaid of the performing debt
    /// @param recovered of the debt that was written down
    event Liquidated(
        address indexed caller,
        address indexed borrower,
        uint256 repaid,
        uint256 recovered,
        uint256 seized,
        uint256 scaled
    );
    /// @notice `scaled` units of the account's performing debt became written-off debt of loss `lossId`.
    event WrittenDown(address indexed account, uint256 indexed lossId, uint256 scaled);
    /// @notice A shortfall was booked; the layers are in the socializer's event of the same loss.
    event LossBooked(uint256 indexed lossId, uint256 shortfall, uint256 cover, uint256 interest, uint256 principal);
    /// @notice `assets` of the account's written-off debt were paid.
    event WrittenOffRepaid(address indexed caller, address indexed account, uint256 assets);
    event Refinanced(address indexed account, uint256 assets, uint256 scaled);
    /// @notice Part of a recovery that stays in the pool.
    event RecoveryCredited(uint256 interest, uint256 fees);
    event FeesHarvested(uint256 paid, uint256 premium);
    event OperatorSet(address indexed owner, address indexed operator, bool approved);
    event SupplyCapSet(uint256 assets);
    event PausedSet(bool paused);
    /// @notice The oracle's failure is on record from now on; exits open after the pool's blind period.
    event SightLost();
    event SightRegained();

    error Paused();
    error Unauthorized(address caller);
    error NotOperator(address owner, address caller);
    error InsufficientCash(uint256 requested, uint256 cash);
    error InsufficientCollateral(uint256 requested, uint256 collateral);
    error SupplyCapExceeded(uint256 assets, uint256 room);
    error Unhealthy(address account, uint256 owed, uint256 limit);
    error HealthyPosition(address account, uint256 health);
    error DebtBelowMinimum(uint256 debt, uint256 minDebt);
    error WrittenOffDebt(address account);
    error NoDebt(address account);
    error NothingToLiquidate(address account);
    error SeizedTooLittle(uint256 seized, uint256 minCollateral);
    error SignatureExpired(uint256 deadline);
    /// @notice The price shows a loss that must be booked first: `writeDown` whatever accounts cannot repay.
    error UnbookedShortfall(uint256 shortfall, uint256 tolerance);
    /// @notice The oracle fails, so that the pool cannot see losses. On record since then, 0 for not yet: see `reportBlind`.
    error Blind(uint256 since);
    error InsufficientGas(uint256 available, uint256 needed);
    error InvalidTick(uint256 first, uint256 count, uint256 last);
    /// @notice Nonces without a key belong to permits.
    error NonceKeyZero(uint256 nonce);
}

/// @title IPoolDefault
/// @notice What happens to debt that is not repaid in time. Part of every pool (ILendingPool), in its twin.
interface IPoolDefault {
    /// @notice Repays debt of an unhealthy account (or one whose written-off debt is due) against its collateral. An account
    /// that cannot repay is written down first. The collateral is sent, `onLiquidate` is called if there is `data`, then
    /// payment is pulled; it goes to the performing debt first, then to the written-off one. Of a healthy account only
    /// written-off debt that is due is liquidated, at the smallest incentive.
    /// @param repayAssets the most to repay; clamped to what may be repaid, `type(uint256).max` for that
    /// @param minCollateral the least to accept for `repayAssets`; in proportion where repayment was clamped below it
    /// @return repaid loan assets taken from the caller
    /// @return seized collateral sent to the caller
    /// @dev Returns (0, 0) if a loss was booked and the collateral is worth nothing. Reverts with `HealthyPosition`,
    /// `NothingToLiquidate`, `DebtBelowMinimum`, `SeizedTooLittle`.
    function liquidate(
        address borrower,
        uint256 repayAssets,
        uint256 minCollateral,
        bytes calldata data
    ) external returns (uint256 repaid, uint256 seized);

    /// @notice Writes down whatever the accounts' collateral cannot repay, as one loss. Accounts with nothing to write down
    /// are skipped, and those whose collateral is worth their debt as long as all of the call is below the dust bound. Needs no
    /// capital and no permission.
    /// @return shortfall assets by which total debt fell; 0 if there was nothing to do
    function writeDown(address[] calldata accounts) external returns (uint256 shortfall);

    /// @notice Pays written-off debt, oldest first; clamped. It goes to those who bore the loss.
    function repayWrittenOff(address account, uint256 assets) external returns (uint256 repaid);

    /// @notice Turns written-off debt of an account that is healthy with all that it owes into performing debt, as far as cash
    /// reaches; the cash goes to those who bore the loss. Permissionless.
    /// @dev Reverts with `NoDebt`, `Unhealthy`, `InsufficientCash`, `DebtBelowMinimum`.
    function refinance(address account) external returns (uint256 recovered);
}

/// @title IPoolViews
/// @notice What can be read of a pool and its positions. Part of every pool (ILendingPool), in its twin.
interface IPoolViews {
    /// @notice C·LLTV / (D + W) as a wad, rounded down; the largest number when nothing is owed. Reverts with the oracle.
    function healthOf(address account) external view returns (uint256 wad);

    /// @notice The account's written-off debt by loss, oldest first.
    function writtenOffOf(address account) external view returns (WrittenOff[] memory);

    /// @notice Performing debt of the account in index units.
    function scaledDebtOf(address account) external view returns (uint256);

    function state() external view returns (PoolState memory);
}

/// @title IPoolRisk
/// @notice What the pool sees of its own risk. Part of every pool (ILendingPool), in its twin.
interface IPoolRisk {
    /// @notice The loss that the oracle shows and nobody has booked: a lower bound, exact where each tick holds one account,
    /// and below the true one by less than 1/64 of the debt in the price's own tick.
    /// @dev Reverts with `Blind`.
    function visibleShortfall() external view returns (uint256 assets);

    /// @notice Lender assets after the visible shortfall has run through the layers, for markets that take shares as
    /// collateral.
    /// @dev Reverts with `Blind`.
    function totalAssetsNet() external view returns (uint256 assets);

    /// @notice What each price would bring. A tick counts as unhealthy if all of it together is.
    /// @param prices loan asset units per collateral unit, scaled by 1e36
    function depth(uint256[] calldata prices) external view returns (DepthPoint[] memory points);

    /// @notice Occupied ticks from `from` down, at most `count`; `type(uint256).max` starts at the highest.
    function ladder(uint256 from, uint256 count) external view returns (LadderTick[] memory ticks);

    /// @notice What the fund must know before it lets a staker leave or harvests.
    /// @param enough the shortfall above fees beyond which nothing more needs to be summed
    function sight(uint256 enough) external view returns (Sight memory);

    /// @notice When the oracle's failure was put on record; 0 while there is no record that was confirmed within a day.
    function blindSince() external view returns (uint256);
}

/// @title IPoolAdmin
/// @notice What the fund, the socializer and the factory do with a pool. Part of every pool (ILendingPool), in its twin.
interface IPoolAdmin {
    /// @notice Pays what of the fees is liquid to the fund and sets the premium. Fund only.
    function harvest(uint256 premium) external returns (uint256 paid);

    /// @notice Credits recovered assets that the socializer has just sent. Socializer only.
    function creditRecovery(uint256 interest, uint256 fees) external;

    /// @notice Factory only, which asks the access manager.
    function setSupplyCap(uint256 assets) external;

    /// @notice Stops or resumes `deposit`, `mint` and `borrow`; nothing else. Factory only.
    function setPaused(bool paused_) external;

    /// @notice Puts on record that the oracle fails, confirms it, or records that it answers again. A record that nobody confirms for a
    /// day starts anew: the oracle may have answered meanwhile, and exits must not open at the start of its next failure.
    /// @return since when it has been on record that it fails; 0 if it answers
    function reportBlind() external returns (uint256 since);

    /// @notice Prepares ticks, so that their first use costs no more than any other.
    /// @dev Reverts with `InvalidTick`.
    function initialiseTicks(uint256 first, uint256 count) external;
}

/// @title ILendingPool
/// @notice One loan asset lent against one collateral asset. Lenders hold ERC-4626 shares; losses are booked when they can be
/// seen, shared at once, and what is recovered of them goes back to those who bore them.
///
/// THE IDENTITY. `cash + debt == lenderAssets + unvested + fees` after every call. All accounting is internal: a token
/// transfer to the pool changes nothing.
///
/// ROUNDING. Always against the caller: a position's debt is rounded up, the total is rounded down, shares given are
/// rounded down, shares taken are rounded up.
///
/// WRITE-DOWN. Debt above what the collateral can repay (with the liquidator's share w) can be written down by anyone: it
/// leaves the performing debt, runs through the waterfall, and stays owed by its borrower. Until it is paid the account
/// cannot borrow nor withdraw collateral, and after 7 days it is due whatever the health of the account.
///
/// THE GUARD. The pool sees at every call how much loss the oracle's price shows that nobody has booked (IPoolRisk). While that is
/// above a tolerance of the lender assets that remain, or above the dust bound where that is more, lenders neither enter nor leave:
/// `UnbookedShortfall`. Anyone clears it, in the same transaction: `multicall([writeDown(accounts), redeem])`. `max*` say so,
/// `preview*` ignore it. While the oracle fails the pool is blind: exits wait until that has been on record for the blind period, confirmed daily,
/// deposits as long as it lasts. (Exits open at once would let the first out take the cash at every outage; exits shut
/// for good would lock lenders in behind a dead feed; who enters blind may pay for a loss that is already there.)
///
/// TWO CONTRACTS. The functions of IPoolDefault, IPoolViews, IPoolRisk and IPoolAdmin are too large to share one contract
/// with the rest: the pool delegates them to a twin with the same parameters and storage layout, fixed at creation.
///
/// FINALITY OF SHARES. A loss that leaves a share worth less than 1e-6 of par voids all shares; claims stay.
interface ILendingPool is IPoolEvents, IEpochShares, IPoolDefault, IPoolViews, IPoolRisk, IPoolAdmin {
    function supplyCollateral(uint256 assets, address onBehalf) external;

    /// @notice Needs `isOperator` for another's account; a good price only if the account owes something.
    /// @dev Reverts with `WrittenOffDebt`, `Unhealthy`, `InsufficientCollateral`.
    function withdrawCollateral(uint256 assets, address onBehalf, address receiver) external;

    /// @dev Reverts with `Paused`, `WrittenOffDebt`, `InsufficientCash`, `DebtBelowMinimum`, `Unhealthy`.
    function borrow(uint256 assets, address onBehalf, address receiver) external;

    /// @notice Pays performing debt of any account; clamped to it, so `type(uint256).max` pays all.
    /// @return repaid assets taken from the caller
    /// @dev Reverts with `NoDebt`, `DebtBelowMinimum`.
    function repay(uint256 assets, address onBehalf) external returns (uint256 repaid);

    function accrue() external;

    function setOperator(address operator, bool approved) external returns (bool);

    /// @notice As `setOperator`, by an EIP-712 signature (or ERC-1271) of the owner.
    /// @param nonce a keyed nonce (ERC-4337 style: key in the upper 192 bits) with a key other than 0, which permits use
    function setOperatorBySig(
        address owner,
        address operator,
        bool approved,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @return collateral collateral units
    /// @return debt performing debt, rounded up
    /// @return writtenOff written-off debt still owed, rounded up
    function positionOf(address account) external view returns (uint256 collateral, uint256 debt, uint256 writtenOff);

    function isOperator(address owner, address operator) external view returns (bool);

    function collateralAsset() external view returns (address);

    function oracle() external view returns (address);

    function fund() external view returns (address);

    function socializer() external view returns (address);

    function factory() external view returns (address);

    /// @notice The contract that holds the code of IPoolDefault, IPoolViews, IPoolRisk and IPoolAdmin.
    function twin() external view returns (address);

    function lltv() external view returns (uint256);

    function minIncentive() external view returns (uint256);

    function writeDownIncentive() external view returns (uint256);

    function maxIncentive() external view returns (uint256);

    function targetHealth() external view returns (uint256);

    function minDebt() external view returns (uint256);

    function dust() external view returns (uint256);

    function vesting() external view returns (uint256);

    function guardTolerance() external view returns (uint256);

    function blindPeriod() external view returns (uint256);
}
