import fc from "fast-check";
import { ok } from "node:assert/strict";
import { SharesMath } from "../../../sdk";
import { runs, uint } from "../../helpers/fuzz";

describe("SharesMath", () => {
  const pool = fc.tuple(uint(104), uint(112));

  it("rounds to the next integer on the side in its name", () => {
    fc.assert(
      fc.property(uint(104), pool, (amount, [total, supply]) => {
        const [perShare, perAsset] = [total + 1n, supply + 1000n];
        const isFloor = (x: bigint, n: bigint, d: bigint) => x * d <= n && n < (x + 1n) * d;
        const isCeiling = (x: bigint, n: bigint, d: bigint) => (x - 1n) * d < n && n <= x * d;
        ok(isFloor(SharesMath.toSharesDown(amount, total, supply), amount * perAsset, perShare));
        ok(isCeiling(SharesMath.toSharesUp(amount, total, supply), amount * perAsset, perShare));
        ok(isFloor(SharesMath.toAssetsDown(amount, total, supply), amount * perShare, perAsset));
        ok(isCeiling(SharesMath.toAssetsUp(amount, total, supply), amount * perShare, perAsset));
      }),
      runs(2_000),
    );
  });

  it("a round trip gains nothing, and entering or leaving never lowers the share price", () => {
    fc.assert(
      fc.property(uint(104), pool, (amount, [total, supply]) => {
        const minted = SharesMath.toSharesDown(amount, total, supply);
        fc.pre(minted <= SharesMath.MAX_AMOUNT);
        ok(SharesMath.toAssetsDown(minted, total + amount, supply + minted) <= amount);
        const risen = (t: bigint, s: bigint) => (t + 1n) * (supply + 1000n) >= (total + 1n) * (s + 1000n);
        ok(risen(total + amount, supply + minted));
        const burned = SharesMath.toSharesUp(amount, total, supply);
        if (amount <= total && burned <= supply) ok(risen(total - amount, supply - burned));
      }),
      runs(2_000),
    );
  });
});
