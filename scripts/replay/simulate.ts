import { FixedPoint } from "../../sdk";
import { seededRandom } from "../lib/random";
import { Accounts } from "./accounts";
import { AFTERMATH } from "./aftermath";
import type { Chain } from "./chain";
import { depthPrices, readDepth } from "./depth";
import { Probes } from "./fairness";
import { ratio } from "./format";
import { Runner } from "./guard";
import { Identities } from "./identities";
import { findInsolvent, liquidate, writeDown } from "./keepers";
import { setPrice, takeSnapshot } from "./market";
import { HARVEST_EVERY, openPool } from "./opening";
import { action, Record, type Action, type Block } from "./record";
import type { Borrower, Depth, Fairness, Market, Point, Scenario, Snapshot, Trace } from "./types";
import { isWithin } from "./windows";
import { createPeople, type World } from "./world";

const { sum } = FixedPoint;

const DAY = 86_400;

/** What a replay is made of. */
export interface Input {
  scenario: Scenario;
  book: readonly Borrower[];
  lenders: number;
  seed: number;
}

interface Instant {
  time: number;
  price: number;
  aftermath: boolean;
  /** What people do at this instant, in place of the keepers. */
  others?: (world: World, now: Snapshot) => Promise<Action[]>;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * Replays a scenario on a market that nobody has used before.
 * @param onPoint hears of every step.
 */
export async function simulate(
  market: Market,
  chain: Chain,
  { scenario, book, lenders, seed }: Input,
  onPoint: (done: number, total: number, point: Point) => void,
): Promise<Omit<Trace, "seconds">> {
  const people = createPeople(lenders, book.length);
  const record = new Record(market, people.borrowers);
  const accounts = new Accounts(market, people);
  const world: World = { market, chain, people, accounts, record, scenario, book, random: seededRandom(seed) };
  const shift = await openPool(world);
  const start = await takeSnapshot(market, accounts);
  const replay = new Replay(world, shift, start);

  const { steps } = scenario;
  const last = steps[steps.length - 1];
  const instants: Instant[] = [
    ...steps.map((step) => ({ ...step, aftermath: false })),
    ...AFTERMATH.map(({ days, others }) => ({ ...last, time: last.time + days * DAY, aftermath: true, others })),
  ];
  const points: Point[] = [];
  for (const instant of instants) {
    points.push(await replay.step(instant));
    onPoint(points.length, instants.length, points[points.length - 1]);
  }
  const fairness = await replay.judge();
  const guard = replay.runner.judge();
  const depth = await replay.depth();

  return {
    scenario,
    seed,
    lenders,
    borrowers: book.length,
    points,
    fairness,
    guard,
    depth,
    loanDecimals: market.loanDecimals,
    lltv: Number(market.lltv) / 1e18,
    deposits: start.state.lenderAssets,
    borrowed: start.state.debt,
    cover: { reserve: start.fund.reserve, staked: start.fund.staked },
    liquidations: record.liquidations,
    losses: record.losses,
    recoveries: record.recoveries,
    endings: record.endings,
    gas: Object.fromEntries(
      Object.entries(record.gas).flatMap(([call, values]) => (values.length ? [[call, median(values)]] : [])),
    ),
    identitiesChecked: replay.identities.checked,
    violations: replay.identities.violations,
  };
}

/** A step before anyone acts, and the way back to it. */
interface Moment {
  instant: Instant;
  visible: bigint;
  back: Awaited<ReturnType<Chain["save"]>>;
}

const timeOf = ({ time }: Instant) => new Date(time * 1000).toISOString().slice(0, 16);

class Replay {
  readonly identities: Identities;
  readonly runner: Runner;
  private readonly probes: Probes;
  private nextHarvest: number;
  /** Value of the stayer's shares at the first step: the measure of the share price from there on. */
  private par = 0n;
  private first?: Depth;
  private worst?: Moment;

  /**
   * @param shift chain time less the time of the scenario
   * @param now the state after the latest step
   */
  constructor(
    private readonly world: World,
    private readonly shift: number,
    private now: Snapshot,
  ) {
    this.identities = new Identities(world.market);
    this.runner = new Runner(world, this.identities);
    this.probes = new Probes(world);
    this.nextHarvest = world.scenario.steps[0].time + HARVEST_EVERY;
  }

  /**
   * One instant is one block: the oracle's answer, and whatever people do about it. The block is first mined without
   * them and taken back, so that what they do can be compared with the state in which they do it, at the same second.
   */
  async step(instant: Instant): Promise<Point> {
    const { chain, accounts, record } = this.world;
    const { time, price } = instant;
    const when = timeOf(instant);
    const oracle = await this.oracle(price);

    const start = await chain.save();
    await chain.mine(oracle, time + this.shift);
    const before = await this.snapshot();
    this.identities.sharePrice(when, this.now, before, 0n);
    this.identities.sight(when, before);
    this.first ??= await this.readDepth(instant, before.visible);
    const worst = this.isWorst(instant, before.visible);

    const actions = await this.actions(instant, before);
    this.now = before;
    let back = start;
    if (actions.length) {
      await start.undo();
      if (worst) back = await chain.save();
      const calls = [...oracle, ...actions];
      const receipts = await chain.mine(calls, time + this.shift);
      const block = record.read({ time, price, index: before.state.index }, calls, receipts);
      const all = block.bookings.length > 0;
      const reported = await accounts.refresh(all ? undefined : block.touched);
      this.now = await this.snapshot();
      this.identities.reported(when, this.now, reported, block.touched);
      this.check(when, before, block);
      if (actions.some(({ kind }) => kind === "run")) await this.runner.value(block);
      if (actions.some(({ kind }) => kind === "leave")) await this.probes.value(time, this.now, block);
      this.identities.sight(when, this.now);
      if (block.bookings.length) this.identities.opened(when, this.now);
    }
    if (worst) this.worst = { instant, visible: before.visible, back };
    this.identities.always(when, this.now);
    this.identities.ladder(when, this.now);
    this.identities.losses(when, this.now, record.indices, record.claimed);
    return this.point(instant);
  }

