/** What the model knows of a pool, and what it hears of a call from the contracts. */
import { UNIT } from "../exact";
import type { Ending, Epochs, Exact, Inbound, Layers } from "../exact";

export interface PoolTerms {
  lltv: bigint;
  minIncentive: bigint;
  writeDownIncentive: bigint;
  maxIncentive: bigint;
  targetHealth: bigint;
  minDebt: bigint;
  dust: bigint;
  vesting: bigint;
  guardTolerance: bigint;
  blindPeriod: bigint;
  rateAtTarget: bigint;
  supplyCap: bigint;
}

/** What the contracts say of a booked loss. */
export interface Booking {
  lossId: bigint;
  shortfall: bigint;
  layers: Layers;
  pool: Ending;
  fund: Ending;
}

/** What the contracts say of recoveries in one call: by loss, and beyond all layers. */
export interface Recoveries {
  byLoss: Map<bigint, Layers>;
  surplus: bigint;
}

interface WrittenOff {
  lossId: bigint;
  amount: Exact;
  since: bigint;
  merged: boolean;
}

export interface Borrower {
  collateral: bigint;
  debt: Exact;
  writtenOff: WrittenOff[];
}

export interface Loss {
  /** The place of its pool. */
  pool: number;
  lost: Layers;
  recovered: Layers;
  /** Outstanding by layer, at the time when a debt of 1 had grown to `grown`. */
  due: Layers<Exact>;
  grown: Exact;
  /** The part of `due` that is cover and not interest on it. */
  cover: { reserve: Exact; staked: Exact };
  /** The epochs whose holders stand for principal and staked, open already or not; 0 for none. */
  lenderEpoch: number;
  stakerEpoch: number;
  lenderClaims: bigint;
  stakerClaims: bigint;
  claimed: Map<string, bigint>;
}

export interface PoolState {
  time: bigint;
  /** What a debt of 1 at the start has grown to. */
  grown: Exact;
  price: bigint;
  /** The error of an oracle that fails. */
  failure: string | undefined;
  /** When the failure was put on record, 0 for not, and when that was last confirmed. */
  blindSince: bigint;
  confirmedAt: bigint;
  supplyCap: bigint;
  paused: boolean;
  cash: bigint;
  premium: bigint;
  lenders: Map<string, Exact>;
  /** What the virtual shares are worth; never withdrawn. */
  virtual: Exact;
  unvested: Exact;
  fees: Exact;
  borrowers: Map<string, Borrower>;
  epochs: Epochs;
  inbound: Inbound;
  /** Its latest loss, 0 for none, and all of them by episode. */
  lastLoss: bigint;
  episodes: bigint[][];
  episodeStart: bigint;
  /** Whether the last loss opened no epoch of lenders, so that its record takes another one. */
  open: boolean;
}

export const newPool = (time: bigint, price: bigint, supplyCap: bigint): PoolState => ({
  time,
  grown: UNIT,
  price,
  failure: undefined,
  blindSince: 0n,
  confirmedAt: 0n,
  supplyCap,
  paused: false,
  cash: 0n,
  premium: 0n,
  lenders: new Map(),
  virtual: UNIT,
  unvested: 0n,
  fees: 0n,
  borrowers: new Map(),
  epochs: { holders: [], pending: 0n, openedAt: 0n },
  inbound: { time, amounts: new Map() },
  lastLoss: 0n,
  episodes: [],
  episodeStart: 0n,
  open: false,
});

/**
 * The factors of one interval: growth of debt (30 decimals), and what is kept of unvested interest and not yet vested of what arose (of
 * the debt at its start; wads).
 */
export interface Factors {
  growth: Exact;
  keep: bigint;
  portion: bigint;
}
