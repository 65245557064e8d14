import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { FixedPoint, Interest } from "../../../sdk";
import { loadFixture, time } from "../../helpers/hre";
import { OracleMode } from "../../helpers/oracle";
import { DAY, NEXT, deployLentPool, expectIdentity, setNext } from "../../helpers/pool";
import { deployProtocol } from "../../helpers/protocol";

const { WAD, divUp } = FixedPoint;

const LLTV = (86n * WAD) / 100n;

describe("LendingPool: collateral and debt", () => {
  /** The index is well above 1, so that roundings show. Lender 3, borrower 2 and the stranger have what they need to act. */
  async function fixture() {
    const p = await deployLentPool();
    await time.increase(100n * DAY);
    await p.pool.accrue();
    for (const account of [p.borrower, p.borrower2, p.stranger]) {
      await p.provideCollateral(account, p.collaterals("1000"));
      await p.provideAssets(account, p.assets("1000000"));
    }
    return p;
  }

  /** The borrower with debt that was written down: owes, may neither borrow nor take collateral. */
  async function defaulted() {
    const p = await fixture();
    await p.setPrice("1500");
    await p.pool.writeDown([p.borrower]);
    await p.setPrice("3000");
    return p;
  }

  /** Debt that `scaled` units are at an index, rounded up. */
  const debtOf = (scaled: bigint, index: bigint) => divUp(scaled * index, WAD);

  describe("supplyCollateral", () => {
    it("adds to anyone's position", async () => {
      const p = await loadFixture(fixture);
      const amount = p.collaterals("2");
      const transaction = await p.pool.connect(p.stranger).supplyCollateral(amount, p.borrower);
      await expect(transaction)
        .to.emit(p.pool, "CollateralSupplied")
        .withArgs(p.stranger.address, p.borrower.address, amount);
      await expect(transaction).to.changeTokenBalances(p.collateral, [p.stranger, p.pool], [-amount, amount]);
      expect((await p.pool.positionOf(p.borrower)).collateral).to.equal(p.collaterals("52"));
    });

    it("works while new risk is paused, the oracle fails or the account has defaulted", async () => {
      const p = await loadFixture(defaulted);
      await p.factory.connect(p.guardian).pause(p.pool);
      await p.oracle.setMode(OracleMode.Revert);
      const { collateral } = await p.pool.positionOf(p.borrower);
      await p.pool.connect(p.borrower).supplyCollateral(1n, p.borrower);
      expect((await p.pool.positionOf(p.borrower)).collateral).to.equal(collateral + 1n);
    });

    it("refuses a zero amount, the zero address, and what does not fit", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.stranger);
      await expect(pool.supplyCollateral(0n, p.borrower)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
      await expect(pool.supplyCollateral(1n, ZeroAddress)).to.be.revertedWithCustomError(p.pool, "ZeroAddress");
      const room = 2n ** 112n - 1n - p.collaterals("50");
      await p.collateral.mint(p.stranger, 2n ** 113n);
      await expect(pool.supplyCollateral(room + 1n, p.borrower))
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs(room + 1n, room);
      await expect(pool.supplyCollateral(MaxUint256, p.borrower))
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs(MaxUint256, room);
      await pool.supplyCollateral(room, p.borrower);
      expect((await p.pool.positionOf(p.borrower)).collateral).to.equal(2n ** 112n - 1n);
      // as much collateral as fits, at a price as high as can be: the value is cut, nothing overflows
      await p.oracle.setPrice(MaxUint256);
      expect(await p.pool.healthOf(p.borrower)).to.be.greaterThan(WAD);
    });
  });

  describe("withdrawCollateral", () => {
    it("pays out what the debt does not need", async () => {
      const p = await loadFixture(fixture);
      const amount = p.collaterals("1");
      const transaction = await p.pool.connect(p.borrower).withdrawCollateral(amount, p.borrower, p.stranger);
      await expect(transaction)
        .to.emit(p.pool, "CollateralWithdrawn")
        .withArgs(p.borrower.address, p.borrower.address, p.stranger.address, amount);
      await expect(transaction).to.changeTokenBalances(p.collateral, [p.pool, p.stranger], [-amount, amount]);
      expect((await p.pool.positionOf(p.borrower)).collateral).to.equal(p.collaterals("49"));
    });

    it("stops exactly where the debt would be unhealthy", async () => {
      const p = await loadFixture(fixture);
      await setNext();
      const { debt, collateral } = await p.pool.positionOf(p.borrower, NEXT);
      const price = await p.oracle.price();
      // the least collateral whose value, rounded down, bears the debt at the LLTV
      const least = divUp(divUp(debt * WAD, LLTV) * 10n ** 36n, price);
      const limit = ((((least - 1n) * price) / 10n ** 36n) * LLTV) / WAD;
      const pool = p.pool.connect(p.borrower);
      await expect(pool.withdrawCollateral(collateral - least + 1n, p.borrower, p.borrower))
        .to.be.revertedWithCustomError(p.pool, "Unhealthy")
        .withArgs(p.borrower.address, debt, limit);
      // the debt has grown by a second since: leave a margin of one
      await pool.withdrawCollateral(collateral - least - p.collaterals("0.001"), p.borrower, p.borrower);
      expect(await p.pool.healthOf(p.borrower)).to.be.within(WAD, WAD + WAD / 10_000n);
    });

    it("needs neither health nor an oracle without debt", async () => {
      const p = await loadFixture(fixture);
      await p.pool.connect(p.borrower2).supplyCollateral(5n, p.borrower2);
      await p.oracle.setMode(OracleMode.Revert);
      await p.factory.connect(p.guardian).pause(p.pool);
      await p.pool.connect(p.borrower2).withdrawCollateral(5n, p.borrower2, p.borrower2);
      expect((await p.pool.positionOf(p.borrower2)).collateral).to.equal(0n);
    });

    it("needs the owner or its operator", async () => {
      const p = await loadFixture(fixture);
      const attempt = () => p.pool.connect(p.operator).withdrawCollateral(1n, p.borrower, p.operator);
      await expect(attempt())
        .to.be.revertedWithCustomError(p.pool, "NotOperator")
        .withArgs(p.borrower.address, p.operator.address);
      await p.pool.connect(p.borrower).setOperator(p.operator, true);
      await attempt();
      expect(await p.collateral.balanceOf(p.operator)).to.equal(1n);
    });

    it("refuses a zero amount, the zero address, and more than there is", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.borrower);
      await expect(pool.withdrawCollateral(0n, p.borrower, p.borrower)).to.be.revertedWithCustomError(
        p.pool,
        "ZeroAmount",
      );
      await expect(pool.withdrawCollateral(1n, p.borrower, ZeroAddress)).to.be.revertedWithCustomError(
        p.pool,
        "ZeroAddress",
      );
      const held = p.collaterals("50");
      for (const amount of [held + 1n, MaxUint256]) {
        await expect(pool.withdrawCollateral(amount, p.borrower, p.borrower))
          .to.be.revertedWithCustomError(p.pool, "InsufficientCollateral")
          .withArgs(amount, held);
      }
    });

    it("refuses an account that has defaulted, however healthy, until all is paid", async () => {
      const p = await loadFixture(defaulted);
      const pool = p.pool.connect(p.borrower);
      expect(await p.pool.healthOf(p.borrower)).to.be.greaterThan(WAD);
      const attempt = () => pool.withdrawCollateral(1n, p.borrower, p.borrower);
      await expect(attempt()).to.be.revertedWithCustomError(p.pool, "WrittenOffDebt").withArgs(p.borrower.address);
      await pool.repay(MaxUint256, p.borrower);
      await expect(attempt()).to.be.revertedWithCustomError(p.pool, "WrittenOffDebt");
      await pool.repayWrittenOff(p.borrower, MaxUint256);
      await attempt();
    });

    it("refuses while the oracle fails, with the oracle's error", async () => {
      const p = await loadFixture(fixture);
      await p.oracle.setMode(OracleMode.Revert);
      await expect(
        p.pool.connect(p.borrower).withdrawCollateral(1n, p.borrower, p.borrower),
      ).to.be.revertedWithCustomError(p.oracle, "OracleBroken");
    });

    it("takes collateral that is worth nothing for no security at all", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("0");
      await setNext();
      const { debt } = await p.pool.positionOf(p.borrower, NEXT);
      await expect(p.pool.connect(p.borrower).withdrawCollateral(1n, p.borrower, p.borrower))
        .to.be.revertedWithCustomError(p.pool, "Unhealthy")
        .withArgs(p.borrower.address, debt, 0n);
    });
  });

  describe("borrow", () => {
    it("pays out cash against units of the index, rounded up", async () => {
      const p = await loadFixture(fixture);
      const assets = p.assets("1000") + 1n;
      await p.pool.connect(p.borrower2).supplyCollateral(p.collaterals("1"), p.borrower2);
      await setNext();
      const before = await p.pool.state(NEXT);
      const scaled = divUp(assets * WAD, before.index);
      expect(before.index).to.be.greaterThan(WAD);
      const transaction = await p.pool.connect(p.borrower2).borrow(assets, p.borrower2, p.stranger);
      await expect(transaction)
        .to.emit(p.pool, "Borrowed")
        .withArgs(p.borrower2.address, p.borrower2.address, p.stranger.address, assets, scaled);
      await expect(transaction).to.changeTokenBalances(p.asset, [p.pool, p.stranger], [-assets, assets]);
      const after = await p.pool.state();
      expect(await p.pool.scaledDebtOf(p.borrower2)).to.equal(scaled);
      expect((await p.pool.positionOf(p.borrower2)).debt).to.equal(debtOf(scaled, after.index));
      expect(after.scaledDebt).to.equal(before.scaledDebt + scaled);
      expect(after.debt).to.equal(((before.scaledDebt + scaled) * after.index) / WAD);
      expect(after.cash).to.equal(before.cash - assets);
      // nobody but the borrower pays for the rounding
      expect(after.lenderAssets).to.be.within(before.lenderAssets, before.lenderAssets + 1n);
      await expectIdentity(p.pool);
    });

    it("lends up to the LLTV exactly", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.borrower2);
      await pool.supplyCollateral(p.collaterals("10"), p.borrower2);
      const limit = (p.assets("20000") * LLTV) / WAD;
      await setNext();
      const { index } = await p.pool.state(NEXT);
      const debtFor = (assets: bigint) => debtOf(divUp(assets * WAD, index), index);
      await expect(pool.borrow(limit + 1n, p.borrower2, p.borrower2))
        .to.be.revertedWithCustomError(p.pool, "Unhealthy")
        .withArgs(p.borrower2.address, debtFor(limit + 1n), limit);
      await setNext();
      const { index: now } = await p.pool.state(NEXT);
      // the rounding of a debt against its owner may cost the last unit
      const most = debtOf(divUp(limit * WAD, now), now) > limit ? limit - 1n : limit;
      await pool.borrow(most, p.borrower2, p.borrower2);
      expect((await p.pool.positionOf(p.borrower2)).debt).to.be.within(limit - 1n, limit);
      expect(await p.pool.healthOf(p.borrower2)).to.be.within(WAD, WAD + WAD / limit);
    });

    it("lends the last unit of cash, and no more", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.borrower2);
      await pool.supplyCollateral(p.collaterals("100"), p.borrower2);
      const { cash } = await p.pool.state();
      await expect(pool.borrow(cash + 1n, p.borrower2, p.borrower2))
        .to.be.revertedWithCustomError(p.pool, "InsufficientCash")
        .withArgs(cash + 1n, cash);
      await expect(pool.borrow(MaxUint256, p.borrower2, p.borrower2))
        .to.be.revertedWithCustomError(p.pool, "InsufficientCash")
        .withArgs(MaxUint256, cash);
      await pool.borrow(cash, p.borrower2, p.borrower2);
      expect((await p.pool.state()).cash).to.equal(0n);
      await expectIdentity(p.pool);
    });

    it("lends no less than the minimum debt to an account", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.borrower2);
      await pool.supplyCollateral(p.collaterals("10"), p.borrower2);
      const least = p.assets("100");
      const attempt = () => pool.borrow(least - 2n, p.borrower2, p.borrower2);
      await expect(attempt())
        .to.be.revertedWithCustomError(p.pool, "DebtBelowMinimum")
        .withArgs((debt: bigint) => debt < least, least);
      await pool.borrow(least, p.borrower2, p.borrower2);
      await pool.borrow(1n, p.borrower2, p.borrower2);
    });

    it("needs the owner or its operator", async () => {
      const p = await loadFixture(fixture);
      await p.pool.connect(p.borrower2).supplyCollateral(p.collaterals("10"), p.borrower2);
      const attempt = () => p.pool.connect(p.operator).borrow(p.assets("200"), p.borrower2, p.operator);
      await expect(attempt())
        .to.be.revertedWithCustomError(p.pool, "NotOperator")
        .withArgs(p.borrower2.address, p.operator.address);
      await p.pool.connect(p.borrower2).approve(p.operator, MaxUint256);
      await expect(attempt()).to.be.revertedWithCustomError(p.pool, "NotOperator");
      await p.pool.connect(p.borrower2).setOperator(p.operator, true);
      await attempt();
      expect(await p.asset.balanceOf(p.operator)).to.equal(p.assets("200"));
    });

    it("refuses a zero amount, and the zero address", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.borrower);
      await expect(pool.borrow(0n, p.borrower, p.borrower)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
      await expect(pool.borrow(1n, p.borrower, ZeroAddress)).to.be.revertedWithCustomError(p.pool, "ZeroAddress");
    });

    it("refuses while paused, and an account that has defaulted", async () => {
      const p = await loadFixture(defaulted);
      const attempt = () => p.pool.connect(p.borrower).borrow(1n, p.borrower, p.borrower);
      await expect(attempt()).to.be.revertedWithCustomError(p.pool, "WrittenOffDebt").withArgs(p.borrower.address);
      await p.factory.connect(p.guardian).pause(p.pool);
      await expect(attempt()).to.be.revertedWithCustomError(p.pool, "Paused");
      await p.factory.connect(p.governor).unpause(p.pool);
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      await attempt();
    });

    it("refuses while the oracle fails, and against what is worth nothing", async () => {
      const p = await loadFixture(fixture);
      const attempt = () => p.pool.connect(p.borrower).borrow(1n, p.borrower, p.borrower);
      await p.oracle.setMode(OracleMode.Revert);
      await expect(attempt()).to.be.revertedWithCustomError(p.oracle, "OracleBroken");
      await p.oracle.setMode(OracleMode.Answer);
      await p.setPrice("0");
      await expect(attempt()).to.be.revertedWithCustomError(p.pool, "Unhealthy");
    });

    it("refuses what would take total debt past its bound", async () => {
      const p = await loadFixture(async function saturated() {
        const q = await deployProtocol({ assetDecimals: 18, pool: { supplyCap: MaxUint256 } });
        await q.supply(q.lender, 2n ** 96n - 1n);
        await q.openPosition(q.borrower, 2n ** 111n, 2n ** 96n - 2n ** 92n);
        // interest until the bound: a sixteenth of the assets is still cash
        await time.increase(3n * 365n * DAY);
        await q.pool.accrue();
        return q;
      });
      const { debt, cash } = await p.pool.state();
      // the index, a wad, cannot tell debts apart that are closer
      expect(debt).to.be.within(Interest.MAX_DEBT - 2n ** 96n / WAD, Interest.MAX_DEBT);
      expect(cash).to.equal(2n ** 92n - 1n);
      const assets = p.assets("1");
      await setNext();
      const { index, scaledDebt } = await p.pool.state(NEXT);
      const grown = ((scaledDebt + divUp(assets * WAD, index)) * index) / WAD;
      await expect(p.pool.connect(p.borrower).borrow(assets, p.borrower, p.borrower))
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs(grown, Interest.MAX_DEBT);
      // and everything else goes on
      await p.provideAssets(p.borrower, p.assets("10"));
      await p.pool.connect(p.borrower).repay(p.assets("10"), p.borrower);
      await p.pool.connect(p.lender).redeem(p.assets("1") * 1000n, p.lender, p.lender);
      await expectIdentity(p.pool);
    });
  });

  describe("repay", () => {
    it("takes units off the debt, rounded down, whoever pays", async () => {
      const p = await loadFixture(fixture);
      const assets = p.assets("1000") + 1n;
      await setNext();
      const before = await p.pool.state(NEXT);
      const [scaled, units] = [await p.pool.scaledDebtOf(p.borrower), (assets * WAD) / before.index];
      expect(await p.pool.connect(p.stranger).repay.staticCall(assets, p.borrower, NEXT)).to.equal(assets);
      const transaction = await p.pool.connect(p.stranger).repay(assets, p.borrower);
      await expect(transaction)
        .to.emit(p.pool, "Repaid")
        .withArgs(p.stranger.address, p.borrower.address, assets, units);
      await expect(transaction).to.changeTokenBalances(p.asset, [p.stranger, p.pool], [-assets, assets]);
      const after = await p.pool.state();
      expect(await p.pool.scaledDebtOf(p.borrower)).to.equal(scaled - units);
      expect((await p.pool.positionOf(p.borrower)).debt).to.equal(debtOf(scaled - units, after.index));
      expect(after.scaledDebt).to.equal(before.scaledDebt - units);
      expect(after.cash).to.equal(before.cash + assets);
      expect(after.lenderAssets).to.be.within(before.lenderAssets, before.lenderAssets + 1n);
      await expectIdentity(p.pool);
    });

    for (const { name, asked } of [
      { name: "all, when asked for the largest number", asked: MaxUint256 },
      { name: "all, when asked for a unit more than is owed", asked: 1n },
    ]) {
      it(`takes ${name}`, async () => {
        const p = await loadFixture(fixture);
        await setNext();
        const { debt } = await p.pool.positionOf(p.borrower, NEXT);
        const scaled = await p.pool.scaledDebtOf(p.borrower);
        const assets = asked === 1n ? debt + 1n : asked;
        const transaction = await p.pool.connect(p.stranger).repay(assets, p.borrower);
        await expect(transaction)
          .to.emit(p.pool, "Repaid")
          .withArgs(p.stranger.address, p.borrower.address, debt, scaled);
        await expect(transaction).to.changeTokenBalance(p.asset, p.stranger, -debt);
        expect(await p.pool.scaledDebtOf(p.borrower)).to.equal(0n);
        expect((await p.pool.state()).scaledDebt).to.equal(0n);
        expect(await p.pool.healthOf(p.borrower)).to.equal(MaxUint256);
        await expectIdentity(p.pool);
      });
    }

    it("leaves the minimum debt or none", async () => {
      const p = await loadFixture(fixture);
      const least = p.assets("100");
      await setNext();
      const { debt } = await p.pool.positionOf(p.borrower, NEXT);
      const pool = p.pool.connect(p.borrower);
      await expect(pool.repay(debt - least + 2n, p.borrower))
        .to.be.revertedWithCustomError(p.pool, "DebtBelowMinimum")
        .withArgs((left: bigint) => left < least && left >= least - 3n, least);
      await setNext();
      const { debt: now } = await p.pool.positionOf(p.borrower, NEXT);
      await pool.repay(now - least, p.borrower);
      expect((await p.pool.positionOf(p.borrower)).debt).to.be.within(least, least + 1n);
      await pool.repay(MaxUint256, p.borrower);
    });

    it("of an account that has defaulted may leave less", async () => {
      const p = await loadFixture(defaulted);
      await setNext();
      const { debt, writtenOff } = await p.pool.positionOf(p.borrower, NEXT);
      await p.pool.connect(p.borrower).repay(debt - 5n, p.borrower);
      const after = await p.pool.positionOf(p.borrower);
      expect(after.debt).to.be.within(5n, 6n);
      // what was written down is not a part of it
      expect(after.writtenOff).to.equal(writtenOff);
    });

    it("works while new risk is paused and the oracle fails", async () => {
      const p = await loadFixture(fixture);
      await p.factory.connect(p.guardian).pause(p.pool);
      await p.oracle.setMode(OracleMode.Revert);
      await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
      expect((await p.pool.positionOf(p.borrower)).debt).to.equal(0n);
    });

    it("refuses a zero amount, and an account that owes nothing", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.stranger);
      await expect(pool.repay(0n, p.borrower)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
      await expect(pool.repay(1n, p.borrower2))
        .to.be.revertedWithCustomError(p.pool, "NoDebt")
        .withArgs(p.borrower2.address);
    });

    it("needs the caller's assets", async () => {
      const p = await loadFixture(fixture);
      await expect(p.pool.connect(p.operator).repay(1n, p.borrower)).to.be.revertedWithCustomError(
        p.asset,
        "ERC20InsufficientAllowance",
      );
    });

    it("and borrow again and again, in amounts of any size, never takes from lenders", async () => {
      const p = await loadFixture(fixture);
      await p.pool.connect(p.borrower2).supplyCollateral(p.collaterals("10"), p.borrower2);
      await p.pool.connect(p.borrower2).borrow(p.assets("100"), p.borrower2, p.borrower2);
      for (const assets of [1n, 2n, 3n, 999n, 1_000_001n]) {
        const { interface: abi } = p.pool;
        const owner = p.borrower2.address;
        const pair = [
          abi.encodeFunctionData("borrow", [assets, owner, owner]),
          abi.encodeFunctionData("repay", [assets, owner]),
        ];
        await setNext(1n);
        const before = await p.pool.state(NEXT);
        await p.pool.connect(p.borrower2).multicall([...pair, ...pair, ...pair]);
        const after = await p.pool.state();
        expect(after.lenderAssets - before.lenderAssets, `${assets}`).to.be.within(0n, 6n);
        expect(after.index).to.equal(before.index);
        await expectIdentity(p.pool);
      }
    });
  });

  describe("views", () => {
    it("tell an account's collateral, debt and health", async () => {
      const p = await loadFixture(fixture);
      const { index } = await p.pool.state();
      const scaled = await p.pool.scaledDebtOf(p.borrower);
      const position = await p.pool.positionOf(p.borrower);
      expect(position).to.deep.equal([p.collaterals("50"), debtOf(scaled, index), 0n]);
      expect(await p.pool.healthOf(p.borrower)).to.equal((p.assets("100000") * LLTV) / position.debt);
      expect(await p.pool.writtenOffOf(p.borrower)).to.deep.equal([]);
      expect(await p.pool.positionOf(p.stranger)).to.deep.equal([0n, 0n, 0n]);
      expect(await p.pool.healthOf(p.stranger)).to.equal(MaxUint256);
    });

    it("count written-off debt in an account's health", async () => {
      const p = await loadFixture(defaulted);
      const { debt, writtenOff } = await p.pool.positionOf(p.borrower);
      expect(writtenOff).to.be.greaterThan(0n);
      expect(await p.pool.healthOf(p.borrower)).to.equal((p.assets("150000") * LLTV) / (debt + writtenOff));
    });

    it("of health need the oracle only where something is owed", async () => {
      const p = await loadFixture(fixture);
      await p.oracle.setMode(OracleMode.Revert);
      expect(await p.pool.healthOf(p.stranger)).to.equal(MaxUint256);
      await expect(p.pool.healthOf(p.borrower)).to.be.revertedWithCustomError(p.oracle, "OracleBroken");
    });

    it("tell the pool's terms", async () => {
      const p = await loadFixture(fixture);
      const names = [
        "lltv",
        "minIncentive",
        "writeDownIncentive",
        "maxIncentive",
        "targetHealth",
        "minDebt",
        "dust",
        "vesting",
        "asset",
        "collateralAsset",
        "oracle",
        "fund",
        "socializer",
      ] as const;
      for (const name of names) expect(await p.pool[name](), name).to.equal(p.params[name]);
      expect(await p.pool.factory()).to.equal(await p.factory.getAddress());
      expect(await p.pool.twin()).to.be.properAddress;
      const { rateAtTarget, supplyCap, premium, paused } = await (await p.createPool()).state();
      expect(rateAtTarget).to.equal(p.params.rateAtTarget);
      expect(supplyCap).to.equal(p.params.supplyCap);
      expect([premium, paused]).to.deep.equal([0n, false]);
    });
  });
});
