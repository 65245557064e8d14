/** The calls of the random sequences: how one is made of a few random numbers, and what the model makes of it. */
import { FixedPoint } from "../../sdk";
import type {
  ClaimedEvent,
  LossRecordedEvent,
  RecoveredEvent,
  SurplusEvent,
} from "../../typechain-types/contracts/BadDebtSocializer";
import type {
  CooldownStartedEvent,
  GainForfeitedEvent,
  HarvestedEvent,
} from "../../typechain-types/contracts/InsuranceFund";
import type {
  EpochOpenedEvent,
  GenerationEndedEvent,
  LiquidatedEvent,
  RefinancedEvent,
  RepaidEvent,
  WithdrawEvent,
  WrittenDownEvent,
  WrittenOffRepaidEvent,
} from "../../typechain-types/contracts/LendingPool";
import { OracleMode } from "../helpers/oracle";
import { type Booking, LAYERS, type Layers, type NaivePool, type Recoveries, UNIT } from "./naive";
import { tickAt } from "./ladder";
import { SCALE } from "./terms";
import { ATTACKER, type Call, type Log, NO_REASON, type Outcome, type Place } from "./world";

const { min, sum, WAD } = FixedPoint;
const MAX = 2n ** 256n - 1n;

/** Random numbers of one call: in which pool, who, with whom, and a size from 0 to 1000. */
export interface Draw {
  pool: number;
  who: number;
  other: number;
  size: number;
}

type Maker = (at: Place, draw: Draw, model: NaivePool) => Call;

/** A part of `whole`: nothing at size 0, all of it from 900 on, a little more than there is at 1000. */
function part(whole: bigint, size: number): bigint {
  if (size >= 900) return size === 1000 ? whole + whole / 50n + 1n : whole;
  return (whole * BigInt(size)) / 900n;
}

/** Mostly an account that can do it, now and then any; the attacker only for itself. */
function actor({ users }: Place, index: number, size: number, can: (user: string, i: number) => boolean): number {
  if (index === ATTACKER) return index;
  const able = users.flatMap((user, i) => (i !== ATTACKER && can(user, i) ? [i] : []));
  return able.length === 0 || size % 16 === 0 ? index : able[index % able.length];
}

/** Mostly an account to which it can be done, now and then any. */
function target({ users }: Place, index: number, size: number, can: (user: string) => boolean): string {
  const able = users.filter(can);
  return able.length === 0 || size % 16 === 0 ? users[index] : able[index % able.length];
}

/** Whether nobody owes written-off debt, which some calls are about: mostly, another is made then. */
const isSolvent = ({ users }: Place, model: NaivePool, { who, size }: Draw) =>
  who !== ATTACKER && size % 16 !== 0 && users.every((user) => model.writtenOffOf(user) === 0n);

/** An amount up to `most`, as likely of any size as of any other. */
const amount = (most: bigint, size: number) =>
  size < 20 ? BigInt(size) : most / 2n ** BigInt(14 - Math.floor(size / 70));

/* WHAT A TRANSACTION SAID */

/** The arguments of the events that are read. */
interface Events {
  Claimed: ClaimedEvent.OutputObject;
  CooldownStarted: CooldownStartedEvent.OutputObject;
  EpochOpened: EpochOpenedEvent.OutputObject;
  GainForfeited: GainForfeitedEvent.OutputObject;
  GenerationEnded: GenerationEndedEvent.OutputObject;
  Harvested: HarvestedEvent.OutputObject;
  Liquidated: LiquidatedEvent.OutputObject;
  LossRecorded: LossRecordedEvent.OutputObject;
  Recovered: RecoveredEvent.OutputObject;
  Refinanced: RefinancedEvent.OutputObject;
  Repaid: RepaidEvent.OutputObject;
  Surplus: SurplusEvent.OutputObject;
  Withdraw: WithdrawEvent.OutputObject;
  WrittenDown: WrittenDownEvent.OutputObject;
  WrittenOffRepaid: WrittenOffRepaidEvent.OutputObject;
}

const find = <Name extends keyof Events>({ logs }: Outcome, name: Name) =>
  logs.filter((log) => log.name === name) as (Log & { args: Events[Name] })[];

