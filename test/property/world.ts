/** The contracts beside the model: one chain that takes calls, and what both say after each. */
import { Interface, type BaseContract } from "ethers";

import { FixedPoint, Interest, SharesMath } from "../../sdk";
import type { LendingPool, MockAttacker, MockFlashLender, MockOracle, ProtocolProbe } from "../../typechain-types";
import { ethers, network } from "../helpers/hre";
import { equal, holds } from "./check";
import { callOf } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";
import { ask, type Plain } from "./chain";
import { checkFirstOut, checkLimit, checkSum } from "./exits";
import { checkAccrual, checkCall, checkFund, checkPool, checkRisk } from "./invariants";
import { depthOf, ladderOf } from "./ladder";
import { LAYERS, Naive, sum, UNIT, type Factors, type NaivePool, type PoolTerms, type Refusal } from "./naive";
import { termsOf, unitsOf, type Decimals } from "./terms";

const { WAD } = FixedPoint;

/** The name that stands for an error without data. */
export const NO_REASON = "no reason";
/** The place of the attacker's contract, after six people. */
export const ATTACKER = 6;
/** No place of a pool: all of them. */
const ALL = 99;

type Raw = Plain<Awaited<ReturnType<ProtocolProbe["read"]["staticCall"]>>>;
type Losses = [losses: Plain<ProtocolProbe.LossReadingStructOutput>[], claims: bigint[], held: bigint];

/** What the contracts say of one pool and of the fund; of the accounts that no call has named since they were read, as they were. */
export type Reading = Raw["fund"] & Raw["pools"][number] & { time: bigint };

export interface Log {
  name: string;
  address: string;
  args: Record<string, unknown>;
}

export interface Outcome {
  logs: Log[];
  gasUsed: bigint;
  before: Reading;
  after: Reading;
}

/** A call, what the model makes of it, and whether the pool that it is about stores its accrual in it. */
export interface Call {
  /** The place of the pool, where it is another than the one drawn. */
  k?: number;
  from: string;
  to: BaseContract;
  method: string;
  args: unknown[];
  plan: (model: NaivePool) => { refusals: Refusal[]; book: (outcome: Outcome) => void };
  stores: (outcome: Outcome) => boolean;
}

/** How a transaction ended: with logs, or with the name of an error. */
export type Sent = { logs: Log[]; gasUsed: bigint } | string;

/** What two pools share. */
interface Shared {
  fund: BaseContract;
  socializer: BaseContract;
  factory: BaseContract;
  users: string[];
  governor: string;
  guardian: string;
  /** A loan token. */
  token: bigint;
}

interface Site {
  pool: LendingPool;
  oracle: MockOracle;
  terms: PoolTerms;
  /** A collateral token. */
  ether: bigint;
  startPrice: bigint;
}

interface Chain extends Shared {
  sites: Site[];
  asset: BaseContract;
  probe: ProtocolProbe;
  attacker: MockAttacker;
  lender: MockFlashLender;
}

/** Where a call is made: in a pool, as it was read last. */
export type Place = Shared & Site & { reading: Reading };

/** What is known of the chain. */
interface Books {
  model: Naive;
  /** What the contracts said last. */
  reading: Raw;
  /** When each pool last stored its accrual, and what it held then. */
  stored: { time: bigint; pool: Reading["pool"] }[];
  /** Time of the last block. */
  now: bigint;
  steps: number;
}

export class World {
  private readonly errors: Interface;

  private constructor(
    readonly chain: Chain,
    public books: Books,
  ) {
    const contracts = [...chain.sites.flatMap(({ pool, oracle }) => [pool, oracle]), chain.fund, chain.socializer];
    const abis = contracts.flatMap((contract: BaseContract) => contract.interface.fragments);
    this.errors = new Interface(abis.filter((fragment) => fragment.type === "error"));
  }

