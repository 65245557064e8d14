import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers, loadFixture, time } from "../../helpers/hre";
import { DAY, NEXT, deployLentPool, expectIdentity, setNext, type LentPool } from "../../helpers/pool";
import { signerOf } from "../../helpers/protocol";

describe("LendingPool: administration", () => {
  async function fixture() {
    return deployLentPool();
  }

  /** Fees have accrued: all interest of 100 days. */
  async function withFees() {
    const p = await deployLentPool();
    await p.pool.connect(await signerOf(p.fund)).harvest(10_000n);
    await time.increase(100n * DAY);
    return p;
  }

  /** A state without the value at one place: 10 is the supply cap, 11 the pause. */
  const allBut = (place: number, state: readonly unknown[]) => state.filter((_, i) => i !== place);

  it("is refused to everyone but the one contract that it belongs to", async () => {
    const p = await loadFixture(fixture);
    const calls = [
      { name: "setSupplyCap", args: [1n], caller: p.factory },
      { name: "setPaused", args: [true], caller: p.factory },
      { name: "harvest", args: [0n], caller: p.fund },
      { name: "creditRecovery", args: [0n, 0n], caller: p.socializer },
    ] as const;
    const accounts = [p.deployer, p.governor, p.guardian, p.treasury, p.lender, p.borrower, p.staker, p.stranger];
    const contracts = await Promise.all([p.factory, p.fund, p.socializer, p.manager, p.oracle].map(signerOf));
    for (const { name, args, caller } of calls) {
      const allowed = await caller.getAddress();
      for (const sender of [...accounts, ...contracts]) {
        const attempt = p.pool.connect(sender).getFunction(name)(...args);
        if (sender.address === allowed) await attempt;
        else {
          await expect(attempt, `${name} by ${sender.address}`)
            .to.be.revertedWithCustomError(p.pool, "Unauthorized")
            .withArgs(sender.address);
        }
      }
    }
  });

  describe("setSupplyCap", () => {
    it("sets what lenders may hold, in whole tokens rounded down, and says so", async () => {
      const p = await loadFixture(fixture);
      const factory = p.pool.connect(await signerOf(p.factory));
      await expect(factory.setSupplyCap(p.assets("150000") + 999_999n))
        .to.emit(p.pool, "SupplyCapSet")
        .withArgs(p.assets("150000") + 999_999n);
      expect((await p.pool.state()).supplyCap).to.equal(p.assets("150000"));
      await setNext();
      const { lenderAssets } = await p.pool.state(NEXT);
      expect(await p.pool.maxDeposit(p.lender, NEXT)).to.equal(p.assets("150000") - lenderAssets);
    });

    it("takes any number: what no counter holds is no cap", async () => {
      const p = await loadFixture(fixture);
      const factory = p.pool.connect(await signerOf(p.factory));
      await factory.setSupplyCap(2n ** 256n - 1n);
      expect((await p.pool.state()).supplyCap).to.equal((2n ** 40n - 1n) * p.assets("1"));
      await factory.setSupplyCap(0n);
      expect((await p.pool.state()).supplyCap).to.equal(0n);
      expect(await p.pool.maxDeposit(p.lender)).to.equal(0n);
    });

    it("changes nothing else in its slot", async () => {
      const p = await loadFixture(fixture);
      await setNext();
      const before = await p.pool.state(NEXT);
      await p.pool.connect(await signerOf(p.factory)).setSupplyCap(p.assets("7"));
      const after = await p.pool.state();
      expect(after.supplyCap).to.equal(p.assets("7"));
      expect(allBut(10, after)).to.deep.equal(allBut(10, before));
    });
  });

  describe("setPaused", () => {
    it("stops deposit, mint and borrow, and says so; nothing else stops", async () => {
      const p = await loadFixture(fixture);
      const factory = p.pool.connect(await signerOf(p.factory));
      await p.provideAssets(p.lender, p.assets("1000"));
      await p.provideAssets(p.borrower, p.assets("1000"));
      await p.provideCollateral(p.borrower, p.collaterals("10"));
      await expect(factory.setPaused(true)).to.emit(p.pool, "PausedSet").withArgs(true);
      expect((await p.pool.state()).paused).to.equal(true);
      const [lender, borrower] = [p.pool.connect(p.lender), p.pool.connect(p.borrower)];
      for (const attempt of [
        () => lender.deposit(1000n, p.lender),
        () => lender.mint(1000n, p.lender),
        () => borrower.borrow(1n, p.borrower, p.borrower),
      ]) {
        await expect(attempt()).to.be.revertedWithCustomError(p.pool, "Paused");
      }
      // the rest of what users do is tested with the pool paused where it is tested
      await lender.transfer(p.stranger, 1n);
      await lender.redeem(10_000n, p.lender, p.lender);
      await borrower.supplyCollateral(p.collaterals("1"), p.borrower);
      await borrower.withdrawCollateral(p.collaterals("1"), p.borrower, p.borrower);
      await borrower.repay(p.assets("1"), p.borrower);
      await p.pool.accrue();
      await p.pool.connect(await signerOf(p.fund)).harvest(0n);
      expect((await p.pool.state()).paused, "calls in between keep the pause").to.equal(true);

      await expect(factory.setPaused(false)).to.emit(p.pool, "PausedSet").withArgs(false);
      expect((await p.pool.state()).paused).to.equal(false);
      await lender.deposit(1000n, p.lender);
      await borrower.borrow(1n, p.borrower, p.borrower);
    });

    it("changes nothing else, and may repeat itself", async () => {
      const p = await loadFixture(withFees);
      const factory = p.pool.connect(await signerOf(p.factory));
      await setNext();
      const before = await p.pool.state(NEXT);
      await factory.setPaused(true);
      const after = await p.pool.state();
      expect(after.paused).to.equal(true);
      expect(allBut(11, after)).to.deep.equal(allBut(11, before));
      await factory.setPaused(true);
      expect((await p.pool.state()).paused).to.equal(true);
    });
  });

  describe("harvest", () => {
    it("pays the fees and sets the premium", async () => {
      const p = await loadFixture(withFees);
      const fund = await signerOf(p.fund);
      await setNext();
      const before = await p.pool.state(NEXT);
      expect(before.fees).to.be.within(1n, before.cash - 1n);
      expect(await p.pool.connect(fund).harvest.staticCall(1234n, NEXT)).to.equal(before.fees);
      const transaction = await p.pool.connect(fund).harvest(1234n);
      await expect(transaction).to.emit(p.pool, "FeesHarvested").withArgs(before.fees, 1234n);
      await expect(transaction).to.changeTokenBalances(p.asset, [p.pool, fund], [-before.fees, before.fees]);
      const after = await p.pool.state();
      expect([after.fees, after.premium]).to.deep.equal([0n, 1234n]);
      expect(after.cash).to.equal(before.cash - before.fees);
      expect([after.debt, after.lenderAssets, after.unvested]).to.deep.equal([
        before.debt,
        before.lenderAssets,
        before.unvested,
      ]);
      await expectIdentity(p.pool);
    });

    it("pays what is liquid, and owes the rest until there is cash", async () => {
      const p = await loadFixture(withFees);
      await drain(p, p.assets("10"));
      const fund = await signerOf(p.fund);
      await setNext();
      const before = await p.pool.state(NEXT);
      expect(before.cash).to.equal(p.assets("10"));
      expect(before.fees).to.be.greaterThan(p.assets("10"));
      await expect(p.pool.connect(fund).harvest(0n)).to.emit(p.pool, "FeesHarvested").withArgs(p.assets("10"), 0n);
      const after = await p.pool.state();
      expect([after.cash, after.fees]).to.deep.equal([0n, before.fees - p.assets("10")]);
      await expectIdentity(p.pool);
      // a premium of 0 adds nothing to it
      await time.increase(10n * DAY);
      await p.pool.accrue();
      expect((await p.pool.state()).fees).to.equal(after.fees);
      await p.provideAssets(p.borrower, p.assets("50000"));
      await p.pool.connect(p.borrower).repay(p.assets("50000"), p.borrower);
      await expect(p.pool.connect(fund).harvest(0n)).to.changeTokenBalance(p.asset, fund, after.fees);
      expect((await p.pool.state()).fees).to.equal(0n);
      await expectIdentity(p.pool);
    });

    it("pays nothing where there is nothing", async () => {
      const p = await loadFixture(fixture);
      const fund = await signerOf(p.fund);
      await expect(p.pool.connect(fund).harvest(10_000n)).to.emit(p.pool, "FeesHarvested").withArgs(0n, 10_000n);
    });

    it("refuses a premium above the whole", async () => {
      const p = await loadFixture(fixture);
      await expect(p.pool.connect(await signerOf(p.fund)).harvest(10_001n))
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs(10_001n, 10_000n);
    });
  });

  describe("creditRecovery", () => {
    it("books what has arrived: to unvested interest and to fees", async () => {
      const p = await loadFixture(withFees);
      const [interest, fees] = [p.assets("12"), p.assets("3")];
      await p.asset.mint(p.pool, interest + fees);
      const socializer = await signerOf(p.socializer);
      await setNext();
      const before = await p.pool.state(NEXT);
      await expect(p.pool.connect(socializer).creditRecovery(interest, fees))
        .to.emit(p.pool, "RecoveryCredited")
        .withArgs(interest, fees);
      const after = await p.pool.state();
      expect(after.cash).to.equal(before.cash + interest + fees);
      expect(after.unvested).to.equal(before.unvested + interest);
      expect(after.fees).to.equal(before.fees + fees);
      expect(after.lenderAssets).to.equal(before.lenderAssets);
      await expectIdentity(p.pool);
      // what was recovered of fees stays beside those that go on accruing
      await setNext(10n * DAY);
      const later = await p.pool.state(NEXT);
      expect(later.fees).to.equal(after.fees + later.debt - after.debt);
      const fund = await signerOf(p.fund);
      await p.pool.connect(fund).harvest(0n);
      expect((await p.pool.state()).fees).to.equal(0n);
      await expectIdentity(p.pool);
    });

    it("vests at once what the buffer does not hold", async () => {
      const p = await loadFixture(async function manyDecimals() {
        return deployLentPool({ assetDecimals: 18 });
      });
      const interest = 2n ** 81n;
      await p.asset.mint(p.pool, interest);
      await setNext();
      const before = await p.pool.state(NEXT);
      await p.pool.connect(await signerOf(p.socializer)).creditRecovery(interest, 0n);
      const after = await p.pool.state();
      expect(after.unvested).to.equal(2n ** 80n - 1n);
      expect(after.lenderAssets).to.equal(before.lenderAssets + before.unvested + interest - after.unvested);
      await expectIdentity(p.pool);
    });

    it("is all fees while there are no shares", async () => {
      const p = await loadFixture(fixture);
      await drain(p, 0n);
      await p.setPrice("0");
      await p.pool.writeDown([p.borrower]);
      expect(await p.pool.totalSupply()).to.equal(0n);
      await p.asset.mint(p.pool, 15n);
      await p.pool.connect(await signerOf(p.socializer)).creditRecovery(12n, 3n);
      const { cash, fees, unvested, lenderAssets } = await p.pool.state();
      expect([cash, fees, unvested, lenderAssets]).to.deep.equal([15n, 15n, 0n, 0n]);
      await p.supply(p.lender3, p.assets("10"));
      expect((await p.pool.state()).fees).to.equal(15n);
      await expectIdentity(p.pool);
    });

    it("refuses what does not fit", async () => {
      const p = await loadFixture(fixture);
      const most = 2n ** 103n - 1n;
      await expect(p.pool.connect(await signerOf(p.socializer)).creditRecovery(most, 1n))
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs(most + 1n, most);
    });
  });

  /** Takes all cash but `left` out of the pool. */
  async function drain(p: LentPool, left: bigint) {
    await setNext();
    const { cash } = await p.pool.state(NEXT);
    await p.pool.connect(p.lender).withdraw(cash - left, p.lender, p.lender);
  }

  it("has a pool of no asset refused, even without the factory", async () => {
    const p = await loadFixture(fixture);
    for (const contract of ["LendingPool", "PoolTwin"]) {
      const factory = await ethers.getContractFactory(contract);
      const args = [{ ...p.params, asset: ZeroAddress }, ...(contract === "LendingPool" ? [ZeroAddress] : [])];
      await expect(factory.deploy(...args)).to.be.revertedWithCustomError(factory, "ZeroAddress");
    }
  });

  it("is nowhere to be had in the twin itself: it finds an empty pool, and its callers do not know it", async () => {
    const p = await loadFixture(fixture);
    const twin = p.pool.attach(await p.pool.twin()) as typeof p.pool;
    expect(await twin.writeDown.staticCall([p.borrower])).to.equal(0n);
    await expect(twin.liquidate(p.borrower, 1n, 0n, "0x")).to.be.revertedWithCustomError(p.pool, "NoDebt");
    await expect(twin.repayWrittenOff(p.borrower, 1n)).to.be.revertedWithCustomError(p.pool, "NoDebt");
    await expect(twin.refinance(p.borrower)).to.be.revertedWithCustomError(p.pool, "NoDebt");
    expect(await p.factory.isPool(twin)).to.equal(false);
    await expect(p.fund.harvest(twin)).to.be.revertedWithCustomError(p.fund, "UnknownPool");
  });
});
