/**
 * Random sequences of calls by six accounts that lend, borrow, stake, liquidate, default and recover, by the governors within their
 * rights, and by an attacker with code, flash loans and callbacks; in two pools that share a fund, with tokens of 6, 8 and 18
 * decimals. After every call the contracts are compared with the naive model, and what they say is held to the invariants:
 *
 *  1. identity, tokens        `checkPool`, `checkFund`; lender assets are the model's, which books flows only: `World.compare`
 *  2. sums, ladder            `checkPool`, `checkFund`, `checkRisk`
 *  3. share price             `checkPool`, `checkFund`; what each lender and staker owns is the model's: `World.compare`
 *  4. layers in their order   `NaivePool.book`: each layer to its end, Σ layers == shortfall
 *  5. losses add up           `checkSum`: in turn and together, wherever two accounts are insolvent
 *  6. recoveries, claims      `World.compareLosses`, `NaivePool.creditRecoveries`, `Naive.claim`
 *  7. spread 0                `NaivePool.spread`: a loss takes of all in proportion; entrants and leavers move what they own
 *  8. no gain by going first  `checkFirstOut`: one lender in turn, wherever a loss shows
 *  9. health, liquidation     `checkCall`; `NaivePool.liquidate`
 * 10. others' positions       `checkCall`
 * 11. finality                `checkEnd`: all prices fall to 0, and all lenders leave, another of them first each time
 * 12. gas of a loss           `checkCall`
 * 13. accrual                 `checkAccrual`; index and rate are the bigint twin's: `World.compare`
 * 14. no profit               `attack`
 * 15. cover, fund exits       `checkPool`; `NaiveFund.unstake`
 * 16. max*, preview*          `checkLimit`: of the pools in turn and the fund, one of them in turn, for one account in turn
 *
 * In the end it prints how often each call went through and how often it was refused. FUZZ_RUNS and FUZZ_SEED as everywhere;
 * FUZZ_PATH, with the seed, goes to the very sequence that failed.
 */
import fc from "fast-check";

import { runs } from "../helpers/fuzz";
import { takeSnapshot } from "../helpers/hre";
import { calls, type Draw } from "./calls";
import { attack, NESTED, type Blow } from "./attack";
import { DAY, HOUR, SETTINGS } from "./terms";
import { ATTACKER, World } from "./world";

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
  setSupplyCap: 1,
  pause: 1,
};

/** How often each call is drawn for an attacker, whose reach prices, time and governors are beyond. */
const WEAPONS = {
  deposit: 4,
  withdraw: 2,
  redeem: 2,
  transfer: 1,
  supplyCollateral: 3,
  withdrawCollateral: 2,
  borrow: 5,
  repay: 2,
  writeDown: 3,
  liquidate: 6,
  repayWrittenOff: 2,
  refinance: 2,
  recover: 2,
  claim: 2,
  stake: 2,
  transferStake: 1,
  cooldown: 1,
  unstake: 1,
  syncGuard: 1,
  harvest: 3,
  fundReserve: 1,
  reportBlind: 1,
  initialiseTicks: 1,
};

interface Step extends Draw {
  name: string;
  wait: number;
  /** Of an attack, and whether it leaves with what it lent. */
  blows?: Blow[];
  leaves?: boolean;
}

/** A name, as often as its weight says. */
const named = (weights: Record<string, number>) =>
  fc.oneof(...Object.entries(weights).map(([name, weight]) => ({ arbitrary: fc.constant(name), weight })));

/** Seconds until the call: mostly the next block, sometimes long enough for an episode, a cooldown, or a year of interest. */
const wait = fc.oneof(
  { arbitrary: fc.noBias(fc.integer({ min: 1, max: 12 })), weight: 12 },
  { arbitrary: fc.noBias(fc.integer({ min: 60, max: 12 * HOUR })), weight: 5 },
  { arbitrary: fc.noBias(fc.integer({ min: DAY, max: 5 * DAY })), weight: 4 },
  { arbitrary: fc.noBias(fc.integer({ min: 10 * DAY, max: 60 * DAY })), weight: 1 },
);

const draw = {
  pool: fc.nat(1),
  who: fc.nat(5),
  other: fc.nat(6),
  size: fc.noBias(fc.nat(1000)),
};

const step: fc.Arbitrary<Step> = fc.record({ name: named(WEIGHTS), ...draw, wait });

