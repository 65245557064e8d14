/** Exponential and logarithm to 60 decimals, for tests that compare fixed-point formulas with exact maths. */
import { ok } from "node:assert/strict";
import { FixedPoint } from "../../sdk";

export const ONE = 10n ** 60n;

/** A wad's last unit. */
export const EXACT_WAD = ONE / FixedPoint.WAD;

/** eˣ, both with 60 decimals; relative error below 1e-50 for |x| up to 100. */
export function exp(x: bigint): bigint {
  // eˣ = (e^(x / 2⁸))^(2⁸), with guard digits for the squarings
  const guard = 10n ** 20n;
  const one = ONE * guard;
  const small = (x * guard) / 256n;
  let sum = 0n;
  for (let term = one, n = 1n; term !== 0n; n++) {
    sum += term;
    term = (term * small) / (one * n);
  }
  for (let i = 0; i < 8; i++) sum = (sum * sum) / one;
  return sum / guard;
}

/** ln x, both with 60 decimals, for x from 1e-18 up: Newton's method from the floating-point logarithm. */
export function ln(x: bigint): bigint {
  const guess = Math.log(Number(x)) - 60 * Math.LN10;
  let y = (BigInt(Math.round(guess * 1e12)) * ONE) / 10n ** 12n;
  for (let i = 0; i < 3; i++) {
    const e = exp(y);
    y += (2n * ONE * (x - e)) / (x + e);
  }
  return y;
}

export function expectNear(got: bigint, exact: bigint, tolerance: bigint) {
  const off = got > exact ? got - exact : exact - got;
  ok(off <= tolerance, `${got} is ${off} from ${exact}, more than ${tolerance}`);
}
