// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {Shares} from "./Shares.sol";

/// @notice Every history of three losses, with any movement of any amount (below 2^48) or none before each: what the checkpoints
/// say of a loss is what a list says into which all balances are written as it happens.
contract EpochHistory is Test {
    uint256 private constant LOSSES = 3;
    uint256 private constant ISSUE = 0;
    uint256 private constant RETIRE = 1;
    uint256 private constant SEND = 2;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);

    Shares private shares;

    /// @dev Of each epoch, from the first one on.
    uint256[] private alices;
    uint256[] private bobs;
    uint256[] private supplies;

    function setUp() external {
        shares = new Shares(address(new MockERC20("Dollar", "USD", 6)));
    }

    function check_balanceAtIsTheListOfBalances(uint256[3] calldata movements, uint48[3] calldata amounts) external {
        _live(movements, amounts, 0);
    }

    /// @dev All is lost the second time: the shares of then are void, their history is not.
    function check_balanceAtOutlivesAGeneration(uint256[3] calldata movements, uint48[3] calldata amounts) external {
        for (uint256 i; i < LOSSES; ++i) vm.assume(movements[i] != SEND);
        _live(movements, amounts, 1 << 1);
    }

    /// @dev All is lost the first time, and again the second.
    function check_balanceAtOutlivesTwoGenerations(uint256[3] calldata movements, uint48[3] calldata amounts) external {
        for (uint256 i; i < LOSSES; ++i) vm.assume(movements[i] != SEND);
        _live(movements, amounts, (1 << 0) | (1 << 1));
    }

    /// @param fatal a bit for each loss that ends a generation
    function _live(uint256[3] calldata movements, uint48[3] calldata amounts, uint256 fatal) private {
        for (uint256 i; i < LOSSES; ++i) {
            vm.warp(block.timestamp + 1);
            _move(movements[i], amounts[i]);
            _lose((fatal >> i) & 1 == 1);
        }
        for (uint256 i; i < LOSSES; ++i) {
            assert(shares.balanceAt(ALICE, i + 1) == alices[i]);
            assert(shares.balanceAt(BOB, i + 1) == bobs[i]);
            assert(shares.supplyAt(i + 1) == supplies[i]);
        }
    }

    function _move(uint256 movement, uint256 amount) private {
        if (movement == ISSUE) {
            shares.issue(ALICE, amount);
        } else if (movement == RETIRE) {
            shares.retire(ALICE, amount);
        } else if (movement == SEND) {
            vm.prank(ALICE);
            shares.transfer(BOB, amount);
        }
    }

    function _lose(bool all) private {
        alices.push(shares.balanceOf(ALICE));
        bobs.push(shares.balanceOf(BOB));
        supplies.push(shares.totalSupply());
        if (all) shares.endGeneration();
        else shares.openEpoch();
    }
}
