import { expect } from "chai";
import { MaxUint256, type Signer } from "ethers";
import { FixedPoint, Interest, Liquidation, Waterfall } from "../../sdk";
import { loadFixture, time } from "../helpers/hre";
import { expectedLoss, layersOf, lose, sumOf } from "../helpers/losses";
import { DAY, NEXT, setNext } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

const { sum, WAD } = FixedPoint;

async function uncovered() {
  const p = await deployProtocol({ fund: false });
  await p.supply(p.lender, p.assets("60000"));
  await p.supply(p.lender2, p.assets("40000"));
  for (const borrower of [p.borrower, p.borrower2, p.borrower3]) {
    await p.openPosition(borrower, p.collaterals("15"), p.assets("20000"));
  }
  return p;
}

describe("scenario: three losses, partial recoveries, and shares that move in between", () => {
  it("pays every account its part of every loss that it held shares at, to the unit", async () => {
    const p = await loadFixture(uncovered);
    const accounts = [p.lender, p.lender2, p.lender3, p.stranger, p.operator];
    // a ledger of its own: who held what at each loss, and what was recovered of it
    const shares = new Map(accounts.map((account) => [account.address, 0n]));
    const add = (account: { address: string }, amount: bigint) =>
      shares.set(account.address, shares.get(account.address)! + amount);
    add(p.lender, p.assets("60000") * 1000n);
    add(p.lender2, p.assets("40000") * 1000n);
    const held: Map<string, bigint>[] = [];
    const recovered = [0n, 0n, 0n];

    const transfer = async (from: Signer & { address: string }, to: { address: string }, amount: bigint) => {
      await p.pool.connect(from).transfer(to.address, amount);
      add(from, -amount);
      add(to, amount);
    };
    const fail = async (borrower: { address: string }, assets: bigint) => {
      await time.increase(2n * DAY); // an episode for each
      const id = await lose(p, borrower.address, assets);
      await p.setPrice("2000"); // at which the others owe nothing that their collateral cannot repay
      held.push(new Map(shares));
      expect(id).to.equal(BigInt(held.length));
      expect((await p.socializer.lossOf(id)).lenderEpoch).to.equal(id);
    };
    const recover = async (id: number, part: bigint) => {
      const assets = ((await p.socializer.lossOf(id)).outstanding.principal * part) / 100n;
      await p.provideAssets(p.treasury, assets, p.socializer);
      await p.socializer.connect(p.treasury).recover(id, assets);
      recovered[id - 1] += assets;
    };
    const due = (account: { address: string }) =>
      sum(
        recovered.map((assets, i) => Waterfall.shareOf(assets, held[i].get(account.address)!, sum(held[i].values()))),
      );

    await transfer(p.lender, p.lender3, p.assets("10000") * 1000n);
    await fail(p.borrower, p.assets("3000"));
    await transfer(p.lender, p.operator, p.assets("20000") * 1000n);
    await recover(1, 40n);
    await p.socializer.claim([1], p.lender); // early, others wait
    await transfer(p.lender2, p.lender, p.assets("40000") * 1000n);

    await fail(p.borrower2, p.assets("5000"));
    await recover(2, 10n);
    const left = p.assets("5000") * 1000n;
    await p.pool.connect(p.lender3).redeem(left, p.operator, p.lender3);
    add(p.lender3, -left);
    const atOperator = await p.asset.balanceOf(p.operator);
    await p.supply(p.stranger, p.assets("7000"));
    shares.set(p.stranger.address, await p.pool.balanceOf(p.stranger));
    await recover(1, 50n);
    await p.socializer.claim([2, 1, 2], p.operator);

    await fail(p.borrower3, p.assets("1000"));
    await transfer(p.stranger, p.lender2, shares.get(p.stranger.address)! / 3n);
    await recover(3, 100n);
    await recover(2, 77n);
    await recover(1, 100n);

    for (const [i, { address }] of accounts.entries()) {
      const already = i === 4 ? atOperator : 0n;
      await p.socializer.claim([1, 2, 3], address);
      expect(await p.asset.balanceOf(address), `account ${i}`).to.equal(due(accounts[i]) + already);
      await p.socializer.claim([3, 2, 1, 1], address);
      expect(await p.asset.balanceOf(address)).to.equal(due(accounts[i]) + already);
    }
    // a unit of rounding for each account and loss stays at most
    expect(await p.asset.balanceOf(p.socializer)).to.be.lessThan(15n);
    expect(recovered[2]).to.be.greaterThan(0n);
  });
});

