/** Liquidations: how much of a debt, and for how much collateral. */
import { FixedPoint } from "../../../../sdk";
import { abs, always, DAY, max, ofWad, sum, UNIT } from "../exact";
import type { Exact, Refusal } from "../exact";
import { ORACLE_SCALE } from "./base";
import { PoolDefaults } from "./defaults";
import type { Booking, Borrower, Recoveries } from "./state";

const { min } = FixedPoint;
const DUE_AFTER = 7n * DAY;

export abstract class PoolLiquidations extends PoolDefaults {
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
}
