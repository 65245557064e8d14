// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626, IERC20} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice A vault whose rate is set by hand. It pays from its inventory, whatever the rate says.
contract MockERC4626 is ERC4626 {
    using Math for uint256;

    /// @notice Asset units per share unit, as a wad.
    uint256 public rate = 1e18;
    /// @notice Whether conversions revert.
    bool public broken;

    error VaultBroken();

    constructor(IERC20 asset_) ERC20("Mock Vault", "mVLT") ERC4626(asset_) {}

    function mintShares(address to, uint256 shares) external {
        _mint(to, shares);
    }

    function setRate(uint256 rate_) external {
        rate = rate_;
    }

    function setBroken(bool broken_) external {
        broken = broken_;
    }

    function _convertToShares(uint256 assets, Math.Rounding rounding) internal view override returns (uint256) {
        require(!broken, VaultBroken());
        return assets.mulDiv(1e18, rate, rounding);
    }

    function _convertToAssets(uint256 shares, Math.Rounding rounding) internal view override returns (uint256) {
        require(!broken, VaultBroken());
        return shares.mulDiv(rate, 1e18, rounding);
    }
}
