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
    bool paused; // whether `deposit`, `mint`, `borrow` and `refinance` are stopped
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
    bool seen; // whether the oracle answers; without debt it is not asked
    bool mayLeave; // whether it does, or has failed on record for the whole blind period
    uint256 shortfall; // visible; 0 up to the dust bound, and summed only until it is above what was asked for
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
    /// @param assets collateral units
    event CollateralSupplied(address indexed caller, address indexed onBehalf, uint256 assets);
    /// @param assets collateral units
    event CollateralWithdrawn(
        address indexed caller,
        address indexed onBehalf,
        address indexed receiver,
        uint256 assets
    );
    /// @param assets loan assets paid out
    /// @param scaled index units added to the account's debt
    event Borrowed(
        address indexed caller,
        address indexed onBehalf,
        address indexed receiver,
        uint256 assets,
        uint256 scaled
    );
    /// @param assets loan assets taken from the caller
    /// @param scaled index units taken off the account's debt
    event Repaid(address indexed caller, address indexed onBehalf, uint256 assets, uint256 scaled);
    /// @notice The liquidator paid `repaid + recovered`, which is what `liquidate` returns as its `repaid`.
    /// @param repaid loan assets paid towards the performing debt
    /// @param recovered loan assets paid towards the written-off debt
    /// @param seized collateral units sent to the liquidator
    /// @param scaled index units taken off the account's performing debt
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
    /// @notice A shortfall was booked; all its layers are in the socializer's event of the same loss. Loan assets.
    /// @param shortfall by which total debt fell; what the other amounts leave of it was borne by the pool's fees
    /// @param cover paid by the fund
    /// @param interest borne by the lenders' unvested interest
    /// @param principal borne by the lenders' principal
    event LossBooked(uint256 indexed lossId, uint256 shortfall, uint256 cover, uint256 interest, uint256 principal);
    /// @notice `assets` (loan assets) of the account's written-off debt were paid.
    event WrittenOffRepaid(address indexed caller, address indexed account, uint256 assets);
    /// @notice Written-off debt became performing debt again.
    /// @param assets loan assets of it, paid out of the pool's cash to those who bore the loss
    /// @param scaled index units added to the account's performing debt
    event Refinanced(address indexed account, uint256 assets, uint256 scaled);
    /// @notice Part of a recovery that stays in the pool. Loan assets.
    /// @param interest for the lenders, as unvested interest
    event RecoveryCredited(uint256 interest, uint256 fees);
    /// @param paid loan assets sent to the fund
    /// @param premium share of interest that goes to fees from now on, basis points
    event FeesHarvested(uint256 paid, uint256 premium);
    event OperatorSet(address indexed owner, address indexed operator, bool approved);
    /// @param assets loan assets, as asked for: the cap is this rounded down to whole tokens
    event SupplyCapSet(uint256 assets);
    event PausedSet(bool paused);
    /// @notice The oracle's failure is on record from now on; exits open after the pool's blind period.
    event SightLost();
    /// @notice The oracle answered, which ends the record of its failure.
    event SightRegained();

    /// @notice No new risk: `deposit`, `mint`, `borrow` and `refinance` are stopped.
    error Paused();
    /// @notice The function is for the fund, the socializer or the factory of the pool.
    error Unauthorized(address caller);
    /// @notice The caller is neither the account nor one of its operators.
    error NotOperator(address owner, address caller);
    /// @notice The pool has less liquid assets than that (loan assets).
    error InsufficientCash(uint256 requested, uint256 cash);
    /// @notice The account has less collateral than that (collateral units).
    error InsufficientCollateral(uint256 requested, uint256 collateral);
    /// @notice More than the `room` that the supply cap, or the packing of the books, leaves (loan assets).
    error SupplyCapExceeded(uint256 assets, uint256 room);
    /// @notice The account would owe, or owes, more than its collateral's value · LLTV, the `limit` (loan assets).
    error Unhealthy(address account, uint256 owed, uint256 limit);
    /// @notice The account's health (wad) is at least 1 and none of its written-off debt is due.
    error HealthyPosition(address account, uint256 health);
    /// @notice The account would be left with a debt above 0 and below the pool's minimum (loan assets).
    error DebtBelowMinimum(uint256 debt, uint256 minDebt);
    /// @notice The account owes written-off debt, which must be repaid or refinanced first.
    error WrittenOffDebt(address account);
    /// @notice The account owes nothing of the kind that the call is about.
    error NoDebt(address account);
    /// @notice Nothing can be repaid within what the caller offers: the collateral is worth nothing, or the debt is so
    /// small that it is only closed whole.
    error NothingToLiquidate(address account);
    /// @notice Less than the least collateral, in proportion to what is repaid of what was offered (collateral units).
    error SeizedTooLittle(uint256 seized, uint256 minCollateral);
    error SignatureExpired(uint256 deadline);
    /// @notice The price shows a loss (loan assets) to be booked first: `writeDown` what accounts cannot repay.
    error UnbookedShortfall(uint256 shortfall, uint256 tolerance);
    /// @notice The oracle fails, so that the pool cannot see losses. On record from `since` (timestamp), 0 for not yet:
    /// see `reportBlind`.
    error Blind(uint256 since);
    /// @notice The oracle, or the token with a recovery for the socializer, failed with less gas than tells a failure from a
    /// want of gas.
    error InsufficientGas(uint256 available, uint256 needed);
    /// @notice Ticks go from 1 to `last`.
    error InvalidTick(uint256 first, uint256 count, uint256 last);
    /// @notice Nonces without a key belong to permits.
    error NonceKeyZero(uint256 nonce);
}

