/**
 * An attacker with code: in one transaction it borrows loan tokens for its length, makes a few calls, some of them in the midst of a
 * liquidation, and repays. The model follows it call by call: each is added to what goes before and tried, with the tokens that the
 * loan lacks given to it, compared, and undone. At last all of them are sent as they are.
 */
import { AbiCoder, type Interface } from "ethers";

import { FixedPoint, Liquidation } from "../../sdk";
import { network } from "../helpers/hre";
import { equal, holds } from "./check";
import { calls, type Draw } from "./calls";
import { max } from "./naive";
import { ATTACKER, type Call, type Log, type Sent, type World } from "./world";

const MAX = 2n ** 256n - 1n;
const LOCKED = "ReentrancyGuardReentrantCall";
/** Numbers of the calls that must find the pool locked begin here. */
const LOCKED_ID = 100;
/** The most that the attacker gains by roundings: of what it has in each place, and of what each call moves. */
const ROUNDING = 64n;

/** What it does in the midst of a liquidation of another pool. */
export const NESTED = ["deposit", "withdraw", "redeem", "supplyCollateral", "withdrawCollateral", "borrow", "repay"];

export interface Blow extends Omit<Draw, "who"> {
  name: string;
}

/** A call of the attacker, and those that it makes in its midst if it is called back. */
interface Strike {
  id: number;
  k: number;
  call: Call;
  inner: Strike[];
  calledBack: boolean;
}

/** Told of each call of the attacker: its name, and whether it went through. */
type Tell = (name: string, through: boolean) => void;

interface Target {
  id: number;
  target: string;
  data: string;
}

/** Calls that a lock must refuse in the midst of a liquidation in the same pool. */
function lockedCalls({ chain: { sites, fund, users } }: World, k: number, size: number): Target[] {
  const { pool } = sites[k];
  const [self, other] = [users[ATTACKER], users[size % ATTACKER]];
  const all = (
    [
      ["deposit", [1n, self]],
      ["mint", [1n, self]],
      ["withdraw", [1n, self, self]],
      ["redeem", [1n, self, self]],
      ["transfer", [other, 0n]],
      ["transferFrom", [self, other, 0n]],
      ["approve", [other, 0n]],
      ["supplyCollateral", [1n, self]],
      ["withdrawCollateral", [1n, self, self]],
      ["borrow", [1n, self, self]],
      ["repay", [MAX, other]],
      ["liquidate", [other, MAX, 0n, "0x"]],
      ["writeDown", [users]],
      ["repayWrittenOff", [other, MAX]],
      ["refinance", [other]],
      ["accrue", []],
      ["setOperator", [other, true]],
      ["reportBlind", []],
      ["initialiseTicks", [1n, 1n]],
      ["multicall", [[pool.interface.encodeFunctionData("accrue")]]],
    ] as [string, unknown[]][]
  ).map(([method, args]) => ({
    target: String(pool.target),
    data: (pool.interface as Interface).encodeFunctionData(method, args),
  }));
  all.push({ target: String(fund.target), data: fund.interface.encodeFunctionData("harvest", [pool.target]) });
  return [0, 7, 14].map((step, i) => ({ id: LOCKED_ID + i, ...all[(size + step) % all.length] }));
}

/** The logs of one of the calls, without those of the calls in its midst. */
function logsOf(logs: Log[], id: number): Log[] {
  const open: number[] = [];
  return logs.filter(({ name, args }) => {
    if (name === "Attempting") open.push(Number(args.id));
    if (name === "Attempted") open.pop();
    return name !== "Attempting" && name !== "Attempted" && open.at(-1) === id;
  });
}

class Attack {
  private readonly strikes: Strike[] = [];
  private count = 0;
  /** Whether any of the calls went through. */
  landed = false;
  private snapshot: unknown;

  constructor(
    private readonly world: World,
    private readonly now: bigint,
    private readonly tell: Tell,
  ) {}

  /** Back to where the attack begins; the next block has its time. */
  private async rewind() {
    const { provider } = network;
    if (this.snapshot !== undefined) await provider.send("evm_revert", [this.snapshot]);
    this.snapshot = await provider.send("evm_snapshot");
    await provider.send("evm_setNextBlockTimestamp", [Number(this.now)]);
  }

  /** What the attacker has before it starts; nothing where an oracle fails, or where it cannot repay its own debt. */
  async wealth(): Promise<bigint | undefined> {
    const { probe, sites, users } = this.world.chain;
    const { pools } = this.world.books.model;
    if (pools.some(({ state }) => state.failure !== undefined)) return undefined;
    await this.rewind();
    await network.provider.send("evm_mine");
    for (const [k, { pool, terms }] of sites.entries()) {
      const { collateral, debt } = await pool.positionOf(users[ATTACKER]);
      const value = Liquidation.valueOf(collateral, pools[k].state.price);
      if (debt > Liquidation.performing(value, terms.writeDownIncentive)) return undefined;
    }
    return probe.wealthOf(users[ATTACKER]);
  }

