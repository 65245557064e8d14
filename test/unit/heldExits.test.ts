import { expect } from "chai";
import { AbiCoder, keccak256, MaxUint256, toBeHex } from "ethers";
import { ethers, loadFixture, setStorageAt, time } from "../helpers/hre";
import { layoutOf, readStorage, writeStorage } from "../helpers/layout";
import { priceForLoss } from "../helpers/losses";
import { OracleMode } from "../helpers/oracle";
import { DAY, deployLentPool, NEXT, setNext, type LentPool } from "../helpers/pool";

const HOUR = 3600n;

/** Gives ticks debt without collateral: slot by slot, since there are many. */
async function writeTicks(p: LentPool, debts: Map<bigint, bigint>) {
  const { slot } = (await layoutOf("LendingPool")).storage.find(({ label }) => label === "_ticks")!;
  const [pool, coder] = [await p.pool.getAddress(), AbiCoder.defaultAbiCoder()];
  for (const [tick, scaledDebt] of debts) {
    const at = keccak256(coder.encode(["uint256", "uint256"], [tick, slot]));
    await setStorageAt(pool, at, toBeHex((1n << 248n) | scaledDebt, 32));
  }
}

describe("InsuranceFund: held exits", () => {
  /** A pool whose borrower owes 80,000, a limit of 1,000 on a fund of 2,000: a tolerance of 0.4. The staker's window is open. */
  async function fixture() {
    const p = await deployLentPool({ pool: { dust: 0n } });
    await p.stake(p.staker, p.assets("1500"));
    await p.stake(p.staker2, p.assets("500"));
    await p.grantCoverage(p.assets("1000"));
    await p.fund.connect(p.staker).cooldown(p.assets("1500") * 1000n);
    await time.increase(14n * DAY);
    return p;
  }

  const shares = (p: LentPool) => p.assets("1") * 1000n;
  const leave = (p: LentPool) => p.fund.connect(p.staker).redeem(shares(p), p.staker, p.staker);
  const show = async (p: LentPool, lack: string) => {
    await setNext(1n);
    await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets(lack), p.pool));
  };
  const maxima = async (p: LentPool) =>
    Promise.all([p.fund.maxRedeem(p.staker, NEXT), p.fund.maxWithdraw(p.staker, NEXT)]);
  const closesAt = async (p: LentPool) => (await p.fund.cooldownOf(p.staker)).closesAt;

  it("let stakers leave while no covered pool shows a loss", async () => {
    const p = await loadFixture(fixture);
    expect(await p.fund.exitsHeldBy()).to.equal(ethers.ZeroAddress);
    await leave(p);
    await p.fund.connect(p.staker).withdraw(p.assets("1"), p.staker, p.staker);
  });

  it("hold them while one shows a loss that the fund would pay, and let them go once it is booked", async () => {
    const p = await loadFixture(fixture);
    await show(p, "300");
    const pool = await p.pool.getAddress();
    expect(await p.fund.exitsHeldBy()).to.equal(pool);
    for (const call of [leave, () => p.fund.connect(p.staker).withdraw(1n, p.staker, p.staker)]) {
      await expect(call(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld").withArgs(pool);
    }
    expect(await maxima(p)).to.deep.equal([0n, 0n]);
    await p.pool.writeDown([p.borrower]);
    expect(await p.fund.exitsHeldBy()).to.equal(ethers.ZeroAddress);
    const [redeem] = await maxima(p);
    await p.fund.connect(p.staker).redeem(redeem, p.staker, p.staker);
  });

  it("tolerate what is below 2 basis points of the fund", async () => {
    const p = await loadFixture(fixture);
    await show(p, "0.3");
    await leave(p);
    await show(p, "0.6");
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
  });

  it("tolerate what the pool's fees bear", async () => {
    const p = await loadFixture(async function withFees() {
      const q = await deployLentPool({ pool: { dust: 0n } });
      await q.stake(q.staker, q.assets("1500"));
      await q.grantCoverage(q.assets("1000"));
      await q.fund.harvest(q.pool);
      await time.increase(20n * DAY);
      await q.fund.harvest(q.pool);
      await q.fund.connect(q.staker).cooldown(q.assets("1500") * 1000n);
      await time.increase(14n * DAY);
      return q;
    });
    const held = async (beyondFees: bigint) => {
      await setNext(1n);
      const { fees } = await p.pool.state(NEXT);
      expect(fees).to.be.greaterThan(p.assets("2"));
      const tolerance = ((await p.fund.totalAssets(NEXT)) + (await p.fund.reserve(NEXT))) / 5_000n;
      const shortfall = fees + tolerance + beyondFees;
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, shortfall, p.pool));
      await setNext(1n);
      return (await p.fund.exitsHeldBy(NEXT)) !== ethers.ZeroAddress;
    };
    expect(await held(-10_000n)).to.equal(false);
    await leave(p);
    expect(await held(10_000n)).to.equal(true);
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
  });

  it("do not ask pools that the fund owes nothing: no limit, or all of it paid", async () => {
    const p = await loadFixture(fixture);
    await p.oracle.setPrice(0n);
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, 0n);
    await leave(p);
  });

  it("are not held for a pool whose limit is within the tolerance", async () => {
    const p = await loadFixture(fixture);
    await p.oracle.setPrice(0n);
    const tolerance = ((await p.fund.totalAssets()) * 2n) / 10_000n;
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, tolerance + 1n);
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, tolerance);
    await leave(p);
  });

  it("wait for a blind pool as long as its own lenders do", async () => {
    const p = await loadFixture(fixture);
    await p.oracle.setMode(OracleMode.Revert);
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
    for (let day = 0; day < 3; day++) {
      await p.pool.reportBlind();
      await p.fund.syncGuard();
      await time.increase(DAY - 20n * 60n);
    }
    await p.pool.reportBlind();
    await p.fund.syncGuard();
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
    await time.increase(HOUR);
    await leave(p);
  });

  it("wait for a pool that does not answer, for a time of their own", async () => {
    const p = await loadFixture(fixture);
    // a pool that answers nobody: its code is gone
    const code = await ethers.provider.getCode(p.pool);
    await ethers.provider.send("hardhat_setCode", [await p.pool.getAddress(), "0xfe"]);
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
    await expect(p.fund.syncGuard()).to.emit(p.fund, "PoolAnswers").withArgs(p.pool, false);
    for (let hours = 0; hours < 71; hours += 12) {
      await expect(p.fund.syncGuard()).not.to.emit(p.fund, "PoolAnswers");
      await time.increase(12n * HOUR - 60n);
    }
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
    await time.increase(HOUR);
    await leave(p);
    await ethers.provider.send("hardhat_setCode", [await p.pool.getAddress(), code]);
    await expect(p.fund.syncGuard()).to.emit(p.fund, "PoolAnswers").withArgs(p.pool, true);
    await leave(p);
  });

  it("wait no longer for a pool that could tell whether it shows a loss, but not whether that is tolerated", async () => {
    const p = await loadFixture(fixture);
    // 2,000 ticks, of which the highest alone shows a loss, and all together one that is tolerated: too many to be summed
    const { fees } = await p.pool.state();
    const [lowest, highest] = [11_000n, 12_999n];
    const debts = new Map([[highest, fees + p.assets("0.2")]]);
    for (let tick = lowest; tick < highest; tick++) debts.set(tick, 1n);
    await writeTicks(p, debts);
    for (let word = lowest >> 8n; word <= highest >> 8n; word++) {
      await writeStorage(p.pool, "LendingPool", ["_marks", word], MaxUint256);
    }
    await writeStorage(p.pool, "LendingPool", ["_borrowers", "topTick"], highest);
    await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
    await expect(p.fund.syncGuard()).to.emit(p.fund, "PoolAnswers").withArgs(p.pool, false);
  });

  it("are not opened by starving a pool of the gas to answer", async () => {
    const p = await loadFixture(fixture);
    await p.oracle.setMode(OracleMode.BurnGas);
    const [own, gas] = [p.fund.connect(p.staker), { gasLimit: 550_000n }];
    for (const call of [
      () => own.syncGuard(gas),
      () => own.redeem(1_000_000n, p.staker, p.staker, gas),
      () => own.withdraw(1_000n, p.staker, p.staker, gas),
    ]) {
      await expect(call()).to.be.revertedWithCustomError(p.fund, "InsufficientGas");
    }
    // with enough, the pool answers that it is blind
    await expect(p.fund.syncGuard()).not.to.emit(p.fund, "PoolAnswers");
    expect(
      await readStorage(p.fund, "InsuranceFund", ["_limits", (await p.pool.getAddress()).toLowerCase(), "silentSince"]),
    ).to.equal(0n);
  });

  describe("the window's clock", () => {
    it("stands still from when a hold is on record until it is over", async () => {
      const p = await loadFixture(fixture);
      const before = await closesAt(p);
      await show(p, "300");
      await expect(p.fund.syncGuard()).to.emit(p.fund, "WindowsStopped").withArgs(p.pool);
      const stopped = BigInt(await time.latest());
      await expect(p.fund.syncGuard()).not.to.emit(p.fund, "WindowsStopped");
      // the window of 2 days would be over
      for (let day = 0; day < 5; day++) {
        await time.increase(DAY - 60n);
        await expect(p.fund.syncGuard()).not.to.emit(p.fund, "WindowsStopped");
      }
      await expect(leave(p)).to.be.revertedWithCustomError(p.fund, "ExitsHeld");
      await p.pool.writeDown([p.borrower]);
      await p.setPrice("2000");
      expect(await closesAt(p)).to.equal(before + BigInt(await time.latest()) - stopped);
      await expect(p.fund.syncGuard()).to.emit(p.fund, "WindowsResumed");
      const stood = BigInt(await time.latest()) - stopped;
      expect(await closesAt(p)).to.equal(before + stood);
      await time.increase(HOUR);
      expect(await closesAt(p)).to.equal(before + stood);
      await time.setNextBlockTimestamp(before + stood - 1n);
      await leave(p);
      await time.setNextBlockTimestamp(before + stood);
      await expect(leave(p))
        .to.be.revertedWithCustomError(p.fund, "WindowClosed")
        .withArgs(before + stood);
    });

    it("stands still for a day after each confirmation at most: a hold may be over", async () => {
      const p = await loadFixture(fixture);
      const before = await closesAt(p);
      await show(p, "300");
      await p.fund.syncGuard();
      const stopped = BigInt(await time.latest());
      await p.setPrice("2000");
      await time.increaseTo(stopped + DAY - 10n);
      expect(await closesAt(p)).to.equal(before + DAY - 10n);
      await time.increaseTo(stopped + DAY + HOUR);
      expect(await closesAt(p)).to.equal(before + DAY);
    });

    it("goes on with the first exit after a hold", async () => {
      const p = await loadFixture(fixture);
      await show(p, "300");
      await p.fund.syncGuard();
      await time.increase(DAY);
      await p.setPrice("2000");
      await expect(leave(p)).to.emit(p.fund, "WindowsResumed");
      const closes = await closesAt(p);
      await time.increase(HOUR);
      expect(await closesAt(p)).to.equal(closes);
    });

    it("does not stand still for cooldowns: a hold before the window opens does not lengthen it", async () => {
      const p = await loadFixture(fixture);
      await p.fund.connect(p.staker2).cooldown(p.assets("500") * 1000n);
      const request = await p.fund.cooldownOf(p.staker2);
      await show(p, "300");
      await p.fund.syncGuard();
      await time.increase(10n * DAY);
      await p.setPrice("2000");
      await p.fund.syncGuard();
      await time.increase(5n * DAY);
      expect((await p.fund.cooldownOf(p.staker2)).closesAt).to.equal(request.closesAt);
    });

    it("counts of a hold across the window's opening what lies in the window", async () => {
      const p = await loadFixture(fixture);
      await p.fund.connect(p.staker2).cooldown(p.assets("500") * 1000n);
      const { opensAt, closesAt: closes } = await p.fund.cooldownOf(p.staker2);
      await show(p, "300");
      await time.setNextBlockTimestamp(opensAt - 20n * HOUR);
      await p.fund.syncGuard();
      await time.setNextBlockTimestamp(opensAt + HOUR - 1n);
      await p.setPrice("2000");
      await p.fund.syncGuard();
      expect((await p.fund.cooldownOf(p.staker2)).closesAt).to.equal(closes + HOUR);
      // and a second one
      await show(p, "300");
      const start = opensAt + 5n * HOUR;
      await time.setNextBlockTimestamp(start);
      await p.fund.syncGuard();
      await time.setNextBlockTimestamp(start + 2n * HOUR - 1n);
      await p.setPrice("2000");
      await p.fund.syncGuard();
      expect((await p.fund.cooldownOf(p.staker2)).closesAt).to.equal(closes + 3n * HOUR);
    });
  });

  it("refuses tolerances and blind periods out of bounds", async () => {
    const p = await loadFixture(fixture);
    const create = (changes: object) =>
      ethers.deployContract("InsuranceFund", [{ ...p.fundParams, ...changes }, p.manager]);
    for (const [name, value, min, max] of [
      ["guardTolerance", 1_001n, 0n, 1_000n],
      ["blindPeriod", 3_599n, 3_600n, 30n * DAY],
      ["blindPeriod", 30n * DAY + 1n, 3_600n, 30n * DAY],
    ] as const) {
      await expect(create({ [name]: value }))
        .to.be.revertedWithCustomError(p.fund, "OutOfBounds")
        .withArgs(name, value, min, max);
    }
    const fund = await create({ guardTolerance: 1_000n, blindPeriod: 30n * DAY });
    expect([await fund.guardTolerance(), await fund.blindPeriod()]).to.deep.equal([1_000n, 30n * DAY]);
  });
});