/// @title IPoolDefault
/// @notice What happens to debt that is not repaid in time. Part of every pool (ILendingPool), in its twin.
interface IPoolDefault {
    /// @notice Repays debt of an unhealthy account (or one whose written-off debt is due) against its collateral. An
    /// account that cannot repay is written down first. The collateral is sent, `onLiquidate` is called if there is
    /// `data`, then payment is pulled; it goes to the performing debt first, then to the written-off one. Of a healthy
    /// account only written-off debt that is due is liquidated, at the smallest incentive.
    /// @param repayAssets the most to repay (loan assets); clamped to what may be repaid, `type(uint256).max` for that
    /// @param minCollateral the least to accept for `repayAssets` (collateral units); in proportion, rounded up, where
    /// repayment was clamped below it; as it is for `type(uint256).max`
    /// @return repaid loan assets taken from the caller, for performing and written-off debt together
    /// @return seized collateral units sent to the caller, rounded down
    /// @dev Returns (0, 0) if a loss was booked and then nothing can be repaid, as where the collateral is worth
    /// nothing. Reverts with `ZeroAmount`, `NoDebt`, `HealthyPosition`, `NothingToLiquidate`, `SeizedTooLittle`,
    /// `IncorrectTransfer`, `InsufficientGas` (the socializer's, too), or as the oracle does.
    function liquidate(
        address borrower,
        uint256 repayAssets,
        uint256 minCollateral,
        bytes calldata data
    ) external returns (uint256 repaid, uint256 seized);

    /// @notice Writes down whatever the accounts' collateral cannot repay, as one loss. Accounts with nothing to write
    /// down are skipped, and those whose collateral is worth their debt as long as all of the call is below the dust
    /// bound. Needs no capital and no permission.
    /// @return shortfall loan assets by which total debt fell; 0 if there was nothing to do
    /// @dev Reverts as the oracle does, or with the socializer's `InsufficientGas`.
    function writeDown(address[] calldata accounts) external returns (uint256 shortfall);

    /// @notice Pays written-off debt of any account, oldest first; clamped to it, so `type(uint256).max` pays all. The
    /// payment goes to those who bore the loss.
    /// @return repaid loan assets taken from the caller
    /// @dev Reverts with `ZeroAmount`, `NoDebt`, `IncorrectTransfer`, `InsufficientGas`.
    function repayWrittenOff(address account, uint256 assets) external returns (uint256 repaid);

    /// @notice Turns written-off debt of an account that is healthy with all that it owes into performing debt, as far
    /// as cash reaches; the cash goes to those who bore the loss. Permissionless.
    /// @return recovered loan assets paid out, rounded down: no more than total debt grows by
    /// @dev Reverts with `NoDebt`, `Paused`, `Unhealthy`, `InsufficientCash`, `AmountTooLarge`, `DebtBelowMinimum`,
    /// `IncorrectTransfer`, `InsufficientGas`, or as the oracle does.
    function refinance(address account) external returns (uint256 recovered);
}

