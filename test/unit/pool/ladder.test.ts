import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { FixedPoint, Liquidation, RiskLadder } from "../../../sdk";
import { loadFixture } from "../../helpers/hre";
import { readStorage } from "../../helpers/layout";
import { lackOf } from "../../helpers/losses";
import { OracleMode } from "../../helpers/oracle";
import { deployProtocol } from "../../helpers/protocol";
import { callOf, deployAccount, deployLentPool, NEXT, setNext, type LentPool } from "../../helpers/pool";

const { WAD } = FixedPoint;

/** 100,000 lent, 80,000 of it to one borrower. */
const fixture = () => deployLentPool();

describe("LendingPool: depth", () => {
  it("tells, for each price, what could be liquidated and what of that would be lost", async () => {
    const p = await loadFixture(fixture);
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("12000"));
    const prices = ["2000", "1850", "1600", "1400", "1000", "0"].map(p.priceUnits);
    await setNext();
    const points = await p.pool.depth(prices, NEXT);
    const accounts = [p.borrower, p.borrower2];
    for (const [i, price] of prices.entries()) {
      let [collateral, debt, badDebt] = [0n, 0n, 0n];
      for (const account of accounts) {
        const position = await p.pool.positionOf(account, NEXT);
        const value = Liquidation.valueOf(position.collateral, price);
        if (Liquidation.isHealthy(value, position.debt, await p.pool.lltv())) continue;
        const performing = Liquidation.performing(value, await p.pool.writeDownIncentive());
        collateral += position.collateral;
        debt += position.debt;
        badDebt += position.debt > performing ? position.debt - performing : 0n;
      }
      expect([...points[i]]).to.deep.equal([collateral, debt, badDebt]);
    }
    // none; one of them; both; all of it
    expect(points[0].debt).to.equal(0n);
    expect(points[1].collateral).to.equal(p.collaterals("50"));
    expect(points[4].collateral).to.equal(p.collaterals("60"));
    expect(points[5].badDebt).to.equal(points[5].debt);
    expect(await p.pool.depth([])).to.deep.equal([]);
  });

  it("leaves out written-off debt, and asks no oracle", async () => {
    const p = await loadFixture(fixture);
    await p.oracle.setPrice(0n);
    await p.pool.writeDown([p.borrower]);
    await p.oracle.setMode(OracleMode.Revert);
    expect([...(await p.pool.depth([0n]))[0]]).to.deep.equal([0n, 0n, 0n]);
  });
});

