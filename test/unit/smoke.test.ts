import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { itCompiled } from "../helpers/compiled";
import { loadFixture, time } from "../helpers/hre";
import { deployProtocol, type Protocol } from "../helpers/protocol";

/** One story through every contract: if this fails, look here before anywhere else. */
describe("smoke", () => {
  async function fixture() {
    const p = await deployProtocol();
    await p.supply(p.lender, p.assets("60000"));
    await p.supply(p.lender2, p.assets("40000"));
    await p.stake(p.staker, p.assets("2000"));
    await p.provideAssets(p.treasury, p.assets("1000"), p.fund);
    await p.fund.connect(p.treasury).fundReserve(p.assets("1000"));
    await p.grantCoverage(p.assets("3000"));
    await p.openPosition(p.borrower, p.collaterals("50"), p.assets("80000"));
    return p;
  }

  async function crash(p: Protocol) {
    await p.setPrice("1500");
    await p.pool.writeDown([p.borrower]);
    return p.socializer.lossOf(1);
  }

  itCompiled("creates a pool within the gas that a transaction may use (EIP-7825)", async () => {
    const p = await loadFixture(fixture);
    expect(await p.factory.isPool(p.pool)).to.equal(true);
    expect(await p.factory.createPool.estimateGas(p.params)).to.be.lessThan(2n ** 24n);
  });

  it("lends, borrows and repays", async () => {
    const p = await loadFixture(fixture);
    const state = await p.pool.state();
    expect(state.cash).to.equal(p.assets("20000"));
    expect(state.cash + state.debt).to.equal(state.lenderAssets + state.unvested + state.fees);
    await time.increase(86_400);
    await p.provideAssets(p.borrower, p.assets("1000"));
    await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
    expect((await p.pool.positionOf(p.borrower)).debt).to.equal(0n);
    await p.pool.connect(p.borrower).withdrawCollateral(p.collaterals("50"), p.borrower, p.borrower);
    const shares = await p.pool.maxRedeem(p.lender);
    await p.pool.connect(p.lender).redeem(shares, p.lender, p.lender);
    expect(await p.asset.balanceOf(p.lender)).to.be.greaterThan(p.assets("60000"));
  });

  it("writes a crash down through every layer", async () => {
    const p = await loadFixture(fixture);
    const loss = await crash(p);
    expect(loss.reserve).to.equal(p.assets("1000"));
    expect(loss.staked).to.equal(p.assets("2000"));
    expect(loss.principal).to.be.greaterThan(0n);
    expect(loss.fees + loss.reserve + loss.staked + loss.interest + loss.principal).to.equal(loss.shortfall);
    const state = await p.pool.state();
    expect(state.cash + state.debt).to.equal(state.lenderAssets + state.unvested + state.fees);
  });

  it("liquidates what is left and pays recoveries to lenders first", async () => {
    const p = await loadFixture(fixture);
    await crash(p);
    await p.provideAssets(p.liquidator, p.assets("100000"));
    await p.pool.connect(p.liquidator).liquidate(p.borrower, MaxUint256, 0n, "0x");
    expect((await p.pool.positionOf(p.borrower)).debt).to.equal(0n);
    expect(await p.collateral.balanceOf(p.liquidator)).to.be.closeTo(p.collaterals("50"), 10n ** 9n);

    const { principal } = await p.socializer.lossOf(1);
    await p.provideAssets(p.borrower, principal);
    await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, principal);
    const { lenderClaims } = await p.socializer.lossOf(1);
    await p.socializer.claim([1n], p.lender);
    await p.socializer.claim([1n], p.lender2);
    const [paid, paid2] = [await p.asset.balanceOf(p.lender), await p.asset.balanceOf(p.lender2)];
    expect(lenderClaims).to.be.greaterThan(0n);
    expect(paid + paid2).to.be.within(lenderClaims - 2n, lenderClaims);
    expect(paid).to.be.closeTo((lenderClaims * 6n) / 10n, 2n);
  });

  it("lets a staker leave after the cooldown and the governor pause new risk", async () => {
    const p = await loadFixture(fixture);
    const shares = await p.fund.balanceOf(p.staker);
    await p.fund.connect(p.staker).cooldown(shares);
    await time.increase(p.fundParams.cooldown as bigint);
    await p.fund.connect(p.staker).redeem(shares, p.staker, p.staker);
    expect(await p.asset.balanceOf(p.staker)).to.equal(p.assets("2000"));

    await p.factory.connect(p.guardian).pause(p.pool);
    await expect(p.pool.connect(p.lender).deposit(1n, p.lender)).to.be.revertedWithCustomError(p.pool, "Paused");
    await p.factory.connect(p.governor).unpause(p.pool);
    await p.supply(p.lender, p.assets("1"));
  });

  it("shows it all through the lens", async () => {
    const p = await loadFixture(fixture);
    await crash(p);
    const [view] = await p.lens.pools(p.factory, 0, 10);
    expect(view.pool).to.equal(await p.pool.getAddress());
    expect(await p.lens.losses(p.socializer, 1, 10)).to.have.lengthOf(1);
    const [position] = await p.lens.positions(p.pool, [p.borrower]);
    expect(position.shortfall).to.equal(0n);
  });
});
