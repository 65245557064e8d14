/** Exact amounts, and how they compare with what the contracts round. */
import { FixedPoint } from "../../../sdk";
import type { Naive } from "../naive";

export { max, sum };

const { max, min, sum, WAD } = FixedPoint;

/** Asset units with 30 decimals. */
export type Exact = bigint;
export const UNIT: Exact = 10n ** 30n;
export const DAY = 24n * 3600n;
export const VIRTUAL_SHARES = 1000n;

export const LAYERS = ["fees", "reserve", "staked", "interest", "principal"] as const;
export type Layers<T = bigint> = Record<(typeof LAYERS)[number], T>;
export const noLayers = (): Layers => ({ fees: 0n, reserve: 0n, staked: 0n, interest: 0n, principal: 0n });

/**
 * A reason why a call is refused: certainly if `margin` is beyond the slack, possibly if it is within it on either side. Where
 * the rules leave room, `most` is what the margin could be.
 */
export type Refusal = [error: string, margin: Exact, most?: Exact];

/** What is known of an amount: it is between them. */
export interface Range {
  least: Exact;
  most: Exact;
}

export const always = (condition: boolean): Exact => (condition ? 1n : -1n) * 10n ** 60n;
/**
 * By how much `held` of `before` is below where a generation ends: 1e-6 of par, which is a thousandth of a unit, and a thousandth
 * of `before` or dust.
 */
export const wipeMargin = (supply: bigint, held: Exact, before: Exact, dust: bigint): Exact =>
  min((supply * UNIT) / 10n ** 9n, max(before / 1_000n, dust * UNIT)) - held;
export const abs = (a: bigint) => max(a, -a);
export const ofWad = (amount: Exact, wad: bigint) => (amount * wad) / WAD;

/** What each holder had at the losses that opened an epoch, from 1 on; what was lost since, and when the last one opened. */
export interface Epochs {
  holders: Map<string, Exact>[];
  pending: bigint;
  openedAt: bigint;
}

/** What came into accounts at one time: should a loss open an epoch at that time, it stays there until the next. */
export interface Inbound {
  time: bigint;
  amounts: Map<string, Exact>;
}

/** What a booked loss did to the holders of a share. */
export interface Ending {
  epochOpened: boolean;
  generationEnded: boolean;
  /** Shares before the loss. */
  supply: bigint;
}

/** A part of the model. It agrees with the contracts where it differs from them by no more than the slack. */
export abstract class Part {
  constructor(readonly all: Naive) {}

  get now(): bigint {
    return this.all.now;
  }

  /** What the roundings of all steps so far can have come to. */
  protected get slack(): Exact {
    return this.all.state.slack;
  }

  isNear(actual: bigint, exact: Exact, tolerance = this.slack + UNIT): boolean {
    return abs(actual * UNIT - exact) <= tolerance;
  }

  expect(what: string, actual: bigint, exact: Exact) {
    if (!this.isNear(actual, exact)) {
      throw new Error(`${what}: ${actual}, the model has ${exact / UNIT} (slack ${this.slack / UNIT})`);
    }
  }

  /** What a rounding error of what is owed could make of a result. */
  protected near<T>(result: (error: Exact) => T): T[] {
    return [0n, this.slack, -this.slack].map(result);
  }

  /** What roundings could make of a sum over `count` accounts. */
  protected unsure(count: number): Exact {
    return BigInt(count) * (this.slack + 4n * UNIT);
  }

  protected expectChoice(what: string, actual: boolean, least: Exact, most = least) {
    const unsure = this.slack + UNIT;
    if (actual ? most < -unsure : least > unsure)
      throw new Error(`${what}: ${actual}, margin ${least / UNIT} to ${most / UNIT}`);
  }

  /* HOLDERS OF SHARES */

  protected receive(inbound: Inbound, account: string, amount: Exact) {
    if (inbound.time !== this.now) {
      inbound.time = this.now;
      inbound.amounts.clear();
    }
    inbound.amounts.set(account, (inbound.amounts.get(account) ?? 0n) + amount);
  }

  /** What `account` may not send of what it owns, as it came with a loss. */
  protected arrived({ time, amounts }: Inbound, { openedAt }: Epochs, account: string): Exact {
    return time === this.now && openedAt === this.now ? (amounts.get(account) ?? 0n) : 0n;
  }

  /** An epoch opens once what was lost since the last one is a basis point of what was there then. */
  openEpoch(
    name: string,
    epochs: Epochs,
    { epochOpened }: Ending,
    lost: bigint,
    held: Exact,
    holders: Map<string, Exact>,
  ) {
    epochs.pending += lost;
    const before = held + (epochs.pending - lost) * UNIT;
    const margin = lost === 0n ? always(false) : epochs.pending * UNIT - before / 10_000n;
    this.expectChoice(`${name} epoch`, epochOpened, margin);
    if (!epochOpened) return;
    epochs.holders.push(new Map(holders));
    epochs.pending = 0n;
    epochs.openedAt = this.now;
  }

  /** A generation ends only with an epoch: dust may be left by a loss that is too small for one. */
  expectEnd(name: string, ending: Ending, lost: bigint, held: Exact, dust: bigint) {
    const { epochOpened, generationEnded, supply } = ending;
    const cannot = lost === 0n || supply === 0n || !epochOpened;
    const margin = cannot ? always(false) : wipeMargin(supply, held, held + lost * UNIT, dust);
    this.expectChoice(`end of ${name} shares`, generationEnded, margin);
  }
}