describe("LendingPool: the ladder", () => {
  async function scan(p: LentPool, accounts: string[]) {
    const ticks = new Map<bigint, [bigint, bigint]>();
    for (const account of accounts) {
      const [scaled, { collateral }] = [await p.pool.scaledDebtOf(account), await p.pool.positionOf(account)];
      const tick = RiskLadder.tickOf(scaled, collateral);
      if (tick === 0n) continue;
      const [a, b] = ticks.get(tick) ?? [0n, 0n];
      ticks.set(tick, [a + scaled, b + collateral]);
    }
    return [...ticks].sort(([a], [b]) => (a > b ? -1 : 1)).map(([tick, sums]) => [tick, ...sums]);
  }
  const ladderOf = async (p: LentPool) => (await p.pool.ladder(MaxUint256, MaxUint256)).map((tick) => [...tick]);

  it("follows a position through every call that changes it", async () => {
    const p = await loadFixture(fixture);
    const accounts = [p.borrower.address, p.borrower2.address];
    const expectLadder = async (what: string) => expect(await ladderOf(p), what).to.deep.equal(await scan(p, accounts));
    await p.provideAssets(p.borrower, p.assets("90000"));
    await p.provideCollateral(p.borrower, p.collaterals("100"));
    await p.provideAssets(p.liquidator, p.assets("90000"));
    const [pool, address] = [p.pool.connect(p.borrower), p.borrower.address];
    const steps: [string, () => Promise<unknown>][] = [
      ["a second position", () => p.openPosition(p.borrower2, p.collaterals("50"), p.assets("8000"))],
      ["supplyCollateral", () => pool.supplyCollateral(p.collaterals("20"), address)],
      ["supplyCollateral within a tick", () => pool.supplyCollateral(1n, address)],
      ["withdrawCollateral", () => pool.withdrawCollateral(p.collaterals("20"), address, address)],
      ["repay", () => pool.repay(p.assets("20000"), address)],
      ["borrow", () => pool.borrow(p.assets("20000"), address, address)],
      ["writeDown", () => p.setPrice("1500").then(() => p.pool.writeDown([address]))],
      ["liquidate", () => p.pool.connect(p.liquidator).liquidate(address, p.assets("20000"), 0n, "0x")],
      [
        "writeDown within a liquidation",
        async () => {
          await p.setPrice("1300");
          await p.pool.connect(p.liquidator).liquidate(address, p.assets("1000"), 0n, "0x");
        },
      ],
      ["refinance", () => p.setPrice("9000").then(() => p.pool.refinance(address))],
      ["repay all", () => pool.repay(MaxUint256, address)],
      ["withdrawCollateral without debt", () => pool.withdrawCollateral(p.collaterals("1"), address, address)],
      ["supplyCollateral without debt", () => pool.supplyCollateral(p.collaterals("1"), address)],
      ["borrow again", () => pool.borrow(p.assets("1000"), address, address)],
    ];
    await expectLadder("at first");
    for (const [what, step] of steps) {
      await step();
      await expectLadder(what);
    }
  });

  it("lists occupied ticks from the top, in pages", async () => {
    const p = await loadFixture(fixture);
    await p.openPosition(p.borrower2, p.collaterals("50"), p.assets("2000"));
    await p.openPosition(p.borrower3, p.collaterals("50"), p.assets("200"));
    const all = await p.pool.ladder(MaxUint256, MaxUint256);
    expect(all.map(({ collateral }) => collateral)).to.deep.equal(Array(3).fill(p.collaterals("50")));
    expect(await p.pool.ladder(MaxUint256, 2)).to.deep.equal(all.slice(0, 2));
    expect(await p.pool.ladder(all[1].tick, MaxUint256)).to.deep.equal(all.slice(1));
    expect(await p.pool.ladder(all[2].tick - 1n, MaxUint256)).to.deep.equal([]);
    expect(await p.pool.ladder(0, MaxUint256)).to.deep.equal([]);
    expect(await p.pool.ladder(MaxUint256, 0)).to.deep.equal([]);
  });

  it("prepares ticks once, and refuses what is none", async () => {
    const p = await loadFixture(fixture);
    const fresh = async () => (await p.pool.initialiseTicks.estimateGas(1000, 4)) - (await p.pool.accrue.estimateGas());
    const first = await fresh();
    await p.pool.initialiseTicks(1000, 4);
    expect(await fresh()).to.be.lessThan(first - 4n * 20_000n);
    await p.pool.initialiseTicks(RiskLadder.TOP, 1);
    await p.pool.initialiseTicks(1, 0);
    for (const [from, count] of [
      [0n, 1n],
      [RiskLadder.TOP, 2n],
      [RiskLadder.TOP + 1n, 0n],
      [1n, MaxUint256],
    ]) {
      await expect(p.pool.initialiseTicks(from, count))
        .to.be.revertedWithCustomError(p.pool, "InvalidTick")
        .withArgs(from, count, RiskLadder.TOP);
    }
    expect(await p.pool.ladder(MaxUint256, MaxUint256)).to.have.length(1);
  });

  it("costs a position without debt nothing: no tick is touched", async () => {
    const p = await loadFixture(fixture);
    await p.provideCollateral(p.stranger, p.collaterals("2"));
    const before = await ladderOf(p);
    await p.pool.connect(p.stranger).supplyCollateral(p.collaterals("1"), p.stranger);
    await p.pool.connect(p.stranger).withdrawCollateral(p.collaterals("1"), p.stranger, p.stranger);
    expect(await ladderOf(p)).to.deep.equal(before);
  });

  it("keeps its lowest tick like any other: one unit owed for all the collateral that a position holds", async () => {
    const p = await deployLentPool({ pool: { minDebt: 1n, dust: 0n } });
    const others = await ladderOf(p);
    const most = 2n ** 112n - 1n;
    await p.openPosition(p.borrower2, most - 1n, 1n);
    await p.provideCollateral(p.borrower2, 1n);
    await p.pool.connect(p.borrower2).supplyCollateral(1n, p.borrower2);
    expect(await ladderOf(p)).to.deep.equal([...others, [1n, 1n, most]]);
    // where no tick is prepared, the highest one on record is above those that the price shows to lack something, until a guard
    // looks: what it finds is no less than there is
    await p.setPrice("64000");
    await p.openPosition(p.borrower3, p.collaterals("0.1"), p.assets("5000"));
    await p.setPrice("48000");
    await p.provideCollateral(p.borrower3, p.collaterals("0.02"));
    await p.pool.connect(p.borrower3).supplyCollateral(p.collaterals("0.02"), p.borrower3);
    await p.supply(p.lender, p.assets("1"));
    await p.setPrice("32000");
    expect(await p.pool.visibleShortfall(NEXT)).to.equal(await lackOf(p, p.borrower3.address));
    await p.provideAssets(p.borrower2, 2n);
    await p.pool.connect(p.borrower2).repay(MaxUint256, p.borrower2);
    expect(await ladderOf(p)).to.have.length(2);
  });

  it("finds a tick that is alone in its word of marks, and the lowest of it", async () => {
    const p = await loadFixture(fixture);
    const [debt, { index }] = [p.assets("1000"), await p.pool.state()];
    // the first multiple of 256 above the other borrower's tick, and the collateral in the middle of it
    const [[other]] = await ladderOf(p);
    const tick = ((other as bigint) / 256n + 1n) * 256n;
    let collateral = p.collaterals("0.6");
    while (RiskLadder.tickOf((debt * WAD) / index, collateral) < tick) collateral = (collateral * 999n) / 1000n;
    collateral = (collateral * 995n) / 1000n;
    await p.oracle.setPrice((debt * 2n * Liquidation.ORACLE_SCALE) / collateral);
    await p.openPosition(p.borrower2, collateral, debt);
    expect((await ladderOf(p)).map(([at]) => at)).to.deep.equal([tick, other]);
    await p.oracle.setPrice((debt * Liquidation.ORACLE_SCALE) / collateral);
    await setNext(1n);
    const lack = await lackOf(p, p.borrower2.address);
    expect(lack).to.be.greaterThan(p.assets("10"));
    expect(await p.pool.visibleShortfall(NEXT)).to.equal(lack);
  });

  for (const [what, assetDecimals, collateralDecimals, price] of [
    ["18 decimals each", 18, 18, "2000"],
    ["bitcoin of 8 decimals against ether", 18, 8, "20"],
    ["bitcoin of 8 decimals against a dollar of 18", 18, 8, "100000"],
    ["a dollar of 2 decimals against one of 18", 18, 2, "1"],
    ["ether against a dollar of 0 decimals", 0, 18, "2000"],
  ] as const) {
    it(`has a price at its place, and reads no tick below it, whoever marked that: ${what}`, async () => {
      const p = await deployProtocol({ assetDecimals, collateralDecimals, price, pool: { minDebt: 1n, dust: 0n } });
      await p.supply(p.lender, p.assets("1000000"));
      const collateral = p.collaterals("10");
      await p.openPosition(p.borrower, collateral, (Liquidation.valueOf(collateral, await p.oracle.price()) * 3n) / 4n);
      const [{ tick }] = await p.pool.ladder(MaxUint256, 1n);
      const { index } = await p.pool.state();
      const own = RiskLadder.tickAt(
        await p.oracle.price(),
        index,
        Liquidation.performing(WAD, await p.pool.writeDownIncentive()),
      );
      // 3/4 of the value are less than half an octave below all of it
      expect(own - tick).to.be.within(1n, RiskLadder.OCTAVE / 2n);

      await p.provideAssets(p.lender, p.assets("4"));
      const gasOfDeposit = async () => {
        await setNext(10n);
        const response = await p.pool.connect(p.lender).deposit(p.assets("1"), p.lender);
        return (await response.wait())!.gasUsed;
      };
      await gasOfDeposit();
      const before = await gasOfDeposit();
      await p.pool.connect(p.stranger).initialiseTicks(tick - 150n, 300n);
      // amounts differ, and so do zero bytes and branches
      expect(await gasOfDeposit()).to.be.closeTo(before, 200n);
    });
  }

  it("cannot be put out of step by batches, operators or callbacks", async () => {
    const p = await loadFixture(fixture);
    const account = await deployAccount(p);
    const at = await account.getAddress();
    const accounts = [p.borrower.address, at, p.stranger.address];
    const act = async (...calls: [string, unknown[]][]) =>
      account.execute(await Promise.all(calls.map(([name, args]) => callOf(p.pool, name, args))));
    const encode = (name: "supplyCollateral" | "borrow" | "repay" | "withdrawCollateral", args: unknown[]) =>
      p.pool.interface.encodeFunctionData(name as "repay", args as [bigint, string]);
    await act(
      ["supplyCollateral", [p.collaterals("10"), at]],
      ["borrow", [p.assets("1000"), at, at]],
      ["repay", [p.assets("900"), at]],
      ["borrow", [p.assets("15000"), at, at]],
    );
    expect(await ladderOf(p)).to.deep.equal(await scan(p, accounts));
    await act([
      "multicall",
      [
        [
          encode("repay", [p.assets("5000"), at]),
          encode("withdrawCollateral", [p.collaterals("2"), at, at]),
          encode("supplyCollateral", [p.collaterals("1"), p.borrower.address]),
          encode("borrow", [p.assets("100"), at, at]),
        ],
      ],
    ]);
    expect(await ladderOf(p)).to.deep.equal(await scan(p, accounts));
    // an operator, for another, and calls that fail in between
    await act(["setOperator", [p.operator.address, true]]);
    await p.pool.connect(p.operator).borrow(p.assets("50"), at, p.operator);
    await p.pool.connect(p.operator).withdrawCollateral(p.collaterals("0.1"), at, p.operator);
    const tooMuch = p.pool.connect(p.operator).borrow(p.assets("8000"), at, p.operator);
    await expect(tooMuch).to.be.revertedWithCustomError(p.pool, "Unhealthy");
    expect(await ladderOf(p)).to.deep.equal(await scan(p, accounts));
    // a liquidation by the account itself of itself, whose callback tries everything else
    await p.setPrice("1400");
    await account.prepare([
      await callOf(p.pool, "supplyCollateral", [1n, at]),
      await callOf(p.pool, "repay", [p.assets("1"), at]),
      await callOf(p.pool, "writeDown", [[at, p.borrower.address]]),
    ]);
    await act(["liquidate", [at, MaxUint256, 0n, "0x01"]]);
    expect(await ladderOf(p)).to.deep.equal(await scan(p, accounts));
    await p.pool.writeDown([p.borrower.address, at, p.borrower.address, p.stranger.address]);
    expect(await ladderOf(p)).to.deep.equal(await scan(p, accounts));
  });
});

describe("LendingPool: the highest tick", () => {
  it("is an upper bound that a guard lowers when it finds it empty", async () => {
    const p = await loadFixture(fixture);
    const top = () => readStorage(p.pool, "LendingPool", ["_borrowers", "topTick"]);
    const first = await top();
    await p.openPosition(p.borrower2, p.collaterals("1"), p.assets("1700"));
    const high = await top();
    expect(high).to.be.greaterThan(first);
    await p.provideAssets(p.borrower2, p.assets("2000"));
    await p.pool.connect(p.borrower2).repay(MaxUint256, p.borrower2);
    expect(await top()).to.equal(high);
    // at a price at which the empty tick would be insolvent and the occupied one is not
    await p.setPrice("1645");
    const limit = (WAD * WAD) / (WAD + (await p.pool.writeDownIncentive()));
    const own = RiskLadder.tickAt(p.priceUnits("1645"), (await p.pool.state()).index, limit);
    expect(own).to.be.within(first, high);
    const leave = () => p.pool.connect(p.lender).withdraw(p.assets("1"), p.lender, p.lender);
    await leave();
    expect(await top()).to.be.within(first, own);
    await p.setPrice("1630");
    await expect(leave()).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
  });
});
