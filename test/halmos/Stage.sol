// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BadDebtSocializer} from "../../contracts/BadDebtSocializer.sol";
import {PoolState} from "../../contracts/interfaces/ILendingPool.sol";

/// @notice What the socializer asks of a pool without a fund, and of its factory; balances are whatever a proof wants them to be.
contract Stage {
    address public immutable asset;
    uint256 public epoch;
    mapping(address => uint256) private balances;
    uint256 private supply;

    constructor(address asset_) {
        asset = asset_;
    }

    function hold(address account, uint256 shares) external {
        balances[account] = shares;
        supply += shares;
    }

    /// @dev A loss of principal only, large enough for an epoch.
    function lose(BadDebtSocializer socializer, uint256 assets) external returns (uint256 lossId) {
        (lossId, , ) = socializer.absorb(address(0), assets, 1e18, 0, 0, assets, epoch++);
    }

    function balanceAt(address account, uint256) external view returns (uint256) {
        return balances[account];
    }

    function supplyAt(uint256) external view returns (uint256) {
        return supply;
    }

    function state() external pure returns (PoolState memory s) {
        s.index = 1e18;
    }

    function fund() external pure returns (address) {}

    function isPool(address) external pure returns (bool) {
        return true;
    }
}
