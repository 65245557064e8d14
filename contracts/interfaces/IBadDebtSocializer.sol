// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Waterfall} from "../libraries/Waterfall.sol";

/// @notice One loss record. Amounts in loan asset units, supplies in shares.
struct Loss {
    address pool;
    uint256 time; // of the last booking
    uint256 shortfall; // the sum of the five layers
    uint256 fees; // lost by the pool's fees
    uint256 reserve; // lost by the fund's reserve tier
    uint256 staked; // lost by the fund's stakers
    uint256 interest; // lost by the lenders' unvested interest
    uint256 principal; // lost by the lenders' principal
    uint256 recovered; // so far, over all layers, interest since the loss included
    uint256 lenderEpoch; // epoch of the pool's shares whose holders hold the claim on `principal`; 0 if none (yet)
    uint256 stakerEpoch; // epoch of the fund's shares, for `staked`; 0 if none (yet)
    uint256 lenderSupply; // pool shares at that epoch
    uint256 stakerSupply; // fund shares at that epoch
    uint256 lenderClaims; // recovered for the holders of lenderEpoch
    uint256 stakerClaims; // recovered for the holders of stakerEpoch
    Waterfall.Layers recoveredBy; // by layer
    Waterfall.Layers outstanding; // by layer, at the pool's index now, rounded down
}

/// @title IBadDebtSocializer
/// @notice The loss ledger: runs the waterfall for a pool's shortfall, records it, takes recoveries and pays claims.
/// Amounts are in loan asset units, indices in wads. Nobody governs it.
///
/// LAYERS. Pool fees → reserve tier → staked capital → lenders' unvested interest → lenders' principal; each to its end
/// or limit before the next; their sum is the shortfall, to the wei.
///
/// RECORDS. Ids run from 1 to `lossCount()`. A record takes further losses of its pool until its lenders' epoch opens,
/// its episode ends, or a loss takes staked capital that another epoch of the fund stands for.
///
/// EPOCHS. Principal that is lost belongs to the holders of the pool's next epoch, which opens once what was lost since
/// the last one reaches 1 basis point; staked capital likewise in the fund. So tiny losses neither escape the claims
/// nor flood the epochs. What is recovered before that goes to the holders of the day, through unvested interest and
/// premium.
///
/// EPISODES. Losses of a pool within 24 hours of the first (at most 32) form an episode, across which lenders are
/// senior to the fund: a recovery climbs its own loss's principal → unvested interest, then the lenders' layers of the
/// other losses pro rata to what is outstanding, then staked → reserve → fees, the own loss's first.
///
/// OUTSTANDING is kept in units of the pool's borrow index: it grows as the written-off debt does, and no layer is paid
/// more than it lost plus what accrued on that. Units are rounded down when a loss is booked and when they are valued,
/// up when they are paid off in part.
interface IBadDebtSocializer {
    /// @notice A borrower's payment towards one loss.
    struct Payment {
        uint256 lossId;
        uint256 assets; // loan assets
        bool merged; // debt of later losses is in it: a surplus goes to the pool's lenders, not to the reserve
    }

    /// @notice A shortfall was booked; a record that takes several has an event for each.
    /// @param shortfall assets, the sum of the layers
    /// @param layers assets that each has borne
    /// @param lenderEpoch epoch of the pool's shares that stands for the principal, open already or not; 0 if none was
    /// lost, and after the last epoch
    /// @param stakerEpoch epoch of the fund's shares that stands for the staked capital, likewise
    event LossRecorded(
        uint256 indexed lossId,
        address indexed pool,
        uint256 shortfall,
        Waterfall.Layers layers,
        uint256 lenderEpoch,
        uint256 stakerEpoch
    );
    /// @notice The fund could not pay any of the `assets` that it was asked for: its layers count as unavailable.
    event CoverUnavailable(address indexed pool, address indexed fund, uint256 assets);
    /// @notice Part of a recovery, paid to the layers of one loss, in assets.
    event Recovered(uint256 indexed lossId, Waterfall.Layers layers);
    /// @notice What no layer of the loss's episode can take any more, of a borrower's payment: it goes to the fund's
    /// reserve, or to the pool's lenders, see `Payment.merged`.
    event Surplus(uint256 indexed lossId, uint256 assets);
    /// @notice An account was paid `lender` assets for its shares of the pool and `staker` for those of the fund.
    event Claimed(uint256 indexed lossId, address indexed account, uint256 lender, uint256 staker);

