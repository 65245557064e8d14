// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IAggregatorV3
/// @notice What an oracle reads of a Chainlink price feed or L2 sequencer uptime feed.
interface IAggregatorV3 {
    /// @notice Decimals of the answer of a price feed.
    function decimals() external view returns (uint8);

    /// @notice The latest round. Price feed: the price, and when it was written. Uptime feed: 0 is up, anything else
    /// down, and `startedAt` is when that last changed. `answeredInRound` is deprecated and means nothing.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
