import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { Waterfall } from "../../sdk";
import { loadFixture, time } from "../helpers/hre";
import { expectedLoss, priceForLoss } from "../helpers/losses";
import { setNext } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

const DEPOSIT = "25000";
const LOSS = "7500";

/** Four lenders with the same deposit, half of it lent, nothing insured. */
async function fourLenders() {
  const p = await deployProtocol();
  const lenders = [p.lender, p.lender2, p.lender3, p.operator];
  for (const lender of lenders) await p.supply(lender, p.assets(DEPOSIT));
  await p.openPosition(p.borrower, p.collaterals("32"), p.assets("50000"));
  await time.increase(30 * 86_400);
  await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets(LOSS), p.pool));
  await setNext(1n);
  const { layers, state } = await expectedLoss(p, p.borrower.address);
  await p.pool.writeDown([p.borrower]);
  return { ...p, lenders, layers, state };
}

describe("scenario: spread 0", () => {
  for (const rate of [0n, 1n, 10n, 33n, 50n, 75n, 99n, 100n]) {
    it(`leaver, stayer, seller and entrant come out alike when ${rate} % of the loss is recovered`, async () => {
      const p = await loadFixture(fourLenders);
      const [leaver, stayer, seller, partial] = p.lenders;
      const entrant = p.stranger;
      const buyer = p.staker2;
      const shares = p.assets(DEPOSIT) * 1000n;
      const out = async (who: typeof leaver) => {
        const all = await p.pool.balanceOf(who);
        if (all !== 0n) await p.pool.connect(who).redeem(all, who, who);
        await p.socializer.claim([1], who);
        return p.asset.balanceOf(who);
      };

      // at once after the loss, before anything is recovered
      const left = await out(leaver);
      await p.pool.connect(partial).redeem(shares / 2n, partial, partial);
      await p.pool.connect(seller).transfer(buyer, shares);
      await p.supply(entrant, p.assets(DEPOSIT));

      const recovered = (p.layers.principal * rate) / 100n;
      if (recovered !== 0n) {
        await p.provideAssets(p.treasury, recovered, p.socializer);
        await p.socializer.connect(p.treasury).recover(1, recovered);
      }

      // somebody pays what still performs, so that there is cash for everybody
      await p.provideAssets(p.liquidator, p.assets("60000"));
      await p.pool.connect(p.liquidator).repay(MaxUint256, p.borrower);

      // assets before the loss, less the part of the loss, plus the part of the recovery
      const claim = Waterfall.shareOf(recovered, shares, p.state.supply);
      const before = (p.state.lenderAssets * shares) / p.state.supply;
      const expected = before - p.layers.principal / 4n + claim;
      expect(await p.socializer.claimable(1, leaver)).to.equal(claim);
      for (const who of [entrant, buyer]) expect(await p.socializer.claimable(1, who)).to.equal(0n);

      // rounding, and the interest of the few seconds in between
      const tolerance = 20n;
      await p.socializer.claim([1], leaver);
      const results = {
        leaver: await p.asset.balanceOf(leaver),
        stayer: await out(stayer),
        partial: await out(partial),
        seller: (await out(seller)) + (await out(buyer)),
      };
      expect(results.leaver).to.equal(left + claim);
      for (const [who, value] of Object.entries(results)) expect(value, who).to.be.closeTo(expected, tolerance);
      expect(await out(entrant)).to.be.closeTo(p.assets(DEPOSIT), tolerance);
      if (rate === 100n) expect(results.leaver).to.be.closeTo(before, tolerance);
    });
  }

  it("stakers alike: who asked to leave before the slash, who stays, who comes later", async () => {
    const p = await deployProtocol();
    await p.supply(p.lender, p.assets("100000"));
    await p.stake(p.staker, p.assets("1000"));
    await p.stake(p.staker2, p.assets("1000"));
    await p.grantCoverage(p.assets("10000"));
    await p.openPosition(p.borrower, p.collaterals("55"), p.assets("80000"));
    await p.fund.connect(p.staker).cooldown(p.assets("1000") * 1000n);
    await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("600"), p.pool));
    await p.provideAssets(p.liquidator, p.assets("80000"));
    await setNext(1n);
    const { shortfall } = await expectedLoss(p, p.borrower.address);
    // not only written down: interest on what is left would show as a loss of its own, and hold the exits
    await p.pool.connect(p.liquidator).liquidate(p.borrower, MaxUint256, 0, "0x");
    await p.stake(p.stranger, p.assets("1000"));
    await time.increase(14 * 86_400);

    await p.fund.connect(p.staker).redeem(p.assets("1000") * 1000n, p.staker, p.staker);
    await p.provideAssets(p.treasury, p.assets("300"), p.socializer);
    await p.socializer.connect(p.treasury).recover(1, p.assets("300"));
    for (const staker of [p.staker, p.staker2, p.stranger]) await p.socializer.claim([1], staker);
    const shares = p.assets("1000") * 1000n;
    const expected = p.assets("1000") - shortfall / 2n + p.assets("150");
    expect(await p.asset.balanceOf(p.staker)).to.be.closeTo(expected, 1n);
    const stayed = (await p.asset.balanceOf(p.staker2)) + (await p.fund.convertToAssets(shares));
    expect(stayed).to.be.closeTo(expected, 1n);
    expect(await p.asset.balanceOf(p.stranger)).to.equal(0n);
    expect(await p.fund.convertToAssets(await p.fund.balanceOf(p.stranger))).to.be.closeTo(p.assets("1000"), 1n);
  });
});
