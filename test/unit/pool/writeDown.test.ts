import { expect } from "chai";
import { MaxUint256, type AddressLike } from "ethers";
import { FixedPoint } from "../../../sdk";
import { loadFixture, time } from "../../helpers/hre";
import { OracleMode } from "../../helpers/oracle";
import { DAY, NEXT, deployLentPool, expectIdentity, setNext, type LentPool } from "../../helpers/pool";
import { deployProtocol, signerOf } from "../../helpers/protocol";

const { WAD, divUp } = FixedPoint;

const W = (2n * WAD) / 100n;

describe("LendingPool: writeDown", () => {
  /** Borrower 2 owes 16,000 against 10, borrower 3 10,000 against 10. */
  async function fixture() {
    const p = await deployLentPool();
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("16000"));
    await p.supply(p.lender3, p.assets("20000"));
    await p.openPosition(p.borrower3, p.collaterals("10"), p.assets("10000"));
    await time.increase(30n * DAY);
    await p.pool.accrue();
    return p;
  }

  /** What a write-down takes from an account at the next transaction's index, in its units. */
  async function cutOf(p: LentPool, account: AddressLike) {
    const [{ index }, price] = [await p.pool.state(NEXT), await p.oracle.price()];
    const { collateral, debt } = await p.pool.positionOf(account, NEXT);
    const value = (collateral * price) / 10n ** 36n;
    const performing = (value * WAD) / (WAD + W);
    const scaled = await p.pool.scaledDebtOf(account);
    const kept = debt > performing ? (performing * WAD) / index : scaled;
    return { value, performing, kept, cut: scaled - kept };
  }

  /** The shortfall of units that are taken from total debt. */
  const shortfallOf = ({ debt, scaledDebt, index }: Record<"debt" | "scaledDebt" | "index", bigint>, cut: bigint) =>
    debt - ((scaledDebt - cut) * index) / WAD;

  it("takes from the debt what the collateral cannot repay, and keeps it owed", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("1500");
    const now = await setNext();
    const before = await p.pool.state(NEXT);
    const position = await p.pool.positionOf(p.borrower, NEXT);
    const { kept, cut, performing } = await cutOf(p, p.borrower);
    const shortfall = shortfallOf(before, cut);
    // by the formula, but for the roundings of the index's units
    expect(shortfall).to.be.closeTo(position.debt - divUp(p.assets("75000") * 100n, 102n), 2n);
    expect(await p.pool.connect(p.stranger).writeDown.staticCall([p.borrower], NEXT)).to.equal(shortfall);
    const supply = await p.pool.totalSupply();
    const transaction = await p.pool.connect(p.stranger).writeDown([p.borrower]);
    const principal = shortfall - before.unvested;
    await expect(transaction).to.emit(p.pool, "WrittenDown").withArgs(p.borrower.address, 1n, cut);
    await expect(transaction).to.emit(p.pool, "LossBooked").withArgs(1n, shortfall, 0n, before.unvested, principal);
    await expect(transaction).to.emit(p.pool, "EpochOpened").withArgs(1n, supply);

    const after = await p.pool.state();
    expect(await p.pool.scaledDebtOf(p.borrower)).to.equal(kept);
    const { collateral, debt, writtenOff } = await p.pool.positionOf(p.borrower);
    expect(collateral).to.equal(position.collateral);
    expect(debt).to.equal(divUp(kept * after.index, WAD));
    expect(debt).to.be.within(performing - 1n, performing);
    expect(writtenOff).to.equal(divUp(cut * after.index, WAD));
    expect(await p.pool.writtenOffOf(p.borrower)).to.deep.equal([[1n, cut, now, false]]);

    expect(after.debt).to.equal(before.debt - shortfall);
    expect(after.scaledDebt).to.equal(before.scaledDebt - cut);
    expect(after.unvested).to.equal(0n);
    expect(after.lenderAssets).to.equal(before.lenderAssets - principal);
    expect([after.cash, after.fees, after.supply]).to.deep.equal([before.cash, before.fees, before.supply]);
    await expectIdentity(p.pool);
  });

  it("runs through fees, reserve, stakers, unvested interest and principal, each to its end", async () => {
    const p = await loadFixture(async function covered() {
      const q = await fixture();
      await q.stake(q.staker, q.assets("1000"));
      await q.provideAssets(q.treasury, q.assets("500"), q.fund);
      await q.fund.connect(q.treasury).fundReserve(q.assets("500"));
      await q.grantCoverage(q.assets("1200"));
      await q.fund.harvest(q.pool);
      await time.increase(100n * DAY);
      await q.fund.harvest(q.pool);
      await time.increase(50n * DAY);
      await q.setPrice("1500");
      return q;
    });
    await setNext();
    const before = await p.pool.state(NEXT);
    const reserve = await p.fund.reserve(NEXT);
    const { cut } = await cutOf(p, p.borrower);
    const shortfall = shortfallOf(before, cut);
    expect(before.fees).to.be.greaterThan(0n);
    expect(before.unvested).to.be.greaterThan(0n);
    const cover = p.assets("1200");
    const principal = shortfall - before.fees - cover - before.unvested;
    const transaction = await p.pool.writeDown([p.borrower]);
    await expect(transaction).to.emit(p.pool, "LossBooked").withArgs(1n, shortfall, cover, before.unvested, principal);
    await expect(transaction).to.changeTokenBalances(p.asset, [p.fund, p.pool], [-cover, cover]);
    const loss = await p.socializer.lossOf(1n);
    expect([loss.fees, loss.reserve, loss.staked, loss.interest, loss.principal]).to.deep.equal([
      before.fees,
      reserve,
      cover - reserve,
      before.unvested,
      principal,
    ]);
    const after = await p.pool.state();
    expect([after.fees, after.unvested]).to.deep.equal([0n, 0n]);
    expect(after.cash).to.equal(before.cash + cover);
    expect(after.lenderAssets).to.equal(before.lenderAssets - principal);
    await expectIdentity(p.pool);
  });

  it("stops at the first layer that bears it all: fees, then cover", async () => {
    const p = await loadFixture(async function coveredWhole() {
      const q = await fixture();
      await q.stake(q.staker, q.assets("100000"));
      await q.grantCoverage(q.assets("100000"));
      await q.fund.harvest(q.pool);
      await time.increase(100n * DAY);
      await q.fund.harvest(q.pool);
      await time.increase(100n * DAY);
      return q;
    });
    for (const layer of ["fees", "cover"]) {
      // a shortfall of 60, and of 60 more than there are fees
      const [{ debt }, { fees }] = [await p.pool.positionOf(p.borrower), await p.pool.state()];
      const wanted = p.assets("60") + (layer === "fees" ? 0n : fees);
      await p.oracle.setPrice((((debt - wanted) * 102n) / 100n) * (10n ** 36n / p.collaterals("50")));
      await setNext();
      const before = await p.pool.state(NEXT);
      const shortfall = shortfallOf(before, (await cutOf(p, p.borrower)).cut);
      if (layer === "fees") expect(shortfall).to.be.within(p.assets("60"), before.fees - 1n);
      const cover = layer === "fees" ? 0n : shortfall - before.fees;
      await expect(p.pool.writeDown([p.borrower]))
        .to.emit(p.pool, "LossBooked")
        .withArgs(1n, shortfall, cover, 0n, 0n);
      const after = await p.pool.state();
      expect(after.fees).to.equal(layer === "fees" ? before.fees - shortfall : 0n);
      expect([after.unvested, after.lenderAssets]).to.deep.equal([before.unvested, before.lenderAssets]);
      await expectIdentity(p.pool);
    }
    expect(await p.pool.epoch()).to.equal(0n);
  });

  it("books many accounts as one loss, whatever else is in the list", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("1500");
    await setNext();
    const before = await p.pool.state(NEXT);
    const [one, two] = [await cutOf(p, p.borrower), await cutOf(p, p.borrower2)];
    const shortfall = shortfallOf(before, one.cut + two.cut);
    const list = [p.stranger, p.borrower2, p.borrower3, p.borrower, p.borrower2, p.borrower].map((a) => a.address);
    expect(await p.pool.writeDown.staticCall(list, NEXT)).to.equal(shortfall);
    const transaction = await p.pool.writeDown(list);
    await expect(transaction).to.emit(p.pool, "WrittenDown").withArgs(p.borrower.address, 1n, one.cut);
    await expect(transaction).to.emit(p.pool, "WrittenDown").withArgs(p.borrower2.address, 1n, two.cut);
    const logs = (await transaction.wait())!.logs.map((log) => p.pool.interface.parseLog(log)?.name);
    expect(logs.filter((name) => name === "WrittenDown")).to.have.lengthOf(2);
    expect(logs.filter((name) => name === "LossBooked")).to.have.lengthOf(1);
    expect(await p.socializer.lossCount()).to.equal(1n);
    expect((await p.socializer.lossOf(1n)).shortfall).to.equal(shortfall);
    expect((await p.pool.state()).debt).to.equal(before.debt - shortfall);
    await expectIdentity(p.pool);
  });

  it("changes nothing of any other account", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("1500");
    await setNext();
    const views = (account: LentPool["borrower"], at = {}) =>
      Promise.all([p.pool.positionOf(account, at), p.pool.healthOf(account, at), p.pool.scaledDebtOf(account, at)]);
    const others = [p.borrower2, p.borrower3, p.stranger];
    const before = await Promise.all(others.map((account) => views(account, NEXT)));
    await p.pool.writeDown([p.borrower]);
    expect(await Promise.all(others.map((account) => views(account)))).to.deep.equal(before);
  });

  it("finds nothing the second time, nor with nobody or solvent accounts in the list", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("1500");
    const both = [p.borrower, p.borrower2];
    await p.pool.writeDown(both);
    for (const list of [both, [], [p.borrower3], [p.stranger]]) {
      expect(await p.pool.writeDown.staticCall(list)).to.equal(0n);
      const transaction = await p.pool.writeDown(list);
      expect((await transaction.wait())!.logs).to.deep.equal([]);
    }
    expect(await p.socializer.lossCount()).to.equal(1n);
    await setNext(1n);
    await p.pool.writeDown(both);
    expect(await p.socializer.lossCount()).to.equal(1n);
  });

  describe("the bound between solvent and insolvent", () => {
    /** A pool that tolerates no dust, with one account whose debt is known to the unit at the next transaction. */
    async function exact() {
      const p = await deployProtocol({ pool: { dust: 0n } });
      await p.supply(p.lender, p.assets("100000"));
      await p.openPosition(p.borrower, p.collaterals("50"), p.assets("80000"));
      return p;
    }

    /** The lowest price at which the debt of the next transaction is at most C/(1+w). */
    const boundary = (p: LentPool, debt: bigint) =>
      divUp(divUp(debt * (WAD + W), WAD) * 10n ** 36n, p.collaterals("50"));

    it("is C/(1+w): the debt that it repays is left alone, a unit more is written down", async () => {
      const p = await loadFixture(exact);
      const at = await setNext(100n);
      const { debt } = await p.pool.positionOf(p.borrower, NEXT);
      const price = boundary(p, debt);
      for (const [tried, finds] of [
        [price, 0n],
        [price - 1n, 1n],
      ]) {
        await setNext(1n);
        await p.oracle.setPrice(tried);
        await time.setNextBlockTimestamp(at);
        expect((await p.pool.positionOf(p.borrower, NEXT)).debt).to.equal(debt);
        expect(await p.pool.writeDown.staticCall([p.borrower], NEXT)).to.be.within(finds, 2n * finds);
      }
    });
  });

  describe("dust", () => {
    /** A new position of borrower 2 in a pool with a dust bound of 50: owes about 1,000 or 5,000. */
    async function small() {
      const p = await deployLentPool();
      await p.openPosition(p.borrower2, p.collaterals("1"), p.assets("1000"));
      await p.openPosition(p.borrower3, p.collaterals("4"), p.assets("5000"));
      return p;
    }

    it("is left alone while the collateral is worth the debt", async () => {
      const p = await loadFixture(small);
      await p.setPrice("1010");
      const { performing } = await cutOf(p, p.borrower2);
      const { debt } = await p.pool.positionOf(p.borrower2);
      expect(debt - performing).to.be.within(p.assets("9"), p.assets("11"));
      expect(await p.pool.writeDown.staticCall([p.borrower2])).to.equal(0n);
    });

    it("is a loss like any other when the collateral is worth less than the debt", async () => {
      const p = await loadFixture(small);
      await p.setPrice("999");
      await setNext();
      const { cut } = await cutOf(p, p.borrower2);
      const shortfall = shortfallOf(await p.pool.state(NEXT), cut);
      expect(shortfall).to.be.within(p.assets("20"), p.assets("22"));
      expect(await p.pool.writeDown.staticCall([p.borrower2], NEXT)).to.equal(shortfall);
    });

    it("is a loss from the first unit that the collateral is worth less", async () => {
      const p = await loadFixture(small);
      const at = await setNext(100n);
      const { debt } = await p.pool.positionOf(p.borrower2, NEXT);
      const worth = (debt * 10n ** 36n) / p.collaterals("1");
      for (const [price, found] of [
        [worth, false],
        [worth - 1n, true],
      ] as const) {
        await setNext(1n);
        await p.oracle.setPrice(price);
        await time.setNextBlockTimestamp(at);
        expect((await p.pool.positionOf(p.borrower2, NEXT)).debt).to.equal(debt);
        expect((await p.pool.writeDown.staticCall([p.borrower2], NEXT)) !== 0n).to.equal(found);
      }
    });

    it("ends at its bound to the unit, to which solvent accounts in the list add nothing", async () => {
      const p = await loadFixture(small);
      const bound = p.assets("50");
      const at = await setNext(100n);
      const { debt } = await p.pool.positionOf(p.borrower3, NEXT);
      for (const [lacking, found] of [
        [bound - 1n, false],
        [bound, true],
      ] as const) {
        const value = divUp((debt - lacking) * (WAD + W), WAD);
        await setNext(1n);
        await p.oracle.setPrice(divUp(value * 10n ** 36n, p.collaterals("4")));
        await time.setNextBlockTimestamp(at);
        const list = [p.borrower2, p.borrower3, p.borrower2];
        expect((await p.pool.writeDown.staticCall(list, NEXT)) !== 0n).to.equal(found);
      }
    });

    it("ends at its bound: below it nothing is booked, from it on all", async () => {
      const p = await loadFixture(small);
      // shortfall = 5,000 − 4·price/1.02, while the collateral is worth the debt
      for (const [price, found] of [
        ["1262.3", false],
        ["1262.2", true],
      ] as const) {
        await p.setPrice(price);
        const { debt } = await p.pool.positionOf(p.borrower3);
        const { value, performing } = await cutOf(p, p.borrower3);
        expect(value).to.be.greaterThan(debt);
        expect(debt - performing >= p.assets("50")).to.equal(found);
        expect((await p.pool.writeDown.staticCall([p.borrower3])) > 0n).to.equal(found);
      }
    });
  });

  it("takes the whole debt where the collateral is worth nothing", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("0");
    await setNext();
    const before = await p.pool.state(NEXT);
    const scaled = await p.pool.scaledDebtOf(p.borrower);
    const transaction = await p.pool.writeDown([p.borrower]);
    await expect(transaction).to.emit(p.pool, "WrittenDown").withArgs(p.borrower.address, 1n, scaled);
    expect(await p.pool.scaledDebtOf(p.borrower)).to.equal(0n);
    expect((await p.pool.state()).debt).to.equal(before.debt - shortfallOf(before, scaled));
    await p.pool.writeDown([p.borrower2, p.borrower3]);
    const { debt, scaledDebt } = await p.pool.state();
    expect([debt, scaledDebt]).to.deep.equal([0n, 0n]);
    await expectIdentity(p.pool);
  });

  it("takes all but dust where dust of collateral is left, in one call without permission or capital", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("0.000001");
    await p.pool.connect(p.stranger).writeDown([p.borrower, p.borrower2, p.borrower3]);
    for (const [account, left] of [
      [p.borrower, 49n],
      [p.borrower2, 9n],
      [p.borrower3, 9n],
    ] as const) {
      expect((await p.pool.positionOf(account)).debt).to.equal(left);
    }
    await expectIdentity(p.pool);
  });

  it("needs neither a role, capital nor cash in the pool, and is not paused", async () => {
    const p = await loadFixture(fixture);
    await setNext();
    const { cash } = await p.pool.state(NEXT);
    await p.pool.connect(p.lender).withdraw(cash, p.lender, p.lender);
    await p.factory.connect(p.guardian).pause(p.pool);
    await p.setPrice("1500");
    await p.pool.connect(p.operator).writeDown([p.borrower]);
    expect(await p.socializer.lossCount()).to.equal(1n);
    await expectIdentity(p.pool);
  });

  it("refuses while the oracle fails, with the oracle's error", async () => {
    const p = await loadFixture(fixture);
    for (const list of [[], [p.borrower]]) {
      await p.oracle.setMode(OracleMode.Revert);
      await expect(p.pool.writeDown(list)).to.be.revertedWithCustomError(p.oracle, "OracleBroken");
    }
  });

  it("leaves no debt behind that grows: ten years later the account owes only what was written down", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("0");
    await p.pool.writeDown([p.borrower]);
    const [{ scaled }] = await p.pool.writtenOffOf(p.borrower);
    await time.increase(3650n * DAY);
    await p.pool.accrue();
    const { index } = await p.pool.state();
    expect(await p.pool.positionOf(p.borrower)).to.deep.equal([p.collaterals("50"), 0n, divUp(scaled * index, WAD)]);
    // paid in full, it works like any other account
    await p.setPrice("2000");
    await p.provideAssets(p.borrower, p.assets("100000000"));
    await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
    await p.pool.connect(p.borrower).borrow(p.assets("100"), p.borrower, p.borrower);
    await p.pool.connect(p.borrower).withdrawCollateral(p.collaterals("1"), p.borrower, p.borrower);
  });

  describe("of small parts", () => {
    it("opens an epoch once the losses of a record reach a basis point of principal", async () => {
      const p = await loadFixture(async function tinyBorrower() {
        const q = await deployLentPool();
        await q.supply(q.lender3, q.assets("4000000"));
        await q.openPosition(q.borrower2, q.collaterals("1"), q.assets("1000"));
        return q;
      });
      // the steps cost about 196, 176 and 235; a basis point is 410
      const opened: bigint[] = [];
      let pending = 0n;
      for (const price of ["820", "640", "400"]) {
        await p.setPrice(price);
        await setNext();
        const state = await p.pool.state(NEXT);
        const principal = shortfallOf(state, (await cutOf(p, p.borrower2)).cut) - state.unvested;
        const epoch = (pending + principal) * 10_000n >= pending + state.lenderAssets ? 1n : 0n;
        await p.pool.writeDown([p.borrower2]);
        expect(await p.pool.epoch(), price).to.equal(epoch);
        opened.push(epoch);
        pending += principal;
      }
      expect(opened).to.deep.equal([0n, 0n, 1n]);
      expect(await p.socializer.lossCount()).to.equal(1n);
      // all of it is one entry of what the account owes
      expect(await p.pool.writtenOffOf(p.borrower2)).to.have.lengthOf(1);
    });
  });

  describe("without lenders", () => {
    it("takes it from the fees, which are all that there is", async () => {
      const p = await loadFixture(async function onlyFees() {
        const q = await deployProtocol();
        await q.supply(q.lender, q.assets("100000"));
        await q.openPosition(q.borrower, q.collaterals("100"), q.assets("95000"));
        // all interest is fees: lenders can leave although some debt is not repaid
        await q.pool.connect(await signerOf(q.fund)).harvest(10_000n);
        await time.increase(100n * DAY);
        await q.provideAssets(q.borrower, q.assets("95001"));
        await q.pool.connect(q.borrower).repay(q.assets("95001"), q.borrower);
        await q.pool.connect(q.lender).redeem(await q.pool.balanceOf(q.lender), q.lender, q.lender);
        return q;
      });
      await p.setPrice("0");
      await setNext();
      const before = await p.pool.state(NEXT);
      expect(before.supply).to.equal(0n);
      expect(before.debt).to.be.greaterThan(0n);
      expect(before.fees).to.equal(before.cash + before.debt);
      await expect(p.pool.writeDown([p.borrower]))
        .to.emit(p.pool, "LossBooked")
        .withArgs(1n, before.debt, 0n, 0n, 0n);
      const after = await p.pool.state();
      expect([after.fees, after.debt, after.lenderAssets]).to.deep.equal([before.cash, 0n, 0n]);
      expect(await p.pool.generation()).to.equal(0n);
      expect(await p.pool.epoch()).to.equal(0n);
      await expectIdentity(p.pool);
    });
  });
});