  /** Two pools with their own collateral on one fund, six people, and an attacker with code. */
  static async deploy(decimals: Decimals): Promise<World> {
    const terms = termsOf(decimals);
    const { token, ethers: collateralUnits, prices } = unitsOf(decimals);
    const p = await deployProtocol({
      assetDecimals: decimals.asset,
      collateralDecimals: decimals.collaterals[0],
      pool: terms.pools[0],
      fundTerms: terms.fund,
    });
    const { fund, socializer, factory, governor, guardian, asset } = p;
    const second = {
      collateral: await ethers.deployContract("MockERC20", ["Wrapped", "WRP", decimals.collaterals[1]]),
      oracle: await ethers.deployContract("MockOracle", [prices[1]]),
    };
    const { collateral: collateralAsset, oracle } = second;
    const pool = await p.createPool({ ...terms.pools[1], collateralAsset, oracle });
    const pools = [
      { pool: p.pool, oracle: p.oracle, collateral: p.collateral },
      { pool, ...second },
    ];
    const probe = await ethers.deployContract("ProtocolProbe", [pools.map((each) => each.pool)]);
    const attacker = await ethers.deployContract("MockAttacker");
    const lender = await ethers.deployContract("MockFlashLender", [asset]);

    const people = [p.lender, p.lender2, p.lender3, p.borrower, p.borrower2, p.borrower3];
    const users = [...people.map(({ address }) => address), await attacker.getAddress()];
    const approvals: { target: string; data: string }[] = [];
    for (const [token_, spenders] of [
      [asset, [...pools.map((each) => each.pool), fund, socializer, lender]],
      ...pools.map((each) => [each.collateral, [each.pool]] as const),
    ] as const) {
      for (const spender of spenders) {
        for (const user of people) await token_.connect(user).approve(spender, ethers.MaxUint256);
        approvals.push(await callOf(token_, "approve", [spender, ethers.MaxUint256]));
      }
    }
    await attacker.attempt(approvals.map((call) => ({ id: 0, ...call })));
    for (const user of users) {
      // what the attacker needs beyond this it has to borrow for the length of a transaction
      await asset.mint(user, (user === users[ATTACKER] ? 500_000n : 10n ** 10n) * token);
      for (const [k, each] of pools.entries()) await each.collateral.mint(user, 10n ** 6n * collateralUnits[k]);
    }
    await asset.mint(lender, 10n ** 10n * token);

    // as a transaction, so that both pools store their accrual
    await probe.read(users, ALL, true);
    const [reading] = (await ask(probe, "read", [users, ALL, true])) as [Raw];
    const shared = { fund, socializer, factory, users, token, governor: governor.address, guardian: guardian.address };
    const sites = pools.map((each, k) => ({
      pool: each.pool,
      oracle: each.oracle,
      terms: terms.pools[k],
      ether: collateralUnits[k],
      startPrice: prices[k],
    }));
    return new World(
      { ...shared, sites, asset, probe, attacker, lender },
      {
        model: Naive.start(terms, reading.time, prices),
        reading,
        stored: reading.pools.map((each) => ({ time: reading.time, pool: each.pool })),
        now: reading.time,
        steps: 0,
      },
    );
  }

  /** The same chain with books of its own, for a sequence that starts here, once a block of the time `now` was mined. */
  copy(now = this.books.now): World {
    return new World(this.chain, { ...this.books, now, stored: [...this.books.stored] });
  }

  at(k: number): Place {
    return { ...this.chain, ...this.chain.sites[k], reading: this.readingOf(k) };
  }

  private readingOf(k: number, { fund, pools, time } = this.books.reading): Reading {
    return { ...fund, ...pools[k], time };
  }

  /* STEPS */

  /**
   * Makes a call `wait` seconds after the last one, and compares what it does with what the model says. Returns whether it went
   * through.
   */
  async step(wait: number, k: number, make: (at: Place, model: NaivePool) => Call): Promise<boolean> {
    const now = this.books.now + BigInt(wait);
    await network.provider.send("evm_setNextBlockTimestamp", [Number(now)]);
    const call = await this.advance(now, k, make, (each) => this.send(each));
    if (call) await this.tryOut(call.k ?? k, call);
    return call !== undefined;
  }

