/**
 * Twin of `Interest.sol`: the adaptive borrow rate, the growth of the borrow index and the vesting of lenders'
 * interest. A stored rate counts units of 1e-11 per year; other rates are wads per year. Amounts are loan asset units,
 * times are seconds.
 */
import { WAD, divUp, expWad, lnWad, max, min } from "./fixedPoint";

export const YEAR = 365n * 24n * 3600n;
export const BPS = 10_000n;

/** Utilisation at which the rate at target stands still (wad). */
export const TARGET_UTILISATION = (9n * WAD) / 10n;
/** The most that ln(rateAtTarget) moves in a year, at an error of ±1 (wad). */
export const ADJUSTMENT_SPEED = 50n * WAD;
/** Spot rate at full utilisation over the rate at target; its inverse is the one at utilisation 0. */
export const STEEPNESS = 4n;
/** One stored rate unit (1e-11 per year) in wad. */
export const RATE_UNIT = 10n ** 7n;
/** Bounds of the stored rate at target, in rate units: 0.1 % and 200 % per year. */
export const MIN_RATE = 10n ** 8n;
export const MAX_RATE = 2n * 10n ** 11n;
/** Bounds of the index (wad) and of total debt (assets), at which accrual saturates. */
export const MAX_INDEX = 2n ** 80n - 1n;
export const MAX_DEBT = 2n ** 96n - 1n;

const TAYLOR_BOUND = 7n * 10n ** 13n;
const MAX_EXPONENT = 8n * WAD;
const MAX_GROWTH = 40n * WAD;

/** What one accrual needs to know. */
export interface Accrual {
  /** Borrow index (wad). */
  index: bigint;
  /** Stored rate at target. */
  rate: bigint;
  /** Lenders' interest not yet vested. */
  unvested: bigint;
  /** Share of interest that goes to fees (basis points). */
  premium: bigint;
  /** Total debt in index units. */
  scaledDebt: bigint;
  /** Gross interest since the last harvest. */
  interest: bigint;
  /** Liquid assets. */
  cash: bigint;
  /** Seconds since the last accrual. */
  elapsed: bigint;
  /** Vesting time constant τ (seconds). */
  vesting: bigint;
  /** Whether anybody holds lender shares. */
  lent: boolean;
}

/**
 * State after `elapsed` seconds: the index rounded down and saturated, the stored rate rounded to the nearest unit, the
 * unvested interest rounded down.
 */
export function accrue(s: Accrual): { index: bigint; rate: bigint; unvested: bigint } {
  const debt = debtDown(s.scaledDebt, s.index);
  const { average, end: rate } = rates(s.rate, utilisation(debt, s.cash), s.elapsed);
  const growth = growthOf(average, s.elapsed);
  const index = grow(s.index, growth, s.scaledDebt);

  const keep = decay(s.elapsed, s.vesting);
  let unvested = (s.unvested * keep) / WAD;
  if (s.lent && debt !== 0n) {
    const earned = debtDown(s.scaledDebt, index) - debt;
    const lenders = earned - (feesOf(s.interest + earned, s.premium) - feesOf(s.interest, s.premium));
    unvested += min(bufferOf(debt, s.premium, average, growth, keep, s.vesting), lenders);
  }
  return { index, rate, unvested };
}

/** Debt of `scaled` index units, rounded down: that of a whole pool. */
export function debtDown(scaled: bigint, index: bigint): bigint {
  return (scaled * index) / WAD;
}

/** Debt of `scaled` index units, rounded up: that of one account. */
export function debtUp(scaled: bigint, index: bigint): bigint {
  return divUp(scaled * index, WAD);
}

/**
 * Fees within gross interest, rounded down: the lenders get the rest.
 * @param premium basis points
 */
export function feesOf(interest: bigint, premium: bigint): bigint {
  return (interest * premium) / BPS;
}

/** debt / (cash + debt) as a wad, rounded down; 0 without debt. */
export function utilisation(debt: bigint, cash: bigint): bigint {
  return debt === 0n ? 0n : (debt * WAD) / (cash + debt);
}

