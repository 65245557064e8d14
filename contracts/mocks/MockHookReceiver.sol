// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ITransferHook} from "./WeirdERC20.sol";

/// @notice Makes one prepared call whenever a token tells it of a transfer, and remembers how it ended instead of
/// failing: what a re-entering stranger tries.
contract MockHookReceiver is ITransferHook {
    address private target;
    bytes private data;
    uint256 public calls;
    bool public succeeded;
    bytes public result;

    function prepare(address target_, bytes calldata data_) external {
        (target, data, calls) = (target_, data_, 0);
    }

    function onTokenTransfer(address, address, uint256) external {
        ++calls;
        (succeeded, result) = target.call(data);
    }
}
