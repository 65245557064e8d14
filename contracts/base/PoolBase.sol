// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IBadDebtSocializer} from "../interfaces/IBadDebtSocializer.sol";
import {IPoolEvents, PoolParams} from "../interfaces/ILendingPool.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {Interest} from "../libraries/Interest.sol";
import {EpochLedger} from "./EpochLedger.sol";

/// @title PoolBase
/// @notice The pool's parameters, its two ledgers and their accrual, and who may act for whom.
///
/// TWO LEDGERS behind one shared slot, so that a call writes only its own side. The lenders' `net` counts what came in
/// and went out on their side, the borrowers' (`borrowed` in a cache) what was lent and repaid; neither grows by
/// interest. So `cash = net − borrowed`, and `debt − borrowed` is the gross interest since the fees were last settled,
/// of which `premium` is fees. Settling sets `net` to cash + debt and `borrowed` to debt: interest counts from 0 again.
///
/// BOOKED FEES are those that are not a part of running interest: what a harvest could not pay out, recoveries of fees,
/// and what was left when the last share went. While there are no shares, all of the pool is fees.
abstract contract PoolBase is EpochLedger, IPoolEvents {
    /* ---------------------------------------------- TYPES ---------------------------------------------- */

    /// @dev One slot, which both sides of the pool share. `rate` in units of 1e-11 per year, `premium` in basis points.
    struct Shared {
        uint80 index;
        uint32 time;
        uint40 rate;
        uint80 unvested;
        uint16 premium;
        uint8 flags;
    }

    /// @dev One slot, for borrowers what `Ledger` is for lenders. `topTick` is the place of the risk ladder's highest
    /// occupied tick; `cap` counts whole loan tokens.
    struct Borrowers {
        uint96 scaledDebt;
        int104 net;
        uint16 topTick;
        uint40 cap;
    }

    /// @dev What a call loads once and writes once. Accrued to now. `borrowed` is the borrowers' `net`, `debt` total
    /// debt in assets, rounded down.
    struct Cache {
        Ledger ledger;
        uint256 index;
        uint256 rate;
        uint256 unvested;
        uint256 premium;
        uint256 flags;
        uint256 bookedFees;
        uint256 scaledDebt;
        int256 borrowed;
        uint256 cap;
        uint256 topTick;
        uint256 debt;
    }

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    uint256 internal constant WAD = 1e18;
    /// @dev Bits of `Shared.flags`: no new risk; `_bookedFees` is not 0; the oracle's failure is on record.
    uint256 internal constant FLAG_PAUSED = 1;
    uint256 internal constant FLAG_BOOKED_FEES = 2;
    uint256 internal constant FLAG_BLIND = 4;
    /// @dev Deposits take cash and debt together no further than this; with interest on top they still fit `int104`.
    uint256 internal constant MAX_ASSETS = type(uint96).max;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    IERC20 internal immutable COLLATERAL;
    IOracle internal immutable ORACLE;
    IBadDebtSocializer internal immutable SOCIALIZER;
    address internal immutable FUND;
    address internal immutable FACTORY;
    uint256 internal immutable LLTV;
    uint256 internal immutable MIN_INCENTIVE;
    uint256 internal immutable WRITE_DOWN_INCENTIVE;
    uint256 internal immutable MAX_INCENTIVE;
    uint256 internal immutable TARGET_HEALTH;
    uint256 internal immutable MIN_DEBT;
    uint256 internal immutable DUST;
    uint256 internal immutable VESTING;
    /// @dev One whole loan token, in its smallest unit: what a supply cap is counted in.
    uint256 private immutable WHOLE;

    /* --------------------------------------------- STORAGE --------------------------------------------- */

    Shared internal _shared;
    Borrowers internal _borrowers;
    uint256 private _bookedFees;
    mapping(address => mapping(address => bool)) internal _operators;

    constructor(PoolParams memory p) EpochLedger(p.asset) {
        COLLATERAL = IERC20(p.collateralAsset);
        ORACLE = IOracle(p.oracle);
        SOCIALIZER = IBadDebtSocializer(p.socializer);
        FUND = p.fund;
        FACTORY = msg.sender;
        LLTV = p.lltv;
        MIN_INCENTIVE = p.minIncentive;
        WRITE_DOWN_INCENTIVE = p.writeDownIncentive;
        MAX_INCENTIVE = p.maxIncentive;
        TARGET_HEALTH = p.targetHealth;
        MIN_DEBT = p.minDebt;
        DUST = p.dust;
        VESTING = p.vesting;
        WHOLE = 10 ** IERC20Metadata(p.asset).decimals();
        _shared.index = uint80(WAD);
        _shared.time = uint32(block.timestamp);
        _shared.rate = uint40(p.rateAtTarget / Interest.RATE_UNIT);
        _borrowers.cap = _toCap(p.supplyCap);
    }

    /* ------------------------------------------ LOAD AND STORE ----------------------------------------- */

    /// @dev The state as it would be if accrual were stored now.
    function _accrued() internal view returns (Cache memory s) {
        Shared storage shared = _shared;
        Borrowers storage borrowers = _borrowers;
        s.ledger = _ledger;
        s.index = shared.index;
        s.rate = shared.rate;
        s.unvested = shared.unvested;
        s.premium = shared.premium;
        s.flags = shared.flags;
        if (s.flags & FLAG_BOOKED_FEES != 0) s.bookedFees = _bookedFees;
        s.scaledDebt = borrowers.scaledDebt;
        s.borrowed = borrowers.net;
        s.cap = borrowers.cap;
        s.topTick = borrowers.topTick;
        uint256 elapsed;
        unchecked {
            // right for 136 years, also when the stored 32 bits wrap
            elapsed = uint32(block.timestamp) - shared.time;
        }
        s.debt = Interest.debtDown(s.scaledDebt, s.index);
        if (elapsed == 0) return s;
        (s.index, s.rate, s.unvested, s.debt) = Interest.accrue(
            s.index,
            s.rate,
            s.unvested,
            s.premium,
            s.scaledDebt,
            _interest(s),
            _cash(s),
            elapsed,
            VESTING,
            s.ledger.supply != 0
        );
        if (s.unvested > type(uint80).max) s.unvested = type(uint80).max;
    }

    /// @dev Stores what both sides share, and booked fees.
    function _storeShared(Cache memory s) internal {
        if (s.bookedFees != 0 || s.flags & FLAG_BOOKED_FEES != 0) {
            _bookedFees = s.bookedFees;
            s.flags = s.bookedFees == 0 ? s.flags & ~FLAG_BOOKED_FEES : s.flags | FLAG_BOOKED_FEES;
        }
        _shared = Shared({
            index: uint80(s.index),
            time: uint32(block.timestamp),
            rate: uint40(s.rate),
            unvested: uint80(s.unvested),
            premium: uint16(s.premium),
            flags: uint8(s.flags)
        });
    }

    function _storeBorrowers(Cache memory s) internal {
        _borrowers = Borrowers({
            scaledDebt: uint96(s.scaledDebt),
            net: int104(s.borrowed),
            topTick: uint16(s.topTick),
            cap: uint40(s.cap)
        });
    }

    function _storeAll(Cache memory s) internal {
        _storeShared(s);
        _storeBorrowers(s);
        _storeLedger(s.ledger);
    }

    /* ------------------------------------------- THE IDENTITY ------------------------------------------ */

    function _cash(Cache memory s) internal pure returns (uint256) {
        unchecked {
            return uint256(int256(s.ledger.net) - s.borrowed);
        }
    }

    /// @dev Gross interest since the fees were last settled.
    function _interest(Cache memory s) private pure returns (uint256) {
        unchecked {
            return uint256(int256(s.debt) - s.borrowed);
        }
    }

    /// @dev Without shares all of the pool is fees.
    function _fees(Cache memory s) internal pure returns (uint256) {
        unchecked {
            if (s.ledger.supply == 0) return _cash(s) + s.debt;
            return s.bookedFees + Interest.feesOf(_interest(s), s.premium);
        }
    }

    /// @dev What all shares are worth.
    function _lenderAssets(Cache memory s) internal pure returns (uint256) {
        unchecked {
            return s.ledger.supply == 0 ? 0 : _cash(s) + s.debt - s.unvested - _fees(s);
        }
    }

    /// @dev Ends the running interest: from here on fees are `fees`, and interest counts from 0.
    function _settleFees(Cache memory s, uint256 fees) internal pure {
        s.ledger.net = _toNet(_cash(s) + s.debt);
        s.borrowed = int256(s.debt);
        s.bookedFees = fees;
    }

    /// @dev Books recovered assets that have arrived. Without shares all of the pool is fees anyway.
    function _credit(Cache memory s, uint256 interest, uint256 fees) internal {
        s.ledger.net += _toNet(interest + fees);
        if (s.ledger.supply == 0) return;
        s.bookedFees += fees;
        s.unvested += interest;
        if (s.unvested > type(uint80).max) s.unvested = type(uint80).max;
        emit RecoveryCredited(interest, fees);
    }

    /* --------------------------------------------- HELPERS --------------------------------------------- */

    /// @dev The supply cap in assets.
    function _capOf(Cache memory s) internal view returns (uint256) {
        return s.cap * WHOLE;
    }

    /// @dev Whole loan tokens, rounded down; more than 40 bits count as the most that they hold.
    function _toCap(uint256 assets) internal view returns (uint40) {
        uint256 whole = assets / WHOLE;
        return whole > type(uint40).max ? type(uint40).max : uint40(whole);
    }

    /// @dev Amounts that move through a pool fit 103 bits with a wide margin (MAX_ASSETS, Interest.MAX_DEBT).
    function _toNet(uint256 assets) internal pure returns (int104) {
        if (assets > uint104(type(int104).max)) revert AmountTooLarge(assets, uint104(type(int104).max));
        return int104(int256(assets));
    }

    function _only(address caller) internal view {
        if (msg.sender != caller) revert Unauthorized(msg.sender);
    }

    function _onlyOperator(address owner) internal view {
        if (msg.sender != owner && !_operators[owner][msg.sender]) revert NotOperator(owner, msg.sender);
    }
}