/**
 * The borrow rate over an interval at constant utilisation.
 * @param rate stored rate at the start, within [MIN_RATE, MAX_RATE]
 * @param u utilisation (wad, at most WAD)
 * @returns average: wad per year, each term rounded towards 0; end: stored rate, rounded to the nearest unit
 */
export function rates(rate: bigint, u: bigint, elapsed: bigint): { average: bigint; end: bigint } {
  const span = u > TARGET_UTILISATION ? WAD - TARGET_UTILISATION : TARGET_UTILISATION;
  const error = ((u - TARGET_UTILISATION) * WAD) / span;

  const start = rate * RATE_UNIT;
  const x = (ADJUSTMENT_SPEED * error * elapsed) / (WAD * YEAR);
  let mean: bigint;
  let last: bigint;
  if (x > -TAYLOR_BOUND && x < TAYLOR_BOUND) {
    const square = (x * x) / WAD;
    const cube = (square * x) / WAD;
    last = start + (start * (x + square / 2n + cube / 6n)) / WAD;
    mean = start + (start * (x / 2n + square / 6n + cube / 24n)) / WAD;
  } else {
    const bounded = x > MAX_EXPONENT ? MAX_EXPONENT : x < -MAX_EXPONENT ? -MAX_EXPONENT : x;
    last = (start * expWad(bounded)) / WAD;
    mean = ((last - start) * WAD) / x;
  }
  const bound = (x > 0n ? MAX_RATE : MIN_RATE) * RATE_UNIT;
  if (x > 0n ? last > bound : last < bound) {
    const reached = lnWad((bound * WAD) / start);
    mean = ((bound - start) * WAD + bound * (x - reached)) / x;
    last = bound;
  }

  const slope = error < 0n ? error - error / STEEPNESS : error * (STEEPNESS - 1n);
  return { average: (mean * (WAD + slope)) / WAD, end: (last + RATE_UNIT / 2n) / RATE_UNIT };
}

/**
 * e^(rate·t) as a wad, rounded down, saturated far above what an index can take.
 * @param average wad per year
 */
export function growthOf(average: bigint, elapsed: bigint): bigint {
  return exp(min((average * elapsed) / YEAR, MAX_GROWTH));
}

/**
 * e^(−t/τ) as a wad, rounded down.
 * @param vesting τ
 * @throws RangeError if `vesting` is 0
 */
export function decay(elapsed: bigint, vesting: bigint): bigint {
  return exp(-((elapsed * WAD) / vesting));
}

/**
 * The index after one interval (wad), rounded down, saturated at MAX_INDEX and at MAX_DEBT of total debt; it never
 * falls.
 * @param growth wad, from `growthOf`
 * @param scaledDebt total debt in index units
 */
export function grow(index: bigint, growth: bigint, scaledDebt: bigint): bigint {
  const next = min((index * growth) / WAD, MAX_INDEX);
  if (debtDown(scaledDebt, next) <= MAX_DEBT) return next;
  return max((MAX_DEBT * WAD) / scaledDebt, index);
}

/**
 * The part of the lenders' new interest that is still unvested at the end of the interval, rounded down:
 * (1 − premium)·debt·rτ/(1 + rτ)·(g − v).
 * @param debt total debt at the start
 * @param premium basis points
 * @param average r, wad per year
 * @param growth g (wad), from `growthOf`
 * @param keep v (wad), from `decay`
 * @param vesting τ
 */
export function bufferOf(
  debt: bigint,
  premium: bigint,
  average: bigint,
  growth: bigint,
  keep: bigint,
  vesting: bigint,
): bigint {
  const rt = (average * vesting) / YEAR;
  const portion = (rt * (growth - keep)) / (WAD + rt);
  return (debt * (BPS - premium) * portion) / (BPS * WAD);
}

/** eˣ as a wad; the Taylor polynomial where it is exact to a wad. */
function exp(x: bigint): bigint {
  if (x <= -TAYLOR_BOUND || x >= TAYLOR_BOUND) return expWad(x);
  const square = (x * x) / WAD;
  return WAD + x + square / 2n + (square * x) / (6n * WAD);
}
