/**
 * Twin of `Waterfall.sol`: the order in which a loss is absorbed and a recovery climbs back; and, as `split`, of what the socializer
 * makes of it, in whose midst the fund pays. Assets are loan asset units; units count the pool's borrow index, a wad.
 */
import { WAD, divUp, min, mulDivDown } from "./fixedPoint";

/** One number for each layer, in the order in which they absorb a loss. */
export interface Layers {
  fees: bigint;
  reserve: bigint;
  staked: bigint;
  interest: bigint;
  principal: bigint;
}

/** The smallest loss that opens an epoch, as a part of the layer that bears it: 1 basis point. */
export const EPOCH_PART = 10_000n;

/** Takes what a layer can bear, and leaves the rest for the next one. */
export function absorb(loss: bigint, layer: bigint): { taken: bigint; left: bigint } {
  const taken = min(loss, layer);
  return { taken, left: loss - taken };
}

/** Whether a loss is large enough to open an epoch of its bearers, whose layer held `layer` before it. */
export function opensEpoch(lost: bigint, layer: bigint): boolean {
  return lost !== 0n && lost * EPOCH_PART >= layer;
}

/** Units of the borrow index that a loss of `assets` is worth, rounded down. */
export function toUnits(assets: bigint, index: bigint): bigint {
  return (assets * WAD) / index;
}

/** What `units` are worth, rounded down. */
export function toAssets(units: bigint, index: bigint): bigint {
  return (units * index) / WAD;
}

/** What a layer with `due` units takes of `assets` (rounded down), and the units this pays off (rounded up). */
export function pay(assets: bigint, due: bigint, index: bigint): { paid: bigint; units: bigint } {
  const worth = toAssets(due, index);
  if (assets >= worth) return { paid: worth, units: due };
  return { paid: assets, units: divUp(assets * WAD, index) };
}

/** A holder's part of a recovery, rounded down: recovered · balance / supply. */
export function shareOf(recovered: bigint, balance: bigint, supply: bigint): bigint {
  return supply === 0n ? 0n : mulDivDown(recovered, balance, supply);
}

/**
 * What each layer bears of a shortfall, to the unit.
 * @param holds what the layers hold; the principal takes whatever is left
 * @param coverage the most that the fund pays, from reserve and stakers together
 */
export function split(shortfall: bigint, holds: Omit<Layers, "principal">, coverage: bigint): Layers {
  const fees = absorb(shortfall, holds.fees);
  const covered = absorb(fees.left, min(coverage, holds.reserve + holds.staked));
  const reserve = absorb(covered.taken, holds.reserve);
  const interest = absorb(covered.left, holds.interest);
  return {
    fees: fees.taken,
    reserve: reserve.taken,
    staked: reserve.left,
    interest: interest.taken,
    principal: interest.left,
  };
}

/** The order in which a recovery climbs: the lenders' layers are one step. */
const STEPS: (keyof Layers)[][] = [["principal", "interest"], ["staked"], ["reserve"], ["fees"]];

/**
 * Pays `assets` up the waterfall of an episode. Each step pays the own loss, then the others pro rata to what is outstanding.
 * @param episode outstanding units of each loss, the own one first
 * @returns paid: assets for each loss and layer; due: the units that are still outstanding; left: what no layer can take
 */
export function climb(
  episode: Layers[],
  assets: bigint,
  index: bigint,
): { paid: Layers[]; due: Layers[]; left: bigint } {
  const due = episode.map((loss) => ({ ...loss }));
  const paid = episode.map(() => ({ fees: 0n, reserve: 0n, staked: 0n, interest: 0n, principal: 0n }));
  let left = assets;

  const payLoss = (loss: number, layers: (keyof Layers)[], most: bigint) => {
    let rest = most;
    for (const layer of layers) {
      const { paid: amount, units } = pay(rest, due[loss][layer], index);
      due[loss][layer] -= units;
      paid[loss][layer] += amount;
      rest -= amount;
    }
    left -= most - rest;
  };

  for (const layers of STEPS) {
    if (left === 0n) break;
    payLoss(0, layers, left);
    const worth = due.map((loss) => layers.reduce((sum, layer) => sum + toAssets(loss[layer], index), 0n));
    let outstanding = worth.slice(1).reduce((sum, assets) => sum + assets, 0n);
    for (let loss = 1; loss < due.length && left !== 0n && outstanding !== 0n; loss++) {
      payLoss(loss, layers, left < outstanding ? (left * worth[loss]) / outstanding : worth[loss]);
      outstanding -= worth[loss];
    }
  }
  return { paid, due, left };
}
