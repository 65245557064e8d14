/** Seeded fuzzing: the same inputs in every run; others with FUZZ_SEED, more (or less) with FUZZ_RUNS, a factor. */
import fc from "fast-check";

const seed = Number(process.env.FUZZ_SEED ?? 20_200_312);
// instrumented contracts are slow, and what they cover does not hang on the number of runs
const factor = Number(process.env.FUZZ_RUNS ?? (process.env.COVERAGE === "true" ? 0.1 : 1));

/** Shrinking a failure ends in time for its seed and path to be printed. */
export const runs = (numRuns: number) => ({
  seed,
  numRuns: Math.ceil(numRuns * factor),
  interruptAfterTimeLimit: 450_000 * Math.max(1, factor),
  markInterruptAsFailure: true,
});

/** Integers in [min, max], as likely of any length as of any other, and often at the ends. */
export function integer(min: bigint, max: bigint): fc.Arbitrary<bigint> {
  const span = max - min;
  const length = span.toString(2).length;
  const anyLength = fc.tuple(fc.bigInt(0n, span), fc.nat(length)).map(([x, shift]) => x >> BigInt(shift));
  const ends = fc.constantFrom(0n, 1n, span - 1n, span).filter((x) => x >= 0n && x <= span);
  return fc.oneof({ arbitrary: anyLength, weight: 3 }, { arbitrary: ends, weight: 1 }).map((x) => min + x);
}

/** Unsigned integers of at most `bits` bits. */
export const uint = (bits: number) => integer(0n, 2n ** BigInt(bits) - 1n);
