// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ILiquidateCallback} from "../interfaces/ILiquidateCallback.sol";
import {ITransferHook} from "./WeirdERC20.sol";

/// @notice An account with code: it sends calls in one transaction, signs with its owner's key, and answers a
/// liquidation or a token's hook with calls that were prepared. An attempt that fails is remembered instead of passed
/// on.
contract MockAccount is IERC1271, ILiquidateCallback, ITransferHook {
    struct Call {
        address target;
        bytes data;
    }

    event Attempted(bool succeeded, bytes result);
    event Liquidating(uint256 repaid, uint256 seized, bytes data);

    address private immutable OWNER;
    Call[] private prepared;

    constructor(address owner) {
        OWNER = owner;
    }

    /// @notice The calls to attempt in the next callback or hook.
    function prepare(Call[] calldata calls) external {
        delete prepared;
        for (uint256 i; i < calls.length; ++i) prepared.push(calls[i]);
    }

    /// @notice Makes the calls; a revert of any is passed on.
    function execute(Call[] calldata calls) external {
        for (uint256 i; i < calls.length; ++i) {
            (bool ok, bytes memory result) = calls[i].target.call(calls[i].data);
            if (ok) continue;
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
    }

    function onLiquidate(uint256 repaid, uint256 seized, bytes calldata data) external {
        emit Liquidating(repaid, seized, data);
        _attempt();
    }

    function onTokenTransfer(address, address, uint256) external {
        _attempt();
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bool valid = SignatureChecker.isValidSignatureNow(OWNER, hash, signature);
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function _attempt() private {
        for (uint256 i; i < prepared.length; ++i) {
            (bool ok, bytes memory result) = prepared[i].target.call(prepared[i].data);
            emit Attempted(ok, result);
        }
    }
}
