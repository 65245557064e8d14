import { expect } from "chai";
import { MaxUint256, type AddressLike } from "ethers";
import { FixedPoint, Liquidation } from "../../../sdk";
import { loadFixture, time } from "../../helpers/hre";
import { OracleMode } from "../../helpers/oracle";
import {
  DAY,
  NEXT,
  callOf,
  deployAccount,
  deployLentPool,
  expectIdentity,
  setNext,
  type LentPool,
} from "../../helpers/pool";

const { divUp, max, min, WAD } = FixedPoint;

const PRICE_SCALE = 10n ** 36n;
const [LLTV, TARGET] = [(86n * WAD) / 100n, (125n * WAD) / 100n];
// m, w and i
const [LEAST, AFTER_WRITE_DOWN, MOST] = [WAD / 200n, WAD / 50n, WAD / 20n];

describe("LendingPool: liquidate", () => {
  /** Borrower 2 owes 340 against 0.2: less than the minimum debt would be left by a liquidation to the target. */
  async function fixture() {
    const p = await deployLentPool();
    await p.openPosition(p.borrower2, p.collaterals("0.2"), p.assets("340"));
    await p.provideAssets(p.liquidator, p.assets("1000000"));
    await time.increase(30n * DAY);
    await p.pool.accrue();
    return p;
  }

  const liquidate = (p: LentPool, repay = MaxUint256, least = 0n, borrower: AddressLike = p.borrower) =>
    p.pool.connect(p.liquidator).liquidate(borrower, repay, least, "0x");

  /** What the next transaction finds of an unhealthy account, and what it may do to it. */
  async function termsOf(p: LentPool, account: AddressLike = p.borrower) {
    const price = await p.oracle.price();
    const { collateral, debt, writtenOff } = await p.pool.positionOf(account, NEXT);
    const { index } = await p.pool.state(NEXT);
    const [value, owed] = [(collateral * price) / PRICE_SCALE, debt + writtenOff];
    const health = (value * LLTV) / owed;
    const low = (LLTV * (WAD + MOST)) / WAD;
    const ramp = health >= WAD ? LEAST : health <= low ? MOST : LEAST + ((MOST - LEAST) * (WAD - health)) / (WAD - low);
    const incentive = min(ramp, max(AFTER_WRITE_DOWN, (value * WAD) / owed - WAD));
    const toTarget = divUp(TARGET * owed - LLTV * value, TARGET - (LLTV * (WAD + incentive)) / WAD);
    const affordable = min((value * WAD) / (WAD + incentive), owed);
    // only whole units of the index are paid for
    const paidFor = (repaid: bigint) => (repaid < debt ? (((repaid * WAD) / index) * index) / WAD : repaid);
    const seizedFor = (repaid: bigint) =>
      min((((paidFor(repaid) * (WAD + incentive)) / WAD) * PRICE_SCALE) / price, collateral);
    return { collateral, debt, writtenOff, owed, value, ramp, incentive, limit: min(toTarget, affordable), seizedFor };
  }

  describe("of an unhealthy account that can repay", () => {
    for (const { price, why } of [
      { price: "1865", why: "the least incentive where it has just become unhealthy" },
      { price: "1820", why: "more with less health" },
      { price: "1740", why: "and more" },
      { price: "1686", why: "nearly the most" },
      { price: "1670", why: "no more than the collateral is worth above the debt, so that lenders lose nothing" },
      { price: "1645", why: "at the least what is left to the liquidator of an account that cannot repay" },
    ]) {
      it(`at ${price} restores the target health, for ${why}`, async () => {
        const p = await loadFixture(fixture);
        await p.setPrice(price);
        await setNext();
        const [before, terms] = [await p.pool.state(NEXT), await termsOf(p)];
        const { limit: repaid, debt } = terms;
        const seized = terms.seizedFor(repaid);
        expect(
          await p.pool.connect(p.liquidator).liquidate.staticCall(p.borrower, MaxUint256, 0n, "0x", NEXT),
        ).to.deep.equal([repaid, seized]);
        const scaledBefore = await p.pool.scaledDebtOf(p.borrower);
        const scaled = repaid === debt ? scaledBefore : (repaid * WAD) / before.index;
        const transaction = await liquidate(p);
        await expect(transaction)
          .to.emit(p.pool, "Liquidated")
          .withArgs(p.liquidator.address, p.borrower.address, repaid, 0n, seized, scaled);
        await expect(transaction).to.changeTokenBalances(p.asset, [p.liquidator, p.pool], [-repaid, repaid]);
        await expect(transaction).to.changeTokenBalances(p.collateral, [p.liquidator, p.pool], [seized, -seized]);
        const after = await p.pool.state();
        expect(after.cash).to.equal(before.cash + repaid);
        expect(await p.pool.scaledDebtOf(p.borrower)).to.equal(scaledBefore - scaled);
        expect((await p.pool.positionOf(p.borrower)).collateral).to.equal(terms.collateral - seized);
        // no lender loses
        expect(after.lenderAssets).to.be.within(before.lenderAssets, before.lenderAssets + 1n);
        expect(await p.socializer.lossCount()).to.equal(0n);
        // within what a unit of value is of it
        if (repaid < debt) expect(await p.pool.healthOf(p.borrower)).to.be.closeTo(TARGET, WAD / 10n ** 7n);
        await expectIdentity(p.pool);
      });
    }

    it("covers each part of the incentive curve", async () => {
      const p = await loadFixture(fixture);
      const incentives: [bigint, bigint][] = [];
      for (const price of ["1865", "1820", "1740", "1686", "1670", "1645"]) {
        await p.setPrice(price);
        const { incentive, ramp } = await termsOf(p);
        incentives.push([incentive, ramp]);
      }
      expect(incentives.slice(0, 4).every(([incentive, ramp]) => incentive === ramp)).to.equal(true);
      expect(incentives.slice(4).every(([incentive, ramp]) => incentive < ramp)).to.equal(true);
      expect(incentives[0][0]).to.be.within(LEAST, LEAST + WAD / 1000n);
      expect(incentives[3][0]).to.be.within(MOST - WAD / 200n, MOST);
      expect(incentives[5][0]).to.be.within(AFTER_WRITE_DOWN, AFTER_WRITE_DOWN + WAD / 100n);
    });

    it("in part lowers what is owed, never the collateral for each unit of it", async () => {
      const p = await loadFixture(fixture);
      for (const price of ["1850", "1660"]) {
        await p.setPrice(price);
        for (const asked of [1n, 2n, 3n, 999n, p.assets("1000"), p.assets("10000")]) {
          await setNext();
          const { debt, collateral } = await termsOf(p);
          const scaled = await p.pool.scaledDebtOf(p.borrower);
          await liquidate(p, asked);
          const after = await p.pool.positionOf(p.borrower);
          const scaledAfter = await p.pool.scaledDebtOf(p.borrower);
          expect(after.debt).to.be.within(debt - asked, debt - asked + 1n);
          expect(after.collateral * scaled, `${price} ${asked}`).to.be.greaterThanOrEqual(collateral * scaledAfter);
        }
      }
    });

    it("clamps a repayment above what is allowed, and the least collateral with it", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1800");
      await setNext();
      const { limit, seizedFor, debt } = await termsOf(p);
      expect(limit).to.be.lessThan(debt);
      const seized = seizedFor(limit);
      const call = p.pool.connect(p.liquidator).liquidate;
      // asked for twice as much: half of the collateral must do
      expect(await call.staticCall(p.borrower, 2n * limit, 2n * seized, "0x", NEXT)).to.deep.equal([limit, seized]);
      await expect(call.staticCall(p.borrower, 2n * limit, 2n * seized + 1n, "0x", NEXT))
        .to.be.revertedWithCustomError(p.pool, "SeizedTooLittle")
        .withArgs(seized, seized + 1n);
      // asked for as much as allowed: all of it
      expect(await call.staticCall(p.borrower, MaxUint256, seized, "0x", NEXT)).to.deep.equal([limit, seized]);
      await expect(call.staticCall(p.borrower, MaxUint256, seized + 1n, "0x", NEXT))
        .to.be.revertedWithCustomError(p.pool, "SeizedTooLittle")
        .withArgs(seized, seized + 1n);
      await expect(liquidate(p, limit / 2n, seized)).to.be.revertedWithCustomError(p.pool, "SeizedTooLittle");
    });

    it("goes through, clamped, when a unit was repaid just before", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1800");
      await p.provideAssets(p.borrower, 10n);
      const { debt } = await p.pool.positionOf(p.borrower);
      await p.pool.connect(p.borrower).repay(1n, p.borrower);
      await liquidate(p, debt);
      expect(await p.pool.healthOf(p.borrower)).to.be.greaterThan(WAD);
    });

    it("closes the whole debt when less than the minimum would be left", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1850");
      await setNext();
      const { limit, debt, seizedFor, collateral } = await termsOf(p, p.borrower2);
      expect(limit).to.be.lessThan(debt);
      expect(debt - limit).to.be.lessThan(p.assets("100"));
      const transaction = await liquidate(p, MaxUint256, 0n, p.borrower2);
      await expect(transaction).to.changeTokenBalance(p.asset, p.liquidator, -debt);
      await expect(transaction).to.changeTokenBalance(p.collateral, p.liquidator, seizedFor(debt));
      const after = await p.pool.positionOf(p.borrower2);
      expect(after).to.deep.equal([collateral - seizedFor(debt), 0n, 0n]);
      // what is left is the borrower's
      await p.pool.connect(p.borrower2).withdrawCollateral(after.collateral, p.borrower2, p.borrower2);
    });

    it("stops short of leaving less than the minimum debt where less was asked for", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1850");
      await setNext();
      const { debt } = await termsOf(p, p.borrower2);
      const repaid = debt - p.assets("100");
      const call = p.pool.connect(p.liquidator).liquidate;
      const [clamped] = await call.staticCall(p.borrower2, debt - 1n, 0n, "0x", NEXT);
      expect(clamped).to.equal(repaid);
      await liquidate(p, debt - 1n, 0n, p.borrower2);
      expect((await p.pool.positionOf(p.borrower2)).debt).to.be.within(p.assets("100"), p.assets("100") + 1n);
    });
  });

  describe("of an account that cannot repay", () => {
    it("writes it down first, and pays w of what is left", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1500");
      await setNext();
      const before = await p.pool.state(NEXT);
      const position = await p.pool.positionOf(p.borrower, NEXT);
      const scaled = await p.pool.scaledDebtOf(p.borrower);
      const performing = (p.assets("75000") * 100n) / 102n;
      const kept = (performing * WAD) / before.index;
      const shortfall = before.debt - ((before.scaledDebt - scaled + kept) * before.index) / WAD;
      const repaid = divUp(kept * before.index, WAD);
      const seized = (((repaid * 102n) / 100n) * PRICE_SCALE) / (await p.oracle.price());
      const transaction = await liquidate(p);
      await expect(transaction)
        .to.emit(p.pool, "LossBooked")
        .withArgs(1n, shortfall, 0n, before.unvested, shortfall - before.unvested);
      await expect(transaction)
        .to.emit(p.pool, "WrittenDown")
        .withArgs(p.borrower.address, 1n, scaled - kept);
      await expect(transaction)
        .to.emit(p.pool, "Liquidated")
        .withArgs(p.liquidator.address, p.borrower.address, repaid, 0n, seized, kept);
      const names = (await transaction.wait())!.logs.map((log) => p.pool.interface.parseLog(log)?.name);
      expect(names.indexOf("LossBooked")).to.be.lessThan(names.indexOf("Liquidated"));
      const after = await p.pool.positionOf(p.borrower);
      expect(after.debt).to.equal(0n);
      expect(after.writtenOff).to.equal(divUp((scaled - kept) * before.index, WAD));
      expect(after.collateral).to.equal(position.collateral - seized);
      expect(after.collateral).to.be.lessThan(p.collaterals("0.000000001"));
      const state = await p.pool.state();
      expect(state.debt).to.be.closeTo(before.debt - shortfall - repaid, 1n);
      expect(state.cash).to.equal(before.cash + repaid);
      expect(state.lenderAssets).to.be.closeTo(before.lenderAssets - shortfall + before.unvested, 1n);
      await expectIdentity(p.pool);
    });

    it("loses lenders the same whether it is booked first, by the liquidation, or liquidated in small parts", async () => {
      const outcomes: bigint[] = [];
      for (const steps of [
        ["liquidate all"],
        ["write down", "liquidate all"],
        ["liquidate", "liquidate", "liquidate", "liquidate all"],
      ]) {
        const p = await loadFixture(fixture);
        await p.setPrice("1500");
        for (const step of steps) {
          if (step === "write down") await p.pool.writeDown([p.borrower]);
          else await liquidate(p, step === "liquidate" ? p.assets("9000") : MaxUint256);
        }
        const { lenderAssets, unvested } = await p.pool.state();
        outcomes.push(lenderAssets + unvested);
        expect((await p.pool.positionOf(p.borrower)).debt).to.equal(0n);
      }
      // seconds of interest on 74,000 lie between them
      for (const outcome of outcomes) expect(outcome).to.be.closeTo(outcomes[0], 5000n);
    });

    it("never lowers the cover of the debt, whatever part of it is repaid", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1500");
      await p.pool.writeDown([p.borrower]);
      for (const asked of [1n, 2n, 3n, 12_345n, p.assets("20000"), p.assets("30000")]) {
        const scaled = await p.pool.scaledDebtOf(p.borrower);
        const { collateral } = await p.pool.positionOf(p.borrower);
        await liquidate(p, asked);
        const after = await p.pool.positionOf(p.borrower);
        const scaledAfter = await p.pool.scaledDebtOf(p.borrower);
        expect(after.collateral * scaled, `${asked}`).to.be.greaterThanOrEqual(collateral * scaledAfter);
        const value = (after.collateral * (await p.oracle.price())) / PRICE_SCALE;
        expect((value * WAD) / after.debt).to.be.closeTo(WAD + AFTER_WRITE_DOWN, WAD / 10n ** 8n);
      }
    });

    it("books the loss and ends there when the collateral is worth nothing", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("0");
      const call = p.pool.connect(p.liquidator).liquidate;
      expect(await call.staticCall(p.borrower, MaxUint256, 0n, "0x")).to.deep.equal([0n, 0n]);
      const account = await deployAccount(p);
      const execution = account.execute([await callOf(p.pool, "liquidate", [p.borrower, MaxUint256, 0n, "0x01"])]);
      await expect(execution).to.emit(p.pool, "LossBooked");
      await expect(execution).not.to.emit(p.pool, "Liquidated");
      await expect(execution).not.to.emit(account, "Liquidating");
      await expect(execution).to.changeTokenBalance(p.asset, account, 0n);
      const { collateral, debt, writtenOff } = await p.pool.positionOf(p.borrower);
      expect([collateral, debt]).to.deep.equal([p.collaterals("50"), 0n]);
      expect(writtenOff).to.be.greaterThan(p.assets("80000"));
      // and once that is done there is nothing to take
      await expect(liquidate(p))
        .to.be.revertedWithCustomError(p.pool, "NothingToLiquidate")
        .withArgs(p.borrower.address);
      await expectIdentity(p.pool);
    });

    it("books the loss alone when what is left can only be closed whole and less was asked for", async () => {
      const p = await loadFixture(fixture);
      // the collateral of borrower 2 repays 98 of 340
      await p.setPrice("500");
      await setNext();
      expect(
        await p.pool.connect(p.liquidator).liquidate.staticCall(p.borrower2, p.assets("50"), 0n, "0x", NEXT),
      ).to.deep.equal([0n, 0n]);
      await liquidate(p, p.assets("50"), 0n, p.borrower2);
      const { debt, collateral } = await p.pool.positionOf(p.borrower2);
      expect(debt).to.be.within(p.assets("98"), p.assets("98.1"));
      expect(collateral).to.equal(p.collaterals("0.2"));
      // as long as interest does not make it a loss again
      await p.provideCollateral(p.borrower2, p.collaterals("0.001"));
      await p.pool.connect(p.borrower2).supplyCollateral(p.collaterals("0.001"), p.borrower2);
      await expect(liquidate(p, p.assets("50"), 0n, p.borrower2))
        .to.be.revertedWithCustomError(p.pool, "NothingToLiquidate")
        .withArgs(p.borrower2.address);
      await liquidate(p, MaxUint256, 0n, p.borrower2);
      expect((await p.pool.positionOf(p.borrower2)).debt).to.equal(0n);
    });
  });

  describe("of an account with written-off debt", () => {
    /** Written down at 1,500: D is 73,529 and W the rest. */
    async function defaulted() {
      const p = await fixture();
      await p.setPrice("1500");
      await p.pool.writeDown([p.borrower]);
      return p;
    }

    it("pays the performing debt first, then the written-off one, to those who bore the loss", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("1700");
      await setNext();
      const { debt, writtenOff, limit, seizedFor, ramp, incentive } = await termsOf(p);
      expect(limit).to.be.within(debt + 1n, debt + writtenOff - 1n);
      expect(incentive).to.equal(ramp);
      const [before, scaled] = [await p.pool.state(NEXT), await p.pool.scaledDebtOf(p.borrower)];
      const outstanding = (await p.socializer.lossOf(1n, NEXT)).outstanding.principal;
      const recovered = limit - debt;
      const transaction = await liquidate(p);
      await expect(transaction)
        .to.emit(p.pool, "Liquidated")
        .withArgs(p.liquidator.address, p.borrower.address, debt, recovered, seizedFor(limit), scaled);
      await expect(transaction).to.changeTokenBalances(
        p.asset,
        [p.liquidator, p.pool, p.socializer],
        [-limit, debt, recovered],
      );
      const after = await p.pool.positionOf(p.borrower);
      expect(after.debt).to.equal(0n);
      expect(after.writtenOff).to.be.within(writtenOff - recovered, writtenOff - recovered + 1n);
      const loss = await p.socializer.lossOf(1n);
      expect(loss.lenderClaims).to.equal(recovered);
      expect(outstanding - loss.outstanding.principal).to.be.within(recovered, recovered + 2n);
      // of it nothing reaches the lenders of today
      expect((await p.pool.state()).lenderAssets).to.be.closeTo(before.lenderAssets, 1n);
      await expectIdentity(p.pool);
    });

    it("leaves it alone while all that is owed is healthy and not due", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("2000");
      await setNext();
      const health = await p.pool.healthOf(p.borrower, NEXT);
      expect(health).to.be.greaterThan(WAD);
      await expect(liquidate(p))
        .to.be.revertedWithCustomError(p.pool, "HealthyPosition")
        .withArgs(p.borrower.address, health);
    });

    it("of a healthy account takes what is due after 7 days at the least incentive, and no performing debt", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("3000");
      const [{ since }] = await p.pool.writtenOffOf(p.borrower);
      await time.setNextBlockTimestamp(since + Liquidation.DUE_AFTER - 1n);
      const health = await p.pool.healthOf(p.borrower, NEXT);
      await expect(liquidate(p))
        .to.be.revertedWithCustomError(p.pool, "HealthyPosition")
        .withArgs(p.borrower.address, health);
      const price = await p.oracle.price();
      const seizedFor = (repaid: bigint) => (((repaid * 1005n) / 1000n) * PRICE_SCALE) / price;
      await time.setNextBlockTimestamp(since + Liquidation.DUE_AFTER);
      const scaled = await p.pool.scaledDebtOf(p.borrower);
      const part = p.assets("1000");
      await expect(liquidate(p, part))
        .to.emit(p.pool, "Liquidated")
        .withArgs(p.liquidator.address, p.borrower.address, 0n, part, seizedFor(part), 0n);
      await setNext();
      const { writtenOff } = await p.pool.positionOf(p.borrower, NEXT);
      const transaction = await liquidate(p);
      await expect(transaction)
        .to.emit(p.pool, "Liquidated")
        .withArgs(p.liquidator.address, p.borrower.address, 0n, writtenOff, seizedFor(writtenOff), 0n);
      await expect(transaction).to.changeTokenBalance(p.asset, p.liquidator, -writtenOff);
      const after = await p.pool.positionOf(p.borrower);
      expect(after.writtenOff).to.equal(0n);
      expect(after.collateral).to.equal(p.collaterals("50") - seizedFor(part) - seizedFor(writtenOff));
      expect(await p.pool.scaledDebtOf(p.borrower)).to.equal(scaled);
      await expectIdentity(p.pool);
      // that is all: the account is like any other again
      await expect(liquidate(p)).to.be.revertedWithCustomError(p.pool, "HealthyPosition");
      await p.pool.connect(p.borrower).withdrawCollateral(1n, p.borrower, p.borrower);
    });

    it("takes only the entries that are due", async () => {
      const p = await loadFixture(defaulted);
      await time.increase(4n * DAY);
      await p.setPrice("1400");
      await p.pool.writeDown([p.borrower]);
      await p.setPrice("3000");
      await time.increase(4n * DAY);
      const [old, recent] = await p.pool.writtenOffOf(p.borrower);
      await setNext();
      const due = divUp(old.scaled * (await p.pool.state(NEXT)).index, WAD);
      await expect(liquidate(p)).to.changeTokenBalance(p.asset, p.liquidator, -due);
      expect(await p.pool.writtenOffOf(p.borrower)).to.deep.equal([recent]);
      await expect(liquidate(p)).to.be.revertedWithCustomError(p.pool, "HealthyPosition");
    });

    it("of an unhealthy account uses the ramp, due or not", async () => {
      const p = await loadFixture(defaulted);
      await time.increase(8n * DAY);
      await p.setPrice("1700");
      await setNext();
      const { limit, seizedFor, incentive } = await termsOf(p);
      expect(incentive).to.be.greaterThan(LEAST);
      await expect(liquidate(p)).to.changeTokenBalances(p.collateral, [p.liquidator], [seizedFor(limit)]);
    });

    it("takes nothing where nothing is left to take", async () => {
      const p = await loadFixture(defaulted);
      await liquidate(p);
      await time.increase(8n * DAY);
      const { collateral, debt, writtenOff } = await p.pool.positionOf(p.borrower);
      expect(debt).to.equal(0n);
      expect(collateral).to.be.lessThan(10n ** 9n);
      expect(writtenOff).to.be.greaterThan(0n);
      await expect(liquidate(p))
        .to.be.revertedWithCustomError(p.pool, "NothingToLiquidate")
        .withArgs(p.borrower.address);
    });
  });

  describe("callback", () => {
    it("comes after the collateral and before the payment, which it can raise", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1800");
      const account = await deployAccount(p);
      // it has nothing
      for (const token of [p.asset, p.collateral]) {
        await account.execute([await callOf(token, "transfer", [p.treasury, await token.balanceOf(account)])]);
      }
      await account.prepare([
        await callOf(p.collateral, "transfer", [p.stranger, 1n]),
        await callOf(p.asset, "mint", [account, p.assets("80000")]),
      ]);
      await setNext();
      const { limit, seizedFor } = await termsOf(p);
      const execution = account.execute([await callOf(p.pool, "liquidate", [p.borrower, MaxUint256, 0n, "0xabcd"])]);
      await expect(execution).to.emit(account, "Liquidating").withArgs(limit, seizedFor(limit), "0xabcd");
      // it had the collateral to spend
      await expect(execution)
        .to.emit(account, "Attempted")
        .withArgs(true, (result: string) => BigInt(result) === 1n);
      expect(await p.collateral.balanceOf(p.stranger)).to.equal(1n);
      expect(await p.asset.balanceOf(account)).to.equal(p.assets("80000") - limit);
    });

    it("does not come without data", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1800");
      const account = await deployAccount(p);
      const execution = account.execute([await callOf(p.pool, "liquidate", [p.borrower, MaxUint256, 0n, "0x"])]);
      await expect(execution).not.to.emit(account, "Liquidating");
    });

    it("finds the books closed: the position, the pool and a loss are as after the call", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1500");
      const account = await deployAccount(p);
      await account.prepare([
        await callOf(p.pool, "state", []),
        await callOf(p.pool, "positionOf", [p.borrower]),
        await callOf(p.pool, "epoch", []),
      ]);
      const transaction = await account.execute([
        await callOf(p.pool, "liquidate", [p.borrower, p.assets("1000"), 0n, "0x01"]),
      ]);
      const seen = (await account.queryFilter(account.filters.Attempted(), transaction.blockNumber!)).map(
        ({ args }) => args.result,
      );
      const abi = p.pool.interface;
      expect(abi.decodeFunctionResult("state", seen[0])[0]).to.deep.equal(await p.pool.state());
      expect(abi.decodeFunctionResult("positionOf", seen[1])).to.deep.equal(await p.pool.positionOf(p.borrower));
      expect(abi.decodeFunctionResult("epoch", seen[2])).to.deep.equal([1n]);
    });

    it("undoes everything when it reverts or the payment does not come", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1800");
      // a caller with data and no such function
      await expect(
        p.pool.connect(p.liquidator).liquidate(p.borrower, MaxUint256, 0n, "0x01"),
      ).to.be.revertedWithoutReason();
      await expect(
        p.pool.connect(p.stranger).liquidate(p.borrower, MaxUint256, 0n, "0x"),
      ).to.be.revertedWithCustomError(p.asset, "ERC20InsufficientAllowance");
      expect((await p.pool.positionOf(p.borrower)).collateral).to.equal(p.collaterals("50"));
    });
  });

  it("refuses a zero amount, accounts that owe nothing or are healthy", async () => {
    const p = await loadFixture(fixture);
    await expect(liquidate(p, 0n)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
    await expect(liquidate(p, 1n, 0n, p.stranger))
      .to.be.revertedWithCustomError(p.pool, "NoDebt")
      .withArgs(p.stranger.address);
    await setNext();
    const health = await p.pool.healthOf(p.borrower, NEXT);
    await expect(liquidate(p))
      .to.be.revertedWithCustomError(p.pool, "HealthyPosition")
      .withArgs(p.borrower.address, health);
  });

  it("begins where C·LLTV no longer covers what is owed, to the unit", async () => {
    const p = await loadFixture(fixture);
    const at = await setNext(100n);
    const { debt } = await p.pool.positionOf(p.borrower, NEXT);
    const least = divUp(debt * WAD, LLTV);
    for (const value of [least, least - 1n]) {
      await setNext(1n);
      await p.oracle.setPrice(divUp(value * PRICE_SCALE, p.collaterals("50")));
      await time.setNextBlockTimestamp(at);
      const attempt = p.pool.connect(p.liquidator).liquidate.staticCall(p.borrower, 1n, 0n, "0x", NEXT);
      if (value === least) await expect(attempt).to.be.revertedWithCustomError(p.pool, "HealthyPosition");
      else expect((await attempt)[0]).to.equal(1n);
    }
  });

  it("refuses while the oracle fails, with the oracle's error", async () => {
    const p = await loadFixture(fixture);
    await p.oracle.setMode(OracleMode.Revert);
    await expect(liquidate(p)).to.be.revertedWithCustomError(p.oracle, "OracleBroken");
  });

  it("works while new risk is paused and without cash in the pool", async () => {
    const p = await loadFixture(fixture);
    await setNext();
    const { cash } = await p.pool.state(NEXT);
    await p.pool.connect(p.lender).withdraw(cash, p.lender, p.lender);
    await p.factory.connect(p.guardian).pause(p.pool);
    await p.setPrice("1500");
    await liquidate(p);
    await expectIdentity(p.pool);
  });

  it("of oneself gains nothing at an unchanged price", async () => {
    const p = await loadFixture(fixture);
    await p.provideAssets(p.borrower, p.assets("100000"));
    for (const price of ["1800", "1660", "1500"]) {
      await p.setPrice(price);
      await setNext();
      const worth = async (at = {}) => {
        const { collateral, debt, writtenOff } = await p.pool.positionOf(p.borrower, at);
        const held = (collateral + (await p.collateral.balanceOf(p.borrower))) * (await p.oracle.price());
        return held / PRICE_SCALE + (await p.asset.balanceOf(p.borrower)) - debt - writtenOff;
      };
      const before = await worth(NEXT);
      await p.pool.connect(p.borrower).liquidate(p.borrower, p.assets("5000"), 0n, "0x");
      expect(await worth(), price).to.be.within(before - 2n, before + 2n);
    }
  });
});
