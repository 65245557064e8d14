// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOracle} from "../interfaces/IOracle.sol";

/// @notice An oracle whose price is set by hand, and which fails on demand.
contract MockOracle is IOracle {
    enum Mode {
        Answer,
        Revert,
        BurnGas,
        Costly, // answers, for 400,000 gas
        Greedy // answers, for 600,000 gas: more than a guard gives
    }

    error OracleBroken();

    uint256 private value;
    Mode public mode;

    constructor(uint256 price_) {
        value = price_;
    }

    function setPrice(uint256 price_) external {
        value = price_;
    }

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function price() external view returns (uint256) {
        require(mode != Mode.Revert, OracleBroken());
        if (mode == Mode.BurnGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (mode == Mode.Costly || mode == Mode.Greedy) {
            uint256 start = gasleft();
            uint256 cost = mode == Mode.Costly ? 400_000 : 600_000;
            while (start - gasleft() < cost) {}
        }
        return value;
    }
}
