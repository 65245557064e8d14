import { expect } from "chai";
import { MaxUint256 as LAST, ZeroAddress } from "ethers";
import { Premium, SharesMath } from "../../../sdk";
import { deployEarningFund, deployStakedFund, gain } from "../../helpers/fund";
import { ethers, loadFixture, time } from "../../helpers/hre";
import { DAY, inOneBlock, NEXT, setNext } from "../../helpers/pool";

/** Makes the calls in one block, in this order, and says whether each went through. */
async function outcomesInOneBlock(...calls: (() => Promise<{ hash: string }>)[]) {
  const hashes: string[] = [];
  await inOneBlock(async () => {
    for (const call of calls) hashes.push((await call()).hash);
  });
  const receipts = await Promise.all(hashes.map((hash) => ethers.provider.getTransactionReceipt(hash)));
  return receipts.map((receipt) => receipt!.status === 1);
}

describe("InsuranceFund", () => {
  describe("a request to leave", () => {
    it("records shares, their value, and the window", async () => {
      const p = await loadFixture(deployStakedFund);
      await gain(p);
      const shares = p.assets("400") * 1000n;
      const worth = SharesMath.toAssetsDown(shares, await p.fund.totalAssets(), await p.fund.totalSupply());
      await setNext(5n);
      const opens = BigInt(await time.latest()) + 5n + 14n * DAY;
      await expect(p.fund.connect(p.staker).cooldown(shares))
        .to.emit(p.fund, "CooldownStarted")
        .withArgs(p.staker.address, shares, worth, opens, opens + 2n * DAY);
      expect(await p.fund.cooldownOf(p.staker)).to.deep.equal([shares, worth, opens, opens + 2n * DAY]);
      expect(await p.fund.cooldownOf(p.staker2)).to.deep.equal([0n, 0n, 0n, 0n]);
    });

    it("needs the shares, and something to withdraw", async () => {
      const p = await loadFixture(deployStakedFund);
      const fund = p.fund.connect(p.staker);
      const shares = await fund.balanceOf(p.staker);
      await expect(fund.cooldown(shares + 1n))
        .to.be.revertedWithCustomError(p.fund, "ERC20InsufficientBalance")
        .withArgs(p.staker.address, shares, shares + 1n);
      await expect(fund.cooldown(0)).to.be.revertedWithCustomError(p.fund, "NoRequest").withArgs(p.staker.address);
      await fund.cooldown(shares);
      await fund.cooldown(0);
      expect(await fund.cooldownOf(p.staker)).to.deep.equal([0n, 0n, 0n, 0n]);
      await expect(fund.cooldown(0)).to.be.revertedWithCustomError(p.fund, "NoRequest");
    });

    it("is replaced by the next one, whose value and window count from then", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.fund.connect(p.staker).cooldown(p.assets("900") * 1000n);
      await time.increase(13n * DAY);
      await p.fund.connect(p.staker).cooldown(p.assets("1000") * 1000n);
      const [shares, worth, opens] = await p.fund.cooldownOf(p.staker);
      expect([shares, worth]).to.deep.equal([p.assets("1000") * 1000n, p.assets("1000")]);
      expect(opens).to.equal(BigInt(await time.latest()) + 14n * DAY);
    });

    for (const [how, shares] of [
      ["renewed", 500n],
      ["withdrawn", 0n],
    ] as const) {
      it(`forfeits the gain since it when it is ${how}, to the reserve`, async () => {
        const p = await loadFixture(deployStakedFund);
        await p.stake(p.staker2, p.assets("1000"));
        const cooling = p.assets("1000") * 1000n;
        await p.fund.connect(p.staker).cooldown(cooling);
        await gain(p);
        const [net, supply] = [await p.fund.totalAssets(), await p.fund.totalSupply()];
        const reserve = await p.fund.reserve();
        const forfeited = Premium.forfeit(cooling, p.assets("1000"), SharesMath.toAssetsDown(cooling, net, supply));
        await expect(p.fund.connect(p.staker).cooldown(shares))
          .to.emit(p.fund, "GainForfeited")
          .withArgs(p.staker.address, forfeited);

        expect(await p.fund.balanceOf(p.staker)).to.equal(cooling - forfeited);
        const value = SharesMath.toAssetsDown(forfeited, net, supply);
        expect(await p.fund.reserve()).to.equal(reserve + value);
        expect(value).to.be.within(p.assets("49.99"), p.assets("50.01"));
        // what is left is worth what it was at the request; the other staker keeps its gain
        expect(await p.fund.convertToAssets(cooling - forfeited)).to.be.within(p.assets("1000") - 2n, p.assets("1000"));
        expect(await p.fund.convertToAssets(cooling)).to.be.closeTo(p.assets("1050"), 2n);
      });
    }

    it("forfeits the gain when it has expired, in the next request", async () => {
      const p = await loadFixture(deployStakedFund);
      const cooling = p.assets("1000") * 1000n;
      await p.fund.connect(p.staker).cooldown(cooling);
      await gain(p); // 400 days: long expired
      // until then its shares stay locked
      await expect(p.fund.connect(p.staker).transfer(p.staker2, 1))
        .to.be.revertedWithCustomError(p.fund, "SharesLocked")
        .withArgs(p.staker.address, cooling);
      expect(await p.fund.maxRedeem(p.staker)).to.equal(0n);
      await expect(p.fund.connect(p.staker).cooldown(cooling)).to.be.revertedWithCustomError(
        p.fund,
        "ERC20InsufficientBalance",
      );
      await p.fund.connect(p.staker).cooldown(0);
      expect(await p.fund.convertToAssets(await p.fund.balanceOf(p.staker))).to.be.closeTo(p.assets("1000"), 1n);
    });

    it("forfeits nothing without a gain, nor after a loss", async () => {
      const p = await loadFixture(deployStakedFund);
      const cooling = p.assets("1000") * 1000n;
      await p.fund.connect(p.staker).cooldown(cooling);
      await expect(p.fund.connect(p.staker).cooldown(cooling)).not.to.emit(p.fund, "GainForfeited");
      await p.asSocializer.cover(p.pool, p.assets("100"));
      await expect(p.fund.connect(p.staker).cooldown(cooling)).not.to.emit(p.fund, "GainForfeited");
      expect(await p.fund.balanceOf(p.staker)).to.equal(cooling);
    });

    it("is void after its generation", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.fund.connect(p.staker).cooldown(p.assets("1000") * 1000n);
      await p.asSocializer.cover(p.pool, p.assets("1000"));
      expect(await p.fund.cooldownOf(p.staker)).to.deep.equal([0n, 0n, 0n, 0n]);
      await p.stake(p.staker, p.assets("50"));
      await expect(p.fund.connect(p.staker).cooldown(0)).to.be.revertedWithCustomError(p.fund, "NoRequest");
      await p.fund.connect(p.staker).transfer(p.staker2, p.assets("20") * 1000n);
      // a request of the next one is as good as any
      await p.fund.connect(p.staker).cooldown(p.assets("30") * 1000n);
      const [shares, , opensAt] = await p.fund.cooldownOf(p.staker);
      expect(shares).to.equal(p.assets("30") * 1000n);
      await time.increaseTo(opensAt);
      await p.fund.connect(p.staker).redeem(shares, p.staker, p.staker);
      expect(await p.asset.balanceOf(p.staker)).to.equal(p.assets("30"));
    });

    it("locks the cooling shares, and only those", async () => {
      const p = await loadFixture(deployStakedFund);
      const cooling = p.assets("600") * 1000n;
      await p.fund.connect(p.staker).cooldown(cooling);
      await p.fund.connect(p.staker).transfer(p.staker2, p.assets("400") * 1000n);
      await expect(p.fund.connect(p.staker).transfer(p.staker2, 1))
        .to.be.revertedWithCustomError(p.fund, "SharesLocked")
        .withArgs(p.staker.address, cooling);
      // who receives shares starts a cooldown of its own
      await expect(p.fund.connect(p.staker2).redeem(1, p.staker2, p.staker2))
        .to.be.revertedWithCustomError(p.fund, "NoRequest")
        .withArgs(p.staker2.address);
    });
  });

  describe("leaving", () => {
    async function cooling() {
      const p = await deployStakedFund();
      const shares = p.assets("1000") * 1000n;
      await p.fund.connect(p.staker).cooldown(shares);
      const [, , opensAt, closesAt] = await p.fund.cooldownOf(p.staker);
      return { ...p, shares, opensAt, closesAt, own: p.fund.connect(p.staker) };
    }

    it("is possible from the first second of the window to the last", async () => {
      const p = await loadFixture(cooling);
      await time.setNextBlockTimestamp(p.opensAt - 1n);
      await expect(p.own.redeem(1000, p.staker, p.staker))
        .to.be.revertedWithCustomError(p.fund, "CooldownNotOver")
        .withArgs(p.opensAt);
      expect([await p.fund.maxRedeem(p.staker), await p.fund.maxWithdraw(p.staker)]).to.deep.equal([0n, 0n]);
      await time.setNextBlockTimestamp(p.opensAt);
      await p.own.redeem(1000, p.staker, p.staker);
      await time.setNextBlockTimestamp(p.closesAt - 1n);
      await p.own.withdraw(1, p.staker, p.staker);
      await time.setNextBlockTimestamp(p.closesAt);
      for (const call of [() => p.own.redeem(1000, p.staker, p.staker), () => p.own.withdraw(1, p.staker, p.staker)]) {
        await expect(call()).to.be.revertedWithCustomError(p.fund, "WindowClosed").withArgs(p.closesAt);
      }
      expect([await p.fund.maxRedeem(p.staker), await p.fund.maxWithdraw(p.staker)]).to.deep.equal([0n, 0n]);
    });

    it("refuses every wrong call by its name", async () => {
      const p = await loadFixture(cooling);
      await time.increaseTo(p.opensAt);
      const { own, staker, stranger, shares } = p;
      await expect(own.redeem(shares + 1n, staker, staker))
        .to.be.revertedWithCustomError(p.fund, "ExceedsRequest")
        .withArgs(shares + 1n, shares);
      await expect(own.withdraw(p.assets("1000") + 1n, staker, staker)).to.be.revertedWithCustomError(
        p.fund,
        "ExceedsRequest",
      );
      await expect(own.redeem(0, staker, staker)).to.be.revertedWithCustomError(p.fund, "ZeroAmount");
      await expect(own.redeem(999, staker, staker)).to.be.revertedWithCustomError(p.fund, "ZeroAmount"); // worth 0
      await expect(own.withdraw(0, staker, staker)).to.be.revertedWithCustomError(p.fund, "ZeroAmount");
      const others = p.fund.connect(stranger);
      for (const call of [() => own.redeem(shares, ZeroAddress, staker), () => own.withdraw(1, ZeroAddress, staker)]) {
        await expect(call()).to.be.revertedWithCustomError(p.fund, "ZeroAddress");
      }
      const assets = p.assets("1000");
      for (const call of [
        () => others.redeem(shares, stranger, staker),
        () => others.withdraw(assets, stranger, staker),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(p.fund, "ERC20InsufficientAllowance")
          .withArgs(stranger.address, 0, shares);
      }
      for (const call of [() => others.redeem(1, stranger, stranger), () => others.withdraw(1, stranger, stranger)]) {
        await expect(call()).to.be.revertedWithCustomError(p.fund, "NoRequest").withArgs(stranger.address);
      }
    });

    it("lets a spender redeem within its allowance", async () => {
      const p = await loadFixture(cooling);
      await time.increaseTo(p.opensAt);
      await p.own.approve(p.operator, p.shares);
      await expect(p.fund.connect(p.operator).redeem(p.shares / 4n, p.stranger, p.staker))
        .to.emit(p.fund, "Withdraw")
        .withArgs(p.operator.address, p.stranger.address, p.staker.address, p.assets("250"), p.shares / 4n);
      expect(await p.fund.allowance(p.staker, p.operator)).to.equal((p.shares * 3n) / 4n);
      expect(await p.asset.balanceOf(p.stranger)).to.equal(p.assets("250"));
    });

    it("pays no gain made since the request: that goes to the reserve", async () => {
      const p = await loadFixture(cooling);
      await p.stake(p.staker2, p.assets("1000"));
      await p.asset.mint(p.fund, p.assets("100"));
      await p.asSocializer.creditRecovery(p.pool, 0, p.assets("100"), 0);
      await time.setNextBlockTimestamp(p.opensAt);
      const value = await p.fund.convertToAssets(p.shares, NEXT);
      expect(value).to.be.greaterThan(p.assets("1049"));
      const reserve = (await p.fund.reserve(NEXT)) - (await p.fund.unvested(NEXT));
      expect(await p.own.previewRedeem(p.shares, NEXT)).to.equal(p.assets("1000"));
      expect(await p.own.previewWithdraw(p.assets("1000"), NEXT)).to.equal(p.shares);
      expect(await p.own.maxWithdraw(p.staker, NEXT)).to.equal(p.assets("1000"));
      await p.own.redeem(p.shares, p.staker, p.staker);
      expect(await p.asset.balanceOf(p.staker)).to.equal(p.assets("1000"));
      expect((await p.fund.reserve()) - (await p.fund.unvested())).to.equal(reserve + value - p.assets("1000"));
    });

    it("pays what is left after a loss", async () => {
      const p = await loadFixture(cooling);
      await p.stake(p.staker2, p.assets("3000"));
      await p.asSocializer.cover(p.pool, p.assets("1000"));
      await time.increaseTo(p.opensAt);
      const worth = SharesMath.toAssetsDown(p.shares, p.assets("3000"), p.shares * 4n);
      expect(worth).to.equal(p.assets("750"));
      expect(await p.own.previewRedeem(p.shares)).to.equal(worth);
      expect(await p.own.maxWithdraw(p.staker)).to.equal(worth);
      await p.own.redeem(p.shares, p.staker, p.staker);
      expect(await p.asset.balanceOf(p.staker)).to.equal(worth);
    });

    it("slashes cooling and other shares alike", async () => {
      const p = await loadFixture(cooling);
      await p.stake(p.staker2, p.assets("1000"));
      await p.asSocializer.cover(p.pool, p.assets("500"));
      expect(await p.fund.convertToAssets(p.shares)).to.equal(p.assets("750"));
      expect(await p.fund.balanceOf(p.staker)).to.equal(await p.fund.balanceOf(p.staker2));
      expect(await p.fund.balanceAt(p.staker, 1)).to.equal(p.shares);
    });

    it("keeps the value per share of what a partial exit leaves", async () => {
      const p = await loadFixture(cooling);
      await p.stake(p.staker2, p.assets("1000"));
      await p.asset.mint(p.fund, p.assets("100"));
      await p.asSocializer.creditRecovery(p.pool, 0, p.assets("100"), 0);
      await time.increaseTo(p.opensAt);
      const third = p.shares / 3n;
      await p.own.redeem(third, p.staker, p.staker);
      const first = (p.assets("1000") * third) / p.shares;
      expect(await p.asset.balanceOf(p.staker)).to.equal(first);
      const [shares, worth] = await p.fund.cooldownOf(p.staker);
      expect(shares).to.equal(p.shares - third);
      expect(worth).to.equal((p.assets("1000") * (p.shares - third)) / p.shares);
      const assets = p.assets("100");
      const expected = (assets * shares + worth - 1n) / worth;
      expect(await p.own.previewWithdraw(assets)).to.equal(expected);
      await p.own.withdraw(assets, p.staker, p.staker);
      expect((await p.fund.cooldownOf(p.staker))[0]).to.equal(shares - expected);
      await p.own.redeem(await p.fund.maxRedeem(p.staker), p.staker, p.staker);
      expect(await p.asset.balanceOf(p.staker)).to.be.within(p.assets("1000") - 2n, p.assets("1000"));
      expect(await p.fund.cooldownOf(p.staker)).to.deep.equal([0n, 0n, 0n, 0n]);
    });

    it("withdraws exactly what maxWithdraw says", async () => {
      const p = await loadFixture(cooling);
      await p.asSocializer.cover(p.pool, 333_333_333n);
      await time.increaseTo(p.opensAt);
      const most = await p.fund.maxWithdraw(p.staker);
      await p.own.withdraw(most, p.staker, p.staker);
      expect(await p.asset.balanceOf(p.staker)).to.equal(most);
    });

    it("leaves the rest to the reserve when the last share goes", async () => {
      const p = await loadFixture(cooling);
      await p.asset.mint(p.fund, p.assets("100"));
      await p.asSocializer.creditRecovery(p.pool, 0, p.assets("100"), 0);
      await time.increaseTo(p.opensAt);
      await p.own.redeem(p.shares, p.staker, p.staker);
      expect(await p.fund.totalAssets()).to.equal(0n);
      expect(await p.fund.unvested()).to.equal(0n);
      expect(await p.fund.reserve()).to.equal(p.assets("100"));
      await p.stake(p.staker2, p.assets("10"));
      expect(await p.fund.balanceOf(p.staker2)).to.equal(p.assets("10") * 1000n);
    });

    it("previews the plain value to an account without a request", async () => {
      const p = await loadFixture(cooling);
      expect(await p.fund.connect(p.stranger).previewRedeem(1_000_000n)).to.equal(1_000n);
      expect(await p.fund.connect(p.stranger).previewWithdraw(1_000n)).to.equal(1_000_000n);
    });

    it("previews no shares for a request that is worth nothing", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.fund.connect(p.staker).cooldown(999); // worth 0
      await time.increase(14n * DAY);
      expect(await p.fund.connect(p.staker).previewWithdraw(1)).to.equal(LAST);
      expect(await p.fund.maxRedeem(p.staker)).to.equal(0n);
      await expect(p.fund.connect(p.staker).withdraw(1, p.staker, p.staker)).to.be.revertedWithCustomError(
        p.fund,
        "ExceedsRequest",
      );
    });
  });

  describe("shares received in the block of a loss", () => {
    async function open() {
      const p = await deployEarningFund();
      const shares = await p.fund.balanceOf(p.staker);
      await p.stake(p.staker2, p.assets("100"));
      await p.fund.connect(p.staker).cooldown(shares);
      await time.increase(14n * DAY);
      await p.setPrice("1340");
      return { ...p, shares };
    }
    const gas = { gasLimit: 2_000_000n };

    it("hold up nobody's exit: a gift of one share is locked by itself", async () => {
      const p = await loadFixture(open);
      const results = await outcomesInOneBlock(
        () => p.pool.writeDown([p.borrower], gas),
        () => p.fund.connect(p.staker2).transfer(p.staker, 1, gas),
        () => p.fund.connect(p.staker).redeem(p.shares, p.staker, p.staker, gas),
      );
      expect(results).to.deep.equal([true, true, true]);
      expect(await p.fund.epoch()).to.equal(1n);
      expect(await p.fund.balanceOf(p.staker)).to.equal(1n);
    });

    it("cannot leave again in it, nor be asked to", async () => {
      const p = await loadFixture(open);
      await p.provideAssets(p.stranger, p.assets("1000"), p.fund);
      const results = await outcomesInOneBlock(
        () => p.fund.connect(p.stranger).deposit(p.assets("1000"), p.stranger, gas),
        () => p.pool.writeDown([p.borrower], gas),
        () => p.fund.connect(p.stranger).transfer(p.staker2, p.assets("1000") * 1000n, gas),
        () => p.fund.connect(p.stranger).cooldown(p.assets("1000") * 1000n, gas),
      );
      expect(results).to.deep.equal([true, true, false, false]);
      await p.fund.connect(p.stranger).transfer(p.staker2, p.assets("1000") * 1000n);
    });
  });

  it("without a cooldown, too, keeps in what came in the block of a loss, asked to leave before it or not", async () => {
    const p = await deployEarningFund({ fundTerms: { cooldown: 0n } });
    const gas = { gasLimit: 2_000_000n };
    const shares = p.assets("1000") * 1000n;
    await p.provideAssets(p.stranger, p.assets("1000"), p.fund);
    await p.setPrice("1340");
    const results = await outcomesInOneBlock(
      () => p.fund.connect(p.stranger).deposit(p.assets("1000"), p.stranger, gas),
      () => p.fund.connect(p.stranger).cooldown(shares, gas),
      () => p.pool.writeDown([p.borrower], gas),
      () => p.fund.connect(p.stranger).redeem(shares, p.stranger, p.stranger, gas),
      () => p.fund.connect(p.stranger).transfer(p.staker2, 1n, gas),
    );
    expect(results).to.deep.equal([true, true, true, false, false]);
    const [at] = await p.fund.queryFilter(p.fund.filters.EpochOpened());
    const then = { blockTag: at.blockNumber };
    expect(await p.fund.maxRedeem(p.stranger, then)).to.equal(0n);
    expect(await p.fund.maxWithdraw(p.stranger, then)).to.equal(0n);
    await p.fund.connect(p.stranger).redeem(shares, p.stranger, p.stranger);
  });
});
