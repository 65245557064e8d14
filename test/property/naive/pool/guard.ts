/** What the pool sees of losses that nobody has booked, and who may move while it does. */
import { FixedPoint, Interest } from "../../../../sdk";
import { abs, always, DAY, max, UNIT } from "../exact";
import type { Exact, Range, Refusal } from "../exact";
import { PoolBase } from "./base";

const { min } = FixedPoint;

export abstract class PoolGuard extends PoolBase {
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

  protected guard(remaining: Exact, leaving: boolean): Refusal[] {
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

  protected mayLeaveBlind(): boolean {
    const since = this.onRecord();
    return since !== 0n && this.now >= since + this.terms.blindPeriod;
  }

  /** A guard that asks the oracle; without debt it asks nothing. */
  protected look() {
    if (this.debt() !== 0n && this.state.failure === undefined) this.see();
  }

  /** A good price ends the record of blindness. */
  protected see() {
    this.state.blindSince = 0n;
  }

  protected failure(): Refusal[] {
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
}
