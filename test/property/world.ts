/** The contracts beside the model: one chain that takes calls, and what both say after each. */
import { expect } from "chai";
import { Interface, type BaseContract } from "ethers";

import { FixedPoint, Interest } from "../../sdk";
import type { ProtocolProbe } from "../../typechain-types";
import { ethers, network } from "../helpers/hre";
import { LAYERS, Naive, UNIT, type Refusal, type Terms } from "./naive";

const { WAD } = FixedPoint;
const MAX = 2n ** 256n - 1n;
export const TOKEN = 10n ** 6n;
export const ETHER = 10n ** 18n;
/** 2,000 tokens for one of 18 decimals. */
export const PRICE = (2_000n * TOKEN * 10n ** 36n) / ETHER;
export const HOUR = 3600;
export const DAY = 24 * HOUR;

export const TERMS: Terms = {
  lltv: (80n * WAD) / 100n,
  minIncentive: (5n * WAD) / 1000n,
  writeDownIncentive: (2n * WAD) / 100n,
  maxIncentive: (5n * WAD) / 100n,
  targetHealth: (125n * WAD) / 100n,
  minDebt: 100n * TOKEN,
  dust: 10n * TOKEN,
  vesting: BigInt(3 * DAY),
  supplyCap: 3_000_000n * TOKEN,
  fundVesting: BigInt(7 * DAY),
  cooldown: BigInt(3 * DAY),
  window: BigInt(2 * DAY),
  reserveCut: 2_000n,
  maxPremium: 3_000n,
  halfCover: (5n * WAD) / 100n,
};

/* ------------------------------------------------- THE CHAIN ------------------------------------------------- */

export type Reading = Awaited<ReturnType<ProtocolProbe["read"]["staticCall"]>>;

export interface Outcome {
  logs: { name: string; address: string; args: Record<string, unknown> & unknown[] }[];
  before: Reading;
  after: Reading;
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

export class World {
  private readonly errors: Interface;

  private constructor(
    readonly pool: BaseContract,
    readonly fund: BaseContract,
    readonly socializer: BaseContract,
    readonly oracle: BaseContract,
    readonly probe: ProtocolProbe,
    readonly users: string[],
    readonly governor: string,
    private model: Naive,
    /** What the contracts said last. */
    public reading: Reading,
    /** The pool when it last stored its accrual. */
    private stored: Reading["pool"],
  ) {
    const abis = [pool, fund, socializer].flatMap((contract) => contract.interface.fragments);
    this.errors = new Interface(abis.filter((fragment) => fragment.type === "error"));
  }

  static async deploy(): Promise<World> {
    const [governor, ...signers] = await ethers.getSigners();
    const users = signers.slice(0, 6);
    const addressOf = (contract: BaseContract) => contract.getAddress();
    const manager = await ethers.deployContract("AccessManager", [governor.address]);
    const poolCode = (await ethers.getContractFactory("LendingPool")).bytecode;
    const twinCode = (await ethers.getContractFactory("PoolTwin")).bytecode;
    const half = 2 + 2 * Math.floor(poolCode.length / 4);
    const stores = [poolCode.slice(0, half), `0x${poolCode.slice(half)}`, twinCode].map(async (code) =>
      addressOf(await ethers.deployContract("CodeStore", [code])),
    );
    const factory = await ethers.deployContract("PoolFactory", [
      manager,
      ...(await Promise.all(stores)),
      ethers.keccak256(poolCode),
      ethers.keccak256(twinCode),
    ]);
    const socializer = await ethers.deployContract("BadDebtSocializer", [factory]);
    const asset = await ethers.deployContract("MockERC20", ["Dollar", "USD", 6]);
    const collateral = await ethers.deployContract("MockERC20", ["Ether", "ETH", 18]);
    const oracle = await ethers.deployContract("MockOracle", [PRICE]);
    const fundParams = {
      asset,
      socializer,
      factory,
      cooldown: TERMS.cooldown,
      window: TERMS.window,
      vesting: TERMS.fundVesting,
      reserveCut: TERMS.reserveCut,
      maxPremium: TERMS.maxPremium,
      halfCover: TERMS.halfCover,
      name: "Fund",
      symbol: "FUND",
    };
    const fund = await ethers.deployContract("InsuranceFund", [fundParams, manager]);
    await factory.createPool({
      ...TERMS,
      asset,
      collateralAsset: collateral,
      oracle,
      fund,
      socializer,
      rateAtTarget: (4n * WAD) / 100n,
      name: "Pool",
      symbol: "POOL",
    });
    const pool = await ethers.getContractAt("LendingPool", (await factory.poolsOf(0, 1))[0]);
    const probe = await ethers.deployContract("ProtocolProbe", [pool]);
    for (const user of users) {
      await asset.mint(user, 10n ** 9n * TOKEN);
      await collateral.mint(user, 10n ** 9n * ETHER);
      for (const spender of [pool, fund, socializer]) await asset.connect(user).approve(spender, MAX);
      await collateral.connect(user).approve(pool, MAX);
    }
    const addresses = users.map(({ address }) => address);
    const reading = await probe.read(addresses);
    const model = Naive.start(TERMS, reading.pool.time, PRICE);
    return new World(pool, fund, socializer, oracle, probe, addresses, governor.address, model, reading, reading.pool);
  }

