// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";

/// @notice A feed, of a price or of a sequencer's status, that says whatever it is told to.
contract MockAggregator is IAggregatorV3 {
    enum Mode {
        Answer,
        Revert,
        /// One word instead of five, as a contract that is no feed might return.
        Short
    }

    error FeedBroken();

    uint8 public decimals;
    Mode public mode;
    uint80 private roundId;
    int256 private answer;
    uint256 private startedAt;
    uint256 private updatedAt;

    constructor(uint8 decimals_, int256 answer_) {
        decimals = decimals_;
        setAnswer(answer_);
    }

    /// @notice A new round, now.
    function setAnswer(int256 answer_) public {
        setRound(answer_, block.timestamp, block.timestamp);
    }

    function setRound(int256 answer_, uint256 startedAt_, uint256 updatedAt_) public {
        ++roundId;
        (answer, startedAt, updatedAt) = (answer_, startedAt_, updatedAt_);
    }

    function setDecimals(uint8 decimals_) external {
        decimals = decimals_;
    }

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        require(mode != Mode.Revert, FeedBroken());
        if (mode == Mode.Short) {
            assembly ("memory-safe") {
                return(0, 32)
            }
        }
        return (roundId, answer, startedAt, updatedAt, roundId);
    }
}