/// @title IPoolViews
/// @notice What can be read of a pool and its positions. Part of every pool (ILendingPool), in its twin.
interface IPoolViews {
    /// @notice C·LLTV / (D + W) as a wad, rounded down; the largest number when nothing is owed.
    /// @dev Reverts as the oracle does.
    function healthOf(address account) external view returns (uint256 wad);

    /// @notice The account's written-off debt by loss, oldest first.
    function writtenOffOf(address account) external view returns (WrittenOff[] memory);

    /// @notice Performing debt of the account in index units.
    function scaledDebtOf(address account) external view returns (uint256);

    /// @notice The pool's books, accrued to now.
    function state() external view returns (PoolState memory);
}

/// @title IPoolRisk
/// @notice What the pool sees of its own risk. Part of every pool (ILendingPool), in its twin.
interface IPoolRisk {
    /// @notice The loss that the oracle shows and nobody has booked (loan assets): a lower bound, exact where each tick
    /// holds one account, and below the true one by less than 1/64 of the debt in the price's own tick.
    /// @dev Reverts with `Blind`.
    function visibleShortfall() external view returns (uint256 assets);

    /// @notice Lender assets after the visible shortfall has run through the layers (loan assets), for markets that
    /// take shares as collateral.
    /// @dev Reverts with `Blind`.
    function totalAssetsNet() external view returns (uint256 assets);

    /// @notice What each price would bring. A tick counts as unhealthy if all of it together is.
    /// @param prices loan asset units per collateral unit, scaled by 1e36
    function depth(uint256[] calldata prices) external view returns (DepthPoint[] memory points);

    /// @notice Occupied ticks from `from` down, at most `count`; `type(uint256).max` starts at the highest.
    function ladder(uint256 from, uint256 count) external view returns (LadderTick[] memory ticks);

    /// @notice What the fund must know before it lets a staker leave. Answers also while the oracle fails. (A harvest
    /// does not ask: the pool's own guard decides.)
    /// @param enough the shortfall above fees (loan assets) beyond which nothing more needs to be summed
    function sight(uint256 enough) external view returns (Sight memory);

    /// @notice When the oracle's failure was put on record (timestamp); 0 without a record confirmed within a day.
    function blindSince() external view returns (uint256);
}

/// @title IPoolAdmin
/// @notice What the fund, the socializer and the factory do with a pool, and the upkeep that anyone can do. Part of
/// every pool (ILendingPool), in its twin.
interface IPoolAdmin {
    /// @notice Pays what of the fees is liquid to the fund and sets the premium. Fund only.
    /// @param premium share of interest that goes to fees from now on, basis points
    /// @return paid loan assets
    /// @dev Reverts with `Unauthorized`, `AmountTooLarge`, and as lenders' exits with `UnbookedShortfall`, `Blind`.
    function harvest(uint256 premium) external returns (uint256 paid);

    /// @notice Credits recovered loan assets that the socializer has just sent. Socializer only.
    /// @param interest for the lenders, as unvested interest
    /// @param fees for the pool's fees
    /// @dev Without shares both belong to the fees, as all of the pool does. Reverts with `Unauthorized`.
    function creditRecovery(uint256 interest, uint256 fees) external;

    /// @notice Sets the supply cap (loan assets, rounded down to whole tokens): deposits take lender assets no further.
    /// Factory only, which asks the access manager.
    /// @dev Reverts with `Unauthorized`.
    function setSupplyCap(uint256 assets) external;

    /// @notice Stops or resumes `deposit`, `mint`, `borrow` and `refinance`; nothing else. Factory only.
    /// @dev Reverts with `Unauthorized`.
    function setPaused(bool paused_) external;

    /// @notice Puts on record that the oracle fails, confirms it, or records that it answers again. A record that
    /// nobody confirms for a day starts anew: the oracle may have answered meanwhile, and exits must not open at the
    /// start of its next failure.
    /// @return since when it has been on record that it fails (timestamp); 0 if it answers
    function reportBlind() external returns (uint256 since);

    /// @notice Prepares ticks, so that their first use costs no more than any other: `count` of them from `first` up.
    /// @dev Reverts with `InvalidTick`.
    function initialiseTicks(uint256 first, uint256 count) external;
}