  /** The same chain, rolled back to where `copy` was made. */
  copy(): World {
    const { pool, fund, socializer, oracle, probe, users, governor, model, reading, stored } = this;
    return new World(pool, fund, socializer, oracle, probe, users, governor, model, reading, stored);
  }

  private read() {
    return this.probe.read(this.users);
  }

  /** The growth of debt and the decay of unvested interest since the pool last stored its accrual. */
  private factors(now: bigint) {
    const { state, time } = this.stored;
    const u = Interest.utilisation(state.debt, state.cash);
    const { average, end } = Interest.rates(state.rateAtTarget / Interest.RATE_UNIT, u, now - time);
    const growth = Interest.growthOf(average, now - time);
    return { average, end, growth, keep: Interest.decay(now - time, TERMS.vesting) };
  }

  /** Makes a call `wait` seconds after the last one, and compares what it does with what the model says. */
  async step(wait: number, make: (model: Naive) => Call) {
    const before = this.reading;
    const now = before.pool.time + BigInt(wait);
    const factors = this.factors(now);
    const preview = this.model.at(now, factors, true);
    const { from, to, method, args, plan, stores } = make(preview);
    const { refusals, book } = plan(preview);
    const unsure = preview.state.slack + UNIT;

    await network.provider.send("evm_setNextBlockTimestamp", [Number(now)]);
    const logs = await this.send(from, to, method, args);
    const after = await this.read();
    if (typeof logs === "string") {
      const foreseen = refusals.some(([error, margin]) => error === logs && margin >= -unsure);
      if (!foreseen) throw new Error(`${method} reverted with ${logs}, which the model does not expect`);
    } else {
      const broken = refusals.find(([, margin]) => margin > unsure);
      if (broken) throw new Error(`${method} went through, the model expects ${broken[0]}`);
      const outcome = { logs, before, after };
      if (stores(outcome)) {
        book(outcome);
        this.model = preview;
        this.stored = after.pool;
      } else {
        const unaccrued = this.model.at(now, factors, false);
        plan(unaccrued).book(outcome);
        this.model = unaccrued;
      }
      this.model.round();
      after.accounts.forEach((account, i) => this.model.settle(this.users[i], account.debt, account.writtenOff));
    }
    expect(after.pool.state.rateAtTarget).to.equal(this.factors(now).end * Interest.RATE_UNIT);
    const model = this.model.at(now, this.factors(now), true);
    this.compare(model, after);
    await this.compareLosses(model);
    this.reading = after;
  }

