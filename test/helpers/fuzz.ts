/**
 * Seeded fuzzing: the same inputs in every run, others with FUZZ_SEED, more with FUZZ_RUNS (a factor), a single one of a
 * test with FUZZ_PATH. Instrumented code is slow, and a few inputs cover what many do.
 */
import fc from "fast-check";

/** A test that runs on nothing passes, so what is no number is an error. */
function setting(name: "FUZZ_SEED" | "FUZZ_RUNS", otherwise: number, form: RegExp, expected: string): number {
  const text = process.env[name];
  if (text === undefined) return otherwise;
  if (form.test(text)) return Number(text);
  throw new Error(`${name}=${text}: give ${expected}`);
}

const seed = setting("FUZZ_SEED", 20_200_312, /^-?\d{1,10}$/, "a whole number of at most ten digits");
const factor = setting(
  "FUZZ_RUNS",
  process.env.COVERAGE ? 0.04 : 1,
  /^(?=.*[1-9])\d{1,6}(\.\d+)?$/,
  "a factor above 0",
);

const path = process.env.FUZZ_PATH;

export const runs = (numRuns: number) => ({ seed, numRuns: Math.ceil(numRuns * factor), ...(path && { path }) });

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