  /** As `step`, where `send` sends the call in a block of that time. Returns the call if it went through. */
  async advance(
    now: bigint,
    drawn: number,
    make: (at: Place, model: NaivePool) => Call,
    send: (call: Call) => Promise<Sent>,
  ): Promise<Call | undefined> {
    const { books } = this;
    const factors = this.factors(now);
    const preview = books.model.at(now, factors, () => true);
    const call = make(this.at(drawn), preview.pools[drawn]);
    const k = call.k ?? drawn;
    const { refusals, book } = call.plan(preview.pools[k]);
    const unsure = preview.state.slack + UNIT;

    const sent = await send(call);
    books.now = now;
    if (typeof sent === "string") {
      const foreseen = refusals.some(([error, margin, most = margin]) => error === sent && most >= -unsure);
      if (!foreseen) throw new Error(`reverted with ${sent}, which the model does not expect`);
      return undefined;
    }
    const broken = refusals.find(([, margin]) => margin > unsure);
    if (broken) throw new Error(`went through, but the model expects ${broken[0]}`);

    const [before, model] = [books.reading, books.model];
    const { users } = this.chain;
    // now and then somebody whom the call does not name
    const another = books.steps++ % 3 === 0 ? [users[Math.floor(books.steps / 3) % users.length]] : [];
    const asked = call.to === this.chain.fund || books.steps % 3 === 0;
    const fresh = await this.read(k, [call.from, ...call.args, ...another], asked, sent.logs);
    const outcome = { ...sent, before: this.readingOf(k, before), after: this.readingOf(k) };
    // with all that has accrued, also where that is not stored
    book(outcome);
    if (call.stores(outcome)) {
      books.model = preview.onlyOf(k, model);
      books.stored[k] = { time: now, pool: outcome.after.pool };
    } else {
      books.model = model.at(now, factors, () => false);
      call.plan(books.model.pools[k]).book(outcome);
    }
    books.model.round();
    this.settle(k);

    const current = this.current();
    for (const j of this.chain.sites.keys()) {
      checkPool({ before: this.readingOf(j, before), after: this.readingOf(j), logs: j === k ? sent.logs : [] });
      checkAccrual(books.stored[j], now);
      this.compare(current.pools[j]);
    }
    checkRisk(this.at(k), current.pools[k].state.price);
    this.compareMore(current.pools[k], fresh);
    checkFund(outcome);
    checkCall(this.at(k), call, current.pools[k].state.price, outcome);
    this.compareFund(current, fresh);
    if (asked) current.fund.expectHeld(this.books.reading.fund.exitsHeld);
    this.checkEvents(k, model, sent.logs);
    if (sent.logs.some(({ name }) => ["LossRecorded", "Recovered", "Claimed"].includes(name)))
      await this.compareLosses(current);
    return call;
  }

  /** What one account could do now: another limit every few steps, and a run ahead of a loss wherever one shows. */
  private async tryOut(k: number, { from, args }: Call) {
    const { steps, model } = this.books;
    const { users, probe } = this.chain;
    const at = this.at(k);
    const { price } = model.pools[k].state;
    // shares that came in this block cannot leave in it
    const holders = users.filter(
      (user, i) => user !== from && !args.includes(user) && at.reading.holdings[i].shares !== 0n,
    );
    if (holders.length !== 0 && steps % 2 === 1) await checkFirstOut(at, price, holders[steps % holders.length]);
    if (steps % 2 === 0) await checkSum(at, price, probe);
    // the attacker has no more than it needs
    if (steps % 4 === 0) await checkLimit(this.at((steps / 4) % 2), users[steps % ATTACKER], Math.floor(steps / 8));
  }

  /** The chain is where it was when it was last read. */
  async expectUnchanged() {
    const { reading } = this.books;
    await this.readAll();
    equal("the state after the attack as it is", this.books.reading, reading);
  }

  /** Compares every account, every loss and every claim. */
  async compareAll() {
    await this.readAll();
    const model = this.current();
    const everyone = [...this.chain.users.keys()];
    for (const pool of model.pools) {
      this.compare(pool);
      this.compareMore(pool, everyone);
      checkRisk(this.at(pool.k), pool.state.price);
      await this.compareDepth(pool);
    }
    this.compareFund(model, everyone);
    model.fund.expectHeld(this.books.reading.fund.exitsHeld);
    await this.compareLosses(model);
  }

  private async compareDepth({ k, state: { price } }: NaivePool) {
    const { pool, terms, reading } = this.at(k);
    const prices = [0n, price / 2n, price, price + 1n, 2n * price];
    const ladder = ladderOf(reading.holdings);
    const expected = prices.map((at) => depthOf(ladder, { price: at, index: reading.pool.index, terms }));
    equal("depth", (await ask(pool, "depth", [prices]))[0], expected);
  }