  /** Sends a transaction; returns its logs, or the name of the error it reverted with. */
  private async send(from: string, to: BaseContract, method: string, args: unknown[]) {
    const data = to.interface.encodeFunctionData(method, args);
    const request = { from, to: to.target, data, gas: "0x989680" };
    let hash: string;
    try {
      hash = (await network.provider.send("eth_sendTransaction", [request])) as string;
    } catch (error) {
      const { data } = error as { data?: { data?: string } | string };
      const reason = typeof data === "string" ? data : data?.data;
      const parsed = reason ? this.errors.parseError(reason) : null;
      if (!parsed) throw error;
      return parsed.name;
    }
    const receipt = (await network.provider.send("eth_getTransactionReceipt", [hash])) as {
      logs: { address: string; topics: string[]; data: string }[];
    };
    const contracts = [this.pool, this.fund, this.socializer];
    return receipt.logs.flatMap((log) => {
      const emitter = contracts.find(({ target }) => String(target).toLowerCase() === log.address);
      const parsed = emitter?.interface.parseLog(log);
      return emitter && parsed
        ? [{ name: parsed.name, address: String(emitter.target), args: parsed.args as never }]
        : [];
    });
  }

  private compare(model: Naive, { pool, fund, accounts }: Reading) {
    const s = model.state;
    expect(pool.state.cash).to.equal(s.cash);
    model.expect("debt", pool.state.debt, model.debt());
    model.expect("lender assets", pool.state.lenderAssets, model.lenderAssets());
    model.expect("unvested", pool.state.unvested, s.unvested);
    model.expect("fees", pool.state.fees, s.fees);
    model.expect("staked", fund.totalAssets, model.stakedAssets());
    model.expect("reserve", fund.reserve, s.fund.reserve + s.fund.unvested);
    model.expect("unvested premium", fund.unvested, s.fund.unvested);
    model.expect("outstanding cover", fund.coverage.outstanding, s.fund.outstanding);
    model.expect("coverage", fund.available, model.coverage());
    expect(fund.coverage.limit).to.equal(model.limit());
    this.users.forEach((user, i) => {
      const account = accounts[i];
      const { debt, collateral } = model.borrower(user);
      const staker = model.staker(user);
      model.expect(`assets of ${user}`, account.assets, s.lenders.get(user) ?? 0n);
      model.expect(`debt of ${user}`, account.debt, debt);
      model.expect(`written-off debt of ${user}`, account.writtenOff, model.writtenOffOf(user));
      expect(account.collateral).to.equal(collateral);
      model.expect(`stake of ${user}`, account.stakeAssets, staker.free + staker.cooling);
      model.expect(`request of ${user}`, account.coolingAssets, staker.requested);
      expect(account.opensAt).to.equal(staker.opensAt);
    });
  }

  /** Compares the loss ledger and the claims, and checks their identities. */
  private async compareLosses(model: Naive) {
    const { losses, claims, held } = await this.probe.readLosses(this.users);
    expect(losses.length).to.equal(model.state.losses.size);
    let claimable = 0n;
    losses.forEach((loss, i) => {
      const id = BigInt(i + 1);
      const known = model.state.losses.get(id)!;
      const due = model.dueOf(known);
      let total = 0n;
      for (const layer of LAYERS) {
        total += loss.lost[layer];
        expect(loss.lost[layer]).to.equal(known.lost[layer]);
        expect(loss.recovered[layer]).to.equal(known.recovered[layer]);
        model.expect(`outstanding of ${layer} of loss ${id}`, loss.outstanding[layer], due[layer]);
      }
      expect(total, "Σ layers").to.equal(loss.shortfall);
      this.users.forEach((user, j) => {
        const claim = claims[j * losses.length + i];
        claimable += claim;
        model.expect(`claim of ${user} on loss ${id}`, claim, model.claimable(id, user));
      });
      const paid = [...known.claimed.values()].reduce((sum, amount) => sum + amount, 0n);
      claimable += paid;
      expect(loss.lenderClaims).to.equal(known.lenderClaims);
      expect(loss.stakerClaims).to.equal(known.stakerClaims);
      expect(paid <= loss.lenderClaims + loss.stakerClaims, "claimed ≤ recovered").to.equal(true);
    });
  }
}
