import { expect } from "chai";
import { MaxInt256, MaxUint256, parseUnits } from "ethers";
import type { LendingPool } from "../../typechain-types";
import { ethers, loadFixture, takeSnapshot, time } from "../helpers/hre";
import { FeedMode } from "../helpers/oracle";
import { callOf, deployAccount, deployLentPool, expectIdentity } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

const HEARTBEAT = 3_600n;
const GRACE = 1_800n;

describe("Attacks: oracle", () => {
  /** A pool whose price comes from a feed of `decimals`, on a chain with a sequencer. One account is healthy, one is not. */
  async function deployFed(decimals = 8) {
    const p = await deployProtocol();
    const feed = await ethers.deployContract("MockAggregator", [decimals, parseUnits("2000", decimals)]);
    const sequencer = await ethers.deployContract("MockAggregator", [0, 0]);
    await time.increase(GRACE + 1n);
    await feed.setAnswer(parseUnits("2000", decimals));
    const none = { aggregator: ethers.ZeroAddress, heartbeat: 0n, minAnswer: 0n, maxAnswer: 0n };
    const [minAnswer, maxAnswer] = [parseUnits("1", decimals), parseUnits("1000000", decimals)];
    const oracle = await ethers.deployContract("ChainlinkOracle", [
      {
        collateral: await p.collateral.getAddress(),
        loan: await p.asset.getAddress(),
        base1: { aggregator: await feed.getAddress(), heartbeat: HEARTBEAT, minAnswer, maxAnswer },
        base2: none,
        quote1: none,
        quote2: none,
        vaultSample: 0n,
        sequencer: await sequencer.getAddress(),
        gracePeriod: GRACE,
      },
    ]);
    const pool = await p.createPool({ oracle: await oracle.getAddress() });
    await p.supply(p.lender, p.assets("100000"), pool);
    await p.openPosition(p.borrower, p.collaterals("10"), p.assets("1000"), pool);
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("17000"), pool);
    await p.provideAssets(p.liquidator, p.assets("100000"), pool);
    await p.provideCollateral(p.borrower, p.collaterals("10"), pool);
    await feed.setAnswer(parseUnits("1800", decimals));
    return { ...p, pool, feed, sequencer, oracle, minAnswer, maxAnswer };
  }
  const fed = () => deployFed();

  const risky = (p: Awaited<ReturnType<typeof deployFed>>, pool: LendingPool = p.pool) => ({
    borrow: () => pool.connect(p.borrower).borrow(p.assets("1"), p.borrower, p.borrower),
    "withdraw collateral": () => pool.connect(p.borrower).withdrawCollateral(1n, p.borrower, p.borrower),
    liquidate: () => pool.connect(p.liquidator).liquidate(p.borrower2, MaxUint256, 0n, "0x"),
    "write-down": () => pool.connect(p.stranger).writeDown([p.borrower2]),
  });

  it("{0, negative, stale, future, reverting, min answer, max answer, decimals 0/6/8/18/27, sequencer down and grace} × {borrow, withdraw collateral, liquidate, write-down}: never executes on a bad price; repay and top-up work.", async () => {
    const p = await loadFixture(fed);
    const start = await takeSnapshot();
    const now = async () => BigInt(await time.latest());
    const good = parseUnits("1800", 8);
    const round = async (answer: bigint, age: bigint) => {
      const at = (await now()) - age;
      await p.feed.setRound(answer, at, at);
    };
    for (const [state, error, enter] of [
      ["0", "NegativeOrZeroAnswer", () => p.feed.setAnswer(0n)],
      ["negative", "NegativeOrZeroAnswer", () => p.feed.setAnswer(-1n)],
      ["most negative", "NegativeOrZeroAnswer", () => p.feed.setAnswer(-MaxInt256 - 1n)],
      ["stale", "StaleAnswer", () => round(good, HEARTBEAT + 1n)],
      ["future", "FutureAnswer", () => round(good, -1_000_000n)],
      ["no round", "IncompleteRound", () => p.feed.setRound(good, 0n, 0n)],
      ["reverting", "SourceFailed", () => p.feed.setMode(FeedMode.Revert)],
      ["short answer", "SourceFailed", () => p.feed.setMode(FeedMode.Short)],
      ["min answer", "AnswerOutOfBounds", () => p.feed.setAnswer(p.minAnswer)],
      ["max answer", "AnswerOutOfBounds", () => p.feed.setAnswer(p.maxAnswer)],
      ["sequencer down", "SequencerDown", () => p.sequencer.setAnswer(1n)],
      ["sequencer grace", "SequencerGrace", () => p.sequencer.setAnswer(0n)], // came back just now
    ] as const) {
      await enter();
      for (const [name, call] of Object.entries(risky(p))) {
        await expect(call(), `${name} at ${state}`).to.be.revertedWithCustomError(p.oracle, error);
      }
      await p.pool.connect(p.borrower).supplyCollateral(p.collaterals("1"), p.borrower);
      await p.pool.connect(p.liquidator).repay(p.assets("1"), p.borrower);
      await p.pool.connect(p.borrower).setOperator(p.operator, true);
      await start.restore();
    }
    // and at a good price all of it executes
    for (const [name, call] of Object.entries(risky(p))) {
      await expect(call(), name).to.not.be.reverted;
      await start.restore();
    }
  });

  for (const decimals of [0, 6, 8, 18, 27]) {
    it(`decimals of the feed: ${decimals}`, async () => {
      const p = await deployFed(decimals);
      expect(await p.oracle.price()).to.equal(p.priceUnits("1800"));
      for (const call of Object.values(risky(p))) await call();
      await expectIdentity(p.pool);
    });
  }

  it("A price read inside the liquidation callback enables nothing. With a frozen price and worthless collateral the loss ≤ the pool's caps.", async () => {
    const p = await loadFixture(lent);
    const account = await deployAccount(p);
    await account.execute([
      await callOf(p.pool, "supplyCollateral", [p.collaterals("10"), account]),
      await callOf(p.pool, "borrow", [p.assets("10000"), account, account]),
    ]);
    await p.setPrice("1800");
    const [a, max] = [p.assets("1"), MaxUint256];
    const attempts: [string, unknown[]][] = [
      ["borrow", [a, account, account]],
      ["withdrawCollateral", [p.collaterals("1"), account, account]],
      ["liquidate", [p.borrower, max, 0n, "0x"]],
      ["writeDown", [[p.borrower.address]]],
      ["deposit", [a, account]],
      ["redeem", [1_000n, account, account]],
      ["refinance", [p.borrower]],
      ["reportBlind", []],
    ];
    await account.prepare([
      await callOf(p.oracle, "setPrice", [p.priceUnits("1000000")]),
      ...(await Promise.all(attempts.map(([name, args]) => callOf(p.pool, name, args)))),
    ]);
    const call = await callOf(p.pool, "liquidate", [p.borrower, p.assets("1000"), 0n, "0x01"]);
    await account.execute([call]);
    const results = await account.queryFilter(account.filters.Attempted());
    expect(results.map(({ args }) => args.succeeded)).to.deep.equal([true, ...attempts.map(() => false)]);

    // the feed froze at 2,000 while the collateral is worth nothing: a borrower takes what is there, and no more is ever there
    const capped = await p.createPool({ supplyCap: p.assets("50000") });
    await p.setPrice("2000");
    await p.supply(p.lender, p.assets("50000"), capped);
    await expect(p.supply(p.lender2, p.assets("1"), capped)).to.be.revertedWithCustomError(capped, "SupplyCapExceeded");
    await p.openPosition(p.borrower3, p.collaterals("1000000"), p.assets("50000"), capped);
    await p.setPrice("0");
    await capped.writeDown([p.borrower3]);
    expect((await p.socializer.lossOf(1n)).shortfall).to.be.within(p.assets("50000"), p.assets("50001"));
  });
  const lent = () => deployLentPool();
});
