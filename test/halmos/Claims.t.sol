// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {BadDebtSocializer} from "../../contracts/BadDebtSocializer.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {Stage} from "./Stage.sol";

/// @notice What the two holders of a loss claim of what was recovered of it.
contract Claims is Test {
    uint256 private constant LOST = 1e24;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);

    MockERC20 private asset;
    Stage private stage;
    BadDebtSocializer private socializer;
    uint256[] private losses;

    function setUp() external {
        asset = new MockERC20("Dollar", "USD", 6);
        stage = new Stage(address(asset));
        socializer = new BadDebtSocializer(address(stage));
        asset.mint(address(this), LOST);
        asset.approve(address(socializer), LOST);
        losses.push(stage.lose(socializer, LOST));
    }

    /// @dev Any shares and any recovery: no wei is paid that was not recovered.
    function check_claimsAreNeverMoreThanWasRecovered(uint96 alice, uint96 bob, uint64 recovered) external {
        stage.hold(ALICE, alice);
        stage.hold(BOB, bob);
        _recover(recovered);
        assert(_claim(ALICE) + _claim(BOB) <= recovered);
    }

    /// @dev Any shares and any recovery: no wei is paid twice.
    function check_aClaimIsPaidOnce(uint96 alice, uint96 bob, uint64 recovered) external {
        stage.hold(ALICE, alice);
        stage.hold(BOB, bob);
        _recover(recovered);
        uint256 paid = _claim(ALICE);
        assert(_claim(ALICE) == 0);
        assert(asset.balanceOf(ALICE) == paid);
        assert(asset.balanceOf(address(socializer)) == recovered - paid);
    }

    function _recover(uint256 assets) private {
        if (assets != 0) socializer.recover(losses[0], assets);
    }

    function _claim(address account) private returns (uint256) {
        return socializer.claim(losses, account);
    }
}
