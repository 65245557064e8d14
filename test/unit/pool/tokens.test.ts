import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { FixedPoint } from "../../../sdk";
import type { WeirdERC20 } from "../../../typechain-types";
import { ethers, loadFixture, takeSnapshot, time } from "../../helpers/hre";
import { DAY, NEXT, deployLentPool, expectIdentity, setNext, type LentPool } from "../../helpers/pool";
import { deployProtocol, signerOf } from "../../helpers/protocol";

const { WAD } = FixedPoint;

const [TRUE, NOTHING, FALSE] = [0n, 1n, 2n];
const QUIRKS = { feeBps: 0n, returns_: TRUE, paused: false, revertsOnZero: false };

describe("LendingPool: odd tokens", () => {
  /** Both tokens weird, all quirks off. Everyone has what it needs to act; borrower 2 has written-off debt. */
  async function fixture() {
    const p = await deployLentPool({ weirdAsset: true, weirdCollateral: true });
    await p.openPosition(p.borrower2, p.collaterals("5"), p.assets("8000"));
    await p.setPrice("1600");
    await p.pool.writeDown([p.borrower2]);
    await p.setPrice("2000");
    for (const account of [p.lender, p.borrower, p.borrower2, p.liquidator, p.stranger]) {
      await p.provideAssets(account, p.assets("200000"));
      await p.provideCollateral(account, p.collaterals("100"));
    }
    const asset = (await ethers.getContractAt("WeirdERC20", p.asset)) as WeirdERC20;
    const collateral = (await ethers.getContractAt("WeirdERC20", p.collateral)) as WeirdERC20;
    return { p, asset, collateral };
  }

  const takesAsset = (p: LentPool) => ({
    deposit: () => p.pool.connect(p.lender).deposit(p.assets("100"), p.lender),
    mint: () => p.pool.connect(p.lender).mint(p.assets("100") * 1000n, p.lender),
    repay: () => p.pool.connect(p.borrower).repay(p.assets("100"), p.borrower),
    repayWrittenOff: () => p.pool.connect(p.borrower2).repayWrittenOff(p.borrower2, p.assets("100")),
    liquidate: async () => {
      await p.setPrice("1800");
      return p.pool.connect(p.liquidator).liquidate(p.borrower, p.assets("1000"), 0n, "0x");
    },
  });

  const paysAsset = (p: LentPool) => ({
    withdraw: () => p.pool.connect(p.lender).withdraw(p.assets("100"), p.lender, p.lender),
    redeem: () => p.pool.connect(p.lender).redeem(p.assets("100") * 1000n, p.lender, p.lender),
    borrow: async () => {
      await p.setPrice("2500");
      return p.pool.connect(p.borrower).borrow(p.assets("100"), p.borrower, p.borrower);
    },
    harvest: async () => p.pool.connect(await signerOf(p.fund)).harvest(0n),
  });

  const takesCollateral = (p: LentPool) => ({
    supplyCollateral: () => p.pool.connect(p.borrower).supplyCollateral(p.collaterals("1"), p.borrower),
  });

  const paysCollateral = (p: LentPool) => ({
    withdrawCollateral: () => p.pool.connect(p.borrower).withdrawCollateral(p.collaterals("1"), p.borrower, p.borrower),
    liquidate: takesAsset(p).liquidate,
  });

  it("without return values work", async () => {
    const { p, asset, collateral } = await loadFixture(fixture);
    await asset.setQuirks({ ...QUIRKS, returns_: NOTHING });
    await collateral.setQuirks({ ...QUIRKS, returns_: NOTHING });
    const all = { ...takesAsset(p), ...paysAsset(p), ...takesCollateral(p), ...paysCollateral(p) };
    for (const call of Object.values(all)) {
      await call();
      await expectIdentity(p.pool);
    }
    await p.setPrice("3000");
    await p.pool.refinance(p.borrower2);
    await expectIdentity(p.pool);
  });

  it("that return false instead of moving are refused by name", async () => {
    const { p, asset, collateral } = await loadFixture(fixture);
    for (const [token, calls] of [
      [asset, { ...takesAsset(p), ...paysAsset(p) }],
      [collateral, { ...takesCollateral(p), ...paysCollateral(p) }],
    ] as const) {
      await token.setQuirks({ ...QUIRKS, returns_: FALSE });
      for (const [name, call] of Object.entries(calls)) {
        if (name === "harvest") continue; // of nothing, which moves nothing
        await expect(call(), name)
          .to.be.revertedWithCustomError(p.pool, "SafeERC20FailedOperation")
          .withArgs(await token.getAddress());
      }
      await token.setQuirks(QUIRKS);
    }
  });

  it("that keep a fee are refused on the way in, by what came and what was due", async () => {
    const { p, asset, collateral } = await loadFixture(fixture);
    for (const [token, calls] of [
      [asset, takesAsset(p)],
      [collateral, takesCollateral(p)],
    ] as const) {
      await token.setQuirks({ ...QUIRKS, feeBps: 100n });
      for (const [name, call] of Object.entries(calls)) {
        await expect(call(), name)
          .to.be.revertedWithCustomError(p.pool, "IncorrectTransfer")
          .withArgs(
            await token.getAddress(),
            (expected: bigint) => expected > 0n,
            (received: bigint) => received > 0n,
          );
      }
      await token.setQuirks(QUIRKS);
    }
    await asset.setQuirks({ ...QUIRKS, feeBps: 100n });
    await expect(p.pool.connect(p.lender).deposit(p.assets("100"), p.lender))
      .to.be.revertedWithCustomError(p.pool, "IncorrectTransfer")
      .withArgs(await asset.getAddress(), p.assets("100"), p.assets("99"));
    // even one that begins in the middle of a liquidation
    const account = await ethers.deployContract("MockAccount", [p.stranger]);
    await asset.setQuirks(QUIRKS);
    await p.setPrice("1800");
    await p.asset.mint(account, p.assets("100000"));
    const fee = asset.interface.encodeFunctionData("setQuirks", [{ ...QUIRKS, feeBps: 1n }]);
    const approve = asset.interface.encodeFunctionData("approve", [await p.pool.getAddress(), MaxUint256]);
    await account.prepare([{ target: asset, data: fee }]);
    const data = p.pool.interface.encodeFunctionData("liquidate", [p.borrower.address, MaxUint256, 0n, "0x01"]);
    await expect(
      account.execute([
        { target: asset, data: approve },
        { target: p.pool, data },
      ]),
    ).to.be.revertedWithCustomError(p.pool, "IncorrectTransfer");
  });

  it("that keep a fee on the way out cost the receiver, not the pool", async () => {
    const { p, asset } = await loadFixture(fixture);
    await asset.setQuirks({ ...QUIRKS, feeBps: 100n });
    await expect(paysAsset(p).withdraw()).to.changeTokenBalances(
      p.asset,
      [p.pool, p.lender],
      [-p.assets("100"), p.assets("99")],
    );
    await expectIdentity(p.pool);
  });

  it("that are paused stop what moves them, by their own error; a write-down moves nothing", async () => {
    const { p, asset, collateral } = await loadFixture(fixture);
    for (const [token, calls] of [
      [asset, { ...takesAsset(p), ...paysAsset(p) }],
      [collateral, { ...takesCollateral(p), ...paysCollateral(p) }],
    ] as const) {
      await token.setQuirks({ ...QUIRKS, paused: true });
      for (const [name, call] of Object.entries(calls)) {
        if (name === "harvest") continue; // of nothing, which moves nothing
        await expect(call(), name).to.be.revertedWithCustomError(token, "TokenPaused");
      }
    }
    await p.setPrice("1500");
    await expect(p.pool.writeDown([p.borrower])).to.emit(p.pool, "LossBooked");
    await expectIdentity(p.pool);
  });

  it("that refuse transfers of nothing stop no harvest of nothing", async () => {
    const { p, asset } = await loadFixture(fixture);
    await asset.setQuirks({ ...QUIRKS, revertsOnZero: true });
    expect((await p.pool.state()).fees).to.equal(0n);
    await p.pool.connect(await signerOf(p.fund)).harvest(1000n);
    expect((await p.pool.state()).premium).to.equal(1000n);
  });

  it("that refuse transfers of nothing stop no recovery that all goes to claims", async () => {
    const { p, asset } = await loadFixture(fixture);
    await asset.setQuirks({ ...QUIRKS, revertsOnZero: true });
    await p.pool.connect(p.stranger).repayWrittenOff(p.borrower2, p.assets("100"));
    const { recovered, recoveredBy } = await p.socializer.lossOf(1n);
    expect([recovered, recoveredBy.principal]).to.deep.equal([p.assets("100"), p.assets("100")]);
  });

  describe("that block accounts", () => {
    it("stop no liquidation, write-down or repayment of a borrower that is blocked", async () => {
      const { p, asset, collateral } = await loadFixture(fixture);
      for (const token of [asset, collateral]) {
        await token.setBlocked(p.borrower, true);
        await token.setBlocked(p.borrower2, true);
        await token.setBlocked(p.lender, true);
      }
      await p.pool.connect(p.stranger).repay(p.assets("100"), p.borrower);
      await p.pool.connect(p.stranger).repayWrittenOff(p.borrower2, p.assets("100"));
      await p.pool.connect(p.stranger).supplyCollateral(1n, p.borrower);
      await p.setPrice("1500");
      await p.pool.connect(p.stranger).writeDown([p.borrower]);
      await p.pool.connect(p.liquidator).liquidate(p.borrower, p.assets("100"), 0n, "0x");
      await p.setPrice("4000");
      await p.pool.refinance(p.borrower2);
      await expect(p.pool.connect(p.lender).redeem(1_000_000n, p.lender, p.lender))
        .to.be.revertedWithCustomError(asset, "Blocked")
        .withArgs(p.lender.address);
      await p.pool.connect(p.lender).redeem(1_000_000n, p.stranger, p.lender);
      await expectIdentity(p.pool);
    });

    it("stop no payment of written-off debt when it is the socializer: the lenders of today get it", async () => {
      const { p, asset } = await loadFixture(fixture);
      await asset.setBlocked(p.socializer, true);
      for (const pay of [
        () => p.pool.connect(p.borrower2).repayWrittenOff(p.borrower2, p.assets("50")),
        async () => {
          await p.setPrice("4000");
          return p.pool.refinance(p.borrower2);
        },
      ]) {
        await setNext(10n);
        const before = await p.pool.state(NEXT);
        const transaction = await pay();
        await expect(transaction).to.emit(p.pool, "RecoveryCredited");
        const after = await p.pool.state();
        expect(after.unvested).to.be.greaterThan(before.unvested);
        expect((await p.socializer.lossOf(1n)).recovered).to.equal(0n);
        await expectIdentity(p.pool);
      }
      expect((await p.pool.positionOf(p.borrower2)).writtenOff).to.equal(0n);
    });

    it("are no refusal where the token keeps a fee: a recovery that does not arrive whole is refused, or one pool's claims would pay another's", async () => {
      const { p, asset } = await loadFixture(fixture);
      await p.setPrice("1500");
      await p.pool.writeDown([p.borrower]);
      await p.setPrice("2500");
      const { writtenOff } = await p.pool.positionOf(p.borrower);
      await asset.setQuirks({ feeBps: 1_000, returns_: 0, paused: false, revertsOnZero: false });
      await expect(p.pool.refinance(p.borrower))
        .to.be.revertedWithCustomError(p.pool, "IncorrectTransfer")
        .withArgs(
          asset,
          (sent: bigint) => sent > writtenOff,
          (received: bigint) => received > writtenOff / 2n && received < writtenOff,
        );
      expect((await p.pool.positionOf(p.borrower)).writtenOff).to.be.greaterThan(writtenOff);
      expect(await asset.balanceOf(p.socializer)).to.equal(0n);
    });

    it("are not faked by a caller who starves a dear transfer of gas, to give a recovery to the lenders of today", async () => {
      const { p, asset } = await loadFixture(fixture);
      await p.setPrice("1500");
      await p.pool.writeDown([p.borrower]);
      await p.setPrice("2500");
      await asset.setAppetite(500_000n);
      const refinance = (gasLimit: bigint) => p.pool.connect(p.stranger).refinance(p.borrower, { gasLimit });
      const start = await takeSnapshot();
      const { gasUsed } = (await (await refinance(5_000_000n)).wait())!;
      await start.restore();
      const { unvested } = await p.pool.state();
      let refused = 0;
      for (let gasLimit = gasUsed; gasLimit > gasUsed - 60_000n; gasLimit -= 6_000n) {
        // either all of it goes through, or nothing
        const done = await refinance(gasLimit).then(
          () => true,
          () => false,
        );
        if (done) {
          expect((await p.pool.state()).unvested, `${gasLimit} gas`).to.be.closeTo(unvested, p.assets("1"));
          await start.restore();
        } else refused++;
      }
      expect(refused).to.be.greaterThan(5);
      // a token that needs more than there is: with a million it has refused, with less it may have been starved
      await asset.setAppetite(3_000_000n);
      await expect(refinance(900_000n))
        .to.be.revertedWithCustomError(p.pool, "InsufficientGas")
        .withArgs((available: bigint) => available < 900_000n, 1_000_000n);
      await expect(refinance(2_500_000n)).to.emit(p.pool, "RecoveryCredited");
      await start.restore();
      await asset.setAppetite(0n);
      await expect(refinance(5_000_000n)).to.emit(p.socializer, "Recovered");
    });

    it("make the fund's cover unavailable when it is the fund: lenders bear the loss, and it is booked", async () => {
      const { p, asset } = await loadFixture(async function coveredPool() {
        const f = await fixture();
        await f.p.stake(f.p.staker, f.p.assets("50000"));
        await f.p.grantCoverage(f.p.assets("50000"));
        return f;
      });
      await asset.setBlocked(p.fund, true);
      await p.setPrice("1500");
      await setNext();
      const { unvested, fees } = await p.pool.state(NEXT);
      const transaction = await p.pool.writeDown([p.borrower]);
      await expect(transaction).to.emit(p.socializer, "CoverUnavailable");
      await expect(transaction)
        .to.emit(p.pool, "LossBooked")
        .withArgs(
          2n,
          (e: bigint) => e > fees,
          0n,
          unvested,
          (principal: bigint) => principal > p.assets("5000"),
        );
      await expectIdentity(p.pool);
    });

    it("stop a liquidator that is blocked, and nobody else", async () => {
      const { p, collateral } = await loadFixture(fixture);
      await collateral.setBlocked(p.liquidator, true);
      await p.setPrice("1800");
      const call = (by: LentPool["liquidator"]) => p.pool.connect(by).liquidate(p.borrower, p.assets("1000"), 0n, "0x");
      await expect(call(p.liquidator))
        .to.be.revertedWithCustomError(collateral, "Blocked")
        .withArgs(p.liquidator.address);
      await call(p.stranger);
    });
  });

  it("that rebase change no book: what comes in is credited exactly, what grew is nobody's", async () => {
    const { p, asset } = await loadFixture(fixture);
    await setNext();
    const before = await p.pool.state(NEXT);
    await asset.setMultiplier(2n * 10n ** 18n);
    expect(await p.pool.state()).to.deep.equal(before);
    await p.pool.connect(p.lender).deposit(p.assets("100"), p.lender);
    expect((await p.pool.state()).cash).to.equal(before.cash + p.assets("100"));
    // fallen below what the books say, the pool pays as far as it has
    await asset.setMultiplier(10n ** 18n / 2n);
    const [{ cash }, held] = [await p.pool.state(), await p.asset.balanceOf(p.pool)];
    expect(held).to.be.lessThan(cash);
    await p.pool.connect(p.lender).withdraw(held, p.lender, p.lender);
    await expect(p.pool.connect(p.lender).withdraw(1n, p.lender, p.lender)).to.be.revertedWithCustomError(
      asset,
      "InsufficientBalance",
    );
  });

  for (const { assetDecimals, collateralDecimals, unit } of [
    { assetDecimals: 0, collateralDecimals: 0, unit: 1n },
    { assetDecimals: 0, collateralDecimals: 18, unit: 1n },
    { assetDecimals: 18, collateralDecimals: 6, unit: 10n ** 18n },
    // a pool cannot hold a whole one of these: it lends millionths of millionths
    { assetDecimals: 30, collateralDecimals: 27, unit: 10n ** 18n },
  ]) {
    it(`work with ${assetDecimals} decimals of the asset and ${collateralDecimals} of the collateral`, async () => {
      const p = await deployProtocol({
        assetDecimals,
        collateralDecimals,
        pool: { minDebt: 100n * unit, dust: 50n * unit, supplyCap: MaxUint256 },
        fundTerms: { dust: 50n * unit },
      });
      await p.oracle.setPrice((2000n * unit * 10n ** 36n) / p.collaterals("1"));
      expect(await p.pool.decimals()).to.equal(BigInt(assetDecimals) + 3n);
      await p.supply(p.lender, 100_000n * unit);
      await p.openPosition(p.borrower, p.collaterals("50"), 80_000n * unit);
      await time.increase(100n * DAY);
      await p.provideAssets(p.borrower, 10_000n * unit);
      await p.pool.connect(p.borrower).repay(1_000n * unit, p.borrower);
      expect(await p.pool.healthOf(p.borrower)).to.be.greaterThan(WAD);
      await p.oracle.setPrice(((await p.oracle.price()) * 15n) / 20n);
      await p.provideAssets(p.liquidator, 100_000n * unit);
      await p.pool.connect(p.liquidator).liquidate(p.borrower, MaxUint256, 0n, "0x");
      const { debt, writtenOff } = await p.pool.positionOf(p.borrower);
      expect(debt).to.equal(0n);
      expect(writtenOff).to.be.within(5_000n * unit, 8_000n * unit);
      await expectIdentity(p.pool);
      await p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      await p.pool.connect(p.lender).redeem(await p.pool.balanceOf(p.lender), p.lender, p.lender);
      await p.socializer.claim([1n], p.lender);
      const paid = await p.asset.balanceOf(p.lender);
      expect(paid).to.be.within(100_000n * unit, 102_000n * unit);
      await expectIdentity(p.pool);
    });
  }

  it("may not be the same, nor the zero address", async () => {
    const { p } = await loadFixture(fixture);
    await expect(p.createPool({ collateralAsset: p.params.asset })).to.be.revertedWithCustomError(
      p.factory,
      "InvalidAsset",
    );
    await expect(p.createPool({ asset: ZeroAddress })).to.be.revertedWithCustomError(p.factory, "NotAContract");
  });
});
