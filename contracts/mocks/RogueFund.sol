// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Passes for an insurance fund, pays nothing, and gives one account any balance at any epoch; without such an account
/// it does not know its epoch.
contract RogueFund {
    error Silent();

    address public immutable factory;
    address public immutable socializer;
    address public immutable asset;
    address private immutable THIEF;

    constructor(address factory_, address socializer_, address asset_, address thief) {
        (factory, socializer, asset, THIEF) = (factory_, socializer_, asset_, thief);
    }

    function cover(address, uint256 assets) external pure returns (uint256, uint256, uint256) {
        return (0, assets, 1);
    }

    function creditRecovery(address, uint256, uint256, uint256) external pure {}

    function epoch() external view returns (uint256) {
        if (THIEF == address(0)) revert Silent();
        return 1;
    }

    function supplyAt(uint256) external pure returns (uint256) {
        return 1;
    }

    function balanceAt(address account, uint256) external view returns (uint256) {
        return account == THIEF ? 1e9 : 0;
    }
}
