import { expect } from "chai";
import { MaxUint256, type Signer } from "ethers";
import { FixedPoint, Liquidation, type Waterfall } from "../../sdk";
import { ethers, loadFixture, network, takeSnapshot, time } from "../helpers/hre";
import { lackOf, layersOf, lose, priceForLoss, recover, sumOf } from "../helpers/losses";
import { OracleMode } from "../helpers/oracle";
import {
  andReturn,
  callOf,
  DAY,
  deployAccount,
  deployLentPool,
  expectIdentity,
  inOneBlock,
  NEXT,
  setNext,
} from "../helpers/pool";
import { signerOf } from "../helpers/protocol";
import { deployCoveredPool, deployLentOutPool, leave, worthOf } from "./fixtures";

const { WAD } = FixedPoint;

describe("Attacks: recognition, layers, claims", () => {
  const plain = () => deployLentPool();
  const noDust = () => deployLentPool({ pool: { dust: 0n } });
  const covered = () => deployCoveredPool();
  const lentOut = () => deployLentOutPool();

  describe("Exit just before, entry just after", () => {
    it("invariants 7 and 8: no exit past a visible loss; leaver, stayer and entrant end with the same value per share", async () => {
      const p = await loadFixture(plain);
      await p.setPrice("1500");
      const shares = p.assets("1000") * 1000n;
      for (const exit of ["withdraw", "redeem"] as const) {
        const call = p.pool.connect(p.lender)[exit](p.assets("1000"), p.lender, p.lender);
        await expect(call).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
      }
      const seller = await p.pool.convertToAssets(shares);
      await p.pool.writeDown([p.borrower]);
      await setNext(1n);
      const worth = await p.pool.convertToAssets(shares, NEXT);
      expect(worth).to.be.lessThan(seller);
      const before = await p.asset.balanceOf(p.lender);
      await p.pool.connect(p.lender).redeem(shares, p.lender, p.lender);
      expect((await p.asset.balanceOf(p.lender)) - before).to.equal(worth);
      expect(await p.pool.convertToAssets(shares)).to.be.within(worth, worth + 1n);
      await p.supply(p.lender3, p.assets("1000"));
      expect(await worthOf(p.pool, p.lender3)).to.be.within(p.assets("1000") - 1n, p.assets("1000"));
      // and of what is recovered: all who held at the loss alike, the entrant nothing
      await recover(p, 1n, p.assets("1000"));
      expect(await p.socializer.claimable(1n, p.lender)).to.equal(p.assets("600"));
      expect(await p.socializer.claimable(1n, p.lender2)).to.equal(p.assets("400"));
      expect(await p.socializer.claimable(1n, p.lender3)).to.equal(0n);
    });

    it("also inside one transaction, with flash-loaned shares, and with shares moved through a contract", async () => {
      const p = await loadFixture(plain);
      const account = await deployAccount(p);
      const shares = await p.pool.balanceOf(p.lender2);
      await p.pool.connect(p.lender2).approve(account, MaxUint256);
      await p.setPrice("1500");
      const borrow = await callOf(p.pool, "transferFrom", [p.lender2, account, shares]);
      const redeem = await callOf(p.pool, "redeem", [shares / 10n, p.lender2, account]);
      const writeDown = await callOf(p.pool, "writeDown", [[p.borrower.address]]);
      const giveBack = await callOf(p.pool, "transfer", [p.lender2, shares]);
      const deposit = await callOf(p.pool, "deposit", [p.assets("100000"), account]);
      for (const [calls, error] of [
        [[borrow, redeem], "UnbookedShortfall"],
        [[deposit, writeDown], "UnbookedShortfall"],
        [[borrow, writeDown, giveBack], "SharesLocked"],
        [[borrow, writeDown, redeem], "SharesLocked"],
      ] as [(typeof borrow)[], string][]) {
        await expect(account.execute(calls)).to.be.revertedWithCustomError(p.pool, error);
      }
      // a loss that the price does not show before: deposit, let it fall, book, leave, in one transaction
      await p.setPrice("2000");
      const fall = await callOf(p.oracle, "setPrice", [p.priceUnits("1500")]);
      const flash = await callOf(p.pool, "redeem", [1_000_000n, account, account]);
      await expect(account.execute([deposit, fall, writeDown, flash])).to.be.revertedWithCustomError(
        p.pool,
        "SharesLocked",
      );
    });
  });

  it("Recovery misrouted between layers: per layer recovered ≤ lost + accrued; only holders of that epoch are paid; a second loss does not re-open the first.", async () => {
    const p = await loadFixture(covered);
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("15000"));
    const first = await lose(p, p.borrower.address, p.assets("9000"));
    const lostIndex = (await p.pool.state()).index;
    await p.pool.connect(p.lender).transfer(p.lender3, await p.pool.balanceOf(p.lender));
    await time.increase(DAY + 1n);
    const untouched = await p.socializer.lossOf(first);
    const second = await lose(p, p.borrower2.address, p.assets("3000"));
    expect(second).to.equal(first + 1n);
    const now = await p.socializer.lossOf(first);
    expect(layersOf(now)).to.deep.equal(layersOf(untouched));
    expect([now.lenderEpoch, now.stakerEpoch, now.recovered]).to.deep.equal([1n, 1n, 0n]);

    await time.increase(100n * DAY);
    const { outstanding } = await p.socializer.lossOf(first);
    const lenders = outstanding.principal + outstanding.interest;
    await recover(p, first, lenders + outstanding.staked / 2n);
    const { index } = await p.pool.state();
    const loss = await p.socializer.lossOf(first);
    for (const [layer, recovered] of Object.entries(layersOf(loss.recoveredBy))) {
      const lost = layersOf(loss)[layer as keyof Waterfall.Layers];
      expect(recovered, layer).to.be.at.most((lost * index) / lostIndex + 1n);
    }
    expect(loss.recoveredBy.principal).to.be.greaterThan(loss.principal);
    expect(loss.recoveredBy.interest).to.be.greaterThan(0n);
    expect(loss.recoveredBy.staked).to.be.closeTo(outstanding.staked / 2n, 1_000n);
    expect(loss.recoveredBy.reserve + loss.recoveredBy.fees).to.equal(0n);
    // the buyer of the shares bore the second loss only
    const claims = [p.lender, p.lender2, p.lender3].map((who) => p.socializer.claimable(first, who));
    const [seller, stayer, buyer] = await Promise.all(claims);
    expect(buyer).to.equal(0n);
    expect(seller).to.equal((loss.lenderClaims * 6n) / 10n);
    expect(stayer).to.equal((loss.lenderClaims * 4n) / 10n);
    expect((await p.socializer.lossOf(second)).recovered).to.equal(0n);
    for (const who of [p.lender, p.lender2, p.lender3]) expect(await p.socializer.claimable(second, who)).to.equal(0n);
  });

  it("Dust or unpriceable collateral blocks recognition: debt backed by 1 wei, by collateral worth 0, or split over many accounts is written down in one permissionless call.", async () => {
    const p = await loadFixture(plain);
    const accounts: string[] = [p.borrower.address];
    for (const signer of [p.borrower2, p.borrower3, p.treasury, p.operator]) {
      await p.openPosition(signer, p.collaterals("1"), p.assets("1500"));
      accounts.push(signer.address);
    }
    const start = await takeSnapshot();
    for (const price of [0n, 10n ** 36n / p.collaterals("1")]) {
      await p.oracle.setPrice(price);
      await p.pool.connect(p.stranger).writeDown(accounts);
      const { debt, lenderAssets } = await p.pool.state();
      expect(debt).to.be.at.most(50n);
      expect(lenderAssets).to.be.at.most(p.assets("20000"));
      expect(await p.pool.visibleShortfall()).to.equal(0n);
      await leave(p, p.pool, p.lender2);
      await start.restore();
    }
  });

  it("Last withdrawer eats everything: after a loss, in every withdrawal order each lender gets pro rata ± 1 wei.", async () => {
    const p = await loadFixture(plain);
    await p.supply(p.lender3, p.assets("33333.333333"));
    await p.setPrice("0");
    await p.pool.writeDown([p.borrower]);
    const { lenderAssets, supply } = await p.pool.state();
    const lenders = [p.lender, p.lender2, p.lender3];
    const due = await Promise.all(
      lenders.map(async (who) => (lenderAssets * (await p.pool.balanceOf(who))) / (supply + 1000n)),
    );
    const start = await takeSnapshot();
    for (const order of ["012", "021", "102", "120", "201", "210"]) {
      for (const i of order.split("").map(Number)) {
        const before = await p.asset.balanceOf(lenders[i]);
        await leave(p, p.pool, lenders[i]);
        const got = (await p.asset.balanceOf(lenders[i])) - before;
        expect(got, `${i} of ${order}`).to.be.within(due[i] - 1n, due[i] + 1n);
      }
      await start.restore();
    }
  });

  it("Cover is all or nothing: fund = shortfall − 1 empties and exactly 1 passes on; limit in the middle of a layer; two pools in one block.", async () => {
    const p = await loadFixture(plain);
    const other = await p.createPool();
    await p.stake(p.staker, 799n);
    await p.provideAssets(p.treasury, 200n, p.fund);
    await p.fund.connect(p.treasury).fundReserve(200n);
    await p.grantCoverage(10_000n);
    await p.grantCoverage(10_000n, other);
    const asPool = async (pool = p.pool) => p.socializer.connect(await signerOf(pool));
    const start = await takeSnapshot();
    const lossOf = async (id: bigint) => layersOf(await p.socializer.lossOf(id));

    await (await asPool()).absorb(p.fund, 1_000n, WAD, 0n, 0n, 100_000n, 0n);
    expect(await lossOf(1n)).to.deep.equal({ fees: 0n, reserve: 200n, staked: 799n, interest: 0n, principal: 1n });
    expect(await p.fund.totalAssets()).to.equal(0n);

    await start.restore();
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, 700n);
    await (await asPool()).absorb(p.fund, 1_000n, WAD, 0n, 100n, 100_000n, 0n);
    expect(await lossOf(1n)).to.deep.equal({ fees: 0n, reserve: 200n, staked: 500n, interest: 100n, principal: 200n });

    await start.restore();
    const pools = [await asPool(), await asPool(other)];
    await inOneBlock(async () => {
      for (const pool of pools) await pool.absorb(p.fund, 600n, WAD, 0n, 0n, 100_000n, 0n, { gasLimit: 2_000_000n });
    });
    expect(await lossOf(1n)).to.deep.equal({ fees: 0n, reserve: 200n, staked: 400n, interest: 0n, principal: 0n });
    expect(await lossOf(2n)).to.deep.equal({ fees: 0n, reserve: 0n, staked: 399n, interest: 0n, principal: 201n });
  });

  it("Write-off leaves ledgers apart: debt falls by exactly the shortfall; Σ layers == shortfall; totalAssets == ledger.", async () => {
    const p = await loadFixture(covered);
    await p.setPrice("1450");
    await setNext();
    const before = await p.pool.state(NEXT);
    await p.pool.writeDown([p.borrower]);
    const loss = await p.socializer.lossOf(1n);
    const after = await p.pool.state();
    for (const layer of Object.values(layersOf(loss))) expect(layer).to.be.greaterThan(0n);
    expect(before.debt - after.debt).to.equal(loss.shortfall);
    expect(sumOf(loss)).to.equal(loss.shortfall);
    expect(await p.pool.totalAssets())
      .to.equal(before.lenderAssets - loss.principal)
      .and.to.equal(after.cash + after.debt - after.unvested - after.fees);
    expect(after.cash - before.cash).to.equal(loss.reserve + loss.staked);
    expect((await p.pool.positionOf(p.borrower)).writtenOff).to.be.within(loss.shortfall - 1n, loss.shortfall + 1n);
    await expectIdentity(p.pool);
  });

  it("Zombie debt: after a write-down to zero, ten years of accrual leave performing debt 0; a late repayment goes wholly to the claim; the account works again after it.", async () => {
    const p = await loadFixture(plain);
    await p.setPrice("0");
    await p.pool.writeDown([p.borrower]);
    await andReturn(async () => {
      await time.increase(3650n * DAY);
      expect((await p.pool.positionOf(p.borrower)).debt).to.equal(0n);
      expect((await p.pool.state()).debt).to.equal(0n);
      await p.provideAssets(p.borrower, p.assets("1000000"));
      await setNext();
      const { writtenOff } = await p.pool.positionOf(p.borrower, NEXT);
      const lenders = await p.pool.totalAssets(NEXT);
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      const { recovered, lenderClaims, interest } = await p.socializer.lossOf(1n);
      expect(recovered).to.be.within(writtenOff - 5n, writtenOff);
      expect(lenderClaims).to.be.greaterThan(recovered - 2n * interest - 5n);
      expect(await p.pool.totalAssets()).to.equal(lenders);
      expect(await p.socializer.claimable(1n, p.lender)).to.be.closeTo((lenderClaims * 6n) / 10n, 1n);
      await p.setPrice("2000");
      await p.openPosition(p.borrower, p.collaterals("1"), p.assets("1000"));
      await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
      await p.pool.connect(p.borrower).withdrawCollateral(p.collaterals("51"), p.borrower, p.borrower);
    });
  });

  it("Recognising A changes nothing of B. Listing the pool's own share as collateral reverts. Every loss reaches finality without anyone's permission.", async () => {
    const p = await loadFixture(lentOut);
    await p.setPrice("1500");
    await setNext();
    const read = () =>
      Promise.all([p.pool.positionOf(p.borrower2, NEXT), p.pool.healthOf(p.borrower2, NEXT), p.pool.state(NEXT)]);
    const [position, health, { index }] = await read();
    await p.pool.writeDown([p.borrower]);
    expect((await p.pool.state()).index).to.equal(index);
    expect([await p.pool.positionOf(p.borrower2), await p.pool.healthOf(p.borrower2)]).to.deep.equal([
      position,
      health,
    ]);
    await expect(p.createPool({ collateralAsset: await p.pool.getAddress() }))
      .to.be.revertedWithCustomError(p.factory, "InvalidAsset")
      .withArgs(await p.pool.getAddress());
    await p.setPrice("0");
    await p.pool.connect(p.stranger).writeDown([p.borrower, p.borrower2]);
    expect((await p.pool.state()).debt).to.equal(0n);
    expect(await p.pool.visibleShortfall()).to.equal(0n);
  });

  /* ------------------------------------------- RULES OF THE DESIGN ------------------------------------------- */

  it("Many small steps leave no claim: dust is a loss like any other when C < D", async () => {
    const p = await loadFixture(plain);
    await p.openPosition(p.borrower2, p.collaterals("1"), p.assets("1600"));
    let total = 0n;
    for (let step = 1n; step <= 5n; step++) {
      const { debt, collateral } = await p.pool.positionOf(p.borrower2);
      // the collateral is worth a hundredth less than the debt
      await p.oracle.setPrice((debt * 99n * Liquidation.ORACLE_SCALE) / (100n * collateral));
      await setNext(1n);
      const lack = await lackOf(p, p.borrower2.address);
      expect(lack).to.be.within(p.assets("35"), p.assets("50")); // a write-down's dust
      await p.pool.writeDown([p.borrower2]);
      const { shortfall, principal, lenderEpoch } = await p.socializer.lossOf(step);
      expect(shortfall).to.be.within(lack - 2n, lack + 2n);
      expect([lenderEpoch, await p.pool.epoch()]).to.deep.equal([step, step]);
      expect(principal).to.be.greaterThan(p.assets("30"));
      total += principal;
    }
    // all of it is owed to those who held then
    await p.pool.connect(p.lender).transfer(p.lender3, await p.pool.balanceOf(p.lender));
    await p.provideAssets(p.borrower2, p.assets("300"));
    await p.pool.connect(p.borrower2).repayWrittenOff(p.borrower2, MaxUint256);
    let claims = 0n;
    for (let loss = 1n; loss <= 5n; loss++) {
      const claimable = await p.socializer.claimable(loss, p.lender);
      expect(claimable).to.be.greaterThan(0n);
      claims += claimable;
      expect(await p.socializer.claimable(loss, p.lender3)).to.equal(0n);
    }
    expect(claims).to.be.closeTo((total * 6n) / 10n, p.assets("0.01"));
  });

  it("One front-run breaks multicall([writeDown, redeem]): accounts that are solvent, repeated or just written down are skipped, not refused", async () => {
    const p = await loadFixture(plain);
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("1000"));
    await p.setPrice("1500");
    const batch = [
      p.pool.interface.encodeFunctionData("writeDown", [
        [p.borrower.address, p.borrower2.address, p.borrower.address, p.stranger.address],
      ]),
      p.pool.interface.encodeFunctionData("redeem", [1_000_000n, p.lender.address, p.lender.address]),
    ];
    await p.pool.connect(p.stranger).writeDown([p.borrower]);
    await p.pool.connect(p.lender).multicall(batch);
    expect(await p.socializer.lossCount()).to.equal(1n);
  });

  it("W lies there for ever: refinance is permissionless once D + W ≤ C·LLTV again", async () => {
    const p = await loadFixture(plain);
    await p.setPrice("1600");
    await p.pool.writeDown([p.borrower]);
    await expect(p.pool.connect(p.stranger).refinance(p.borrower)).to.be.revertedWithCustomError(p.pool, "Unhealthy");
    await p.setPrice("2000");
    await p.pool.connect(p.stranger).refinance(p.borrower);
    const { debt, writtenOff } = await p.pool.positionOf(p.borrower);
    expect(writtenOff).to.equal(0n);
    expect(debt).to.be.greaterThanOrEqual(p.assets("80000"));
    expect((await p.socializer.lossOf(1n)).recovered).to.be.greaterThan(0n);
  });

  it("W lies there for ever: 7 days after it arose it is due, and liquidated at incentive m, whatever the health", async () => {
    const p = await loadFixture(plain);
    await p.setPrice("1600");
    await p.pool.writeDown([p.borrower]);
    await p.setPrice("4000");
    await p.provideAssets(p.liquidator, p.assets("100000"));
    const liquidate = () => p.pool.connect(p.liquidator).liquidate(p.borrower, MaxUint256, 0n, "0x");
    await time.increase(7n * DAY - 60n);
    await expect(liquidate()).to.be.revertedWithCustomError(p.pool, "HealthyPosition");
    await time.increase(60n);
    await liquidate();
    const { debt, writtenOff } = await p.pool.positionOf(p.borrower);
    expect(writtenOff).to.equal(0n);
    expect(debt).to.be.greaterThan(p.assets("70000"));
  });

  it("Starving the cover: with an explicit gas floor a write-down goes on with the cover or not at all", async () => {
    const p = await loadFixture(covered);
    await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("900"), p.pool));
    const start = await takeSnapshot();
    const { selector } = p.socializer.interface.getError("InsufficientGas")!;
    let [booked, starved] = [0, 0];
    for (let gasLimit = 200_000n; gasLimit <= 800_000n; gasLimit += 25_000n) {
      const tx = { ...(await p.pool.writeDown.populateTransaction([p.borrower])), from: p.stranger.address, gasLimit };
      const outcome = await ethers.provider.call(tx).catch((error: { data?: string | null }) => error.data ?? "");
      if (outcome.startsWith(selector)) starved++;
      if (outcome.length !== 66) continue; // a word: it went through
      await p.pool.connect(p.stranger).writeDown([p.borrower], { gasLimit });
      const { reserve, staked, principal } = await p.socializer.lossOf(1n);
      expect(reserve + staked, `${gasLimit}`).to.be.greaterThan(p.assets("800"));
      expect(principal, `${gasLimit}`).to.equal(0n);
      booked++;
      await start.restore();
    }
    expect(booked).to.be.greaterThan(0);
    expect(starved).to.be.greaterThan(0);
  });

  it("A claim on layer 4 would be free to take by a large deposit just before: only a loss at layer 5 opens an epoch", async () => {
    const p = await loadFixture(noDust);
    await time.increase(30n * DAY);
    await p.supply(p.stranger, p.assets("10000000")); // just before
    const { unvested } = await p.pool.state();
    await lose(p, p.borrower.address, unvested / 2n);
    const loss = await p.socializer.lossOf(1n);
    expect([loss.principal, loss.lenderEpoch, await p.pool.epoch()]).to.deep.equal([0n, 0n, 0n]);
    expect(loss.interest).to.equal(loss.shortfall);
    const before = (await p.pool.state()).unvested;
    await recover(p, 1n, loss.interest - 10n); // what is due is rounded down
    expect(await p.socializer.claimable(1n, p.stranger)).to.equal(0n);
    expect((await p.pool.state()).unvested).to.be.within(
      before + loss.interest - 1_000n,
      before + loss.interest + 1_000n,
    );
  });

  it("Many tiny write-downs neither escape the claims nor flood the epoch counter: an epoch opens at 1 basis point of the bearing layer", async () => {
    const p = await loadFixture(plain);
    const asPool = p.socializer.connect(await signerOf(p.pool));
    const point = p.assets("10");
    let [left, opened] = [p.assets("100000"), 0];
    for (let i = 0; i < 10; i++) {
      const { opensEpoch } = await asPool.absorb.staticCall(p.fund, point / 5n, WAD, 0n, 0n, left, 0n);
      if (opensEpoch) opened = i + 1;
      if (opensEpoch) break;
      await asPool.absorb(p.fund, point / 5n, WAD, 0n, 0n, left, 0n);
      left -= point / 5n;
    }
    expect(opened).to.equal(5);
    expect(await p.socializer.lossCount()).to.equal(1n);
    expect((await p.socializer.lossOf(1n)).principal).to.equal((point * 4n) / 5n);
  });

  it("Losses within 24 hours form one episode: it does not matter which of two defaults was booked first", async () => {
    const p = await loadFixture(covered);
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("15000"));
    const start = await takeSnapshot();
    const outcomes = [];
    for (const order of [
      [p.borrower, p.borrower2],
      [p.borrower2, p.borrower],
    ]) {
      await p.setPrice("1450");
      for (const account of order) await p.pool.writeDown([account]);
      // the larger default is paid in full
      await p.provideAssets(p.borrower, p.assets("20000"));
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      const recovered = { lenders: 0n, fund: 0n };
      for (let id = await p.socializer.lossCount(); id !== 0n; id--) {
        const { principal, interest, staked, reserve } = (await p.socializer.lossOf(id)).recoveredBy;
        recovered.lenders += principal + interest;
        recovered.fund += staked + reserve;
      }
      outcomes.push(recovered);
      await start.restore();
    }
    expect(outcomes[0].lenders).to.be.closeTo(outcomes[1].lenders, p.assets("0.01"));
    expect(outcomes[0].fund).to.be.closeTo(outcomes[1].fund, p.assets("0.01")).and.to.be.greaterThan(p.assets("1000"));
  });

  it("Late recognition of a near-wipe: a loss that leaves the share price under 1e-6 of par ends the generation, the residue goes to fees", async () => {
    const p = await loadFixture(lentOut);
    // 0.05 of 100,000 are left: half a millionth
    await p.oracle.setPrice((p.assets("0.05") * Liquidation.ORACLE_SCALE) / p.collaterals("150"));
    await p.pool.writeDown([p.borrower, p.borrower2]);
    expect(await p.pool.generation()).to.equal(1n);
    const { fees, lenderAssets, debt } = await p.pool.state();
    expect([lenderAssets, fees]).to.deep.equal([0n, debt]);
    await p.setPrice("2000");
    await p.supply(p.lender3, p.assets("1000"));
    expect(await worthOf(p.pool, p.lender3)).to.be.within(p.assets("1000") - 1n, p.assets("1000"));
  });

  it("One share sent to a victim must not stop its exit: only the amount received in the block of a loss is held", async () => {
    const p = await loadFixture(plain);
    await p.setPrice("1500");
    const gasLimit = 2_000_000n;
    const shares = p.assets("1000") * 1000n;
    const before = await p.asset.balanceOf(p.lender);
    await inOneBlock(async () => {
      await p.pool.writeDown([p.borrower], { gasLimit });
      await p.pool.connect(p.lender2).transfer(p.lender, 1n, { gasLimit });
      await p.pool.connect(p.lender).redeem(shares, p.lender, p.lender, { gasLimit });
    });
    expect(await p.asset.balanceOf(p.lender)).to.be.greaterThan(before);
  });

  it("The guard measures by the lender assets that would remain after the call: no large exit leaves a small loss to few", async () => {
    const p = await loadFixture(plain);
    await p.supply(p.lender3, p.assets("900000"));
    await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("100"), p.pool));
    // 100 of 1,000,000 are tolerated, 100 of 200,000 are not
    const exit = (who: Signer, assets: bigint) => p.pool.connect(who).withdraw.staticCall(assets, p.lender3, p.lender3);
    await expect(exit(p.lender3, p.assets("800000"))).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
    await exit(p.lender3, p.assets("100"));
  });

  it("Open at once: the first out takes the cash through every sequencer outage; exits wait while the oracle is blind, deposits too", async () => {
    const p = await loadFixture(plain);
    await p.oracle.setMode(OracleMode.Revert);
    await p.pool.reportBlind();
    for (const call of ["redeem", "withdraw"] as const) {
      await expect(p.pool.connect(p.lender)[call](1_000_000n, p.lender, p.lender)).to.be.revertedWithCustomError(
        p.pool,
        "Blind",
      );
    }
    await p.provideAssets(p.lender, 1_000n);
    await expect(p.pool.connect(p.lender).deposit(1_000n, p.lender)).to.be.revertedWithCustomError(p.pool, "Blind");
  });

  it("Shut for good: a dead feed locks lenders in; after the blind period on record exits open, deposits stay shut", async () => {
    const p = await loadFixture(plain);
    await p.oracle.setMode(OracleMode.Revert);
    for (let day = 0; day < 4; day++) {
      await p.pool.reportBlind();
      await time.increase(DAY - 60n);
    }
    await p.pool.connect(p.lender).redeem(1_000_000n, p.lender, p.lender);
    await p.provideAssets(p.lender, 1_000n);
    await expect(p.pool.connect(p.lender).deposit(1_000n, p.lender)).to.be.revertedWithCustomError(p.pool, "Blind");
  });

  it("Starved gas cannot fake a failure of the oracle: its stipend must be available", async () => {
    const p = await loadFixture(plain);
    await p.oracle.setMode(OracleMode.Revert);
    for (let day = 0; day < 4; day++) {
      await p.pool.reportBlind();
      await time.increase(DAY - 60n);
    }
    // answers again, shows a loss, and gives up at once where it gets less than 300,000 gas: the caller keeps what is left.
    // if (gas > 300000) return 300 dollars; revert
    const price = ethers.toBeHex(p.priceUnits("300"), 32).slice(2);
    const code = `0x5a620493e010600c575f5ffd5b7f${price}5f5260205ff3`;
    await network.provider.send("hardhat_setCode", [await p.oracle.getAddress(), code]);
    expect(await p.oracle.price()).to.equal(p.priceUnits("300"));
    const redeem = p.pool.connect(p.lender).redeem;
    const names = new Set<string>();
    for (let gasLimit = 100_000n; gasLimit <= 700_000n; gasLimit += 20_000n) {
      const { data } = await redeem.staticCall(1_000_000n, p.lender, p.lender, { gasLimit }).then(
        () => expect.fail(`left with ${gasLimit} gas`),
        (error: { data?: unknown }) => error,
      );
      if (typeof data === "string" && data !== "0x") names.add(p.pool.interface.parseError(data)!.name);
    }
    expect([...names]).to.deep.equal(["InsufficientGas", "UnbookedShortfall"]);
  });

  it("Gas of a loss flat from 1 to 1,000 lenders.", async () => {
    const gas = [];
    const p = await loadFixture(plain);
    const start = await takeSnapshot();
    const at = BigInt(await time.latest()) + 5_000n;
    for (const count of [1, 1_000]) {
      const holders = Array.from({ length: count }, (_, i) => ethers.toBeHex(0x10000 + i, 20));
      for (const holder of holders) await p.pool.connect(p.lender).transfer(holder, 1_000_000n);
      await p.setPrice("1500");
      await time.setNextBlockTimestamp(at);
      const receipt = await (await p.pool.writeDown([p.borrower])).wait();
      gas.push(receipt!.gasUsed);
      await start.restore();
    }
    expect(gas[1]).to.equal(gas[0]);
  });
});