  /** The verdict on the probes; and once more everyone's account is as the calls have left it. */
  async judge(): Promise<Fairness | undefined> {
    this.identities.reported("at the end", this.now, await this.world.accounts.refresh(), new Set());
    const fairness = await this.probes.judge();
    if (fairness) this.identities.fairness(fairness);
    return fairness;
  }

  /** The pool's depth at the first step and at its worst, to which the chain goes back. */
  async depth(): Promise<Trace["depth"]> {
    if (!this.first || !this.worst) throw new Error("A replay has a first step");
    const { instant, visible, back } = this.worst;
    await back.undo();
    await this.world.chain.mine(await this.oracle(instant.price), instant.time + this.shift);
    return { first: this.first, worst: await this.readDepth(instant, visible) };
  }

  private async readDepth(instant: Instant, visible: bigint): Promise<Depth> {
    const { market, scenario } = this.world;
    const depth = await readDepth(market, instant.time, instant.price, depthPrices(scenario));
    this.identities.depth(timeOf(instant), depth, visible);
    return depth;
  }

  /** More than ever is visible; or the price is lower, while nothing ever was. */
  private isWorst({ price, aftermath }: Instant, visible: bigint): boolean {
    if (aftermath || !this.worst) return !aftermath;
    const lower = visible === this.worst.visible && visible === 0n && price < this.worst.instant.price;
    return visible > this.worst.visible || lower;
  }

  private async oracle(price: number): Promise<Action[]> {
    const { market, people } = this.world;
    const accrue = action("feed", people.keeper, market.pool.accrue.populateTransaction());
    return [...(await setPrice(market, people.keeper, price)), await accrue];
  }

  private snapshot(): Promise<Snapshot> {
    return takeSnapshot(this.world.market, this.world.accounts);
  }

  private isOnline({ time, aftermath }: Instant): boolean {
    return aftermath || !isWithin(time, this.world.scenario.keepersOffline);
  }

  private async actions(instant: Instant, before: Snapshot): Promise<Action[]> {
    const { time, aftermath, others } = instant;
    if (others) return others(this.world, before);
    const insolvent = await findInsolvent(this.world, before);
    if (!this.isOnline(instant)) {
      const run = await this.runner.act(timeOf(instant), time, before, insolvent);
      return run.length ? [...run, ...(await this.probes.act(before, insolvent, this.runner.stake))] : [];
    }
    const bids = aftermath || !isWithin(time, this.world.scenario.noBids);
    const written = await writeDown(this.world, insolvent);
    const harvests = !written.length && time >= this.nextHarvest;
    if (harvests) this.nextHarvest = time + HARVEST_EVERY;
    return [
      ...written,
      ...(await liquidate(this.world, before, time, bids)),
      ...(await this.probes.act(before, insolvent, 0n)),
      ...(harvests ? [await this.harvest()] : []),
    ];
  }

  private harvest(): Promise<Action> {
    const { market, people } = this.world;
    return action("harvest", people.keeper, market.fund.harvest.populateTransaction(market.pool));
  }

  private check(when: string, before: Snapshot, { bookings, liquidations }: Block): void {
    const principalLost = sum(bookings.map(({ layers }) => layers.principal));
    this.identities.sharePrice(when, before, this.now, principalLost);
    // The first booking found the state before the block, a later one what that has left.
    const [first] = bookings;
    if (first) this.identities.waterfall(when, before, first.shortfall, first.layers);
    for (const { account, repaid, seized } of liquidations) {
      this.identities.liquidated(when, before, this.now, account, repaid, seized);
    }
  }

  private async point(instant: Instant): Promise<Point> {
    const { market, people, record } = this.world;
    const { state, fund, positions } = this.now;
    const { cash, debt, lenderAssets, unvested, fees } = state;
    const { losses } = record;
    const ids = losses.map(({ id }) => id);
    const share = await market.pool.convertToAssets(await market.pool.balanceOf(people.stayer));
    const claims = ids.length ? await market.lens.claims(market.socializer, ids, people.stayer) : [];
    const paid = ids.map((id) => record.claimedOf(people.stayer, id));
    this.par ||= share;
    return {
      time: instant.time,
      price: instant.price,
      aftermath: instant.aftermath,
      keepersOnline: this.isOnline(instant),
      cash,
      debt,
      lenderAssets,
      unvested,
      fees,
      writtenOff: sum(positions.map(({ writtenOff }) => writtenOff)),
      sharePrice: ratio(share, this.par),
      shareValue: ratio(share + sum(claims) + sum(paid), this.par),
      utilisation: ratio(debt, debt + cash),
      cover: fund.available,
      shortfall: sum(losses.map(({ shortfall }) => shortfall)),
      principalLost: sum(losses.map(({ principal }) => principal)),
      recovered: sum(losses.map(({ recovered }) => recovered)),
      claimed: sum(record.claimed.values()),
    };
  }
}
