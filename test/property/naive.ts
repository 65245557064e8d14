/**
 * A naive model of the protocol, written from the rules alone: what each lender and staker owns and each borrower owes stands in a map,
 * in exact amounts; interest, losses and recoveries are given to each of them separately. No shares, no index, no ticks, no packing,
 * and nothing of the contracts' arithmetic but the growth and vesting factors of each interval: where the sdk has a formula, the
 * model has one of its own, on purpose. Any number of pools share one fund.
 *
 * The contracts round and the model does not, so that the model takes two things from them, each only after it has found it to
 * be what it expects itself, within `slack`: integer amounts that moved as tokens, and choices that hang on less than
 * `slack` (whether one wei is written down, say).
 */
import { always, LAYERS, max, noLayers, sum, UNIT, VIRTUAL_SHARES } from "./naive/exact";
import type { Exact, Layers, Refusal } from "./naive/exact";
import { NaiveFund, newFund, type FundState, type FundTerms } from "./naive/fund";
import { NaivePool } from "./naive/pool";
import { newPool, type Factors, type Loss, type PoolState, type PoolTerms } from "./naive/pool/state";

export * from "./naive/exact";
export type { NaiveFund, FundTerms } from "./naive/fund";
export type { NaivePool } from "./naive/pool";
export type { Booking, Factors, PoolTerms, Recoveries } from "./naive/pool/state";

export interface Terms {
  pools: PoolTerms[];
  fund: FundTerms;
}

interface State {
  pools: PoolState[];
  fund: FundState;
  losses: Map<bigint, Loss>;
  slack: Exact;
}

export class Naive {
  readonly pools: NaivePool[];
  readonly fund = new NaiveFund(this);

  /** `grown`: what a debt of 1 at the start of each pool has grown to by `now`. */
  private constructor(
    readonly terms: Terms,
    readonly state: State,
    /** Block time. */
    readonly now: bigint,
    grown: Exact[],
  ) {
    this.pools = grown.map((each, k) => new NaivePool(this, k, each));
  }

  static start(terms: Terms, now: bigint, prices: bigint[]): Naive {
    const pools = terms.pools.map(({ supplyCap }, k) => newPool(now, prices[k], supplyCap));
    const state = { pools, fund: newFund(now, pools.length), losses: new Map<bigint, Loss>(), slack: 0n };
    return new Naive(
      terms,
      state,
      now,
      pools.map(() => UNIT),
    );
  }

  /* TIME */

  /** A copy at a later time, in which the fund's premium has vested and, where it `accrues`, a pool's interest has accrued. */
  at(now: bigint, factors: Factors[], accrues: (k: number) => boolean): Naive {
    const grown = this.state.pools.map((pool, k) => (pool.grown * factors[k].growth) / UNIT);
    const copy = new Naive(this.terms, structuredClone(this.state), now, grown);
    copy.fund.vest();
    const slack = copy.pools.map((pool, k) => (accrues(k) ? pool.accrue(factors[k]) : 0n));
    copy.state.slack = [copy.state.slack, ...slack].reduce(max);
    return copy;
  }

  /** This, but for the pools other than the k-th: they stay as `others` has them. */
  onlyOf(k: number, others: Naive): Naive {
    const pools = this.state.pools.map((pool, j) => (j === k ? pool : others.state.pools[j]));
    return new Naive(
      this.terms,
      { ...this.state, pools },
      this.now,
      this.pools.map(({ grown }) => grown),
    );
  }

  /** Ends a step: each rounds to a unit of the asset, of the index, and to a share of a pool and of the fund. */
  round() {
    const { pools, fund } = this.state;
    const most = pools.map(({ virtual }, k) => this.pools[k].grown + virtual / VIRTUAL_SHARES).reduce(max);
    this.state.slack += UNIT + most + fund.virtual / VIRTUAL_SHARES;
  }

  /* LOSSES AND CLAIMS */

  loss(lossId: bigint): Loss {
    const loss = this.state.losses.get(lossId);
    if (!loss) throw new Error(`the model knows no loss ${lossId}`);
    return loss;
  }

  /** What is outstanding of a loss, by layer. */
  dueOf(loss: Loss): Layers<Exact> {
    const due = noLayers();
    for (const layer of LAYERS) due[layer] = (loss.due[layer] * this.pools[loss.pool].grown) / loss.grown;
    return due;
  }

  claimable(lossId: bigint, account: string): Exact {
    const loss = this.loss(lossId);
    const part = (claims: bigint, holders: Map<string, Exact> | undefined) =>
      claims === 0n || !holders ? 0n : (claims * UNIT * (holders.get(account) ?? 0n)) / sum(holders.values());
    const { pools, fund } = this.state;
    const lender = part(loss.lenderClaims, pools[loss.pool].epochs.holders[loss.lenderEpoch - 1]);
    const staker = part(loss.stakerClaims, fund.epochs.holders[loss.stakerEpoch - 1]);
    return lender + staker - (loss.claimed.get(account) ?? 0n) * UNIT;
  }

  /** `allowed`: whether the caller may claim for the account. */
  claim(lossIds: bigint[], account: string, allowed: boolean) {
    const refusals: Refusal[] = [
      ["UnknownLoss", always(lossIds.some((id) => !this.state.losses.has(id)))],
      ["ClaimNotAuthorized", always(!allowed && lossIds.length !== 0)],
    ];
    const book = (paid: Map<bigint, bigint>) => {
      for (const id of new Set(lossIds)) {
        const amount = paid.get(id) ?? 0n;
        this.fund.expect(`claim on loss ${id}`, amount, this.claimable(id, account));
        const { claimed } = this.loss(id);
        claimed.set(account, (claimed.get(account) ?? 0n) + amount);
      }
    };
    return { refusals, book };
  }
}