  /** The model with all that has accrued by the time of the last block. */
  current(): Naive {
    const { model, now } = this.books;
    return model.at(now, this.factors(now), () => true);
  }

  /** What each pool's accrual makes of the state that it last stored. */
  private factors(now: bigint): (Factors & { index: bigint; rate: bigint })[] {
    return this.books.stored.map(({ pool, time }, k) => {
      const { vesting } = this.chain.sites[k].terms;
      const elapsed = now - time;
      const u = Interest.utilisation(pool.debt, pool.cash);
      const { average, end } = Interest.rates(pool.rateAtTarget / Interest.RATE_UNIT, u, elapsed);
      const growth = Interest.growthOf(average, elapsed);
      const index = Interest.grow(pool.index, growth, pool.scaledDebt);
      const keep = Interest.decay(elapsed, vesting);
      const portion = Interest.bufferOf(WAD, 0n, average, growth, keep, vesting);
      return { growth: (index * UNIT) / pool.index, keep, portion, index, rate: end * Interest.RATE_UNIT };
    });
  }

  /**
   * 11. With the prices at 0 every debt ends by calls that anybody can make, and then every lender leaves with its share of what is
   * there, whoever is `first`.
   */
  async end(first: number) {
    const { sites, users, attacker } = this.chain;
    const through = async (call: Parameters<World["send"]>[0]) => {
      const sent = await this.send({ ...call, from: call.from === users[ATTACKER] ? users[0] : call.from });
      if (typeof sent === "string") throw new Error(`11. ${call.method} reverted with ${sent}`);
      return sent.logs;
    };
    for (const { oracle, pool } of sites) {
      await through({ from: users[first], to: oracle, method: "setMode", args: [0] });
      await through({ from: users[first], to: oracle, method: "setPrice", args: [0n] });
      await through({ from: users[first], to: pool, method: "writeDown", args: [users] });
    }
    await this.readAll();
    for (const [k, { pool }] of sites.entries()) {
      const { pool: left, holdings } = this.readingOf(k);
      equal("11. debt once all is written down", left.debt, 0n);
      for (const i of users.map((_, j) => (first + j) % users.length)) {
        const assets = SharesMath.toAssetsDown(holdings[i].shares, left.lenderAssets, left.supply);
        if (assets === 0n) continue;
        const args = [holdings[i].shares, users[i], users[i]];
        const data = (pool.interface as Interface).encodeFunctionData("redeem", args);
        const logs = await through(
          i === ATTACKER
            ? { from: users[i], to: attacker, method: "attempt", args: [[{ id: 1, target: pool.target, data }]] }
            : { from: users[i], to: pool, method: "redeem", args },
        );
        const paid = (logs.find(({ name }) => name === "Withdraw")?.args.assets ?? 0n) as bigint;
        // what vests meanwhile, and a unit of each who left before, stay for the others
        const fair = paid >= assets - 1n && paid <= assets + left.unvested + BigInt(users.length);
        holds(`11. ${users[i]} leaves with ${paid} of ${assets}`, fair);
      }
    }
  }

  /* TRANSACTIONS */

  /** Sends a transaction. */
  async send({ from, to, method, args }: Pick<Call, "from" | "to" | "method" | "args">): Promise<Sent> {
    const data = to.interface.encodeFunctionData(method, args);
    // with its fees, or they would be asked for in a call of its own
    const fees = { gas: "0x1c9c380", maxFeePerGas: "0x174876e800", maxPriorityFeePerGas: "0x0" };
    let hash: string;
    try {
      hash = (await network.provider.send("eth_sendTransaction", [{ from, to: to.target, data, ...fees }])) as string;
    } catch (error) {
      const { data: reason } = error as { data?: string };
      if (!reason) throw error;
      return this.nameOf(reason);
    }
    const receipt = (await network.provider.send("eth_getTransactionReceipt", [hash])) as {
      gasUsed: string;
      logs: { address: string; topics: string[]; data: string }[];
    };
    const { fund, socializer, attacker, sites } = this.chain;
    const emitters = new Map(
      [...sites.map(({ pool }) => pool), fund, socializer, attacker].map((contract: BaseContract) => [
        String(contract.target).toLowerCase(),
        contract,
      ]),
    );
    const logs = receipt.logs.flatMap(({ address, topics, data: payload }) => {
      const emitter = emitters.get(address);
      const parsed = emitter?.interface.parseLog({ topics, data: payload });
      if (!emitter || !parsed) return [];
      return [{ name: parsed.name, address: String(emitter.target), args: parsed.args.toObject() }];
    });
    return { logs, gasUsed: BigInt(receipt.gasUsed) };
  }

