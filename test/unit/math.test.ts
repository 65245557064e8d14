import { FunctionFragment, type Interface } from "ethers";
import fc from "fast-check";
import { deepEqual, equal, ok } from "node:assert/strict";

import { FixedPoint, Interest, Liquidation, Premium, RiskLadder, SharesMath, Waterfall } from "../../sdk";
import type { MathHarness } from "../../typechain-types";
import { ONE, exp, ln } from "../helpers/exact";
import { integer, runs, uint } from "../helpers/fuzz";
import { ethers } from "../helpers/hre";

const { WAD, min } = FixedPoint;
const { BPS, MAX_DEBT, MAX_INDEX, MAX_RATE, MIN_RATE, RATE_UNIT, TARGET_UTILISATION, YEAR } = Interest;
const EXACT_WAD = ONE / WAD;

/* What fits the contracts' storage, and what a factory accepts. */

const index = integer(WAD, MAX_INDEX);
const rate = integer(MIN_RATE, MAX_RATE);
const premium = integer(0n, BPS);
const elapsed = fc.oneof(uint(32), fc.constant(100n * YEAR));
const vesting = integer(3600n, 365n * 24n * 3600n);
const assets = uint(103);
const scaledDebt = (at: bigint) => {
  const byDebt = (2n ** 96n * WAD) / at;
  return integer(0n, byDebt < 2n ** 96n ? byDebt : 2n ** 96n - 1n);
};
const accrual: fc.Arbitrary<Interest.Accrual> = index.chain((at) =>
  fc.record({
    index: fc.constant(at),
    rate,
    unvested: uint(84),
    premium,
    scaledDebt: scaledDebt(at),
    interest: assets,
    cash: assets,
    elapsed,
    vesting,
    lent: fc.boolean(),
  }),
);

const terms: fc.Arbitrary<Liquidation.Terms> = integer(WAD / 100n, (98n * WAD) / 100n)
  .chain((lltv) => {
    // LLTV · (1 + i) < 1
    const most = (WAD * WAD) / lltv - WAD - 1n;
    return fc.tuple(fc.constant(lltv), integer(0n, most < WAD / 2n ? most : WAD / 2n));
  })
  .chain(([lltv, maxIncentive]) =>
    fc.record({
      lltv: fc.constant(lltv),
      minIncentive: integer(0n, maxIncentive),
      writeDownIncentive: integer(0n, maxIncentive),
      maxIncentive: fc.constant(maxIncentive),
      targetHealth: integer(WAD, 2n * WAD),
    }),
  )
  .filter((t) => t.minIncentive <= t.writeDownIncentive);

const value = uint(128);
/** Never 0: an account that owes nothing has no incentive. */
const owed = integer(1n, 2n ** 98n - 1n);
/** What the losses of an episode are owed: units by layer, up to what 96 bits hold, and often nothing. */
const layer = fc.oneof({ weight: 3, arbitrary: uint(96) }, fc.constant(0n));
const episode = fc.array(fc.record({ fees: layer, reserve: layer, staked: layer, interest: layer, principal: layer }), {
  minLength: 1,
  maxLength: 5,
});
/** Unhealthy accounts, near the limit as well as far beyond it. */
const unhealthy = fc
  .tuple(owed, terms)
  .chain(([owes, t]) => fc.tuple(integer(0n, (owes * WAD - 1n) / t.lltv), fc.constant(owes), fc.constant(t)));

interface Twin {
  inputs: fc.Arbitrary<unknown[]>;
  call: (...args: never[]) => unknown;
}

/** A function of the twin, and what it may be given. */
function twin<A extends unknown[]>(
  call: (...args: A) => unknown,
  ...inputs: { [K in keyof A]: fc.Arbitrary<A[K]> }
): Twin {
  return { inputs: fc.tuple(...inputs), call };
}

