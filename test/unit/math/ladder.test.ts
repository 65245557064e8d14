import fc from "fast-check";
import { equal, ok } from "node:assert/strict";
import { FixedPoint, Liquidation, RiskLadder } from "../../../sdk";
import { assets, index } from "../../helpers/arbitraries";
import { integer, runs, uint } from "../../helpers/fuzz";

const { sum, WAD } = FixedPoint;

describe("RiskLadder", () => {
  const { tickOf, tickAt, shortfallOf, tolerated, leavable, OCTAVE, TOP } = RiskLadder;
  const debt = integer(1n, 2n ** 96n - 1n);
  const collateral = integer(1n, 2n ** 112n - 1n);
  const price = fc.oneof(uint(160), uint(256));
  /** At or near the ratio that `limit` allows at a price, where it matters; and anywhere. */
  const position = fc.tuple(debt, collateral, index, integer(1n, WAD)).chain(([d, c, at, limit]) => {
    const value = (d * at) / limit;
    const critical = (value * Liquidation.ORACLE_SCALE) / c;
    const near = integer(-(critical >> 6n) - 2n, (critical >> 6n) + 2n).map((off) => critical + off);
    const nearOrNot = fc.oneof(near, price).filter((p) => p >= 0n && p < 2n ** 256n);
    return fc.record({
      d: fc.constant(d),
      c: fc.constant(c),
      at: fc.constant(at),
      limit: fc.constant(limit),
      p: nearOrNot,
    });
  });

  it("a tick never falls when debt grows or collateral shrinks", () => {
    fc.assert(
      fc.property(uint(96), uint(112), uint(96), uint(112), (d, c, more, less) => {
        const tick = tickOf(d, c);
        const grown = d + more < 2n ** 96n ? d + more : 2n ** 96n - 1n;
        ok(tickOf(grown, c) >= tick);
        if (d !== 0n) ok(tickOf(d, c > less ? c - less : 0n) >= tick);
      }),
      runs(5_000),
    );
  });

  it("every tick is where the one below it ends: they cover all ratios, in order and without gaps", () => {
    // with collateral 1 the ratio is the scaled debt, so every edge of a tick can be met exactly
    for (let exponent = 7n; exponent < 96n; exponent++) {
      for (let mantissa = OCTAVE; mantissa < 2n * OCTAVE; mantissa++) {
        const edge = mantissa << (exponent - 6n);
        const tick = tickOf(edge, 1n);
        equal(tick, 112n * OCTAVE + exponent * OCTAVE + mantissa - OCTAVE + 1n);
        equal(tickOf(edge - 1n, 1n), tick - 1n);
      }
    }
  });

  it("debts of one tick and collateral differ by less than 1/64, but where the ratio has no 64 steps left", () => {
    const near = debt.chain((low) => fc.tuple(fc.constant(low), integer(low, low + low / 32n)));
    let shared = 0;
    fc.assert(
      fc.property(collateral, near, (c, [low, high]) => {
        const lowest = (low << 112n) / c;
        if (tickOf(low, c) !== tickOf(high, c) || lowest < OCTAVE) return;
        if (low < high) shared++;
        ok(((high << 112n) / c - lowest) * OCTAVE < lowest);
      }),
      runs(5_000),
    );
    ok(shared > runs(5_000).numRuns / 10, `${shared}`);
  });

  it("ticks fit 14 bits, and no ratio reaches the tick of debt without collateral", () => {
    equal(tickOf(2n ** 96n - 1n, 1n), 208n * OCTAVE);
    equal(tickOf(1n, 2n ** 112n - 1n), 1n);
    equal(tickOf(1n, 0n), TOP);
    equal(tickOf(0n, 0n), 0n);
    ok(tickAt(2n ** 256n - 1n, WAD, WAD) < TOP);
    equal(tickAt(0n, WAD, WAD), 1n);
  });

  it("whoever is in a tick below a price's own owes no more than the limit allows", () => {
    let below = 0;
    fc.assert(
      fc.property(position, ({ d, c, at, limit, p }) => {
        if (tickOf(d, c) >= tickAt(p, at, limit)) return;
        below++;
        // d · index / WAD ≤ c · p / 1e36 · limit / WAD, without rounding
        ok(d * at * Liquidation.ORACLE_SCALE <= c * p * limit);
      }),
      runs(5_000),
    );
    ok(below > runs(5_000).numRuns / 50);
  });

  it("a tick's shortfall is at most what its accounts lack one by one, exact for one account, and near for all that lack", () => {
    const accounts = fc.array(fc.tuple(integer(1n, 2n ** 80n), integer(1n, 2n ** 100n)), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(accounts, price, index, integer(0n, WAD / 2n), (list, p, at, w) => {
        const lacks = list.map(([d, c]) => shortfallOf(d, c, p, at, w));
        const of = (i: 0 | 1) => sum(list.map((account) => account[i]));
        const together = shortfallOf(of(0), of(1), p, at, w);
        const apart = sum(lacks);
        ok(together <= apart);
        // two roundings of each account
        if (lacks.every((x) => x > 0n)) ok(apart - together <= 3n * BigInt(list.length));
        if (list.length === 1) equal(together, apart);
      }),
      runs(3_000),
    );
  });

  it("the guard's bound: what is leavable leaves the shortfall tolerated, and a unit more does not", () => {
    fc.assert(
      fc.property(assets, uint(100), integer(0n, 1_000n), uint(80), (all, shortfall, tolerance, dust) => {
        const most = leavable(all, shortfall, tolerance, dust);
        ok(most <= all);
        if (most > 0n) ok(shortfall <= tolerated(all - most, tolerance, dust));
        if (most < all) ok(shortfall > tolerated(all - most - 1n, tolerance, dust));
      }),
      runs(3_000),
    );
  });
});