describe("scenario: a price that falls and comes back", () => {
  async function writtenDown() {
    const p = await deployProtocol({ fund: false });
    await p.supply(p.lender, p.assets("60000"));
    await p.supply(p.lender2, p.assets("40000"));
    await p.openPosition(p.borrower, p.collaterals("50"), p.assets("80000"));
    await time.increase(10n * DAY);
    await p.setPrice("1500");
    await setNext(1n);
    const { layers, shortfall, kept, state } = await expectedLoss(p, p.borrower.address);
    await p.pool.writeDown([p.borrower]);
    await p.provideAssets(p.liquidator, p.assets("200000"));
    return { ...p, layers, shortfall, kept, lossIndex: state.index };
  }

  /** D, W and the terms of a liquidation in the next block. */
  async function position(p: Awaited<ReturnType<typeof writtenDown>>, price: string) {
    await setNext(1n);
    const { index } = await p.pool.state(NEXT);
    const [collateral, debt, writtenOff] = await p.pool.positionOf(p.borrower, NEXT);
    const terms = {
      lltv: p.params.lltv as bigint,
      minIncentive: p.params.minIncentive as bigint,
      writeDownIncentive: p.params.writeDownIncentive as bigint,
      maxIncentive: p.params.maxIncentive as bigint,
      targetHealth: p.params.targetHealth as bigint,
    };
    return { index, debt, writtenOff, terms, collateral, value: Liquidation.valueOf(collateral, p.priceUnits(price)) };
  }

  it("writes down what the collateral cannot repay, and keeps that owed", async () => {
    const p = await loadFixture(writtenDown);
    const { index } = await p.pool.state();
    const [, debt, writtenOff] = await p.pool.positionOf(p.borrower);
    expect(debt)
      .to.equal(Interest.debtDown(p.kept, index) + 1n)
      .and.to.be.closeTo(73_529_411_764n, 1_000n);
    expect(writtenOff).to.be.closeTo(p.shortfall, 1_000n);
    await expect(p.pool.connect(p.borrower).borrow(1, p.borrower, p.borrower))
      .to.be.revertedWithCustomError(p.pool, "WrittenOffDebt")
      .withArgs(p.borrower.address);
  });

  it("lets a liquidation pay the written-off debt as well, to those who bore the loss", async () => {
    const p = await loadFixture(writtenDown);
    await p.setPrice("1700");
    const { index, debt, writtenOff, terms, value } = await position(p, "1700");
    const owed = debt + writtenOff;
    const incentive = Liquidation.incentiveOf(value, owed, terms);
    const repaid = Liquidation.toTarget(value, owed, incentive, terms);
    const seized = Liquidation.collateralOf((repaid * (WAD + incentive)) / WAD, p.priceUnits("1700"));
    const ofLoss = repaid - debt;
    expect(ofLoss).to.be.greaterThan(0n).and.to.be.lessThan(writtenOff);

    const units = Object.entries(p.layers).map(([name, lost]) => [name, Waterfall.toUnits(lost, p.lossIndex)]);
    const climb = Waterfall.climb([Object.fromEntries(units)], ofLoss, index);
    const before = await p.asset.balanceOf(p.liquidator);
    await p.pool.connect(p.liquidator).liquidate(p.borrower, MaxUint256, 0, "0x");
    expect(before - (await p.asset.balanceOf(p.liquidator))).to.equal(repaid);
    expect(await p.collateral.balanceOf(p.liquidator)).to.equal(seized);
    const [, debtAfter, writtenOffAfter] = await p.pool.positionOf(p.borrower);
    expect(debtAfter).to.equal(0n);
    expect(writtenOffAfter).to.be.within(writtenOff - ofLoss, writtenOff - ofLoss + 1n);

    const { recoveredBy, lenderClaims } = await p.socializer.lossOf(1);
    expect(layersOf(recoveredBy)).to.deep.equal(climb.paid[0]);
    expect(lenderClaims).to.equal(ofLoss);
    for (const [lender, part] of [
      [p.lender, 6n],
      [p.lender2, 4n],
    ] as const) {
      await p.socializer.claim([1], lender);
      expect(await p.asset.balanceOf(lender)).to.equal((lenderClaims * part) / 10n);
    }

    // the borrower pays the rest, takes its collateral home, and may borrow again
    await p.provideAssets(p.borrower, p.assets("10000"));
    await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
    expect(sumOf((await p.socializer.lossOf(1)).outstanding)).to.equal(0n);
    await p.pool.connect(p.borrower).borrow(p.assets("100"), p.borrower, p.borrower);
    await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
    const rest = p.collaterals("50") - seized;
    await p.pool.connect(p.borrower).withdrawCollateral(rest, p.borrower, p.borrower);
    expect(await p.collateral.balanceOf(p.borrower)).to.equal(rest);
    const { cash, lenderAssets, unvested, fees, debt: total } = await p.pool.state();
    expect(cash + total).to.equal(lenderAssets + unvested + fees);
    expect(await p.asset.balanceOf(p.pool)).to.equal(cash);
  });

  it("undoes a write-down that was early: refinanced, the lenders have lost nothing", async () => {
    const p = await loadFixture(writtenDown);
    await expect(p.pool.refinance(p.borrower)).to.be.revertedWithCustomError(p.pool, "Unhealthy");
    await p.setPrice("2000");
    const { debt, writtenOff } = await position(p, "2000");
    await p.pool.connect(p.stranger).refinance(p.borrower);
    const [, debtAfter, writtenOffAfter] = await p.pool.positionOf(p.borrower);
    expect(writtenOffAfter).to.equal(0n);
    expect(debtAfter).to.be.within(debt + writtenOff - 1n, debt + writtenOff);
    const { recoveredBy, principal, lenderClaims } = await p.socializer.lossOf(1);
    expect(recoveredBy.principal).to.be.within(principal, principal + 1_000n);
    expect(recoveredBy.interest).to.be.within(p.layers.interest - 1n, p.layers.interest + 10n);
    expect(lenderClaims).to.equal(recoveredBy.principal);
  });

  it("lets the debt be liquidated after 7 days, however healthy the account has become", async () => {
    const p = await loadFixture(writtenDown);
    await p.setPrice("3000");
    const liquidator = p.pool.connect(p.liquidator);
    await expect(liquidator.liquidate(p.borrower, MaxUint256, 0, "0x")).to.be.revertedWithCustomError(
      p.pool,
      "HealthyPosition",
    );
    await time.increase(7n * DAY);
    const { debt, writtenOff, collateral } = await position(p, "3000");
    await liquidator.liquidate(p.borrower, MaxUint256, 0, "0x");
    // all that is due, at the smallest incentive; what performs is left alone
    const [rest, debtAfter, writtenOffAfter] = await p.pool.positionOf(p.borrower);
    expect([debtAfter, writtenOffAfter]).to.deep.equal([debt, 0n]);
    expect(collateral - rest).to.equal(Liquidation.collateralOf((writtenOff * 1_005n) / 1_000n, p.priceUnits("3000")));
    const { outstanding, recoveredBy, principal } = await p.socializer.lossOf(1);
    expect(sumOf(outstanding)).to.equal(0n);
    expect(recoveredBy.principal).to.be.greaterThan(principal);
  });
});
