import { expect } from "chai";
import { MaxUint256 as LAST, ZeroAddress } from "ethers";
import { Interest, Premium, SharesMath } from "../../sdk";
import { ethers, loadFixture, mine, network, time } from "../helpers/hre";
import { writeStorage } from "../helpers/layout";
import { lose, nextBlock } from "../helpers/losses";
import { deployProtocol, signerOf, type Protocol } from "../helpers/protocol";

const DAY = 86_400n;
const MAX_ASSETS = 2n ** 96n - 1n;

/** Runs the calls in one block, in this order, and says whether each went through. */
async function inOneBlock(...calls: (() => Promise<{ hash: string }>)[]) {
  await network.provider.send("evm_setAutomine", [false]);
  try {
    const hashes: string[] = [];
    for (const call of calls) hashes.push((await call()).hash);
    await mine();
    const receipts = await Promise.all(hashes.map((hash) => ethers.provider.getTransactionReceipt(hash)));
    return receipts.map((receipt) => receipt!.status === 1);
  } finally {
    await network.provider.send("evm_setAutomine", [true]);
  }
}

/** One staker, a pool with a limit of 10,000, nothing lent. */
async function staked() {
  const p = await deployProtocol();
  await p.grantCoverage(p.assets("10000"));
  await p.stake(p.staker, p.assets("1000"));
  return { ...p, asSocializer: p.fund.connect(await signerOf(p.socializer)) };
}

/** As `staked`, and a gain of 100 that has vested since. */
async function gain(p: Protocol & { asSocializer: Protocol["fund"] }) {
  await p.asset.mint(p.fund, p.assets("100"));
  await p.asSocializer.creditRecovery(p.pool, 0, p.assets("100"), 0);
  await time.increase(400n * DAY);
}

/** A pool that earns premium: debt 80,000 at 90 % utilisation. */
async function lending() {
  const p = await deployProtocol({ pool: { dust: 0n } });
  await p.supply(p.lender, p.assets("100000"));
  await p.stake(p.staker, p.assets("4000"));
  await p.grantCoverage(p.assets("10000"));
  await p.openPosition(p.borrower, p.collaterals("60"), p.assets("80000"));
  return p;
}

