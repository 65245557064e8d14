/** What bigint lacks, beside the sdk's FixedPoint. */

export const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n);

export const max = (x: bigint, y: bigint): bigint => (x > y ? x : y);
