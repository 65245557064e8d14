// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Layers in the order in which a recovery climbs: indices of what a loss has `due`, and is `paid`, by layer.
uint256 constant PRINCIPAL = 0;
uint256 constant INTEREST = 1;
uint256 constant STAKED = 2;
uint256 constant RESERVE = 3;
uint256 constant FEES = 4;
uint256 constant LAYERS = 5;

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

    /// @notice Pays `assets` up the waterfall of an episode. Each step pays the own loss, then the others pro rata to
    /// what is outstanding there; the lenders' layers are one step.
    /// @param due outstanding units of each loss by layer, the own loss first; less what was paid off afterwards
    /// @return paid assets for each loss and layer
    /// @return left what no layer can take
    function climb(
        uint256[LAYERS][] memory due,
        uint256 assets,
        uint256 index
    ) internal pure returns (uint256[LAYERS][] memory paid, uint256 left) {
        paid = new uint256[LAYERS][](due.length);
        left = payStep(due, paid, PRINCIPAL, INTEREST, assets, index);
        left = payStep(due, paid, STAKED, STAKED, left, index);
        left = payStep(due, paid, RESERVE, RESERVE, left, index);
        left = payStep(due, paid, FEES, FEES, left, index);
    }

    /// @dev Pays layers `first` to `last` of all losses.
    function payStep(
        uint256[LAYERS][] memory due,
        uint256[LAYERS][] memory paid,
        uint256 first,
        uint256 last,
        uint256 assets,
        uint256 index
    ) private pure returns (uint256 left) {
        if (assets == 0) return 0;
        left = assets - payLoss(due[0], paid[0], first, last, assets, index);
        if (left == 0) return 0;
        uint256 outstanding;
        for (uint256 i = 1; i < due.length; ++i) outstanding += worthOf(due[i], first, last, index);
        for (uint256 i = 1; i < due.length && left != 0 && outstanding != 0; ++i) {
            uint256 worth = worthOf(due[i], first, last, index);
            uint256 part = left < outstanding ? (left * worth) / outstanding : worth;
            uint256 taken = payLoss(due[i], paid[i], first, last, part, index);
            left -= taken;
            outstanding -= worth;
        }
    }

    function payLoss(
        uint256[LAYERS] memory due,
        uint256[LAYERS] memory paid,
        uint256 first,
        uint256 last,
        uint256 assets,
        uint256 index
    ) private pure returns (uint256 taken) {
        for (uint256 layer = first; layer <= last; ++layer) {
            (uint256 amount, uint256 units) = pay(assets - taken, due[layer], index);
            due[layer] -= units;
            paid[layer] += amount;
            taken += amount;
        }
    }

    /// @notice What layers `first` to `last` of a loss are owed, each rounded down.
    function worthOf(
        uint256[LAYERS] memory due,
        uint256 first,
        uint256 last,
        uint256 index
    ) internal pure returns (uint256 assets) {
        for (uint256 layer = first; layer <= last; ++layer) assets += toAssets(due[layer], index);
    }

    /// @notice From named layers to those of a climb.
    function byClimb(Layers memory l) internal pure returns (uint256[LAYERS] memory) {
        return [l.principal, l.interest, l.staked, l.reserve, l.fees];
    }

    /// @notice And back.
    function fromClimb(uint256[LAYERS] memory a) internal pure returns (Layers memory) {
        return Layers(a[FEES], a[RESERVE], a[STAKED], a[INTEREST], a[PRINCIPAL]);
    }

    /// @notice A holder's part of a recovery, rounded down: recovered · balance / supply.
    function shareOf(uint256 recovered, uint256 balance, uint256 supply) internal pure returns (uint256) {
        return supply == 0 ? 0 : (recovered * balance) / supply;
    }
}
