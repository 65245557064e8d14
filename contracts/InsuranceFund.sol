// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FundParams} from "./interfaces/IInsuranceFund.sol";
import {IPoolFactory} from "./interfaces/IPoolFactory.sol";
import {Interest} from "./libraries/Interest.sol";
import {FundBase} from "./base/FundBase.sol";
import {FundCover} from "./base/FundCover.sol";
import {FundHolds} from "./base/FundHolds.sol";
import {FundStakers} from "./base/FundStakers.sol";

/// @title InsuranceFund
/// @notice The whole fund: its layers are in base/, the docs in IInsuranceFund.
contract InsuranceFund is FundStakers {
    constructor(FundParams memory p, address manager) FundBase(p, manager) FundCover(p) FundHolds(p) {
        if (p.socializer == address(0) || p.factory == address(0) || manager == address(0)) revert ZeroAddress();
        _check("cooldown", p.cooldown, 0, 365 days);
        _check("window", p.window, 1 hours, 365 days);
        _check("vesting", p.vesting, 1 hours, 365 days);
        _check("reserveCut", p.reserveCut, 0, Interest.BPS);
        _check("maxPremium", p.maxPremium, 0, Interest.BPS / 2);
        _check("halfCover", p.halfCover, 1, Interest.WAD);
        _check("guardTolerance", p.guardTolerance, 0, 1_000);
        _check("blindPeriod", p.blindPeriod, 1 hours, 30 days);
    }

    function _check(string memory parameter, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert IPoolFactory.OutOfBounds(parameter, value, min, max);
    }
}
