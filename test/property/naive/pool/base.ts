/** A pool's books, and the passing of time. */
import { FixedPoint, Interest } from "../../../../sdk";
import type { Naive } from "../../naive";
import { max, ofWad, Part, sum, UNIT } from "../exact";
import type { Exact } from "../exact";
import type { Cover, NaiveFund } from "../fund";
import type { Borrower, Factors, PoolState, PoolTerms } from "./state";

const { WAD, min } = FixedPoint;
export const ORACLE_SCALE = 10n ** 36n;
/** What does not fit into the field of unvested interest, vests at once. */
export const MAX_UNVESTED = (2n ** 80n - 1n) * UNIT;

export abstract class PoolBase extends Part {
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

  /* TIME */

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

  /** Gives to (or takes from) every lender in proportion to what it owns. */
  protected spread(amount: Exact) {
    const s = this.state;
    if (amount === 0n) return;
    const total = this.lenderAssets() + UNIT;
    const { lenders, inbound } = s;
    for (const owned of [lenders, inbound.amounts])
      for (const [account, assets] of owned) owned.set(account, assets + (amount * assets) / total);
    s.virtual += (amount * s.virtual) / total;
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

  protected valueOf(collateral: bigint): Exact {
    return (collateral * this.state.price * UNIT) / ORACLE_SCALE;
  }

  /** What the account's collateral can repay of its debt, and what it cannot. */
  protected shortfallOf(b: Borrower): { performing: Exact; shortfall: Exact } {
    const performing = (this.valueOf(b.collateral) * WAD) / (WAD + this.terms.writeDownIncentive);
    return { performing, shortfall: b.debt - performing };
  }
}
