import { FixedPoint, Interest, RiskLadder, Waterfall } from "../../sdk";
import type { Reported } from "./accounts";
import {
  LAYERS,
  MAX_SPREAD,
  type Depth,
  type Fairness,
  type GuardedExit,
  type Layers,
  type Market,
  type Snapshot,
} from "./types";

const { saturatingSub, sum } = FixedPoint;

/** What the layers of a pool bear of a shortfall, by the formula of the twin. */
export function expectedLayers(shortfall: bigint, { state, fund }: Snapshot): Layers {
  const holds = { fees: state.fees, reserve: fund.reserve, staked: fund.staked, interest: state.unvested };
  return Waterfall.split(shortfall, holds, fund.available);
}

type Terms = Pick<Market, "writeDownIncentive" | "dust" | "guardTolerance" | "fundTolerance">;

/**
 * What a replay can see of the invariants of docs/design.md, whose numbers stand here: each is checked at every step
 * that it applies to, and counted. `when` says where a violation was found.
 */
export class Identities {
  checked = 0;
  readonly violations: string[] = [];

  /** @param terms of the pool and of its fund */
  constructor(private readonly terms: Terms) {}

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
   * Nos. 9 and 10: only accounts that were called change; and what the pool reports of an account is what follows from
   * its index units.
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
   * No. 9: liquidations seize what leaves the account and repay what it no longer owes, and collateral per debt does
   * not fall. `before` and `after` are of the same second, so that no interest comes between them.
   */
  liquidated(when: string, before: Snapshot, after: Snapshot, account: number, repaid: bigint, seized: bigint): void {
    const [was, is] = [before.positions[account], after.positions[account]];
    this.equal(was.collateral - is.collateral, seized, `${when}: collateral gone from account ${account} and seized`);
    const cleared = was.debt + was.writtenOff - is.debt - is.writtenOff;
    // Debt in index units is rounded at each change.
    this.check(cleared <= repaid + 2n && repaid <= cleared + 2n, `${when}: ${repaid} repaid, ${cleared} cleared`);
    const owed = is.debt + is.writtenOff - 2n;
    const worse = owed > 0n && is.collateral * (was.debt + was.writtenOff) < was.collateral * owed;
    this.check(!worse || was.shortfall > 0n, `${when}: account ${account} has less collateral per debt`);
  }

  /**
   * No. 4: the layers add up to the shortfall, and each pays to its end before the next one does. `before` is of the
   * same second as the loss.
   */
  waterfall(when: string, before: Snapshot, shortfall: bigint, layers: Layers): void {
    this.equal(sum(LAYERS.map((layer) => layers[layer])), shortfall, `${when}: Σ layers and shortfall`);
    const expected = expectedLayers(shortfall, before);
    for (const layer of LAYERS) this.equal(layers[layer], expected[layer], `${when}: ${layer}, in the order of layers`);
  }

  /** No. 2: each tick of the ladder holds the sums of its accounts, and no others. */
  ladder(when: string, { positions, ladder }: Snapshot): void {
    const scan = new Map<bigint, { scaled: bigint; collateral: bigint }>();
    for (const { scaled, collateral } of positions) {
      if (scaled === 0n) continue;
      const tick = RiskLadder.tickOf(scaled, collateral);
      const sums = scan.get(tick) ?? { scaled: 0n, collateral: 0n };
      scan.set(tick, { scaled: sums.scaled + scaled, collateral: sums.collateral + collateral });
    }
    this.equal(BigInt(ladder.length), BigInt(scan.size), `${when}: occupied ticks and those of the accounts`);
    for (const { tick, scaledDebt, collateral } of ladder) {
      const sums = scan.get(tick);
      const same = sums?.scaled === scaledDebt && sums.collateral === collateral;
      this.check(same, `${when}: tick ${tick} of the ladder is not the sum of its accounts`);
    }
  }

  /**
   * What the pool sees is never more than the loss that is there, and less only by accounts that could repay in the
   * tick of the price; and the fund's stakers wait where it would have to pay.
   */
  sight(when: string, { state, price, positions, ladder, visible, fund }: Snapshot): void {
    const { writeDownIncentive, fundTolerance } = this.terms;
    const missed = sum(positions.map(({ shortfall }) => shortfall)) - visible;
    const repayable = (FixedPoint.WAD * FixedPoint.WAD) / (FixedPoint.WAD + writeDownIncentive);
    const boundary = RiskLadder.tickAt(price, state.index, repayable);
    const scaled = ladder.find(({ tick }) => tick === boundary)?.scaledDebt ?? 0n;
    const debt = FixedPoint.mulDivUp(scaled, state.index, FixedPoint.WAD);
    // Each account's debt is rounded up, what it can repay is rounded down twice.
    const most = debt / RiskLadder.OCTAVE + 3n * BigInt(positions.length);
    this.check(missed >= 0n && missed <= most, `${when}: the pool sees ${visible}, and ${missed} less than there is`);

    const tolerance = ((fund.reserve + fund.staked) * fundTolerance) / Interest.BPS;
    const due = FixedPoint.min(saturatingSub(visible, state.fees), fund.available);
    this.check(fund.held === due > tolerance, `${when}: stakers' exits held: ${fund.held}, ${due} due of the fund`);
  }

  /** Whoever writes down all that is insolvent opens the pool. */
  opened(when: string, { state, visible }: Snapshot): void {
    const { guardTolerance, dust } = this.terms;
    const tolerated = RiskLadder.tolerated(state.lenderAssets, guardTolerance, dust);
    this.check(visible <= tolerated, `${when}: ${visible} to be seen after a write-down, ${tolerated} tolerated`);
  }

  /** No. 8: nobody leaves past a loss that the pool sees and nobody has booked. */
  refused(when: string, refused: boolean, visible: bigint): void {
    this.check(refused, `${when}: an exit went past an unbooked loss of ${visible}`);
  }

  /** Nos. 7 and 8: who books the loss and leaves gets what an equal stake that stays is worth. */
  guarded({ stake, leaverValue, stayerValue }: GuardedExit): void {
    const spread = Math.abs(Number(leaverValue - stayerValue)) / Number(stake);
    this.check(spread <= MAX_SPREAD, `the runner left with ${leaverValue}, an equal stake that stayed: ${stayerValue}`);
  }

  /** Depth at the oracle's price shows what the pool sees; at a lower price there is no less of it. */
  depth(when: string, { now, curve }: Depth, visible: bigint): void {
    this.equal(now.badDebt, visible, `${when}: bad debt at the price and visible shortfall`);
    curve.forEach(({ debt, badDebt }, i) => {
      this.check(badDebt <= debt, `${when}: ${badDebt} bad of a debt of ${debt}`);
      const higher = curve[i + 1] ?? { debt: 0n, badDebt: 0n };
      const falls = debt >= higher.debt && badDebt >= higher.badDebt;
      this.check(falls, `${when}: less is liquidatable or bad at a price of ${curve[i].price} than above it`);
    });
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
