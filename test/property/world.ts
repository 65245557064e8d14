/** The contracts beside the model: one chain that takes calls, and what both say after each. */
import { expect } from "chai";
import { Interface, type BaseContract } from "ethers";

import { FixedPoint, Interest, SharesMath } from "../../sdk";
import type { LendingPool, ProtocolProbe } from "../../typechain-types";
import { ethers, network } from "../helpers/hre";
import { deployProtocol } from "../helpers/protocol";
import { checkFirstOut, checkLimit } from "./exits";
import { checkVisible, depthOf, ladderOf } from "./ladder";
import { LAYERS, Naive, UNIT, type Refusal } from "./naive";
import { ETHER, PRICE, TERMS, TOKEN } from "./terms";

const { WAD } = FixedPoint;

/** The name that stands for an error without data. */
export const NO_REASON = "no reason";

export type Reading = Awaited<ReturnType<ProtocolProbe["read"]["staticCall"]>>;
type Account = Reading["accounts"][number];

export interface Log {
  name: string;
  address: string;
  args: Record<string, unknown>;
}

export interface Outcome {
  logs: Log[];
  before: Reading;
  after: Reading;
  /** Of the accounts that the call names, by address. */
  accounts: Map<string, Account>;
}

/** A call, what the model makes of it, and whether the pool stores its accrual in it. */
export interface Call {
  from: string;
  to: BaseContract;
  method: string;
  args: unknown[];
  plan: (model: Naive) => { refusals: Refusal[]; book: (outcome: Outcome) => void };
  stores: (outcome: Outcome) => boolean;
}

/** The contracts and the accounts that use them. */
interface Chain {
  pool: LendingPool;
  fund: BaseContract;
  socializer: BaseContract;
  oracle: BaseContract;
  probe: ProtocolProbe;
  users: string[];
  governor: string;
}

/** What is known of the chain. */
interface Books {
  model: Naive;
  /** What the contracts said last; of each account, when it was last read. */
  reading: Reading;
  accounts: Map<string, Account>;
  /** When the pool last stored its accrual, and what it held then. */
  stored: { time: bigint; pool: Reading["pool"] };
  /** Time of the last block. */
  now: bigint;
  steps: number;
}

export class World {
  private readonly errors: Interface;

  private constructor(
    readonly chain: Chain,
    readonly books: Books,
  ) {
    const abis = [chain.pool, chain.fund, chain.socializer, chain.oracle].flatMap(
      (contract) => contract.interface.fragments,
    );
    this.errors = new Interface(abis.filter((fragment) => fragment.type === "error"));
  }

  static async deploy(): Promise<World> {
    const { fundVesting, fundTolerance, cooldown, window, reserveCut, maxPremium, halfCover, ...terms } = TERMS;
    const ofFund = { vesting: fundVesting, guardTolerance: fundTolerance, blindPeriod: TERMS.blindPeriod };
    const fundTerms = { ...ofFund, cooldown, window, reserveCut, maxPremium, halfCover };
    const p = await deployProtocol({ pool: terms, fundTerms });
    const { pool, fund, socializer, oracle, governor } = p;
    const probe = await ethers.deployContract("ProtocolProbe", [pool]);
    const signers = [p.lender, p.lender2, p.lender3, p.borrower, p.borrower2, p.borrower3];
    for (const user of signers) {
      for (const spender of [pool, fund, socializer]) await p.provideAssets(user, 10n ** 8n * TOKEN, spender);
      await p.provideCollateral(user, 10n ** 6n * ETHER);
    }
    const users = signers.map(({ address }) => address);
    const reading = await probe.read.staticCall(users, users);
    const accounts = new Map(users.map((user, i) => [user, reading.accounts[i]]));
    const model = Naive.start(TERMS, reading.time, PRICE);
    const chain = { pool, fund, socializer, oracle, probe, users, governor: governor.address };
    return new World(chain, { model, reading, accounts, stored: reading, now: reading.time, steps: 0 });
  }

  /** The same chain with books of its own, for a sequence that starts here. */
  copy(): World {
    return new World(this.chain, { ...this.books, accounts: new Map(this.books.accounts) });
  }

  /* STEPS */

