/** Twin of `Premium.sol`: the price of cover, and what an exit request forfeits. Amounts are loan asset units. */
import { WAD, divUp, mulDivDown, mulDivUp } from "./fixedPoint";

/** The premium crosses its whole range in this time at the fastest (seconds). */
export const FULL_RANGE = 30n * 24n * 3600n;

/**
 * p_max · ρ / (ρ + k) with ρ = cover / debt, in basis points, rounded down.
 * @param available cover that is available
 * @param debt of the pool; without any, every cover is ample
 * @param maxPremium p_max, basis points
 * @param halfCover k, a wad: the cover over debt at which half of p_max is due
 */
export function target(available: bigint, debt: bigint, maxPremium: bigint, halfCover: bigint): bigint {
  if (available === 0n) return 0n;
  if (debt === 0n) return maxPremium;
  const ratio = mulDivDown(available, WAD, debt);
  return mulDivDown(maxPremium, ratio, ratio + halfCover);
}

/**
 * The premium after `elapsed` seconds on the way to the one that is wanted. Premiums are basis points.
 * @returns premium: moved by whole basis points, rounded towards the current one; used: the seconds that this took,
 * rounded up, all of them once the target is reached
 */
export function next(
  current: bigint,
  wanted: bigint,
  maxPremium: bigint,
  elapsed: bigint,
): { premium: bigint; used: bigint } {
  const step = (maxPremium * elapsed) / FULL_RANGE;
  const distance = wanted > current ? wanted - current : current - wanted;
  if (distance <= step) return { premium: wanted, used: elapsed };
  return { premium: wanted > current ? current + step : current - step, used: divUp(step * FULL_RANGE, maxPremium) };
}

/**
 * Shares that a request of `shares` loses when it expires or is renewed: those that its gain is worth, rounded up.
 * @param atRequest assets that the shares were worth at the request
 * @param now assets that they are worth now
 */
export function forfeit(shares: bigint, atRequest: bigint, now: bigint): bigint {
  return now > atRequest ? mulDivUp(shares, now - atRequest, now) : 0n;
}
