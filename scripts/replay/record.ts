import type { BaseContract, ContractTransaction, ContractTransactionReceipt, Log } from "ethers";

import { FixedPoint } from "../../sdk";
import type {
  ClaimedEvent,
  LossRecordedEvent,
  RecoveredEvent,
} from "../../typechain-types/contracts/BadDebtSocializer";
import type {
  GenerationEndedEvent,
  LiquidatedEvent,
  WithdrawEvent,
  WrittenDownEvent,
} from "../../typechain-types/contracts/LendingPool";
import type { Call } from "./chain";
import {
  LAYERS,
  type Ending,
  type Layers,
  type Liquidation,
  type Loss,
  type Market,
  type Recovery,
  type RecoverySource,
} from "./types";

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

/** The events that are read, by name. */
interface PoolEvents {
  Withdraw: WithdrawEvent.OutputObject;
  WrittenDown: WrittenDownEvent.OutputObject;
  Liquidated: LiquidatedEvent.OutputObject;
}
/** Of the pool's shares and the fund's. */
interface ShareEvents {
  GenerationEnded: GenerationEndedEvent.OutputObject;
}
interface SocializerEvents {
  LossRecorded: LossRecordedEvent.OutputObject;
  Recovered: RecoveredEvent.OutputObject;
  Claimed: ClaimedEvent.OutputObject;
}

/** One of `Events`, told apart by its name. */
type EventOf<Events> = { [Name in keyof Events]: { name: Name; args: Events[Name] } }[keyof Events];

/** The event in a log of `contract`: one of `Events`, or another, which no case of a switch is about. */
function eventIn<Events>(log: Log, { target, interface: events }: BaseContract): EventOf<Events> | undefined {
  return log.address === target ? ((events.parseLog(log) ?? undefined) as EventOf<Events> | undefined) : undefined;
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
  readonly endings: Ending[] = [];
  readonly liquidations: Liquidation[] = [];
  /** The pool's index when each loss was first booked. */
  readonly indices = new Map<number, bigint>();
  /** What was paid to claims on each loss. */
  readonly claimed = new Map<number, bigint>();
  readonly gas = { liquidate: [] as number[], writeDown: [] as number[], claim: [] as number[] };
  /** Since when an account has owed written-off debt. */
  readonly defaultedAt = new Map<number, number>();
  /** The accounts written down for each loss: one may be so twice, while the loss is open. */
  private readonly defaulters = new Map<number, Set<number>>();
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
        this.readEnding(instant, log);
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

  private readEnding({ time }: Instant, log: Log): void {
    for (const of of ["pool", "fund"] as const) {
      const event = eventIn<ShareEvents>(log, this.market[of]);
      if (event?.name === "GenerationEnded") this.endings.push({ time, of });
    }
  }

  private readPool({ time, price }: Instant, log: Log, block: Block): void {
    const event = eventIn<PoolEvents>(log, this.market.pool);
    if (!event) return;
    const account = this.accountOf(event.args);
    if (account !== undefined) block.touched.add(account);
    switch (event.name) {
      case "Withdraw": {
        const { owner, assets } = event.args;
        block.withdrawn.set(owner, (block.withdrawn.get(owner) ?? 0n) + assets);
        break;
      }
      case "WrittenDown":
        if (account === undefined) break;
        this.defaultedAt.set(account, time);
        this.countAccount(Number(event.args.lossId), account);
        break;
      case "Liquidated": {
        if (account === undefined) break;
        const { recovered, seized } = event.args;
        const repaid = event.args.repaid + recovered;
        block.liquidations.push({ account, repaid, seized });
        this.liquidations.push({ time, price, borrower: account, repaid, seized });
        break;
      }
    }
  }

  private countAccount(lossId: number, account: number): void {
    const accounts = this.defaulters.get(lossId) ?? new Set();
    this.defaulters.set(lossId, accounts.add(account));
    this.losses.find(({ id }) => id === lossId)!.accounts = accounts.size;
  }

  /** The borrower whose position an event of the pool is about, whatever the event calls the account. */
  private accountOf(args: object): number | undefined {
    const { borrower, account, onBehalf } = args as { borrower?: string; account?: string; onBehalf?: string };
    return this.accounts.get(borrower ?? account ?? onBehalf ?? "");
  }

  private readSocializer({ time, price, index }: Instant, { kind }: Action, log: Log, block: Block): void {
    const event = eventIn<SocializerEvents>(log, this.market.socializer);
    if (!event) return;
    const lossId = Number(event.args.lossId);
    switch (event.name) {
      case "LossRecorded": {
        const [shortfall, layers] = [event.args.shortfall, pickLayers(event.args.layers)];
        block.bookings.push({ lossId, shortfall, layers });
        const known = this.losses.find(({ id }) => id === lossId);
        if (known) {
          add(known, layers);
          known.shortfall += shortfall;
          known.until = time;
        } else {
          this.indices.set(lossId, index);
          const back = { recovered: 0n, recoveredBy: noLayers() };
          this.losses.push({ id: lossId, time, price, until: time, accounts: 0, shortfall, ...layers, ...back });
        }
        break;
      }
      case "Recovered": {
        const layers = pickLayers(event.args.layers);
        const assets = FixedPoint.sum(LAYERS.map((layer) => layers[layer]));
        this.recoveries.push({ time, lossId, source: kind as RecoverySource, assets, ...layers });
        const loss = this.losses.find(({ id }) => id === lossId)!;
        loss.recovered += assets;
        add(loss.recoveredBy, layers);
        break;
      }
      case "Claimed": {
        const { account, lender, staker } = event.args;
        const [key, assets] = [`${lossId} ${account}`, lender + staker];
        this.claimedBy.set(key, (this.claimedBy.get(key) ?? 0n) + assets);
        this.claimed.set(lossId, (this.claimed.get(lossId) ?? 0n) + assets);
        break;
      }
    }
  }
}
