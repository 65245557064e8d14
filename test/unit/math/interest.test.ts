import fc from "fast-check";
import { deepEqual, ok } from "node:assert/strict";
import { FixedPoint, Interest } from "../../../sdk";
import { accrual, elapsed, premium, rate, vesting } from "../../helpers/arbitraries";
import { EXACT_WAD, exp, expectNear, ln, ONE } from "../../helpers/exact";
import { integer, runs, uint } from "../../helpers/fuzz";

const { WAD } = FixedPoint;
const { MAX_DEBT, MAX_INDEX, MAX_RATE, MIN_RATE, RATE_UNIT, TARGET_UTILISATION, YEAR } = Interest;

describe("Exponential and logarithm", () => {
  it("expWad is within a unit of exact maths, and monotone", () => {
    fc.assert(
      fc.property(integer(-42n * WAD, 60n * WAD), (x) => {
        const got = FixedPoint.expWad(x);
        const exact = exp(x * EXACT_WAD);
        // beyond e¹⁸ the relative error of the approximation is what counts
        expectNear(got * EXACT_WAD, exact, EXACT_WAD + exact / 10n ** 18n);
        ok(FixedPoint.expWad(x + 1n) >= got);
      }),
      runs(2_000),
    );
  });

  it("lnWad is within two units of exact maths, and monotone", () => {
    fc.assert(
      fc.property(integer(1n, 2n ** 128n), (x) => {
        const got = FixedPoint.lnWad(x);
        expectNear(got * EXACT_WAD, ln(x * EXACT_WAD), 2n * EXACT_WAD);
        ok(FixedPoint.lnWad(x + 1n) >= got);
      }),
      runs(2_000),
    );
  });

  it("growth and decay are within three units of exact maths, monotone, and on their side of 1", () => {
    fc.assert(
      fc.property(integer(0n, 8n * WAD), vesting, integer(0n, 5n * YEAR), (average, tau, t) => {
        const growth = Interest.growthOf(average, t);
        const exact = exp((average * t * EXACT_WAD) / YEAR);
        expectNear(growth * EXACT_WAD, exact < exp(40n * ONE) ? exact : exp(40n * ONE), 3n * EXACT_WAD + exact / WAD);
        ok(growth >= WAD && Interest.growthOf(average, t + 1n) >= growth);

        const keep = Interest.decay(t, tau);
        expectNear(keep * EXACT_WAD, exp((-t * ONE) / tau), 2n * EXACT_WAD);
        ok(keep <= WAD && Interest.decay(t + 1n, tau) <= keep);
      }),
      runs(500),
    );
  });
});

