// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FundParams} from "./interfaces/IInsuranceFund.sol";
import {Bounds} from "./libraries/Bounds.sol";
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
        Bounds.check("cooldown", p.cooldown, 0, 365 days);
        Bounds.check("window", p.window, 1 hours, 365 days);
        Bounds.check("reserveCut", p.reserveCut, 0, Interest.BPS);
        Bounds.check("maxPremium", p.maxPremium, 0, Interest.BPS / 2);
        Bounds.check("halfCover", p.halfCover, 1, Interest.WAD);
        Bounds.check("dust", p.dust, 0, MAX_ASSETS);
        Bounds.checkShared(p.vesting, p.guardTolerance, p.blindPeriod);
    }
}
