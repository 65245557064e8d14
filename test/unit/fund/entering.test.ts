import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { SharesMath } from "../../../sdk";
import { deployStakedFund, gain, MAX_ASSETS } from "../../helpers/fund";
import { ethers, loadFixture, time } from "../../helpers/hre";
import { DAY } from "../../helpers/pool";
import { deployProtocol, signerOf } from "../../helpers/protocol";

describe("InsuranceFund", () => {
  describe("entering", () => {
    it("deposits at the share price, shares rounded down", async () => {
      const p = await loadFixture(deployStakedFund);
      await gain(p);
      const assets = p.assets("333.333333");
      const shares = SharesMath.toSharesDown(assets, await p.fund.totalAssets(), await p.fund.totalSupply());
      await p.provideAssets(p.lender, assets, p.fund);
      expect(await p.fund.previewDeposit(assets)).to.equal(shares);
      await expect(p.fund.connect(p.lender).deposit(assets, p.staker2))
        .to.emit(p.fund, "Deposit")
        .withArgs(p.lender.address, p.staker2.address, assets, shares);
      expect(await p.fund.balanceOf(p.staker2)).to.equal(shares);
      expect(await p.asset.balanceOf(p.lender)).to.equal(0n);
    });

    it("mints exact shares, assets rounded up", async () => {
      const p = await loadFixture(deployStakedFund);
      await gain(p);
      const shares = 123_456_789n;
      const assets = SharesMath.toAssetsUp(shares, await p.fund.totalAssets(), await p.fund.totalSupply());
      expect(assets * (await p.fund.totalSupply())).to.be.greaterThan(shares * (await p.fund.totalAssets()));
      await p.provideAssets(p.lender, assets, p.fund);
      expect(await p.fund.previewMint(shares)).to.equal(assets);
      await p.fund.connect(p.lender).mint(shares, p.lender);
      expect(await p.fund.balanceOf(p.lender)).to.equal(shares);
      expect(await p.asset.balanceOf(p.lender)).to.equal(0n);
    });

    it("refuses a zero amount", async () => {
      const p = await loadFixture(deployStakedFund);
      await expect(p.fund.deposit(0, p.staker)).to.be.revertedWithCustomError(p.fund, "ZeroAmount");
      await expect(p.fund.mint(0, p.staker)).to.be.revertedWithCustomError(p.fund, "ZeroAmount");
    });

    it("refuses an entry that is worth no share", async () => {
      const p = await loadFixture(deployProtocol);
      await p.stake(p.staker, 1n);
      const asSocializer = p.fund.connect(await signerOf(p.socializer));
      await p.asset.mint(p.fund, p.assets("1"));
      await asSocializer.creditRecovery(p.pool, 0, p.assets("1"), 0);
      await time.increase(400n * DAY);
      await p.provideAssets(p.stranger, 1n, p.fund);
      await expect(p.fund.connect(p.stranger).deposit(1n, p.stranger)).to.be.revertedWithCustomError(
        p.fund,
        "ZeroAmount",
      );
    });

    it("refuses receivers whose claims would be stranded", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.provideAssets(p.staker, 100n, p.fund);
      for (const receiver of [p.fund, p.socializer, p.pool]) {
        const address = await receiver.getAddress();
        const fund = p.fund.connect(p.staker);
        expect([await fund.maxDeposit(address), await fund.maxMint(address)]).to.deep.equal([0n, 0n]);
        for (const call of [fund.deposit, fund.mint]) {
          await expect(call(100, address)).to.be.revertedWithCustomError(p.fund, "InvalidReceiver").withArgs(address);
        }
        await expect(fund.transfer(address, 1))
          .to.be.revertedWithCustomError(p.fund, "InvalidReceiver")
          .withArgs(address);
      }
      await expect(p.fund.connect(p.staker).deposit(1, ZeroAddress))
        .to.be.revertedWithCustomError(p.fund, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
      expect(await p.fund.maxDeposit(ZeroAddress)).to.equal(0n);
    });

    it("holds at most 2^96 - 1 units of assets, the reserve included", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.provideAssets(p.treasury, MAX_ASSETS, p.fund);
      await p.fund.connect(p.treasury).fundReserve(p.assets("7"));
      const room = MAX_ASSETS - p.assets("1007");
      expect(await p.fund.maxDeposit(p.treasury)).to.equal(room);
      for (const call of [
        () => p.fund.connect(p.treasury).deposit(room + 1n, p.treasury),
        () => p.fund.connect(p.treasury).fundReserve(room + 1n),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(p.fund, "AmountTooLarge")
          .withArgs(room + 1n, room);
      }
      const shares = await p.fund.maxMint(p.treasury);
      await expect(p.fund.connect(p.treasury).mint(shares + 1000n, p.treasury)).to.be.revertedWithCustomError(
        p.fund,
        "AmountTooLarge",
      );
      await p.fund.connect(p.treasury).mint(shares, p.treasury);
      expect(await p.fund.maxDeposit(p.treasury)).to.equal(0n);
    });

    it("has room for 2^112 - 1 shares, which a nearly worthless share can exhaust", async () => {
      const p = await loadFixture(deployStakedFund);
      // a share is left with 2e-6 of par
      await p.asSocializer.cover(p.pool, p.assets("1000") - 2_000n);
      expect(await p.fund.generation()).to.equal(0n);
      await p.provideAssets(p.treasury, MAX_ASSETS, p.fund);
      const most = await p.fund.maxDeposit(p.treasury);
      expect(most).to.be.lessThan(MAX_ASSETS / 1000n);
      await expect(p.fund.connect(p.treasury).deposit(most + 1n, p.treasury)).to.be.revertedWithCustomError(
        p.fund,
        "AmountTooLarge",
      );
      await p.fund.connect(p.treasury).deposit(most, p.treasury);
    });

    it("gives an attacker no profit from inflating an empty fund's share price", async () => {
      const p = await loadFixture(deployStakedFund);
      const shares = await p.fund.balanceOf(p.staker);
      await p.fund.connect(p.staker).cooldown(shares);
      await time.increase(14n * DAY);
      await p.fund.connect(p.staker).redeem(shares, p.staker, p.staker);
      expect([await p.fund.totalSupply(), await p.fund.totalAssets()]).to.deep.equal([0n, 0n]);

      await p.asset.mint(p.fund, p.assets("5000")); // a gift changes nothing
      expect(await p.fund.totalAssets()).to.equal(0n);
      await p.stake(p.stranger, 1n);
      await p.stake(p.staker2, p.assets("1000"));
      expect(await p.fund.convertToAssets(await p.fund.balanceOf(p.staker2))).to.be.within(
        p.assets("1000") - 1n,
        p.assets("1000"),
      );
    });

    it("refuses a token that keeps a fee", async () => {
      const p = await deployProtocol({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      await p.provideAssets(p.staker, 10_000n, p.fund);
      await weird.setQuirks({ feeBps: 100, returns_: 0, paused: false, revertsOnZero: false });
      for (const call of [
        () => p.fund.connect(p.staker).deposit(10_000n, p.staker),
        () => p.fund.connect(p.staker).mint(10_000_000n, p.staker),
        () => p.fund.connect(p.staker).fundReserve(10_000n),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(p.fund, "IncorrectTransfer")
          .withArgs(await weird.getAddress(), 10_000n, 9_900n);
      }
    });

    it("works with a token that returns nothing", async () => {
      const p = await deployProtocol({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      await weird.setQuirks({ feeBps: 0, returns_: 1, paused: false, revertsOnZero: true });
      await p.stake(p.staker, 10_000n);
      await p.fund.connect(p.staker).cooldown(10_000_000n);
      await time.increase(14n * DAY);
      await p.fund.connect(p.staker).redeem(10_000_000n, p.staker, p.staker);
      expect(await weird.balanceOf(p.staker)).to.equal(10_000n);
    });
  });
});