describe("Interest", () => {
  const utilisation = integer(0n, WAD);

  /** The integral of the rate, in 60 decimals: what `rates` computes, without rounding. */
  function exactRates(stored: bigint, u: bigint, t: bigint): { average: bigint; end: bigint } {
    const error =
      ((u - TARGET_UTILISATION) * ONE) / (u > TARGET_UTILISATION ? WAD - TARGET_UTILISATION : TARGET_UTILISATION);
    const x = (50n * error * t) / YEAR;
    const toRate = (units: bigint) => units * RATE_UNIT * EXACT_WAD;
    const [start, bound] = [toRate(stored), toRate(x > 0n ? MAX_RATE : MIN_RATE)];
    const reached = ln((bound * ONE) / start);
    const bounded = x > 0n ? x >= reached : x <= reached;
    const end = bounded ? bound : (start * exp(x)) / ONE;
    const mean = x === 0n ? start : ((end - start) * ONE + (bounded ? end * (x - reached) : 0n)) / x;
    const slope = error < 0n ? (error * 3n) / 4n : error * 3n;
    return { average: (mean * (ONE + slope)) / ONE, end };
  }

  it("the average rate is the exact integral, within 4e-7 of itself where the bound is reached and 1e-10 elsewhere", () => {
    fc.assert(
      fc.property(rate, utilisation, integer(0n, 100n * YEAR), (stored, u, t) => {
        const { average, end } = Interest.rates(stored, u, t);
        const exact = exactRates(stored, u, t);
        const tolerance =
          end === MAX_RATE || end === MIN_RATE ? (4n * exact.average) / 10n ** 7n : exact.average / 10n ** 10n;
        expectNear(average * EXACT_WAD, exact.average, tolerance);
        expectNear(end * RATE_UNIT * EXACT_WAD, exact.end, ((RATE_UNIT + 2n) * EXACT_WAD) / 2n);
      }),
      runs(2_000),
    );
  });

  it("the rates stay within their bounds", () => {
    fc.assert(
      fc.property(fc.oneof(rate, integer(MAX_RATE - 1000n, MAX_RATE)), utilisation, elapsed, (stored, u, t) => {
        const { average, end } = Interest.rates(stored, u, t);
        ok(end >= MIN_RATE && end <= MAX_RATE);
        ok(average >= (MIN_RATE * RATE_UNIT) / Interest.STEEPNESS);
        const cap = MAX_RATE * RATE_UNIT * Interest.STEEPNESS;
        ok(average <= cap + (4n * cap) / 10n ** 7n); // the error of the integral where a bound is reached
      }),
      runs(2_000),
    );
  });

  /**
   * Each step rounds the stored rate by at most half a unit, which stays as long as the rate does: relative to the rate
   * n/2 units at most. It rounds the exponent, the growth and the index by a wad each.
   */
  it("n steps grow the index as one step does at constant utilisation, within n/2 rate units and 5n wads", () => {
    fc.assert(
      fc.property(rate, utilisation, fc.integer({ min: 2, max: 300 }), integer(1n, YEAR / 52n), (stored, u, n, t) => {
        let [grown, current, lowest] = [WAD, stored, stored];
        for (let i = 0; i < n; i++) {
          const { average, end } = Interest.rates(current, u, t);
          grown = Interest.grow(grown, Interest.growthOf(average, t), 0n);
          current = end;
          if (end < lowest) lowest = end;
        }
        const whole = BigInt(n) * t;
        const { average } = Interest.rates(stored, u, whole);
        const once = Interest.grow(WAD, Interest.growthOf(average, whole), 0n);
        const exponent = (average * whole) / YEAR;
        const drift = (exponent * BigInt(n)) / (2n * lowest) + (exponent * 8n) / 10n ** 7n;
        if (once < MAX_INDEX) expectNear(grown, once, (once * (drift + 5n * BigInt(n))) / WAD + 2n);
      }),
      runs(200),
    );
  });

  /**
   * Each step rounds the old buffer and the new one by a unit of the asset each, and the factors behind them by a few
   * wads of the debt.
   */
  it("n steps vest as one step does at a constant rate, within n (4 + 12e-18 (debt + unvested))", () => {
    fc.assert(
      fc.property(
        fc.record({
          debt: uint(90),
          unvested: uint(84),
          premium,
          average: integer((MIN_RATE * RATE_UNIT) / 4n, 8n * WAD),
          vesting,
          n: fc.integer({ min: 2, max: 200 }),
          t: integer(1n, YEAR / 100n),
        }),
        ({ debt, unvested, premium, average, vesting, n, t }) => {
          const steps = BigInt(n);
          let [grown, left] = [WAD, unvested];
          for (let i = 0; i < n; i++) {
            const [growth, keep] = [Interest.growthOf(average, t), Interest.decay(t, vesting)];
            const owes = Interest.debtDown(debt, grown);
            left = (left * keep) / WAD + Interest.bufferOf(owes, premium, average, growth, keep, vesting);
            grown = (grown * growth) / WAD;
          }
          const [growth, keep] = [Interest.growthOf(average, steps * t), Interest.decay(steps * t, vesting)];
          const once = (unvested * keep) / WAD + Interest.bufferOf(debt, premium, average, growth, keep, vesting);
          const atEnd = Interest.debtDown(debt, growth);
          expectNear(left, once, steps * (4n + (12n * (atEnd + unvested)) / WAD));
        },
      ),
      runs(200),
    );
  });

  /**
   * Interest raises the utilisation, by at most u(1 − u) of itself, and the later steps see it. With R the interest over
   * the debt, the error of the utilisation rises by at most 0.9 R, the rate on the curve by 2.7 R, and 50 years⁻¹ · 0.9 R
   * of the rate at target follow.
   */
  it("n accruals give what one gives, and for drifting utilisation at most e^(7R) more in a month", () => {
    fc.assert(
      fc.property(accrual, fc.integer({ min: 2, max: 100 }), integer(1n, YEAR / 12n), (s, n, whole) => {
        const start = { ...s, index: WAD, scaledDebt: s.scaledDebt / 2n ** 20n, elapsed: whole / BigInt(n) };
        const debt = start.scaledDebt;
        const once = Interest.accrue({ ...start, elapsed: start.elapsed * BigInt(n) });
        let current = { ...start };
        for (let i = 0; i < n; i++) {
          const next = Interest.accrue(current);
          const interest = s.interest + Interest.debtDown(debt, next.index) - debt;
          current = { ...current, ...next, interest };
        }
        const [earned, earnedAtOnce] = [current.index - WAD, once.index - WAD];
        const rounding =
          (earned * BigInt(n)) / (2n * (current.rate < s.rate ? current.rate : s.rate)) +
          earned / 10n ** 6n +
          5n * BigInt(n);
        ok(earned + rounding >= earnedAtOnce, `${earned} < ${earnedAtOnce}`);
        const most = (earnedAtOnce * Interest.growthOf(7n * earned, YEAR)) / WAD;
        ok(earned <= most + rounding, `${earned} > ${most}`);
      }),
      runs(200),
    );
  });

  it("accrual never passes its bounds, and takes nothing back from the lenders", () => {
    fc.assert(
      fc.property(accrual, (s) => {
        const next = Interest.accrue(s);
        const [before, after] = [Interest.debtDown(s.scaledDebt, s.index), Interest.debtDown(s.scaledDebt, next.index)];
        ok(next.index >= s.index && next.index <= MAX_INDEX);
        ok(after <= MAX_DEBT || after === before);
        const fees = Interest.feesOf(s.interest + after - before, s.premium) - Interest.feesOf(s.interest, s.premium);
        ok(next.unvested <= s.unvested + after - before - fees);
      }),
      runs(2_000),
    );
  });

  it("changes nothing in no time", () => {
    fc.assert(
      fc.property(accrual, (s) => {
        const { index, rate, unvested } = s;
        deepEqual(Interest.accrue({ ...s, elapsed: 0n }), { index, rate, unvested });
      }),
      runs(2_000),
    );
  });
});
