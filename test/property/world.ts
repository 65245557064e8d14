/** The contracts beside the model: one chain that takes calls, and what both say after each. */
import { Interface, type BaseContract } from "ethers";

import { FixedPoint, Interest, SharesMath } from "../../sdk";
import type { LendingPool, MockAttacker, MockFlashLender, MockOracle, ProtocolProbe } from "../../typechain-types";
import { ethers, network } from "../helpers/hre";
import { equal, holds } from "./check";
import { callOf } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";
import { ask, type Plain } from "./chain";
import { checkEnd, checkFirstOut, checkLimit, checkSum } from "./exits";
import { checkAccrual, checkCall, checkFund, checkPool, checkRisk } from "./invariants";
import { depthOf, ladderOf } from "./ladder";
import { LAYERS, Naive, sum, UNIT, type Factors, type NaivePool, type PoolTerms, type Refusal } from "./naive";
import { termsOf, unitsOf, type Decimals } from "./terms";

const { WAD } = FixedPoint;

/** The name that stands for an error without data. */
export const NO_REASON = "no reason";
/** The place of the attacker's contract, after six people. */
export const ATTACKER = 6;

type Raw = Plain<Awaited<ReturnType<ProtocolProbe["read"]["staticCall"]>>>;
type Losses = [losses: Plain<ProtocolProbe.LossReadingStructOutput>[], claims: bigint[], held: bigint];

/** How a pool would end. */
export type Ending = Plain<ProtocolProbe.EndingStructOutput>;

/** What the contracts say of one pool and of the fund. */
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
  /** How often it was tried what anybody could do: each time something else. */
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
      ...pools.map((each) => [each.pool, [probe]] as const),
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
    await probe.read(users);
    const [reading] = (await ask(probe, "read", [users])) as [Raw];
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
    return (await this.advance(now, k, make, (each) => this.send(each))) !== undefined;
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
    await this.read();
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
    }
    checkFund(outcome);
    checkCall(this.at(k), call, current.pools[k].state.price, outcome);
    this.checkEvents(k, model, sent.logs);
    await this.compare(current);
    return call;
  }

  /**
   * What anybody could do now, tried without doing it: one of the limits, in turn, a run ahead of a loss wherever one shows, and what
   * ends all of it. `before`: what the contracts said before the last block.
   */
  async tryOut(before: Raw) {
    const { model, reading } = this.books;
    const { users, probe } = this.chain;
    const turn = this.books.steps++;
    for (const k of this.chain.sites.keys()) {
      const at = this.at(k);
      const { price } = model.pools[k].state;
      // shares that came in this block cannot leave in it; those of the attacker may be such
      const holders = users.filter((_, i) => {
        const [was, is] = [before, reading].map(({ pools }) => pools[k].holdings[i].shares);
        return is !== 0n && is <= was && i !== ATTACKER;
      });
      if (holders.length !== 0) await checkFirstOut(at, price, holders[turn % holders.length]);
      await checkSum(at, price, probe);
    }
    // in 72 turns each limit of each pool for everybody but the attacker, who has no more than it needs
    await checkLimit(this.at(turn % 2), users[(turn + Math.floor(turn / 12)) % ATTACKER], Math.floor(turn / 2));
    const lenders = users.map((_, i) => users[(turn + i) % users.length]);
    const [ends] = (await ask(probe, "atPriceZero", [lenders], { block: "pending" }).catch((error: Error) => {
      throw new Error(`11. not everybody can leave: ${error.message}`, { cause: error });
    })) as [Ending[]];
    ends.forEach(checkEnd);
  }

  /** The chain is where it was when it was last read. */
  async expectUnchanged() {
    const { reading } = this.books;
    await this.read();
    equal("the state after the attack as it is", this.books.reading, reading);
  }

  /** What the pools say of other prices than theirs. */
  async compareDepths() {
    // the last call may have been refused, and then only time has passed
    await this.read();
    for (const k of this.chain.sites.keys()) {
      const { pool, terms, reading } = this.at(k);
      const { price } = this.books.model.pools[k].state;
      const prices = [0n, price / 2n, price, price + 1n, 2n * price];
      const ladder = ladderOf(reading.holdings);
      const expected = prices.map((each) => depthOf(ladder, { price: each, index: reading.pool.index, terms }));
      equal("depth", (await ask(pool, "depth", [prices]))[0], expected);
    }
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

  private async read() {
    [this.books.reading] = (await ask(this.chain.probe, "read", [this.chain.users])) as [Raw];
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

  private async compare(model: Naive) {
    for (const pool of model.pools) {
      this.comparePool(pool);
      checkRisk(this.at(pool.k), pool.state.price);
    }
    this.compareFund(model);
    await this.compareLosses(model);
  }

  private comparePool(model: NaivePool) {
    const { k, state: s } = model;
    const { pool, holdings, coverage, limit, blindSince, risk } = this.readingOf(k);
    equal("cash", pool.cash, s.cash);
    equal("cap, pause", [pool.supplyCap, pool.paused], [s.supplyCap, s.paused]);
    model.expect("debt", pool.debt, model.debt());
    model.expect("lender assets", pool.lenderAssets, model.lenderAssets());
    model.expect("unvested interest", pool.unvested, s.unvested);
    model.expect("fees", pool.fees, s.fees);
    this.chain.users.forEach((user, i) => {
      const { shares, scaledDebt, collateral, debt, writtenOff } = holdings[i];
      const assets = SharesMath.toAssetsDown(shares, pool.lenderAssets, pool.supply);
      equal(`debt of ${user}`, debt, FixedPoint.mulDivUp(scaledDebt, pool.index, WAD));
      model.expect(`assets of ${user}`, assets, s.lenders.get(user) ?? 0n);
      model.expect(`debt of ${user}`, debt, model.borrower(user).debt);
      model.expect(`written-off debt of ${user}`, writtenOff, model.writtenOffOf(user));
      equal(`collateral of ${user}`, collateral, model.borrower(user).collateral);
    });
    const { index, rate } = this.factors(this.books.now)[k];
    equal("13. rate, index", [pool.rateAtTarget, pool.index], [rate, index]);
    model.expect("coverage", coverage, model.coverage());
    model.expect("outstanding cover", limit.outstanding, model.cover.outstanding);
    equal("limit", limit.limit, model.limit());
    equal("blind since", blindSince, model.onRecord());
    equal("sight", risk.seen, s.failure === undefined || pool.scaledDebt === 0n);
  }

  private compareFund({ fund }: Naive) {
    const { staked, stakeSupply, reserve, unvestedPremium, exitsHeld, stakes } = this.books.reading.fund;
    fund.expectHeld(exitsHeld);
    fund.expect("staked", staked, fund.staked());
    fund.expect("reserve", reserve, fund.reserve());
    fund.expect("unvested premium", unvestedPremium, fund.state.unvested);
    this.chain.users.forEach((user, i) => {
      const staker = fund.staker(user);
      const { shares, requested, opensAt, closesAt } = stakes[i];
      const stake = SharesMath.toAssetsDown(shares, staked, stakeSupply);
      fund.expect(`stake of ${user}`, stake, staker.free + staker.cooling);
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
