/**
 * Random sequences of calls by six accounts that lend, borrow, stake, liquidate, default and recover. After every call the
 * contracts are compared with the naive model, the identities are checked on what the contracts say, and the risk ladder is compared
 * with a scan over all positions.
 */
import fc from "fast-check";

import { runs } from "../helpers/fuzz";
import { takeSnapshot } from "../helpers/hre";
import { calls, type Draw } from "./calls";
import { DAY, HOUR } from "./terms";
import { World } from "./world";

const STEPS = 50;

/** How often each call is drawn. */
const WEIGHTS: { [name in keyof typeof calls]: number } = {
  price: 14,
  edge: 7,
  oracle: 1,
  reportBlind: 2,
  initialiseTicks: 1,
  deposit: 6,
  withdraw: 4,
  redeem: 5,
  transfer: 4,
  supplyCollateral: 6,
  withdrawCollateral: 3,
  borrow: 12,
  repay: 5,
  writeDown: 9,
  writeDownAndRedeem: 7,
  liquidate: 12,
  repayWrittenOff: 7,
  refinance: 6,
  recover: 7,
  claim: 6,
  stake: 5,
  transferStake: 3,
  cooldown: 6,
  unstake: 9,
  syncGuard: 4,
  harvest: 5,
  fundReserve: 3,
  setCoverageLimit: 3,
};

interface Step extends Draw {
  name: string;
  wait: number;
}

/** Seconds until the call: mostly the next block, sometimes long enough for an episode, a cooldown, or a year of interest. */
const wait = fc.oneof(
  { arbitrary: fc.noBias(fc.integer({ min: 1, max: 12 })), weight: 12 },
  { arbitrary: fc.noBias(fc.integer({ min: 60, max: 12 * HOUR })), weight: 5 },
  { arbitrary: fc.noBias(fc.integer({ min: DAY, max: 5 * DAY })), weight: 4 },
  { arbitrary: fc.noBias(fc.integer({ min: 10 * DAY, max: 60 * DAY })), weight: 1 },
);

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.oneof(...Object.entries(WEIGHTS).map(([name, weight]) => ({ arbitrary: fc.constant(name), weight }))),
  who: fc.nat(5),
  other: fc.nat(5),
  size: fc.noBias(fc.nat(1000)),
  wait,
});

/** All cash is borrowed, the collateral loses its value, all is written down: with little cover the end of a generation. */
const crash = step.map((last): Step[] => [
  { name: "borrow", who: last.who, other: 0, size: 950, wait: 1 },
  { name: "price", who: 0, other: 0, size: 0, wait: 1 },
  { name: "writeDown", who: 0, other: 0, size: 1000, wait: 1 },
  last,
]);

/** The oracle fails, which is put on record, twice: the price is read in between, and then long enough for lenders to leave. */
const outage = fc.tuple(step, step).map(([drawn, meanwhile]): Step[] => {
  const oracle = { name: "oracle", who: 0, other: 0, size: 501 + (drawn.who % 2), wait: 1 };
  const report = { ...oracle, name: "reportBlind" };
  const between = { ...drawn, name: ["writeDown", "redeem", "liquidate", drawn.name][drawn.size % 4] };
  const leave = { ...meanwhile, name: "redeem", wait: 7 * HOUR };
  return [oracle, report, oracle, between, oracle, report, meanwhile, leave, oracle];
});

const sequence = fc
  .array(
    fc.oneof(
      { arbitrary: step.map((only) => [only]), weight: 200 },
      { arbitrary: crash, weight: 2 },
      { arbitrary: outage, weight: 1 },
    ),
    { minLength: STEPS, maxLength: STEPS },
  )
  .map((parts) => parts.flat().slice(0, STEPS));

/** What every sequence starts from: lenders, borrowers at half their limit, stakers, a reserve, and cover in force. */
const opening: Step[] = [
  ["deposit", 0, 0, 990],
  ["deposit", 1, 1, 930],
  ["deposit", 2, 2, 850],
  ["supplyCollateral", 3, 3, 930],
  ["supplyCollateral", 4, 4, 850],
  ["supplyCollateral", 5, 5, 780],
  ["borrow", 3, 3, 605],
  ["borrow", 4, 4, 730],
  ["borrow", 5, 5, 809],
  ["stake", 0, 0, 850],
  ["stake", 5, 5, 700],
  ["fundReserve", 1, 1, 850],
  ["setCoverageLimit", 0, 0, 800],
  ["harvest", 0, 0, 0],
].map(([name, who, other, size], i) => ({ name, who, other, size, wait: i === 13 ? 4 * DAY : 12 }) as Step);

describe("The core against the naive model", function () {
  this.timeout(0); // as long as the sequences take

  let fixture: World;
  let [clean, opened]: Awaited<ReturnType<typeof takeSnapshot>>[] = [];

  async function run(world: World, steps: Step[]) {
    for (const [i, { name, wait, ...draw }] of steps.entries()) {
      try {
        await world.step(wait, (model) => calls[name](world, draw, model));
      } catch (error) {
        throw new Error(`step ${i + 1}, ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
  }

  before(async () => {
    clean = await takeSnapshot();
    fixture = await World.deploy();
    await run(fixture, opening);
    opened = await takeSnapshot();
  });

  after(() => clean.restore());

  it(`agrees with it after each of ${STEPS} random calls, and keeps its identities`, async () => {
    await fc.assert(
      fc.asyncProperty(sequence, async (steps) => {
        await opened.restore();
        const world = fixture.copy();
        await run(world, steps);
        await world.compareAll();
      }),
      runs(100),
    );
  });
});
