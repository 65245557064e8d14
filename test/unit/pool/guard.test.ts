import { expect } from "chai";
import { MaxUint256, type Signer } from "ethers";
import { FixedPoint, Liquidation, RiskLadder, SharesMath } from "../../../sdk";
import { itCompiled } from "../../helpers/compiled";
import { ethers, loadFixture, time } from "../../helpers/hre";
import { lackOf, priceForLoss } from "../../helpers/losses";
import { OracleMode } from "../../helpers/oracle";
import { DAY, deployLentPool, NEXT, setNext, type LentPool } from "../../helpers/pool";

const { sum } = FixedPoint;

/** 100,000 lent, 80,000 of it to one borrower: a tolerance of 20 and a dust bound of 50, so 50 in force. */
const fixture = () => deployLentPool();
/** The same with 1,000,000 lent, so that the tolerance of 2 basis points, 200, is above the dust bound. */
async function large() {
  const p = await deployLentPool();
  await p.supply(p.lender3, p.assets("900000"));
  return p;
}

/** Lets the borrower lack exactly `lack` in the next block (or a unit more: prices are not that fine), and says what it is. */
async function show(p: LentPool, lack: bigint) {
  await setNext(1n);
  await p.oracle.setPrice(await priceForLoss(p.borrower.address, lack, p.pool));
  await setNext(1n);
  return lackOf(p, p.borrower.address);
}

/** Every way in and out for a lender that has shares. */
const entries = (p: LentPool, lender: Signer = p.lender) => [
  () => p.pool.connect(lender).deposit(p.assets("1"), lender),
  () => p.pool.connect(lender).mint(p.assets("1") * 1000n, lender),
];
const exits = (p: LentPool, lender: Signer = p.lender) => [
  () => p.pool.connect(lender).withdraw(p.assets("1"), lender, lender),
  () => p.pool.connect(lender).redeem(p.assets("1") * 1000n, lender, lender),
];

async function maxOf(p: LentPool, account = p.lender) {
  const [deposit, mint, withdraw, redeem] = await Promise.all([
    p.pool.maxDeposit(account, NEXT),
    p.pool.maxMint(account, NEXT),
    p.pool.maxWithdraw(account, NEXT),
    p.pool.maxRedeem(account, NEXT),
  ]);
  return { deposit, mint, withdraw, redeem };
}