const twins: Record<string, Twin> = {
  expWad: twin(FixedPoint.expWad, integer(-(2n ** 67n), 2n ** 67n)),
  lnWad: twin(FixedPoint.lnWad, integer(-1n, 2n ** 255n - 1n)),
  mulDivDown: twin(FixedPoint.mulDivDown, uint(128), uint(128), uint(256)),
  mulDivUp: twin(FixedPoint.mulDivUp, uint(128), uint(128), uint(256)),

  accrue: twin(Interest.accrue, accrual),
  debtOf: twin(Interest.debtOf, uint(96), index),
  feesOf: twin(Interest.feesOf, assets, premium),
  utilisation: twin(Interest.utilisation, uint(97), assets),
  rates: twin(Interest.rates, rate, integer(0n, WAD), elapsed),
  growthOf: twin(Interest.growthOf, uint(64), elapsed),
  decay: twin(Interest.decay, elapsed, vesting),
  grow: twin(Interest.grow, index, integer(WAD, 2n ** 118n), uint(96)),
  bufferOf: twin(Interest.bufferOf, uint(97), premium, uint(63), integer(WAD, 2n ** 118n), integer(0n, WAD), vesting),

  toSharesDown: twin(SharesMath.toSharesDown, uint(129), uint(104), uint(112)),
  toSharesUp: twin(SharesMath.toSharesUp, uint(129), uint(104), uint(112)),
  toAssetsDown: twin(SharesMath.toAssetsDown, uint(129), uint(104), uint(112)),
  toAssetsUp: twin(SharesMath.toAssetsUp, uint(129), uint(104), uint(112)),
  isWiped: twin(SharesMath.isWiped, uint(104), uint(112)),

  valueOf: twin(Liquidation.valueOf, uint(112), uint(256)),
  collateralOf: twin(Liquidation.collateralOf, uint(128), uint(256)),
  isHealthy: twin(Liquidation.isHealthy, value, uint(98), integer(0n, WAD)),
  healthOf: twin(Liquidation.healthOf, value, uint(98), integer(0n, WAD)),
  performing: twin(Liquidation.performing, value, uint(60)),
  incentiveOf: twin(Liquidation.incentiveOf, value, owed, terms),
  ramp: twin(Liquidation.ramp, fc.oneof(integer(0n, 2n * WAD), uint(256)), terms),
  toTarget: {
    inputs: unhealthy.chain(([c, d, t]) =>
      fc.tuple(fc.constant(c), fc.constant(d), integer(0n, t.maxIncentive), fc.constant(t)),
    ),
    call: Liquidation.toTarget,
  },
  affordable: twin(Liquidation.affordable, value, owed, uint(60)),
  clamp: twin(Liquidation.clamp, uint(97), uint(98), uint(98), fc.oneof(uint(98), uint(256)), fc.boolean(), uint(96)),

  tickOf: twin(RiskLadder.tickOf, uint(96), uint(112)),
  tickAt: twin(RiskLadder.tickAt, uint(256), index, integer(0n, WAD)),
  shortfallOf: twin(RiskLadder.shortfallOf, uint(96), uint(152), uint(256), index, uint(59)),
  tolerated: twin(RiskLadder.tolerated, assets, integer(0n, BPS), uint(96)),
  leavable: twin(RiskLadder.leavable, assets, uint(112), integer(0n, BPS), uint(96)),

  absorb: twin(Waterfall.absorb, assets, assets),
  opensEpoch: twin(Waterfall.opensEpoch, assets, assets),
  toUnits: twin(Waterfall.toUnits, uint(97), index),
  toAssets: twin(Waterfall.toAssets, uint(97), index),
  pay: twin(Waterfall.pay, assets, uint(97), index),
  climb: twin(Waterfall.climb, episode, uint(110), index),
  shareOf: twin(Waterfall.shareOf, assets, uint(112), uint(112)),

  premiumTarget: twin(Premium.target, uint(96), uint(97), integer(0n, BPS / 2n), integer(1n, WAD)),
  premiumNext: twin(Premium.next, premium, premium, integer(1n, BPS / 2n), elapsed),
  forfeit: twin(Premium.forfeit, uint(112), uint(104), uint(104)),
};

describe("The libraries and their twin", () => {
  let harness: MathHarness;

  before(async () => {
    harness = await ethers.deployContract("MathHarness");
  });

  it("has a twin of every function", () => {
    const functions = harness.interface.fragments.filter((fragment) => fragment instanceof FunctionFragment);
    deepEqual(functions.map(({ name }) => name).sort(), ["batch", ...Object.keys(twins)].sort());
  });

  for (const [name, { inputs, call }] of Object.entries(twins)) {
    it(`${name} gives the same to the unit, and fails on the same inputs`, async () => {
      const abi: Interface = harness.interface;
      await fc.assert(
        fc.asyncProperty(fc.array(inputs, { minLength: 1, maxLength: 150, size: "max" }), async (batch) => {
          const results = await harness.batch(batch.map((args) => abi.encodeFunctionData(name, args)));
          batch.forEach((args, i) => {
            const { ok, data } = results[i];
            const solidity = ok ? abi.decodeFunctionResult(name, data).toArray(true) : "revert";
            deepEqual(
              outcome(() => call(...(args as never[]))),
              solidity,
              `${name}${fc.stringify(args)}`,
            );
          });
        }),
        runs(5),
      );
    });
  }

  it("pay rounds units up by however little is left over", async () => {
    // WAD² = (WAD − 1) · (WAD + 1) + 1
    const { paid, units } = await harness.pay(WAD, 10n * WAD, WAD + 1n);
    deepEqual([paid, units], [WAD, WAD]);
  });
});