/// @title ILendingPool
/// @notice One loan asset lent against one collateral asset. Lenders hold ERC-4626 shares; losses are booked when they
/// can be seen, shared at once, and what is recovered of them goes back to those who bore them.
///
/// THE IDENTITY. `cash + debt == lenderAssets + unvested + fees` after every call. All accounting is internal: a token
/// transfer to the pool changes nothing.
///
/// UNITS. Amounts are in the smallest unit of their token: `assets` are loan assets, but collateral in the two
/// functions that move it. A wad is 1e18 = 100 %, a basis point 1e-4; prices are loan asset units per collateral unit,
/// scaled by 1e36.
///
/// ROUNDING. Always against the caller: a position's debt is rounded up, the total is rounded down, shares given are
/// rounded down, shares taken are rounded up.
///
/// ERC-4626, but for the following. `deposit` and `mint` are refused by the guard (below), by a pause and beyond the
/// supply cap; `withdraw` and `redeem` by the guard and beyond the pool's cash. Shares that an account received in the
/// block of a loss which opened an epoch cannot leave it in that block (`SharesLocked`). `max*` account for all of
/// that, `preview*` and `convertTo*` for none. An operator of the owner needs no allowance. An amount of 0, also by
/// rounding, is refused (`ZeroAmount`), one above 2^128 − 1 too (`AmountTooLarge`, also by the views). `totalAssets`
/// does not foresee a loss that nobody has booked; `totalAssetsNet` does. A share has three decimals more than the
/// asset, and cannot be sent to the pool, its fund or its socializer.
///
/// WRITE-DOWN. Debt above what the collateral can repay (with the liquidator's share w) can be written down by anyone:
/// it leaves the performing debt, runs through the waterfall, and stays owed by its borrower. Until it is paid the
/// account cannot borrow nor withdraw collateral, and after 7 days it is due whatever the health of the account.
///
/// THE GUARD. Whenever lenders enter or leave, the pool sees how much loss the oracle's price shows that nobody has
/// booked (IPoolRisk). While that is above a tolerance of the lender assets that remain, or above the dust bound where
/// that is more, lenders neither enter nor leave: `UnbookedShortfall`. Anyone clears it, in the same transaction:
/// `multicall([writeDown(accounts), redeem])`. `max*` say so, `preview*` ignore it. While the oracle fails the pool is
/// blind: exits wait until that has been on record for the blind period, confirmed daily, deposits as long as it lasts.
/// (Exits open at once would let the first out take the cash at every outage; exits shut for good would lock lenders in
/// behind a dead feed; who enters blind may pay for a loss that is already there.)
///
/// TWO CONTRACTS. The functions of IPoolDefault, IPoolViews, IPoolRisk and IPoolAdmin are too large to share one
/// contract with the rest: the pool delegates them to a twin with the same parameters and storage layout, which is
/// fixed at creation.
///
/// FINALITY OF SHARES. A loss that leaves a share worth less than 1e-6 of par, and of all that was there at most a
/// thousandth or less than the pool's dust, voids all shares; claims stay.
interface ILendingPool is IPoolEvents, IEpochShares, IPoolDefault, IPoolViews, IPoolRisk, IPoolAdmin {
    /// @notice Takes collateral (collateral units) from the caller, for any account. Never paused; asks no oracle.
    /// @dev Reverts with `ZeroAmount`, `ZeroAddress`, `AmountTooLarge` (a position holds less than 2^112),
    /// `IncorrectTransfer`.
    function supplyCollateral(uint256 assets, address onBehalf) external;

    /// @notice Sends collateral of the account (collateral units) to `receiver`. For another's account the caller must
    /// be its operator. Asks the oracle only if the account owes something.
    /// @dev Reverts with `ZeroAmount`, `ZeroAddress`, `NotOperator`, `WrittenOffDebt`, `InsufficientCollateral`,
    /// `Unhealthy`, or as the oracle does.
    function withdrawCollateral(uint256 assets, address onBehalf, address receiver) external;

    /// @notice Lends `assets` (loan assets) against the account's collateral and sends them to `receiver`. For
    /// another's account the caller must be its operator. The debt is counted in index units, rounded up.
    /// @dev Reverts with `ZeroAmount`, `ZeroAddress`, `NotOperator`, `Paused`, `WrittenOffDebt`, `InsufficientCash`,
    /// `AmountTooLarge` (all debt is below 2^96), `DebtBelowMinimum`, `Unhealthy`, or as the oracle does.
    function borrow(uint256 assets, address onBehalf, address receiver) external;

