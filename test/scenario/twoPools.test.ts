import { expect } from "chai";
import { Waterfall } from "../../sdk";
import type { LendingPool } from "../../typechain-types";
import { loadFixture, time } from "../helpers/hre";
import { layersOf } from "../helpers/losses";
import { inOneBlock } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

/** Two pools that share the price of their collateral and one fund: reserve 1,000, staked 3,000, limits 3,500 and 2,500. */
async function sharedFund() {
  const p = await deployProtocol();
  const [a, b] = [p.pool, await p.createPool({ name: "Second", symbol: "lgTWO" })];
  for (const pool of [a, b]) await p.supply(p.lender, p.assets("100000"), pool);
  await p.stake(p.staker, p.assets("3000"));
  await p.provideAssets(p.treasury, p.assets("1000"), p.fund);
  await p.fund.connect(p.treasury).fundReserve(p.assets("1000"));
  await p.fund.connect(p.governor).setCoverageLimit(a, p.assets("3500"));
  await p.grantCoverage(p.assets("2500"), b);
  for (const pool of [a, b]) await p.openPosition(p.borrower, p.collaterals("50"), p.assets("80000"), pool);
  // 50 · 1500 / 1.02: about 6,470 lost in each
  await p.setPrice("1500");
  return { ...p, a, b };
}

describe("scenario: two pools on one fund", () => {
  /** Writes both down in one block and returns their losses, those of pool a first. */
  async function bothFail(p: Awaited<ReturnType<typeof sharedFund>>, order: LendingPool[]) {
    await inOneBlock(async () => {
      for (const pool of order) await pool.writeDown([p.borrower], { gasLimit: 2_000_000n });
    });
    expect(await p.socializer.lossCount()).to.equal(2n);
    const losses = await Promise.all([1, 2].map((id) => p.socializer.lossOf(id)));
    return order[0] === p.a ? losses : losses.reverse();
  }

  for (const aFirst of [true, false]) {
    it(`serves them in the order of booking, each within its limit (${aFirst ? "a, b" : "b, a"})`, async () => {
      const p = await loadFixture(sharedFund);
      const order = aFirst ? [p.a, p.b] : [p.b, p.a];
      const [lossA, lossB] = await bothFail(p, order);
      const holds = { fees: 0n, reserve: p.assets("1000"), staked: p.assets("3000") };
      const limits = { a: p.assets("3500"), b: p.assets("2500") };
      const interest = async (loss: typeof lossA) => loss.interest; // all of it: the loss reaches the principal
      const first = aFirst ? lossA : lossB;
      const second = aFirst ? lossB : lossA;
      const [limit1, limit2] = aFirst ? [limits.a, limits.b] : [limits.b, limits.a];

      const expected1 = Waterfall.split(first.shortfall, { ...holds, interest: await interest(first) }, limit1);
      const rest = {
        ...holds,
        reserve: holds.reserve - expected1.reserve,
        staked: holds.staked - expected1.staked,
      };
      const expected2 = Waterfall.split(second.shortfall, { ...rest, interest: await interest(second) }, limit2);
      expect(layersOf(first)).to.deep.equal(expected1);
      expect(layersOf(second)).to.deep.equal(expected2);
      // together they take all that the fund has, whatever the order
      expect(first.reserve + first.staked + second.reserve + second.staked).to.equal(p.assets("4000"));
      expect(second.reserve).to.equal(0n);
      expect(second.staked).to.equal(p.assets("4000") - limit1);
      expect([first.stakerEpoch, second.stakerEpoch]).to.deep.equal([1n, 2n]);
      expect(await p.fund.totalAssets()).to.equal(0n);
      for (const pool of [p.a, p.b]) {
        const { cash, debt, lenderAssets, unvested, fees } = await pool.state();
        expect(cash + debt).to.equal(lenderAssets + unvested + fees);
        expect(await p.asset.balanceOf(pool)).to.equal(cash);
        expect(await pool.epoch()).to.equal(1n);
      }
    });
  }

  it("keeps their episodes, limits and recoveries apart", async () => {
    const p = await loadFixture(sharedFund);
    await bothFail(p, [p.a, p.b]);
    expect(await p.socializer.episodeOf(1)).to.deep.equal([1n]);
    expect(await p.socializer.episodeOf(2)).to.deep.equal([2n]);
    await p.stake(p.staker2, p.assets("9000"));
    expect(await p.fund.coverageAvailable(p.a)).to.equal(0n);
    expect(await p.fund.coverageAvailable(p.b)).to.equal(p.assets("2000"));

    // b is paid back beyond its lenders: its limit is free again, a's is not, and a's lenders get nothing
    await p.provideAssets(p.stranger, p.assets("50000"), p.socializer);
    await time.increase(1000);
    const { outstanding, staked } = await p.socializer.lossOf(2);
    await p.socializer.connect(p.stranger).recover(2, outstanding.principal + outstanding.interest + staked / 2n);
    expect((await p.socializer.lossOf(1)).recovered).to.equal(0n);
    expect(await p.fund.coverageAvailable(p.a)).to.equal(0n);
    expect(await p.fund.coverageAvailable(p.b)).to.be.closeTo(p.assets("2250"), p.assets("0.01"));
    // the stakers at the time of b's loss hold the claim, the new one does not
    const { stakerClaims } = await p.socializer.lossOf(2);
    expect(stakerClaims).to.be.closeTo(p.assets("250"), p.assets("0.01"));
    expect(await p.socializer.claimable(2, p.staker)).to.equal(stakerClaims);
    expect(await p.socializer.claimable(2, p.staker2)).to.equal(0n);
    expect(await p.fund.totalAssets()).to.equal(p.assets("9000"));
  });

  it("pays a pool that nobody approved nothing, however it fails", async () => {
    const p = await loadFixture(sharedFund);
    const other = await p.createPool();
    await p.supply(p.stranger, p.assets("1000"), other);
    await p.setPrice("2000");
    await p.openPosition(p.stranger, p.collaterals("1"), p.assets("1000"), other);
    await p.setPrice("0");
    await other.writeDown([p.stranger]);
    const { reserve, staked, principal, shortfall, interest } = await p.socializer.lossOf(1);
    expect([reserve, staked, principal + interest]).to.deep.equal([0n, 0n, shortfall]);
    expect(await p.fund.totalAssets()).to.equal(p.assets("3000"));
  });
});
