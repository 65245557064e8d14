import { expect } from "chai";

import { toResult } from "../../../scripts/replay/json";
import { renderReport } from "../../../scripts/replay/report";
import { Progress, summarise } from "../../../scripts/replay/terminal";
import { syntheticTrace } from "./trace";
import { sum } from "../../helpers/numbers";

const withoutLoss = () => {
  const { fairness: _, depth, ...trace } = syntheticTrace();
  const calm = { ...depth, worst: depth.first };
  return { ...trace, losses: [], recoveries: [], guard: { refusedExits: 0 }, depth: calm, gas: {} };
};

describe("replay: what it shows", () => {
  describe("the JSON file", () => {
    const result = toResult(syntheticTrace());

    it("has the keys that others rely on", () => {
      const layers = ["shortfall", "fees", "reserve", "staked", "interest", "principal", "recovered"];
      expect(result).to.have.all.keys(
        ...["scenario", "steps", "lenders", "borrowers", "losses", "totals", "fairness", "guard", "gas"],
        ...["identitiesChecked", "violations", "seconds"],
      );
      expect(result.losses[0]).to.have.all.keys("id", ...layers);
      expect(result.totals).to.have.all.keys(...layers);
      expect(result.fairness).to.have.all.keys("leaver", "stayer", "entrant", "spread");
      expect(result.guard).to.have.all.keys("refusedExits", "leaverValue", "stayerValue");
      expect(result.gas).to.have.all.keys("liquidate", "writeDown", "claim");
    });

    it("writes amounts as decimal strings that add up", () => {
      for (const loss of [...result.losses, result.totals]) {
        const { shortfall, fees, reserve, staked, interest, principal } = loss;
        const total = sum([fees, reserve, staked, interest, principal].map(BigInt));
        expect(total.toString()).to.equal(shortfall);
      }
      expect(result.totals.shortfall).to.equal("71350000000");
      expect(result.fairness).to.deep.equal({
        leaver: "100000000000",
        stayer: "100000000000",
        entrant: "99999999999",
        spread: 0,
      });
      expect(result.guard).to.deep.equal({
        refusedExits: 6,
        leaverValue: "99850000000",
        stayerValue: "99850000001",
      });
      expect(JSON.parse(JSON.stringify(result))).to.deep.equal(result);
    });

    it("says null where nothing could be measured", () => {
      const { fairness, guard, gas, totals } = toResult(withoutLoss());
      expect(guard).to.deep.equal({ refusedExits: 0, leaverValue: null, stayerValue: null });
      expect(fairness).to.deep.equal({ leaver: null, stayer: null, entrant: null, spread: null });
      expect(gas).to.deep.equal({ liquidate: null, writeDown: null, claim: null });
      expect(totals.shortfall).to.equal("0");
    });
  });

  describe("the terminal", () => {
    it("has a table of losses, of recoveries and of fairness", () => {
      const text = summarise(syntheticTrace());
      expect(text).to.match(/12 Mar 12:30 {2}7 accounts +30,000 +2,100 +2,000 +8,000 +3,300 +14,600 +17,900/);
      expect(text).to.match(/all +71,350 +2,140 +2,000 +8,000 +3,610 +55,600 +26,900/);
      expect(text).to.match(/defaulters who repaid +17,900 +14,600 +3,300 +0 +0 +0/);
      expect(text).to.match(/leaver, out at once +0\.998500000 +0\.001500000 +1\.000000000/);
      expect(text).to.contain("Spread between leaver and stayer: 0 of the stake");
      expect(text).to.contain("Guard: 6 exits refused");
      expect(text).to.contain("12 Mar 12:30: 30,000 USD to be seen, 1,980 USD tolerated");
      expect(text).to.match(
        /with 0\.998500000 per unit of stake; .* worth 0\.998500000\. Difference: 1\.0e-11 of the stake/,
      );
      expect(text).to.contain("12,345 identities checked, 0 violated; 21.4 s");
    });

    it("dates a loss from its first booking to its last", () => {
      const trace = syntheticTrace();
      const [first, second] = trace.losses;
      const losses = [{ ...first, until: first.time + 600 }, second];
      expect(summarise({ ...trace, losses })).to.match(/1 {2}12 Mar 12:30 to 12:40 {2}7 accounts/);
      expect(renderReport({ ...trace, losses })).to.contain("Loss 1 · 12 Mar 12:30 to 12:40 · 7 accounts");
      const overnight = [{ ...first, until: first.time + 43_200 }, second];
      expect(summarise({ ...trace, losses: overnight })).to.contain("12 Mar 12:30 to 13 Mar 00:30");
    });

    it("says so when nothing was lost", () => {
      const text = summarise(withoutLoss());
      expect(text).to.contain("No loss reached the lenders' principal");
      expect(text).to.match(/Guard: .* no exit was refused/);
    });

    const show = (isTTY: boolean) => {
      const written: string[] = [];
      const write = (text: string) => written.push(text) > 0;
      const progress = new Progress({ write, isTTY, columns: 100 }, 6, "USD");
      const { points } = syntheticTrace();
      points.forEach((point, i) => progress.show(i + 1, points.length, point));
      return written;
    };

    it("rewrites one line of a terminal, within its width", () => {
      const written = show(true);
      expect(written).to.have.length(syntheticTrace().points.length);
      for (const line of written) {
        expect(line).to.match(/^\r/);
        expect(line.replace("\r\x1b[K", "").trimEnd()).to.have.length.below(100);
      }
      expect(written.at(-1)).to.contain("100 %").and.to.match(/\n$/);
    });

    it("writes a plain line now and then elsewhere, and one for every loss", () => {
      const written = show(false);
      expect(written.length).to.be.within(10, 14);
      expect(written.join("")).to.not.contain("\r").and.to.not.contain("\x1b");
      expect(written.some((line) => line.includes("12 Mar 12:30") && line.includes("loss 30,000 USD"))).to.be.true;
      expect(written.some((line) => line.includes("keepers away"))).to.be.true;
    });
  });

  describe("the report", () => {
    const page = renderReport(syntheticTrace());

    it("is one page that loads nothing", () => {
      expect(page).to.match(/^<!doctype html>/);
      expect(page).to.not.match(/(src|href)=|url\(|@import|https?:|fetch\(|XMLHttpRequest/);
    });

    it("has every plot twice, each with a title and a description of its own", () => {
      const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).to.equal(ids.length);
      for (const chart of ["price", "share", "utilisation", "coverage", "recoveries", "depth"]) {
        for (const frame of ["wide", "narrow"]) {
          expect(ids).to.include.members([`${chart}-${frame}-t`, `${chart}-${frame}-d`]);
        }
      }
      expect(page.match(/<svg /g)).to.have.length(12);
    });

    it("draws only finite numbers", () => expect(page).to.not.match(/NaN|Infinity|undefined/));

    /** A figure of the page. */
    const figure = (chart: string) => new RegExp(`<figure data-chart="${chart}".*?</figure>`).exec(page)![0];

    it("marks every liquidation and every loss, and shows each waterfall", () => {
      const trace = syntheticTrace();
      const marks = 2 * (trace.liquidations.length + trace.losses.length);
      expect(figure("price").match(/class="mark"/g)).to.have.length(marks);
      expect(page.match(/<dl class="fall">/g)).to.have.length(trace.losses.length);
    });

    it("draws the depth against the price, twice, and marks where the price stood", () => {
      const depth = figure("depth");
      expect(depth).to.contain(`data-axis="price"`);
      expect(depth.match(/class="line[^>]*>/g)).to.have.length(2 * 4);
      expect(depth.match(/class="line dashed"/g)).to.have.length(2 * 2);
      expect(depth.match(/class="mark"/g)).to.have.length(2 * 4);
      for (const label of ["first", "worst", "100", "150", "200"]) expect(depth).to.contain(`>${label}</text>`);
      // 195 of 60 to 210, and 138
      const x = (price: number) => (68 + ((960 - 68 - 16) * (price - 60)) / 150).toFixed(1);
      for (const price of [195, 138]) expect(depth).to.contain(`<circle cx="${x(price)}"`);
      expect(depth).to.match(/<path d="M[\d. ]+L/);
      expect(figure("price"))
        .to.contain(`data-axis="time"`)
        .and.to.match(/<path d="M[\d. ]+H/);
    });

    it("names a crowd of losses together", () => {
      const trace = syntheticTrace();
      const { time } = trace.losses[0];
      const losses = Array.from({ length: 7 }, (_, i) => ({ ...trace.losses[0], id: i + 1, time: time + 60 * i }));
      const crowded = renderReport({ ...trace, losses });
      expect(crowded.match(/>losses 1–7<\/text>/g)).to.have.length(2);
      expect(page).to.contain(">loss 1</text>").and.to.contain(">loss 2</text>");
    });

    it("names the units of its axes, and explains only what is there", () => {
      expect(figure("price")).to.contain(">USD per ETH</text>").and.to.contain("liquidation, by size");
      expect(figure("depth")).to.contain(">USD per ETH</text>");
      expect(figure("recoveries")).to.contain(">USD</text>");
      expect(figure("utilisation")).to.contain("aftermath, on a scale of its own");
      const calm = renderReport({ ...withoutLoss(), liquidations: [] });
      expect(calm).to.not.contain("liquidation, by size").and.to.not.contain("loss written down");
    });

    it("can be read with the keyboard", () => {
      expect(page.match(/<figure [^>]*tabindex="0" aria-label=/g)).to.have.length(6);
      const tables = page.match(/<table>/g)!.length;
      expect(page.match(/<div class="scroll" tabindex="0" role="region" aria-label="[^"]+"><table>/g)).to.have.length(
        tables,
      );
      expect(page).to.contain("use the arrow keys");
    });

    it("says when the shares of the pool or the fund became void", () => {
      const trace = syntheticTrace();
      const ended = { ...trace, endings: [{ time: trace.losses[0].time, of: "fund" as const }] };
      const line = "12 Mar 12:30: a loss left the fund's shares nearly worthless.";
      expect(summarise(ended)).to.contain(line);
      expect(renderReport(ended)).to.contain(line.replace("'", "&#39;"));
    });

    it("does not speak of keepers who were away where they never were", () => {
      const calm = withoutLoss();
      const trace = { ...calm, scenario: { ...calm.scenario, keepersOffline: [] } };
      expect(renderReport(trace)).to.contain("The keepers were never away").and.to.not.contain("nobody was refused");
      expect(summarise(trace)).to.contain("Guard: the keepers were never away");
    });

    it("counts one as one", () => {
      const trace = { ...syntheticTrace(), borrowers: 1, liquidations: [] };
      expect(summarise(trace)).to.contain("1 borrower owing");
      expect(renderReport(trace)).to.contain("1 borrower owing");
    });

    it("gives each cursor as many places as its plots have values", () => {
      const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/.exec(page)![1]) as {
        axes: Record<string, { places: number[]; labels: string[] }>;
        charts: Record<string, { values: string[] }[]>;
      };
      for (const [, chart, axis] of page.matchAll(/data-chart="(\w+)" data-axis="(\w+)"/g)) {
        const { places, labels } = data.axes[axis];
        expect(labels).to.have.length(places.length);
        for (const { values } of data.charts[chart]) expect(values, chart).to.have.length(places.length);
        expect([places[0], places.at(-1)], axis).to.deep.equal([0, 1]);
      }
    });

    it("shows what became of those who wanted to leave ahead of a loss", () => {
      expect(page)
        .to.contain("tried 6 times to leave ahead of it")
        .and.to.contain("then booked loss 1 and left in one transaction");
      expect(page).to.match(/In the block of the exit<\/td><td>0\.998500000<\/td><td>0\.998500000/);
      expect(renderReport(withoutLoss())).to.contain("nobody was refused");
    });

    it("escapes what came from outside", () => {
      const trace = syntheticTrace();
      const title = `<script>alert("1")</script>`;
      const hostile = renderReport({ ...trace, scenario: { ...trace.scenario, title, notes: [title] } });
      expect(hostile).to.not.contain("<script>alert");
    });

    it("has something to say when nothing was lost", () => {
      const calm = renderReport(withoutLoss());
      expect(calm)
        .to.contain("Nothing had to be written down")
        .and.to.not.match(/NaN|Infinity|undefined/);
    });
  });
});
