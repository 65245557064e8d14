/** The naive model of a pool: what each lender owns and each borrower owes, and what each loss did to them. */
import { FixedPoint, Interest } from "../../../sdk";
import { abs, always, DAY, LAYERS, max, noLayers, ofWad, Part, sum, UNIT, VIRTUAL_SHARES } from "./exact";
import type { Ending, Epochs, Exact, Inbound, Layers, Range, Refusal } from "./exact";
import type { Cover, NaiveFund } from "./fund";
import type { Naive } from "../naive";

const { WAD, min } = FixedPoint;
const ORACLE_SCALE = 10n ** 36n;
const DUE_AFTER = 7n * DAY;
const EPISODE = DAY;
const MAX_EPISODE_LOSSES = 32;
const MAX_WRITTEN_OFFS = 16;
/** What does not fit into the field of unvested interest, vests at once. */
const MAX_UNVESTED = (2n ** 80n - 1n) * UNIT;

export interface PoolTerms {
  lltv: bigint;
  minIncentive: bigint;
  writeDownIncentive: bigint;
  maxIncentive: bigint;
  targetHealth: bigint;
  minDebt: bigint;
  dust: bigint;
  vesting: bigint;
  guardTolerance: bigint;
  blindPeriod: bigint;
  rateAtTarget: bigint;
  supplyCap: bigint;
}

/** What the contracts say of a booked loss. */
export interface Booking {
  lossId: bigint;
  shortfall: bigint;
  layers: Layers;
  pool: Ending;
  fund: Ending;
}

/** What the contracts say of recoveries in one call: by loss, and beyond all layers. */
export interface Recoveries {
  byLoss: Map<bigint, Layers>;
  surplus: bigint;
}

interface WrittenOff {
  lossId: bigint;
  amount: Exact;
  since: bigint;
  merged: boolean;
}

interface Borrower {
  collateral: bigint;
  debt: Exact;
  writtenOff: WrittenOff[];
}

export interface Loss {
  /** The place of its pool. */
  pool: number;
  lost: Layers;
  recovered: Layers;
  /** Outstanding by layer, at the time when a debt of 1 had grown to `grown`. */
  due: Layers<Exact>;
  grown: Exact;
  /** The part of `due` that is cover and not interest on it. */
  cover: { reserve: Exact; staked: Exact };
  /** The epochs whose holders stand for principal and staked, open already or not; 0 for none. */
  lenderEpoch: number;
  stakerEpoch: number;
  lenderClaims: bigint;
  stakerClaims: bigint;
  claimed: Map<string, bigint>;
}

export interface PoolState {
  time: bigint;
  /** What a debt of 1 at the start has grown to. */
  grown: Exact;
  price: bigint;
  /** The error of an oracle that fails. */
  failure: string | undefined;
  /** When the failure was put on record, 0 for not, and when that was last confirmed. */
  blindSince: bigint;
  confirmedAt: bigint;
  supplyCap: bigint;
  paused: boolean;
  cash: bigint;
  premium: bigint;
  lenders: Map<string, Exact>;
  /** What the virtual shares are worth; never withdrawn. */
  virtual: Exact;
  unvested: Exact;
  fees: Exact;
  borrowers: Map<string, Borrower>;
  epochs: Epochs;
  inbound: Inbound;
  /** Its latest loss, 0 for none, and all of them by episode. */
  lastLoss: bigint;
  episodes: bigint[][];
  episodeStart: bigint;
  /** Whether the last loss opened no epoch of lenders, so that its record takes another one. */
  open: boolean;
}

export const newPool = (time: bigint, price: bigint, supplyCap: bigint): PoolState => ({
  time,
  grown: UNIT,
  price,
  failure: undefined,
  blindSince: 0n,
  confirmedAt: 0n,
  supplyCap,
  paused: false,
  cash: 0n,
  premium: 0n,
  lenders: new Map(),
  virtual: UNIT,
  unvested: 0n,
  fees: 0n,
  borrowers: new Map(),
  epochs: { holders: [], pending: 0n, openedAt: 0n },
  inbound: { time, amounts: new Map() },
  lastLoss: 0n,
  episodes: [],
  episodeStart: 0n,
  open: false,
});

