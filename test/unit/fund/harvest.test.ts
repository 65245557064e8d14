import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { FixedPoint, Interest, Premium } from "../../../sdk";
import { deployEarningFund, deployStakedFund, MAX_CAPITAL } from "../../helpers/fund";
import { ethers, loadFixture, time } from "../../helpers/hre";
import { DAY, NEXT, setNext } from "../../helpers/pool";
import { deployProtocol, signerOf } from "../../helpers/protocol";

const { WAD } = FixedPoint;

describe("InsuranceFund", () => {
  describe("the reserve", () => {
    it("takes gifts for ever", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.provideAssets(p.treasury, p.assets("5"), p.fund);
      await expect(p.fund.connect(p.treasury).fundReserve(p.assets("5")))
        .to.emit(p.fund, "ReserveFunded")
        .withArgs(p.treasury.address, p.assets("5"));
      expect(await p.fund.reserve()).to.equal(p.assets("5"));
      expect(await p.fund.totalAssets()).to.equal(p.assets("1000"));
      await expect(p.fund.fundReserve(0)).to.be.revertedWithCustomError(p.fund, "ZeroAmount");
    });
  });

  describe("harvest", () => {
    it("serves only registered pools that name this fund", async () => {
      const p = await loadFixture(deployEarningFund);
      const other = await p.createPool({ fund: ZeroAddress });
      for (const pool of [await other.getAddress(), p.stranger.address]) {
        await expect(p.fund.harvest(pool)).to.be.revertedWithCustomError(p.fund, "UnknownPool").withArgs(pool);
      }
    });

    it("moves the premium towards the one that the cover earns, at 30 days for the whole range", async () => {
      const p = await loadFixture(deployEarningFund);
      await p.fund.harvest(p.pool); // starts the clock
      expect((await p.pool.state()).premium).to.equal(0n);
      const start = BigInt(await time.latest());
      let last = start;
      let premium = 0n;
      for (const wait of [1n, 1_000n, DAY, 3n * DAY, 40n * DAY, 1n]) {
        await time.setNextBlockTimestamp(BigInt(await time.latest()) + wait);
        const { debt } = await p.pool.state(NEXT);
        const target = Premium.target(await p.fund.coverageAvailable(p.pool, NEXT), debt, 2_000n, 5n * 10n ** 16n);
        const elapsed = BigInt(await time.latest()) + wait - last;
        const expected = Premium.next(premium, target, 2_000n, elapsed);
        await p.fund.harvest(p.pool);
        expect((await p.pool.state()).premium).to.equal(expected.premium);
        ({ premium } = expected);
        last += expected.used;
        expect((await p.fund.coverageOf(p.pool)).premiumAt).to.equal(last);
      }
      // cover 4,000 for 80,000 (and interest): half of the most, a little less
      expect(premium).to.be.within(990n, 1_000n);
    });

    it("moves it no slower when it is called every few minutes", async () => {
      const p = await loadFixture(deployEarningFund);
      await p.fund.harvest(p.pool);
      const start = BigInt(await time.latest());
      // a basis point takes 1,296 seconds
      for (let i = 0; i < 40; i++) {
        await time.increase(700n);
        await p.fund.harvest(p.pool);
      }
      const elapsed = BigInt(await time.latest()) - start;
      expect((await p.pool.state()).premium).to.equal((2_000n * elapsed) / (30n * DAY));
    });

    it("lets the premium fall at the same speed when the cover goes", async () => {
      const p = await loadFixture(deployEarningFund);
      await p.fund.harvest(p.pool);
      await time.increase(30n * DAY);
      await p.fund.harvest(p.pool);
      const { premium } = await p.pool.state();
      await p.fund.connect(p.governor).setCoverageLimit(p.pool, 0);
      await time.increase(3n * DAY);
      await p.fund.harvest(p.pool);
      expect((await p.pool.state()).premium).to.equal(premium - 200n);
      await time.increase(30n * DAY);
      await p.fund.harvest(p.pool);
      expect((await p.pool.state()).premium).to.equal(0n);
    });

    it("asks the most where nothing is owed, and nothing without cover", async () => {
      const p = await deployProtocol();
      await p.fund.harvest(p.pool);
      await time.increase(60n * DAY);
      await p.fund.harvest(p.pool);
      expect((await p.pool.state()).premium).to.equal(0n);
      await p.stake(p.staker, p.assets("1"));
      await p.grantCoverage(p.assets("1"));
      await time.increase(60n * DAY);
      await p.fund.harvest(p.pool);
      expect((await p.pool.state()).premium).to.equal(2_000n);
    });

    async function earned() {
      const p = await deployEarningFund();
      await p.fund.harvest(p.pool);
      await time.increase(30n * DAY);
      await p.fund.harvest(p.pool);
      await time.increase(60n * DAY);
      return p;
    }

    it("pays the pool's fees, a cut to the reserve, the rest vesting to the stakers", async () => {
      const p = await loadFixture(earned);
      await setNext(1n);
      const { fees } = await p.pool.state(NEXT);
      const [reserve, unvested, net] = [
        await p.fund.reserve(NEXT),
        await p.fund.unvested(NEXT),
        await p.fund.totalAssets(NEXT),
      ];
      expect(fees).to.be.greaterThan(p.assets("1"));
      const held = await p.asset.balanceOf(p.fund);
      await expect(p.fund.harvest(p.pool)).to.emit(p.fund, "Harvested");
      expect(await p.asset.balanceOf(p.fund)).to.equal(held + fees);
      const cut = fees / 5n;
      expect(await p.fund.unvested()).to.equal(unvested + fees - cut);
      expect(await p.fund.reserve()).to.equal(reserve + fees);
      expect(await p.fund.totalAssets()).to.equal(net);

      const buffer = unvested + fees - cut;
      await time.increase(DAY);
      const left = (buffer * Interest.decay(DAY, 3n * DAY)) / WAD;
      expect(await p.fund.unvested()).to.equal(left);
      expect(await p.fund.totalAssets()).to.equal(net + buffer - left);
      expect(await p.fund.reserve()).to.equal(reserve + fees - (buffer - left));
    });

    it("leaves the fees in the pool while they do not fit the fund's packed fields", async () => {
      const p = await loadFixture(earned);
      const asSocializer = p.fund.connect(await signerOf(p.socializer));
      await asSocializer.creditRecovery(p.pool, MAX_CAPITAL, 0, 0);
      await setNext(1n);
      const { fees } = await p.pool.state({ blockTag: "pending" });
      await expect(p.fund.harvest(p.pool)).to.be.revertedWithCustomError(p.fund, "AmountTooLarge").withArgs(fees, 0n);
      await asSocializer.cover(p.pool, p.assets("4000"));
      await expect(p.fund.harvest(p.pool)).to.emit(p.fund, "Harvested");
    });

    it("gives all of it to the reserve while nobody stakes", async () => {
      const p = await loadFixture(earned);
      const shares = await p.fund.balanceOf(p.staker);
      await p.fund.connect(p.staker).cooldown(shares);
      await time.increase(14n * DAY);
      await p.fund.connect(p.staker).redeem(shares, p.staker, p.staker);
      const reserve = await p.fund.reserve();
      const fees = await p.fund.harvest.staticCall(p.pool);
      expect(fees).to.be.greaterThan(0n);
      await p.fund.harvest(p.pool);
      expect(await p.fund.unvested()).to.equal(0n);
      expect(await p.fund.reserve()).to.be.within(reserve + fees, reserve + fees + 100n);
    });

    it("pays only what is liquid, and the rest later", async () => {
      const p = await loadFixture(earned);
      const all = await p.pool.maxWithdraw(p.lender);
      await p.pool.connect(p.lender).withdraw(all, p.lender, p.lender);
      expect((await p.pool.state()).cash).to.equal(0n);
      const { fees } = await p.pool.state();
      expect(await p.fund.harvest.staticCall(p.pool)).to.equal(0n);
      await p.fund.harvest(p.pool);
      await p.supply(p.lender2, p.assets("1000"));
      expect(await p.fund.harvest.staticCall(p.pool)).to.be.greaterThan(fees);
    });

    it("gives a stake that stays for a block no premium", async () => {
      const p = await loadFixture(earned);
      await p.provideAssets(p.stranger, p.assets("100000"), p.fund);
      await p.fund.connect(p.stranger).deposit(p.assets("100000"), p.stranger);
      await p.fund.harvest(p.pool);
      const shares = await p.fund.balanceOf(p.stranger);
      await p.fund.connect(p.stranger).cooldown(shares);
      await time.increase(14n * DAY);
      await p.fund.connect(p.stranger).redeem(shares, p.stranger, p.stranger);
      // the value at the request: a few seconds of vesting
      expect(await p.asset.balanceOf(p.stranger)).to.be.within(p.assets("100000") - 1n, p.assets("100000.01"));
    });

    it("refuses fees that arrive short", async () => {
      const p = await deployEarningFund({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      await p.fund.harvest(p.pool);
      await time.increase(30n * DAY);
      await p.fund.harvest(p.pool);
      await time.increase(30n * DAY);
      await weird.setQuirks({ feeBps: 100, returns_: 0, paused: false, revertsOnZero: false });
      await expect(p.fund.harvest(p.pool)).to.be.revertedWithCustomError(p.fund, "IncorrectTransfer");
    });
  });
});
