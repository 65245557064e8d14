// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {StdInvariant} from "forge-std/StdInvariant.sol";

import {Handler} from "./Handler.sol";

/// @notice Random sequences of calls by everybody; scripts/fuzz.ts runs them. The handler checks each call, this contract what holds between
/// any two, and the end of every sequence.
abstract contract Invariants is CommonBase, StdInvariant {
    error DeploymentFailed();

    Handler internal handler;

    function _name() internal pure virtual returns (string memory);

    function _decimals() internal pure virtual returns (uint8 asset, uint8[2] memory collaterals);

    function setUp() external {
        (uint8 asset, uint8[2] memory collaterals) = _decimals();
        bytes memory code = bytes.concat(vm.getCode("Handler.sol:Handler"), abi.encode(asset, collaterals));
        address created;
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        if (created == address(0)) revert DeploymentFailed();
        handler = Handler(created);
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), handler.calls()));
    }

    function invariant_holdsBetweenCalls() external {
        handler.checkAll();
    }

    /// @dev Adds the sequence to the tally, and ends it.
    function afterInvariant() external {
        (uint256[] memory done, uint256[] memory refused) = handler.tally();
        handler.finality(done[0] + done[3]);
        string memory file = string.concat("cache/foundry/", _name(), ".tally");
        if (vm.exists(file)) {
            (, uint256[] memory doneSoFar, uint256[] memory refusedSoFar) = abi.decode(
                vm.readFileBinary(file),
                (bytes4[], uint256[], uint256[])
            );
            for (uint256 i; i < done.length; ++i) {
                done[i] += doneSoFar[i];
                refused[i] += refusedSoFar[i];
            }
        }
        vm.writeFileBinary(file, abi.encode(handler.calls(), done, refused));
    }
}
