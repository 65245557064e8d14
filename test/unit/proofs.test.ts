import fc from "fast-check";
import { deepEqual, equal, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";

import { type Inputs, Run } from "../../scripts/prove/claim";
import type { Value } from "../../scripts/prove/execute";
import { Source } from "../../scripts/prove/source";
import type { Valuation } from "../../scripts/prove/terms";
import { FixedPoint, Interest, Liquidation, Premium, RiskLadder, SharesMath, Waterfall } from "../../sdk";
import { integer, runs, uint } from "../helpers/fuzz";
import { CLAIMS } from "../proofs";

const { WAD } = FixedPoint;
const index = integer(WAD, Interest.MAX_INDEX);
const anything = [-(2n ** 256n), 2n ** 256n] as const;

interface Case {
  inputs: Record<string, fc.Arbitrary<bigint>>;
  twin: (...inputs: bigint[]) => unknown;
}

/** What may follow from one another: m ≤ w ≤ i. */
const terms = {
  lltv: integer(WAD / 100n, (9n * WAD) / 10n),
  minIncentive: integer(0n, WAD / 100n),
  writeDownIncentive: integer(WAD / 100n, WAD / 50n),
  maxIncentive: integer(WAD / 50n, WAD / 10n),
  targetHealth: integer(WAD, 2n * WAD),
};
const grouped = Object.fromEntries(Object.entries(terms).map(([name, range]) => [`t.${name}`, range]));
const termsOf = ([
  lltv,
  minIncentive,
  writeDownIncentive,
  maxIncentive,
  targetHealth,
]: bigint[]): Liquidation.Terms => ({
  lltv,
  minIncentive,
  writeDownIncentive,
  maxIncentive,
  targetHealth,
});

const cases: Record<string, Case> = {
  "SharesMath.toSharesDown(a, t, s)": {
    inputs: { a: uint(129), t: uint(104), s: uint(112) },
    twin: SharesMath.toSharesDown,
  },
  "SharesMath.toSharesUp(a, t, s)": {
    inputs: { a: uint(129), t: uint(104), s: uint(112) },
    twin: SharesMath.toSharesUp,
  },
  "SharesMath.toAssetsDown(a, t, s)": {
    inputs: { a: uint(129), t: uint(104), s: uint(112) },
    twin: SharesMath.toAssetsDown,
  },
  "SharesMath.toAssetsUp(a, t, s)": {
    inputs: { a: uint(129), t: uint(104), s: uint(112) },
    twin: SharesMath.toAssetsUp,
  },
  "SharesMath.isWiped(t, b, s, d)": {
    inputs: { t: uint(104), b: uint(104), s: uint(112), d: uint(96) },
    twin: SharesMath.isWiped,
  },
  "Liquidation.valueOf(c, p)": { inputs: { c: uint(112), p: uint(256) }, twin: Liquidation.valueOf },
  "Liquidation.collateralOf(v, p)": {
    inputs: { v: uint(128), p: integer(1n, 2n ** 256n - 1n) },
    twin: Liquidation.collateralOf,
  },
  "Liquidation.isHealthy(v, o, l)": {
    inputs: { v: uint(128), o: uint(98), l: integer(0n, WAD) },
    twin: Liquidation.isHealthy,
  },
  "Liquidation.performing(v, w)": { inputs: { v: uint(128), w: uint(60) }, twin: Liquidation.performing },
  "Liquidation.incentiveOf(v, o, t)": {
    inputs: { v: uint(100), o: integer(1n, 2n ** 98n), ...grouped },
    twin: (v, o, ...t) => Liquidation.incentiveOf(v, o, termsOf(t)),
  },
  "Liquidation.toTarget(v, o, i, t)": {
    inputs: { v: uint(90), o: integer(2n ** 92n, 2n ** 98n), i: integer(0n, WAD / 20n), ...grouped },
    twin: (v, o, i, ...t) => Liquidation.toTarget(v, o, i, termsOf(t)),
  },
  "Liquidation.clamp(d, l, w, a, f == 1, m)": {
    inputs: { d: uint(97), l: uint(98), w: uint(98), a: uint(98), f: uint(1), m: uint(96) },
    twin: (d, l, w, a, f, m) => Liquidation.clamp(d, l, w, a, f === 1n, m),
  },
  "RiskLadder.tickOf(d, c)": { inputs: { d: uint(96), c: uint(112) }, twin: RiskLadder.tickOf },
  "RiskLadder.tickAt(p, i, l)": { inputs: { p: uint(256), i: index, l: integer(0n, WAD) }, twin: RiskLadder.tickAt },
  "RiskLadder.shortfallOf(d, c, p, i, w)": {
    inputs: { d: uint(96), c: uint(152), p: uint(256), i: index, w: uint(59) },
    twin: RiskLadder.shortfallOf,
  },
  "Waterfall.absorb(l, h)": { inputs: { l: uint(103), h: uint(103) }, twin: Waterfall.absorb },
  "Waterfall.toUnits(a, i)": { inputs: { a: uint(97), i: index }, twin: Waterfall.toUnits },
  "Waterfall.pay(a, d, i)": { inputs: { a: uint(103), d: uint(97), i: index }, twin: Waterfall.pay },
  "Waterfall.shareOf(r, b, s)": { inputs: { r: uint(103), b: uint(112), s: uint(112) }, twin: Waterfall.shareOf },
  "Premium.forfeit(s, a, n)": { inputs: { s: uint(112), a: uint(104), n: uint(104) }, twin: Premium.forfeit },
  "Interest.debtDown(s, i)": { inputs: { s: uint(96), i: index }, twin: Interest.debtDown },
};

/** `t.lltv` is a field of `t`. */
function inputsOf(names: string[]): Inputs {
  const inputs: Inputs = {};
  for (const name of names) {
    const [group, field] = name.split(".");
    if (field) inputs[group] = { ...(inputs[group] as Inputs), [field]: anything };
    else inputs[group] = anything;
  }
  return inputs;
}

describe("The proofs", () => {
  let source: Source;

  before(() => {
    source = new Source("contracts/mocks/MathHarness.sol");
  });

  for (const [call, { inputs, twin }] of Object.entries(cases)) {
    it(`run ${call} as the twin does, for unknown inputs`, () => {
      const names = Object.keys(inputs);
      const {
        model,
        known,
        names: results,
      } = new Run(source, {
        inputs: inputsOf(names),
        script: [`(x, y) = ${call}`],
      });
      fc.assert(
        fc.property(fc.tuple(...Object.values(inputs)), (numbers) => {
          const given: Valuation = new Map(names.map((name, i) => [name, numbers[i]]));
          const values = model.evaluate(given);
          const got = known.every((fact) => fact.at(values))
            ? ["x", "y"].flatMap((name) => numberOf(results.values.get(name), values))
            : "revert";
          deepEqual(
            got,
            outcome(() => twin(...numbers)),
          );
        }),
        runs(500),
      );
    });
  }

  it("have names of their own, and break what is in the source once", () => {
    equal(new Set(CLAIMS.map(({ name }) => name)).size, CLAIMS.length);
    for (const { broken } of CLAIMS) equal(readFileSync(broken.file, "utf8").split(broken.find).length, 2, broken.find);
  });

  it("refuse a change of what is not there", () => {
    const change = { file: "contracts/libraries/Waterfall.sol", find: "nowhere", replace: "" };
    throws(() => new Source("contracts/libraries/Waterfall.sol", change), /has "nowhere" 0 times/);
  });
});

const numberOf = (value: Value | undefined, values: Valuation) => (value && "at" in value ? [value.at(values)] : []);

/** What a function gives, as a list. */
function outcome(call: () => unknown): unknown {
  try {
    const result = call();
    return typeof result === "object" && result !== null ? Object.values(result) : [result];
  } catch (error) {
    if (error instanceof RangeError) return "revert";
    throw error;
  }
}
