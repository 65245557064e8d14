import { RiskLadder } from "../../sdk";
import type { Identities } from "./identities";
import { isRefusal } from "./market";
import { action, type Action, type Block } from "./record";
import type { Guard, Snapshot } from "./types";
import type { World } from "./world";

/**
 * A lender who wants to leave as soon as the price shows a loss that nobody books, the keepers being away. It is
 * refused, so it books the loss and leaves in one transaction. From then on the stayer asks to leave at every such
 * step, and is refused.
 */
export class Runner {
  private readonly guard: Guard = { refusedExits: 0 };

  constructor(
    private readonly world: World,
    private readonly identities: Identities,
  ) {}

  /** What the runner's shares were worth before it left. */
  get stake(): bigint {
    return this.guard.exit?.stake ?? 0n;
  }

  /** What the runner does at a step without keepers; nothing unless the pool sees more than the guard tolerates. */
  async act(when: string, time: number, { state, visible }: Snapshot, insolvent: readonly string[]): Promise<Action[]> {
    const { market, people } = this.world;
    const { pool, guardTolerance, dust } = market;
    const who = this.guard.exit ? people.stayer : people.runner;
    const shares = await pool.balanceOf(who);
    const stake = await pool.convertToAssets(shares);
    const tolerated = RiskLadder.tolerated(state.lenderAssets - stake, guardTolerance, dust);
    // Without the cash for it, an exit is refused for another reason; shares of an earlier generation are void.
    if (visible <= tolerated || stake > state.cash || stake === 0n) return [];

    const refused = await this.isRefused(who, shares);
    this.identities.refused(when, refused, visible);
    if (refused) this.guard.refusedExits++;
    if (this.guard.exit) return [];
    this.guard.exit = { time, lossId: 0, stake, visible, tolerated, leaverValue: 0n, stayerValue: 0n };
    const calls = [
      pool.interface.encodeFunctionData("writeDown", [[...insolvent]]),
      pool.interface.encodeFunctionData("redeem", [shares, who, who]),
    ];
    return [await action("run", who, pool.multicall.populateTransaction(calls))];
  }

  /** Values the runner's exit and the stake that stayed, in the block of the exit. */
  async value({ bookings, withdrawn }: Block): Promise<void> {
    const { market, people } = this.world;
    const { pool } = market;
    const { exit } = this.guard;
    if (!exit) return;
    exit.lossId = bookings[0].lossId;
    exit.leaverValue = withdrawn.get(people.runner) ?? 0n;
    exit.stayerValue = await pool.convertToAssets(await pool.balanceOf(people.stayer));
  }

  judge(): Guard {
    if (this.guard.exit) this.identities.guarded(this.guard.exit);
    return this.guard;
  }

  private async isRefused(who: string, shares: bigint): Promise<boolean> {
    const { market } = this.world;
    try {
      await market.pool.redeem.staticCall(shares, who, who, { from: who });
      return false;
    } catch (error) {
      if (isRefusal(market, error, "UnbookedShortfall")) return true;
      throw error;
    }
  }
}
