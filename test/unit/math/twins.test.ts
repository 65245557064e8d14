import type { Interface } from "ethers";
import fc from "fast-check";
import { deepEqual, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { FixedPoint, Interest, Liquidation, Premium, RiskLadder, SharesMath, Waterfall } from "../../../sdk";
import type { MathHarness } from "../../../typechain-types";
import {
  index,
  rate,
  premium,
  elapsed,
  episode,
  vesting,
  assets,
  accrual,
  terms,
  value,
  owed,
  unhealthy,
} from "../../helpers/arbitraries";
import { integer, runs, uint } from "../../helpers/fuzz";
import { ethers } from "../../helpers/hre";

const { WAD } = FixedPoint;
const { BPS } = Interest;

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
  debtDown: twin(Interest.debtDown, uint(96), index),
  debtUp: twin(Interest.debtUp, uint(96), index),
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
  isWiped: twin(SharesMath.isWiped, uint(104), uint(104), uint(112), uint(96)),

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
    const solady = ["expWad", "lnWad", "mulDivDown", "mulDivUp"];
    deepEqual([...solady, ...internalFunctions()].sort(), Object.keys(twins).sort());
  });

  for (const [name, { inputs, call }] of Object.entries(twins)) {
    it(`${name} gives the same to the unit, and fails on the same inputs`, async () => {
      const abi: Interface = harness.interface;
      let answered = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(inputs, { minLength: 1, maxLength: 150, size: "max" }), async (batch) => {
          const results = await harness.batch(batch.map((args) => abi.encodeFunctionData(name, args)));
          batch.forEach((args, i) => {
            const { ok: answers, data } = results[i];
            if (answers) answered++;
            const solidity = answers ? abi.decodeFunctionResult(name, data).toArray(true) : "revert";
            deepEqual(
              outcome(() => call(...(args as never[]))),
              solidity,
              `${name}${fc.stringify(args)}`,
            );
          });
        }),
        runs(5),
      );
      ok(answered > 0, "only failures were compared");
    });
  }

  it("pay rounds units up by however little is left over", async () => {
    // WAD² = (WAD − 1) · (WAD + 1) + 1
    const { paid, units } = await harness.pay(WAD, 10n * WAD, WAD + 1n);
    deepEqual([paid, units], [WAD, WAD]);
  });

  it("isWiped knows its bounds: a thousandth of what there was, less than dust, less than a millionth of par", async () => {
    const supply = 10n ** 30n; // a millionth of par is 1e21 units
    for (const [total, before, dust, wiped] of [
      [10n ** 18n, 10n ** 21n, 0n, true],
      [10n ** 18n + 1n, 10n ** 21n, 0n, false],
      [10n ** 18n, 10n ** 18n, 10n ** 18n + 1n, true],
      [10n ** 18n, 10n ** 18n, 10n ** 18n, false],
      [10n ** 21n - 1n, 10n ** 26n, 0n, true],
      [10n ** 21n, 10n ** 26n, 10n ** 22n, false],
    ] as const) {
      deepEqual(await harness.isWiped(total, before, supply, dust), wiped, `${total} of ${before}, dust ${dust}`);
      deepEqual(SharesMath.isWiped(total, before, supply, dust), wiped);
    }
    deepEqual(await harness.isWiped(0n, 10n, 0n, 5n), false);
  });
});

/** What `climb` of the harness runs, too: by them the libraries number layers, which the twin has by name. */
const PARTS_OF_CLIMB = ["worthOf", "byClimb", "fromClimb"];

/** Every other internal function of the libraries, by its name in the harness. */
function internalFunctions() {
  const renamed: Record<string, string> = { "Premium.target": "premiumTarget", "Premium.next": "premiumNext" };
  const directory = path.join(__dirname, "../../../contracts/libraries");
  // Bounds refuses, and computes nothing
  const files = readdirSync(directory).filter((file) => file !== "Bounds.sol");
  return files.flatMap((file) => {
    const source = readFileSync(path.join(directory, file), "utf8");
    const names = [...source.matchAll(/\bfunction (\w+)\([^)]*\)\s+internal\b/g)].map(([, name]) => name);
    return names
      .filter((name) => !PARTS_OF_CLIMB.includes(name))
      .map((name) => renamed[`${file.replace(".sol", "")}.${name}`] ?? name);
  });
}

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
