/** Defaults: write-down, the waterfall, and the records of losses. */
import { FixedPoint } from "../../../../sdk";
import { always, DAY, LAYERS, max, noLayers, sum, UNIT, wipeMargin } from "../exact";
import type { Exact, Layers, Range, Refusal } from "../exact";
import { PoolRecoveries } from "./recoveries";
import type { Booking, Borrower } from "./state";

const { min } = FixedPoint;
const EPISODE = DAY;
const MAX_EPISODE_LOSSES = 32;
const MAX_WRITTEN_OFFS = 16;

export abstract class PoolDefaults extends PoolRecoveries {
  /** `cut`: the accounts that the contract wrote down. */
  writeDown(accounts: string[]) {
    const refusals = this.failure();
    const book = (cut: Set<string>, booking: Booking | undefined) => {
      this.see();
      this.cut([...new Set(accounts)], this.terms.dust, cut, booking);
    };
    return { refusals, book };
  }

  /**
   * Whether each account is to be written down: if it lacks anything, and either all of them lack the dust bound together or
   * its collateral is worth less than its debt.
   */
  private toWriteDown(
    accounts: string[],
    dust: bigint,
  ): (Range & { b: Borrower; shortfall: Exact; performing: Exact })[] {
    const found = accounts.map((account) => ({
      b: this.borrower(account),
      ...this.shortfallOf(this.borrower(account)),
    }));
    const lacking = sum(found.map(({ shortfall }) => max(0n, shortfall))) - dust * UNIT;
    const unsure = this.unsure(accounts.length);
    return found.map(({ b, shortfall, performing }) => {
      const due = (beyond: Exact) => min(shortfall, max(beyond, b.debt - this.valueOf(b.collateral)));
      return { b, shortfall, performing, least: due(lacking - unsure), most: due(lacking + unsure) };
    });
  }

  protected cut(accounts: string[], dust: bigint, cut: Set<string>, booking: Booking | undefined) {
    const due = this.toWriteDown(accounts, dust);
    accounts.forEach((account, i) =>
      this.expectChoice(`write-down of ${account}`, cut.has(account), due[i].least, due[i].most),
    );
    const written = due.filter((_, i) => cut.has(accounts[i]));
    for (const { b, performing } of written) b.debt = performing;
    if (!booking) return;
    this.expect("shortfall", booking.shortfall, sum(written.map(({ shortfall }) => shortfall)));
    this.book(booking);
    for (const { b, shortfall } of written) this.writeOff(b, shortfall, booking.lossId);
  }

  /** What the accounts lack is written down, and then the lender redeems a part of what it owns: in one transaction. */
  writeDownAndRedeem(accounts: string[], account: string, part: bigint, whole: bigint, supply: bigint) {
    const s = this.state;
    const [held, owned] = [this.lenderAssets(), s.lenders.get(account) ?? 0n];
    const due = this.toWriteDown(accounts, this.terms.dust);
    // where it is not sure whether an account is written down, with and without it
    const outcomes = (["least", "most"] as const).map((end) => {
      const shortfall = sum(due.filter((found) => found[end] > 0n).map((found) => found.shortfall));
      const covered = min(max(0n, shortfall - s.fees), this.coverage());
      const lost = max(0n, shortfall - s.fees - covered - s.unvested);
      const worth = whole === 0n ? 0n : (((owned * part) / whole) * (held + UNIT - lost)) / (held + UNIT);
      const pending = s.epochs.pending * UNIT;
      const opens = pending + lost - (pending + held) / 10_000n;
      const wiped = lost === 0n ? always(false) : min(opens, wipeMargin(supply, held - lost, held, this.terms.dust));
      return {
        ZeroAmount: part === 0n ? always(true) : UNIT - worth,
        InsufficientCash: worth - covered - s.cash * UNIT,
        ERC20InsufficientBalance: part > whole ? always(true) : wiped,
      };
    });
    const refusals = (Object.keys(outcomes[0]) as (keyof (typeof outcomes)[0])[]).map((error): Refusal => {
      const margins = outcomes.map((outcome) => outcome[error]);
      // shares that the loss voids are worth nothing, or what the virtual ones are
      const voided = outcomes.map(({ ERC20InsufficientBalance }) => ERC20InsufficientBalance);
      return [error, margins.reduce(min), [...margins, ...voided].reduce(max)];
    });
    const book = (cut: Set<string>, booking: Booking | undefined, assets: bigint) => {
      this.writeDown(accounts).book(cut, booking);
      this.all.round();
      this.redeem(account, part, whole).book(assets);
    };
    return { refusals: [...refusals, ...this.failure()], book };
  }

