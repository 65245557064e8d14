// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Invariants} from "./Invariants.sol";

/// @notice An asset of 18 decimals, against collaterals of 8 and 6.
contract EtherInvariants is Invariants {
    function _name() internal pure override returns (string memory) {
        return "EtherInvariants";
    }

    function _decimals() internal pure override returns (uint8, uint8[2] memory) {
        return (18, [8, 6]);
    }
}
