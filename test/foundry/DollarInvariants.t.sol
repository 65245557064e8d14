// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Invariants} from "./Invariants.sol";

/// @notice A dollar of 6 decimals, against collaterals of 18 and 8.
contract DollarInvariants is Invariants {
    function _name() internal pure override returns (string memory) {
        return "DollarInvariants";
    }

    function _decimals() internal pure override returns (uint8, uint8[2] memory) {
        return (6, [18, 8]);
    }
}
