import { FixedPoint, Liquidation } from "../../sdk";
import type { WrittenOffStructOutput } from "../../typechain-types/contracts/LendingPool";
import type { Market, People, Position } from "./types";

const { WAD } = FixedPoint;

/** Reads to a call: the chain's bookkeeping makes one long call slower than a few short ones. */
const BATCH = 20;

/** What a call changes, and time does not: index units. */
interface Account {
  collateral: bigint;
  scaled: bigint;
  writtenOffs: bigint[];
}

/** An account as the pool reports it. */
export interface Reported {
  borrower: number;
  before: Account;
  now: Account;
  debt: bigint;
  writtenOff: bigint;
}

/**
 * The accounts of borrowers and lenders. They are read from the pool when a call has changed them; in between, debts
 * follow from the index by the formulas of the twin, which spares most of the time of a run.
 */
export class Accounts {
  /** Pool shares of everyone who may hold any. */
  balances: bigint[] = [];
  private readonly accounts: Account[];

  constructor(
    private readonly market: Market,
    private readonly people: People,
  ) {
    this.accounts = people.borrowers.map(() => ({ collateral: 0n, scaled: 0n, writtenOffs: [] }));
  }

  get count(): number {
    return this.accounts.length;
  }

  /** Reads lenders' balances and these borrowers' accounts, or everyone's. */
  async refresh(borrowers: Iterable<number> = this.accounts.keys()): Promise<Reported[]> {
    const { pool } = this.market;
    const { interface: read } = pool;
    const changed = [...borrowers];
    const names = changed.map((i) => this.people.borrowers[i]);
    const answers = await this.readAll([
      ...this.people.holders.map((holder) => read.encodeFunctionData("balanceOf", [holder])),
      ...names.map((account) => read.encodeFunctionData("positionOf", [account])),
      ...names.map((account) => read.encodeFunctionData("scaledDebtOf", [account])),
      ...names.map((account) => read.encodeFunctionData("writtenOffOf", [account])),
    ]);
    const part = (size: number) => answers.splice(0, size);
    this.balances = part(this.people.holders.length).map(BigInt);
    const [positions, scaled, queues] = [part(changed.length), part(changed.length), part(changed.length)];
    return changed.map((borrower, k): Reported => {
      const [collateral, debt, writtenOff]: bigint[] = read.decodeFunctionResult("positionOf", positions[k]);
      const [queue]: WrittenOffStructOutput[][] = read.decodeFunctionResult("writtenOffOf", queues[k]);
      const before = this.accounts[borrower];
      const now = { collateral, scaled: BigInt(scaled[k]), writtenOffs: queue.map((entry) => entry.scaled) };
      this.accounts[borrower] = now;
      return { borrower, before, now, debt, writtenOff };
    });
  }

  private async readAll(reads: readonly string[]): Promise<string[]> {
    const answers: string[] = [];
    for (let i = 0; i < reads.length; i += BATCH) {
      answers.push(...(await this.market.pool.multicall.staticCall(reads.slice(i, i + BATCH))));
    }
    return answers;
  }

  /** Everyone's account at an index and a price. */
  positions(index: bigint, price: bigint): Position[] {
    const { lltv, writeDownIncentive } = this.market;
    const owed = (scaled: bigint) => FixedPoint.mulDivUp(scaled, index, WAD);
    return this.accounts.map(({ collateral, scaled, writtenOffs }) => {
      const [debt, value] = [owed(scaled), Liquidation.valueOf(collateral, price)];
      const writtenOff = FixedPoint.sum(writtenOffs.map(owed));
      const health = Liquidation.healthOf(value, debt + writtenOff, lltv);
      const shortfall = FixedPoint.saturatingSub(debt, Liquidation.performing(value, writeDownIncentive));
      return { collateral, debt, writtenOff, scaled, value, health, shortfall };
    });
  }
}