    /// @notice The factory has not registered the caller, or it never booked a loss here.
    error UnknownPool(address pool);
    /// @notice No record has this id.
    error UnknownLoss(uint256 lossId);
    /// @notice A fund that fails with less gas than this says nothing: nobody may starve it and go on without its
    /// cover.
    error InsufficientGas(uint256 available, uint256 needed);
    /// @notice The layers of the episode can take only `outstanding` assets.
    error RecoveryExceedsLoss(uint256 assets, uint256 outstanding);
    /// @notice An account with code is claimed for by itself and by its operators in the pool only.
    error ClaimNotAuthorized(address account, address caller);
    /// @notice The token delivered less than it was asked for.
    error IncorrectTransfer(address token, uint256 expected, uint256 received);
    error ZeroAmount();
    error ZeroAddress();

    /// @notice Runs the waterfall for a shortfall of the calling pool and records it. Pools of the factory only.
    /// @param fund the pool's own; zero for none
    /// @param shortfall assets by which the pool's debt has fallen
    /// @param index the pool's borrow index
    /// @param fees assets of the pool's first layer
    /// @param unvested assets of its fourth layer, lenders' interest
    /// @param principal assets of its last layer
    /// @param epoch the number of the pool's last epoch
    /// @return lossId the record
    /// @return layers what each bears; reserve and staked have arrived at the pool
    /// @return opensEpoch whether the pool is to open an epoch
    /// @dev Reverts with `UnknownPool`, `InsufficientGas`. A fund that fails is passed over, unless the call comes from
    /// its midst.
    function absorb(
        address fund,
        uint256 shortfall,
        uint256 index,
        uint256 fees,
        uint256 unvested,
        uint256 principal,
        uint256 epoch
    ) external returns (uint256 lossId, Waterfall.Layers memory layers, bool opensEpoch);

    /// @notice Takes a borrower's payments of written-off debt, which the calling pool has just sent, and returns to it
    /// what belongs to it. What exceeds all layers of the episode goes to the fund's reserve, or to the pool's lenders
    /// (`merged`, or no fund that takes it). Pools that have booked a loss only.
    /// @param index the pool's borrow index
    /// @return interest assets sent back for the pool's lenders
    /// @return fees assets sent back as fees
    /// @dev Reverts with `UnknownPool`.
    function onRecovery(Payment[] calldata payments, uint256 index) external returns (uint256 interest, uint256 fees);

    /// @notice Anyone's payment towards a loss. Refused above what is outstanding in its episode.
    /// @dev Reverts with `ZeroAmount`, `UnknownLoss`, `RecoveryExceedsLoss`, `IncorrectTransfer`.
    function recover(uint256 lossId, uint256 assets) external;

    /// @notice Pays an account what was recovered for it, once per wei. Callable by anyone for an account without code,
    /// else by the account or its operator in the pool. Losses that owe it nothing are passed over.
    /// @return assets of all losses together, whatever their assets are
    /// @dev Reverts with `ZeroAddress`, `UnknownLoss`, `ClaimNotAuthorized`.
    function claim(uint256[] calldata lossIds, address account) external returns (uint256 assets);

    /// @notice What `claim` would pay the account now for one loss: its part of what was recovered for the holders of
    /// the two epochs, each rounded down, less what it got before.
    /// @dev Reverts with `UnknownLoss`.
    function claimable(uint256 lossId, address account) external view returns (uint256 assets);

    /// @notice Number of records, and id of the newest.
    function lossCount() external view returns (uint256);

    /// @notice A record as of now. An epoch that has not opened yet is left out, with its supply.
    /// @dev Reverts with `UnknownLoss`.
    function lossOf(uint256 lossId) external view returns (Loss memory);

    /// @notice The losses of one episode: the given one, those before it from the latest to the first, those after it
    /// in their order.
    /// @dev Reverts with `UnknownLoss`.
    function episodeOf(uint256 lossId) external view returns (uint256[] memory);

    /// @notice The registry of pools.
    function factory() external view returns (address);
}