  /** Makes a call `wait` seconds after the last one, and compares what it does with what the model says. */
  async step(wait: number, make: (model: Naive) => Call) {
    const { books } = this;
    const now = books.now + BigInt(wait);
    const factors = this.factors(now);
    const preview = books.model.at(now, factors, true);
    const call = make(preview);
    const { refusals, book } = call.plan(preview);
    const unsure = preview.state.slack + UNIT;

    await network.provider.send("evm_setNextBlockTimestamp", [Number(now)]);
    const logs = await this.send(call);
    books.now = now;
    if (typeof logs === "string") {
      const foreseen = refusals.some(([error, margin, most = margin]) => error === logs && most >= -unsure);
      if (!foreseen) throw new Error(`reverted with ${logs}, which the model does not expect`);
      return;
    }
    const broken = refusals.find(([, margin]) => margin > unsure);
    if (broken) throw new Error(`went through, but the model expects ${broken[0]}`);

    const before = books.reading;
    const model = books.model;
    await this.read([call.from, ...call.args, this.chain.users[books.steps++ % this.chain.users.length]], logs);
    const outcome = { logs, before, after: books.reading, accounts: books.accounts };
    // with all that has accrued, also where that is not stored
    book(outcome);
    if (call.stores(outcome)) {
      books.model = preview;
      books.stored = outcome.after;
    } else {
      books.model = books.model.at(now, factors, false);
      call.plan(books.model).book(outcome);
    }
    books.model.round();
    this.settle();
    this.checkIdentities(outcome);
    this.checkRisk(outcome.after);
    this.checkEvents(model, logs);
    const current = this.current();
    this.compare(current);
    if (logs.some(({ name }) => ["LossRecorded", "Recovered", "Claimed"].includes(name)))
      await this.compareLosses(current);
    await this.tryOut(call);
  }

  /** What one account could do now: another limit every few steps, and a run ahead of a loss wherever one shows. */
  private async tryOut({ from, args }: Call) {
    const { steps, reading } = this.books;
    const { users } = this.chain;
    // shares that came in this block cannot leave in it
    const holders = users.filter(
      (user, i) => user !== from && !args.includes(user) && reading.holdings[i].shares !== 0n,
    );
    if (holders.length !== 0) await checkFirstOut(this, holders[steps % holders.length]);
    if (steps % 4 === 0) await checkLimit(this, users[steps % users.length], steps / 4);
  }

  /** Compares every account, every loss and every claim. */
  async compareAll() {
    await this.read(this.chain.users, []);
    const model = this.current();
    this.compare(model);
    await this.compareLosses(model);
    await this.compareDepth();
  }

  private async compareDepth() {
    const { holdings, pool } = this.books.reading;
    const { price } = this.books.model.state;
    const prices = [0n, price / 2n, price, price + 1n, 2n * price];
    const ladder = ladderOf(holdings);
    const expected = prices.map((at) => depthOf(ladder, at, pool.index));
    expect(await this.chain.pool.depth(prices)).to.deep.equal(expected);
  }

  /** The model with all that has accrued by the time of the last block. */
  private current(): Naive {
    const { model, now } = this.books;
    return model.at(now, this.factors(now), true);
  }

  /** The growth of debt and the decay of unvested interest since the pool last stored its accrual. */
  private factors(now: bigint) {
    const { pool, time } = this.books.stored;
    const u = Interest.utilisation(pool.debt, pool.cash);
    const { average, end } = Interest.rates(pool.rateAtTarget / Interest.RATE_UNIT, u, now - time);
    const growth = Interest.growthOf(average, now - time);
    return { average, end, growth, keep: Interest.decay(now - time, TERMS.vesting) };
  }

  /** Sends a transaction; returns its logs, or the name of the error it reverted with. */
  private async send({ from, to, method, args }: Call): Promise<Log[] | string> {
    const data = to.interface.encodeFunctionData(method, args);
    const request = { from, to: to.target, data, gas: "0x989680" };
    let hash: string;
    try {
      hash = (await network.provider.send("eth_sendTransaction", [request])) as string;
    } catch (error) {
      const { data: reason } = error as { data?: string };
      if (reason === "0x") return NO_REASON;
      const parsed = reason ? this.errors.parseError(reason) : null;
      if (!parsed) throw error;
      // what a multicall makes of an error without data
      return parsed.name === "FailedCall" ? NO_REASON : parsed.name;
    }
    const receipt = (await network.provider.send("eth_getTransactionReceipt", [hash])) as {
      logs: { address: string; topics: string[]; data: string }[];
    };
    return receipt.logs.flatMap(({ address, topics, data }) => {
      const { pool, fund, socializer } = this.chain;
      const emitter = [pool, fund, socializer].find(({ target }) => String(target).toLowerCase() === address);
      const parsed = emitter?.interface.parseLog({ topics, data });
      if (!emitter || !parsed) return [];
      return [{ name: parsed.name, address: String(emitter.target), args: parsed.args.toObject() }];
    });
  }

