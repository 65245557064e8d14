// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FundParams} from "./interfaces/IInsuranceFund.sol";
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
        if (p.cooldown > 365 days) revert InvalidParameter("cooldown", p.cooldown);
        if (p.window < 1 hours || p.window > 365 days) revert InvalidParameter("window", p.window);
        if (p.vesting < 1 hours || p.vesting > 365 days) revert InvalidParameter("vesting", p.vesting);
        if (p.reserveCut > Interest.BPS) revert InvalidParameter("reserveCut", p.reserveCut);
        if (p.maxPremium > Interest.BPS / 2) revert InvalidParameter("maxPremium", p.maxPremium);
        if (p.halfCover == 0 || p.halfCover > 1e18) revert InvalidParameter("halfCover", p.halfCover);
        if (p.guardTolerance > 1_000) revert InvalidParameter("guardTolerance", p.guardTolerance);
        if (p.blindPeriod < 1 hours || p.blindPeriod > 30 days) revert InvalidParameter("blindPeriod", p.blindPeriod);
    }
}
