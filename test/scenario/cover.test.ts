import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { Waterfall } from "../../sdk";
import { loadFixture, time } from "../helpers/hre";
import { expectedLoss, layersOf, lose, priceForLoss, sumOf } from "../helpers/losses";
import { NEXT, setNext } from "../helpers/pool";
import { deployProtocol, type Protocol } from "../helpers/protocol";

/** A covered pool with every layer filled: fees, reserve, staked capital, unvested interest, principal. */
async function filledPool() {
  const p = await deployProtocol();
  await p.supply(p.lender, p.assets("60000"));
  await p.supply(p.lender2, p.assets("40000"));
  await p.stake(p.staker, p.assets("1500"));
  await p.stake(p.staker2, p.assets("500"));
  await p.provideAssets(p.treasury, p.assets("1000"), p.fund);
  await p.fund.connect(p.treasury).fundReserve(p.assets("1000"));
  await p.grantCoverage(p.assets("10000"));
  await p.openPosition(p.borrower, p.collaterals("55"), p.assets("80000"));
  await p.openPosition(p.borrower2, p.collaterals("50"), p.assets("10000"));
  // the first harvest starts the premium's clock, the second sets a premium, the third takes what it has brought
  for (const days of [0, 20, 20]) {
    await time.increase(days * 86_400 + 1);
    await p.fund.harvest(p.pool);
  }
  await time.increase(86_400);
  return p;
}

/** Books a loss of about `assets` and checks every layer against the model. */
async function loseExactly(p: Protocol, assets: bigint) {
  await p.oracle.setPrice(await priceForLoss(p.borrower.address, assets, p.pool));
  await setNext(1n);
  const expected = await expectedLoss(p, p.borrower.address);
  await p.pool.writeDown([p.borrower]);
  const id = await p.socializer.lossCount();
  const loss = await p.socializer.lossOf(id);
  expect(layersOf(loss)).to.deep.equal(expected.layers);
  expect(loss.shortfall).to.equal(expected.shortfall);
  return { id, loss, ...expected };
}

const identity = ({ cash, debt, lenderAssets, unvested, fees }: Awaited<ReturnType<Protocol["pool"]["state"]>>) =>
  cash + debt - lenderAssets - unvested - fees;

