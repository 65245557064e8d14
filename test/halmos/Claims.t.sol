// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {BadDebtSocializer} from "../../contracts/BadDebtSocializer.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {Stage} from "./Stage.sol";

/// @notice What the two holders of a loss claim of what was recovered of it.
contract Claims is Test {
    uint256 private constant LOST = 1e24;
    uint256 private constant RECOVERED = 123_456_789;
    uint256 private constant FURTHER = 987_654_321;
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
        // what is there for other losses: or too high a claim would fail for want of tokens only
        asset.mint(address(socializer), LOST);
        losses.push(stage.lose(socializer, LOST));
    }

    /// @dev Any balances, also such as add up to more than the supply: no wei is paid that was not recovered.
    function check_claimsAreNeverMoreThanWasRecovered(uint96 alice, uint96 bob) external {
        stage.hold(ALICE, alice);
        stage.hold(BOB, bob);
        socializer.recover(losses[0], RECOVERED);
        assert(_claim(ALICE) + _claim(BOB) <= RECOVERED);
    }

    /// @dev Any balance: no wei is paid twice.
    function check_aClaimIsPaidOnce(uint96 alice) external {
        stage.hold(ALICE, alice);
        socializer.recover(losses[0], RECOVERED);
        uint256 paid = _claim(ALICE);
        assert(_claim(ALICE) == 0);
        assert(asset.balanceOf(ALICE) == paid);
        assert(asset.balanceOf(address(socializer)) == LOST + RECOVERED - paid);
    }

    /// @dev Shares up to the whole supply: the holder's part, rounded down, whatever was paid of it before.
    function check_claimsInPartsAreOneClaim(uint64 alice) external {
        stage.hold(ALICE, alice);
        socializer.recover(losses[0], RECOVERED);
        uint256 paid = _claim(ALICE);
        socializer.recover(losses[0], FURTHER);
        paid += _claim(ALICE);
        assert(paid == ((RECOVERED + FURTHER) * alice) >> 64);
    }

    function _claim(address account) private returns (uint256) {
        return socializer.claim(losses, account);
    }
}