/** An argument of the first such event, 0 where there is none. */
function emitted<Name extends keyof Events>(outcome: Outcome, name: Name, key: keyof Events[Name]) {
  const [log] = find(outcome, name);
  return log ? (log.args[key] as bigint) : 0n;
}

function bookingOf(at: Place, outcome: Outcome): Booking | undefined {
  const [log] = find(outcome, "LossRecorded");
  if (!log) return undefined;
  const { lossId, shortfall, layers } = log.args;
  const ending = ({ target }: { target: unknown }, supply: bigint) => ({
    epochOpened: find(outcome, "EpochOpened").some(({ address }) => address === target),
    generationEnded: find(outcome, "GenerationEnded").some(({ address }) => address === target),
    supply,
  });
  return {
    lossId,
    shortfall,
    layers: toLayers(layers),
    pool: ending(at.pool, outcome.before.pool.supply),
    fund: ending(at.fund, outcome.before.stakeSupply),
  };
}

const toLayers = (layers: Layers): Layers =>
  Object.fromEntries(LAYERS.map((layer) => [layer, layers[layer]])) as Layers;

const cutOf = (outcome: Outcome) => new Set(find(outcome, "WrittenDown").map(({ args }) => args.account));

function recoveriesOf(outcome: Outcome): Recoveries {
  const byLoss = new Map<bigint, Layers>();
  for (const { args } of find(outcome, "Recovered")) {
    const id = args.lossId;
    const layers = toLayers(args.layers);
    const known = byLoss.get(id);
    if (known) for (const layer of LAYERS) layers[layer] += known[layer];
    byLoss.set(id, layers);
  }
  const surplus = sum(find(outcome, "Surplus").map(({ args }) => args.assets));
  return { byLoss, surplus };
}

const always = () => true;
const never = () => false;

const setPrice = ({ governor, oracle }: Place, price: bigint): Call => ({
  from: governor,
  to: oracle,
  method: "setPrice",
  args: [price],
  plan: (model) => ({
    refusals: [],
    book: () => {
      model.state.price = price;
    },
  }),
  stores: never,
});

/* THE CALLS */

