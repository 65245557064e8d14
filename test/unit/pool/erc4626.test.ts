import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { FixedPoint } from "../../../sdk";
import { loadFixture, time } from "../../helpers/hre";
import { writeStorage } from "../../helpers/layout";
import {
  DAY,
  NEXT,
  callOf,
  deployAccount,
  deployLentPool,
  expectIdentity,
  inOneBlock,
  setNext,
  type LentPool,
} from "../../helpers/pool";
import { deployProtocol } from "../../helpers/protocol";

const { divUp } = FixedPoint;

describe("LendingPool: ERC-4626", () => {
  /** A share is worth more than at par: the borrower's interest of 100 days is in its price. */
  async function fixture() {
    const p = await deployLentPool();
    await time.increase(100n * DAY);
    await p.pool.accrue();
    await p.provideAssets(p.lender3, p.assets("1000000"));
    return p;
  }

  async function emptyPool() {
    const p = await deployProtocol();
    await p.provideAssets(p.lender, p.assets("1000000"));
    return p;
  }

  /** Lender assets and shares with the virtual ones, as the next transaction finds them. */
  async function totals(p: LentPool) {
    const { lenderAssets, supply } = await p.pool.state(NEXT);
    return { total: lenderAssets + 1n, supply: supply + 1000n };
  }

  it("gives the first depositor a thousand shares for a unit", async () => {
    const p = await loadFixture(emptyPool);
    expect(await p.pool.totalAssets()).to.equal(0n);
    expect(await p.pool.convertToShares(p.assets("5"))).to.equal(p.assets("5") * 1000n);
    expect(await p.pool.convertToAssets(p.assets("5") * 1000n)).to.equal(p.assets("5"));
    await p.pool.connect(p.lender).deposit(p.assets("5"), p.lender);
    expect(await p.pool.balanceOf(p.lender)).to.equal(p.assets("5") * 1000n);
    expect(await p.pool.totalAssets()).to.equal(p.assets("5"));
  });

  describe("deposit", () => {
    it("mints the shares that the assets are worth, rounded down, and says so beforehand", async () => {
      const p = await loadFixture(fixture);
      const assets = p.assets("1234") + 567n;
      await setNext();
      const { total, supply } = await totals(p);
      expect(total * 1000n, "the price is above par").to.be.greaterThan(supply);
      const shares = (assets * supply) / total;
      const before = await p.pool.state(NEXT);
      expect(await p.pool.previewDeposit(assets, NEXT)).to.equal(shares);
      expect(await p.pool.convertToShares(assets, NEXT)).to.equal(shares);
      expect(await p.pool.connect(p.lender3).deposit.staticCall(assets, p.stranger, NEXT)).to.equal(shares);
      const transaction = await p.pool.connect(p.lender3).deposit(assets, p.stranger);
      await expect(transaction)
        .to.emit(p.pool, "Deposit")
        .withArgs(p.lender3.address, p.stranger.address, assets, shares);
      await expect(transaction).to.emit(p.pool, "Transfer").withArgs(ZeroAddress, p.stranger.address, shares);
      await expect(transaction).to.changeTokenBalances(p.asset, [p.lender3, p.pool], [-assets, assets]);
      expect(await p.pool.balanceOf(p.stranger)).to.equal(shares);
      const after = await p.pool.state();
      expect(after.cash).to.equal(before.cash + assets);
      expect(after.lenderAssets).to.equal(before.lenderAssets + assets);
      expect(after.supply).to.equal(before.supply + shares);
      expect([after.debt, after.unvested, after.fees]).to.deep.equal([before.debt, before.unvested, before.fees]);
      await expectIdentity(p.pool);
    });

    it("refuses a zero amount, the zero address and receivers whose claims would be stranded", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.lender3);
      await expect(pool.deposit(0n, p.lender3)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
      await expect(pool.deposit(1000n, ZeroAddress))
        .to.be.revertedWithCustomError(p.pool, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
      for (const receiver of [p.pool, p.fund, p.socializer]) {
        await expect(pool.deposit(1000n, receiver))
          .to.be.revertedWithCustomError(p.pool, "InvalidReceiver")
          .withArgs(await receiver.getAddress());
      }
    });

    it("refuses what is worth no share", async () => {
      const p = await loadFixture(deployProtocol);
      await p.supply(p.lender, 1n);
      await writeStorage(p.pool, "LendingPool", ["_ledger", "net"], p.assets("1"));
      await p.provideAssets(p.lender2, 2n);
      expect(await p.pool.previewDeposit(1n)).to.equal(0n);
      await expect(p.pool.connect(p.lender2).deposit(1n, p.lender2)).to.be.revertedWithCustomError(
        p.pool,
        "ZeroAmount",
      );
    });

    it("needs the caller's assets and its approval", async () => {
      const p = await loadFixture(fixture);
      await expect(p.pool.connect(p.stranger).deposit(1000n, p.stranger))
        .to.be.revertedWithCustomError(p.asset, "ERC20InsufficientAllowance")
        .withArgs(await p.pool.getAddress(), 0n, 1000n);
      await p.asset.connect(p.stranger).approve(p.pool, MaxUint256);
      await expect(p.pool.connect(p.stranger).deposit(1000n, p.stranger))
        .to.be.revertedWithCustomError(p.asset, "ERC20InsufficientBalance")
        .withArgs(p.stranger.address, 0n, 1000n);
    });
  });

  describe("mint", () => {
    it("takes the assets that the shares are worth, rounded up, and says so beforehand", async () => {
      const p = await loadFixture(fixture);
      const shares = p.assets("1234") * 1000n + 567n;
      await setNext();
      const { total, supply } = await totals(p);
      const assets = divUp(shares * total, supply);
      expect(await p.pool.previewMint(shares, NEXT)).to.equal(assets);
      expect(await p.pool.connect(p.lender3).mint.staticCall(shares, p.stranger, NEXT)).to.equal(assets);
      const transaction = await p.pool.connect(p.lender3).mint(shares, p.stranger);
      await expect(transaction)
        .to.emit(p.pool, "Deposit")
        .withArgs(p.lender3.address, p.stranger.address, assets, shares);
      await expect(transaction).to.changeTokenBalances(p.asset, [p.lender3, p.pool], [-assets, assets]);
      expect(await p.pool.balanceOf(p.stranger)).to.equal(shares);
      await expectIdentity(p.pool);
    });

    it("takes at least one unit", async () => {
      const p = await loadFixture(emptyPool);
      expect(await p.pool.previewMint(1n)).to.equal(1n);
      await p.pool.connect(p.lender).mint(1n, p.lender);
      expect(await p.asset.balanceOf(p.pool)).to.equal(1n);
    });

    it("refuses a zero amount, the zero address and receivers whose claims would be stranded", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.lender3);
      await expect(pool.mint(0n, p.lender3)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
      await expect(pool.mint(1000n, ZeroAddress)).to.be.revertedWithCustomError(p.pool, "ERC20InvalidReceiver");
      for (const receiver of [p.pool, p.fund, p.socializer]) {
        await expect(pool.mint(1000n, receiver))
          .to.be.revertedWithCustomError(p.pool, "InvalidReceiver")
          .withArgs(await receiver.getAddress());
      }
    });
  });

  describe("withdraw", () => {
    it("burns the shares that the assets are worth, rounded up, and says so beforehand", async () => {
      const p = await loadFixture(fixture);
      const assets = p.assets("1234") + 567n;
      await setNext();
      const { total, supply } = await totals(p);
      const shares = divUp(assets * supply, total);
      const [before, held] = [await p.pool.state(NEXT), await p.pool.balanceOf(p.lender)];
      expect(await p.pool.previewWithdraw(assets, NEXT)).to.equal(shares);
      const withdraw = p.pool.connect(p.lender).withdraw;
      expect(await withdraw.staticCall(assets, p.stranger, p.lender, NEXT)).to.equal(shares);
      const transaction = await withdraw(assets, p.stranger, p.lender);
      await expect(transaction)
        .to.emit(p.pool, "Withdraw")
        .withArgs(p.lender.address, p.stranger.address, p.lender.address, assets, shares);
      await expect(transaction).to.emit(p.pool, "Transfer").withArgs(p.lender.address, ZeroAddress, shares);
      await expect(transaction).to.changeTokenBalances(p.asset, [p.pool, p.stranger], [-assets, assets]);
      expect(await p.pool.balanceOf(p.lender)).to.equal(held - shares);
      const after = await p.pool.state();
      expect(after.cash).to.equal(before.cash - assets);
      expect(after.lenderAssets).to.equal(before.lenderAssets - assets);
      expect(after.supply).to.equal(before.supply - shares);
      await expectIdentity(p.pool);
    });

    it("refuses a zero amount, the zero address, more than the cash, more than the owner has", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.lender);
      await expect(pool.withdraw(0n, p.lender, p.lender)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
      await expect(pool.withdraw(1n, ZeroAddress, p.lender)).to.be.revertedWithCustomError(p.pool, "ZeroAddress");
      const { cash } = await p.pool.state();
      await expect(pool.withdraw(cash + 1n, p.lender, p.lender))
        .to.be.revertedWithCustomError(p.pool, "InsufficientCash")
        .withArgs(cash + 1n, cash);
      await pool.transfer(p.stranger, p.assets("1") * 1000n);
      const held = await p.pool.balanceOf(p.stranger);
      await setNext();
      const shares = await p.pool.previewWithdraw(p.assets("2"), NEXT);
      await expect(p.pool.connect(p.stranger).withdraw(p.assets("2"), p.stranger, p.stranger))
        .to.be.revertedWithCustomError(p.pool, "ERC20InsufficientBalance")
        .withArgs(p.stranger.address, held, shares);
    });

    it("needs the owner, its operator or an allowance, which it spends", async () => {
      const p = await loadFixture(fixture);
      const attempt = () => p.pool.connect(p.operator).withdraw(p.assets("10"), p.operator, p.lender);
      await setNext();
      const shares = await p.pool.previewWithdraw(p.assets("10"), NEXT);
      await expect(attempt())
        .to.be.revertedWithCustomError(p.pool, "ERC20InsufficientAllowance")
        .withArgs(p.operator.address, 0n, shares);
      await p.pool.connect(p.lender).approve(p.operator, shares);
      await attempt();
      expect(await p.asset.balanceOf(p.operator)).to.equal(p.assets("10"));
      const left = await p.pool.allowance(p.lender, p.operator);
      expect(left).to.be.lessThan(1000n);
      await expect(attempt()).to.be.revertedWithCustomError(p.pool, "ERC20InsufficientAllowance");
      await p.pool.connect(p.lender).setOperator(p.operator, true);
      await attempt();
      expect(await p.pool.allowance(p.lender, p.operator), "an operator needs no allowance").to.equal(left);
    });
  });

  describe("redeem", () => {
    it("pays what the shares are worth, rounded down, and says so beforehand", async () => {
      const p = await loadFixture(fixture);
      const shares = p.assets("1234") * 1000n + 567n;
      await setNext();
      const { total, supply } = await totals(p);
      const assets = (shares * total) / supply;
      expect(await p.pool.previewRedeem(shares, NEXT)).to.equal(assets);
      expect(await p.pool.convertToAssets(shares, NEXT)).to.equal(assets);
      const redeem = p.pool.connect(p.lender).redeem;
      expect(await redeem.staticCall(shares, p.stranger, p.lender, NEXT)).to.equal(assets);
      const transaction = await redeem(shares, p.stranger, p.lender);
      await expect(transaction)
        .to.emit(p.pool, "Withdraw")
        .withArgs(p.lender.address, p.stranger.address, p.lender.address, assets, shares);
      await expect(transaction).to.changeTokenBalances(p.asset, [p.pool, p.stranger], [-assets, assets]);
      await expectIdentity(p.pool);
    });

    it("refuses a zero amount, what is worth nothing, the zero address, more than the cash, more than the owner has", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.lender);
      await expect(pool.redeem(0n, p.lender, p.lender)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
      await expect(pool.redeem(1n, p.lender, p.lender)).to.be.revertedWithCustomError(p.pool, "ZeroAmount");
      await expect(pool.redeem(10_000n, ZeroAddress, p.lender)).to.be.revertedWithCustomError(p.pool, "ZeroAddress");
      const { cash } = await p.pool.state();
      await setNext();
      const shares = await p.pool.previewWithdraw(cash + p.assets("1"), NEXT);
      const assets = await p.pool.previewRedeem(shares, NEXT);
      await expect(pool.redeem(shares, p.lender, p.lender))
        .to.be.revertedWithCustomError(p.pool, "InsufficientCash")
        .withArgs(assets, cash);
      await pool.transfer(p.stranger, 5000n);
      await expect(p.pool.connect(p.stranger).redeem(5001n, p.stranger, p.stranger))
        .to.be.revertedWithCustomError(p.pool, "ERC20InsufficientBalance")
        .withArgs(p.stranger.address, 5000n, 5001n);
    });

    it("needs the owner, its operator or an allowance, which it spends", async () => {
      const p = await loadFixture(fixture);
      const attempt = () => p.pool.connect(p.operator).redeem(10_000n, p.operator, p.lender);
      await expect(attempt())
        .to.be.revertedWithCustomError(p.pool, "ERC20InsufficientAllowance")
        .withArgs(p.operator.address, 0n, 10_000n);
      await p.pool.connect(p.lender).approve(p.operator, 10_001n);
      await attempt();
      expect(await p.pool.allowance(p.lender, p.operator)).to.equal(1n);
      await p.pool.connect(p.lender).setOperator(p.operator, true);
      await attempt();
      expect(await p.pool.allowance(p.lender, p.operator)).to.equal(1n);
    });

    it("works while new risk is paused", async () => {
      const p = await loadFixture(fixture);
      await p.factory.connect(p.guardian).pause(p.pool);
      for (const call of [
        () => p.pool.connect(p.lender).redeem(10_000n, p.lender, p.lender),
        () => p.pool.connect(p.lender).withdraw(10n, p.lender, p.lender),
      ]) {
        await expect(call()).to.changeTokenBalance(p.asset, p.lender, 10n);
      }
    });

    it("gives back what was put in, to the last unit of the last share", async () => {
      const p = await loadFixture(emptyPool);
      for (const assets of [1n, p.assets("123")]) {
        await p.pool.connect(p.lender).deposit(assets, p.lender);
        const shares = await p.pool.balanceOf(p.lender);
        await expect(p.pool.connect(p.lender).redeem(shares, p.lender, p.lender)).to.changeTokenBalance(
          p.asset,
          p.lender,
          assets,
        );
        expect(await p.pool.totalSupply()).to.equal(0n);
      }
    });
  });

  describe("max*", () => {
    it("of an ordinary pool are the supply cap, the balance and the cash, and can be done", async () => {
      const p = await loadFixture(fixture);
      const cap = p.assets("100000000");
      await setNext();
      const { lenderAssets, cash } = await p.pool.state(NEXT);
      expect(await p.pool.maxDeposit(p.stranger, NEXT)).to.equal(cap - lenderAssets);
      expect(await p.pool.maxMint(p.stranger, NEXT)).to.equal(await p.pool.convertToShares(cap - lenderAssets, NEXT));
      // lender 1 has more than the cash, the stranger less
      expect(await p.pool.maxWithdraw(p.lender, NEXT)).to.equal(cash);
      expect(await p.pool.maxRedeem(p.lender, NEXT)).to.equal(await p.pool.convertToShares(cash, NEXT));
      await p.pool.connect(p.lender).transfer(p.stranger, 123_456n);
      await setNext();
      expect(await p.pool.maxRedeem(p.stranger, NEXT)).to.equal(123_456n);
      expect(await p.pool.maxWithdraw(p.stranger, NEXT)).to.equal(await p.pool.convertToAssets(123_456n, NEXT));

      await p.asset.mint(p.lender3, cap);
      const lend = p.pool.connect(p.lender3);
      const sweep = [
        async () => lend.deposit(await p.pool.maxDeposit(p.lender3, NEXT), p.lender3),
        async () => lend.withdraw(await p.pool.maxWithdraw(p.lender3, NEXT), p.lender3, p.lender3),
        async () => lend.mint(await p.pool.maxMint(p.lender3, NEXT), p.lender3),
        async () => lend.redeem(await p.pool.maxRedeem(p.lender3, NEXT), p.lender3, p.lender3),
        async () => p.pool.connect(p.lender).redeem(await p.pool.maxRedeem(p.lender, NEXT), p.lender, p.lender),
      ];
      for (const call of sweep) {
        await setNext();
        await call();
        await expectIdentity(p.pool);
      }
    });

    it("are the limits: a unit more is refused", async () => {
      const p = await loadFixture(fixture);
      await p.asset.mint(p.lender3, p.assets("100000000"));
      await setNext();
      const room = await p.pool.maxDeposit(p.lender3, NEXT);
      await expect(p.pool.connect(p.lender3).deposit(room + 1n, p.lender3))
        .to.be.revertedWithCustomError(p.pool, "SupplyCapExceeded")
        .withArgs(room + 1n, room);
      await setNext();
      const shares = (await p.pool.maxMint(p.lender3, NEXT)) + 2000n;
      await expect(p.pool.connect(p.lender3).mint(shares, p.lender3)).to.be.revertedWithCustomError(
        p.pool,
        "SupplyCapExceeded",
      );
      await setNext();
      const most = await p.pool.maxWithdraw(p.lender, NEXT);
      await expect(p.pool.connect(p.lender).withdraw(most + 1n, p.lender, p.lender)).to.be.revertedWithCustomError(
        p.pool,
        "InsufficientCash",
      );
    });

    it("of the last lender are all that it has, when a share is worth less than at par, too", async () => {
      const p = await loadFixture(deployLentPool);
      await p.setPrice("1000");
      await p.pool.writeDown([p.borrower]);
      await p.provideAssets(p.borrower, p.assets("80000"));
      await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
      await p.pool.connect(p.lender2).redeem(await p.pool.balanceOf(p.lender2), p.lender2, p.lender2);
      const shares = await p.pool.balanceOf(p.lender);
      await setNext();
      expect(await p.pool.maxWithdraw(p.lender, NEXT)).to.equal(await p.pool.totalAssets(NEXT));
      expect(await p.pool.maxRedeem(p.lender, NEXT)).to.equal(shares);
      await p.pool.connect(p.lender).redeem(shares, p.lender, p.lender);
      expect(await p.pool.totalSupply()).to.equal(0n);
    });

    it("are 0 for those who can never receive or have nothing", async () => {
      const p = await loadFixture(fixture);
      for (const receiver of [ZeroAddress, p.pool, p.fund, p.socializer]) {
        expect(await p.pool.maxDeposit(receiver)).to.equal(0n);
        expect(await p.pool.maxMint(receiver)).to.equal(0n);
      }
      expect(await p.pool.maxWithdraw(p.stranger)).to.equal(0n);
      expect(await p.pool.maxRedeem(p.stranger)).to.equal(0n);
    });

    it("are 0 where shares are worth less than a unit", async () => {
      const p = await loadFixture(fixture);
      await p.pool.connect(p.lender).transfer(p.stranger, 900n);
      expect(await p.pool.maxRedeem(p.stranger)).to.equal(0n);
      expect(await p.pool.maxWithdraw(p.stranger)).to.equal(0n);
    });

    it("are 0 for entry while paused, and entry is refused", async () => {
      const p = await loadFixture(fixture);
      await p.factory.connect(p.guardian).pause(p.pool);
      expect(await p.pool.maxDeposit(p.lender3)).to.equal(0n);
      expect(await p.pool.maxMint(p.lender3)).to.equal(0n);
      const lend = p.pool.connect(p.lender3);
      await expect(lend.deposit(1000n, p.lender3)).to.be.revertedWithCustomError(p.pool, "Paused");
      await expect(lend.mint(1000n, p.lender3)).to.be.revertedWithCustomError(p.pool, "Paused");
      expect(await p.pool.maxRedeem(p.lender)).to.be.greaterThan(0n);
      await p.factory.connect(p.governor).unpause(p.pool);
      await lend.deposit(1000n, p.lender3);
    });

    it("are 0 for entry above the supply cap, for exit without cash", async () => {
      const p = await loadFixture(fixture);
      await p.factory.connect(p.governor).setSupplyCap(p.pool, p.assets("100000"));
      expect(await p.pool.maxDeposit(p.lender3)).to.equal(0n);
      await expect(p.pool.connect(p.lender3).deposit(1n, p.lender3))
        .to.be.revertedWithCustomError(p.pool, "SupplyCapExceeded")
        .withArgs(1n, 0n);
      await setNext();
      const { cash } = await p.pool.state(NEXT);
      await p.pool.connect(p.lender).withdraw(cash, p.lender, p.lender);
      expect(await p.pool.maxWithdraw(p.lender)).to.equal(0n);
      expect(await p.pool.maxRedeem(p.lender)).to.equal(0n);
    });

    it("leave out the shares received in the block of a loss", async () => {
      const p = await loadFixture(fixture);
      const gift = 1n << 40n;
      await inOneBlock(async () => {
        await p.pool.connect(p.lender).transfer(p.stranger, gift);
        expect(await p.pool.maxRedeem(p.stranger, NEXT)).to.equal(gift);
        await p.setPrice("1500");
        await p.pool.connect(p.operator).writeDown([p.borrower]);
        expect(await p.pool.maxRedeem(p.stranger, NEXT)).to.equal(0n);
        expect(await p.pool.maxWithdraw(p.stranger, NEXT)).to.equal(0n);
        await expect(p.pool.connect(p.stranger).redeem.staticCall(gift, p.stranger, p.stranger, NEXT))
          .to.be.revertedWithCustomError(p.pool, "SharesLocked")
          .withArgs(p.stranger.address, gift);
      });
      await setNext();
      expect(await p.pool.maxRedeem(p.stranger, NEXT)).to.equal(gift);
    });

    it("hold after a loss and in a new generation, for entry and for exit", async () => {
      const p = await loadFixture(fixture);
      const sweep = async () => {
        await p.asset.mint(p.lender3, p.assets("200000000"));
        const lend = p.pool.connect(p.lender3);
        await setNext();
        await lend.deposit(await p.pool.maxDeposit(p.lender3, NEXT), p.lender3);
        await setNext();
        await lend.redeem(await p.pool.maxRedeem(p.lender3, NEXT), p.lender3, p.lender3);
        await setNext();
        await lend.mint(await p.pool.maxMint(p.lender3, NEXT), p.lender3);
        await setNext();
        await lend.withdraw(await p.pool.maxWithdraw(p.lender3, NEXT), p.lender3, p.lender3);
        await expectIdentity(p.pool);
      };
      await p.setPrice("1500");
      await p.pool.writeDown([p.borrower]);
      await sweep();
      await setNext();
      await p.pool.connect(p.lender).withdraw(await p.pool.maxWithdraw(p.lender, NEXT), p.lender, p.lender);
      await p.setPrice("0");
      await p.pool.writeDown([p.borrower]);
      expect(await p.pool.generation()).to.equal(1n);
      await sweep();
    });
  });

  it("refuses amounts that no pool could hold, by name", async () => {
    const p = await loadFixture(fixture);
    const [pool, most] = [p.pool.connect(p.lender), 2n ** 128n - 1n];
    for (const attempt of [
      () => pool.deposit(most + 1n, p.lender),
      () => pool.mint(most + 1n, p.lender),
      () => pool.withdraw(most + 1n, p.lender, p.lender),
      () => pool.redeem(most + 1n, p.lender, p.lender),
      () => pool.convertToShares(most + 1n),
      () => pool.convertToAssets(most + 1n),
    ]) {
      await expect(attempt())
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs(most + 1n, most);
    }
    await expect(pool.deposit(most, p.lender)).to.be.revertedWithCustomError(p.pool, "SupplyCapExceeded");
    await expect(pool.mint(most, p.lender)).to.be.revertedWithCustomError(p.pool, "SupplyCapExceeded");
    await expect(pool.withdraw(most, p.lender, p.lender)).to.be.revertedWithCustomError(p.pool, "InsufficientCash");
    await expect(pool.redeem(most, p.lender, p.lender)).to.be.revertedWithCustomError(p.pool, "InsufficientCash");
  });

  describe("packing", () => {
    async function largePool() {
      const p = await deployProtocol({ assetDecimals: 18, pool: { supplyCap: MaxUint256 } });
      await p.provideAssets(p.lender, 2n ** 110n);
      return p;
    }

    it("bounds a pool's assets at 96 bits", async () => {
      const p = await loadFixture(largePool);
      const most = 2n ** 96n - 1n;
      expect(await p.pool.maxDeposit(p.lender)).to.equal(most);
      await expect(p.pool.connect(p.lender).deposit(most + 1n, p.lender))
        .to.be.revertedWithCustomError(p.pool, "SupplyCapExceeded")
        .withArgs(most + 1n, most);
      await p.pool.connect(p.lender).deposit(most, p.lender);
      expect(await p.pool.maxDeposit(p.lender)).to.equal(0n);
      expect((await p.pool.state()).lenderAssets).to.equal(most);
      await p.pool.connect(p.lender).redeem(most * 1000n, p.lender, p.lender);
      expect(await p.asset.balanceOf(p.lender)).to.equal(2n ** 110n);
    });

    it("bounds the shares at 112 bits, which only a pool after a great loss can reach", async () => {
      const p = await loadFixture(largePool);
      await p.pool.connect(p.lender).deposit(p.assets("1000000"), p.lender);
      await p.openPosition(p.borrower, p.collaterals("1000"), p.assets("999990"));
      await p.setPrice("0");
      await p.pool.writeDown([p.borrower]);
      expect(await p.pool.generation()).to.equal(0n);
      await setNext();
      const room = await p.pool.maxDeposit(p.lender, NEXT);
      expect(room).to.be.lessThan(2n ** 90n);
      const supply = (await p.pool.totalSupply()) + (await p.pool.previewDeposit(room + p.assets("1"), NEXT));
      await expect(p.pool.connect(p.lender).deposit(room + p.assets("1"), p.lender))
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs(supply, 2n ** 112n - 1n);
      await setNext();
      await p.pool.connect(p.lender).deposit(await p.pool.maxDeposit(p.lender, NEXT), p.lender);
      await setNext();
      await expect(p.pool.connect(p.lender).mint(2n ** 111n, p.lender)).to.be.revertedWithCustomError(
        p.pool,
        "AmountTooLarge",
      );
      // to the last one
      const left = 2n ** 112n - 1n - (await p.pool.totalSupply());
      await p.pool.connect(p.lender).mint(left, p.lender);
      await expect(p.pool.connect(p.lender).mint(1n, p.lender))
        .to.be.revertedWithCustomError(p.pool, "AmountTooLarge")
        .withArgs(2n ** 112n, 2n ** 112n - 1n);
    });
  });

  describe("the price of a share", () => {
    it("does not move with a donation", async () => {
      const p = await loadFixture(fixture);
      await setNext();
      const before = await p.pool.state(NEXT);
      await p.asset.mint(p.pool, p.assets("1000000"));
      expect(await p.pool.state()).to.deep.equal(before);
      expect(await p.pool.totalAssets()).to.equal(before.lenderAssets);
    });

    it("cannot be inflated in an empty pool: the victim loses at most a unit, the attacker gains none", async () => {
      const p = await loadFixture(emptyPool);
      await p.provideAssets(p.stranger, p.assets("1000000"));
      await p.pool.connect(p.stranger).deposit(1n, p.stranger);
      await p.asset.connect(p.stranger).transfer(p.pool, p.assets("10000"));
      await p.pool.connect(p.lender).deposit(p.assets("1"), p.lender);
      const shares = await p.pool.balanceOf(p.lender);
      expect(await p.pool.convertToAssets(shares)).to.be.greaterThanOrEqual(p.assets("1") - 1n);
      await p.pool.connect(p.stranger).redeem(await p.pool.balanceOf(p.stranger), p.stranger, p.stranger);
      expect(await p.asset.balanceOf(p.stranger)).to.be.lessThanOrEqual(p.assets("990000"));
    });

    it("moves by less than a unit of assets, and never down, when shares come and go in small pieces", async () => {
      const p = await loadFixture(fixture);
      const account = await deployAccount(p);
      const calls = [];
      for (const piece of [1n, 7n, 999n, 1000n, 1001n, 12_345n]) {
        calls.push(await callOf(p.pool, "mint", [piece, account]), await callOf(p.pool, "deposit", [piece, account]));
      }
      for (const piece of [1n, 3n, 500n]) {
        calls.push(await callOf(p.pool, "withdraw", [piece, account, account]));
        calls.push(await callOf(p.pool, "redeem", [piece + 1999n, account, account]));
      }
      await setNext();
      const before = await totals(p);
      const held = await p.asset.balanceOf(account);
      await account.execute(calls);
      const { lenderAssets, supply } = await p.pool.state();
      const atOldPrice = ((supply + 1000n) * before.total) / before.supply;
      expect(lenderAssets + 1n - atOldPrice).to.be.within(0n, BigInt(calls.length));
      expect(await p.pool.convertToAssets(await p.pool.balanceOf(account))).to.be.lessThanOrEqual(
        held - (await p.asset.balanceOf(account)),
      );
    });
  });
});
