/**
 * The naive model of a pool: what each lender owns and each borrower owes, and what each loss did to them. A room per concern in
 * `pool/`, each on top of the one before: base, guard, lenders, borrowers, recoveries, defaults, liquidations; here what the fund and
 * the governors do.
 */
import { FixedPoint, Interest } from "../../../sdk";
import { always, DAY, max, UNIT } from "./exact";
import type { Exact, Range, Refusal } from "./exact";
import { PoolLiquidations } from "./pool/liquidations";

const { WAD, min } = FixedPoint;

export class NaivePool extends PoolLiquidations {
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