    /// @notice Pays performing debt of any account; clamped to it, so `type(uint256).max` pays all.
    /// The debt falls by the index units that the payment covers whole. Never paused; asks no oracle.
    /// @return repaid loan assets taken from the caller
    /// @dev Reverts with `ZeroAmount`, `NoDebt`, `DebtBelowMinimum` (an account with written-off debt may owe less),
    /// `IncorrectTransfer`.
    function repay(uint256 assets, address onBehalf) external returns (uint256 repaid);

    /// @notice Stores the interest up to now. Every other call does so by itself where it matters.
    function accrue() external;

    /// @notice Lets an operator act for the caller in this pool, or stops that: borrow, withdraw collateral, withdraw
    /// and redeem shares without an allowance, and claim recoveries (IBadDebtSocializer).
    /// @return true, always
    /// @dev Reverts with `ZeroAddress`.
    function setOperator(address operator, bool approved) external returns (bool);

    /// @notice As `setOperator`, by an EIP-712 signature (or ERC-1271) of the owner.
    /// @param nonce a keyed nonce (ERC-4337 style: key in the upper 192 bits) with a key above 0: 0 is for permits
    /// @param deadline last timestamp at which the signature counts
    /// @dev Reverts with `SignatureExpired`, `NonceKeyZero`, `InvalidAccountNonce`, `InvalidSigner`, `ZeroAddress`.
    function setOperatorBySig(
        address owner,
        address operator,
        bool approved,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice What an account has and owes, accrued to now.
    /// @return collateral collateral units
    /// @return debt performing debt (loan assets), rounded up
    /// @return writtenOff written-off debt still owed (loan assets), rounded up entry by entry
    function positionOf(address account) external view returns (uint256 collateral, uint256 debt, uint256 writtenOff);

    /// @notice Whether `operator` may act for `owner`. (The owner needs no approval of its own.)
    function isOperator(address owner, address operator) external view returns (bool);

    /// @notice The token that borrowers pledge.
    function collateralAsset() external view returns (address);

    /// @notice The oracle (IOracle) of the collateral's price in loan assets.
    function oracle() external view returns (address);

    /// @notice The InsuranceFund that may cover the pool's losses; zero for none.
    function fund() external view returns (address);

    /// @notice The BadDebtSocializer that books the pool's losses and takes recoveries.
    function socializer() external view returns (address);

    /// @notice The PoolFactory that created the pool, and may set its supply cap and pause.
    function factory() external view returns (address);

    /// @notice The contract that holds the code of IPoolDefault, IPoolViews, IPoolRisk and IPoolAdmin.
    function twin() external view returns (address);

    /// @notice An account is healthy while it owes no more than its collateral's value times this (wad).
    function lltv() external view returns (uint256);

    /// @notice m: the liquidator's share of what it repays, of an account that has just become unhealthy (wad).
    function minIncentive() external view returns (uint256);

    /// @notice w: what a write-down leaves to the liquidator: it cuts debt to collateral value / (1 + w) (wad).
    function writeDownIncentive() external view returns (uint256);

    /// @notice i: the most that a liquidator earns, as a share of what it repays (wad).
    function maxIncentive() external view returns (uint256);

    /// @notice h: the health to which one liquidation may bring an account (wad, at least 1).
    function targetHealth() external view returns (uint256);

    /// @notice The least that an account may owe, if anything (loan assets); with written-off debt it may owe less.
    function minDebt() external view returns (uint256);

    /// @notice A `writeDown` of less in all leaves those accounts alone whose collateral is worth their debt, and up to
    /// this shortfall the guard lets lenders' assets move (loan assets).
    function dust() external view returns (uint256);

    /// @notice τ: time constant with which the lenders' interest vests into the share price (seconds).
    function vesting() external view returns (uint256);

    /// @notice Visible shortfall that lenders' assets may move past, as a part of those that remain (basis points).
    function guardTolerance() external view returns (uint256);

    /// @notice How long the oracle's failure must have been on record before lenders may leave all the same (seconds).
    function blindPeriod() external view returns (uint256);
}
