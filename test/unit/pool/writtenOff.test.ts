import { expect } from "chai";
import { MaxUint256, type AddressLike } from "ethers";
import { FixedPoint, Interest } from "../../../sdk";
import { loadFixture, time } from "../../helpers/hre";
import { writeStorage } from "../../helpers/layout";
import { OracleMode } from "../../helpers/oracle";
import { DAY, NEXT, deployLentPool, expectIdentity, setNext, type LentPool } from "../../helpers/pool";
import { signerOf } from "../../helpers/protocol";

const { divUp, sum, WAD } = FixedPoint;

const LLTV = (86n * WAD) / 100n;
const ENTRIES = 16;

describe("LendingPool: written-off debt", () => {
  /** Written down at 1,500 and priced at 2,000 again. */
  async function defaulted() {
    const p = await deployLentPool();
    await time.increase(30n * DAY);
    await p.setPrice("1500");
    await p.pool.writeDown([p.borrower]);
    await p.setPrice("2000");
    await p.provideAssets(p.borrower, p.assets("1000000"));
    await p.provideAssets(p.stranger, p.assets("1000000"));
    return p;
  }

  /** Further losses, each of one per cent of what the account still owes. */
  async function loseAgain(p: LentPool, losses: number) {
    for (let i = 0; i < losses; i++) {
      const price = await p.oracle.price();
      await p.oracle.setPrice(price > p.priceUnits("1500") ? p.priceUnits("1485") : (price * 99n) / 100n);
      await p.pool.writeDown([p.borrower]);
    }
  }

  const entriesOf = async (p: LentPool, account: AddressLike) =>
    (await p.pool.writtenOffOf(account)).map(({ lossId, scaled, since, merged }) => ({
      lossId,
      scaled,
      since,
      merged,
    }));

  it("accrues at the pool's index, each entry rounded up", async () => {
    const p = await loadFixture(defaulted);
    const [{ scaled }] = await entriesOf(p, p.borrower);
    for (const days of [1n, 30n, 365n]) {
      await time.increase(days * DAY);
      await p.pool.accrue();
      const { index } = await p.pool.state();
      expect((await p.pool.positionOf(p.borrower)).writtenOff).to.equal(divUp(scaled * index, WAD));
    }
  });

  describe("repayWrittenOff", () => {
    it("goes to the losses, not into the pool's books, whoever pays", async () => {
      const p = await loadFixture(defaulted);
      const assets = p.assets("1000") + 1n;
      await setNext();
      const before = await p.pool.state(NEXT);
      const [{ scaled }] = await entriesOf(p, p.borrower);
      const { debt } = await p.pool.positionOf(p.borrower, NEXT);
      expect(await p.pool.connect(p.stranger).repayWrittenOff.staticCall(p.borrower, assets, NEXT)).to.equal(assets);
      const transaction = await p.pool.connect(p.stranger).repayWrittenOff(p.borrower, assets);
      await expect(transaction)
        .to.emit(p.pool, "WrittenOffRepaid")
        .withArgs(p.stranger.address, p.borrower.address, assets);
      await expect(transaction).to.changeTokenBalances(
        p.asset,
        [p.stranger, p.pool, p.socializer],
        [-assets, 0n, assets],
      );
      const [after] = await entriesOf(p, p.borrower);
      expect(after.scaled).to.equal(scaled - (assets * WAD) / before.index);
      expect((await p.pool.positionOf(p.borrower)).debt).to.equal(debt);
      expect((await p.socializer.lossOf(1n)).lenderClaims).to.equal(assets);
      expect(await p.pool.state()).to.deep.equal(before);
      await expectIdentity(p.pool);
    });

    it("is clamped to what is owed, so that the largest number pays all; the account is free again", async () => {
      const p = await loadFixture(defaulted);
      await setNext();
      const { writtenOff } = await p.pool.positionOf(p.borrower, NEXT);
      const loss = await p.socializer.lossOf(1n, NEXT);
      await expect(p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256)).to.changeTokenBalance(
        p.asset,
        p.borrower,
        -writtenOff,
      );
      expect(await entriesOf(p, p.borrower)).to.deep.equal([]);
      expect((await p.pool.positionOf(p.borrower)).writtenOff).to.equal(0n);
      // the principal gets what it lost with its interest, then the unvested interest what it lost
      const after = await p.socializer.lossOf(1n);
      expect(after.recoveredBy.principal).to.equal(loss.outstanding.principal);
      expect(after.recoveredBy.interest).to.equal(loss.outstanding.interest);
      expect(loss.outstanding.principal + loss.outstanding.interest).to.be.within(writtenOff - 3n, writtenOff);
      await p.pool.connect(p.borrower).borrow(1n, p.borrower, p.borrower);
      await p.pool.connect(p.borrower).withdrawCollateral(1n, p.borrower, p.borrower);
      await expectIdentity(p.pool);
    });

    it("returns to unvested interest what that layer lost, and says so", async () => {
      const p = await loadFixture(defaulted);
      await setNext();
      const [before, loss] = [await p.pool.state(NEXT), await p.socializer.lossOf(1n, NEXT)];
      const { principal, interest } = loss.outstanding;
      expect(interest).to.be.greaterThan(0n);
      await expect(p.pool.connect(p.borrower).repayWrittenOff(p.borrower, principal + interest - 1n))
        .to.emit(p.pool, "RecoveryCredited")
        .withArgs(interest - 1n, 0n);
      const after = await p.pool.state();
      expect(after.unvested).to.equal(before.unvested + interest - 1n);
      expect(after.cash).to.equal(before.cash + interest - 1n);
      expect(after.lenderAssets).to.equal(before.lenderAssets);
      await expectIdentity(p.pool);
    });

    it("works while new risk is paused and the oracle fails", async () => {
      const p = await loadFixture(defaulted);
      await p.factory.connect(p.guardian).pause(p.pool);
      await p.oracle.setMode(OracleMode.Revert);
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      expect((await p.pool.positionOf(p.borrower)).writtenOff).to.equal(0n);
    });

    it("refuses a zero amount, an account that owes nothing of the kind, and who cannot pay", async () => {
      const p = await loadFixture(defaulted);
      await expect(p.pool.connect(p.borrower).repayWrittenOff(p.borrower, 0n)).to.be.revertedWithCustomError(
        p.pool,
        "ZeroAmount",
      );
      await expect(p.pool.connect(p.borrower).repayWrittenOff(p.stranger, 1n))
        .to.be.revertedWithCustomError(p.pool, "NoDebt")
        .withArgs(p.stranger.address);
      await expect(p.pool.connect(p.operator).repayWrittenOff(p.borrower, 1n)).to.be.revertedWithCustomError(
        p.asset,
        "ERC20InsufficientAllowance",
      );
    });
  });

  describe("refinance", () => {
    it("turns it into performing debt: cash goes to those who bore the loss", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("3000");
      await setNext();
      const before = await p.pool.state(NEXT);
      const [{ scaled }] = await entriesOf(p, p.borrower);
      const [debtScaled, { debt, writtenOff }] = [
        await p.pool.scaledDebtOf(p.borrower),
        await p.pool.positionOf(p.borrower, NEXT),
      ];
      const loss = await p.socializer.lossOf(1n, NEXT);
      const recovered = (scaled * before.index) / WAD;
      expect(recovered).to.be.within(writtenOff - 1n, writtenOff);
      expect(await p.pool.connect(p.stranger).refinance.staticCall(p.borrower, NEXT)).to.equal(recovered);
      const transaction = await p.pool.connect(p.stranger).refinance(p.borrower);
      await expect(transaction).to.emit(p.pool, "Refinanced").withArgs(p.borrower.address, recovered, scaled);
      expect(await p.pool.scaledDebtOf(p.borrower)).to.equal(debtScaled + scaled);
      expect((await p.pool.positionOf(p.borrower)).debt).to.be.within(debt + writtenOff - 1n, debt + writtenOff);
      expect(await entriesOf(p, p.borrower)).to.deep.equal([]);
      const [after, paid] = [await p.pool.state(), await p.socializer.lossOf(1n)];
      expect(paid.lenderClaims).to.equal(loss.outstanding.principal);
      expect(paid.recoveredBy.interest).to.be.within(loss.outstanding.interest - 2n, loss.outstanding.interest);
      // what was the unvested interest's comes back to the pool; nothing but roundings is left over
      expect(after.cash).to.equal(before.cash - recovered + paid.recoveredBy.interest);
      expect(recovered - paid.lenderClaims - paid.recoveredBy.interest).to.be.within(0n, 3n);
      expect(after.debt).to.equal(((before.scaledDebt + scaled) * before.index) / WAD);
      expect(after.lenderAssets).to.be.within(before.lenderAssets, before.lenderAssets + 2n);
      await expectIdentity(p.pool);
      // it can act again
      await p.pool.connect(p.borrower).borrow(1n, p.borrower, p.borrower);
    });

    it("goes as far as the cash, and again when there is more", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("3000");
      await setNext();
      const { cash } = await p.pool.state(NEXT);
      await p.pool.connect(p.lender).withdraw(cash - p.assets("1000"), p.lender, p.lender);
      await setNext();
      const { writtenOff } = await p.pool.positionOf(p.borrower, NEXT);
      const { index, cash: left } = await p.pool.state(NEXT);
      const scaled = (left * WAD) / index;
      const recovered = (scaled * index) / WAD;
      await expect(p.pool.refinance(p.borrower))
        .to.emit(p.pool, "Refinanced")
        .withArgs(p.borrower.address, recovered, scaled);
      expect((await p.pool.state()).cash).to.be.within(0n, 1n);
      expect((await p.pool.positionOf(p.borrower)).writtenOff).to.be.closeTo(writtenOff - p.assets("1000"), 2n);
      await expectIdentity(p.pool);
      await p.supply(p.lender3, p.assets("40000"));
      await p.pool.refinance(p.borrower);
      expect(await entriesOf(p, p.borrower)).to.deep.equal([]);
    });

    it("refuses without cash", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("3000");
      await setNext();
      const { cash } = await p.pool.state(NEXT);
      await p.pool.connect(p.lender).withdraw(cash, p.lender, p.lender);
      await setNext();
      const { writtenOff } = await p.pool.positionOf(p.borrower, NEXT);
      await expect(p.pool.refinance(p.borrower))
        .to.be.revertedWithCustomError(p.pool, "InsufficientCash")
        .withArgs(writtenOff, 0n);
    });

    it("needs all that the account owes to be healthy, to the unit", async () => {
      const p = await loadFixture(defaulted);
      const at = await setNext(100n);
      const { debt, writtenOff } = await p.pool.positionOf(p.borrower, NEXT);
      const least = divUp((debt + writtenOff) * WAD, LLTV);
      for (const value of [least - 1n, least]) {
        await setNext(1n);
        await p.oracle.setPrice(divUp(value * 10n ** 36n, p.collaterals("50")));
        await time.setNextBlockTimestamp(at);
        const attempt = p.pool.refinance.staticCall(p.borrower, NEXT);
        if (value === least) expect(await attempt).to.be.within(writtenOff - 1n, writtenOff);
        else {
          await expect(attempt)
            .to.be.revertedWithCustomError(p.pool, "Unhealthy")
            .withArgs(p.borrower.address, debt + writtenOff, (value * LLTV) / WAD);
        }
      }
    });

    it("refuses an account that owes nothing of the kind, and to leave less than the minimum debt", async () => {
      const p = await loadFixture(async function smallDefault() {
        const q = await deployLentPool();
        await q.openPosition(q.borrower2, q.collaterals("0.1"), q.assets("150"));
        await q.setPrice("1000");
        await q.pool.writeDown([q.borrower2]);
        await q.provideAssets(q.borrower2, q.assets("1000"));
        await q.pool.connect(q.borrower2).repay(MaxUint256, q.borrower2);
        await q.setPrice("2000");
        return q;
      });
      await expect(p.pool.refinance(p.stranger))
        .to.be.revertedWithCustomError(p.pool, "NoDebt")
        .withArgs(p.stranger.address);
      const { debt, writtenOff } = await p.pool.positionOf(p.borrower2);
      expect(debt).to.equal(0n);
      expect(writtenOff).to.be.within(p.assets("51"), p.assets("52"));
      await expect(p.pool.refinance(p.borrower2))
        .to.be.revertedWithCustomError(p.pool, "DebtBelowMinimum")
        .withArgs((left: bigint) => left >= writtenOff && left < writtenOff + 5n, p.assets("100"));
    });

    it("refuses while the oracle fails, and while new risk is paused: it lends out cash", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("3000");
      await p.oracle.setMode(OracleMode.Revert);
      await expect(p.pool.refinance(p.borrower)).to.be.revertedWithCustomError(p.oracle, "OracleBroken");
      await p.oracle.setMode(OracleMode.Answer);
      await p.factory.connect(p.guardian).pause(p.pool);
      await expect(p.pool.refinance(p.borrower)).to.be.revertedWithCustomError(p.pool, "Paused");
      await p.factory.connect(p.governor).unpause(p.pool);
      await p.pool.refinance(p.borrower);
    });

    it("refuses what would bring total debt over what the books hold", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("3000");
      const { index } = await p.pool.state();
      await writeStorage(p.pool, "LendingPool", ["_borrowers", "scaledDebt"], (Interest.MAX_DEBT * WAD) / index);
      await expect(p.pool.refinance(p.borrower))
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs((debt: bigint) => debt > Interest.MAX_DEBT, Interest.MAX_DEBT);
    });

    it("is the end of what was owed: a later payment finds nothing", async () => {
      const p = await loadFixture(defaulted);
      await p.setPrice("3000");
      await p.pool.refinance(p.borrower);
      await expect(p.pool.connect(p.borrower).repayWrittenOff(p.borrower, 1n)).to.be.revertedWithCustomError(
        p.pool,
        "NoDebt",
      );
    });
  });

  describe("queue", () => {
    it("holds an entry for each loss, oldest first, and is paid in that order", async () => {
      const p = await loadFixture(defaulted);
      await loseAgain(p, 3);
      const entries = await entriesOf(p, p.borrower);
      expect(entries.map(({ lossId }) => lossId)).to.deep.equal([1n, 2n, 3n, 4n]);
      expect(entries.every(({ since }, i) => i === 0 || since > entries[i - 1].since)).to.equal(true);
      expect(entries.some(({ merged }) => merged)).to.equal(false);
      await setNext();
      const { index } = await p.pool.state(NEXT);
      const owed = entries.map(({ scaled }) => divUp(scaled * index, WAD));
      expect((await p.pool.positionOf(p.borrower, NEXT)).writtenOff).to.equal(sum(owed));
      // the first two whole, and 7 units of the third
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, owed[0] + owed[1] + 7n);
      expect(await entriesOf(p, p.borrower)).to.deep.equal([
        { ...entries[2], scaled: entries[2].scaled - (7n * WAD) / index },
        entries[3],
      ]);
    });

    it("takes up to 16 losses, further ones merge into the newest", async () => {
      const p = await loadFixture(defaulted);
      await loseAgain(p, ENTRIES - 1);
      const before = await entriesOf(p, p.borrower);
      expect(before).to.have.lengthOf(ENTRIES);
      const scaled = await p.pool.scaledDebtOf(p.borrower);
      await loseAgain(p, 2);
      const after = await entriesOf(p, p.borrower);
      expect(after.slice(0, -1)).to.deep.equal(before.slice(0, -1));
      const taken = scaled - (await p.pool.scaledDebtOf(p.borrower));
      const newest = before[ENTRIES - 1];
      expect(after[ENTRIES - 1]).to.deep.equal({ ...newest, scaled: newest.scaled + taken, merged: true });
      expect(await p.socializer.lossCount()).to.be.greaterThan(newest.lossId);
      await expectIdentity(p.pool);

      // all of it can be paid in one call, and the queue starts anew
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      expect(await entriesOf(p, p.borrower)).to.deep.equal([]);
      await expectIdentity(p.pool);
    });

    it("goes round its ring: entries that were paid make room", async () => {
      const p = await loadFixture(defaulted);
      await loseAgain(p, ENTRIES - 1);
      const before = await entriesOf(p, p.borrower);
      await setNext();
      const { index } = await p.pool.state(NEXT);
      const owed = before.map(({ scaled }) => divUp(scaled * index, WAD));
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, sum(owed.slice(0, 10)));
      await loseAgain(p, 5);
      const after = await entriesOf(p, p.borrower);
      expect(after.slice(0, 6)).to.deep.equal(before.slice(10));
      expect(after).to.have.lengthOf(11);
      expect(after.map(({ lossId }) => lossId)).to.deep.equal([...after.map(({ lossId }) => lossId)].sort());
      await setNext();
      const { index: now } = await p.pool.state(NEXT);
      expect((await p.pool.positionOf(p.borrower, NEXT)).writtenOff).to.equal(
        sum(after.map(({ scaled }) => divUp(scaled * now, WAD))),
      );
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      await expectIdentity(p.pool);
    });
  });

  it("alone, once due, is liquidated as well: nothing of the ladder moves", async () => {
    const p = await loadFixture(defaulted);
    await p.provideAssets(p.borrower, p.assets("100000"));
    await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
    await time.increase(7n * DAY);
    const { collateral, writtenOff } = await p.pool.positionOf(p.borrower);
    expect(writtenOff).to.be.greaterThan(0n);
    await p.provideAssets(p.liquidator, writtenOff * 2n);
    await p.pool.connect(p.liquidator).liquidate(p.borrower, MaxUint256, 0n, "0x");
    const after = await p.pool.positionOf(p.borrower);
    expect([after.debt, after.writtenOff]).to.deep.equal([0n, 0n]);
    expect(after.collateral).to.be.lessThan(collateral);
    expect(await p.pool.ladder(MaxUint256, 9)).to.deep.equal([]);
  });

  it("is refused where a recovery would not fit the books", async () => {
    const p = await loadFixture(defaulted);
    await writeStorage(p.pool, "LendingPool", ["_ledger", "net"], 2n ** 103n - 1n);
    const socializer = await signerOf(p.socializer);
    await expect(p.pool.connect(socializer).creditRecovery(2n ** 103n, 0n))
      .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
      .withArgs(2n ** 103n, 2n ** 103n - 1n);
  });
});
