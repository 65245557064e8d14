import { FixedPoint, Waterfall } from "../../sdk";
import type { Reported } from "./accounts";
import type { Snapshot } from "./market";
import { LAYERS, type Fairness, type Layers } from "./types";

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

/** What the layers of a pool bear of a shortfall, by the formula of the twin. */
export function expectedLayers(shortfall: bigint, { state, fund }: Snapshot): Layers {
  const holds = { fees: state.fees, reserve: fund.reserve, staked: fund.staked, interest: state.unvested };
  return Waterfall.split(shortfall, holds, fund.available);
}

/** As a fraction of the stake. */
const MAX_SPREAD = 1e-9;

/**
 * The identities of the design's list of invariants that a replay can see, each checked at every step that it applies to,
 * and counted. `when` says where a violation was found.
 */
export class Identities {
  checked = 0;
  readonly violations: string[] = [];

  check(holds: boolean, what: string): void {
    this.checked++;
    if (!holds) this.violations.push(what);
  }

  private equal(a: bigint, b: bigint, what: string): void {
    this.check(a === b, `${what}: ${a} against ${b}`);
  }

  /** Nos. 1, 2 and 15: what holds at every instant. */
  always(when: string, snapshot: Snapshot): void {
    const { state, positions, balances, fund } = snapshot;
    const { cash, debt, lenderAssets, unvested, fees } = state;
    this.equal(cash + debt, lenderAssets + unvested + fees, `${when}: cash + debt and lenderAssets + unvested + fees`);
    this.equal(snapshot.loanBalance, cash, `${when}: loan tokens in the pool and cash`);
    this.equal(sum(balances), state.supply, `${when}: Σ balances and supply`);
    this.equal(sum(positions.map(({ scaled }) => scaled)), state.scaledDebt, `${when}: Σ scaled debt and scaled debt`);
    const collateral = sum(positions.map((position) => position.collateral));
    this.equal(collateral, snapshot.collateralBalance, `${when}: Σ collateral and collateral tokens in the pool`);
    // Each position's debt is rounded up, the total down.
    const rounding = sum(positions.map((position) => position.debt)) - debt;
    this.check(rounding >= 0n && rounding <= BigInt(positions.length) + 1n, `${when}: Σ debt is debt + ${rounding}`);
    this.check(
      fund.outstanding <= fund.limit,
      `${when}: cover of ${fund.outstanding} outstanding, limit ${fund.limit}`,
    );
  }

  /** No. 3: without a loss the share price does not fall, and a loss does not raise it. */
  sharePrice(when: string, before: Snapshot, after: Snapshot, principalLost: bigint): void {
    if (before.generation !== after.generation) return;
    const moved = `${when}: the share price went from ${before.sharePrice} to ${after.sharePrice}`;
    if (principalLost > 0n) this.check(after.sharePrice < before.sharePrice, `${moved}, on a loss of ${principalLost}`);
    else this.check(after.sharePrice >= before.sharePrice, `${moved}, without a loss of principal`);
  }

  /**
   * Nos. 9 and 10: only accounts that were called change; and what the pool reports of an account is what follows from its
   * index units.
   */
  reported(when: string, { positions }: Snapshot, accounts: readonly Reported[], touched: ReadonlySet<number>): void {
    for (const { borrower, before, now, debt, writtenOff } of accounts) {
      this.equal(debt, positions[borrower].debt, `${when}: debt of account ${borrower} and its units`);
      this.equal(writtenOff, positions[borrower].writtenOff, `${when}: written-off debt of account ${borrower}`);
      if (touched.has(borrower)) continue;
      const same =
        now.collateral === before.collateral &&
        now.scaled === before.scaled &&
        now.writtenOffs.join() === before.writtenOffs.join();
      this.check(same, `${when}: account ${borrower} changed, which nobody called`);
    }
  }

