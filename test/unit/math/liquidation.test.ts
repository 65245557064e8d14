import fc from "fast-check";
import { equal, ok } from "node:assert/strict";
import { FixedPoint, Liquidation } from "../../../sdk";
import { terms, unhealthy, value } from "../../helpers/arbitraries";
import { integer, runs, uint } from "../../helpers/fuzz";

const { WAD, min } = FixedPoint;

describe("Liquidation", () => {
  it("incentives lie within [m, i], and cost lenders at most w", () => {
    fc.assert(
      fc.property(unhealthy, ([c, d, t]) => {
        const incentive = Liquidation.incentiveOf(c, d, t);
        ok(incentive >= t.minIncentive && incentive <= t.maxIncentive);
        const covered = (c * WAD) / d - WAD;
        ok(incentive <= (covered > t.writeDownIncentive ? covered : t.writeDownIncentive));
      }),
      runs(2_000),
    );
  });

  it("the incentive falls with health", () => {
    fc.assert(
      fc.property(terms, integer(0n, 2n * WAD), (t, health) => {
        ok(Liquidation.ramp(health + 1n, t) <= Liquidation.ramp(health, t));
      }),
      runs(2_000),
    );
  });

  it("what is written down is not written down again", () => {
    fc.assert(
      fc.property(value, uint(60), (c, w) => {
        const performing = Liquidation.performing(c, w);
        ok(performing * (WAD + w) <= c * WAD && (performing + 1n) * (WAD + w) > c * WAD);
      }),
      runs(2_000),
    );
  });

  it("a liquidation of what the collateral can repay, of any size, never lowers C/D", () => {
    fc.assert(
      fc.property(unhealthy, fc.double({ min: 0, max: 1, noNaN: true }), ([c, owes, t], part) => {
        const d = min(owes, Liquidation.performing(c, t.writeDownIncentive));
        fc.pre(d > 0n && !Liquidation.isHealthy(c, d, t.lltv));
        const incentive = Liquidation.incentiveOf(c, d, t);
        const repaid = (Liquidation.affordable(c, d, incentive) * BigInt(Math.floor(part * 1e6))) / 1_000_000n;
        const seized = (repaid * (WAD + incentive)) / WAD;
        ok(seized <= c);
        ok((c - seized) * d >= c * (d - repaid));
      }),
      runs(2_000),
    );
  });

  it("the close factor reaches the target health, or all that the collateral pays", () => {
    let reached = 0;
    fc.assert(
      fc.property(unhealthy, ([c, d, t]) => {
        const incentive = Liquidation.incentiveOf(c, d, t);
        const repaid = Liquidation.toTarget(c, d, incentive, t);
        if (repaid === Liquidation.affordable(c, d, incentive)) return;
        reached++;
        const seized = (repaid * (WAD + incentive)) / WAD;
        // within one unit of health for each wad of the repayment: the divisor is a truncated wad
        ok((c - seized) * t.lltv + repaid >= (d - repaid) * t.targetHealth);
        // and no more than a unit beyond it
        const less = repaid - 1n;
        const kept = c - FixedPoint.divUp(less * (WAD + incentive), WAD);
        ok(kept * t.lltv <= (d - less) * t.targetHealth, "repays too much");
      }),
      runs(2_000),
    );
    ok(reached > runs(2_000).numRuns / 20, `${reached}`);
  });

  it("a clamped repayment leaves no dust, and is within what was asked for and what is allowed", () => {
    const amounts = fc.tuple(integer(1n, 2n ** 96n), uint(98), uint(98), fc.oneof(uint(98), uint(256)), uint(80));
    fc.assert(
      fc.property(amounts, fc.boolean(), ([debt, limit, more, asked, minDebt], defaulted) => {
        // all that may be repaid covers the performing debt: what it cannot cover was written down
        const whole = (limit > debt ? limit : debt) + more;
        const repaid = Liquidation.clamp(debt, limit, whole, asked, defaulted, minDebt);
        ok(repaid <= asked && repaid <= whole);
        const left = repaid < debt ? debt - repaid : 0n;
        if (repaid > 0n && !defaulted) ok(left === 0n || left >= minDebt);
        if (repaid > 0n && defaulted && debt < minDebt) equal(left, 0n);
      }),
      runs(2_000),
    );
  });
});
