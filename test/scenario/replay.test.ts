import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { FixedPoint } from "../../sdk";
import { contextOf } from "../../deploy/lib/context";
import { generateBook } from "../../scripts/replay/book";
import { Chain } from "../../scripts/replay/chain";
import { findMarket } from "../../scripts/replay/market";
import { prepare, SCENARIOS } from "../../scripts/replay/scenarios";
import { simulate } from "../../scripts/replay/simulate";
import { LAYERS, type Scenario, type Trace } from "../../scripts/replay/types";
import { artifacts, deployments, environment, ethers, getNamedAccounts, network, takeSnapshot } from "../helpers/hre";

const { sum } = FixedPoint;

describe("replay", () => {
  /** A few people on a chain of their own, which is as it was afterwards. */
  async function replay(scenario: Scenario, seed = 1): Promise<Omit<Trace, "seconds">> {
    const { provider } = network;
    const { gasLimit } = (await ethers.provider.getBlock("latest"))!;
    await deployments.fixture();
    const start = await takeSnapshot();
    const { find } = await contextOf(environment);
    const chain = { artifacts, deployments, ethers, namedAccounts: await getNamedAccounts(), provider, find };
    try {
      const market = await findMarket(chain, scenario);
      const input = { scenario, book: generateBook(16, seed), lenders: 4, seed };
      return await simulate(market, await Chain.take(chain), input, () => {});
    } finally {
      await start.restore();
      await provider.send("evm_setAutomine", [true]);
      await provider.send("evm_setBlockGasLimit", [ethers.toQuantity(gasLimit)]);
    }
  }

  /** Every fourth step is enough to tell the story, with those at which keepers come and go. */
  function shortened(name: string, cover: number): Scenario {
    const scenario = prepare({ ...SCENARIOS[name], cover });
    const edges = [...scenario.keepersOffline, ...scenario.noBids].flatMap(({ from, to }) => [from, to]);
    const { time: end } = scenario.steps[scenario.steps.length - 1];
    const kept = [...edges, end];
    return { ...scenario, steps: scenario.steps.filter(({ time }, i) => i % 4 === 0 || kept.includes(time)) };
  }

  describe("of Black Thursday with little cover", () => {
    let trace: Omit<Trace, "seconds">;
    before(async () => {
      trace = await replay(shortened("black-thursday", 0.001), 3);
    });

    it("breaks no identity", () => {
      expect(trace.violations).to.deep.equal([]);
      expect(trace.identitiesChecked).to.be.above(1_000);
    });

    it("loses what keepers could not save, through every layer to the lenders' principal", () => {
      expect(trace.liquidations).to.not.be.empty;
      const [{ time }] = trace.losses;
      expect(time).to.be.within(Date.UTC(2020, 2, 12, 10, 15) / 1000, Date.UTC(2020, 2, 12, 12, 29) / 1000);
      expect(trace.points.find((point) => point.time === time)!.keepersOnline).to.equal(false);
      for (const layer of LAYERS) expect(trace.losses[0][layer], layer).to.be.above(0n);
      for (const loss of trace.losses) expect(sum(LAYERS.map((layer) => loss[layer]))).to.equal(loss.shortfall);
    });

    it("treats leaver, stayer and entrant alike", () => {
      const { leaver, stayer, entrant, spread } = trace.fairness!;
      expect(spread).to.be.at.most(1e-9);
      expect(leaver.claims).to.equal(stayer.claims).and.to.be.above(0n);
      expect(leaver.afterLoss).to.be.below(leaver.stake);
      expect(entrant.claims).to.equal(0n);
      expect(entrant.stake - entrant.afterLoss).to.be.within(0n, 2n);
    });

    it("refuses exits past an unbooked loss, and pays who books it and leaves what a stayer has", () => {
      const { refusedExits, exit } = trace.guard;
      const away = trace.points.filter(({ keepersOnline }) => !keepersOnline);
      expect(refusedExits).to.be.within(2, away.length);
      expect(exit!.visible).to.be.above(exit!.tolerated);
      expect(exit!.leaverValue).to.equal(exit!.stayerValue).and.to.be.below(exit!.stake);
      expect([exit!.lossId, exit!.time]).to.deep.equal([trace.losses[0].id, trace.losses[0].time]);
      expect(trace.fairness!.lossId).to.equal(exit!.lossId);
    });

    it("draws the depth before the crash and when the most loss was to be seen", () => {
      const { first, worst } = trace.depth;
      expect([first.time, first.now.price]).to.deep.equal([trace.points[0].time, trace.points[0].price]);
      expect([first.now.debt, first.now.badDebt]).to.deep.equal([0n, 0n]);
      expect(worst.now.badDebt).to.be.at.least(trace.guard.exit!.visible);
      expect(worst.now.debt).to.be.above(worst.now.badDebt);
      expect(worst.curve.map(({ price }) => price)).to.deep.equal(first.curve.map(({ price }) => price));
      // liquidations have left less to go wrong at any price
      worst.curve.forEach(({ debt }, i) => expect(debt).to.be.at.most(first.curve[i].debt));
      expect(first.curve[0].debt).to.be.within((trace.borrowed * 9n) / 10n, trace.borrowed + 16n);
    });

    it("pays back what defaulters and the treasury bring, and no more", () => {
      const sources = new Set(trace.recoveries.map(({ source }) => source));
      expect(sources).to.include("repayment").and.to.include("treasury");
      for (const { recovered, shortfall } of trace.losses) expect(recovered).to.be.within(1n, shortfall);
      const last = trace.points[trace.points.length - 1];
      expect(last.claimed).to.be.within(1n, last.recovered);
      expect(last.shareValue).to.be.above(last.sharePrice);
    });

    it("measures gas", () => {
      for (const call of ["liquidate", "writeDown", "claim"] as const) expect(trace.gas[call]).to.be.above(50_000);
    });
  });

  it("keeps lenders whole where cover suffices", async () => {
    const trace = await replay(shortened("black-thursday", 0.05), 3);
    expect(trace.violations).to.deep.equal([]);
    expect(trace.losses).to.not.be.empty;
    for (const { interest, principal } of trace.losses) expect(interest + principal).to.equal(0n);
    expect(trace.fairness).to.equal(undefined);
    const { stake, leaverValue, stayerValue } = trace.guard.exit!;
    expect(leaverValue).to.equal(stayerValue).and.to.equal(stake);
  });

  it("brings back everything that was written down of a stablecoin that recovers", async () => {
    const trace = await replay(shortened("depeg", 0.002));
    expect(trace.violations).to.deep.equal([]);
    expect(trace.lltv).to.equal(0.94);
    expect(trace.guard).to.deep.equal({ refusedExits: 0 });
    expect(sum(trace.losses.map(({ principal }) => principal))).to.be.above(0n);
    for (const { recovered, shortfall } of trace.losses) expect(recovered).to.be.at.least(shortfall);
    const last = trace.points[trace.points.length - 1];
    expect(last.writtenOff).to.equal(0n);
    expect(last.shareValue).to.be.above(1);
  });

  it("wipes out the fund where a collateral goes to zero", async () => {
    const trace = await replay(shortened("collapse", 0.03));
    expect(trace.violations).to.deep.equal([]);
    const staked = sum(trace.losses.map((loss) => loss.staked));
    expect(staked).to.be.at.least(trace.cover.staked);
    const emptied = trace.losses.find((loss) => loss.staked > 0n)!;
    expect(trace.endings.map(({ of }) => of)).to.include("fund");
    expect(trace.endings[0].time).to.be.at.least(emptied.time);
    expect(sum(trace.losses.map(({ principal }) => principal)) * 20n).to.be.above(trace.deposits);
    expect(trace.fairness!.spread).to.be.at.most(1e-9);
    // the runner left early, while the fund still paid; losses went on until one reached principal
    const { exit } = trace.guard;
    expect(exit!.leaverValue).to.equal(exit!.stayerValue).and.to.equal(exit!.stake);
    expect(exit!.time).to.be.below(trace.fairness!.time);
    const reached = trace.losses.find(({ principal }) => principal > 0n);
    expect(trace.fairness).to.include({ lossId: reached!.id, time: reached!.time });
  });

  it("is the same for the same seed", async () => {
    const scenario = { ...shortened("black-thursday", 0.001), steps: SCENARIOS["black-thursday"].steps.slice(0, 20) };
    const [first, second] = [await replay(scenario), await replay(scenario)];
    expect(second).to.deep.equal(first);
  });

  describe("from the command line", () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["-r", "ts-node/register", "scripts/replay.ts", ...args], { encoding: "utf8" });

    it("prints help", () => {
      const { status, stdout } = run("--help");
      expect(status).to.equal(0);
      expect(stdout).to.contain("--keepers-offline FROM..TO");
    });

    it("tries what it is to write before anything else", () => {
      const { status, stdout, stderr } = run("--json", "/dev/full", "--report", "report.html");
      expect([status, stdout, stderr]).to.deep.equal([2, "", "--json /dev/full: no space is left there\n"]);
    });

    it("answers a mistake with one line and exit code 2", () => {
      const { status, stdout, stderr } = run("--prices", "no-such-file.csv");
      expect(status).to.equal(2);
      expect(stdout).to.equal("");
      expect(stderr).to.equal("no-such-file.csv: there is no such file\n");
    });
  });
});
