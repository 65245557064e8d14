/**
 * Twin of `Liquidation.sol`: health, write-down and liquidation of one account. Ratios are wads, values loan asset
 * units. `value` is the collateral's value C, `debt` the performing debt D, `owed` is D and what was written down and
 * is still owed.
 */
import { WAD, divUp, min, mulDivDown } from "./fixedPoint";

export const ORACLE_SCALE = 10n ** 36n;
/** A value above this is cut to it. */
export const MAX_VALUE = 2n ** 128n - 1n;
/** What a contract returns for the health of an account that owes nothing. */
export const INFINITE_HEALTH = 2n ** 256n - 1n;

/**
 * Seconds after a write-down from which on the debt that it wrote off is due: liquidatable, whatever the health of the
 * account. A constant of the pool's code that no function answers.
 */
export const DUE_AFTER = 7n * 24n * 3600n;

/** The terms of a pool, fixed at its creation. */
export interface Terms {
  lltv: bigint;
  minIncentive: bigint;
  writeDownIncentive: bigint;
  maxIncentive: bigint;
  targetHealth: bigint;
}

/**
 * Value of collateral, rounded down, at most MAX_VALUE.
 * @param collateral units of it
 * @param price loan asset units per collateral unit, scaled by 1e36
 */
export function valueOf(collateral: bigint, price: bigint): bigint {
  return min(mulDivDown(collateral, price, ORACLE_SCALE), MAX_VALUE);
}

/**
 * Units of collateral for a value, rounded down.
 * @param price loan asset units per collateral unit, scaled by 1e36
 * @throws RangeError if the price is 0
 */
export function collateralOf(value: bigint, price: bigint): bigint {
  return mulDivDown(value, ORACLE_SCALE, price);
}

/** Whether `owed` ≤ C·LLTV, exactly. */
export function isHealthy(value: bigint, owed: bigint, lltv: bigint): boolean {
  return owed * WAD <= value * lltv;
}

/** C·LLTV / owed as a wad, rounded down; INFINITE_HEALTH when nothing is owed. */
export function healthOf(value: bigint, owed: bigint, lltv: bigint): bigint {
  return owed === 0n ? INFINITE_HEALTH : (value * lltv) / owed;
}

/** C/(1+w), rounded down: the most performing debt that the collateral can repay, a liquidator's share aside. */
export function performing(value: bigint, writeDownIncentive: bigint): bigint {
  return (value * WAD) / (WAD + writeDownIncentive);
}

/**
 * The liquidator's share of what is repaid, as a wad, rounded down: min(ramp, max(w, C/owed − 1)).
 * @throws RangeError if nothing is owed
 */
export function incentiveOf(value: bigint, owed: bigint, t: Terms): bigint {
  const coverage = (value * WAD) / owed;
  const cap = coverage > WAD + t.writeDownIncentive ? coverage - WAD : t.writeDownIncentive;
  return min(ramp(healthOf(value, owed, t.lltv), t), cap);
}

/**
 * The liquidator's share by health alone, as a wad: linear, from m at 1 to i at LLTV·(1+i) and below, rounded down.
 * @param health wad
 */
export function ramp(health: bigint, t: Terms): bigint {
  if (health >= WAD) return t.minIncentive;
  const low = (t.lltv * (WAD + t.maxIncentive)) / WAD;
  if (health <= low) return t.maxIncentive;
  return t.minIncentive + ((t.maxIncentive - t.minIncentive) * (WAD - health)) / (WAD - low);
}

/**
 * Repayment that brings an unhealthy account to the target health, rounded up, at most what the collateral pays.
 * @param incentive ι, a wad; LLTV·(1+ι) is less than the target health, or no repayment would reach that
 * @throws RangeError if the two are equal
 */
export function toTarget(value: bigint, owed: bigint, incentive: bigint, t: Terms): bigint {
  const wanted = t.targetHealth * owed - t.lltv * value;
  const each = t.targetHealth - (t.lltv * (WAD + incentive)) / WAD;
  return min(divUp(wanted, each), affordable(value, owed, incentive));
}

/**
 * What a liquidator could repay against all of the collateral: min(C/(1+ι), owed), rounded down.
 * @param incentive ι, a wad
 */
export function affordable(value: bigint, owed: bigint, incentive: bigint): bigint {
  return min(performing(value, incentive), owed);
}

/**
 * The repayment that is made of the one that is asked for: clamped, and never one that would leave 0 < D < minDebt
 * behind in an account that has not defaulted, nor a part of a defaulted one below it. All loan asset units, nothing is
 * rounded.
 * @param debt D
 * @param limit the repayment that brings the account to its target health
 * @param whole most that may be repaid at all
 * @param asked the liquidator's wish
 * @returns 0 if nothing can be repaid within `asked`
 */
export function clamp(
  debt: bigint,
  limit: bigint,
  whole: bigint,
  asked: bigint,
  defaulted: boolean,
  minDebt: bigint,
): bigint {
  if (limit < debt && debt - limit < minDebt) limit = whole;
  const repaid = min(asked, limit);
  if (repaid < debt) {
    if (defaulted ? debt < minDebt : debt <= minDebt) return 0n;
    if (!defaulted && debt - repaid < minDebt) return debt - minDebt;
  }
  return repaid;
}
