import { expect } from "chai";

import {
  absenceNote,
  prepare,
  scenarioFromPrices,
  SCENARIOS,
  thin,
  withWindowSteps,
} from "../../../scripts/replay/scenarios";
import type { Step } from "../../../scripts/replay/types";

const at = (time: string) => Date.parse(time) / 1000;
const priceAt = (steps: readonly Step[], time: number) => steps.filter((step) => step.time <= time).at(-1)?.price;

describe("replay: scenarios", () => {
  it("replays Black Thursday through its public levels", () => {
    const { steps } = prepare(SCENARIOS["black-thursday"]);
    const levels: [time: string, price: number][] = [
      ["2020-03-12T00:00Z", 195],
      ["2020-03-12T07:00Z", 173],
      ["2020-03-12T10:00Z", 168],
      ["2020-03-12T11:00Z", 140],
      ["2020-03-12T15:00Z", 137],
      ["2020-03-12T18:00Z", 142],
      ["2020-03-12T21:00Z", 129],
      ["2020-03-12T23:00Z", 125],
      ["2020-03-13T00:00Z", 112],
      ["2020-03-13T01:30Z", 107],
      ["2020-03-13T02:00Z", 96],
      ["2020-03-13T02:15Z", 86],
      ["2020-03-13T02:25Z", 86],
      ["2020-03-13T02:30Z", 103],
      ["2020-03-13T02:40Z", 119],
      ["2020-03-13T04:00Z", 120],
      ["2020-03-13T08:00Z", 131],
      ["2020-03-13T14:00Z", 134],
    ];
    for (const [time, price] of levels) {
      expect(
        steps.filter((step) => step.time === at(time)).map((step) => step.price),
        time,
      ).to.deep.equal([price]);
    }
    expect(steps[0].time).to.equal(at("2020-03-12T00:00Z"));
    expect(steps.at(-1)?.time).to.equal(at("2020-03-13T14:00Z"));
    expect(priceAt(steps, at("2020-03-12T03:30Z"))).to.equal(184);
  });

  for (const scenario of Object.values(SCENARIOS)) {
    it(`${scenario.name} has rising times, positive prices and a step where keepers come and go`, () => {
      const { steps, keepersOffline, noBids } = prepare(scenario);
      const times = steps.map(({ time }) => time);
      expect(new Set(times).size).to.equal(times.length);
      expect(times).to.deep.equal([...times].sort((a, b) => a - b));
      expect(Math.min(...steps.map(({ price }) => price))).to.be.above(0);
      for (const { from, to } of [...keepersOffline, ...noBids]) expect(times).to.include.members([from, to]);
    });
  }

  it("replaces the scenario's absences by given ones", () => {
    const offline = [{ from: at("2020-03-12T05:01Z"), to: at("2020-03-12T05:02Z") }];
    const prepared = prepare(SCENARIOS["black-thursday"], offline);
    expect(prepared.keepersOffline).to.deep.equal(offline);
    expect(prepared.steps.map(({ time }) => time)).to.include.members([offline[0].from, offline[0].to]);
  });

  it("leaves the scenario's absences out if there are to be none", () => {
    expect(prepare(SCENARIOS["black-thursday"], []).keepersOffline).to.deep.equal([]);
  });

  describe("of one's own prices", () => {
    const every = (seconds: number, from: string, to: string) =>
      Array.from({ length: Math.floor((at(to) - at(from)) / seconds) + 1 }, (_, i) => ({
        time: at(from) + i * seconds,
        price: 100 + i,
      }));
    const absences = (steps: Step[]) => scenarioFromPrices("own.csv", steps).keepersOffline;
    const known = SCENARIOS["black-thursday"].keepersOffline;

    it("has the absences of Black Thursday that the prices span, and says so", () => {
      const scenario = scenarioFromPrices("own.csv", every(300, "2020-03-08T00:00Z", "2020-03-17T00:00Z"), ["said"]);
      expect(scenario.keepersOffline).to.deep.equal(known);
      expect(scenario.notes).to.deep.equal(["said"]);
      expect(absenceNote(scenario)).to.equal(
        "The prices span Black Thursday: the keepers are away 12 Mar 10:15 to 12:30 and 13 Mar 01:40 to 02:25, as they were then. Leave that out with --keepers-offline none.",
      );
      expect(absences(every(300, "2020-03-12T12:00Z", "2020-03-17T00:00Z"))).to.deep.equal([known[1]]);
    });

    it("has none that its prices are too coarse for", () => {
      expect(absences(every(86_400, "2020-03-01T00:00Z", "2020-04-01T00:00Z"))).to.deep.equal([]);
      expect(absences(every(3_600, "2020-03-01T00:00Z", "2020-04-01T00:00Z"))).to.deep.equal([known[0]]);
    });

    it("has none on other days", () => {
      expect(absences(every(300, "2021-05-17T00:00Z", "2021-05-20T00:00Z"))).to.deep.equal([]);
    });
  });

  it("holds the price at a step inserted for a window, and inserts none outside the replay", () => {
    const steps = [
      { time: 100, price: 5 },
      { time: 200, price: 7 },
    ];
    expect(
      withWindowSteps(steps, [
        { from: 50, to: 150 },
        { from: 150, to: 300 },
      ]),
    ).to.deep.equal([steps[0], { time: 150, price: 5 }, steps[1]]);
  });

  describe("thinning", () => {
    // A path that wanders, falls to a single deep low and recovers.
    const path = Array.from({ length: 3_000 }, (_, i): Step => {
      const swing = 1 + 0.01 * Math.sin(i / 7) + 0.004 * Math.sin(i * 1.7);
      const fall = i < 1_500 ? 1 - i / 3_000 : 0.5 + (i - 1_500) / 6_000;
      return { time: 1_000 + 60 * i, price: 200 * swing * fall * (i === 1_501 ? 0.8 : 1) };
    });
    const { steps, move } = thin(path, [], 300);

    it("leaves a short path alone", () => {
      expect(thin(path, [], 3_000)).to.deep.equal({ steps: path, move: 0 });
    });

    it("keeps to the limit, the order, the ends and the extremes", () => {
      expect(steps.length).to.be.within(200, 300);
      expect(steps[0]).to.equal(path[0]);
      expect(steps.at(-1)).to.equal(path.at(-1));
      const prices = path.map(({ price }) => price);
      expect(steps.map(({ price }) => price)).to.include.members([Math.min(...prices), Math.max(...prices)]);
    });

    it("loses no move of the size that it states", () => {
      for (const { time, price } of path) {
        expect(Math.abs(price / priceAt(steps, time)! - 1)).to.be.below(move);
      }
    });

    it("keeps new lows ten times finer", () => {
      let lowest = Infinity;
      for (const { time, price } of path) {
        lowest = Math.min(lowest, price);
        const seen = Math.min(...steps.filter((step) => step.time <= time).map((step) => step.price));
        expect(seen / lowest - 1).to.be.below(move / 9);
      }
    });

    it("keeps the instants at which keepers come and go, and says what was done", () => {
      const offline = [{ from: path[100].time + 7, to: path[200].time + 7 }];
      const prepared = prepare(scenarioFromPrices("dir/prices.csv", path), offline);
      expect(prepared.steps.map(({ time }) => time)).to.include.members([offline[0].from, offline[0].to]);
      expect(prepared.name).to.equal("prices");
      expect(prepared.notes[0]).to.match(/^3,000 prices thinned to \d+ steps: every turning point and every move of/);
    });
  });
});
