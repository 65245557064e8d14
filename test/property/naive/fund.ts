/** The naive model of the fund: what each staker owns, and what nobody does. */
import { FixedPoint, Interest } from "../../../sdk";
import { always, DAY, max, ofWad, Part, sum, UNIT, VIRTUAL_SHARES } from "./exact";
import type { Ending, Epochs, Exact, Inbound, Range, Refusal } from "./exact";

const { min } = FixedPoint;

export interface FundTerms {
  vesting: bigint;
  cooldown: bigint;
  window: bigint;
  reserveCut: bigint;
  maxPremium: bigint;
  halfCover: bigint;
  dust: bigint;
  guardTolerance: bigint;
  blindPeriod: bigint;
}

interface Staker {
  free: Exact;
  cooling: Exact;
  /** What `cooling` was worth when its exit was requested. */
  requested: Exact;
  opensAt: bigint;
}

/** A time in which the windows of stakers stood still: a day at most from when it was said; it lasts where `to` is not known. */
interface Stop {
  from: bigint;
  to?: bigint;
}

/** What the fund pays for a pool. */
export interface Cover {
  limit: bigint;
  pending: bigint;
  effectiveAt: bigint;
  outstanding: Exact;
  premiumAt: bigint;
}

export interface FundState {
  time: bigint;
  stakers: Map<string, Staker>;
  /** What the virtual shares are worth; never withdrawn. */
  virtual: Exact;
  reserve: Exact;
  unvested: Exact;
  /** By pool. */
  covers: Cover[];
  epochs: Epochs;
  inbound: Inbound;
  stops: Stop[];
}

export const newFund = (time: bigint, pools: number): FundState => ({
  time,
  stakers: new Map(),
  virtual: UNIT,
  reserve: 0n,
  unvested: 0n,
  covers: Array.from({ length: pools }, () => ({
    limit: 0n,
    pending: 0n,
    effectiveAt: 0n,
    outstanding: 0n,
    premiumAt: 0n,
  })),
  epochs: { holders: [], pending: 0n, openedAt: 0n },
  inbound: { time, amounts: new Map() },
  stops: [],
});

export class NaiveFund extends Part {
  get terms(): FundTerms {
    return this.all.terms.fund;
  }

  get state(): FundState {
    return this.all.state.fund;
  }

  vest() {
    const { state: s } = this;
    const left = ofWad(s.unvested, Interest.decay(this.now - s.time, this.terms.vesting));
    const vested = s.unvested - left;
    // a wad of it is kept of each interval, and the contract's are longer
    this.all.state.slack += ofWad(s.unvested, 2n);
    s.unvested = left;
    s.time = this.now;
    if (s.stakers.size === 0) s.reserve += vested;
    else this.spread(vested);
  }

  /* TOTALS */

  staked(): Exact {
    const { stakers, virtual } = this.state;
    return stakers.size === 0 ? 0n : sum([...stakers.values()].map((s) => s.free + s.cooling)) + virtual - UNIT;
  }

  /** What no staker owns, before all else to be paid out. */
  reserve(): Exact {
    return this.state.reserve + this.state.unvested;
  }

  staker(account: string): Staker {
    return this.state.stakers.get(account) ?? { free: 0n, cooling: 0n, requested: 0n, opensAt: 0n };
  }

  /* STAKERS */

  stake(account: string, assets: bigint) {
    const refusals: Refusal[] = [["ZeroAmount", this.state.virtual / VIRTUAL_SHARES - assets * UNIT]];
    const book = () => {
      const staker = this.staker(account);
      staker.free += assets * UNIT;
      this.state.stakers.set(account, staker);
      this.receive(this.state.inbound, account, assets * UNIT);
    };
    return { refusals, book };
  }