  /** Adds a call, and tries all so far. */
  async add(blow: Blow) {
    let nests = false;
    const last = this.strikes.at(-1);
    // what it does for somebody, it mostly does for itself
    const other = blow.size % 4 === 0 ? blow.other : ATTACKER;
    const call = await this.world.advance(
      this.now,
      blow.pool,
      (at, model) => calls[blow.name](at, { ...blow, who: ATTACKER, other }, model),
      async (made) => {
        const strike = { id: ++this.count, k: made.k ?? blow.pool, call: made, inner: [], calledBack: false };
        nests = last?.calledBack === true && last.k !== strike.k && NESTED.includes(blow.name);
        (nests ? last!.inner : this.strikes).push(strike);
        await this.rewind();
        const sent = await this.send(true);
        if (typeof sent === "string") throw new Error(`the attack with all tokens that it needs reverted with ${sent}`);
        const { args } = sent.logs.find((log) => log.name === "Attempted" && Number(log.args.id) === strike.id)!;
        if (!args.succeeded) return this.world.nameOf(args.answer as string);
        const logs = logsOf(sent.logs, strike.id);
        strike.calledBack = made.method === "liquidate" && logs.some((log) => log.name === "Liquidated");
        return { logs, gasUsed: 0n };
      },
    );
    this.landed ||= call !== undefined;
    this.tell(nests ? `${blow.name} in a callback` : blow.name, call !== undefined);
  }

  /** All of the calls in one transaction, with the tokens that it lacks in the end if it is `helped`. */
  async send(helped: boolean): Promise<Sent> {
    const { chain } = this.world;
    const { asset, attacker, lender, token, users } = chain;
    const loan = 10n ** 10n * token;
    const targets = this.encode(this.strikes);
    if (helped) {
      const data = asset.interface.encodeFunctionData("mint", [users[ATTACKER], loan]);
      targets.push({ id: 0, target: String(asset.target), data });
    }
    const sent = await this.world.send({
      from: users[0],
      to: attacker,
      method: "attack",
      args: [lender.target, loan, targets],
    });
    if (typeof sent === "string") return sent;
    for (const { name, args } of sent.logs) {
      if (name !== "Attempted" || Number(args.id) < LOCKED_ID) continue;
      const error = args.succeeded ? "no error" : this.world.nameOf(args.answer as string);
      equal("a lock covers every function of the pool in the midst of a liquidation", error, LOCKED);
    }
    return sent;
  }

  private encode(strikes: Strike[]): Target[] {
    const { attacker } = this.world.chain;
    return strikes.map(({ id, call, k, inner }) => {
      let { args } = call;
      if (call.method === "liquidate") {
        const meanwhile = [...lockedCalls(this.world, k, Number(this.now % 100n)), ...this.encode(inner)];
        const [type] = attacker.interface.getFunction("attempt").inputs;
        args = [...args.slice(0, 3), AbiCoder.defaultAbiCoder().encode([type], [meanwhile])];
      }
      return { id, target: String(call.to.target), data: call.to.interface.encodeFunctionData(call.method, args) };
    });
  }

  /** The attack as it is. Returns what went through; nothing if the loan could not be repaid. */
  async strike(): Promise<Log[] | undefined> {
    await this.rewind();
    const sent = await this.send(false);
    if (sent === "ERC20InsufficientBalance") return undefined;
    if (typeof sent === "string") throw new Error(`the attack reverted with ${sent}`);
    return sent.logs;
  }
}

/** 14. What a liquidator earns by the rules of the others' positions. */
function incentives({ chain: { sites, users }, books: { model } }: World, logs: Log[]): bigint {
  return logs.reduce((total, { name, address, args }) => {
    if (name !== "Liquidated" || args.borrower === users[ATTACKER]) return total;
    const { price } = model.pools[sites.findIndex(({ pool }) => pool.target === address)].state;
    const [repaid, recovered, seized] = [args.repaid, args.recovered, args.seized] as bigint[];
    return total + max(0n, Liquidation.valueOf(seized, price) - repaid - recovered);
  }, 0n);
}

/**
 * Makes an attack `wait` seconds after the last step; if it `leaves`, what it lent is taken back at its end. Returns whether it did
 * anything, and could repay what it borrowed.
 */
export async function attack(world: World, wait: number, blows: Blow[], leaves: boolean, tell: Tell) {
  const { probe, users } = world.chain;
  const books = world.copy().books;
  const now = books.now + BigInt(wait);
  const plan = new Attack(world, now, tell);
  const before = await plan.wealth();
  for (const blow of blows) await plan.add(blow);
  for (const [pool, { holdings }] of world.books.reading.pools.entries())
    if (leaves && holdings[ATTACKER].shares !== 0n) await plan.add({ name: "redeem", pool, other: 0, size: 950 });
  const logs = await plan.strike();
  if (!logs || !plan.landed) {
    world.books = { ...books, now };
    return false;
  }
  await world.expectUnchanged();
  if (before === undefined) return true;
  const claimed = logs
    .filter(({ name, args }) => name === "Claimed" && args.account === users[ATTACKER])
    .reduce((total, { args }) => total + (args.lender as bigint) + (args.staker as bigint), 0n);
  const gain = (await probe.wealthOf(users[ATTACKER])) - before - claimed;
  const index = world.books.reading.pools.map(({ pool }) => pool.index).reduce(max);
  const rounding = ROUNDING + (BigInt(blows.length) * index) / FixedPoint.WAD;
  const allowed = incentives(world, logs) + rounding;
  holds(`14. the attacker gained ${gain}, of which the incentives allow ${allowed}`, gain <= allowed);
  return true;
}
