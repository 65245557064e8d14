import { expect } from "chai";
import { MaxUint256, parseEther, ZeroAddress } from "ethers";
import { FixedPoint, RiskLadder } from "../../sdk";
import { ethers, time } from "../helpers/hre";
import { priceForLoss } from "../helpers/losses";
import { OracleMode } from "../helpers/oracle";
import { DAY, deployLentPool } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

const { WAD } = FixedPoint;

/** Attacks on the guard, on the record of blindness and on held exits: each went through once. */
describe("Attacks: the guard", () => {
  async function covered(stake = "4000") {
    const p = await deployLentPool();
    await p.stake(p.staker, p.assets(stake));
    await p.grantCoverage(p.assets("10000"));
    return p;
  }

  describe("a write-down that finds nothing, between two outages", () => {
    async function twoOutages() {
      const p = await covered();
      await p.oracle.setMode(OracleMode.Revert);
      await p.pool.reportBlind();
      await p.oracle.setMode(OracleMode.Answer);
      await p.pool.connect(p.stranger).writeDown([]); // or any list of solvent accounts: a keeper's ordinary call
      await p.oracle.setMode(OracleMode.Revert);
      await p.pool.reportBlind();
      return p;
    }

    it("leaves the second one on record", async () => {
      const p = await twoOutages();
      expect(await p.pool.blindSince()).to.equal(await time.latest());
    });

    it("does not lock lenders in for good", async () => {
      const p = await twoOutages();
      for (let day = 0; day < 4; day++) {
        await time.increase(DAY - 60n);
        await p.pool.reportBlind();
      }
      expect(await p.pool.maxWithdraw(p.lender)).to.equal((await p.pool.state()).cash);
    });

    it("nor the stakers of the fund", async () => {
      const p = await twoOutages();
      expect(await p.fund.exitsHeldBy()).to.equal(await p.pool.getAddress());
      for (let day = 0; day < 4; day++) {
        await time.increase(DAY - 60n);
        await p.pool.reportBlind();
      }
      expect(await p.fund.exitsHeldBy()).to.equal(ZeroAddress);
    });
  });

  describe("a healthy position in the price's own tick, for one transaction", () => {
    it("cannot hide a loss there: no terms are accepted under which healthy debt shares a tick with debt that cannot repay", async () => {
      const p = await deployProtocol();
      const [name, least] = ["lltv * (1 + writeDownIncentive)", parseEther("0.984")];
      const terms = { lltv: parseEther("0.975"), maxIncentive: parseEther("0.02"), dust: 0n };
      await expect(p.createPool(terms))
        .to.be.revertedWithCustomError(p.factory, "OutOfBounds")
        .withArgs(name, parseEther("0.9945"), 0n, least);
      const tightest = { ...terms, lltv: parseEther("0.964705") };
      await p.createPool(tightest);
      // the tick of the highest healthy ratio is below that of the lowest insolvent one, at any price and index
      for (const price of ["0.000001", "1", "1921", "123456789"]) {
        for (const index of [parseEther("1"), parseEther("1.2345"), parseEther("77.7")]) {
          const at = p.priceUnits(price);
          const healthy = RiskLadder.tickAt(at, index, tightest.lltv);
          const repayable = RiskLadder.tickAt(at, index, (WAD * WAD * 100n) / (WAD * 102n));
          expect(healthy, `${price}, ${index}`).to.be.lessThan(repayable);
        }
      }
    });
  });

  describe("a loss below the pool's dust bound and above the fund's tolerance", () => {
    it("holds no exits, since no write-down would clear it; a larger one holds them until it is booked", async () => {
      const p = await covered();
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("45"), p.pool));
      expect(await p.pool.visibleShortfall()).to.be.within(p.assets("1"), p.assets("50"));
      expect(await p.pool.writeDown.staticCall([p.borrower])).to.equal(0n);
      expect(await p.fund.exitsHeldBy()).to.equal(ZeroAddress);
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("55"), p.pool));
      expect(await p.fund.exitsHeldBy()).to.equal(await p.pool.getAddress());
      await p.pool.writeDown([p.borrower]);
      expect(await p.fund.exitsHeldBy()).to.equal(ZeroAddress);
    });

    it("as interest brings it after any write-down, holds none either", async () => {
      const p = await covered("100000");
      await p.setPrice("1600");
      await p.pool.writeDown([p.borrower]);
      await time.increase(4n * DAY);
      expect(await p.pool.visibleShortfall()).to.be.within(p.assets("20"), p.assets("50"));
      expect(await p.fund.exitsHeldBy()).to.equal(ZeroAddress);
      await p.pool.writeDown([p.borrower]);
      expect(await p.fund.exitsHeldBy()).to.equal(ZeroAddress);
    });
  });

  it("an outage of one block does not keep a window open for years", async () => {
    const p = await covered();
    await p.fund.connect(p.staker).cooldown(await p.fund.balanceOf(p.staker));
    await time.increase(15n * DAY);
    await p.oracle.setMode(OracleMode.Revert);
    await expect(p.fund.connect(p.staker).syncGuard()).to.emit(p.fund, "WindowsStopped");
    await p.oracle.setMode(OracleMode.Answer);
    await time.increase(365n * DAY);
    expect(await p.fund.maxRedeem(p.staker)).to.equal(0n);
  });

  it("a raised limit waits until stakers whose exits were held could leave", async () => {
    const p = await covered();
    const oracle = await ethers.deployContract("MockOracle", [p.priceUnits("2000")]);
    const other = await p.createPool({ oracle: await oracle.getAddress() });
    await p.fund.connect(p.governor).setCoverageLimit(other, p.assets("10000"));
    await p.fund.connect(p.staker).cooldown(await p.fund.balanceOf(p.staker));
    await time.increase(13n * DAY + DAY / 2n);
    await p.oracle.setMode(OracleMode.Revert);
    await p.pool.reportBlind();
    for (let half = 0; half < 5; half++) {
      await p.fund.syncGuard();
      await time.increase(DAY / 2n);
      await p.pool.reportBlind();
    }
    await time.increase(60n);
    expect(await p.fund.maxRedeem(p.staker)).to.equal(0n); // not for a moment could it leave
    expect(await p.fund.coverageAvailable(other)).to.equal(0n);
    const { effectiveAt } = await p.fund.coverageOf(other);
    await p.oracle.setMode(OracleMode.Answer);
    await p.fund.syncGuard();
    expect(await p.fund.maxRedeem(p.staker)).to.equal(await p.fund.balanceOf(p.staker));
    const { closesAt } = await p.fund.cooldownOf(p.staker);
    expect((await p.fund.coverageOf(other)).effectiveAt).to.be.within(effectiveAt, effectiveAt + 10n);
    await time.increaseTo(closesAt + DAY);
    expect(await p.fund.coverageAvailable(other)).to.equal(p.assets("4000"));
  });

  it("an oracle that needs more than the guard's stipend is refused at creation", async () => {
    const p = await deployProtocol();
    const oracle = await ethers.deployContract("MockOracle", [p.priceUnits("2000")]);
    await oracle.setMode(OracleMode.Greedy);
    await expect(p.createPool({ oracle: await oracle.getAddress() })).to.be.revertedWithoutReason();
  });

  it("an oracle that comes to need more ends no record of blindness, and borrows, liquidates and writes down as ever", async () => {
    const p = await deployLentPool();
    await p.oracle.setMode(OracleMode.Greedy);
    for (let day = 0; day < 4; day++) {
      await p.pool.reportBlind();
      await p.openPosition(p.borrower2, p.collaterals("1"), p.assets("500"));
      await p.pool.writeDown([p.borrower]);
      await time.increase(DAY - 60n);
    }
    expect(await p.pool.maxWithdraw(p.lender)).to.equal((await p.pool.state()).cash);
    await p.pool.connect(p.lender).withdraw(1n, p.lender, p.lender);
  });

  it("depth answers for ten prices within a block's gas", async () => {
    const p = await deployLentPool();
    const prices = Array.from({ length: 10 }, (_, k) => p.priceUnits(String(2000 - 50 * k)));
    expect(await p.pool.depth.estimateGas(prices)).to.be.lessThan(2_000_000n);
  });

  it("a record of blindness that nothing has confirmed for days does not open a new outage at once", async () => {
    const p = await deployLentPool();
    await p.oracle.setMode(OracleMode.Revert);
    await p.pool.connect(p.stranger).reportBlind();
    await p.oracle.setMode(OracleMode.Answer);
    await p.provideAssets(p.borrower, p.assets("100"));
    await p.pool.connect(p.borrower).repay(p.assets("100"), p.borrower); // reads no price
    await time.increase(3n * DAY);
    await p.oracle.setMode(OracleMode.Revert);
    expect(await p.pool.maxWithdraw(p.lender)).to.equal(0n);
  });

  it("sight takes any bound", async () => {
    const p = await covered();
    for (let i = 0; i < 3; ++i) {
      await p.fund.harvest(p.pool);
      await time.increase(3n * DAY);
    }
    expect((await p.pool.state()).fees).to.be.greaterThan(0n);
    await p.pool.sight(MaxUint256);
  });
});