  /** The name of an error. */
  nameOf(reason: string): string {
    if (reason === "0x") return NO_REASON;
    const parsed = this.errors.parseError(reason);
    if (!parsed) throw new Error(`unknown error ${reason}`);
    // what a multicall makes of an error without data
    return parsed.name === "FailedCall" ? NO_REASON : parsed.name;
  }

  async readAll() {
    [this.books.reading] = (await ask(this.chain.probe, "read", [this.chain.users, ALL, true])) as [Raw];
  }

  /**
   * Reads what all share, and of the pool that a call was about all but the accounts that it neither names nor writes down: these are
   * as they were. Returns the places of those that were read.
   */
  private async read(k: number, named: unknown[], exits: boolean, logs: Log[]): Promise<number[]> {
    const { users, probe } = this.chain;
    const cut = logs.filter(({ name }) => name === "WrittenDown").map(({ args }) => args.account);
    const voided = logs.some(({ name }) => name === "GenerationEnded");
    const fresh = [...users.keys()].filter((i) => voided || [...named, ...cut].includes(users[i]));
    const [reading] = (await ask(probe, "read", [fresh.map((i) => users[i]), k, exits])) as [Raw];
    const known = this.books.reading;
    const merge = <T>(old: T[], read: T[]) => old.map((each, i) => (fresh.includes(i) ? read[fresh.indexOf(i)] : each));
    this.books.reading = {
      ...reading,
      fund: { ...reading.fund, stakes: merge(known.fund.stakes, reading.fund.stakes) },
      pools: reading.pools.map((pool, j) => {
        const old = known.pools[j];
        if (j !== k) return { ...old, pool: pool.pool, poolTokens: pool.poolTokens };
        return { ...pool, holdings: merge(old.holdings, pool.holdings) };
      }),
    };
    return fresh;
  }

  /** Where the contracts hold a debt to be paid but for less than the slack, the model does too. */
  private settle(k: number) {
    const { model, reading } = this.books;
    this.chain.users.forEach((user, i) => {
      const { scaledDebt, writtenOff } = reading.pools[k].holdings[i];
      model.pools[k].settle(user, scaledDebt === 0n, writtenOff === 0n);
    });
  }

  /* COMPARISON WITH THE MODEL */

  private compare(model: NaivePool) {
    const { k, state: s } = model;
    const { pool, holdings } = this.readingOf(k);
    equal("cash", pool.cash, s.cash);
    equal("cap, pause", [pool.supplyCap, pool.paused], [s.supplyCap, s.paused]);
    model.expect("debt", pool.debt, model.debt());
    model.expect("lender assets", pool.lenderAssets, model.lenderAssets());
    model.expect("unvested interest", pool.unvested, s.unvested);
    model.expect("fees", pool.fees, s.fees);
    this.chain.users.forEach((user, i) => {
      const { shares, scaledDebt, collateral } = holdings[i];
      const assets = SharesMath.toAssetsDown(shares, pool.lenderAssets, pool.supply);
      const debt = FixedPoint.mulDivUp(scaledDebt, pool.index, WAD);
      model.expect(`assets of ${user}`, assets, s.lenders.get(user) ?? 0n);
      model.expect(`debt of ${user}`, debt, model.borrower(user).debt);
      equal(`collateral of ${user}`, collateral, model.borrower(user).collateral);
    });
    const { index, rate } = this.factors(this.books.now)[k];
    equal("13. rate, index", [pool.rateAtTarget, pool.index], [rate, index]);
  }