  /** Moves a part of what the account can move. */
  transferStake(from: string, to: string, part: bigint, free: bigint, balance: bigint) {
    const refusals: Refusal[] = [
      ["ERC20InsufficientBalance", always(part > balance)],
      ["SharesLocked", always(part > free)],
      ...this.locked(from, free === 0n ? 0n : (this.staker(from).free * part) / free),
    ];
    const book = () => {
      if (part === 0n) return;
      const [sender, receiver] = [this.staker(from), this.staker(to)];
      const moved = (sender.free * part) / free;
      sender.free -= moved;
      receiver.free += moved;
      this.state.stakers.set(to, receiver);
      this.receive(this.state.inbound, to, moved);
      if (part === balance && from !== to) this.state.stakers.delete(from);
    };
    return { refusals, book };
  }

  /** Requests the exit of a part of the stake. An older request, open or expired, ends and forfeits its gain. */
  cooldown(account: string, part: bigint, balance: bigint) {
    const staker = this.staker(account);
    const gain = max(0n, staker.cooling - staker.requested);
    // the gain is forfeited in shares first
    const left = staker.free + staker.cooling - gain;
    const asked = balance === 0n ? 0n : ((staker.free + staker.cooling) * part) / balance;
    const renewed = staker.opensAt !== 0n;
    const refusals: Refusal[] = [
      ["NoRequest", always(part === 0n && !renewed)],
      ["ERC20InsufficientBalance", renewed && part <= balance ? asked - left : always(part > balance)],
      ...this.locked(account, asked).map(([, margin, most]): Refusal => ["ERC20InsufficientBalance", margin, most]),
    ];
    const book = (forfeited: boolean, requested: bigint, part: bigint, balance: bigint) => {
      this.expectChoice("forfeit", forfeited, renewed ? staker.cooling - staker.requested : always(false));
      const total = staker.free + staker.cooling - (forfeited ? gain : 0n);
      if (forfeited) this.state.reserve += gain;
      const cooling = part === 0n ? 0n : (total * part) / balance;
      this.expect("requested", requested, cooling);
      const opensAt = part === 0n ? 0n : this.now + this.terms.cooldown;
      this.state.stakers.set(account, { free: total - cooling, cooling, requested: cooling, opensAt });
      if (balance === 0n) this.state.stakers.delete(account);
      if (this.state.stakers.size === 0) this.endStakers();
    };
    return { refusals, book };
  }

  /** Redeems a part of the request. */
  unstake(account: string, part: bigint, requested: bigint) {
    const staker = this.staker(account);
    const of = (amount: Exact) => (requested === 0n ? 0n : (amount * part) / requested);
    const worth = of(staker.cooling);
    const pays = min(worth, of(staker.requested));
    const { least, most } = this.held();
    const refusals: Refusal[] = [
      ["NoRequest", always(staker.opensAt === 0n)],
      ["CooldownNotOver", always(this.now < staker.opensAt)],
      ["WindowClosed", always(this.now >= this.closesAt(account))],
      ["ExceedsRequest", always(part > requested)],
      ["ZeroAmount", part === 0n ? always(true) : UNIT - pays],
      ["ExitsHeld", least, most],
      ...this.locked(account, worth),
    ];
    const book = (assets: bigint, emptied: boolean) => {
      this.recordHold(false);
      this.expect("unstaked", assets, pays);
      this.state.reserve += worth - pays;
      staker.cooling -= worth;
      staker.requested -= of(staker.requested);
      if (part === requested) Object.assign(staker, { cooling: 0n, requested: 0n, opensAt: 0n });
      if (emptied) {
        this.expect(`left to ${account}, who unstaked all`, 0n, staker.free);
        this.state.stakers.delete(account);
      }
      if (this.state.stakers.size === 0) this.endStakers();
    };
    return { refusals, book };
  }

  /** What came in the block of a loss stays, and may be counted among what is cooling. */
  private locked(account: string, moved: Exact): Refusal[] {
    const { inbound, epochs } = this.state;
    const arrived = this.arrived(inbound, epochs, account);
    const { free, cooling } = this.staker(account);
    return arrived === 0n ? [] : [["SharesLocked", moved + arrived - free - cooling, always(true)]];
  }

