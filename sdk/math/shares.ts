/**
 * Twin of `SharesMath.sol`: conversion between assets and shares, with virtual shares. The rounding is in the name; assets
 * are asset units, shares have three decimals more. Amounts above `MAX_AMOUNT` throw a RangeError where the contracts revert.
 */
import { mulDivDown, mulDivUp } from "./fixedPoint";

export const VIRTUAL_SHARES = 1000n;
export const VIRTUAL_ASSETS = 1n;
export const DECIMALS_OFFSET = 3;
/** A share generation ends once a share is worth less than this part of par. */
export const PAR_OVER_END = 1_000_000n;
/** And only if the loss left at most this part of what was there before it. */
export const BEFORE_OVER_END = 1_000n;
/** The largest amount that is converted. */
export const MAX_AMOUNT = 2n ** 128n - 1n;

export function toSharesDown(assets: bigint, total: bigint, supply: bigint): bigint {
  return mulDivDown(fit(assets), supply + VIRTUAL_SHARES, total + VIRTUAL_ASSETS);
}

export function toSharesUp(assets: bigint, total: bigint, supply: bigint): bigint {
  return mulDivUp(fit(assets), supply + VIRTUAL_SHARES, total + VIRTUAL_ASSETS);
}

export function toAssetsDown(shares: bigint, total: bigint, supply: bigint): bigint {
  return mulDivDown(fit(shares), total + VIRTUAL_ASSETS, supply + VIRTUAL_SHARES);
}

export function toAssetsUp(shares: bigint, total: bigint, supply: bigint): bigint {
  return mulDivUp(fit(shares), total + VIRTUAL_ASSETS, supply + VIRTUAL_SHARES);
}

function fit(amount: bigint): bigint {
  if (amount > MAX_AMOUNT) throw new RangeError(`${amount} is more than ${MAX_AMOUNT}`);
  return amount;
}

/** Whether a loss that left `total` of `before` assets to `supply` shares ends their generation: it must have taken nearly all itself. */
export function isWiped(total: bigint, before: bigint, supply: bigint): boolean {
  return supply !== 0n && total * VIRTUAL_SHARES * PAR_OVER_END < supply && total * BEFORE_OVER_END <= before;
}
