import type { ContractTransaction, ContractTransactionReceipt } from "ethers";

import { FixedPoint } from "../../sdk";
import type { Call } from "./chain";
import type { Market } from "./market";
import { LAYERS, type Layers, type Liquidation, type Loss, type Recovery, type RecoverySource } from "./types";

/** What a call of the replay is, for the reading of its receipt. */
export interface Action extends Call {
  kind: "feed" | "setup" | "harvest" | "writeDown" | "run" | "leave" | "enter" | "claim" | RecoverySource;
}

export async function action(
  kind: Action["kind"],
  from: string,
  transaction: Promise<ContractTransaction>,
): Promise<Action> {
  const { to, data } = await transaction;
  return { kind, from, to, data };
}

/** What one block did to the pool. */
export interface Block {
  bookings: { lossId: number; shortfall: bigint; layers: Layers }[];
  liquidations: { account: number; repaid: bigint; seized: bigint }[];
  /** Borrowers whose position changed. */
  touched: Set<number>;
  /** Loan assets that left the pool to its lenders, by lender. */
  withdrawn: Map<string, bigint>;
}

interface Instant {
  time: number;
  price: number;
  /** The pool's borrow index. */
  index: bigint;
}

const pickLayers = (layers: Layers): Layers =>
  Object.fromEntries(LAYERS.map((layer) => [layer, layers[layer]])) as Layers;

const noLayers = (): Layers => ({ fees: 0n, reserve: 0n, staked: 0n, interest: 0n, principal: 0n });

function add(to: Layers, layers: Layers): void {
  for (const layer of LAYERS) to[layer] += layers[layer];
}

/** Reads the receipts of the replay, and keeps what its trace needs. */
export class Record {
  readonly losses: Loss[] = [];
  readonly recoveries: Recovery[] = [];
  readonly liquidations: Liquidation[] = [];
  /** The pool's index when each loss was first booked. */
  readonly indices = new Map<number, bigint>();
  /** What was paid to claims on each loss. */
  readonly claimed = new Map<number, bigint>();
  readonly gas = { liquidate: [] as number[], writeDown: [] as number[], claim: [] as number[] };
  /** Since when an account has owed written-off debt. */
  readonly defaultedAt = new Map<number, number>();
  private readonly claimedBy = new Map<string, bigint>();
  private readonly accounts: ReadonlyMap<string, number>;

  constructor(
    private readonly market: Market,
    borrowers: readonly string[],
  ) {
    this.accounts = new Map(borrowers.map((address, i) => [address, i]));
  }

  /** What an account was paid for a loss. */
  claimedOf(account: string, lossId: number): bigint {
    return this.claimedBy.get(`${lossId} ${account}`) ?? 0n;
  }

  read(instant: Instant, actions: readonly Action[], receipts: readonly ContractTransactionReceipt[]): Block {
    const block: Block = { bookings: [], liquidations: [], touched: new Set(), withdrawn: new Map() };
    receipts.forEach((receipt, i) => {
      const action = actions[i];
      this.measure(action, Number(receipt.gasUsed));
      for (const log of receipt.logs) {
        this.readPool(instant, log, block);
        this.readSocializer(instant, action, log, block);
      }
    });
    return block;
  }

  private measure({ kind }: Action, gas: number): void {
    if (kind === "liquidation") this.gas.liquidate.push(gas);
    else if (kind === "writeDown" || kind === "claim") this.gas[kind].push(gas);
  }

  private readPool({ time, price }: Instant, log: ContractTransactionReceipt["logs"][number], block: Block): void {
    const event = log.address === this.market.pool.target ? this.market.pool.interface.parseLog(log) : null;
    if (!event) return;
    const { args } = event;
    const account = this.accounts.get((args.borrower ?? args.account ?? args.onBehalf) as string);
    if (account !== undefined) block.touched.add(account);
    if (event.name === "Withdraw") {
      const owner = args.owner as string;
      block.withdrawn.set(owner, (block.withdrawn.get(owner) ?? 0n) + (args.assets as bigint));
    }
    if (account === undefined) return;
    if (event.name === "WrittenDown") {
      this.defaultedAt.set(account, time);
      this.losses.find(({ id }) => id === Number(args.lossId))!.accounts++;
    }
    if (event.name === "Liquidated") {
      const [repaid, seized] = [(args.repaid as bigint) + (args.recovered as bigint), args.seized as bigint];
      block.liquidations.push({ account, repaid, seized });
      this.liquidations.push({ time, price, borrower: account, repaid, seized });
    }
  }

  private readSocializer(
    { time, price, index }: Instant,
    { kind }: Action,
    log: ContractTransactionReceipt["logs"][number],
    block: Block,
  ): void {
    const { socializer } = this.market;
    const event = log.address === socializer.target ? socializer.interface.parseLog(log) : null;
    if (!event) return;
    const lossId = Number(event.args.lossId);
    if (event.name === "LossRecorded") {
      const [shortfall, layers] = [event.args.shortfall as bigint, pickLayers(event.args.layers as Layers)];
      block.bookings.push({ lossId, shortfall, layers });
      const known = this.losses.find(({ id }) => id === lossId);
      if (known) {
        add(known, layers);
        known.shortfall += shortfall;
        Object.assign(known, { time, price });
      } else {
        this.indices.set(lossId, index);
        const back = { recovered: 0n, recoveredBy: noLayers() };
        this.losses.push({ id: lossId, time, price, accounts: 0, shortfall, ...layers, ...back });
      }
    } else if (event.name === "Recovered") {
      const layers = pickLayers(event.args.layers as Layers);
      const assets = FixedPoint.sum(LAYERS.map((layer) => layers[layer]));
      this.recoveries.push({ time, lossId, source: kind as RecoverySource, assets, ...layers });
      const loss = this.losses.find(({ id }) => id === lossId)!;
      loss.recovered += assets;
      add(loss.recoveredBy, layers);
    } else if (event.name === "Claimed") {
      const assets = (event.args.lender as bigint) + (event.args.staker as bigint);
      const key = `${lossId} ${event.args.account as string}`;
      this.claimedBy.set(key, (this.claimedBy.get(key) ?? 0n) + assets);
      this.claimed.set(lossId, (this.claimed.get(lossId) ?? 0n) + assets);
    }
  }
}
