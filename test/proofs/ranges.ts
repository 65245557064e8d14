import type { Range } from "../../scripts/prove/terms";

/** What a field of so many bits holds. */
export const uint = (bits: bigint | number): Range => [0n, 2n ** BigInt(bits) - 1n];

export const WAD = 10n ** 18n;
export const ADDRESS = uint(160);
/** A borrow index, as its 80 bits hold it. */
export const INDEX: Range = [WAD, 2n ** 80n - 1n];
