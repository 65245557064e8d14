// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidateCallback} from "../../contracts/interfaces/ILiquidateCallback.sol";

/// @notice A contract that calls what it is told to, and in the middle of a liquidation what it was told before.
contract Attacker is ILiquidateCallback {
    struct Call {
        address target;
        bytes data;
    }

    error NotOwner(address caller);

    address private immutable OWNER = msg.sender;
    Call[] private prepared;

    /// @notice How the prepared calls ended, the last time.
    bytes4[] public reasons;
    bool[] public succeeded;

    /// @notice The calls of the next callback.
    function prepare(Call[] calldata calls) external {
        if (msg.sender != OWNER) revert NotOwner(msg.sender);
        delete prepared;
        delete reasons;
        delete succeeded;
        for (uint256 i; i < calls.length; ++i) prepared.push(calls[i]);
    }

    /// @notice Passes on the answer, or the revert.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != OWNER) revert NotOwner(msg.sender);
        (bool ok, bytes memory answer) = target.call(data);
        if (ok) return answer;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    function onLiquidate(uint256, uint256, bytes calldata) external {
        for (uint256 i; i < prepared.length; ++i) {
            (bool ok, bytes memory answer) = prepared[i].target.call(prepared[i].data);
            reasons.push(bytes4(answer));
            succeeded.push(ok);
        }
    }

    function attempts() external view returns (uint256) {
        return reasons.length;
    }
}