describe("LendingPool: the guard", () => {
  async function openDoors(p: LentPool) {
    await p.provideAssets(p.lender, p.assets("100"));
    for (const call of [...entries(p), ...exits(p)]) await call();
  }

  it("lets all pass while nobody lacks anything", async () => {
    const p = await loadFixture(fixture);
    expect(await p.pool.visibleShortfall()).to.equal(0n);
    await openDoors(p);
  });

  it("lets all pass below the tolerance, and refuses all above it", async () => {
    const p = await loadFixture(large);
    await p.provideAssets(p.lender, p.assets("100"));
    const shown = await show(p, p.assets("199"));
    expect(await p.pool.visibleShortfall(NEXT)).to.equal(shown);
    await openDoors(p);

    await show(p, p.assets("201"));
    for (const call of [...entries(p), ...exits(p)]) {
      await setNext(1n);
      const [shortfall, { lenderAssets }] = [await p.pool.visibleShortfall(NEXT), await p.pool.state(NEXT)];
      await expect(call())
        .to.be.revertedWithCustomError(p.pool, "UnbookedShortfall")
        .withArgs(shortfall, (tolerance: bigint) => {
          const most = (lenderAssets * 2n) / 10_000n;
          return tolerance <= most && tolerance >= most - p.assets("0.01");
        });
    }
    expect(await maxOf(p)).to.deep.include({ deposit: 0n, mint: 0n });
  });

  it("adds up what accounts in several ticks lack", async () => {
    const p = await loadFixture(large);
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("15000"));
    await p.openPosition(p.borrower3, p.collaterals("10"), p.assets("14000"));
    expect((await p.pool.ladder(MaxUint256, 9)).length).to.equal(3);
    await p.setPrice("1000");
    await setNext(1n);
    const lacks = await Promise.all([p.borrower, p.borrower2, p.borrower3].map(({ address }) => lackOf(p, address)));
    // each tick rounds down
    expect(await p.pool.visibleShortfall(NEXT)).to.be.within(sum(lacks) - 3n, sum(lacks));
  });

  it("counts nobody below the price's own tick, also where the ticks between are not initialised", async () => {
    const p = await loadFixture(large);
    await p.setPrice("6000");
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("45000"));
    await p.setPrice("3000");
    await setNext(1n);
    const lack = await lackOf(p, p.borrower2.address);
    expect(lack).to.be.greaterThan(0n);
    expect(await p.pool.visibleShortfall(NEXT)).to.be.within(lack - 1n, lack);
  });

  it("measures an exit by what remains after it, an entry by what was there before", async () => {
    const p = await loadFixture(large);
    const shown = await show(p, p.assets("100"));
    const { lenderAssets } = await p.pool.state(NEXT);
    const most = RiskLadder.leavable(lenderAssets, shown, 2n, p.params.dust as bigint);
    expect(most).to.be.within(p.assets("490000"), p.assets("510000"));
    const redeemed = p.pool.connect(p.lender3);
    expect(await p.pool.maxWithdraw(p.lender3, NEXT)).to.equal(most);
    await expect(redeemed.withdraw.staticCall(most + 1n, p.lender3, p.lender3, NEXT)).to.be.revertedWithCustomError(
      p.pool,
      "UnbookedShortfall",
    );
    await redeemed.withdraw(most, p.lender3, p.lender3);

    // 201 are tolerated by the million that an entrant brings, but not by the 500,000 that are there
    await show(p, p.assets("201"));
    await p.provideAssets(p.stranger, p.assets("1000000"));
    await expect(p.pool.connect(p.stranger).deposit(p.assets("1000000"), p.stranger)).to.be.revertedWithCustomError(
      p.pool,
      "UnbookedShortfall",
    );
  });

  it("gives max* that can be called, whatever the shortfall", async () => {
    const p = await loadFixture(large);
    for (const lack of ["0", "10", "51", "100", "150", "199", "201", "5000"]) {
      await show(p, p.assets(lack));
      const max = await maxOf(p, p.lender3);
      const pool = p.pool.connect(p.lender3);
      if (max.withdraw !== 0n) await pool.withdraw.staticCall(max.withdraw, p.lender3, p.lender3, NEXT);
      if (max.redeem !== 0n) await pool.redeem.staticCall(max.redeem, p.lender3, p.lender3, NEXT);
      await p.provideAssets(p.lender3, p.assets("10"));
      await setNext(1n);
      const deposit = pool.deposit.staticCall(p.assets("10"), p.lender3, NEXT);
      if (max.deposit === 0n) await expect(deposit).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
      else await deposit;
      const refused = p.assets(lack) > p.assets("200");
      expect([max.deposit, max.withdraw, max.redeem].map((most) => most === 0n)).to.deep.equal([
        refused,
        refused,
        refused,
      ]);
    }
  });

  it("leaves previews alone", async () => {
    const p = await loadFixture(fixture);
    await show(p, p.assets("9000"));
    const { lenderAssets, supply } = await p.pool.state(NEXT);
    const [assets, shares] = [p.assets("7"), p.assets("7") * 1000n + 1n];
    expect(await p.pool.previewDeposit(assets, NEXT)).to.equal(SharesMath.toSharesDown(assets, lenderAssets, supply));
    expect(await p.pool.previewWithdraw(assets, NEXT)).to.equal(SharesMath.toSharesUp(assets, lenderAssets, supply));
    expect(await p.pool.previewRedeem(shares, NEXT)).to.equal(SharesMath.toAssetsDown(shares, lenderAssets, supply));
    expect(await p.pool.previewMint(shares, NEXT)).to.equal(SharesMath.toAssetsUp(shares, lenderAssets, supply));
  });

  it("is cleared by any lender in the same transaction: multicall([writeDown, redeem])", async () => {
    const p = await loadFixture(fixture);
    await show(p, p.assets("9000"));
    const { collateral, debt } = await p.pool.positionOf(p.borrower, NEXT);
    const value = Liquidation.valueOf(collateral, await p.oracle.price());
    const loss = debt - Liquidation.performing(value, await p.pool.writeDownIncentive());
    const shares = p.assets("10000") * 1000n;
    const { lenderAssets, unvested, fees, supply } = await p.pool.state(NEXT);
    const calls = [
      p.pool.interface.encodeFunctionData("writeDown", [[p.borrower.address]]),
      p.pool.interface.encodeFunctionData("redeem", [shares, p.lender.address, p.lender.address]),
    ];
    const before = await p.asset.balanceOf(p.lender);
    await p.pool.connect(p.lender).multicall(calls);
    const got = (await p.asset.balanceOf(p.lender)) - before;
    const borne = loss - unvested - fees;
    expect(got).to.be.closeTo(((lenderAssets - borne) * shares) / supply, 2n);
    // a stayer's shares are worth the same
    expect(await p.pool.convertToAssets(shares)).to.be.closeTo(got, 1n);
    expect(await p.pool.visibleShortfall()).to.equal(0n);
  });

  it("lets transfers, borrowers and write-downs pass: it is about lenders' assets", async () => {
    const p = await loadFixture(fixture);
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("1000"));
    await p.provideAssets(p.borrower2, p.assets("10"));
    await show(p, p.assets("9000"));
    await p.pool.connect(p.lender).transfer(p.lender2, 1n);
    await p.pool.connect(p.borrower2).borrow(p.assets("1"), p.borrower2, p.borrower2);
    await p.pool.connect(p.borrower2).repay(p.assets("1"), p.borrower2);
    await p.pool.writeDown([p.borrower]);
    expect(await p.pool.visibleShortfall()).to.equal(0n);
  });

  it("asks no oracle where nobody owes anything", async () => {
    const p = await loadFixture(fixture);
    await p.provideAssets(p.borrower, p.assets("90000"));
    await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
    await p.oracle.setMode(OracleMode.Revert);
    await openDoors(p);
    expect((await maxOf(p)).withdraw).to.be.greaterThan(p.assets("59000"));
    expect(await p.pool.visibleShortfall()).to.equal(0n);
  });

  it("keeps a harvest from taking the fees ahead of a loss that they bear first", async () => {
    const p = await loadFixture(fixture);
    await p.fund.harvest(p.pool);
    await show(p, p.assets("9000"));
    await expect(p.fund.harvest(p.pool)).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
    await p.pool.writeDown([p.borrower]);
    await p.fund.harvest(p.pool);
  });

  it("stays clear after a write-down and in a new generation", async () => {
    const p = await loadFixture(fixture);
    await p.oracle.setPrice(0n);
    expect(await p.pool.visibleShortfall(NEXT)).to.equal((await p.pool.positionOf(p.borrower, NEXT)).debt);
    await expect(p.pool.connect(p.lender).withdraw(1n, p.lender, p.lender)).to.be.revertedWithCustomError(
      p.pool,
      "UnbookedShortfall",
    );
    // all cash leaves first, so that the loss wipes the shares out
    await p.setPrice("2000");
    for (const lender of [p.lender, p.lender2]) {
      const most = await p.pool.maxWithdraw(lender);
      if (most !== 0n) await p.pool.connect(lender).withdraw(most, lender, lender);
    }
    await p.oracle.setPrice(0n);
    await p.pool.writeDown([p.borrower]);
    expect(await p.pool.generation()).to.equal(1n);
    expect(await p.pool.visibleShortfall()).to.equal(0n);
    await p.supply(p.stranger, p.assets("100"));
    await p.pool.connect(p.stranger).redeem(await p.pool.balanceOf(p.stranger), p.stranger, p.stranger);
  });

  describe("dust", () => {
    it("is tolerated up to the bound up to which a write-down leaves it alone, whoever is the last to leave", async () => {
      const p = await loadFixture(fixture);
      const shown = await show(p, p.assets("49"));
      expect(shown).to.be.greaterThan(p.assets("20")); // two basis points
      expect(await p.pool.writeDown.staticCall([p.borrower], NEXT)).to.equal(0n);
      await openDoors(p);
      const seen = await show(p, p.assets("51"));
      expect(await p.pool.writeDown.staticCall([p.borrower], NEXT)).to.be.within(seen - 1n, seen + 1n);
      await expect(exits(p)[0]()).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
    });

    it("of many accounts adds up: what the guard does not tolerate can be booked in one call", async () => {
      const p = await loadFixture(async function small() {
        const q = await deployLentPool();
        for (const borrower of [q.borrower2, q.borrower3]) {
          await q.openPosition(borrower, q.collaterals("1"), q.assets("1600"));
        }
        return q;
      });
      const small = [p.borrower2.address, p.borrower3.address];
      await p.provideAssets(p.borrower, p.assets("90000"));
      await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
      await setNext(1n);
      await p.oracle.setPrice(await priceForLoss(small[0], p.assets("30"), p.pool));
      await setNext(1n);
      expect(await p.pool.visibleShortfall(NEXT)).to.be.closeTo(p.assets("60"), p.assets("0.01"));
      await expect(exits(p)[0]()).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
      for (const account of small) expect(await p.pool.writeDown.staticCall([account])).to.equal(0n);
      // named twice it is still 30
      expect(await p.pool.writeDown.staticCall([small[0], small[0]])).to.equal(0n);
      const before = await p.pool.scaledDebtOf(small[0]);
      await p.pool.writeDown([small[0], small[0]]);
      expect(await p.pool.scaledDebtOf(small[0])).to.equal(before);
      const redeem = p.pool.interface.encodeFunctionData("redeem", [1_000_000n, p.lender.address, p.lender.address]);
      const writeDown = p.pool.interface.encodeFunctionData("writeDown", [small]);
      await p.pool.connect(p.lender).multicall([writeDown, redeem]);
    });
  });

  describe("while the oracle fails", () => {
    for (const [how, mode] of [
      ["reverts", OracleMode.Revert],
      ["burns its gas", OracleMode.BurnGas],
    ] as const) {
      it(`keeps all doors shut where it ${how}, from the first moment`, async () => {
        const p = await loadFixture(fixture);
        await p.oracle.setMode(mode);
        for (const call of [...entries(p), ...exits(p)]) {
          await expect(call()).to.be.revertedWithCustomError(p.pool, "Blind").withArgs(0n);
        }
        expect(await maxOf(p)).to.deep.equal({ deposit: 0n, mint: 0n, withdraw: 0n, redeem: 0n });
        for (const view of [p.pool.visibleShortfall, p.pool.totalAssetsNet]) {
          await expect(view()).to.be.revertedWithCustomError(p.pool, "Blind").withArgs(0n);
        }
        await expect(p.fund.harvest(p.pool)).to.be.revertedWithCustomError(p.pool, "Blind");
      });
    }

    it("opens exits, and only those, once that has been on record for the blind period", async () => {
      const p = await loadFixture(fixture);
      await p.provideAssets(p.lender, p.assets("10"));
      await p.oracle.setMode(OracleMode.Revert);
      await expect(p.pool.reportBlind()).to.emit(p.pool, "SightLost");
      const since = BigInt(await time.latest());
      expect(await p.pool.blindSince()).to.equal(since);
      for (const day of [1n, 2n, 3n]) {
        await time.setNextBlockTimestamp(since + day * DAY - 60n);
        await expect(p.pool.reportBlind()).not.to.emit(p.pool, "SightLost");
        expect(await p.pool.blindSince()).to.equal(since);
      }
      await time.setNextBlockTimestamp(since + 3n * DAY - 1n);
      await expect(exits(p)[0]()).to.be.revertedWithCustomError(p.pool, "Blind").withArgs(since);
      await time.setNextBlockTimestamp(since + 3n * DAY);
      await exits(p)[0]();
      expect((await maxOf(p)).withdraw).to.equal((await p.pool.state(NEXT)).cash);
      await exits(p)[1]();
      for (const call of entries(p)) await expect(call()).to.be.revertedWithCustomError(p.pool, "Blind");
      expect(await maxOf(p)).to.deep.include({ deposit: 0n, mint: 0n });
      await p.fund.harvest(p.pool);
    });

    it("starts the record anew where nobody confirmed it for a day", async () => {
      const p = await loadFixture(fixture);
      await p.oracle.setMode(OracleMode.Revert);
      await p.pool.reportBlind();
      const first = BigInt(await time.latest());
      await time.increaseTo(first + DAY);
      expect(await p.pool.blindSince()).to.equal(first);
      await time.increaseTo(first + DAY + 1n);
      expect(await p.pool.blindSince()).to.equal(0n);
      await p.pool.reportBlind();
      expect(await p.pool.blindSince()).to.equal(await time.latest());
    });

    it("forgets the record as soon as anything reads a good price", async () => {
      const p = await loadFixture(fixture);
      await p.provideAssets(p.lender, p.assets("10"));
      await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("1000"));
      const readers: [string, () => Promise<unknown>][] = [
        ["reportBlind", () => p.pool.reportBlind()],
        ["deposit", entries(p)[0]],
        ["withdraw", exits(p)[0]],
        ["borrow", () => p.pool.connect(p.borrower2).borrow(p.assets("1"), p.borrower2, p.borrower2)],
        [
          "withdrawCollateral",
          () => p.pool.connect(p.borrower2).withdrawCollateral(1n, p.borrower2.address, p.borrower2.address),
        ],
        [
          "writeDown",
          async () => {
            await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("500"), p.pool));
            await p.pool.writeDown([p.borrower]);
          },
        ],
        [
          "liquidate",
          async () => {
            await p.provideAssets(p.liquidator, p.assets("100"));
            await p.pool.connect(p.liquidator).liquidate(p.borrower, p.assets("100"), 0n, "0x");
          },
        ],
      ];
      for (const [name, read] of readers) {
        await p.oracle.setMode(OracleMode.Revert);
        await p.pool.reportBlind();
        expect(await p.pool.blindSince(), name).to.be.greaterThan(0n);
        await p.oracle.setMode(OracleMode.Answer);
        await read();
        expect(await p.pool.blindSince(), name).to.equal(0n);
      }
      expect(await p.pool.queryFilter(p.pool.filters.SightRegained())).to.have.length(readers.length);
    });

    itCompiled("cannot be faked by a lender who starves the call of gas", async () => {
      const p = await loadFixture(fixture);
      const expensive = await ethers.deployContract("MockOracle", [await p.oracle.price()]);
      const pool = await p.createPool({ oracle: await expensive.getAddress() });
      await p.supply(p.lender, p.assets("1000"), pool);
      await p.openPosition(p.borrower2, p.collaterals("1"), p.assets("500"), pool);
      await expensive.setMode(OracleMode.Revert);
      for (let day = 0; day < 4; day++) {
        await pool.reportBlind();
        await time.increase(DAY - 60n);
      }
      await expensive.setMode(OracleMode.Costly);
      // nobody has read the price since, and it shows a loss: an exit that could starve the oracle would be open
      await expensive.setPrice(p.priceUnits("300"));
      const redeem = pool.connect(p.lender).redeem;
      const names = new Set<string>();
      for (let gasLimit = 40_000n; gasLimit <= 700_000n; gasLimit += 10_000n) {
        const { data } = await redeem.staticCall(1_000_000n, p.lender, p.lender, { gasLimit }).then(
          () => expect.fail(`left with ${gasLimit} gas`),
          (error: { data?: unknown }) => error,
        );
        names.add(typeof data === "string" && data !== "0x" ? pool.interface.parseError(data)!.name : "out of gas");
      }
      expect([...names]).to.have.members(["out of gas", "InsufficientGas", "UnbookedShortfall"]);
      await expensive.setMode(OracleMode.Revert);
      const tryWith = (gasLimit: bigint) => redeem.staticCall(1_000_000n, p.lender, p.lender, { gasLimit });
      const { data } = await tryWith(300_000n).then(
        () => expect.fail("left with 300000 gas"),
        (error: { data: string }) => error,
      );
      const [available, needed] = pool.interface.decodeErrorResult("InsufficientGas", data) as unknown as bigint[];
      const enough = 300_000n + needed - available;
      await tryWith(enough);
      await expect(tryWith(enough - 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientGas")
        .withArgs(needed - 1n, needed);
      await redeem(1_000_000n, p.lender, p.lender);
    });

    it("cannot be faked at any other door either: each asks for the gas that the oracle may need", async () => {
      const p = await loadFixture(fixture);
      await p.provideAssets(p.lender, p.assets("100"));
      await p.oracle.setMode(OracleMode.BurnGas);
      const gas = { gasLimit: 450_000n };
      const pool = p.pool.connect(p.lender);
      const doors: [string, () => Promise<unknown>][] = [
        ["deposit", () => pool.deposit(p.assets("1"), p.lender, gas)],
        ["mint", () => pool.mint(p.assets("1") * 1000n, p.lender, gas)],
        ["withdraw", () => pool.withdraw(p.assets("1"), p.lender, p.lender, gas)],
        ["redeem", () => pool.redeem(p.assets("1") * 1000n, p.lender, p.lender, gas)],
        ["reportBlind", () => pool.reportBlind(gas)],
        ["harvest", () => p.fund.harvest(p.pool, gas)],
        ["visibleShortfall", () => pool.visibleShortfall(gas)],
        ["totalAssetsNet", () => pool.totalAssetsNet(gas)],
        ["maxDeposit", () => pool.maxDeposit(p.lender, gas)],
        ["maxMint", () => pool.maxMint(p.lender, gas)],
        ["maxWithdraw", () => pool.maxWithdraw(p.lender, gas)],
        ["maxRedeem", () => pool.maxRedeem(p.lender, gas)],
      ];
      for (const [door, call] of doors) {
        await expect(call(), door).to.be.revertedWithCustomError(p.pool, "InsufficientGas");
      }
    });

    it("counts an oracle without code or with a short answer as failed", async () => {
      const p = await loadFixture(fixture);
      const address = await p.oracle.getAddress();
      for (const code of ["0x", "0x60005ff3", "0x601f5ff3"]) {
        await ethers.provider.send("hardhat_setCode", [address, code]);
        await expect(exits(p)[0](), code).to.be.revertedWithCustomError(p.pool, "Blind");
      }
    });

    it("reads a price of 0 as what it is: worthless, and seen", async () => {
      const p = await loadFixture(fixture);
      await p.oracle.setPrice(0n);
      await expect(exits(p)[0]()).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
    });
  });

  describe("who would hold exits shut", () => {
    it("pays for it: the cheapest attempt is a real default of one's own, and one write-down ends it", async () => {
      const p = await loadFixture(large);
      // the attacker's own position, as near the limit as it goes; the price falls by what it takes
      await p.openPosition(p.borrower2, p.collaterals("20"), p.assets("34399"));
      const address = p.borrower2.address;
      await p.provideAssets(p.borrower, p.assets("90000"));
      await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
      await setNext(1n);
      await p.oracle.setPrice(await priceForLoss(address, p.assets("250"), p.pool));
      await expect(exits(p)[0]()).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
      const writeDown = p.pool.interface.encodeFunctionData("writeDown", [[address]]);
      const redeem = p.pool.interface.encodeFunctionData("redeem", [1_000_000n, p.lender.address, p.lender.address]);
      await p.pool.connect(p.lender).multicall([writeDown, redeem]);
      // to shut them again it takes another fall of the price: nothing that the attacker may do at this one shows a loss
      const attacker = p.pool.connect(p.borrower2);
      await expect(attacker.borrow(1n, address, address)).to.be.revertedWithCustomError(p.pool, "WrittenOffDebt");
      await expect(attacker.withdrawCollateral(1n, address, address)).to.be.revertedWithCustomError(
        p.pool,
        "WrittenOffDebt",
      );
      await exits(p)[0]();
      // and the collateral of the account has become the liquidators': it was worth more than the loss that it showed
      const { collateral, writtenOff } = await p.pool.positionOf(address);
      const value = Liquidation.valueOf(collateral, await p.oracle.price());
      expect(value).to.be.greaterThan(100n * writtenOff);
    });
  });

  it("refuses tolerances and blind periods out of bounds", async () => {
    const p = await loadFixture(fixture);
    for (const [parameter, value, min, max] of [
      ["guardTolerance", 1_001n, 0n, 1_000n],
      ["blindPeriod", 3_599n, 3_600n, 30n * DAY],
      ["blindPeriod", 30n * DAY + 1n, 3_600n, 30n * DAY],
    ] as const) {
      await expect(p.createPool({ [parameter]: value }))
        .to.be.revertedWithCustomError(p.factory, "OutOfBounds")
        .withArgs(parameter, value, min, max);
    }
    const strict = await p.createPool({ guardTolerance: 0n, blindPeriod: 3_600n });
    expect([await strict.guardTolerance(), await strict.blindPeriod()]).to.deep.equal([0n, 3_600n]);
  });
});