/**
 * The factors of one interval: growth of debt (30 decimals), and what is kept of unvested interest and not yet vested of what arose (of
 * the debt at its start; wads).
 */
export interface Factors {
  growth: Exact;
  keep: bigint;
  portion: bigint;
}

export class NaivePool extends Part {
  constructor(
    all: Naive,
    /** Its place among the pools of the fund. */
    readonly k: number,
    /** What a debt of 1 at the start has grown to by now. */
    readonly grown: Exact,
  ) {
    super(all);
  }

  get terms(): PoolTerms {
    return this.all.terms.pools[this.k];
  }

  get state(): PoolState {
    return this.all.state.pools[this.k];
  }

  get fund(): NaiveFund {
    return this.all.fund;
  }

  get cover(): Cover {
    return this.fund.state.covers[this.k];
  }

  /** Lets interest accrue up to now; returns what it makes of the slack. */
  accrue({ growth, keep, portion }: Factors): Exact {
    const s = this.state;
    const grow = (amount: Exact) => (amount * growth) / UNIT;
    const before = this.debt();
    for (const borrower of s.borrowers.values()) {
      borrower.debt = grow(borrower.debt);
      for (const entry of borrower.writtenOff) entry.amount = grow(entry.amount);
    }
    const earned = this.debt() - before;
    const ofLenders = (interest: Exact) => (interest * (Interest.BPS - s.premium)) / Interest.BPS;
    const lenders = s.lenders.size === 0 ? 0n : ofLenders(earned);
    s.fees += earned - lenders;

    const unvested = min(ofWad(s.unvested, keep) + ofLenders(ofWad(before, portion)), MAX_UNVESTED);
    const vested = s.lenders.size === 0 ? 0n : s.unvested + lenders - unvested;
    const slack = grow(this.slack) + (this.slack * vested) / (this.lenderAssets() + UNIT);
    if (s.lenders.size !== 0) s.unvested = unvested;
    this.spread(vested);
    s.time = this.now;
    s.grown = this.grown;
    return slack;
  }

  /* TOTALS */

  debt(): Exact {
    return sum([...this.state.borrowers.values()].map((borrower) => borrower.debt));
  }

  lenderAssets(): Exact {
    const { lenders, virtual } = this.state;
    return lenders.size === 0 ? 0n : sum(lenders.values()) + virtual - UNIT;
  }

  /** Cover that the fund would pay now. */
  coverage(): Exact {
    const most = this.limit() * UNIT - this.cover.outstanding;
    return max(0n, min(most, this.fund.reserve() + this.fund.staked()));
  }

  limit(): bigint {
    const { limit, pending, effectiveAt } = this.cover;
    const { cooldown, window } = this.fund.terms;
    // every staker can leave first: what windows stand still meanwhile is added
    const set = effectiveAt - cooldown - window;
    const waits = effectiveAt === 0n || this.now < effectiveAt + this.fund.stoodSince(set);
    return waits ? limit : pending;
  }

  borrower(account: string): Borrower {
    const { borrowers } = this.state;
    const found = borrowers.get(account) ?? { collateral: 0n, debt: 0n, writtenOff: [] };
    borrowers.set(account, found);
    return found;
  }

  writtenOffOf(account: string): Exact {
    return sum(this.borrower(account).writtenOff.map((entry) => entry.amount));
  }

  private valueOf(collateral: bigint): Exact {
    return (collateral * this.state.price * UNIT) / ORACLE_SCALE;
  }

  /* LENDERS */

  deposit(account: string, assets: bigint) {
    const refusals: Refusal[] = [
      ["ZeroAmount", this.state.virtual / VIRTUAL_SHARES - assets * UNIT],
      ["Paused", always(this.state.paused)],
      ["SupplyCapExceeded", this.lenderAssets() + (assets - this.state.supplyCap) * UNIT],
      ...this.guard(this.lenderAssets(), false),
    ];
    const book = () => {
      this.look();
      const { lenders } = this.state;
      lenders.set(account, (lenders.get(account) ?? 0n) + assets * UNIT);
      this.receive(this.state.inbound, account, assets * UNIT);
      this.state.cash += assets;
    };
    return { refusals, book };
  }

