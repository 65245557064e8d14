import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { FixedPoint, Liquidation } from "../../sdk";
import { ethers, loadFixture } from "../helpers/hre";
import { writeStorage } from "../helpers/layout";
import { lose } from "../helpers/losses";
import { OracleMode } from "../helpers/oracle";
import { NEXT, setNext } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

const { WAD } = FixedPoint;

async function fixture() {
  const p = await deployProtocol();
  await p.supply(p.lender, p.assets("60000"));
  await p.supply(p.lender2, p.assets("40000"));
  await p.stake(p.staker, p.assets("2000"));
  await p.grantCoverage(p.assets("1000"));
  await p.openPosition(p.borrower, p.collaterals("50"), p.assets("80000"));
  await p.openPosition(p.borrower2, p.collaterals("1"), p.assets("100"));
  return p;
}

describe("PoolLens", () => {
  it("shows a pool as it shows itself", async () => {
    const p = await loadFixture(fixture);
    const view = await p.lens.poolOf(p.pool);
    const { asset, collateralAsset, oracle, fund, lltv } = p.params;
    expect(view.pool).to.equal(await p.pool.getAddress());
    expect([view.asset, view.collateralAsset, view.oracle, view.fund, view.lltv]).to.deep.equal([
      asset,
      collateralAsset,
      oracle,
      fund,
      lltv,
    ]);
    expect([view.epoch, view.generation]).to.deep.equal([0n, 0n]);
    expect(view.state).to.deep.equal(await p.pool.state());
    expect([view.price, view.priced]).to.deep.equal([p.priceUnits("2000"), true]);
    await lose(p, p.borrower.address, p.assets("9000"));
    expect((await p.lens.poolOf(p.pool)).epoch).to.equal(1n);
  });

  it("pages through the pools of a factory", async () => {
    const p = await loadFixture(fixture);
    const second = await p.createPool({ name: "Second" });
    const third = await p.createPool({ name: "Third" });
    const pages = async (start: number, count: bigint | number) =>
      (await p.lens.pools(p.factory, start, count)).map(({ pool }) => pool);
    const all = [await p.pool.getAddress(), await second.getAddress(), await third.getAddress()];
    expect(await pages(0, MaxUint256)).to.deep.equal(all);
    expect(await pages(1, 1)).to.deep.equal([all[1]]);
    expect(await pages(3, 5)).to.deep.equal([]);
  });

  it("shows positions with health and what a write-down would take", async () => {
    const p = await loadFixture(fixture);
    const accounts = [p.borrower, p.borrower2, p.stranger];
    for (const price of ["2000", "1640", "1500"]) {
      await p.setPrice(price);
      const views = await p.lens.positions(p.pool, accounts);
      for (const [i, account] of accounts.entries()) {
        const [collateral, debt, writtenOff] = await p.pool.positionOf(account);
        const { health, shortfall } = views[i];
        expect(views[i].slice(0, 4)).to.deep.equal([account.address, collateral, debt, writtenOff]);
        expect(health).to.equal(await p.pool.healthOf(account));
        const value = Liquidation.valueOf(collateral, p.priceUnits(price));
        const performing = Liquidation.performing(value, await p.pool.writeDownIncentive());
        expect(shortfall).to.equal(debt > performing ? debt - performing : 0n);
      }
      expect(views[0].shortfall > 0n).to.equal(price === "1500");
    }
    // the pool takes the same, but for what rounding and a second of interest make of it
    const [{ shortfall }] = await p.lens.positions(p.pool, [p.borrower]);
    expect(await p.pool.writeDown.staticCall([p.borrower])).to.be.within(shortfall - 1n, shortfall + 1_000n);
    await p.pool.writeDown([p.borrower]);
    const [after] = await p.lens.positions(p.pool, [p.borrower]);
    expect(after.shortfall).to.be.lessThan(1_000n);
    expect(after.writtenOff).to.equal((await p.pool.positionOf(p.borrower)).writtenOff);
  });

  it("shows dust as well, which a write-down leaves alone by itself", async () => {
    const p = await loadFixture(fixture);
    const [, debt] = await p.pool.positionOf(p.borrower);
    const priceAt = (value: bigint) => (value * Liquidation.ORACLE_SCALE) / p.collaterals("50");
    // 30 short with the incentive: less than the dust of 50
    await p.oracle.setPrice(priceAt(((debt - p.assets("30")) * 102n) / 100n));
    const [dust] = await p.lens.positions(p.pool, [p.borrower]);
    expect(dust.shortfall).to.be.closeTo(p.assets("30"), p.assets("0.01"));
    expect(await p.pool.writeDown.staticCall([p.borrower])).to.equal(0n);
    await p.oracle.setPrice(priceAt(((debt - p.assets("60")) * 102n) / 100n));
    const [{ shortfall }] = await p.lens.positions(p.pool, [p.borrower]);
    expect(shortfall).to.be.closeTo(p.assets("60"), p.assets("0.01"));
    expect(await p.pool.writeDown.staticCall([p.borrower])).to.be.closeTo(shortfall, p.assets("0.01"));
    // however little, where the collateral is not worth the debt
    const small = p.pool.connect(p.borrower2);
    expect((await p.pool.positionOf(p.borrower2)).debt).to.be.closeTo(p.assets("100"), p.assets("0.1"));
    await p.oracle.setPrice(p.priceUnits("99"));
    const [little] = await p.lens.positions(p.pool, [p.borrower2]);
    expect(little.shortfall).to.be.within(1n, p.assets("50"));
    expect(await small.writeDown.staticCall([p.borrower2])).to.be.within(
      little.shortfall - 1n,
      little.shortfall + 1_000n,
    );
  });

  it("ranks accounts by the price at which they could not repay any more", async () => {
    const p = await loadFixture(fixture);
    await p.openPosition(p.borrower3, p.collaterals("1"), p.assets("1000"));
    await p.provideCollateral(p.lender3, p.collaterals("1"));
    await p.pool.connect(p.lender3).supplyCollateral(p.collaterals("1"), p.lender3);
    const accounts = [p.lender3, p.borrower2, p.borrower, p.stranger, p.borrower3].map(({ address }) => address);
    const ranked = await p.lens.riskiest(p.pool, accounts);
    expect(ranked.slice(0, 3).map(({ account }) => account)).to.deep.equal(
      [p.borrower, p.borrower3, p.borrower2].map(({ address }) => address),
    );
    expect(ranked.slice(3).map(({ writeDownPrice }) => writeDownPrice)).to.deep.equal([0n, 0n]);
    const views = await p.lens.positions(p.pool, accounts);
    for (const view of ranked) expect(views.map(String)).to.include(String(view));
    expect(await p.lens.riskiest(p.pool, [])).to.deep.equal([]);
    // at its price an account lacks nothing, a little below it does
    for (const { account, writeDownPrice, collateral } of ranked.slice(0, 3)) {
      const { debt } = await p.pool.positionOf(account);
      const lack = (price: bigint) => debt - Liquidation.performing(Liquidation.valueOf(collateral, price), WAD / 50n);
      expect(lack(writeDownPrice + writeDownPrice / 10n ** 9n)).to.be.lessThanOrEqual(1n);
      expect(lack(writeDownPrice - writeDownPrice / 10n ** 6n)).to.be.greaterThan(0n);
    }
  });

  it("lists the occupied ticks of a pool from the riskiest down", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("1600");
    await setNext();
    const ticks = await p.lens.ticks(p.pool, MaxUint256, 10, NEXT);
    expect(ticks.map(({ tick }) => tick)).to.deep.equal((await p.pool.ladder(MaxUint256, 10)).map(({ tick }) => tick));
    const views = await p.lens.positions(p.pool, [p.borrower, p.borrower2], NEXT);
    for (const [i, { debt, collateral, shortfall, writeDownPrice }] of ticks.entries()) {
      const view = views[i];
      expect([debt, collateral, shortfall, writeDownPrice]).to.deep.equal([
        view.debt,
        view.collateral,
        view.shortfall,
        view.writeDownPrice,
      ]);
    }
    expect(ticks[0].shortfall).to.equal(await p.pool.visibleShortfall(NEXT));
    expect(await p.lens.ticks(p.pool, ticks[0].tick - 1n, 10)).to.have.lengthOf(1);
    await p.oracle.setMode(OracleMode.Revert);
    expect((await p.lens.ticks(p.pool, MaxUint256, 1))[0].shortfall).to.equal(0n);
  });

  it("gives debt without collateral the highest of prices", async () => {
    const p = await loadFixture(fixture);
    const [{ tick }] = await p.lens.ticks(p.pool, MaxUint256, 1);
    await writeStorage(p.pool, "LendingPool", ["_ticks", tick, "collateral"], 0n);
    expect((await p.lens.ticks(p.pool, MaxUint256, 1))[0].writeDownPrice).to.equal(MaxUint256);
  });

  it("shows everything but health and price while the oracle fails", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("1500");
    for (const mode of [OracleMode.Revert, OracleMode.BurnGas]) {
      await p.oracle.setMode(mode);
      const view = await p.lens.poolOf(p.pool);
      expect([view.price, view.priced]).to.deep.equal([0n, false]);
      expect(view.state.supply).to.equal(p.assets("100000") * 1000n);
      const [position] = await p.lens.positions(p.pool, [p.borrower]);
      expect([position.health, position.shortfall]).to.deep.equal([0n, 0n]);
      expect(position.collateral).to.equal(p.collaterals("50"));
      expect(position.debt).to.be.greaterThan(p.assets("80000"));
    }
  });

  it("shows lenders with what can leave now", async () => {
    const p = await loadFixture(fixture);
    const views = await p.lens.lenders(p.pool, [p.lender, p.lender2, p.stranger]);
    for (const [i, lender] of [p.lender, p.lender2, p.stranger].entries()) {
      const shares = await p.pool.balanceOf(lender);
      const [assets, redeemable] = [await p.pool.convertToAssets(shares), await p.pool.maxRedeem(lender)];
      expect(views[i]).to.deep.equal([lender.address, shares, assets, redeemable]);
    }
    expect(views[0].redeemable).to.be.greaterThan(0n).and.to.be.lessThan(views[0].shares);
  });

  it("pages through losses and sums up claims", async () => {
    const p = await loadFixture(fixture);
    expect(await p.lens.losses(p.socializer, 1, 10)).to.have.lengthOf(0);
    for (let i = 0; i < 3; i++) await lose(p, p.borrower.address, p.assets("3000"));
    const all = await Promise.all([1, 2, 3].map((id) => p.socializer.lossOf(id)));
    expect(await p.lens.losses(p.socializer, 1, MaxUint256)).to.deep.equal(all);
    expect(await p.lens.losses(p.socializer, 2, 1)).to.deep.equal([all[1]]);
    for (const start of [0, 4]) expect(await p.lens.losses(p.socializer, start, 10)).to.have.lengthOf(0);

    await p.provideAssets(p.stranger, p.assets("3000"), p.socializer);
    await p.socializer.connect(p.stranger).recover(2, p.assets("100"));
    await p.socializer.connect(p.stranger).recover(3, p.assets("200"));
    expect(await p.lens.claims(p.socializer, [1, 2, 3], p.lender)).to.deep.equal([0n, p.assets("60"), p.assets("120")]);
    expect(await p.lens.claims(p.socializer, [], p.lender)).to.deep.equal([]);
    await expect(p.lens.claims(p.socializer, [4], p.lender))
      .to.be.revertedWithCustomError(p.socializer, "UnknownLoss")
      .withArgs(4);
  });

  it("leaves out a loss of which the fund does not say its part, and shows the others", async () => {
    const p = await loadFixture(fixture);
    const silent = await ethers.deployContract("RogueFund", [p.factory, p.socializer, p.asset, ethers.ZeroAddress]);
    const pool = await p.createPool({ fund: silent });
    await p.supply(p.lender, p.assets("1000"), pool);
    await p.openPosition(p.borrower2, p.collaterals("1"), p.assets("1000"), pool);
    const first = await lose(p, p.borrower.address, p.assets("3000"));
    const second = await lose(p, p.borrower2.address, p.assets("300"), pool);
    await expect(p.socializer.lossOf(second)).to.be.reverted;
    const [shown, empty] = await p.lens.losses(p.socializer, first, 2);
    expect(shown).to.deep.equal(await p.socializer.lossOf(first));
    expect([empty.pool, empty.shortfall]).to.deep.equal([ethers.ZeroAddress, 0n]);
  });

  it("does not stumble over an oracle whose answer is no number", async () => {
    const p = await loadFixture(fixture);
    const code = await ethers.provider.getCode(p.oracle);
    for (const answer of ["0x00", "0x60006000fd", "0x602060005260406000f3"]) {
      await ethers.provider.send("hardhat_setCode", [await p.oracle.getAddress(), answer]);
      expect((await p.lens.poolOf(p.pool)).priced).to.equal(false);
    }
    await ethers.provider.send("hardhat_setCode", [await p.oracle.getAddress(), code]);
    expect((await p.lens.poolOf(p.pool)).priced).to.equal(true);
  });
});