  /** What is read of one pool only; `fresh`: the accounts that have been read with it. */
  private compareMore(model: NaivePool, fresh: number[]) {
    const { k, state: s } = model;
    const { pool, holdings, coverage, limit, blindSince, risk } = this.readingOf(k);
    model.expect("coverage", coverage, model.coverage());
    model.expect("outstanding cover", limit.outstanding, model.cover.outstanding);
    equal("limit", limit.limit, model.limit());
    equal("blind since", blindSince, model.onRecord());
    equal("sight", risk.seen, s.failure === undefined || pool.scaledDebt === 0n);
    for (const i of fresh) {
      const { scaledDebt, debt, writtenOff } = holdings[i];
      const user = this.chain.users[i];
      equal(`debt of ${user}`, debt, FixedPoint.mulDivUp(scaledDebt, pool.index, WAD));
      model.expect(`written-off debt of ${user}`, writtenOff, model.writtenOffOf(user));
    }
  }

  /** `fresh`: the accounts whose requests have just been read. */
  private compareFund({ fund }: Naive, fresh: number[]) {
    const { staked, stakeSupply, reserve, unvestedPremium, stakes } = this.books.reading.fund;
    fund.expect("staked", staked, fund.staked());
    fund.expect("reserve", reserve, fund.reserve());
    fund.expect("unvested premium", unvestedPremium, fund.state.unvested);
    this.chain.users.forEach((user, i) => {
      const staker = fund.staker(user);
      const { shares, requested, opensAt, closesAt } = stakes[i];
      const stake = SharesMath.toAssetsDown(shares, staked, stakeSupply);
      fund.expect(`stake of ${user}`, stake, staker.free + staker.cooling);
      if (!fresh.includes(i)) return;
      equal(`window of ${user}`, [opensAt, closesAt], [staker.opensAt, fund.closesAt(user)]);
      fund.expect(`request of ${user}`, requested, staker.requested);
    });
  }

  private async compareLosses(model: Naive) {
    const [losses, claims, held] = (await ask(this.chain.probe, "readLosses", [this.chain.users])) as Losses;
    equal("losses", losses.length, model.state.losses.size);
    let unclaimed = 0n;
    losses.forEach((loss, i) => {
      const id = BigInt(i + 1);
      const known = model.loss(id);
      const due = model.dueOf(known);
      equal(`pool of loss ${id}`, loss.pool, this.chain.sites[known.pool].pool.target);
      for (const layer of LAYERS) {
        equal(`${layer} of loss ${id}`, loss.lost[layer], known.lost[layer]);
        equal(`recovered by ${layer} of loss ${id}`, loss.recovered[layer], known.recovered[layer]);
        model.fund.expect(`outstanding of ${layer} of loss ${id}`, loss.outstanding[layer], due[layer]);
      }
      equal("4. the layers are the shortfall", sum(LAYERS.map((layer) => loss.lost[layer])), loss.shortfall);
      equal(`claims on loss ${id}`, [loss.lenderClaims, loss.stakerClaims], [known.lenderClaims, known.stakerClaims]);
      holds("6. claims of lenders ≤ recovered", loss.lenderClaims <= loss.recovered.principal);
      holds("6. claims of stakers ≤ recovered", loss.stakerClaims <= loss.recovered.staked);
      this.chain.users.forEach((user, j) => {
        model.fund.expect(`claim of ${user} on loss ${id}`, claims[j * losses.length + i], model.claimable(id, user));
      });
      unclaimed += loss.lenderClaims + loss.stakerClaims - sum(known.claimed.values());
    });
    equal("6. claimed ≤ recovered: the rest is there", held, unclaimed);
  }

  /** Sight and held exits are on record exactly as the events say. */
  private checkEvents(k: number, before: Naive, logs: Log[]) {
    const after = this.books.model;
    const [was, is] = [before, after].map(({ pools }) => pools[k].state);
    // a record that had lapsed is lost anew
    const anew = was.blindSince !== 0n && is.blindSince !== 0n && was.blindSince !== is.blindSince;
    const expected = [
      ["SightLost", "SightRegained", was.blindSince !== 0n, is.blindSince !== 0n, anew],
      ["WindowsStopped", "WindowsResumed", before.fund.isStopped(), after.fund.isStopped(), false],
    ] as const;
    for (const [begins, ends, at, now, again] of expected) {
      const found = logs.filter(({ name }) => name === begins || name === ends).map(({ name }) => name);
      equal("events", found, at === now && !again ? [] : [now ? begins : ends]);
    }
  }
}