  withdraw(account: string, assets: bigint) {
    const owned = this.state.lenders.get(account) ?? 0n;
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["InsufficientCash", always(assets > this.state.cash)],
      ["ERC20InsufficientBalance", assets * UNIT - owned],
      ...this.locked(account, assets * UNIT),
      ...this.guard(this.lenderAssets() - assets * UNIT, true),
    ];
    const book = (emptied: boolean) => this.leave(account, assets * UNIT, assets, emptied);
    return { refusals, book };
  }

  /** Redeems a part of what the account owns. */
  redeem(account: string, part: bigint, whole: bigint) {
    const owned = this.state.lenders.get(account) ?? 0n;
    const worth = whole === 0n ? 0n : (owned * part) / whole;
    const refusals: Refusal[] = [
      ["ZeroAmount", part === 0n ? always(true) : UNIT - worth],
      ["InsufficientCash", worth - this.state.cash * UNIT],
      ["ERC20InsufficientBalance", always(part > whole)],
      ...this.locked(account, worth),
      ...this.guard(this.lenderAssets() - worth, true),
    ];
    const book = (assets: bigint) => {
      this.expect("redeemed", assets, worth);
      this.leave(account, worth, assets, part === whole);
    };
    return { refusals, book };
  }

  private leave(account: string, owned: Exact, assets: bigint, emptied: boolean) {
    this.look();
    const { lenders } = this.state;
    const left = max(0n, (lenders.get(account) ?? 0n) - owned);
    if (emptied) this.expect(`left to ${account}, who redeemed all`, 0n, left);
    if (emptied) lenders.delete(account);
    else lenders.set(account, left);
    this.state.cash -= assets;
    if (lenders.size === 0) this.endLenders();
  }

  /** Without lenders all of the pool is fees. */
  private endLenders() {
    const s = this.state;
    s.lenders.clear();
    s.virtual = UNIT;
    s.unvested = 0n;
    s.fees = s.cash * UNIT + this.debt();
  }

  transfer(from: string, to: string, part: bigint, whole: bigint) {
    const sent = whole === 0n ? 0n : ((this.state.lenders.get(from) ?? 0n) * part) / whole;
    const refusals: Refusal[] = [["ERC20InsufficientBalance", always(part > whole)], ...this.locked(from, sent)];
    const book = () => {
      const { lenders } = this.state;
      if (part === 0n) return;
      const moved = ((lenders.get(from) ?? 0n) * part) / whole;
      if (part === whole) lenders.delete(from);
      else lenders.set(from, (lenders.get(from) ?? 0n) - moved);
      lenders.set(to, (lenders.get(to) ?? 0n) + moved);
      this.receive(this.state.inbound, to, moved);
    };
    return { refusals, book };
  }

  /** What came in the block of a loss stays. */
  private locked(account: string, sent: Exact): Refusal[] {
    const { inbound, epochs, lenders } = this.state;
    const arrived = this.arrived(inbound, epochs, account);
    // of what came the contract keeps 48 bits
    const margin = sent + arrived - (lenders.get(account) ?? 0n);
    return arrived === 0n || sent === 0n ? [] : [["SharesLocked", margin - arrived / 2n ** 47n, margin]];
  }

  /** Gives to (or takes from) every lender in proportion to what it owns. */
  private spread(amount: Exact) {
    const s = this.state;
    if (amount === 0n) return;
    const total = this.lenderAssets() + UNIT;
    const { lenders, inbound } = s;
    for (const owned of [lenders, inbound.amounts])
      for (const [account, assets] of owned) owned.set(account, assets + (amount * assets) / total);
    s.virtual += (amount * s.virtual) / total;
  }

  /* THE GUARD */

  /**
   * What the accounts lack that nobody has booked, and the least of it that shows. Accounts whose ratios of debt to collateral differ
   * by less than a 64th may be seen as one, and then what one has to spare hides what another lacks.
   */
  lacking(): Range {
    const found = [...this.state.borrowers.values()].filter(({ debt }) => debt !== 0n);
    const unsure = this.unsure(found.length);
    let [all, near, spare] = [0n, 0n, 0n];
    for (const b of found) {
      const { shortfall } = this.shortfallOf(b);
      all += max(0n, shortfall);
      if (abs(shortfall) * 64n > b.debt + 64n * unsure) continue;
      if (shortfall > 0n) near += shortfall;
      else spare -= shortfall;
    }
    return { least: all - min(near, spare) - unsure, most: all + unsure };
  }

  /** Whether the account's collateral cannot repay its debt. */
  lacks(account: string): boolean {
    const b = this.borrower(account);
    return b.debt !== 0n && this.shortfallOf(b).shortfall > 0n;
  }

  /** The part of a loss that lenders may move past, where `remaining` is theirs. */
  private tolerated(remaining: Exact): Exact {
    return max((max(0n, remaining) * this.terms.guardTolerance) / Interest.BPS, this.terms.dust * UNIT);
  }

  private guard(remaining: Exact, leaving: boolean): Refusal[] {
    if (this.debt() === 0n) return [];
    if (this.state.failure !== undefined) return [["Blind", always(!leaving || !this.mayLeaveBlind())]];
    const [{ least, most }, tolerance] = [this.lacking(), this.tolerated(remaining)];
    return [["UnbookedShortfall", least - tolerance, most - tolerance]];
  }

  /** Since when the failure has been on record; a record that nobody confirms for a day is none. */
  onRecord(): bigint {
    const { blindSince, confirmedAt } = this.state;
    return this.now <= confirmedAt + DAY ? blindSince : 0n;
  }

  private mayLeaveBlind(): boolean {
    const since = this.onRecord();
    return since !== 0n && this.now >= since + this.terms.blindPeriod;
  }

  /** A guard that asks the oracle; without debt it asks nothing. */
  private look() {
    if (this.debt() !== 0n && this.state.failure === undefined) this.see();
  }

  /** A good price ends the record of blindness. */
  private see() {
    this.state.blindSince = 0n;
  }

  private failure(): Refusal[] {
    const { failure } = this.state;
    return failure === undefined ? [] : [[failure, always(true)]];
  }

  setOracle(failure: string | undefined) {
    const book = () => {
      this.state.failure = failure;
    };
    return { refusals: [] as Refusal[], book };
  }

  reportBlind() {
    const { state } = this;
    const book = () => {
      if (state.failure === undefined) this.see();
      else {
        state.blindSince = this.onRecord() || this.now;
        state.confirmedAt = this.now;
      }
    };
    return { refusals: [] as Refusal[], book };
  }

  /* BORROWERS */

  supplyCollateral(account: string, assets: bigint) {
    const refusals: Refusal[] = [["ZeroAmount", always(assets === 0n)]];
    const book = () => {
      this.borrower(account).collateral += assets;
    };
    return { refusals, book };
  }

  withdrawCollateral(account: string, assets: bigint) {
    const b = this.borrower(account);
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["WrittenOffDebt", always(b.writtenOff.length !== 0)],
      ["InsufficientCollateral", always(assets > b.collateral)],
      ["Unhealthy", b.debt === 0n ? always(false) : this.excess(b.collateral - assets, b.debt)],
      ...(b.debt === 0n ? [] : this.failure()),
    ];
    const book = () => {
      if (b.debt !== 0n) this.see();
      b.collateral -= assets;
    };
    return { refusals, book };
  }

  borrow(account: string, assets: bigint) {
    const b = this.borrower(account);
    const debt = b.debt + assets * UNIT;
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["WrittenOffDebt", always(b.writtenOff.length !== 0)],
      ["Paused", always(this.state.paused)],
      ["InsufficientCash", always(assets > this.state.cash)],
      ["DebtBelowMinimum", this.terms.minDebt * UNIT - debt],
      ["Unhealthy", this.excess(b.collateral, debt)],
      ...this.failure(),
    ];
    const book = () => {
      this.see();
      b.debt = debt;
      this.state.cash -= assets;
    };
    return { refusals, book };
  }

  repay(account: string, assets: bigint) {
    const b = this.borrower(account);
    const left = b.debt - assets * UNIT;
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["NoDebt", always(b.debt === 0n)],
      ["DebtBelowMinimum", b.writtenOff.length !== 0 ? always(false) : this.belowMinimum(left)],
    ];
    const book = (repaid: bigint) => {
      this.expect("repaid", repaid, min(assets * UNIT, b.debt));
      this.reduceDebt(b, repaid);
    };
    return { refusals, book };
  }

  private reduceDebt(b: Borrower, repaid: bigint) {
    b.debt = max(0n, b.debt - repaid * UNIT);
    this.state.cash += repaid;
  }

  /** By how much `left` is between nothing and the minimum debt. */
  private belowMinimum(left: Exact): Exact {
    return min(left, this.terms.minDebt * UNIT - left);
  }

  /** What is owed beyond the healthy limit. */
  private excess(collateral: bigint, owed: Exact): Exact {
    return owed - (this.valueOf(collateral) * this.terms.lltv) / WAD;
  }

  /** After a call: an account whose debt the contract holds to be paid, owes nothing in the model either; and the reverse. */
  settle(account: string, owesNothing: boolean, nothingWrittenOff: boolean) {
    const b = this.borrower(account);
    if (owesNothing && b.debt <= this.slack) b.debt = 0n;
    if (!owesNothing && b.debt === 0n) b.debt = 1n;
    if (nothingWrittenOff && this.writtenOffOf(account) <= this.slack) b.writtenOff = [];
  }

  /* WRITE-DOWN */

  /** What the account's collateral can repay of its debt, and what it cannot. */
  private shortfallOf(b: Borrower): { performing: Exact; shortfall: Exact } {
    const performing = (this.valueOf(b.collateral) * WAD) / (WAD + this.terms.writeDownIncentive);
    return { performing, shortfall: b.debt - performing };
  }

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

  private cut(accounts: string[], dust: bigint, cut: Set<string>, booking: Booking | undefined) {
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
      const wiped = lost === 0n ? always(false) : (supply * UNIT) / 10n ** 9n - (held - lost);
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
    this.expectEnd("pool", booking.pool, layers.principal, this.lenderAssets());
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

  /* LIQUIDATION */

  liquidate(account: string, asked: bigint) {
    const b = this.borrower(account);
    const insolvent = this.shortfallOf(b).shortfall;
    const owed = b.debt + this.writtenOffOf(account);
    const due = this.dueWrittenOff(b);
    const healthy = -this.excess(b.collateral, owed);
    const refusals: Refusal[] = [
      ["ZeroAmount", always(asked === 0n)],
      ["NoDebt", always(owed === 0n)],
      ["HealthyPosition", due !== 0n || owed === 0n ? always(false) : healthy],
      ...this.failure(),
    ];
    if (insolvent <= this.slack && owed !== 0n && (healthy <= this.slack || due !== 0n)) {
      const near = this.near((error) => this.repayable(b, asked, error).repaid);
      const least = near.reduce(min);
      const none = near.every((repaid) => repaid === 0n) ? always(true) : 0n;
      refusals.push(["NothingToLiquidate", least <= this.slack ? none : always(false)]);
    }
    const book = (
      cut: Set<string>,
      booking: Booking | undefined,
      paid: { repaid: bigint; recovered: bigint; seized: bigint },
      recoveries: Recoveries,
    ) => {
      this.see();
      this.cut([account], 0n, cut, booking);
      const { slack } = this;
      const total = paid.repaid + paid.recovered;
      // a rounding error of what is owed moves the repayment, and where it would leave dust, to another choice
      const near = this.near((error) => this.repayable(b, asked, error));
      // health and incentive are wads, and the repayment may hang on a tenth of what they differ by
      const tolerance = 16n * (slack + UNIT) + ofWad(b.debt + this.writtenOffOf(account), 64n);
      const match = near.find(({ repaid }) => this.isNear(total, repaid, tolerance));
      if (!match) throw new Error(`liquidated ${total}, expected ${near.map(({ repaid }) => repaid)} / 1e30`);
      const seized = min(b.collateral * UNIT, this.collateralFor(total, match.incentive));
      const ofCollateral = this.state.price === 0n ? 0n : (tolerance * ORACLE_SCALE) / this.state.price + 2n * UNIT;
      if (abs(paid.seized * UNIT - seized) > ofCollateral)
        throw new Error(`seized ${paid.seized}, expected ${seized} / 1e30`);
      if (!this.isNear(paid.repaid, match.ofDebt, tolerance))
        throw new Error(`${paid.repaid} paid the performing debt`);

      // C/D, but where only written-off debt that is due is repaid: the account is healthy with it, and stays so
      const rated = () => b.debt + (b.debt !== 0n && match.ofDebt === 0n ? this.writtenOffOf(account) : 0n);
      const [debt, value] = [rated(), this.valueOf(b.collateral)];
      this.reduceDebt(b, paid.repaid);
      b.collateral -= paid.seized;
      this.payWrittenOff(b, paid.recovered, recoveries);
      const fallen = value * rated() - this.valueOf(b.collateral) * debt;
      if (fallen > (value + debt) * (slack + UNIT)) throw new Error("the liquidation lowered C/D");
    };
    return { refusals, book };
  }

  private collateralFor(repaid: bigint, incentive: Exact): Exact {
    if (this.state.price === 0n) return 0n;
    return (repaid * (UNIT + incentive) * ORACLE_SCALE) / this.state.price;
  }

  private dueWrittenOff(b: Borrower): Exact {
    return sum(b.writtenOff.filter((entry) => this.now >= entry.since + DUE_AFTER).map((entry) => entry.amount));
  }

  /** What is repaid of what a liquidator asks for, and its incentive (30 decimals), if the debt were off by `error`. */
  private repayable(b: Borrower, asked: bigint, error: Exact): { repaid: Exact; ofDebt: Exact; incentive: Exact } {
    const t = this.terms;
    const ratio = (wad: bigint) => wad * 10n ** 12n;
    const [lltv, m, w, i, h] = [t.lltv, t.minIncentive, t.writeDownIncentive, t.maxIncentive, t.targetHealth].map(
      ratio,
    );
    const debt = max(0n, b.debt + (b.debt === 0n ? 0n : error));
    const owed = debt + sum(b.writtenOff.map((entry) => entry.amount));
    const value = this.valueOf(b.collateral);
    if (owed <= 0n) return { repaid: 0n, ofDebt: 0n, incentive: 0n };

    // of a healthy account only what is due of the written-off debt
    if (owed * UNIT <= value * lltv)
      return { repaid: min(this.dueWrittenOff(b), asked * UNIT), ofDebt: 0n, incentive: m };
    const health = (value * lltv) / owed;
    const low = (lltv * (UNIT + i)) / UNIT;
    const ramp = health <= low ? i : m + ((i - m) * (UNIT - health)) / (UNIT - low);
    const incentive = min(ramp, max(w, (value * UNIT) / owed - UNIT));
    const whole = min(owed, (value * UNIT) / (UNIT + incentive));
    const toTarget = (h * owed - lltv * value) / (h - (lltv * (UNIT + incentive)) / UNIT);
    let limit = min(whole, toTarget);
    const minDebt = t.minDebt * UNIT;
    // all of it when the rest would be dust
    if (limit < debt && debt - limit < minDebt) limit = whole;
    let repaid = min(limit, asked * UNIT);
    if (repaid < debt) {
      const defaulted = b.writtenOff.length !== 0;
      if (!defaulted) repaid = max(0n, min(repaid, debt - minDebt));
      else if (debt < minDebt) repaid = 0n;
    }
    return { repaid, ofDebt: min(repaid, debt), incentive };
  }

  /* RECOVERIES */

  repayWrittenOff(account: string, assets: bigint) {
    const b = this.borrower(account);
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["NoDebt", always(b.writtenOff.length === 0)],
    ];
    const book = (repaid: bigint, recoveries: Recoveries) => {
      this.expect("repaid of written-off debt", repaid, min(assets * UNIT, this.writtenOffOf(account)));
      this.payWrittenOff(b, repaid, recoveries);
    };
    return { refusals, book };
  }

  refinance(account: string) {
    const b = this.borrower(account);
    const writtenOff = this.writtenOffOf(account);
    const moved = min(writtenOff, this.state.cash * UNIT);
    const refusals: Refusal[] = [
      ["NoDebt", always(b.writtenOff.length === 0)],
      ["Unhealthy", this.excess(b.collateral, b.debt + writtenOff)],
      ["InsufficientCash", UNIT - moved],
      ["DebtBelowMinimum", moved < writtenOff ? always(false) : this.belowMinimum(b.debt + moved)],
      ...this.failure(),
    ];
    const book = (recovered: bigint, recoveries: Recoveries) => {
      this.see();
      this.expect("refinanced", recovered, moved);
      b.debt += recovered * UNIT;
      this.state.cash -= recovered;
      this.payWrittenOff(b, recovered, recoveries);
    };
    return { refusals, book };
  }

  /** Pays the account's written-off debt, oldest first; each part goes up the waterfall of its loss. */
  private payWrittenOff(b: Borrower, assets: bigint, recoveries: Recoveries) {
    let left = assets * UNIT;
    const climbs: [bigint, Exact, boolean][] = [];
    while (left > 0n && b.writtenOff.length !== 0) {
      const oldest = b.writtenOff[0];
      const paid = min(left, oldest.amount);
      climbs.push([oldest.lossId, paid, oldest.merged]);
      oldest.amount -= paid;
      left -= paid;
      if (oldest.amount === 0n) b.writtenOff.shift();
    }
    this.expect("beyond the written-off debt", 0n, left);
    this.creditRecoveries(climbs, recoveries);
  }

  recover(lossId: bigint, assets: bigint) {
    const ids = this.state.episodes.find((episode) => episode.includes(lossId)) ?? [];
    const due = sum(ids.flatMap((id) => Object.values(this.all.dueOf(this.all.loss(id)))));
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["UnknownLoss", always(!this.all.state.losses.has(lossId))],
      ["RecoveryExceedsLoss", assets * UNIT - due],
    ];
    const book = (recoveries: Recoveries) => this.creditRecoveries([[lossId, assets * UNIT, false]], recoveries);
    return { refusals, book };
  }

  /** What each layer of each loss is to get of payments towards losses; `left` is what no layer can take. */
  private creditRecoveries(payments: [lossId: bigint, assets: Exact, merged: boolean][], actual: Recoveries) {
    const s = this.state;
    const ids = s.episodes.flat();
    const due = new Map(ids.map((id) => [id, this.all.dueOf(this.all.loss(id))]));
    const got = new Map(ids.map((id) => [id, noLayers()]));
    let [surplus, merged] = [0n, 0n];
    for (const [lossId, assets, toLenders] of payments) {
      let left = assets;
      const pay = (id: bigint, layers: (keyof Layers)[], most: Exact) => {
        for (const layer of layers) {
          const paid = min(most, due.get(id)![layer]);
          due.get(id)![layer] -= paid;
          got.get(id)![layer] += paid;
          most -= paid;
          left -= paid;
        }
      };
      const others = s.episodes.find((episode) => episode.includes(lossId))!.filter((id) => id !== lossId);
      for (const layers of [["principal", "interest"], ["staked"], ["reserve"], ["fees"]] as (keyof Layers)[][]) {
        pay(lossId, layers, left);
        const owed = others.map((id) => sum(layers.map((layer) => due.get(id)![layer])));
        const [available, total] = [left, sum(owed)];
        if (total !== 0n) others.forEach((id, i) => pay(id, layers, min(owed[i], (available * owed[i]) / total)));
      }
      surplus += left;
      if (toLenders) merged += left;
    }
    for (const id of actual.byLoss.keys()) if (!got.has(id)) throw new Error(`loss ${id} is none of this pool's`);
    for (const [id, expected] of got) {
      const paid = actual.byLoss.get(id) ?? noLayers();
      for (const layer of LAYERS) this.expect(`recovered by ${layer} of loss ${id}`, paid[layer], expected[layer]);
    }
    this.expect("surplus", actual.surplus, surplus);
    this.routeRecoveries(actual, merged);
  }

  /** Sends what was recovered to the holders' claims, the pool and the fund. */
  private routeRecoveries({ byLoss, surplus }: Recoveries, merged: Exact) {
    const s = this.state;
    const surplusToLenders = min(surplus * UNIT, merged);
    let [interest, fees, reserve, staked] = [surplusToLenders, 0n, surplus * UNIT - surplusToLenders, 0n];
    for (const [id, paid] of byLoss) {
      const loss = this.all.loss(id);
      const due = this.all.dueOf(loss);
      for (const layer of ["reserve", "staked"] as const) {
        if (due[layer] === 0n) continue;
        const restored = (loss.cover[layer] * min(paid[layer] * UNIT, due[layer])) / due[layer];
        loss.cover[layer] -= restored;
        this.cover.outstanding = max(0n, this.cover.outstanding - restored);
      }
      for (const layer of LAYERS) {
        loss.due[layer] = max(0n, due[layer] - paid[layer] * UNIT);
        loss.recovered[layer] += paid[layer];
      }
      loss.grown = this.grown;
      interest += paid.interest * UNIT;
      fees += paid.fees * UNIT;
      reserve += paid.reserve * UNIT;
      // until its epoch opens, the holders of the day stand for those of then
      if (loss.lenderEpoch !== 0 && loss.lenderEpoch <= s.epochs.holders.length) loss.lenderClaims += paid.principal;
      else interest += paid.principal * UNIT;
      if (loss.stakerEpoch !== 0 && loss.stakerEpoch <= this.fund.state.epochs.holders.length)
        loss.stakerClaims += paid.staked;
      else staked += paid.staked * UNIT;
    }
    s.cash += (interest + fees) / UNIT;
    if (s.lenders.size === 0) s.fees += interest + fees;
    else {
      const beyond = max(0n, s.unvested + interest - MAX_UNVESTED);
      s.unvested += interest - beyond;
      this.spread(beyond);
      s.fees += fees;
    }
    this.fund.credit(reserve, staked);
  }

  /* THE FUND AND GOVERNANCE */

  harvest() {
    const refusals = this.guard(this.lenderAssets(), true);
    const book = (paid: bigint, premium: bigint, premiumAt: bigint) => {
      this.look();
      const { state: s, cover } = this;
      const { maxPremium, halfCover, reserveCut } = this.fund.terms;
      // p_max · ρ / (ρ + k), approached by at most p_max in 30 days
      const since = cover.premiumAt === 0n ? this.now : cover.premiumAt;
      const step = (maxPremium * (this.now - since)) / (30n * DAY);
      const next = (error: Exact) => {
        const [cover, debt] = [max(0n, this.coverage() + error), max(0n, this.debt() - error)];
        const target = cover === 0n ? 0n : (maxPremium * cover * WAD) / (cover * WAD + debt * halfCover);
        return target > s.premium ? min(target, s.premium + step) : max(target, s.premium - step);
      };
      const [least, most] = [next(-this.slack - UNIT), next(this.slack + UNIT)];
      if (premium < least - 1n || premium > most + 1n)
        throw new Error(`premium ${premium}, expected ${least}..${most}`);
      if (premiumAt < since || premiumAt > this.now) throw new Error(`premium moved at ${premiumAt}`);
      this.expect("harvested", paid, min(s.fees, s.cash * UNIT));

      s.premium = premium;
      s.fees = max(0n, s.fees - paid * UNIT);
      s.cash -= paid;
      const cut = this.fund.state.stakers.size === 0 ? paid * UNIT : (paid * UNIT * reserveCut) / Interest.BPS;
      this.fund.credit(cut, paid * UNIT - cut);
      cover.premiumAt = premiumAt;
    };
    return { refusals, book };
  }

  setCoverageLimit(limit: bigint) {
    const book = () => {
      const { cooldown, window } = this.fund.terms;
      const current = this.limit();
      const waits = limit > current;
      this.cover.limit = waits ? current : limit;
      this.cover.pending = waits ? limit : 0n;
      this.cover.effectiveAt = waits ? this.now + cooldown + window : 0n;
    };
    return { refusals: [] as Refusal[], book };
  }

  /** By how much what the fund would pay of the loss that shows here is beyond what it tolerates. */
  holdsExits(tolerance: Exact): Range {
    const { fees, failure } = this.state;
    // dust is left alone: no write-down would book it
    const beyond = (loss: Exact) => min(loss - this.terms.dust * UNIT, min(loss - fees, this.coverage()) - tolerance);
    if (this.debt() === 0n) return { least: always(false), most: always(false) };
    if (failure !== undefined) {
      const hidden = this.mayLeaveBlind() ? always(false) : beyond(always(true));
      return { least: hidden, most: hidden };
    }
    const { least, most } = this.lacking();
    return { least: beyond(least), most: beyond(most) };
  }

  setSupplyCap(assets: bigint) {
    const book = () => {
      this.state.supplyCap = assets;
    };
    return { refusals: [] as Refusal[], book };
  }

  setPaused(paused: boolean) {
    const book = () => {
      this.state.paused = paused;
    };
    return { refusals: [] as Refusal[], book };
  }
}