const blow = fc.record({ name: named(WEAPONS), ...draw });

/** What is mostly made of attacks: something to profit from, put around what could bring the profit. */
const RECIPES = [
  ["deposit", "writeDown", "redeem"],
  ["deposit", "writeDown", "transfer"],
  ["deposit", "harvest", "redeem"],
  ["stake", "writeDown", "cooldown"],
  ["stake", "harvest", "cooldown"],
  ["supplyCollateral", "borrow", "repay"],
  ["liquidate", "withdrawCollateral", "borrow"],
];
const recipe = fc
  .tuple(fc.constantFrom(...RECIPES), fc.nat(1), fc.array(blow, { minLength: 3, maxLength: 3 }))
  .map(([names, pool, drawn]) => drawn.map((each, i) => ({ ...each, pool, name: names[i] })));

/**
 * An attack: on a price at which one account lacks about nothing, or all about what is tolerated, or once all that the price shows is
 * booked. Mostly it leaves with all that it lent.
 */
const raid = fc
  .tuple(step, fc.oneof(fc.array(blow, { minLength: 1, maxLength: 4 }), recipe))
  .map(([drawn, drawnBlows]): Step[] => {
    // what follows a liquidation is done in its midst, if it is about the other pool
    const blows = drawnBlows.map((each, i) => {
      const before = drawnBlows[i - 1];
      if (before?.name !== "liquidate") return each;
      return { ...each, name: NESTED[each.size % NESTED.length], pool: 1 - before.pool };
    });
    const edge = { ...drawn, pool: blows[0].pool, name: "edge" };
    const clear = [0, 1].map((pool) => ({ ...drawn, pool, name: "writeDown", size: 1000 }));
    const attack = { ...drawn, name: "attack", blows, leaves: drawn.size % 4 !== 0 };
    return [...(drawn.other % 3 === 0 ? clear : [edge]), attack];
  });

/** All cash is borrowed, the collateral loses its value, all is written down: with little cover the end of a generation. */
const crash = step.map((last): Step[] => [
  { name: "borrow", pool: last.pool, who: last.who, other: 0, size: 950, wait: 1 },
  { name: "price", pool: last.pool, who: 0, other: 0, size: 0, wait: 1 },
  { name: "writeDown", pool: last.pool, who: 0, other: 0, size: 1000, wait: 1 },
  last,
]);

/** The oracle fails, which is put on record, twice: the price is read in between, and then long enough for lenders to leave. */
const outage = fc.tuple(step, step).map(([drawn, meanwhile]): Step[] => {
  const oracle = { name: "oracle", pool: drawn.pool, who: 0, other: 0, size: 501 + (drawn.who % 2), wait: 1 };
  const report = { ...oracle, name: "reportBlind" };
  const between = { ...drawn, name: ["writeDown", "redeem", "liquidate", drawn.name][drawn.size % 4] };
  const leave = { ...meanwhile, pool: drawn.pool, name: "redeem", wait: 7 * HOUR };
  return [oracle, report, oracle, between, oracle, report, meanwhile, leave, oracle];
});

const sequence = fc
  .array(
    fc.oneof(
      { arbitrary: step.map((only) => [only]), weight: 200 },
      { arbitrary: crash, weight: 2 },
      { arbitrary: outage, weight: 1 },
      { arbitrary: raid, weight: 5 },
    ),
    { minLength: STEPS, maxLength: STEPS },
  )
  .map((parts) => parts.flat().slice(0, STEPS));

/**
 * What every sequence starts from: lenders, borrowers at half their limit, stakers, a reserve, and cover in force; and an attacker with
 * a little of everything.
 */
const opening: Step[] = [
  ...(
    [
      ...[0, 1].flatMap((pool) => [
        ["deposit", pool, 0, 990],
        ["deposit", pool, 1, 930],
        ["deposit", pool, 2, 850],
        ["supplyCollateral", pool, 3, 930],
        ["supplyCollateral", pool, 4, 850],
        ["supplyCollateral", pool, 5, 780],
        ["borrow", pool, 3, 605],
        ["borrow", pool, 4, 730],
        ["borrow", pool, 5, 809],
        ["setCoverageLimit", pool, 0, 800],
      ]),
      ["stake", 0, 0, 850],
      ["stake", 0, 5, 700],
      ["fundReserve", 0, 1, 850],
      ["harvest", 0, 0, 0, 4 * DAY],
      ["harvest", 1, 0, 0],
    ] as [string, number, number, number, number?][]
  ).map(([name, pool, who, size, wait = 12]) => ({ name, pool, who, other: who, size, wait })),
  {
    ...{ name: "attack", pool: 0, who: 0, other: 0, size: 0, wait: 12 },
    blows: [
      { name: "supplyCollateral", pool: 0, other: 0, size: 790 },
      { name: "supplyCollateral", pool: 1, other: 0, size: 790 },
      { name: "deposit", pool: 0, other: 0, size: 710 },
      { name: "stake", pool: 0, other: 0, size: 790 },
    ].map((blow) => ({ ...blow, other: ATTACKER })),
  },
];

