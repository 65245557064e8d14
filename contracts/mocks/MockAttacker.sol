// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidateCallback} from "../interfaces/ILiquidateCallback.sol";
import {IFlashBorrower, MockFlashLender} from "./MockFlashLender.sol";

/// @notice An account with code that makes many calls in one transaction, with assets that it borrows for that long,
/// and more of them in the midst of a liquidation. Each is announced, and how it ends is told instead of passed on.
contract MockAttacker is ILiquidateCallback, IFlashBorrower {
    struct Call {
        uint256 id;
        address target;
        bytes data;
    }

    /// @dev Of one call. An oracle may burn all that there is; something must be left for those that follow.
    uint256 private constant MAX_GAS = 4_000_000;

    event Attempting(uint256 id);
    event Attempted(uint256 id, bool succeeded, bytes answer);

    function attack(MockFlashLender lender, uint256 assets, Call[] calldata calls) external {
        lender.lend(assets, abi.encode(calls));
    }

    /// @notice As `attack`, with its own assets only.
    function attempt(Call[] memory calls) public {
        for (uint256 i; i < calls.length; ++i) {
            emit Attempting(calls[i].id);
            uint256 half = gasleft() / 2;
            uint256 limit = half < MAX_GAS ? half : MAX_GAS;
            (bool ok, bytes memory answer) = calls[i].target.call{gas: limit}(calls[i].data);
            emit Attempted(calls[i].id, ok, answer);
        }
    }

    function onFlashLoan(bytes calldata data) external {
        attempt(abi.decode(data, (Call[])));
    }

    function onLiquidate(uint256, uint256, bytes calldata data) external {
        attempt(abi.decode(data, (Call[])));
    }
}