/** What a function gives, as a contract returns it. */
function outcome(call: () => unknown): unknown[] | "revert" {
  const plain = (value: unknown): unknown =>
    typeof value === "object" && value !== null ? Object.values(value).map(plain) : value;
  try {
    const result = plain(call());
    return Array.isArray(result) ? result : [result];
  } catch (error) {
    if (error instanceof RangeError) return "revert";
    throw error;
  }
}

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
            const owes = Interest.debtOf(debt, grown);
            left = (left * keep) / WAD + Interest.bufferOf(owes, premium, average, growth, keep, vesting);
            grown = (grown * growth) / WAD;
          }
          const [growth, keep] = [Interest.growthOf(average, steps * t), Interest.decay(steps * t, vesting)];
          const once = (unvested * keep) / WAD + Interest.bufferOf(debt, premium, average, growth, keep, vesting);
          const atEnd = Interest.debtOf(debt, growth);
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
          const interest = s.interest + Interest.debtOf(debt, next.index) - debt;
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
        const [before, after] = [Interest.debtOf(s.scaledDebt, s.index), Interest.debtOf(s.scaledDebt, next.index)];
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

describe("SharesMath", () => {
  const pool = fc.tuple(uint(104), uint(112));

  it("rounds to the next integer on the side in its name", () => {
    fc.assert(
      fc.property(uint(104), pool, (amount, [total, supply]) => {
        const [perShare, perAsset] = [total + 1n, supply + 1000n];
        const isFloor = (x: bigint, n: bigint, d: bigint) => x * d <= n && n < (x + 1n) * d;
        const isCeiling = (x: bigint, n: bigint, d: bigint) => (x - 1n) * d < n && n <= x * d;
        ok(isFloor(SharesMath.toSharesDown(amount, total, supply), amount * perAsset, perShare));
        ok(isCeiling(SharesMath.toSharesUp(amount, total, supply), amount * perAsset, perShare));
        ok(isFloor(SharesMath.toAssetsDown(amount, total, supply), amount * perShare, perAsset));
        ok(isCeiling(SharesMath.toAssetsUp(amount, total, supply), amount * perShare, perAsset));
      }),
      runs(2_000),
    );
  });

  it("a round trip gains nothing, and entering or leaving never lowers the share price", () => {
    fc.assert(
      fc.property(uint(104), pool, (amount, [total, supply]) => {
        const minted = SharesMath.toSharesDown(amount, total, supply);
        fc.pre(minted <= SharesMath.MAX_AMOUNT);
        ok(SharesMath.toAssetsDown(minted, total + amount, supply + minted) <= amount);
        const risen = (t: bigint, s: bigint) => (t + 1n) * (supply + 1000n) >= (total + 1n) * (s + 1000n);
        ok(risen(total + amount, supply + minted));
        const burned = SharesMath.toSharesUp(amount, total, supply);
        if (amount <= total && burned <= supply) ok(risen(total - amount, supply - burned));
      }),
      runs(2_000),
    );
  });
});