  /** Reads what all share, and the accounts that are named or whose debt was written down. */
  private async read(named: unknown[], logs: Log[]) {
    const { users, probe } = this.chain;
    const cut = logs.filter(({ name }) => name === "WrittenDown").map(({ args }) => args.account);
    const detailed = users.filter((user) => named.includes(user) || cut.includes(user));
    this.books.reading = await probe.read.staticCall(users, detailed);
    detailed.forEach((user, i) => this.books.accounts.set(user, this.books.reading.accounts[i]));
  }

  /** Where the contracts hold a debt to be paid but for less than the slack, the model does too. */
  private settle() {
    const { model, reading, accounts } = this.books;
    this.chain.users.forEach((user, i) => {
      model.settle(user, reading.holdings[i].scaledDebt === 0n, accounts.get(user)!.writtenOff === 0n);
    });
  }

  /* COMPARISON WITH THE MODEL */

  private compare(model: Naive) {
    const { time, pool, holdings, limit, staked, stakeSupply, reserve, unvestedPremium, coverage, risk, exitsHeld } =
      this.books.reading;
    const s = model.state;
    expect(pool.cash).to.equal(s.cash);
    model.expect("debt", pool.debt, model.debt());
    model.expect("lender assets", pool.lenderAssets, model.lenderAssets());
    model.expect("unvested interest", pool.unvested, s.unvested);
    model.expect("fees", pool.fees, s.fees);
    model.expect("staked", staked, model.stakedAssets());
    model.expect("reserve", reserve, s.fund.reserve + s.fund.unvested);
    model.expect("unvested premium", unvestedPremium, s.fund.unvested);
    model.expect("coverage", coverage, model.coverage());
    model.expect("outstanding cover", limit.outstanding, s.fund.outstanding);
    expect(limit.limit).to.equal(model.limit());
    expect(risk.blindSince).to.equal(model.onRecord());
    expect(risk.seen).to.equal(s.failure === undefined || pool.scaledDebt === 0n);
    model.expectHeld(exitsHeld);
    this.chain.users.forEach((user, i) => {
      const { shares, scaledDebt, collateral, stakeShares } = holdings[i];
      const staker = model.staker(user);
      const assets = SharesMath.toAssetsDown(shares, pool.lenderAssets, pool.supply);
      const debt = FixedPoint.mulDivUp(scaledDebt, pool.index, WAD);
      const stake = SharesMath.toAssetsDown(stakeShares, staked, stakeSupply);
      model.expect(`assets of ${user}`, assets, s.lenders.get(user) ?? 0n);
      model.expect(`debt of ${user}`, debt, model.borrower(user).debt);
      expect(collateral).to.equal(model.borrower(user).collateral);
      model.expect(`stake of ${user}`, stake, staker.free + staker.cooling);

      const account = this.books.accounts.get(user)!;
      if (!this.books.reading.accounts.includes(account)) return;
      const { writtenOff, requested, opensAt, closesAt } = account;
      expect(account.debt).to.equal(debt);
      expect(opensAt).to.equal(staker.opensAt);
      expect(closesAt).to.equal(model.closesAt(user));
      model.expect(`written-off debt of ${user}`, writtenOff, model.writtenOffOf(user));
      model.expect(`request of ${user}`, requested, staker.requested);
    });
    const { end, growth } = this.factors(time);
    const { stored } = this.books;
    expect(pool.rateAtTarget).to.equal(end * Interest.RATE_UNIT);
    expect(pool.index).to.equal(Interest.grow(stored.pool.index, growth, stored.pool.scaledDebt));
  }