  /**
   * No. 9, in no time: liquidations seize what leaves the account and repay what it no longer owes, and collateral per debt
   * does not fall.
   */
  liquidated(when: string, before: Snapshot, after: Snapshot, account: number, repaid: bigint, seized: bigint): void {
    const [was, is] = [before.positions[account], after.positions[account]];
    this.equal(was.collateral - is.collateral, seized, `${when}: collateral gone from account ${account} and seized`);
    const cleared = was.debt + was.writtenOff - is.debt - is.writtenOff;
    // Debt in index units is rounded at each change.
    this.check(cleared <= repaid + 2n && repaid <= cleared + 2n, `${when}: ${repaid} repaid, ${cleared} cleared`);
    const owed = is.debt + is.writtenOff - 2n;
    const worse = owed > 0n && is.collateral * (was.debt + was.writtenOff) < was.collateral * owed;
    this.check(!worse || was.insolvent, `${when}: account ${account} has less collateral per debt`);
  }

  /** No. 4, in no time: the layers add up to the shortfall, each to its end before the next. */
  waterfall(when: string, before: Snapshot, shortfall: bigint, layers: Layers): void {
    this.equal(sum(LAYERS.map((layer) => layers[layer])), shortfall, `${when}: Σ layers and shortfall`);
    const expected = expectedLayers(shortfall, before);
    for (const layer of LAYERS) this.equal(layers[layer], expected[layer], `${when}: ${layer}, in the order of layers`);
  }

  /** No. 7: leaver and stayer end with the same, and the entrant with what it brought. */
  fairness({ leaver, stayer, entrant, spread }: Fairness): void {
    this.check(spread <= MAX_SPREAD, `spread of ${spread} between leaver and stayer`);
    const gained = Number(entrant.afterLoss + entrant.claims - entrant.stake) / Number(entrant.stake);
    this.check(Math.abs(gained) <= MAX_SPREAD, `the entrant gained ${gained} of its stake from an earlier loss`);
    this.equal(leaver.since, 0n, "what the leaver got from later losses, and nothing");
    // What stakes of equal value bring from then on is equal, however many shares they are.
    const drift = stayer.since * entrant.afterLoss - entrant.since * stayer.afterLoss;
    const relative = Number(drift) / Number(stayer.afterLoss) / Number(entrant.afterLoss);
    this.check(Math.abs(relative) <= MAX_SPREAD, `stayer and entrant drift apart by ${relative} after the loss`);
  }

  /**
   * Nos. 4 and 6: the loss records add up, no layer got back more than it lost and what accrued on it, and no more was
   * claimed than recovered.
   * @param indices The pool's borrow index when each loss was booked.
   * @param claimed What was paid to claims on each loss.
   */
  losses(
    when: string,
    { losses, state, socializerBalance }: Snapshot,
    indices: ReadonlyMap<number, bigint>,
    claimed: ReadonlyMap<number, bigint>,
  ): void {
    let unclaimed = 0n;
    losses.forEach((loss, i) => {
      const id = i + 1;
      this.equal(
        sum(LAYERS.map((layer) => loss[layer])),
        loss.shortfall,
        `${when}: Σ layers and shortfall of loss ${id}`,
      );
      const back = sum(LAYERS.map((layer) => loss.recoveredBy[layer]));
      this.equal(back, loss.recovered, `${when}: Σ recovered layers and recovered of loss ${id}`);
      for (const layer of LAYERS) {
        const most = FixedPoint.mulDivUp(loss[layer], state.index, indices.get(id) ?? FixedPoint.WAD);
        const got = loss.recoveredBy[layer];
        this.check(got <= most, `${when}: ${layer} of loss ${id} got ${got} back, of ${most}`);
      }
      const [claims, paid] = [loss.lenderClaims + loss.stakerClaims, claimed.get(id) ?? 0n];
      this.check(paid <= claims, `${when}: ${paid} claimed of loss ${id}, recovered ${claims}`);
      unclaimed += claims - paid;
    });
    this.equal(socializerBalance, unclaimed, `${when}: tokens of the socializer and unclaimed recoveries`);
  }
}