describe("Liquidation", () => {
  it("incentives lie within [m, i], and cost lenders at most w", () => {
    fc.assert(
      fc.property(unhealthy, ([c, d, t]) => {
        const incentive = Liquidation.incentiveOf(c, d, t);
        ok(incentive >= t.minIncentive && incentive <= t.maxIncentive);
        const covered = (c * WAD) / d - WAD;
        ok(incentive <= (covered > t.writeDownIncentive ? covered : t.writeDownIncentive));
      }),
      runs(2_000),
    );
  });

  it("the incentive falls with health", () => {
    fc.assert(
      fc.property(terms, integer(0n, 2n * WAD), (t, health) => {
        ok(Liquidation.ramp(health + 1n, t) <= Liquidation.ramp(health, t));
      }),
      runs(2_000),
    );
  });

  it("what is written down is not written down again", () => {
    fc.assert(
      fc.property(value, uint(60), (c, w) => {
        const performing = Liquidation.performing(c, w);
        ok(performing * (WAD + w) <= c * WAD && (performing + 1n) * (WAD + w) > c * WAD);
      }),
      runs(2_000),
    );
  });

  it("a liquidation of what the collateral can repay, of any size, never lowers C/D", () => {
    fc.assert(
      fc.property(unhealthy, fc.double({ min: 0, max: 1, noNaN: true }), ([c, owes, t], part) => {
        const d = min(owes, Liquidation.performing(c, t.writeDownIncentive));
        fc.pre(d > 0n && !Liquidation.isHealthy(c, d, t.lltv));
        const incentive = Liquidation.incentiveOf(c, d, t);
        const repaid = (Liquidation.affordable(c, d, incentive) * BigInt(Math.floor(part * 1e6))) / 1_000_000n;
        const seized = (repaid * (WAD + incentive)) / WAD;
        ok(seized <= c);
        ok((c - seized) * d >= c * (d - repaid));
      }),
      runs(2_000),
    );
  });

  it("the close factor reaches the target health, or all that the collateral pays", () => {
    fc.assert(
      fc.property(unhealthy, ([c, d, t]) => {
        const incentive = Liquidation.incentiveOf(c, d, t);
        const repaid = Liquidation.toTarget(c, d, incentive, t);
        if (repaid === Liquidation.affordable(c, d, incentive)) return;
        const seized = (repaid * (WAD + incentive)) / WAD;
        // within one unit of health for each wad of the repayment: the divisor is a truncated wad
        ok((c - seized) * t.lltv + repaid >= (d - repaid) * t.targetHealth);
        // and no more than a unit beyond it
        const less = repaid - 1n;
        const kept = c - FixedPoint.divUp(less * (WAD + incentive), WAD);
        ok(kept * t.lltv <= (d - less) * t.targetHealth, "repays too much");
      }),
      runs(2_000),
    );
  });

  it("a clamped repayment leaves no dust, and is within what was asked for and what is allowed", () => {
    const amounts = fc.tuple(integer(1n, 2n ** 96n), uint(98), uint(98), fc.oneof(uint(98), uint(256)), uint(80));
    fc.assert(
      fc.property(amounts, fc.boolean(), ([debt, limit, more, asked, minDebt], defaulted) => {
        // all that may be repaid covers the performing debt: what it cannot cover was written down
        const whole = (limit > debt ? limit : debt) + more;
        const repaid = Liquidation.clamp(debt, limit, whole, asked, defaulted, minDebt);
        ok(repaid <= asked && repaid <= whole);
        const left = repaid < debt ? debt - repaid : 0n;
        if (repaid > 0n && !defaulted) ok(left === 0n || left >= minDebt);
        if (repaid > 0n && defaulted && debt < minDebt) equal(left, 0n);
      }),
      runs(2_000),
    );
  });
});