  private async compareLosses(model: Naive) {
    const { losses, claims, held } = await this.chain.probe.readLosses(this.chain.users);
    expect(losses.length).to.equal(model.state.losses.size);
    let unclaimed = 0n;
    losses.forEach((loss, i) => {
      const id = BigInt(i + 1);
      const known = model.state.losses.get(id)!;
      const due = model.dueOf(known);
      for (const layer of LAYERS) {
        expect(loss.lost[layer]).to.equal(known.lost[layer]);
        expect(loss.recovered[layer]).to.equal(known.recovered[layer]);
        model.expect(`outstanding of ${layer} of loss ${id}`, loss.outstanding[layer], due[layer]);
      }
      expect(sum(LAYERS.map((layer) => loss.lost[layer]))).to.equal(loss.shortfall);
      expect(loss.lenderClaims).to.equal(known.lenderClaims);
      expect(loss.stakerClaims).to.equal(known.stakerClaims);
      this.chain.users.forEach((user, j) => {
        model.expect(`claim of ${user} on loss ${id}`, claims[j * losses.length + i], model.claimable(id, user));
      });
      unclaimed += loss.lenderClaims + loss.stakerClaims - sum(known.claimed.values());
    });
    expect(held).to.equal(unclaimed);
  }

  /* IDENTITIES, on what the contracts say alone */

  private checkIdentities({ before, after, logs }: Outcome) {
    const { pool, holdings } = after;
    expect(pool.cash + pool.debt).to.equal(pool.lenderAssets + pool.unvested + pool.fees);
    expect(after.poolTokens).to.equal(pool.cash);
    expect(after.fundTokens).to.equal(after.staked + after.reserve);
    expect(sum(holdings.map(({ shares }) => shares))).to.equal(pool.supply);
    expect(sum(holdings.map(({ stakeShares }) => stakeShares))).to.equal(after.stakeSupply);
    expect(sum(holdings.map(({ scaledDebt }) => scaledDebt))).to.equal(pool.scaledDebt);

    const booked = logs.some(({ name }) => name === "LossRecorded");
    // between two calls that store nothing, rounding may take a unit of what was accrued back
    const fell = (total: [bigint, bigint], supply: [bigint, bigint]) =>
      supply[0] !== 0n &&
      supply[1] !== 0n &&
      SharesMath.toAssetsDown(supply[0], total[1], supply[1]) + 1n <
        SharesMath.toAssetsDown(supply[0], total[0], supply[0]);
    if (booked) {
      if (before.limit.outstanding < after.limit.outstanding) {
        expect(after.limit.outstanding <= after.limit.limit, "cover within its limit").to.equal(true);
      }
    } else {
      const { lenderAssets, supply } = before.pool;
      expect(fell([lenderAssets, pool.lenderAssets], [supply, pool.supply]), "share price fell").to.equal(false);
      expect(fell([before.staked, after.staked], [before.stakeSupply, after.stakeSupply]), "stake fell").to.equal(
        false,
      );
    }
  }

  /** The ladder is that of a scan over all positions, and what shows of their loss is what they lack. */
  private checkRisk({ pool, coverage, risk, holdings }: Reading) {
    const ladder = ladderOf(holdings);
    const sums = ladder.map(({ tick, scaledDebt, collateral }) => [tick, scaledDebt, collateral]);
    expect(risk.ladder).to.deep.equal(sums);
    if (!risk.seen) return;
    const { visible } = risk;
    checkVisible(ladder, { visible, price: this.books.model.state.price, index: pool.index });
    const lost = max(0n, max(0n, visible - pool.fees) - coverage - pool.unvested);
    expect(risk.net).to.equal(max(0n, pool.lenderAssets - lost));
  }

  /** Sight and held exits are on record exactly as the events say. */
  private checkEvents(before: Naive, logs: Log[]) {
    const after = this.books.model;
    const changes = (event: (model: Naive) => boolean) => [event(before), event(after)];
    const expected = [
      ["SightLost", "SightRegained", changes(({ state }) => state.blindSince !== 0n)],
      ["WindowsStopped", "WindowsResumed", changes((model) => model.isStopped())],
    ] as const;
    for (const [begins, ends, [was, is]] of expected) {
      const found = logs.filter(({ name }) => name === begins || name === ends).map(({ name }) => name);
      // a record that had lapsed is lost anew
      const anew = begins === "SightLost" && was && is && before.state.blindSince !== after.state.blindSince;
      expect(found).to.deep.equal(was === is && !anew ? [] : [is ? begins : ends]);
    }
  }
}

const max = (a: bigint, b: bigint) => (a > b ? a : b);
const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((total, amount) => total + amount, 0n);