  /** Until when a request is open: its window, and as long as windows have stood still since it opened. */
  closesAt(account: string): bigint {
    const { opensAt } = this.staker(account);
    if (opensAt === 0n) return 0n;
    return opensAt + this.terms.window + this.stoodSince(opensAt);
  }

  /** How long windows have stood still since a time. */
  stoodSince(time: bigint): bigint {
    const { stops } = this.state;
    return sum(stops.map(({ from, to }) => max(0n, (to ?? min(this.now, from + DAY)) - max(from, time))));
  }

  /** By how much what the fund would pay of the loss that some pool shows is beyond what it tolerates. */
  private held(): Range {
    const tolerance = ((this.staked() + this.reserve()) * this.terms.guardTolerance) / Interest.BPS;
    const held = this.all.pools.map((pool) => pool.holdsExits(tolerance));
    return { least: held.map(({ least }) => least).reduce(max), most: held.map(({ most }) => most).reduce(max) };
  }

  expectHeld(held: boolean) {
    const { least, most } = this.held();
    this.expectChoice("exits held", held, least, most);
  }

  syncGuard() {
    const book = (held: boolean) => this.recordHold(held);
    return { refusals: [] as Refusal[], book };
  }

  /** Whether windows stand still. */
  isStopped(): boolean {
    const last = this.state.stops.at(-1);
    return last !== undefined && last.to === undefined;
  }

  private recordHold(held: boolean) {
    const { stops } = this.state;
    const last = stops.at(-1);
    if (last && last.to === undefined) last.to = min(this.now, last.from + DAY);
    if (held) stops.push({ from: this.now });
  }

  /** Gives to (or takes from) every staker in proportion to its stake. */
  spread(amount: Exact) {
    const { state: s } = this;
    if (amount === 0n) return;
    const total = this.staked() + UNIT;
    const part = (owned: Exact) => (amount * owned) / total;
    this.all.state.slack += (this.slack * max(0n, amount)) / total;
    for (const staker of s.stakers.values()) {
      staker.free += part(staker.free);
      staker.cooling += part(staker.cooling);
    }
    s.virtual += part(s.virtual);
  }

  /** Without stakers, what was theirs belongs to the reserve. */
  endStakers() {
    const { state: s } = this;
    s.reserve += this.staked() + s.unvested;
    s.unvested = 0n;
    s.stakers.clear();
    s.virtual = UNIT;
  }

  fundReserve(assets: bigint) {
    const refusals: Refusal[] = [["ZeroAmount", always(assets === 0n)]];
    const book = () => {
      this.state.reserve += assets * UNIT;
    };
    return { refusals, book };
  }

  /* LOSSES, RECOVERIES */

  /** Pays cover: what nobody owns first. Stakers lose what is staked of it. */
  pay(cover: Cover, reserve: bigint, staked: bigint, ending: Ending) {
    const { state: s } = this;
    const held = this.staked();
    const fromUnvested = min(s.unvested, reserve * UNIT);
    s.unvested -= fromUnvested;
    s.reserve = max(0n, s.reserve + fromUnvested - reserve * UNIT);
    cover.outstanding += (reserve + staked) * UNIT;
    const stakes = [...s.stakers].map(([account, { free, cooling }]): [string, Exact] => [account, free + cooling]);
    this.openEpoch("staker", s.epochs, ending, staked, held, new Map(stakes));
    this.spread(-staked * UNIT);
    this.expectEnd("fund", ending, staked, this.staked(), this.terms.dust);
    if (ending.generationEnded) this.endStakers();
  }

  /** Adds what vests to stakers, or without any what nobody owns. */
  credit(reserve: Exact, staked: Exact) {
    const { state: s } = this;
    s.reserve += reserve;
    if (s.stakers.size === 0) s.reserve += staked;
    else s.unvested += staked;
  }
}
