import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { FixedPoint } from "../../sdk";
import { loadFixture, time } from "../helpers/hre";
import { layersOf, lose, sumOf } from "../helpers/losses";
import { setNext } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

const { sum } = FixedPoint;

/** All of a pool is lent to one borrower, and 2,000 are staked. */
async function lentOut() {
  const p = await deployProtocol();
  await p.supply(p.lender, p.assets("60000"));
  await p.supply(p.lender2, p.assets("40000"));
  await p.stake(p.staker, p.assets("2000"));
  await p.grantCoverage(p.assets("5000"));
  await p.openPosition(p.borrower, p.collaterals("60"), p.assets("100000"));
  return p;
}

describe("scenario: a wipe-out and a new generation", () => {
  it("voids the shares of fund and pool, not their claims, and starts the next ones clean", async () => {
    const p = await loadFixture(lentOut);
    const [old, stake] = [p.assets("60000") * 1000n, p.assets("2000") * 1000n];

    // the first blow empties the fund
    const first = await lose(p, p.borrower.address, p.assets("30000"));
    expect(await p.fund.generation()).to.equal(1n);
    expect([await p.fund.totalSupply(), await p.fund.totalAssets()]).to.deep.equal([0n, 0n]);
    expect(await p.pool.generation()).to.equal(0n);
    // the cover is the only cash, and leaves with a lender
    const cash = await p.pool.maxWithdraw(p.lender2);
    expect(cash).to.equal(p.assets("2000"));
    await p.pool.connect(p.lender2).withdraw(cash, p.lender2, p.lender2);
    await time.increase(3 * 86_400);

    // the second one leaves nothing
    await p.setPrice("0");
    const supply = await p.pool.totalSupply();
    await expect(p.pool.writeDown([p.borrower]))
      .to.emit(p.pool, "GenerationEnded")
      .withArgs(0, supply);
    const second = await p.socializer.lossCount();
    expect(second).to.equal(first + 1n);
    const state = await p.pool.state();
    expect([state.debt, state.cash, state.lenderAssets, state.unvested, state.fees, state.supply]).to.deep.equal(
      Array(6).fill(0n),
    );
    expect([await p.pool.balanceOf(p.lender), await p.pool.maxRedeem(p.lender)]).to.deep.equal([0n, 0n]);
    expect(await p.pool.balanceAt(p.lender, 2)).to.equal(old);
    await expect(p.pool.connect(p.lender).transfer(p.lender2, 1)).to.be.revertedWithCustomError(
      p.pool,
      "ERC20InsufficientBalance",
    );

    // newcomers start at par
    await p.setPrice("2000");
    await p.supply(p.lender3, p.assets("5000"));
    await p.stake(p.staker2, p.assets("700"));
    expect(await p.pool.balanceOf(p.lender3)).to.equal(p.assets("5000") * 1000n);
    expect(await p.pool.convertToAssets(p.assets("5000") * 1000n)).to.equal(p.assets("5000"));
    expect(await p.fund.convertToAssets(p.assets("700") * 1000n)).to.equal(p.assets("700"));

    // years later the borrower pays all: to those who lost it, whose shares have long been void
    await time.increase(700 * 86_400);
    await p.provideAssets(p.borrower, p.assets("200000"));
    await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
    const losses = await Promise.all([first, second].map((id) => p.socializer.lossOf(id)));
    for (const { outstanding, recoveredBy, principal } of losses) {
      expect(sumOf(outstanding)).to.equal(0n);
      expect(recoveredBy.principal).to.be.greaterThan(principal);
    }
    const claims = sum(losses.map(({ lenderClaims }) => lenderClaims));
    for (const lender of [p.lender, p.lender2, p.lender3]) await p.socializer.claim([first, second], lender);
    const paid = (await p.asset.balanceOf(p.lender)) + (await p.asset.balanceOf(p.lender2)) - cash;
    expect(paid).to.be.within(claims - 4n, claims);
    expect(await p.asset.balanceOf(p.lender3)).to.equal(0n);
    expect(losses[0].recoveredBy.staked).to.be.greaterThan(p.assets("2000"));
    expect(await p.fund.balanceAt(p.staker, 1)).to.equal(stake);
    expect(await p.socializer.claimable(first, p.staker)).to.equal(losses[0].stakerClaims);
    expect(await p.socializer.claimable(first, p.staker2)).to.equal(0n);
    // and the borrower may borrow again
    await p.pool.connect(p.borrower).borrow(p.assets("1000"), p.borrower, p.borrower);
  });

  it("still works after 50 of them, and every generation keeps its own claim", async () => {
    const p = await deployProtocol({ pool: { rateAtTarget: 10n ** 15n } });
    await p.provideAssets(p.lender, p.assets("100000"));
    await p.provideAssets(p.borrower, p.assets("100000"));
    await p.provideCollateral(p.borrower, p.collaterals("1"));
    await p.pool.connect(p.borrower).supplyCollateral(p.collaterals("1"), p.borrower);
    for (let cycle = 1n; cycle <= 50n; cycle++) {
      const deposit = p.assets("1000") + cycle;
      await p.pool.connect(p.lender).deposit(deposit, p.lender);
      expect(await p.pool.balanceOf(p.lender)).to.equal(deposit * 1000n);
      await p.pool.connect(p.borrower).borrow(deposit, p.borrower, p.borrower);
      await p.setPrice("0");
      await p.pool.writeDown([p.borrower]);
      expect(await p.pool.generation()).to.equal(cycle);
      await p.setPrice("2000");
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      // fees, first to bear a loss, would leave the next generation a little
      await p.fund.harvest(p.pool);
    }
    for (const id of [1n, 17n, 50n]) {
      const { principal, lenderClaims } = await p.socializer.lossOf(id);
      expect(principal).to.be.closeTo(p.assets("1000") + id, 100n);
      expect(lenderClaims).to.be.within(principal - 1n, principal + 10n);
      expect(await p.socializer.claimable(id, p.lender)).to.equal(lenderClaims);
    }
    // nobody's shares: what is left belongs to the fees, and the next lender starts at par
    await p.supply(p.lender2, p.assets("10"));
    const shares = await p.pool.balanceOf(p.lender2);
    expect(shares).to.equal(p.assets("10") * 1000n);
    expect(await p.pool.connect(p.lender2).redeem.staticCall(shares, p.lender2, p.lender2)).to.equal(p.assets("10"));
  });

  it("does not void the shares of who entered the fund after a near-wipe, whatever that left", async () => {
    const p = await deployProtocol({ pool: { dust: 0n } });
    await p.supply(p.lender, p.assets("1000000"));
    await p.stake(p.staker, p.assets("100000"));
    await p.grantCoverage(p.assets("100000"));
    await p.openPosition(p.borrower, p.collaterals("200"), p.assets("300000"));
    // a few cents more than the limit takes: what is left is above 1e-6 of par
    await p.stake(p.stranger, p.assets("0.15"));
    await lose(p, p.borrower.address, p.assets("150000"));
    expect([await p.fund.generation(), await p.fund.totalAssets()]).to.deep.equal([0n, p.assets("0.15")]);

    // another fills the fund again, at that price, and the next loss takes 40 % of it
    await p.stake(p.staker2, p.assets("100000"));
    await p.setPrice("2000");
    await p.grantCoverage(p.assets("200000"));
    await p.openPosition(p.borrower2, p.collaterals("200"), p.assets("300000"));
    const { fees } = await p.pool.state();
    const second = await lose(p, p.borrower2.address, p.assets("40000") + fees);
    const { staked } = await p.socializer.lossOf(second);
    expect(await p.fund.generation()).to.equal(0n);
    const kept = await p.fund.convertToAssets(await p.fund.balanceOf(p.staker2));
    expect(kept).to.be.closeTo(p.assets("100000") - staked, p.assets("0.2"));
    expect(staked).to.be.closeTo(p.assets("40000"), p.assets("1"));
  });

  it("does not void those of who entered the pool then, either: a loss of 20 basis points costs 20 basis points", async () => {
    const p = await deployProtocol({ pool: { dust: 0n } });
    await p.supply(p.lender, p.assets("100000"));
    await p.openPosition(p.borrower, p.collaterals("60"), p.assets("100000"));
    const { lenderAssets, debt } = await p.pool.state();
    await lose(p, p.borrower.address, debt - (lenderAssets * 1001n) / 1_000_000_000n);
    expect(await p.pool.generation()).to.equal(0n);
    await p.setPrice("2000");
    await p.supply(p.lender2, p.assets("1000000"));
    await p.openPosition(p.borrower2, p.collaterals("100"), p.assets("170000"));
    const second = await lose(p, p.borrower2.address, p.assets("2000"));
    expect((await p.socializer.lossOf(second)).principal).to.be.closeTo(p.assets("2000"), p.assets("1"));
    expect(await p.pool.generation()).to.equal(0n);
    const kept = await p.pool.convertToAssets(await p.pool.balanceOf(p.lender2));
    expect(kept).to.be.closeTo(p.assets("998000"), p.assets("1"));
  });

  it("gives what a wiped pool still holds to the fees, never to the next lender", async () => {
    const p = await loadFixture(lentOut);
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, 100n); // less than a millionth
    await p.setPrice("0");
    await setNext(1n);
    await p.pool.writeDown([p.borrower]);
    expect(await p.pool.generation()).to.equal(1n);
    const state = await p.pool.state();
    expect([state.cash, state.fees, state.lenderAssets]).to.deep.equal([100n, 100n, 0n]);
    expect(layersOf(await p.socializer.lossOf(1)).staked).to.equal(100n);
    await p.supply(p.lender3, p.assets("10"));
    expect(await p.pool.totalAssets()).to.equal(p.assets("10"));
    expect((await p.pool.state()).fees).to.equal(100n);
  });
});
