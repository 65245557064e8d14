// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {IEpochEvents} from "../interfaces/IEpochShares.sol";

/// @title SharesMath
/// @notice Conversion between assets and shares with one virtual asset and a thousand virtual shares, which never
/// leave: whoever inflates the price of a share pays most of it to them. The rounding is in the name.
library SharesMath {
    using FixedPointMathLib for uint256;

    uint256 internal constant VIRTUAL_SHARES = 1e3;
    uint256 internal constant VIRTUAL_ASSETS = 1;
    /// @notice Decimals that a share has more than its asset.
    uint8 internal constant DECIMALS_OFFSET = 3;
    /// @notice A share generation ends once a share is worth less than this part of par.
    uint256 internal constant PAR_OVER_END = 1e6;
    /// @notice And only if the loss left at most this part of what was there before it, or dust.
    uint256 internal constant BEFORE_OVER_END = 1e3;

    /// @notice The largest amount that is converted; totals are below 2^113, so that no product overflows.
    uint256 internal constant MAX_AMOUNT = type(uint128).max;

    function toSharesDown(uint256 assets, uint256 total, uint256 supply) internal pure returns (uint256) {
        unchecked {
            return (fit(assets) * (supply + VIRTUAL_SHARES)) / (total + VIRTUAL_ASSETS);
        }
    }

    function toSharesUp(uint256 assets, uint256 total, uint256 supply) internal pure returns (uint256) {
        unchecked {
            return (fit(assets) * (supply + VIRTUAL_SHARES)).divUp(total + VIRTUAL_ASSETS);
        }
    }

    function toAssetsDown(uint256 shares, uint256 total, uint256 supply) internal pure returns (uint256) {
        unchecked {
            return (fit(shares) * (total + VIRTUAL_ASSETS)) / (supply + VIRTUAL_SHARES);
        }
    }

    function toAssetsUp(uint256 shares, uint256 total, uint256 supply) internal pure returns (uint256) {
        unchecked {
            return (fit(shares) * (total + VIRTUAL_ASSETS)).divUp(supply + VIRTUAL_SHARES);
        }
    }

    /// @dev Reverts with `AmountTooLarge`.
    function fit(uint256 amount) private pure returns (uint256) {
        if (amount > MAX_AMOUNT) revert IEpochEvents.AmountTooLarge(amount, MAX_AMOUNT);
        return amount;
    }

    /// @notice Whether a loss that left `total` of `before` assets to `supply` shares ends their generation: an exact wipe
    /// hardly ever happens, and after a near-wipe new deposits would overflow the share counters.
    /// @dev Only a loss that itself took nearly all does so, or one that left less than `dust` (assets). Who entered after
    /// an earlier loss, at a low price, would lose to a small one what that left; without a bound below, a few units
    /// that lose all but a little again and again would use the counter up.
    function isWiped(uint256 total, uint256 before, uint256 supply, uint256 dust) internal pure returns (bool) {
        unchecked {
            if (supply == 0 || total * VIRTUAL_SHARES * PAR_OVER_END >= supply) return false;
            return total * BEFORE_OVER_END <= before || total < dust;
        }
    }
}
