// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BadDebtSocializer} from "../../contracts/BadDebtSocializer.sol";
import {PoolState} from "../../contracts/interfaces/ILendingPool.sol";

/// @notice What the socializer asks of a pool without a fund, and of its factory; balances are whatever a proof wants them to be,
/// and need not even add up to the supply.
contract Stage {
    /// @dev A power of two, by which a solver divides at ease.
    uint256 private constant SUPPLY = 1 << 64;

    address public immutable asset;
    uint256 public epoch;
    mapping(address => uint256) private balances;

    constructor(address asset_) {
        asset = asset_;
    }

    function hold(address account, uint256 shares) external {
        balances[account] = shares;
    }

    /// @dev A loss of principal only, large enough for an epoch.
    function lose(BadDebtSocializer socializer, uint256 assets) external returns (uint256 lossId) {
        (lossId, , ) = socializer.absorb(address(0), assets, 1e18, 0, 0, assets, epoch++);
    }

    function balanceAt(address account, uint256) external view returns (uint256) {
        return balances[account];
    }

    function supplyAt(uint256) external pure returns (uint256) {
        return SUPPLY;
    }

    function state() external pure returns (PoolState memory s) {
        s.index = 1e18;
    }

    function fund() external pure returns (address) {}

    function isPool(address) external pure returns (bool) {
        return true;
    }
}
