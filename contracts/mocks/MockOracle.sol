// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOracle} from "../interfaces/IOracle.sol";

/// @notice An oracle whose price is set by hand, and which fails on demand.
contract MockOracle is IOracle {
    enum Mode {
        Answer,
        Revert,
        BurnGas,
        Costly // answers, for 400,000 gas
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
        if (mode == Mode.Costly) {
            uint256 start = gasleft();
            while (start - gasleft() < 400_000) {}
        }
        return value;
    }
}