/** How often each call went through and was refused. */
class Tally {
  private readonly counts = new Map<string, [through: number, refused: number]>();

  add(name: string, through: boolean) {
    const count = this.counts.get(name) ?? [0, 0];
    count[through ? 0 : 1]++;
    this.counts.set(name, count);
  }

  print() {
    const rows = [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1));
    console.log(`\n    ${"call".padEnd(32)}${"went through".padStart(14)}${"refused".padStart(10)}`);
    for (const [name, [through, refused]] of rows)
      console.log(`    ${name.padEnd(32)}${String(through).padStart(14)}${String(refused).padStart(10)}`);
  }
}

describe("The core against the naive model", function () {
  this.timeout(0); // as long as the sequences take

  const fixtures: World[] = [];
  let [clean, opened]: Awaited<ReturnType<typeof takeSnapshot>>[] = [];
  let tally = new Tally();

  async function run(world: World, steps: Step[]) {
    for (const [i, { name, wait, blows, leaves = false, ...drawn }] of steps.entries()) {
      const { reading } = world.books;
      try {
        const through = blows
          ? await attack(world, wait, blows, leaves, (each, went) => tally.add(`attacker: ${each}`, went))
          : await world.step(wait, drawn.pool, (at, model) => calls[name](at, drawn, model));
        tally.add(name, through);
        if (through) await world.tryOut(reading);
      } catch (error) {
        throw new Error(`step ${i + 1}, ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
  }

  before(async () => {
    clean = await takeSnapshot();
    for (const setting of SETTINGS) {
      const world = await World.deploy(setting);
      await run(world, opening);
      fixtures.push(world);
    }
    opened = await takeSnapshot();
    tally = new Tally();
  });

  after(() => clean.restore());

  async function play(setting: number, steps: Step[]) {
    await opened.restore();
    const world = fixtures[setting].copy(fixtures.at(-1)!.books.now);
    await run(world, steps);
    await world.compareDepths();
  }

  /** As few of the steps as leaving out some of them finds with which the sequence fails in the same way; and how it does. */
  async function shrink(setting: number, steps: Step[], error: Error): Promise<[Step[], Error]> {
    const way = ({ message }: Error) => message.replace(/0x\w+|-?\d+/g, "");
    for (let size = steps.length >> 1; size > 0; size >>= 1) {
      for (let i = 0; i < steps.length;) {
        const fewer = [...steps.slice(0, i), ...steps.slice(i + size)];
        const found = fewer.length === 0 ? undefined : await play(setting, fewer).catch((reason: Error) => reason);
        if (found && way(found) === way(error)) [steps, error] = [fewer, found];
        else i += size;
      }
    }
    return [steps, error];
  }

  it(`agrees with it after each of ${STEPS} random calls, and keeps its invariants`, async () => {
    const property = fc.asyncProperty(fc.nat(SETTINGS.length - 1), sequence, play);
    // shrunk below: here a sequence would stay as long as it is
    const found = await fc.check(property, { ...runs(100), endOnFailure: true });
    tally.print();
    if (!found.failed) return;
    const [setting, steps] = found.counterexample!;
    const [fewest, error] = await shrink(setting, steps, found.errorInstance as Error);
    const list = fewest.map((each, i) => `${String(i + 1).padStart(4)} ${JSON.stringify(each)}`);
    const decimals = `loan asset of ${SETTINGS[setting].asset} decimals`;
    const again = `FUZZ_SEED=${found.seed} FUZZ_PATH=${found.counterexamplePath} npm run test:property`;
    throw new Error([error.message, `${decimals}; again with ${again}`, ...list].join("\n"), { cause: error });
  });
});