describe("LendingPool: total assets net of what is visible", () => {
  it("runs the visible shortfall through the layers, and becomes what total assets are once it is booked", async () => {
    const p = await loadFixture(async function covered() {
      const q = await deployLentPool();
      await q.stake(q.staker, q.assets("1000"));
      await q.grantCoverage(q.assets("600"));
      await q.fund.harvest(q.pool);
      await time.increase(10n * DAY);
      await q.fund.harvest(q.pool);
      await time.increase(10n * DAY);
      return q;
    });
    for (const lack of ["0", "1", "400", "700", "9000"]) {
      await show(p, p.assets(lack));
      const [net, { lenderAssets, fees, unvested }] = [await p.pool.totalAssetsNet(NEXT), await p.pool.state(NEXT)];
      const shortfall = await p.pool.visibleShortfall(NEXT);
      const layers = fees + (await p.fund.coverageAvailable(p.pool, NEXT)) + unvested;
      expect(net).to.equal(lenderAssets - (shortfall > layers ? shortfall - layers : 0n));
    }
    const net = await p.pool.totalAssetsNet(NEXT);
    await p.pool.writeDown([p.borrower]);
    expect(await p.pool.totalAssets()).to.be.closeTo(net, 1n);
    expect(await p.pool.totalAssetsNet()).to.be.closeTo(net, 1n);
  });

  it("needs no fund", async () => {
    const p = await loadFixture(async function unfunded() {
      return deployLentPool({ fund: false });
    });
    await show(p, p.assets("9000"));
    const { lenderAssets, fees, unvested } = await p.pool.state(NEXT);
    const shortfall = await p.pool.visibleShortfall(NEXT);
    expect(await p.pool.totalAssetsNet(NEXT)).to.equal(lenderAssets + fees + unvested - shortfall);
  });
});
