/** Borrowers: collateral and performing debt. */
import { FixedPoint } from "../../../../sdk";
import { always, max, UNIT } from "../exact";
import type { Exact, Refusal } from "../exact";
import { PoolLenders } from "./lenders";
import type { Borrower } from "./state";

const { WAD, min } = FixedPoint;

export abstract class PoolBorrowers extends PoolLenders {
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

  protected reduceDebt(b: Borrower, repaid: bigint) {
    b.debt = max(0n, b.debt - repaid * UNIT);
    this.state.cash += repaid;
  }

  /** By how much `left` is between nothing and the minimum debt. */
  protected belowMinimum(left: Exact): Exact {
    return min(left, this.terms.minDebt * UNIT - left);
  }

  /** What is owed beyond the healthy limit. */
  protected excess(collateral: bigint, owed: Exact): Exact {
    return owed - (this.valueOf(collateral) * this.terms.lltv) / WAD;
  }

  /** After a call: an account whose debt the contract holds to be paid, owes nothing in the model either; and the reverse. */
  settle(account: string, owesNothing: boolean, nothingWrittenOff: boolean) {
    const b = this.borrower(account);
    if (owesNothing && b.debt <= this.slack) b.debt = 0n;
    if (!owesNothing && b.debt === 0n) b.debt = 1n;
    if (nothingWrittenOff && this.writtenOffOf(account) <= this.slack) b.writtenOff = [];
  }
}