  private writeOff({ writtenOff }: Borrower, amount: Exact, lossId: bigint) {
    const newest = writtenOff.at(-1);
    if (newest && (newest.lossId === lossId || writtenOff.length === MAX_WRITTEN_OFFS)) {
      newest.merged ||= newest.lossId !== lossId;
      newest.amount += amount;
    } else {
      writtenOff.push({ lossId, amount, since: this.now, merged: false });
    }
  }

  /** Runs a shortfall through the waterfall. */
  private book(booking: Booking) {
    const s = this.state;
    const { layers, shortfall } = booking;
    const principal = this.lenderAssets();
    let left = shortfall * UNIT;
    const take = (layer: keyof Layers, held: Exact) => {
      const taken = min(left, held);
      left -= taken;
      this.expect(`${layer} of loss ${booking.lossId}`, layers[layer], taken);
    };
    take("fees", s.fees);
    const coverage = this.coverage();
    const reserve = this.fund.reserve();
    take("reserve", min(coverage, reserve));
    take("staked", max(0n, coverage - reserve));
    take("interest", s.unvested);
    take("principal", left);
    if (sum(Object.values(layers)) !== shortfall) throw new Error("the layers do not add up to the shortfall");

    this.record(booking);
    s.fees = max(0n, s.fees - layers.fees * UNIT);
    s.unvested = max(0n, s.unvested - layers.interest * UNIT);
    s.cash += layers.reserve + layers.staked;
    this.fund.pay(this.cover, layers.reserve, layers.staked, booking.fund);
    this.openEpoch("lender", s.epochs, booking.pool, layers.principal, principal, s.lenders);
    s.open = !booking.pool.epochOpened;

    this.spread(-layers.principal * UNIT);
    this.expectEnd("pool", booking.pool, layers.principal, this.lenderAssets(), this.terms.dust);
    if (booking.pool.generationEnded || s.lenders.size === 0) this.endLenders();
  }

  /** Adds a booking to the record that takes it: the last one while it may, or a new one, in its episode. */
  private record({ lossId, layers }: Booking) {
    const s = this.state;
    const { losses } = this.all.state;
    const last = s.lastLoss;
    const ongoing = last !== 0n && this.now <= s.episodeStart + EPISODE;
    const lenderEpoch = layers.principal === 0n ? 0 : s.epochs.holders.length + 1;
    const stakerEpoch = layers.staked === 0n ? 0 : this.fund.state.epochs.holders.length + 1;
    const known = losses.get(last)?.stakerEpoch ?? 0;
    const joins = ongoing && s.open && (known === 0 || stakerEpoch === 0 || known === stakerEpoch);
    const expected = joins ? last : BigInt(losses.size + 1);
    if (lossId !== expected) throw new Error(`booked as loss ${lossId}, expected ${expected}`);
    if (!joins) {
      const episode = s.episodes.at(-1);
      if (ongoing && episode && episode.length < MAX_EPISODE_LOSSES) {
        episode.push(lossId);
      } else {
        s.episodes.push([lossId]);
        s.episodeStart = this.now;
      }
      s.lastLoss = lossId;
      losses.set(lossId, {
        pool: this.k,
        lost: noLayers(),
        recovered: noLayers(),
        due: noLayers(),
        grown: this.grown,
        cover: { reserve: 0n, staked: 0n },
        lenderEpoch: 0,
        stakerEpoch: 0,
        lenderClaims: 0n,
        stakerClaims: 0n,
        claimed: new Map(),
      });
    }
    const loss = this.all.loss(lossId);
    const due = this.all.dueOf(loss);
    for (const layer of LAYERS) {
      loss.lost[layer] += layers[layer];
      loss.due[layer] = due[layer] + layers[layer] * UNIT;
    }
    loss.grown = this.grown;
    loss.cover.reserve += layers.reserve * UNIT;
    loss.cover.staked += layers.staked * UNIT;
    if (lenderEpoch !== 0) loss.lenderEpoch = lenderEpoch;
    if (stakerEpoch !== 0) loss.stakerEpoch = stakerEpoch;
  }
}