export const calls: Record<string, Maker> = {
  deposit(at, { who, size }) {
    const [user, assets] = [at.users[who], amount(1_000_000n * at.token, size)];
    return {
      from: user,
      to: at.pool,
      method: "deposit",
      args: [assets, user],
      plan: (model) => model.deposit(user, assets),
      stores: always,
    };
  },

  withdraw(at, { who: drawn, size }, model) {
    const who = actor(at, drawn, size, (_, i) => at.reading.holdings[i].shares !== 0n);
    const user = at.users[who];
    const owned = (model.state.lenders.get(user) ?? 0n) / UNIT;
    const assets = part(size % 2 === 0 ? owned : min(owned, model.state.cash), size);
    return {
      from: user,
      to: at.pool,
      method: "withdraw",
      args: [assets, user, user],
      plan: (m) => {
        const { refusals, book } = m.withdraw(user, assets);
        return { refusals, book: ({ after }) => book(after.holdings[who].shares === 0n) };
      },
      stores: always,
    };
  },

  redeem(at, { who: drawn, size }) {
    const who = actor(at, drawn, size, (_, i) => at.reading.holdings[i].shares !== 0n);
    const user = at.users[who];
    const { shares } = at.reading.holdings[who];
    const redeemed = part(shares, size);
    return {
      from: user,
      to: at.pool,
      method: "redeem",
      args: [redeemed, user, user],
      plan: (model) => {
        const { refusals, book } = model.redeem(user, redeemed, shares);
        return { refusals, book: (outcome) => book(emitted(outcome, "Withdraw", "assets")) };
      },
      stores: always,
    };
  },

  transfer(at, { who: drawn, other, size }) {
    const who = actor(at, drawn, size, (_, i) => at.reading.holdings[i].shares !== 0n);
    const [from, to] = [at.users[who], at.users[other]];
    const { shares } = at.reading.holdings[who];
    const moved = part(shares, size);
    return {
      from,
      to: at.pool,
      method: "transfer",
      args: [to, moved],
      plan: (model) => model.transfer(from, to, moved, shares),
      stores: never,
    };
  },

  supplyCollateral(at, { who, other, size }) {
    const [user, assets] = [at.users[other], amount(1_500n * at.ether, size)];
    return {
      from: at.users[who],
      to: at.pool,
      method: "supplyCollateral",
      args: [assets, user],
      plan: (model) => model.supplyCollateral(user, assets),
      stores: never,
    };
  },

  withdrawCollateral(at, { who: drawn, size }, model) {
    const free = (user: string) => model.borrower(user).collateral !== 0n && model.writtenOffOf(user) === 0n;
    const who = actor(at, drawn, size, free);
    const user = at.users[who];
    const { collateral, debt } = model.borrower(user);
    const assets = part(debt === 0n ? collateral : collateral / 4n, size);
    return {
      from: user,
      to: at.pool,
      method: "withdrawCollateral",
      args: [assets, user, user],
      plan: (m) => m.withdrawCollateral(user, assets),
      stores: ({ before }) => before.holdings[who].scaledDebt !== 0n,
    };
  },

  borrow(at, { who, other, size }, model) {
    const limitOf = (user: string) => {
      const { collateral, debt } = model.borrower(user);
      return (collateral * model.state.price * at.terms.lltv) / SCALE / WAD - debt / UNIT;
    };
    const user = at.users[actor(at, who, size, (u) => limitOf(u) > at.terms.minDebt && model.writtenOffOf(u) === 0n)];
    const limit = limitOf(user);
    let assets = part(limit > 0n ? min(limit, model.state.cash) : at.terms.minDebt, size);
    // now and then little, or as much as another owes for its collateral, so that the pool sees them as one
    if (size % 4 === 3) assets = (at.terms.minDebt * BigInt(size)) / 20n;
    const [own, like] = [user, at.users[other]].map((account) => model.borrower(account));
    if (size % 4 === 1 && like.collateral !== 0n) {
      const more = (like.debt * own.collateral) / like.collateral - own.debt;
      if (more > 0n) assets = (more * BigInt(100_000 - size)) / 100_000n / UNIT;
    }
    return {
      from: user,
      to: at.pool,
      method: "borrow",
      args: [assets, user, user],
      plan: (m) => m.borrow(user, assets),
      stores: always,
    };
  },

  repay(at, { who, other, size }, model) {
    const user = target(at, other, size, (u) => model.borrower(u).debt !== 0n);
    const assets = size >= 900 ? MAX : part(model.borrower(user).debt / UNIT, size);
    return {
      from: at.users[who],
      to: at.pool,
      method: "repay",
      args: [assets, user],
      plan: (m) => {
        const { refusals, book } = m.repay(user, assets);
        return { refusals, book: (outcome) => book(emitted(outcome, "Repaid", "assets")) };
      },
      stores: always,
    };
  },

  /**
   * The price goes to where what all lack is about what the guard or a write-down tolerates, or to where one account lacks nothing or
   * a little: about all that its collateral is worth.
   */
  edge(at, draw, model) {
    const { other, size } = draw;
    const indebted = at.users.map((user) => model.borrower(user)).filter(({ debt }) => debt > UNIT);
    if (indebted.length === 0) return calls.price(at, draw, model);
    const { lenderAssets } = at.reading.pool;
    const tolerance = size % 4 === 0 ? at.terms.dust : (lenderAssets * at.terms.guardTolerance) / 10_000n;
    const ofOne = size % 2 === 1;
    const borrowers = ofOne ? [indebted[other % indebted.length]] : indebted;
    const wanted = ofOne ? 0n : (tolerance * BigInt(size)) / 400n;
    const lacking = (price: bigint) =>
      borrowers
        .map(
          ({ collateral, debt }) =>
            debt / UNIT - (collateral * price * WAD) / (WAD + at.terms.writeDownIncentive) / SCALE,
        )
        .reduce((sum, lack) => (lack > 0n ? sum + lack : sum), 0n);
    let [low, high] = [0n, 20n * at.startPrice];
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (lacking(middle) > wanted) low = middle;
      else high = middle;
    }
    return setPrice(at, ofOne ? (high * BigInt(97_000 + 4 * size)) / 100_000n : high);
  },

  /** The price goes anywhere from 0.6 to 1.4 of what it is, now and then to nothing, and back from there. */
  price(at, { size }, model) {
    const { price } = model.state;
    const moved = price === 0n ? at.startPrice / 2n : (price * BigInt(600 + Math.floor(size * 0.8))) / 1000n;
    return setPrice(at, size < 50 ? 0n : min(moved, 20n * at.startPrice));
  },

  /** Ticks that anybody prepares: most of them among those that positions have. */
  initialiseTicks(at, { who, other, size }) {
    return {
      from: at.users[who],
      to: at.pool,
      method: "initialiseTicks",
      args: [size % 8 === 0 ? 1 + size * 16 : Number(tickAt(at.startPrice)) - 500 + size, 1 + other],
      plan: () => ({ refusals: [], book: () => {} }),
      stores: never,
    };
  },

  /** An oracle that fails, with an error or without gas, mostly answers again; one that answers fails. */
  oracle(at, { size }, model) {
    const answers = model.state.failure !== undefined && size % 4 !== 0;
    const [mode, failure] = answers
      ? [OracleMode.Answer, undefined]
      : size % 2 === 0
        ? [OracleMode.Revert, "OracleBroken"]
        : [OracleMode.BurnGas, NO_REASON];
    return {
      from: at.governor,
      to: at.oracle,
      method: "setMode",
      args: [mode],
      plan: (m) => m.setOracle(failure),
      stores: never,
    };
  },

  reportBlind(at, { who }) {
    return {
      from: at.users[who],
      to: at.pool,
      method: "reportBlind",
      args: [],
      plan: (model) => model.reportBlind(),
      stores: always,
    };
  },

  writeDown(at, { who, size }) {
    // all of the six accounts, or any, some twice
    const chosen = [...at.users, ...at.users].filter((_, i) => size > 600 || ((size * 4 + who) >> i) & 1);
    return {
      from: at.users[who],
      to: at.pool,
      method: "writeDown",
      args: [chosen],
      plan: (model) => {
        const { refusals, book } = model.writeDown(chosen);
        return { refusals, book: (outcome) => book(cutOf(outcome), bookingOf(at, outcome)) };
      },
      stores: always, // the price was seen
    };
  },

  /** A lender books what the price shows and leaves, in one transaction. */
  writeDownAndRedeem(at, draw, model) {
    const { who: drawn, size } = draw;
    const { users, pool } = at;
    const insolvent = users.filter((user) => model.lacks(user));
    if (insolvent.length === 0 && size % 8 !== 0) return calls.edge(at, draw, model);
    const who = actor(at, drawn, size, (_, i) => at.reading.holdings[i].shares !== 0n);
    const user = users[who];
    const { shares } = at.reading.holdings[who];
    const redeemed = part(shares, size);
    const parts = [
      pool.interface.encodeFunctionData("writeDown", [insolvent]),
      pool.interface.encodeFunctionData("redeem", [redeemed, user, user]),
    ];
    return {
      from: user,
      to: pool,
      method: "multicall",
      args: [parts],
      plan: (m) => {
        const { supply } = at.reading.pool;
        const { refusals, book } = m.writeDownAndRedeem(insolvent, user, redeemed, shares, supply);
        return {
          refusals,
          book: (outcome) => book(cutOf(outcome), bookingOf(at, outcome), emitted(outcome, "Withdraw", "assets")),
        };
      },
      stores: always,
    };
  },

  liquidate(at, { who, other, size }, model) {
    // mostly the account whose health is the worst
    const owes = (user: string) => model.borrower(user).debt + model.writtenOffOf(user);
    const risk = (user: string) => (owes(user) * 1000n) / (model.borrower(user).collateral + 1n);
    const worst = at.users.reduce((a, b) => (risk(b) > risk(a) ? b : a));
    const borrower = size % 4 === 0 ? at.users[other] : worst;
    const asked = size >= 600 ? MAX : (owes(borrower) * BigInt(size)) / 600n / UNIT;
    return {
      from: at.users[who],
      to: at.pool,
      method: "liquidate",
      args: [borrower, asked, 0n, "0x"],
      plan: (m) => {
        const { refusals, book } = m.liquidate(borrower, asked);
        return {
          refusals,
          book: (outcome) => {
            const paid = {
              repaid: emitted(outcome, "Liquidated", "repaid"),
              recovered: emitted(outcome, "Liquidated", "recovered"),
              seized: emitted(outcome, "Liquidated", "seized"),
            };
            book(cutOf(outcome), bookingOf(at, outcome), paid, recoveriesOf(outcome));
          },
        };
      },
      stores: always,
    };
  },

  repayWrittenOff(at, draw, model) {
    const { who, other, size } = draw;
    if (isSolvent(at, model, draw)) return calls.liquidate(at, draw, model);
    const user = target(at, other, size, (u) => model.writtenOffOf(u) !== 0n);
    const assets = size >= 900 ? MAX : part(model.writtenOffOf(user) / UNIT, size);
    return {
      from: at.users[who],
      to: at.pool,
      method: "repayWrittenOff",
      args: [user, assets],
      plan: (m) => {
        const { refusals, book } = m.repayWrittenOff(user, assets);
        return {
          refusals,
          book: (outcome) => book(emitted(outcome, "WrittenOffRepaid", "assets"), recoveriesOf(outcome)),
        };
      },
      stores: always,
    };
  },

  refinance(at, draw, model) {
    const { who, other, size } = draw;
    if (isSolvent(at, model, draw)) return calls.price(at, draw, model);
    const user = target(at, other, size, (u) => model.writtenOffOf(u) !== 0n);
    return {
      from: at.users[who],
      to: at.pool,
      method: "refinance",
      args: [user],
      plan: (m) => {
        const { refusals, book } = m.refinance(user);
        return { refusals, book: (outcome) => book(emitted(outcome, "Refinanced", "assets"), recoveriesOf(outcome)) };
      },
      stores: always,
    };
  },

  recover(at, draw, model) {
    const { who, other, size } = draw;
    const { losses } = model.all.state;
    const count = losses.size;
    if (count === 0 && who !== ATTACKER && size % 16 !== 0) return calls.price(at, draw, model);
    // the one after the last is unknown
    const lossId = BigInt(count === 0 || size % 8 === 0 ? count + 1 : 1 + (other % count));
    const loss = losses.get(lossId);
    const due = loss ? sum(Object.values(model.all.dueOf(loss))) / UNIT : at.token;
    const assets = part(due, size);
    return {
      k: loss?.pool,
      from: at.users[who],
      to: at.socializer,
      method: "recover",
      args: [lossId, assets],
      plan: (m) => {
        const { refusals, book } = m.recover(lossId, assets);
        return { refusals, book: (outcome) => book(recoveriesOf(outcome)) };
      },
      // only what stays in the pool is booked there
      stores: ({ before, after }) => before.poolTokens !== after.poolTokens,
    };
  },

  claim(at, draw, model) {
    const { who, other, size } = draw;
    const count = model.all.state.losses.size;
    if (count === 0 && size % 16 !== 0) return calls.writeDown(at, draw, model);
    const account = at.users[other];
    const allowed = other !== ATTACKER || who === ATTACKER;
    const lossIds = Array.from({ length: count }, (_, i) => BigInt(i + 1)).filter(
      (id) => (size >> Number(id % 8n)) & 1,
    );
    if (size % 16 === 0) lossIds.push(BigInt(count + 1));
    if (size % 3 === 0) lossIds.push(...lossIds);
    return {
      from: at.users[who],
      to: at.socializer,
      method: "claim",
      args: [lossIds, account],
      plan: (m) => {
        const { refusals, book } = m.all.claim(lossIds, account, allowed);
        return {
          refusals,
          book: (outcome) => {
            const paid = new Map<bigint, bigint>();
            for (const { args } of find(outcome, "Claimed")) {
              const id = args.lossId;
              paid.set(id, (paid.get(id) ?? 0n) + args.lender + args.staker);
            }
            book(paid);
          },
        };
      },
      stores: never,
    };
  },

  stake(at, { who, size }) {
    const [user, assets] = [at.users[who], amount(200_000n * at.token, size)];
    return {
      from: user,
      to: at.fund,
      method: "deposit",
      args: [assets, user],
      plan: (model) => model.fund.stake(user, assets),
      stores: never,
    };
  },

  transferStake(at, { who: drawn, other, size }) {
    const who = actor(at, drawn, size, (_, i) => at.reading.stakes[i].shares !== 0n);
    const [from, to] = [at.users[who], at.users[other]];
    const { shares: stake } = at.reading.stakes[who];
    const { cooling } = at.reading.stakes[who];
    const moved = part(stake, size);
    return {
      from,
      to: at.fund,
      method: "transfer",
      args: [to, moved],
      plan: (model) => model.fund.transferStake(from, to, moved, stake - cooling, stake),
      stores: never,
    };
  },

  cooldown(at, { who: drawn, size }) {
    const who = actor(at, drawn, size, (_, i) => at.reading.stakes[i].shares !== 0n);
    const user = at.users[who];
    const { shares: stake } = at.reading.stakes[who];
    const shares = part(stake, size);
    return {
      from: user,
      to: at.fund,
      method: "cooldown",
      args: [shares],
      plan: (model) => {
        const { refusals, book } = model.fund.cooldown(user, shares, stake);
        return {
          refusals,
          book: (outcome) => {
            const forfeited = find(outcome, "GainForfeited").length !== 0;
            const requested = emitted(outcome, "CooldownStarted", "assets");
            book(forfeited, requested, shares, outcome.after.stakes[who].shares);
          },
        };
      },
      stores: never,
    };
  },

  unstake(at, draw, model) {
    const { who, size } = draw;
    const isOpen = (user: string) => {
      const { opensAt } = model.fund.staker(user);
      return opensAt !== 0n && opensAt <= model.now && model.now < model.fund.closesAt(user);
    };
    if (!at.users.some(isOpen) && size % 4 !== 0) return calls.cooldown(at, draw, model);
    const index = actor(at, who, size, isOpen);
    const user = at.users[index];
    const { cooling } = at.reading.stakes[index];
    const shares = part(cooling, size);
    return {
      from: user,
      to: at.fund,
      method: "redeem",
      args: [shares, user, user],
      plan: (model) => {
        const { refusals, book } = model.fund.unstake(user, shares, cooling);
        return {
          refusals,
          book: (outcome) => book(emitted(outcome, "Withdraw", "assets"), outcome.after.stakes[index].shares === 0n),
        };
      },
      stores: never,
    };
  },

  syncGuard(at, { who }) {
    return {
      from: at.users[who],
      to: at.fund,
      method: "syncGuard",
      args: [],
      plan: (model) => {
        const { refusals, book } = model.fund.syncGuard();
        return { refusals, book: ({ after }) => book(after.exitsHeld) };
      },
      stores: never,
    };
  },

  harvest(at, { who }) {
    return {
      from: at.users[who],
      to: at.fund,
      method: "harvest",
      args: [at.pool.target],
      plan: (model) => {
        const { refusals, book } = model.harvest();
        return {
          refusals,
          book: (outcome) => {
            const { premiumAt } = outcome.after.limit;
            book(emitted(outcome, "Harvested", "fees"), outcome.after.pool.premium, premiumAt);
          },
        };
      },
      stores: always,
    };
  },

  fundReserve(at, { who, size }) {
    const assets = amount(50_000n * at.token, size);
    return {
      from: at.users[who],
      to: at.fund,
      method: "fundReserve",
      args: [assets],
      plan: (model) => model.fund.fundReserve(assets),
      stores: never,
    };
  },

  setCoverageLimit(at, { size }) {
    const limit = amount(300_000n * at.token, size);
    return {
      from: at.governor,
      to: at.fund,
      method: "setCoverageLimit",
      args: [at.pool.target, limit],
      plan: (model) => model.setCoverageLimit(limit),
      stores: never,
    };
  },

  /** Mostly the cap that there was at first. */
  setSupplyCap(at, { size }) {
    const cap = size % 4 === 0 ? BigInt(size) * 2_000n * at.token : at.terms.supplyCap;
    return {
      from: at.governor,
      to: at.factory,
      method: "setSupplyCap",
      args: [at.pool.target, cap],
      plan: (model) => model.setSupplyCap(cap),
      stores: never,
    };
  },

  /** What the guardian stops, the governor lets go on again. */
  pause(at, _, model) {
    const { paused } = model.state;
    return {
      from: paused ? at.governor : at.guardian,
      to: at.factory,
      method: paused ? "unpause" : "pause",
      args: [at.pool.target],
      plan: (m) => m.setPaused(!paused),
      stores: never,
    };
  },
};
