/**
 * Twin of `RiskLadder.sol`: the ticks of scaled debt over collateral, and what they show at a price. A tick is 1 + 64
 * times the exponent plus the six bits below the leading one of the ratio in units of 2⁻¹¹².
 */
import { BPS } from "./interest";
import { performing, valueOf } from "./liquidation";
import { WAD, divUp, max, min, saturatingSub } from "./fixedPoint";

/** Ticks for one octave of the ratio: ratios within one tick differ by less than 1/64. */
export const OCTAVE = 64n;
/** The tick of debt without collateral, above every tick of a ratio and of a price. */
export const TOP = 2n ** 14n - 1n;
/** At any higher price a unit of collateral repays more than any debt, and the tick is above that of every ratio. */
export const MAX_PRICE = 2n ** 220n;
const RATIO_BITS = 112n;

/**
 * Tick of a position, rounded down; it never falls when debt grows or collateral shrinks. 0 without debt.
 * @param scaledDebt index units, below 2⁹⁶
 * @param collateral units of it, below 2¹¹²
 */
export function tickOf(scaledDebt: bigint, collateral: bigint): bigint {
  if (scaledDebt === 0n) return 0n;
  if (collateral === 0n) return TOP;
  return tickOfRatio((scaledDebt << RATIO_BITS) / collateral);
}

/**
 * Tick of the ratio at which debt is `limit` times the collateral's value, rounded down: no position in a lower tick
 * owes more.
 * @param price loan asset units per collateral unit, scaled by 1e36
 * @param index borrow index (wad)
 * @param limit wad: LLTV for health, 1/(1+w) for what the collateral can repay
 * @throws RangeError if `index` is 0
 */
export function tickAt(price: bigint, index: bigint, limit: bigint): bigint {
  return tickOfRatio((min(price, MAX_PRICE) * ((limit << RATIO_BITS) / WAD)) / (WAD * index));
}

/**
 * What the debt of a tick exceeds its collateral by, in loan asset units: never more than its accounts lack one by one,
 * and the same for a tick of one account. The debt is rounded up and what the collateral can repay down, like those
 * of an account.
 * @param scaledDebt index units
 * @param collateral units of it
 * @param price loan asset units per collateral unit, scaled by 1e36
 * @param index borrow index (wad)
 * @param writeDownIncentive w, a wad
 */
export function shortfallOf(
  scaledDebt: bigint,
  collateral: bigint,
  price: bigint,
  index: bigint,
  writeDownIncentive: bigint,
): bigint {
  const debt = divUp(scaledDebt * index, WAD);
  return saturatingSub(debt, performing(valueOf(collateral, min(price, MAX_PRICE)), writeDownIncentive));
}

/**
 * The visible shortfall that lenders' assets may move past, rounded down; it and all amounts are loan asset units.
 * @param remaining lender assets after the call
 * @param tolerance basis points
 * @param dust tolerated whatever remains
 */
export function tolerated(remaining: bigint, tolerance: bigint, dust: bigint): bigint {
  return max((remaining * tolerance) / BPS, dust);
}

/**
 * The most of `assets` that can leave before `shortfall` is not tolerated any more, rounded down; all of it while the
 * shortfall is at most `dust`. Loan asset units.
 * @param tolerance basis points
 */
export function leavable(assets: bigint, shortfall: bigint, tolerance: bigint, dust: bigint): bigint {
  if (shortfall <= dust) return assets;
  return tolerance === 0n ? 0n : saturatingSub(assets, divUp(shortfall * BPS, tolerance));
}

function tickOfRatio(ratio: bigint): bigint {
  if (ratio === 0n) return 1n;
  const exponent = BigInt(ratio.toString(2).length - 1);
  return exponent * OCTAVE + ((ratio * OCTAVE) >> exponent) + 1n - OCTAVE;
}
