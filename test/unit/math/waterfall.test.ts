import fc from "fast-check";
import { equal, ok } from "node:assert/strict";
import { FixedPoint, Interest, Waterfall } from "../../../sdk";
import { assets, index } from "../../helpers/arbitraries";
import { runs, uint } from "../../helpers/fuzz";

const { min, sum, WAD } = FixedPoint;

const LAYERS = ["fees", "reserve", "staked", "interest", "principal"] as const;

describe("Waterfall", () => {
  const layers = fc.record({ fees: uint(90), reserve: uint(90), staked: uint(90), interest: uint(90) });
  const total = (paid: Waterfall.Layers) => sum(Object.values(paid));

  it("a loss is split to the unit, and touches a layer only if every layer before it is at its end or limit", () => {
    fc.assert(
      fc.property(uint(96), layers, uint(90), (shortfall, holds, coverage) => {
        const borne = Waterfall.split(shortfall, holds, coverage);
        equal(total(borne), shortfall);
        const full = {
          fees: borne.fees === holds.fees,
          reserve: borne.reserve === holds.reserve,
          cover: borne.reserve + borne.staked === min(coverage, holds.reserve + holds.staked),
          interest: borne.interest === holds.interest,
        };
        if (borne.reserve + borne.staked + borne.interest + borne.principal > 0n) ok(full.fees);
        if (borne.staked > 0n) ok(full.reserve);
        if (borne.interest + borne.principal > 0n) ok(full.cover);
        if (borne.principal > 0n) ok(full.interest);
      }),
      runs(2_000),
    );
  });

  it("two losses in sequence are split as their sum is, to the unit", () => {
    fc.assert(
      fc.property(uint(92), uint(92), layers, uint(90), (first, second, holds, coverage) => {
        const a = Waterfall.split(first, holds, coverage);
        const rest = {
          fees: holds.fees - a.fees,
          reserve: holds.reserve - a.reserve,
          staked: holds.staked - a.staked,
          interest: holds.interest - a.interest,
        };
        const b = Waterfall.split(second, rest, coverage - a.reserve - a.staked);
        const both = Waterfall.split(first + second, holds, coverage);
        for (const layer of LAYERS) equal(a[layer] + b[layer], both[layer]);
      }),
      runs(2_000),
    );
  });

  it("a recovery climbs: lenders of the whole episode before stakers, reserve and fees, the own loss first", () => {
    const loss = fc.record({
      fees: uint(80),
      reserve: uint(80),
      staked: uint(80),
      interest: uint(80),
      principal: uint(80),
    });
    fc.assert(
      fc.property(fc.array(loss, { minLength: 1, maxLength: 5 }), uint(85), index, (episode, recovered, at) => {
        const { paid, due, left } = Waterfall.climb(episode, recovered, at);
        equal(sum(paid.map(total)) + left, recovered);
        const open = (step: (keyof Waterfall.Layers)[], losses = due) =>
          losses.some((l) => step.some((k) => l[k] !== 0n));
        const got = (step: (keyof Waterfall.Layers)[], losses = paid) =>
          losses.some((l) => step.some((k) => l[k] !== 0n));
        const steps: (keyof Waterfall.Layers)[][] = [["principal", "interest"], ["staked"], ["reserve"], ["fees"]];
        steps.forEach((step, i) => {
          if (open(step)) ok(!(got(steps.slice(i + 1).flat()) || left !== 0n));
          if (open(step, [due[0]])) ok(!got(step, paid.slice(1)));
        });
        episode.forEach((owed, i) => {
          for (const layer of LAYERS) {
            ok(paid[i][layer] <= Waterfall.toAssets(owed[layer], at));
            ok(Waterfall.toAssets(due[i][layer], at) <= Waterfall.toAssets(owed[layer], at) - paid[i][layer]);
          }
        });
      }),
      runs(2_000),
    );
  });

  it("a layer that is paid in parts gets no more than it is owed, and less by at most a unit for each part", () => {
    fc.assert(
      fc.property(uint(90), index, fc.array(uint(90), { maxLength: 20 }), (due, at, parts) => {
        let [left, total] = [due, 0n];
        for (const part of parts) {
          const { paid, units } = Waterfall.pay(part, left, at);
          ok(paid <= part && units <= left);
          left -= units;
          total += paid;
        }
        const worth = Interest.debtDown(due, at);
        const rest = Waterfall.pay(2n ** 128n, left, at);
        equal(rest.units, left);
        ok(total + rest.paid <= worth);
        // a part pays off less than a unit too much of the index, which is worth up to one index
        const most = BigInt(parts.length + 1) * (1n + at / WAD);
        ok(worth - total - rest.paid <= most);
      }),
      runs(2_000),
    );
  });

  it("a loss is worth no more in units than in assets", () => {
    fc.assert(
      fc.property(uint(96), index, (loss, at) => {
        const worth = Interest.debtDown(Waterfall.toUnits(loss, at), at);
        ok(worth <= loss && loss - worth <= at / WAD + 1n);
      }),
      runs(2_000),
    );
  });

  it("the holders' parts of a recovery are no more than the recovery", () => {
    fc.assert(
      fc.property(assets, fc.array(uint(104), { minLength: 1, maxLength: 50 }), (recovered, balances) => {
        const supply = sum(balances);
        const parts = balances.map((balance) => Waterfall.shareOf(recovered, balance, supply));
        ok(sum(parts) <= recovered);
        if (supply !== 0n) ok(recovered - sum(parts) < BigInt(balances.length));
      }),
      runs(2_000),
    );
  });
});
