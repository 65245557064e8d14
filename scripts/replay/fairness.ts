import { FixedPoint, Waterfall } from "../../sdk";
import { expectedLayers } from "./identities";
import { action, type Action, type Block } from "./record";
import type { Fairness, Probe, Snapshot } from "./types";
import type { World } from "./world";

/**
 * Three equal stakes at the first loss that reaches principal. In its block, once whoever books it is done, the leaver
 * takes everything out, and the entrant pays in what the leaver's shares were worth before. All three are valued in
 * that block, where no interest passes; what comes back of the loss is paid as claims. What else happens to the pool
 * afterwards is told apart.
 */
export class Probes {
  private stake = 0n;
  private lossId = 0;
  private time = 0;
  private lastLossId = 0;
  /** The leaver's shares and all shares, before the loss. */
  private part: [shares: bigint, supply: bigint] = [0n, 1n];
  private forfeited = 0n;
  private afterLoss = { leaver: 0n, stayer: 0n, entrant: 0n };

  constructor(private readonly world: World) {}

  /** Whether the loss has come. */
  get done(): boolean {
    return this.lossId > 0;
  }

  /**
   * What the probes do at the end of the block of a write-down of these accounts; nothing before the loss that they
   * wait for.
   * @param withdrawn What left the pool earlier in the block.
   */
  async act(before: Snapshot, insolvent: string[], withdrawn: bigint): Promise<Action[]> {
    const { market, people } = this.world;
    if (this.done || !insolvent.length) return [];
    const { pool } = market;
    const shortfall = await pool.writeDown.staticCall(insolvent);
    const { principal, reserve, staked } = expectedLayers(shortfall, before);
    this.stake = await this.worth(people.leaver);
    const { cash, lenderAssets } = before.state;
    if (!Waterfall.opensEpoch(principal, lenderAssets) || this.stake > cash + reserve + staked - withdrawn) return [];
    const shares = await pool.balanceOf(people.leaver);
    this.part = [shares, before.state.supply];
    return [
      await action("leave", people.leaver, pool.redeem.populateTransaction(shares, people.leaver, people.leaver)),
      await action("enter", people.entrant, pool.deposit.populateTransaction(this.stake, people.entrant)),
    ];
  }

  /** Values the three in the block in which two of them acted. */
  async value(time: number, { state }: Snapshot, { bookings, withdrawn }: Block): Promise<void> {
    const { people } = this.world;
    [this.lossId, this.time] = [bookings[0].lossId, time];
    // Liquidations of the same block may have booked small losses of their own.
    this.lastLossId = bookings[bookings.length - 1].lossId;
    const [shares, supply] = this.part;
    this.forfeited = (state.unvested * shares) / supply;
    const [stayer, entrant] = [await this.worth(people.stayer), await this.worth(people.entrant)];
    this.afterLoss = { leaver: withdrawn.get(people.leaver) ?? 0n, stayer, entrant };
  }

  /** The verdict at the end, when claims have been paid. */
  async judge(): Promise<Fairness | undefined> {
    if (!this.done) return undefined;
    const { lossId, time, forfeited } = this;
    const [leaver, stayer, entrant] = await Promise.all(
      (["leaver", "stayer", "entrant"] as const).map((p) => this.probe(p)),
    );
    const difference = leaver.afterLoss + leaver.claims - stayer.afterLoss - stayer.claims;
    const spread = Math.abs(Number(difference)) / Number(this.stake);
    return { lossId, time, leaver, stayer, entrant, spread, forfeited };
  }

  private async probe(who: keyof Probes["afterLoss"]): Promise<Probe> {
    const { people, record } = this.world;
    const [account, afterLoss] = [people[who], this.afterLoss[who]];
    const claimed = (booked: boolean) =>
      FixedPoint.sum(
        record.losses.map(({ id }) => (id <= this.lastLossId === booked ? record.claimedOf(account, id) : 0n)),
      );
    const left = who === "leaver" ? afterLoss : 0n;
    const since = left + (await this.worth(account)) + claimed(false) - afterLoss;
    return { stake: this.stake, afterLoss, claims: claimed(true), since };
  }

  private async worth(account: string): Promise<bigint> {
    const { pool } = this.world.market;
    return pool.convertToAssets(await pool.balanceOf(account));
  }
}