describe("scenario: a loss and its cover", () => {
  describe("a loss inside cover", () => {
    it("costs the lenders nothing, and a recovery goes to those who paid, in reverse", async () => {
      const p = await loadFixture(filledPool);
      const before = await p.pool.state();
      const { id, layers, state } = await loseExactly(p, p.assets("2000"));
      expect(layers.fees).to.be.greaterThan(0n);
      expect(layers.reserve).to.be.greaterThan(p.assets("1000"));
      expect(layers.staked).to.be.greaterThan(0n);
      expect([layers.interest, layers.principal]).to.deep.equal([0n, 0n]);

      const after = await p.pool.state();
      expect(identity(after)).to.equal(0n);
      expect(after.lenderAssets).to.equal(state.lenderAssets).and.to.be.greaterThan(before.lenderAssets);
      expect(after.cash - before.cash).to.equal(layers.reserve + layers.staked);
      expect(await p.pool.epoch()).to.equal(0n);
      expect(await p.fund.epoch()).to.equal(1n);

      // a recovery of the stakers' part and half of the reserve's
      const paid = layers.staked + layers.reserve / 2n;
      await p.provideAssets(p.stranger, paid, p.socializer);
      const reserve = await p.fund.reserve();
      await p.socializer.connect(p.stranger).recover(id, paid);
      const { recoveredBy, stakerClaims } = await p.socializer.lossOf(id);
      // what the stakers lost, in units of the index rounded down, has grown with the debt since: a few go to them before the reserve
      expect(recoveredBy.staked).to.be.within(layers.staked - 1n, layers.staked + 1_000n);
      expect(recoveredBy.reserve).to.equal(paid - recoveredBy.staked);
      expect((await p.fund.reserve()) - reserve).to.be.within(recoveredBy.reserve, recoveredBy.reserve + 1n);
      expect(stakerClaims).to.equal(recoveredBy.staked);
      expect(await p.socializer.claimable(id, p.staker)).to.equal(Waterfall.shareOf(stakerClaims, 3n, 4n));
      expect(await p.socializer.claimable(id, p.staker2)).to.equal(Waterfall.shareOf(stakerClaims, 1n, 4n));
      expect(await p.socializer.claimable(id, p.lender)).to.equal(0n);
    });

    it("makes a fund that lacks a single unit pass exactly that on", async () => {
      const p = await loadFixture(filledPool);
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("500"), p.pool));
      await setNext(1000n);
      const { shortfall, state } = await expectedLoss(p, p.borrower.address);
      const limit = shortfall - state.fees - 1n;
      // a decrease is in force at once; the write-down is mined in the same second as measured here
      await p.fund.connect(p.governor).setCoverageLimit(p.pool, limit);
      await setNext(1n);
      const expected = await expectedLoss(p, p.borrower.address);
      await p.pool.writeDown([p.borrower]);
      const loss = await p.socializer.lossOf(1);
      expect(layersOf(loss)).to.deep.equal(expected.layers);
      expect(loss.reserve + loss.staked).to.equal(limit);
      expect(loss.interest)
        .to.equal(loss.shortfall - loss.fees - limit)
        .and.to.be.greaterThan(0n);
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(0n);
    });
  });

  describe("a loss through every layer", () => {
    it("takes each layer to its end before the next, to the unit", async () => {
      const p = await loadFixture(filledPool);
      const { layers, shortfall, state, loss } = await loseExactly(p, p.assets("30000"));
      expect(layers.fees).to.equal(state.fees);
      expect(layers.interest).to.equal(state.unvested);
      expect(sumOf(layers)).to.equal(shortfall);
      for (const layer of Object.values(layers)) expect(layer).to.be.greaterThan(0n);
      expect(loss.lenderEpoch).to.equal(1n);
      expect(loss.stakerEpoch).to.equal(1n);
      expect(loss.lenderSupply).to.equal(state.supply);

      const after = await p.pool.state();
      expect(identity(after)).to.equal(0n);
      expect([after.fees, after.unvested]).to.deep.equal([0n, 0n]);
      expect(after.lenderAssets).to.equal(state.lenderAssets - layers.principal);
      expect(await p.fund.reserve()).to.equal(0n);
      expect(await p.fund.totalAssets()).to.equal(0n);
      expect(await p.fund.generation()).to.equal(1n);
    });

    it("pays the whole of it back, interest included, when the borrower does", async () => {
      const p = await loadFixture(filledPool);
      const { id, layers } = await loseExactly(p, p.assets("30000"));
      await time.increase(30 * 86_400);
      await p.provideAssets(p.borrower, p.assets("50000"));
      await setNext(1n);
      const { outstanding } = await p.socializer.lossOf(id, NEXT);
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      const { recoveredBy, recovered } = await p.socializer.lossOf(id);
      expect(layersOf(recoveredBy)).to.deep.equal(layersOf(outstanding));
      for (const [name, lost] of Object.entries(layers)) {
        expect(layersOf(recoveredBy)[name as keyof typeof layers]).to.be.greaterThan(lost);
      }
      expect((await p.pool.positionOf(p.borrower)).writtenOff).to.equal(0n);
      expect(recovered).to.equal(sumOf(recoveredBy));
      expect(identity(await p.pool.state())).to.equal(0n);
    });
  });

  it("treats a second loss of the day as one with the first, whichever came first", async () => {
    const p = await loadFixture(filledPool);
    const first = await lose(p, p.borrower.address, p.assets("5000"));
    const second = await lose(p, p.borrower2.address, p.assets("2000"));
    expect(await p.socializer.episodeOf(first)).to.deep.equal([first, second]);
    expect(await p.socializer.episodeOf(second)).to.deep.equal([second, first]);
    const [a, b] = [await p.socializer.lossOf(first), await p.socializer.lossOf(second)];
    expect(b.reserve + b.staked).to.equal(0n);

    // money for the first loss pays the second one's lenders before the first one's fund
    const lenders = a.outstanding.principal + a.outstanding.interest + b.outstanding.principal + b.outstanding.interest;
    await p.provideAssets(p.stranger, lenders, p.socializer);
    await p.socializer.connect(p.stranger).recover(first, lenders);
    const [paidA, paidB] = [
      (await p.socializer.lossOf(first)).recoveredBy,
      (await p.socializer.lossOf(second)).recoveredBy,
    ];
    expect(paidA.staked + paidA.reserve + paidA.fees + paidB.fees).to.equal(0n);
    expect(paidA.principal + paidA.interest + paidB.principal + paidB.interest).to.equal(lenders);
  });
});
