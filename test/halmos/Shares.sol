// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EpochLedger} from "../../contracts/base/EpochLedger.sol";
import {EpochShares} from "../../contracts/base/EpochShares.sol";

/// @notice Epoch shares and nothing else: their movements, as pool and fund make them, are calls here.
contract Shares is EpochShares {
    constructor(address asset_) EpochLedger(asset_) EpochShares("Shares", "SHARES") {}

    function issue(address to, uint256 shares) external {
        Ledger memory y = _ledger;
        _mint(y, to, shares);
        _storeLedger(y);
    }

    function retire(address from, uint256 shares) external {
        Ledger memory y = _ledger;
        _burn(y, from, shares);
        _storeLedger(y);
    }

    function openEpoch() external {
        Ledger memory y = _ledger;
        _openEpoch(y, false);
        _storeLedger(y);
    }

    /// @dev A loss that leaves nothing: an epoch, and the end of the generation that bore it.
    function endGeneration() external {
        Ledger memory y = _ledger;
        _openEpoch(y, true);
        _storeLedger(y);
    }

    function _totals() internal pure override returns (uint256, uint256) {}

    function _isStranding(address) internal pure override returns (bool) {}

    /* Of ERC-4626 only the shares are of interest. */

    function deposit(uint256, address) external pure returns (uint256) {}

    function mint(uint256, address) external pure returns (uint256) {}

    function withdraw(uint256, address, address) external pure returns (uint256) {}

    function redeem(uint256, address, address) external pure returns (uint256) {}

    function maxDeposit(address) external pure returns (uint256) {}

    function maxMint(address) external pure returns (uint256) {}

    function maxWithdraw(address) external pure returns (uint256) {}

    function maxRedeem(address) external pure returns (uint256) {}
}