describe("Waterfall", () => {
  const layers = fc.record({ fees: uint(90), reserve: uint(90), staked: uint(90), interest: uint(90) });
  const total = (paid: Waterfall.Layers) => sum(Object.values(paid));

  it("a loss is split to the unit, and touches a layer only if every layer before it is at its end or limit", () => {
    fc.assert(
      fc.property(uint(96), layers, uint(90), (shortfall, holds, coverage) => {
        const borne = Waterfall.split(shortfall, holds, coverage);
        equal(total(borne), shortfall);
        const full = {
          fees: borne.fees === holds.fees,
          reserve: borne.reserve === holds.reserve,
          cover: borne.reserve + borne.staked === min(coverage, holds.reserve + holds.staked),
          interest: borne.interest === holds.interest,
        };
        if (borne.reserve + borne.staked + borne.interest + borne.principal > 0n) ok(full.fees);
        if (borne.staked > 0n) ok(full.reserve);
        if (borne.interest + borne.principal > 0n) ok(full.cover);
        if (borne.principal > 0n) ok(full.interest);
      }),
      runs(2_000),
    );
  });

  it("two losses in sequence are split as their sum is, to the unit", () => {
    fc.assert(
      fc.property(uint(92), uint(92), layers, uint(90), (first, second, holds, coverage) => {
        const a = Waterfall.split(first, holds, coverage);
        const rest = {
          fees: holds.fees - a.fees,
          reserve: holds.reserve - a.reserve,
          staked: holds.staked - a.staked,
          interest: holds.interest - a.interest,
        };
        const b = Waterfall.split(second, rest, coverage - a.reserve - a.staked);
        const both = Waterfall.split(first + second, holds, coverage);
        for (const layer of LAYERS) equal(a[layer] + b[layer], both[layer]);
      }),
      runs(2_000),
    );
  });

  it("a recovery climbs: lenders of the whole episode before stakers, reserve and fees, the own loss first", () => {
    const loss = fc.record({
      fees: uint(80),
      reserve: uint(80),
      staked: uint(80),
      interest: uint(80),
      principal: uint(80),
    });
    fc.assert(
      fc.property(fc.array(loss, { minLength: 1, maxLength: 5 }), uint(85), index, (episode, recovered, at) => {
        const { paid, due, left } = Waterfall.climb(episode, recovered, at);
        equal(sum(paid.map(total)) + left, recovered);
        const open = (step: (keyof Waterfall.Layers)[], losses = due) =>
          losses.some((l) => step.some((k) => l[k] !== 0n));
        const got = (step: (keyof Waterfall.Layers)[], losses = paid) =>
          losses.some((l) => step.some((k) => l[k] !== 0n));
        const steps: (keyof Waterfall.Layers)[][] = [["principal", "interest"], ["staked"], ["reserve"], ["fees"]];
        steps.forEach((step, i) => {
          if (open(step)) ok(!(got(steps.slice(i + 1).flat()) || left !== 0n));
          if (open(step, [due[0]])) ok(!got(step, paid.slice(1)));
        });
        episode.forEach((owed, i) => {
          for (const layer of LAYERS) {
            ok(paid[i][layer] <= Waterfall.toAssets(owed[layer], at));
            ok(Waterfall.toAssets(due[i][layer], at) <= Waterfall.toAssets(owed[layer], at) - paid[i][layer]);
          }
        });
      }),
      runs(2_000),
    );
  });

  it("a layer that is paid in parts gets no more than it is owed, and less by at most a unit for each part", () => {
    fc.assert(
      fc.property(uint(90), index, fc.array(uint(90), { maxLength: 20 }), (due, at, parts) => {
        let [left, total] = [due, 0n];
        for (const part of parts) {
          const { paid, units } = Waterfall.pay(part, left, at);
          ok(paid <= part && units <= left);
          left -= units;
          total += paid;
        }
        const worth = Interest.debtOf(due, at);
        const rest = Waterfall.pay(2n ** 128n, left, at);
        equal(rest.units, left);
        ok(total + rest.paid <= worth);
        // a part pays off less than a unit too much of the index, which is worth up to one index
        const most = BigInt(parts.length + 1) * (1n + at / WAD);
        ok(worth - total - rest.paid <= most);
      }),
      runs(2_000),
    );
  });

  it("a loss is worth no more in units than in assets", () => {
    fc.assert(
      fc.property(uint(96), index, (loss, at) => {
        const worth = Interest.debtOf(Waterfall.toUnits(loss, at), at);
        ok(worth <= loss && loss - worth <= at / WAD + 1n);
      }),
      runs(2_000),
    );
  });

  it("the holders' parts of a recovery are no more than the recovery", () => {
    fc.assert(
      fc.property(assets, fc.array(uint(104), { minLength: 1, maxLength: 50 }), (recovered, balances) => {
        const supply = sum(balances);
        const parts = balances.map((balance) => Waterfall.shareOf(recovered, balance, supply));
        ok(sum(parts) <= recovered);
        if (supply !== 0n) ok(recovered - sum(parts) < BigInt(balances.length));
      }),
      runs(2_000),
    );
  });
});

const LAYERS = ["fees", "reserve", "staked", "interest", "principal"] as const;
const sum = (amounts: bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

function expectNear(got: bigint, exact: bigint, tolerance: bigint) {
  const off = got > exact ? got - exact : exact - got;
  ok(off <= tolerance, `${got} is ${off} from ${exact}, more than ${tolerance}`);
}

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
    const any = fc.oneof(near, price).filter((p) => p >= 0n && p < 2n ** 256n);
    return fc.record({ d: fc.constant(d), c: fc.constant(c), at: fc.constant(at), limit: fc.constant(limit), p: any });
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
    fc.assert(
      fc.property(collateral, debt, debt, (c, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const lowest = (low << 112n) / c;
        if (tickOf(low, c) !== tickOf(high, c) || lowest < OCTAVE) return;
        ok(((high << 112n) / c - lowest) * OCTAVE < lowest);
      }),
      runs(5_000),
    );
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
        const of = (i: 0 | 1) => list.reduce((sum, account) => sum + account[i], 0n);
        const together = shortfallOf(of(0), of(1), p, at, w);
        const apart = lacks.reduce((sum, x) => sum + x, 0n);
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
