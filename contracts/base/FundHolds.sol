// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {FundParams, IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {ILendingPool, Sight} from "../interfaces/ILendingPool.sol";
import {Interest} from "../libraries/Interest.sol";
import {FundCover} from "./FundCover.sol";

/// @title FundHolds
/// @notice Holds the stakers' exits while a covered pool shows a loss that the fund has yet to pay, or may have one
/// unseen.
abstract contract FundHolds is FundCover {
    using FixedPointMathLib for uint256;

    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    /// @dev What a pool may use to say what it sees. More must have been there when it fails.
    uint256 private constant SIGHT_GAS = 4_000_000;
    uint256 private constant SIGHT_GAS_NEEDED = 4_100_000;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    uint256 public immutable guardTolerance;
    uint256 public immutable blindPeriod;

    constructor(FundParams memory p) {
        guardTolerance = p.guardTolerance;
        blindPeriod = p.blindPeriod;
    }

    /* ------------------------------------------- HELD EXITS -------------------------------------------- */

    /// @inheritdoc IInsuranceFund
    function syncGuard() external nonReentrant returns (address pool) {
        Cache memory s = _accrued();
        uint256 tolerance = _tolerance(s);
        for (uint256 i; i < _pools.length; ++i) {
            // as `_heldBy` asks it: an easier question may be answered where that one is not
            (bool answers, ) = _sightOf(_pools[i], tolerance);
            Limit storage limit = _limits[_pools[i]];
            if (answers == (limit.silentSince == 0)) continue;
            limit.silentSince = answers ? 0 : uint40(block.timestamp);
            emit PoolAnswers(_pools[i], answers);
        }
        pool = _heldBy(s);
        _recordHold(pool);
    }

    /// @inheritdoc IInsuranceFund
    function exitsHeldBy() external view returns (address pool) {
        return _heldBy(_accrued());
    }

    /// @dev The first pool that shows a loss of which the fund would pay more than it tolerates, or may have one
    /// unseen.
    function _heldBy(Cache memory s) internal view returns (address) {
        uint256 tolerance = _tolerance(s);
        for (uint256 i; i < _pools.length; ++i) {
            Limit storage limit = _limits[_pools[i]];
            uint256 available = _available(s, limit);
            if (available <= tolerance) continue;
            (bool answers, Sight memory sight) = _sightOf(_pools[i], tolerance);
            if (!answers) {
                if (limit.silentSince != 0 && block.timestamp >= limit.silentSince + blindPeriod) continue;
            } else if (sight.seen) {
                if (sight.shortfall.saturatingSub(sight.fees).min(available) <= tolerance) continue;
            } else if (sight.mayLeave) {
                continue;
            }
            return _pools[i];
        }
        return address(0);
    }

    function _tolerance(Cache memory s) private view returns (uint256) {
        return (_capital(s) * guardTolerance) / Interest.BPS;
    }

    /// @dev What a pool says it sees; `answers` is false if it fails though it had the gas.
    function _sightOf(address pool, uint256 enough) private view returns (bool answers, Sight memory sight) {
        uint256 available = gasleft();
        bytes memory answer;
        (answers, answer) = pool.staticcall{gas: SIGHT_GAS}(abi.encodeCall(ILendingPool(pool).sight, (enough)));
        if (answers) sight = abi.decode(answer, (Sight));
        else if (available < SIGHT_GAS_NEEDED) revert InsufficientGas(available, SIGHT_GAS_NEEDED);
    }
}
