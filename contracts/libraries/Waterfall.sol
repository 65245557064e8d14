// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Waterfall
/// @notice The order in which a loss is absorbed and a recovery climbs back. Pure.
library Waterfall {
    /// @notice What each layer bears of one loss, or gets of one recovery, in assets.
    struct Layers {
        uint256 fees;
        uint256 reserve;
        uint256 staked;
        uint256 interest;
        uint256 principal;
    }

    uint256 private constant WAD = 1e18;
    /// @notice The smallest loss that opens an epoch, as a part of the layer that bears it: 1 basis point.
    uint256 internal constant EPOCH_PART = 10_000;

    /// @notice Takes what a layer can bear.
    /// @return taken by this layer
    /// @return left for the next one
    function absorb(uint256 loss, uint256 layer) internal pure returns (uint256 taken, uint256 left) {
        taken = loss < layer ? loss : layer;
        left = loss - taken;
    }

    /// @notice Whether a loss is large enough to open an epoch of its bearers.
    /// @param lost by the layer since its last epoch, in this record
    /// @param layer what it held before that
    function opensEpoch(uint256 lost, uint256 layer) internal pure returns (bool) {
        return lost != 0 && lost * EPOCH_PART >= layer;
    }

    /// @notice Units of the borrow index that a loss of `assets` is worth, rounded down: a layer is never owed more
    /// than it lost.
    function toUnits(uint256 assets, uint256 index) internal pure returns (uint256) {
        return (assets * WAD) / index;
    }

    /// @notice What `units` are worth, rounded down.
    function toAssets(uint256 units, uint256 index) internal pure returns (uint256) {
        return (units * index) / WAD;
    }

    /// @notice What a layer with `due` units takes of `assets`, and the units this pays off.
    /// @return paid at most what the units are worth, rounded down
    /// @return units rounded up where the layer is paid in part
    function pay(uint256 assets, uint256 due, uint256 index) internal pure returns (uint256 paid, uint256 units) {
        uint256 worth = toAssets(due, index);
        if (assets >= worth) return (worth, due);
        return (assets, (assets * WAD + index - 1) / index);
    }

    /// @notice A holder's part of a recovery, rounded down: recovered · balance / supply.
    function shareOf(uint256 recovered, uint256 balance, uint256 supply) internal pure returns (uint256) {
        return supply == 0 ? 0 : (recovered * balance) / supply;
    }
}
