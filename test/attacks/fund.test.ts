import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { FixedPoint } from "../../sdk";
import { loadFixture, takeSnapshot, time } from "../helpers/hre";
import { expectedLoss, lose, priceForLoss } from "../helpers/losses";
import { callOf, DAY, deployAccount, deployLentPool, NEXT, setNext } from "../helpers/pool";
import { signerOf } from "../helpers/protocol";
import { deployCoveredPool, leave, worthOf } from "./fixtures";

const { WAD } = FixedPoint;

describe("Attacks: fund", () => {
  /** Staked 3,000 and 1,000; no reserve and no premium. Any shortfall counts. */
  async function staked() {
    const p = await deployLentPool({ pool: { dust: 0n } });
    await p.stake(p.staker, p.assets("3000"));
    await p.stake(p.staker2, p.assets("1000"));
    await p.grantCoverage(p.assets("10000"));
    return p;
  }
  const covered = () => deployCoveredPool();

  describe("Unstake ahead of a slash; perpetual cooldown; cooldown escaped by transfer", () => {
    it("cooling stake is slashed equally until paid out", async () => {
      const p = await loadFixture(staked);
      await p.fund.connect(p.staker).cooldown(await p.fund.balanceOf(p.staker));
      await time.increase(14n * DAY + 1n);
      await lose(p, p.borrower.address, p.assets("2000"));
      const worth = await worthOf(p.fund, p.staker2);
      expect(await worthOf(p.fund, p.staker)).to.be.within(3n * worth - 3n, 3n * worth + 3n);
      const before = await p.asset.balanceOf(p.staker);
      await p.fund.connect(p.staker).redeem(await p.fund.balanceOf(p.staker), p.staker, p.staker);
      expect((await p.asset.balanceOf(p.staker)) - before).to.be.within(3n * worth - 3n, 3n * worth + 3n);
    });

    it("no exit ahead of a loss that a covered pool shows", async () => {
      const p = await loadFixture(staked);
      const shares = await p.fund.balanceOf(p.staker);
      await p.fund.connect(p.staker).cooldown(shares);
      await time.increase(14n * DAY + 1n);
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("2000"), p.pool));
      await expect(p.fund.connect(p.staker).redeem(shares, p.staker, p.staker))
        .to.be.revertedWithCustomError(p.fund, "ExitsHeld")
        .withArgs(await p.pool.getAddress());
    });

    it("windows expire, and the receiver of a transfer never leaves earlier", async () => {
      const p = await loadFixture(staked);
      const shares = await p.fund.balanceOf(p.staker);
      await p.fund.connect(p.staker).cooldown(shares / 2n);
      await time.increase(14n * DAY + 1n);
      const fund = p.fund.connect(p.staker);
      await expect(fund.transfer(p.stranger, shares)).to.be.revertedWithCustomError(p.fund, "SharesLocked");
      await fund.transfer(p.stranger, shares / 2n);
      for (const [who, error] of [
        [p.stranger, "NoRequest"],
        [p.staker2, "NoRequest"],
      ] as const) {
        await expect(p.fund.connect(who).redeem(1n, who, who)).to.be.revertedWithCustomError(p.fund, error);
      }
      await p.fund.connect(p.stranger).cooldown(shares / 2n);
      await expect(p.fund.connect(p.stranger).redeem(1n, p.stranger, p.stranger)).to.be.revertedWithCustomError(
        p.fund,
        "CooldownNotOver",
      );
      await time.increase(2n * DAY);
      await expect(fund.redeem(shares / 2n, p.staker, p.staker)).to.be.revertedWithCustomError(p.fund, "WindowClosed");
    });
  });

  it("A perpetual request is a free exit option: a request that expires or is renewed forfeits the gain made since it", async () => {
    const p = await loadFixture(staked);
    const shares = await p.fund.balanceOf(p.staker);
    await p.fund.connect(p.staker).cooldown(shares);
    await p.asset.mint(p.fund, p.assets("400"));
    await p.fund.connect(await signerOf(p.socializer)).creditRecovery(p.pool, 0n, p.assets("400"), 0n);
    await time.increase(60n * DAY);
    await p.fund.connect(p.staker).cooldown(1_000_000n);
    // 300 of the 400 were its part: those are the reserve's now
    expect(await worthOf(p.fund, p.staker)).to.be.closeTo(p.assets("3000"), p.assets("0.01"));
    expect(await p.fund.reserve()).to.be.closeTo(p.assets("300"), p.assets("0.01"));
  });

  it("Slash to nothing, then a deposit: the next staker loses ≤ 1 wei; 50 cycles never overflow. A new staker is never slashed for an old loss.", async () => {
    const p = await loadFixture(staked);
    const asPool = p.socializer.connect(await signerOf(p.pool));
    const assets = p.assets("1000");
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, 2n ** 90n);
    await time.increase(16n * DAY);
    for (let cycle = 1n; cycle <= 50n; cycle++) {
      const held = await p.fund.totalAssets();
      await asPool.absorb(p.fund, held, WAD, 0n, 0n, p.assets("1000000"), 0n);
      expect(await p.fund.totalAssets()).to.equal(0n);
      await p.stake(p.staker, assets);
      expect(await worthOf(p.fund, p.staker)).to.be.within(assets - 1n, assets);
    }
    const id = await p.socializer.lossCount();
    expect(await p.socializer.claimable(id, p.staker)).to.equal(0n);
    await leave(p, p.fund, p.staker);
    expect(await p.asset.balanceOf(p.staker)).to.be.within(assets - 1n, assets);
  });

  it("Stakes of one wei, each slashed to nothing, use up no generation: after 300 of them a stake is whole, and ends with its generation", async () => {
    const p = await loadFixture(staked);
    await p.setPrice("1400");
    await p.pool.writeDown([p.borrower]); // empties the fund
    expect([await p.fund.totalAssets(), await p.fund.totalSupply()]).to.deep.equal([0n, 0n]);
    const [most, start] = [await p.fund.maxDeposit(p.staker), await p.fund.generation()];
    await p.provideAssets(p.stranger, 1_000n);
    await p.provideAssets(p.stranger, 1_000n, p.fund);
    // two seconds of interest on the account that was written down are a loss of a unit at least
    for (let i = 0; i < 300; i++) {
      await p.fund.connect(p.stranger).deposit(1n, p.stranger);
      await p.pool.connect(p.stranger).liquidate(p.borrower, 1n, 0n, "0x");
    }
    expect([await p.fund.totalAssets(), await p.fund.totalSupply()]).to.deep.equal([0n, 0n]);
    expect(await p.fund.generation()).to.equal(start + 300n);
    expect(await p.fund.maxDeposit(p.staker)).to.equal(most);
    await p.stake(p.staker, p.assets("1000"));
    expect(await worthOf(p.fund, p.staker)).to.equal(p.assets("1000"));
    await lose(p, p.borrower.address, p.assets("5000"));
    expect([await p.fund.totalAssets(), await p.fund.totalSupply()]).to.deep.equal([0n, 0n]);
    expect(await p.fund.generation()).to.equal(start + 301n);
    expect(await p.socializer.claimable(await p.socializer.lossCount(), p.staker)).to.equal(0n);
  });

  it("Stakes that lose all but a thousandth, again and again, do not use up the shares: a loss that leaves dust ends the generation", async () => {
    for (const [assetDecimals, wait] of [
      [6, 30n],
      [18, 12n],
    ] as const) {
      const p = await deployLentPool({ assetDecimals });
      await p.stake(p.staker, p.assets("4000"));
      await p.grantCoverage(p.assets("100000"));
      await p.setPrice("1400");
      await p.pool.writeDown([p.borrower]); // empties the fund
      const [most, start] = [await p.fund.maxDeposit(p.staker), await p.fund.generation()];
      const account = await deployAccount(p);
      await account.execute([await callOf(p.asset, "approve", [p.fund, MaxUint256])]);
      for (let i = 0; i < 15; i++) {
        await setNext(wait);
        // a stake just so large that the next loss, a few seconds of interest, leaves a little over a thousandth of it
        const { shortfall } = await expectedLoss(p, p.borrower.address);
        await account.execute([
          await callOf(p.fund, "deposit", [shortfall + shortfall / 999n + 1n, account]),
          await callOf(p.pool, "liquidate", [p.borrower, 1n, 0n, "0x"]),
        ]);
      }
      // a round of two ends a generation: the price has to fall under a millionth of par first
      expect(await p.fund.generation()).to.be.at.least(start + 4n);
      expect(await p.fund.maxDeposit(p.staker)).to.be.greaterThan(most / 10n ** 7n);
      await p.stake(p.staker, p.assets("100000"));
      expect(await worthOf(p.fund, p.staker)).to.be.within(p.assets("100000") - 1n, p.assets("100000"));
    }
  });

  it("Flash stake earns 0; Σ premium paid ≤ premium earned.", async () => {
    const p = await loadFixture(covered);
    const account = await deployAccount(p);
    await account.execute([await callOf(p.asset, "approve", [p.fund, 2n ** 255n])]);
    await setNext();
    const { fees } = await p.pool.state(NEXT);
    const paid = async () => (await p.fund.totalAssets()) + (await p.fund.reserve());
    const [before, held] = [await p.fund.totalAssets(NEXT), await p.asset.balanceOf(account)];
    const reserve = await p.fund.reserve(NEXT);
    const stake = p.assets("100000");
    await account.execute([
      await callOf(p.fund, "deposit", [stake, account]),
      await callOf(p.fund, "harvest", [p.pool]),
      await callOf(p.fund, "cooldown", [stake * 900n]),
    ]);
    expect(await worthOf(p.fund, account)).to.be.at.most(stake);
    expect(held - (await p.asset.balanceOf(account))).to.equal(stake);
    expect((await paid()) - before - reserve - stake).to.be.within(0n, fees);
    await time.increase(14n * DAY);
    await account.execute([await callOf(p.fund, "redeem", [stake * 900n, account, account])]);
    expect(await p.asset.balanceOf(account)).to.be.at.most(held);
    expect((await p.pool.state()).premium).to.be.greaterThan(0n);

    // what the fund got by harvests at any intervals is what premium its pool's interest has earned meanwhile, and no more
    await p.fund.harvest(p.pool);
    let [earned, harvested] = [0n, 0n];
    const [capital, { debt }] = [await paid(), await p.pool.state()];
    let owed = debt;
    const intervals = [1n, 3_600n, 1n, DAY, 10n * DAY, 60n, 40n * DAY, 2n * DAY];
    for (const seconds of intervals) {
      await setNext(seconds);
      const at = await p.pool.state(NEXT);
      earned += (at.debt - owed) * at.premium;
      owed = at.debt;
      harvested += at.fees;
      await p.fund.harvest(p.pool);
    }
    expect((await paid()) - capital).to.equal(harvested);
    // each harvest keeps less than a unit, in the lenders' favour
    expect(harvested).to.be.within(earned / 10_000n - BigInt(intervals.length), earned / 10_000n);
  });

  it("A collusive drain with a worthless collateral or a pushed price takes ≤ the pool's limit; a pool nobody approved takes 0.", async () => {
    const p = await loadFixture(staked);
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, p.assets("1500"));
    const total = async () => (await p.fund.totalAssets()) + (await p.fund.reserve());
    const before = await total();
    const start = await takeSnapshot();
    // a default, and whatever a price that is pushed to and fro makes of others
    await p.setPrice("10000000");
    await p.openPosition(p.borrower2, p.collaterals("0.01"), p.assets("10000"));
    await p.setPrice("0");
    await p.pool.writeDown([p.borrower2]);
    expect(before - (await total())).to.equal(p.assets("1500"));
    await p.setPrice("10000000");
    await p.openPosition(p.borrower3, p.collaterals("0.01"), p.assets("5000"));
    await p.setPrice("0");
    await p.pool.writeDown([p.borrower, p.borrower3]);
    expect(before - (await total())).to.equal(p.assets("1500"));
    await start.restore();

    const other = await p.createPool();
    await p.supply(p.stranger, p.assets("10000"), other);
    await p.setPrice("10000000");
    await p.openPosition(p.borrower2, p.collaterals("0.01"), p.assets("10000"), other);
    await p.setPrice("0");
    await other.writeDown([p.borrower2]);
    await p.fund.harvest(other);
    expect(await total()).to.be.at.least(before);
    expect(await p.fund.exitsHeldBy()).to.not.equal(await other.getAddress());
  });

  it("An increase of a coverage limit takes effect only after cooldown + window: every staker can leave first", async () => {
    const p = await loadFixture(staked);
    const other = await p.createPool();
    await p.fund.connect(p.governor).setCoverageLimit(other, p.assets("4000"));
    const shares = await p.fund.balanceOf(p.staker);
    await p.fund.connect(p.staker).cooldown(shares);
    const { closesAt } = await p.fund.cooldownOf(p.staker);
    await time.increaseTo(closesAt - 2n);
    expect(await p.fund.coverageAvailable(other)).to.equal(0n);
    await p.fund.connect(p.staker).redeem(shares, p.staker, p.staker);
    await time.increase(60n);
    expect(await p.fund.coverageAvailable(other)).to.equal(p.assets("1000"));
    await p.fund.connect(p.governor).setCoverageLimit(other, 1n); // a decrease, at once
    expect(await p.fund.coverageAvailable(other)).to.equal(1n);
  });

  it("The reserve tier has no way out but a slash", async () => {
    const p = await loadFixture(covered);
    const reserve = await p.fund.reserve();
    expect(reserve).to.be.at.least(p.assets("1000"));
    for (const staker of [p.staker, p.staker2]) await leave(p, p.fund, staker);
    expect(await p.fund.totalSupply()).to.equal(0n);
    expect(await p.fund.reserve()).to.be.at.least(reserve);
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, 0n);
    await p.fund.harvest(p.pool);
    await p.stake(p.stranger, 1n); // the next staker does not get it either
    await leave(p, p.fund, p.stranger);
    expect(await p.fund.reserve()).to.be.at.least(reserve);
    expect(await p.asset.balanceOf(p.fund)).to.be.at.least(reserve);
    const out: string[] = [];
    p.fund.interface.forEachFunction(
      ({ name, constant }) => void (!constant && /reserve/i.test(name) && out.push(name)),
    );
    expect(out).to.deep.equal(["fundReserve"]);
    expect(await p.fund.exitsHeldBy()).to.equal(ZeroAddress);
  });

  it("A harvest front-runs the first-loss layer: fees leave the pool only while its guard is clear", async () => {
    const p = await loadFixture(covered);
    const { fees } = await p.pool.state();
    expect(fees).to.be.greaterThan(0n);
    await p.setPrice("1500");
    await expect(p.fund.harvest(p.pool)).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
    await p.pool.writeDown([p.borrower]);
    expect((await p.socializer.lossOf(1n)).fees).to.be.at.least(fees);
  });

  it("A premium that jumps: a harvest moves it at a bounded speed per second, however it is called", async () => {
    const p = await loadFixture(staked);
    await p.fund.harvest(p.pool);
    const start = BigInt(await time.latest());
    for (const seconds of [1n, 5_000n, 1n, DAY]) {
      await time.increase(seconds);
      await p.fund.harvest(p.pool);
      const elapsed = BigInt(await time.latest()) - start;
      // at most 2,000 basis points in 30 days
      expect((await p.pool.state()).premium).to.be.at.most((2_000n * elapsed) / (30n * DAY));
    }
    expect((await p.pool.state()).premium).to.be.greaterThan(60n);
  });
});
