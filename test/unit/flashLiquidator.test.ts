import { expect } from "chai";
import type { BigNumberish } from "ethers";
import { FixedPoint } from "../../sdk";
import type { FlashLiquidator, MockERC20, MockFlashPool, MockSwapper, WeirdERC20 } from "../../typechain-types";
import { ethers, loadFixture } from "../helpers/hre";

const { WAD } = FixedPoint;

const wad = (n: number) => ethers.parseUnits(n.toString(), 18);
const usd = (n: number) => ethers.parseUnits(n.toString(), 6);

/** 1 unit of collateral is worth 2000 of the loan asset; the pool gives 5 % more collateral than it is paid for. */
const PRICE = 2000n * 10n ** 24n;
const SEIZED_PER_REPAID = (105n * 10n ** 52n) / PRICE;
const REPAY = usd(1000);
const SEIZED = (REPAY * SEIZED_PER_REPAID) / WAD;
const NO_QUIRKS = { feeBps: 0, returns_: 0, paused: false, revertsOnZero: false };

describe("FlashLiquidator", () => {
  async function deployWith<Token extends MockERC20 | WeirdERC20>(collateral: Token, loan: Token) {
    const [deployer, bot, stranger, borrower] = await ethers.getSigners();
    const pool: MockFlashPool = await ethers.deployContract("MockFlashPool", [loan, collateral, SEIZED_PER_REPAID]);
    const swapper: MockSwapper = await ethers.deployContract("MockSwapper", [collateral, loan, PRICE, 0n]);
    const liquidator: FlashLiquidator = await ethers.deployContract("FlashLiquidator", [pool, bot]);
    await collateral.mint(pool, wad(1000));
    await loan.mint(swapper, usd(1_000_000));
    const sell = (amount: bigint) => swapper.interface.encodeFunctionData("sell", [amount]);
    const liquidate = (overrides: { minProfit?: BigNumberish; target?: string; data?: string } = {}) =>
      liquidator
        .connect(bot)
        .liquidate(
          pool,
          borrower,
          REPAY,
          overrides.minProfit ?? 0n,
          overrides.target ?? swapper,
          overrides.data ?? sell(SEIZED),
        );
    return { deployer, bot, stranger, borrower, pool, swapper, liquidator, collateral, loan, sell, liquidate };
  }

  const token = (decimals: number): Promise<MockERC20> =>
    ethers.deployContract("MockERC20", ["Token", "TKN", decimals]);
  const weird = (decimals: number): Promise<WeirdERC20> => ethers.deployContract("WeirdERC20", [decimals]);
  const fixture = async () => deployWith(await token(18), await token(6));
  const weirdFixture = async () => deployWith(await weird(18), await weird(6));

  it("pays the pool with the sold collateral and sends the profit to the bot", async () => {
    const { bot, pool, loan, collateral, liquidator, liquidate } = await loadFixture(fixture);
    await expect(liquidate({ minProfit: usd(50) })).to.changeTokenBalances(
      loan,
      [pool, bot, liquidator],
      [REPAY, usd(50), 0],
    );
    expect(await collateral.balanceOf(pool)).to.equal(wad(1000) - SEIZED);
    expect(await collateral.balanceOf(liquidator)).to.equal(0);
  });

  it("returns the profit", async () => {
    const { bot, pool, borrower, swapper, liquidator, sell } = await loadFixture(fixture);
    const profit = await liquidator.connect(bot).liquidate.staticCall(pool, borrower, REPAY, 0, swapper, sell(SEIZED));
    expect(profit).to.equal(usd(50));
  });

  it("sends collateral that was not sold to the bot and leaves no approval", async () => {
    const { bot, pool, swapper, loan, collateral, liquidator, sell, liquidate } = await loadFixture(fixture);
    await expect(liquidate({ data: sell(wad(0.51)) })).to.changeTokenBalances(
      collateral,
      [bot, liquidator],
      [SEIZED - wad(0.51), 0],
    );
    expect(await loan.balanceOf(bot)).to.equal(usd(20));
    expect(await collateral.allowance(liquidator, swapper)).to.equal(0);
    expect(await loan.allowance(liquidator, pool)).to.equal(0);
  });

  it("revokes what the pool did not pull", async () => {
    const { bot, pool, loan, liquidator, liquidate } = await loadFixture(fixture);
    await pool.setWaived(wad(0.1));
    await expect(liquidate()).to.changeTokenBalances(loan, [pool, bot], [usd(900), usd(150)]);
    expect(await loan.allowance(liquidator, pool)).to.equal(0);
  });

  it("works twice, also if it was sent tokens in between, which go to the bot", async () => {
    const { bot, liquidator, loan, collateral, liquidate } = await loadFixture(fixture);
    await liquidate();
    await loan.mint(liquidator, 7n);
    await collateral.mint(liquidator, 9n);
    await expect(liquidate()).to.changeTokenBalances(loan, [bot, liquidator], [usd(50) + 7n, -7n]);
    expect(await collateral.balanceOf(bot)).to.equal(9n);
  });

  it("has nothing to do if the pool only books a loss", async () => {
    const { pool, bot, loan, liquidator, liquidate } = await loadFixture(fixture);
    await pool.setSeizedPerRepaid(0);
    await expect(liquidate()).to.changeTokenBalances(loan, [pool, bot], [0, 0]);
    await expect(liquidate({ minProfit: 1 }))
      .to.be.revertedWithCustomError(liquidator, "InsufficientProfit")
      .withArgs(0, 1);
  });

  it("serves its bot only: NotBot", async () => {
    const { deployer, stranger, pool, borrower, swapper, liquidator, sell } = await loadFixture(fixture);
    for (const caller of [deployer, stranger]) {
      await expect(liquidator.connect(caller).liquidate(pool, borrower, REPAY, 0, swapper, sell(SEIZED)))
        .to.be.revertedWithCustomError(liquidator, "NotBot")
        .withArgs(caller);
    }
  });

  it("calls only pools of the factory: UnknownPool", async () => {
    const { bot, loan, collateral, borrower, swapper, liquidator, sell } = await loadFixture(fixture);
    const fake = await ethers.deployContract("MockFlashPool", [loan, collateral, SEIZED_PER_REPAID]);
    await collateral.mint(fake, wad(1000));
    await expect(liquidator.connect(bot).liquidate(fake, borrower, REPAY, 0, swapper, sell(SEIZED)))
      .to.be.revertedWithCustomError(liquidator, "UnknownPool")
      .withArgs(fake);
  });

  describe("callback", () => {
    const encode = (target: string, data: string) =>
      ethers.AbiCoder.defaultAbiCoder().encode(["address", "bytes"], [target, data]);

    it("is refused outside of a call: UnexpectedCallback", async () => {
      const { bot, pool, loan, liquidator, liquidate } = await loadFixture(fixture);
      const data = encode(
        await loan.getAddress(),
        loan.interface.encodeFunctionData("approve", [bot.address, ethers.MaxUint256]),
      );
      await liquidate();
      const poolSigner = await ethers.getImpersonatedSigner(await pool.getAddress());
      for (const caller of [bot, poolSigner]) {
        await expect(liquidator.connect(caller).onLiquidate.staticCall(0, 0, data))
          .to.be.revertedWithCustomError(liquidator, "UnexpectedCallback")
          .withArgs(caller);
      }
    });

    it("is refused to a stranger during a call, and so is a nested liquidation", async () => {
      const { bot, pool, borrower, swapper, collateral, liquidator, sell, liquidate } = await loadFixture(weirdFixture);
      const attacker = await ethers.deployContract("MockHookReceiver");
      await collateral.setHook(swapper, attacker);
      const attacks = {
        UnexpectedCallback: liquidator.interface.encodeFunctionData("onLiquidate", [
          0,
          0,
          encode(ethers.ZeroAddress, "0x"),
        ]),
        NotBot: liquidator.interface.encodeFunctionData("liquidate", [
          await pool.getAddress(),
          borrower.address,
          REPAY,
          0,
          await swapper.getAddress(),
          sell(SEIZED),
        ]),
      };
      for (const [error, data] of Object.entries(attacks)) {
        await attacker.prepare(liquidator, data);
        await liquidate({ minProfit: usd(50) });
        expect(await attacker.calls()).to.equal(1);
        expect(await attacker.succeeded()).to.equal(false);
        expect(liquidator.interface.parseError(await attacker.result())).to.deep.include({ name: error });
      }
      expect(await collateral.balanceOf(bot)).to.equal(0);
    });

    it("is refused to the pool itself once its call is over, in the same transaction", async () => {
      const { bot, pool, loan, liquidator, liquidate } = await loadFixture(weirdFixture);
      const attacker = await ethers.deployContract("MockHookReceiver");
      await loan.setHook(bot, attacker);
      const approval = loan.interface.encodeFunctionData("approve", [await attacker.getAddress(), ethers.MaxUint256]);
      const data = encode(await loan.getAddress(), approval);
      await attacker.prepare(
        pool,
        pool.interface.encodeFunctionData("callBack", [await liquidator.getAddress(), data]),
      );
      await liquidate();
      expect(await attacker.calls()).to.equal(1);
      expect(await attacker.succeeded()).to.equal(false);
      expect(liquidator.interface.parseError(await attacker.result())).to.deep.include({ name: "UnexpectedCallback" });
    });

    it("is refused to another pool while one is in flight: UnexpectedCallback", async () => {
      const { borrower, liquidator, liquidate, loan, collateral } = await loadFixture(fixture);
      const other: MockFlashPool = await ethers.deployContract("MockFlashPool", [loan, collateral, SEIZED_PER_REPAID]);
      await collateral.mint(other, wad(1000));
      const call = other.interface.encodeFunctionData("liquidate", [borrower.address, REPAY, 0, "0x"]);
      await expect(liquidate({ target: await other.getAddress(), data: call }))
        .to.be.revertedWithCustomError(liquidator, "UnexpectedCallback")
        .withArgs(other);
    });

    it("refuses a swap that does not pay for the liquidation: InsufficientProceeds", async () => {
      const { swapper, liquidator, liquidate } = await loadFixture(fixture);
      await swapper.setHaircut(wad(0.05));
      await expect(liquidate())
        .to.be.revertedWithCustomError(liquidator, "InsufficientProceeds")
        .withArgs(usd(997.5), REPAY);
    });

    it("refuses less than the least profit: InsufficientProfit", async () => {
      const { swapper, liquidator, liquidate } = await loadFixture(fixture);
      await swapper.setHaircut(wad(0.01));
      await liquidate({ minProfit: usd(39.5) });
      await expect(liquidate({ minProfit: usd(39.5) + 1n }))
        .to.be.revertedWithCustomError(liquidator, "InsufficientProfit")
        .withArgs(usd(39.5), usd(39.5) + 1n);
    });

    it("passes on why the swap failed", async () => {
      const { swapper, loan, liquidator, liquidate } = await loadFixture(fixture);
      await loan.burn(swapper, await loan.balanceOf(swapper));
      await expect(liquidate()).to.be.revertedWithCustomError(loan, "ERC20InsufficientBalance");
      const nobody = ethers.Wallet.createRandom().address;
      await expect(liquidate({ target: nobody }))
        .to.be.revertedWithCustomError(liquidator, "AddressEmptyCode")
        .withArgs(nobody);
    });
  });

  describe("tokens", () => {
    for (const [habit, quirks] of Object.entries({
      "return nothing": { ...NO_QUIRKS, returns_: 1 },
      "refuse transfers and approvals of 0": { ...NO_QUIRKS, revertsOnZero: true },
    })) {
      it(`works with tokens that ${habit}`, async () => {
        const { bot, pool, loan, collateral, liquidate } = await loadFixture(weirdFixture);
        await loan.setQuirks(quirks);
        await collateral.setQuirks(quirks);
        await liquidate({ minProfit: usd(50) });
        expect(await loan.balanceOf(bot)).to.equal(usd(50));
        expect(await loan.balanceOf(pool)).to.equal(REPAY);
      });
    }

    it("refuses a token that returns false", async () => {
      const { loan, liquidator, liquidate } = await loadFixture(weirdFixture);
      await loan.setQuirks({ ...NO_QUIRKS, returns_: 2 });
      await expect(liquidate()).to.be.revertedWithCustomError(liquidator, "SafeERC20FailedOperation").withArgs(loan);
    });
  });
});