describe("InsuranceFund", () => {
  describe("creation", () => {
    async function create(changes: object) {
      const p = await loadFixture(staked);
      return { p, deploy: () => ethers.deployContract("InsuranceFund", [{ ...p.fundParams, ...changes }, p.manager]) };
    }

    for (const [name, values] of Object.entries({
      cooldown: [365n * DAY + 1n],
      window: [3_599n, 365n * DAY + 1n],
      vesting: [3_599n, 365n * DAY + 1n],
      reserveCut: [10_001n],
      maxPremium: [5_001n],
      halfCover: [0n, 10n ** 18n + 1n],
    })) {
      for (const value of values) {
        it(`refuses a ${name} of ${value}`, async () => {
          const { p, deploy } = await create({ [name]: value });
          await expect(deploy()).to.be.revertedWithCustomError(p.fund, "InvalidParameter").withArgs(name, value);
        });
      }
    }

    for (const name of ["asset", "socializer", "factory"]) {
      it(`refuses no ${name}`, async () => {
        const { p, deploy } = await create({ [name]: ZeroAddress });
        await expect(deploy()).to.be.revertedWithCustomError(p.fund, "ZeroAddress");
      });
    }

    it("refuses no access manager", async () => {
      const p = await loadFixture(staked);
      const deployment = ethers.deployContract("InsuranceFund", [p.fundParams, ZeroAddress]);
      await expect(deployment).to.be.revertedWithCustomError(p.fund, "ZeroAddress");
    });

    it("takes every parameter at its bounds", async () => {
      for (const changes of [
        { cooldown: 0n, window: 3_600n, vesting: 3_600n, reserveCut: 0n, maxPremium: 0n, halfCover: 1n },
        {
          cooldown: 365n * DAY,
          window: 365n * DAY,
          vesting: 365n * DAY,
          reserveCut: 10_000n,
          maxPremium: 5_000n,
          halfCover: 10n ** 18n,
        },
      ]) {
        const { deploy } = await create(changes);
        await deploy();
      }
    });

    it("shows its parameters", async () => {
      const { fund, fundParams, manager } = await loadFixture(staked);
      expect(await fund.asset()).to.equal(fundParams.asset);
      expect(await fund.socializer()).to.equal(fundParams.socializer);
      expect(await fund.factory()).to.equal(fundParams.factory);
      expect(await fund.authority()).to.equal(await manager.getAddress());
      expect(await fund.cooldownPeriod()).to.equal(fundParams.cooldown);
      expect(await fund.windowPeriod()).to.equal(fundParams.window);
      expect(await fund.name()).to.equal(fundParams.name);
      expect(await fund.symbol()).to.equal(fundParams.symbol);
      expect(await fund.decimals()).to.equal(9n);
    });
  });

  describe("entering", () => {
    it("deposits at the share price, shares rounded down", async () => {
      const p = await loadFixture(staked);
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
      const p = await loadFixture(staked);
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

    it("refuses nothing, and what is worth no share", async () => {
      const p = await loadFixture(staked);
      await expect(p.fund.deposit(0, p.staker)).to.be.revertedWithCustomError(p.fund, "ZeroAmount");
      await expect(p.fund.mint(0, p.staker)).to.be.revertedWithCustomError(p.fund, "ZeroAmount");
    });

    it("refuses receivers whose claims would be stranded", async () => {
      const p = await loadFixture(staked);
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
      const p = await loadFixture(staked);
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
      const p = await loadFixture(staked);
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
      const p = await loadFixture(staked);
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

  describe("a request to leave", () => {
    it("records shares, their value, and the window", async () => {
      const p = await loadFixture(staked);
      await gain(p);
      const shares = p.assets("400") * 1000n;
      const worth = SharesMath.toAssetsDown(shares, await p.fund.totalAssets(), await p.fund.totalSupply());
      await nextBlock(5);
      const opens = BigInt(await time.latest()) + 5n + 14n * DAY;
      await expect(p.fund.connect(p.staker).cooldown(shares))
        .to.emit(p.fund, "CooldownStarted")
        .withArgs(p.staker.address, shares, worth, opens, opens + 2n * DAY);
      expect(await p.fund.cooldownOf(p.staker)).to.deep.equal([shares, worth, opens, opens + 2n * DAY]);
      expect(await p.fund.cooldownOf(p.staker2)).to.deep.equal([0n, 0n, 0n, 0n]);
    });

    it("needs the shares, and something to withdraw", async () => {
      const p = await loadFixture(staked);
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
      const p = await loadFixture(staked);
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
        const p = await loadFixture(staked);
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
      const p = await loadFixture(staked);
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
      const p = await loadFixture(staked);
      const cooling = p.assets("1000") * 1000n;
      await p.fund.connect(p.staker).cooldown(cooling);
      await expect(p.fund.connect(p.staker).cooldown(cooling)).not.to.emit(p.fund, "GainForfeited");
      await p.asSocializer.cover(p.pool, p.assets("100"));
      await expect(p.fund.connect(p.staker).cooldown(cooling)).not.to.emit(p.fund, "GainForfeited");
      expect(await p.fund.balanceOf(p.staker)).to.equal(cooling);
    });

    it("is void after its generation", async () => {
      const p = await loadFixture(staked);
      await p.fund.connect(p.staker).cooldown(p.assets("1000") * 1000n);
      await p.asSocializer.cover(p.pool, p.assets("1000"));
      expect(await p.fund.cooldownOf(p.staker)).to.deep.equal([0n, 0n, 0n, 0n]);
      await p.stake(p.staker, p.assets("50"));
      await expect(p.fund.connect(p.staker).cooldown(0)).to.be.revertedWithCustomError(p.fund, "NoRequest");
      await p.fund.connect(p.staker).transfer(p.staker2, p.assets("50") * 1000n);
    });

    it("locks the cooling shares, and only those", async () => {
      const p = await loadFixture(staked);
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
      const p = await staked();
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
      await expect(own.redeem(shares, ZeroAddress, staker)).to.be.revertedWithCustomError(p.fund, "ZeroAddress");
      await expect(p.fund.connect(stranger).redeem(shares, stranger, staker))
        .to.be.revertedWithCustomError(p.fund, "ERC20InsufficientAllowance")
        .withArgs(stranger.address, 0, shares);
      await expect(p.fund.connect(stranger).withdraw(1, stranger, stranger))
        .to.be.revertedWithCustomError(p.fund, "NoRequest")
        .withArgs(stranger.address);
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
      const at = { blockTag: "pending" } as const;
      const value = await p.fund.convertToAssets(p.shares, at);
      expect(value).to.be.greaterThan(p.assets("1049"));
      const reserve = (await p.fund.reserve(at)) - (await p.fund.unvested(at));
      expect(await p.own.previewRedeem(p.shares, at)).to.equal(p.assets("1000"));
      expect(await p.own.previewWithdraw(p.assets("1000"), at)).to.equal(p.shares);
      expect(await p.own.maxWithdraw(p.staker, at)).to.equal(p.assets("1000"));
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
      const p = await loadFixture(staked);
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
      const p = await lending();
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
      const results = await inOneBlock(
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
      const results = await inOneBlock(
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
    const p = await loadFixture(async function impatient() {
      const q = await deployProtocol({ fundTerms: { cooldown: 0n } });
      await q.supply(q.lender, q.assets("100000"));
      await q.stake(q.staker, q.assets("4000"));
      await q.grantCoverage(q.assets("10000"));
      await q.openPosition(q.borrower, q.collaterals("60"), q.assets("80000"));
      return q;
    });
    const gas = { gasLimit: 2_000_000n };
    const shares = p.assets("1000") * 1000n;
    await p.provideAssets(p.stranger, p.assets("1000"), p.fund);
    await p.setPrice("1340");
    const results = await inOneBlock(
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

  describe("at the end of a counter", () => {
    it("is slashed without an epoch", async () => {
      const p = await loadFixture(staked);
      const last = 2n ** 24n - 1n;
      await writeStorage(p.fund, "InsuranceFund", ["_ledger", "epoch"], last);
      await expect(p.asSocializer.cover(p.pool, p.assets("400"))).not.to.emit(p.fund, "EpochOpened");
      expect(await p.fund.epoch()).to.equal(last);
      expect(await p.fund.totalAssets()).to.equal(p.assets("600"));
    });

    it("lets shares live on that a loss left worthless", async () => {
      const p = await loadFixture(staked);
      await writeStorage(p.fund, "InsuranceFund", ["_ledger", "generation"], 2n ** 8n - 1n);
      const shares = await p.fund.totalSupply();
      await expect(p.asSocializer.cover(p.pool, p.assets("1000"))).not.to.emit(p.fund, "GenerationEnded");
      expect([await p.fund.totalSupply(), await p.fund.totalAssets()]).to.deep.equal([shares, 0n]);
    });
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

  describe("the reserve", () => {
    it("takes gifts for ever", async () => {
      const p = await loadFixture(staked);
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
      const p = await loadFixture(lending);
      const other = await p.createPool({ fund: ZeroAddress });
      for (const pool of [await other.getAddress(), p.stranger.address]) {
        await expect(p.fund.harvest(pool)).to.be.revertedWithCustomError(p.fund, "UnknownPool").withArgs(pool);
      }
    });

    it("moves the premium towards the one that the cover earns, at 30 days for the whole range", async () => {
      const p = await loadFixture(lending);
      await p.fund.harvest(p.pool); // starts the clock
      expect((await p.pool.state()).premium).to.equal(0n);
      const start = BigInt(await time.latest());
      let last = start;
      let premium = 0n;
      for (const wait of [1n, 1_000n, DAY, 3n * DAY, 40n * DAY, 1n]) {
        await time.setNextBlockTimestamp(BigInt(await time.latest()) + wait);
        const at = { blockTag: "pending" } as const;
        const { debt } = await p.pool.state(at);
        const target = Premium.target(await p.fund.coverageAvailable(p.pool, at), debt, 2_000n, 5n * 10n ** 16n);
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
      const p = await loadFixture(lending);
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
      const p = await loadFixture(lending);
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
      const p = await lending();
      await p.fund.harvest(p.pool);
      await time.increase(30n * DAY);
      await p.fund.harvest(p.pool);
      await time.increase(60n * DAY);
      return p;
    }

    it("pays the pool's fees, a cut to the reserve, the rest vesting to the stakers", async () => {
      const p = await loadFixture(earned);
      await nextBlock();
      const at = { blockTag: "pending" } as const;
      const { fees } = await p.pool.state(at);
      const [reserve, unvested, net] = [
        await p.fund.reserve(at),
        await p.fund.unvested(at),
        await p.fund.totalAssets(at),
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
      const left = (buffer * Interest.decay(DAY, 3n * DAY)) / 10n ** 18n;
      expect(await p.fund.unvested()).to.equal(left);
      expect(await p.fund.totalAssets()).to.equal(net + buffer - left);
      expect(await p.fund.reserve()).to.equal(reserve + fees - (buffer - left));
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
      const p = await deployProtocol({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      await p.supply(p.lender, p.assets("100000"));
      await p.stake(p.staker, p.assets("4000"));
      await p.grantCoverage(p.assets("10000"));
      await p.openPosition(p.borrower, p.collaterals("60"), p.assets("80000"));
      await p.fund.harvest(p.pool);
      await time.increase(30n * DAY);
      await p.fund.harvest(p.pool);
      await time.increase(30n * DAY);
      await weird.setQuirks({ feeBps: 100, returns_: 0, paused: false, revertsOnZero: false });
      await expect(p.fund.harvest(p.pool)).to.be.revertedWithCustomError(p.fund, "IncorrectTransfer");
    });
  });

  describe("coverage limits", () => {
    async function fresh() {
      return deployProtocol();
    }

    it("are set by the risk role only, for served pools, within bounds", async () => {
      const p = await loadFixture(fresh);
      await expect(p.fund.connect(p.guardian).setCoverageLimit(p.pool, 1))
        .to.be.revertedWithCustomError(p.fund, "AccessManagedUnauthorized")
        .withArgs(p.guardian.address);
      const fund = p.fund.connect(p.governor);
      const other = await p.createPool({ fund: ZeroAddress });
      for (const pool of [await other.getAddress(), p.stranger.address]) {
        await expect(fund.setCoverageLimit(pool, 1))
          .to.be.revertedWithCustomError(p.fund, "UnknownPool")
          .withArgs(pool);
      }
      await expect(fund.setCoverageLimit(p.pool, MAX_ASSETS + 1n))
        .to.be.revertedWithCustomError(p.fund, "AmountTooLarge")
        .withArgs(MAX_ASSETS + 1n, MAX_ASSETS);
    });

    it("rise only after every staker could leave, and fall at once", async () => {
      const p = await loadFixture(fresh);
      const fund = p.fund.connect(p.governor);
      await p.stake(p.staker, p.assets("1000"));
      await nextBlock();
      const effectiveAt = BigInt(await time.latest()) + 1n + 16n * DAY;
      await expect(fund.setCoverageLimit(p.pool, p.assets("600")))
        .to.emit(fund, "CoverageLimitSet")
        .withArgs(await p.pool.getAddress(), p.assets("600"), effectiveAt);
      expect((await fund.coverageOf(p.pool)).slice(0, 3)).to.deep.equal([0n, p.assets("600"), effectiveAt]);
      expect(await fund.coverageAvailable(p.pool)).to.equal(0n);
      // a staker who asks to leave now is out before it is in force
      await p.fund.connect(p.staker).cooldown(1_000_000n);
      expect((await p.fund.cooldownOf(p.staker))[3]).to.be.within(effectiveAt, effectiveAt + 1n);

      await time.increaseTo(effectiveAt - 1n);
      expect(await fund.coverageAvailable(p.pool)).to.equal(0n);
      await time.increaseTo(effectiveAt);
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("600"));
      expect((await fund.coverageOf(p.pool)).slice(0, 3)).to.deep.equal([p.assets("600"), 0n, 0n]);

      await fund.setCoverageLimit(p.pool, p.assets("100"));
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("100"));
    });

    it("keep what is in force while an increase waits, which another setting replaces", async () => {
      const p = await loadFixture(fresh);
      const fund = p.fund.connect(p.governor);
      await p.stake(p.staker, p.assets("1000"));
      await p.grantCoverage(p.assets("100"));
      await fund.setCoverageLimit(p.pool, p.assets("500"));
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("100"));
      await time.increase(10n * DAY);
      // a higher one starts anew
      await fund.setCoverageLimit(p.pool, p.assets("700"));
      await time.increase(10n * DAY);
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("100"));
      // a decrease ends the wait
      await fund.setCoverageLimit(p.pool, p.assets("80"));
      await time.increase(30n * DAY);
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("80"));
      expect((await fund.coverageOf(p.pool)).slice(0, 3)).to.deep.equal([p.assets("80"), 0n, 0n]);
    });

    it("bound what is outstanding, and never more than the fund has", async () => {
      const p = await loadFixture(fresh);
      await p.stake(p.staker, p.assets("1000"));
      await p.grantCoverage(p.assets("1500"));
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(p.assets("1000"));
      await p.fund.connect(await signerOf(p.socializer)).cover(p.pool, p.assets("400"));
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(p.assets("600"));
      await p.fund.connect(p.governor).setCoverageLimit(p.pool, p.assets("700"));
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(p.assets("300"));
      await p.fund.connect(p.governor).setCoverageLimit(p.pool, p.assets("300"));
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(0n);
    });

    it("are given to 16 pools at most; a pool without one leaves its place", async () => {
      const p = await loadFixture(fresh);
      const fund = p.fund.connect(p.governor);
      const pools = [p.pool];
      while (pools.length < 17) pools.push(await p.createPool());
      const addresses = await Promise.all(pools.map((pool) => pool.getAddress()));
      for (const pool of addresses.slice(0, 16)) await fund.setCoverageLimit(pool, 5);
      expect(await fund.pools()).to.deep.equal(addresses.slice(0, 16));
      await expect(fund.setCoverageLimit(addresses[16], 5))
        .to.be.revertedWithCustomError(fund, "TooManyPools")
        .withArgs(16);
      await fund.setCoverageLimit(addresses[3], 6); // listed already
      await fund.setCoverageLimit(addresses[3], 0);
      await fund.setCoverageLimit(addresses[16], 0); // none before, none after
      expect(await fund.pools())
        .to.have.lengthOf(15)
        .and.not.to.include(addresses[3]);
      await fund.setCoverageLimit(addresses[16], 5);
      expect(await fund.pools())
        .to.have.lengthOf(16)
        .and.to.include(addresses[16]);
    });
  });

  describe("cover", () => {
    it("is for the socializer alone", async () => {
      const p = await loadFixture(staked);
      for (const fund of [p.fund.connect(p.governor), p.fund.connect(p.stranger)]) {
        for (const call of [() => fund.cover(p.pool, 1), () => fund.creditRecovery(p.pool, 0, 0, 1)]) {
          await expect(call()).to.be.revertedWithCustomError(p.fund, "Unauthorized");
        }
      }
    });

    it("pays a pool nobody approved nothing", async () => {
      const p = await loadFixture(staked);
      const other = await p.createPool();
      expect(await p.asSocializer.cover.staticCall(other, LAST)).to.deep.equal([0n, 0n, 0n]);
      await p.asSocializer.cover(other, LAST);
      expect(await p.fund.totalAssets()).to.equal(p.assets("1000"));
    });

    it("takes unvested premium, then the reserve, then the staked capital", async () => {
      const p = await loadFixture(staked);
      await p.provideAssets(p.treasury, p.assets("50"), p.fund);
      await p.fund.connect(p.treasury).fundReserve(p.assets("50"));
      await p.asset.mint(p.fund, p.assets("20"));
      await p.asSocializer.creditRecovery(p.pool, 0, p.assets("20"), 0);

      await nextBlock();
      const at = { blockTag: "pending" } as const;
      const [unvested, net] = [await p.fund.unvested(at), await p.fund.totalAssets(at)];
      expect(unvested).to.be.greaterThan(p.assets("19"));
      await expect(p.asSocializer.cover(p.pool, p.assets("15")))
        .to.emit(p.fund, "Covered")
        .withArgs(await p.pool.getAddress(), p.assets("15"), 0, 0);
      expect(await p.fund.unvested()).to.equal(unvested - p.assets("15"));
      expect(await p.fund.reserve()).to.equal(unvested - p.assets("15") + p.assets("50"));
      expect(await p.fund.totalAssets()).to.equal(net);

      await nextBlock();
      const [reserve, before] = [await p.fund.reserve(at), await p.fund.totalAssets(at)];
      await p.asSocializer.cover(p.pool, p.assets("40"));
      expect([await p.fund.unvested(), await p.fund.reserve()]).to.deep.equal([0n, reserve - p.assets("40")]);
      expect(await p.fund.totalAssets()).to.equal(before);

      const rest = await p.fund.reserve();
      expect(await p.asSocializer.cover.staticCall(p.pool, p.assets("100"))).to.deep.equal([
        rest,
        p.assets("100") - rest,
        1n,
      ]);
      await p.asSocializer.cover(p.pool, p.assets("100"));
      expect(await p.fund.reserve()).to.equal(0n);
      expect(await p.fund.totalAssets()).to.equal(before - p.assets("100") + rest);
      expect(await p.asset.balanceOf(p.pool)).to.equal(p.assets("155"));
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(p.assets("155"));
    });

    it("opens an epoch from 1 basis point of the staked capital on; smaller losses add up to it", async () => {
      const p = await loadFixture(staked);
      const point = p.assets("0.1"); // of 1,000
      await expect(p.asSocializer.cover(p.pool, point - 1n)).not.to.emit(p.fund, "EpochOpened");
      expect(await p.asSocializer.cover.staticCall(p.pool, 1)).to.deep.equal([0n, 1n, 1n]);
      await expect(p.asSocializer.cover(p.pool, 1))
        .to.emit(p.fund, "EpochOpened")
        .withArgs(1, await p.fund.totalSupply());
      // and the count starts anew
      await expect(p.asSocializer.cover(p.pool, point / 2n)).not.to.emit(p.fund, "EpochOpened");
      await expect(p.asSocializer.cover(p.pool, point / 2n)).to.emit(p.fund, "EpochOpened");
      await expect(p.asSocializer.cover(p.pool, point))
        .to.emit(p.fund, "EpochOpened")
        .withArgs(3, p.assets("1000") * 1000n);
    });

    it("never counts a loss of the reserve as one", async () => {
      const p = await loadFixture(staked);
      await p.provideAssets(p.treasury, p.assets("500"), p.fund);
      await p.fund.connect(p.treasury).fundReserve(p.assets("500"));
      await p.asSocializer.cover(p.pool, p.assets("500"));
      expect(await p.fund.epoch()).to.equal(0n);
    });

    it("ends the generation where a share keeps less than a millionth, and starts the next one clean, 50 times", async () => {
      const p = await loadFixture(staked);
      const fund = p.fund;
      let reserve = 0n;
      await p.fund.connect(p.governor).setCoverageLimit(p.pool, MAX_ASSETS);
      await time.increase(16n * DAY);
      for (let cycle = 0n; cycle < 50n; cycle++) {
        const staker = cycle % 2n === 0n ? p.staker : p.staker2;
        if (cycle !== 0n) await p.stake(staker, p.assets("1000"));
        const shares = await fund.balanceOf(staker);
        expect(shares).to.equal(p.assets("1000") * 1000n);
        expect(await fund.convertToAssets(shares)).to.equal(p.assets("1000"));
        // the reserve goes first; 999 units are left, less than a millionth
        await expect(p.asSocializer.cover(p.pool, reserve + p.assets("1000") - 999n))
          .to.emit(fund, "GenerationEnded")
          .withArgs(cycle, shares);
        reserve = 999n;
        expect(await fund.generation()).to.equal(cycle + 1n);
        expect(await fund.balanceOf(staker)).to.equal(0n);
        expect(await fund.balanceAt(staker, cycle + 1n)).to.equal(shares);
        expect(await fund.supplyAt(cycle + 1n)).to.equal(shares);
        expect([await fund.totalSupply(), await fund.totalAssets()]).to.deep.equal([0n, 0n]);
        expect(await fund.reserve()).to.equal(reserve);
      }
      // stakers of the day are never slashed for losses before them, nor do they stand for those
      await p.stake(p.stranger, p.assets("77"));
      expect(await fund.convertToAssets(await fund.balanceOf(p.stranger))).to.equal(p.assets("77"));
      for (const epoch of [1n, 25n, 50n]) expect(await fund.balanceAt(p.stranger, epoch)).to.equal(0n);
    });

    it("keeps the generation where a share keeps a millionth", async () => {
      const p = await loadFixture(staked);
      await expect(p.asSocializer.cover(p.pool, p.assets("1000") - 1_000n)).not.to.emit(p.fund, "GenerationEnded");
      expect(await p.fund.totalAssets()).to.equal(1_000n);
    });
  });

  describe("recoveries of cover", () => {
    it("vest to the stakers, and free the limit up to what is outstanding", async () => {
      const p = await loadFixture(staked);
      await p.asSocializer.cover(p.pool, p.assets("300"));
      await p.asset.mint(p.fund, p.assets("90"));
      await expect(p.asSocializer.creditRecovery(p.pool, p.assets("50"), p.assets("40"), p.assets("80")))
        .to.emit(p.fund, "RecoveryCredited")
        .withArgs(await p.pool.getAddress(), p.assets("50"), p.assets("40"), p.assets("80"));
      expect(await p.fund.totalAssets()).to.equal(p.assets("700"));
      expect(await p.fund.unvested()).to.equal(p.assets("40"));
      expect(await p.fund.reserve()).to.equal(p.assets("90"));
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(p.assets("220"));
      await time.increase(100n * DAY);
      expect(await p.fund.totalAssets()).to.equal(p.assets("740"));
      await p.asSocializer.creditRecovery(p.pool, 0, 0, p.assets("221"));
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(0n);
    });

    it("belong to the reserve while nobody stakes", async () => {
      const p = await loadFixture(staked);
      await p.asSocializer.cover(p.pool, p.assets("1000"));
      await p.asset.mint(p.fund, p.assets("90"));
      await p.asSocializer.creditRecovery(p.pool, p.assets("50"), p.assets("40"), 0);
      expect(await p.fund.reserve()).to.equal(p.assets("90"));
      expect(await p.fund.unvested()).to.equal(0n);
      await p.stake(p.staker2, p.assets("1"));
      await time.increase(100n * DAY);
      expect(await p.fund.totalAssets()).to.equal(p.assets("1"));
    });
  });

  it("remembers balances at every epoch, whatever moves since", async () => {
    const p = await loadFixture(staked);
    const all = p.assets("1000") * 1000n;
    await p.asSocializer.cover(p.pool, p.assets("1"));
    await p.fund.connect(p.staker).transfer(p.staker2, all / 4n);
    await p.asSocializer.cover(p.pool, p.assets("1"));
    await p.asSocializer.cover(p.pool, p.assets("1"));
    await p.fund.connect(p.staker2).transfer(p.stranger, all / 4n);
    await p.asSocializer.cover(p.pool, p.assets("1"));
    const balances = async (account: string) => {
      const list: bigint[] = [];
      for (let epoch = 1n; epoch <= 4n; epoch++) list.push(await p.fund.balanceAt(account, epoch));
      return list;
    };
    const [quarter, rest] = [all / 4n, (all * 3n) / 4n];
    expect(await balances(p.staker.address)).to.deep.equal([all, rest, rest, rest]);
    expect(await balances(p.staker2.address)).to.deep.equal([0n, quarter, quarter, 0n]);
    expect(await balances(p.stranger.address)).to.deep.equal([0n, 0n, 0n, quarter]);
    for (const epoch of [0n, 5n]) {
      await expect(p.fund.balanceAt(p.staker, epoch))
        .to.be.revertedWithCustomError(p.fund, "UnknownEpoch")
        .withArgs(epoch, 4);
      await expect(p.fund.supplyAt(epoch)).to.be.revertedWithCustomError(p.fund, "UnknownEpoch").withArgs(epoch, 4);
    }
  });

  it("is slashed by a pool's loss within its limit, and no further", async () => {
    const p = await loadFixture(lending);
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, p.assets("2500"));
    await lose(p, p.borrower.address, p.assets("3000"));
    expect(await p.fund.totalAssets()).to.equal(p.assets("1500"));
    expect(await p.fund.coverageAvailable(p.pool)).to.equal(0n);
    expect((await p.socializer.lossOf(1)).staked).to.equal(p.assets("2500"));
  });
});
