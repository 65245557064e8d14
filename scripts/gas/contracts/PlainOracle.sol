// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @notice The least that an oracle on the chain can cost: one call, one slot.
contract PlainOracle {
    uint256 public price;

    constructor(uint256 price_) {
        price = price_;
    }

    function setPrice(uint256 price_) external {
        price = price_;
    }
}
