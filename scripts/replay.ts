import { formatEther } from "ethers";

import { poolTerms } from "../deploy/lib/terms";
import { runCommand } from "./lib/command";
import { writeOutput } from "./lib/output";
import { fitBook, generateBook } from "./replay/book";
import { readBook, readPrices } from "./replay/csv";
import { toResult } from "./replay/json";
import { HELP, parseOptions, type Options } from "./replay/options";
import { renderReport } from "./replay/report";
import { absenceNote, prepare, scenarioFromPrices, SCENARIOS } from "./replay/scenarios";
import { Progress, summarise } from "./replay/terminal";
import { BORROWED, type Borrower, type Scenario, type Trace } from "./replay/types";
import { parseWindows } from "./replay/windows";

const DEFAULT_BORROWERS = 200;

/** The pool's terms, with amounts in whole loan assets. */
const TERMS = poolTerms(0);

function ownScenario(file: string): Scenario {
  const { steps, notes } = readPrices(file);
  return scenarioFromPrices(file, steps, notes);
}

/** What to replay, and on whom. */
function readInput(options: Options): { scenario: Scenario; book: Borrower[] } {
  const { prices, borrowers, cover, seed } = options;
  const chosen = prices === undefined ? SCENARIOS[options.scenario] : ownScenario(prices);
  const replay = { from: chosen.steps[0].time, to: chosen.steps[chosen.steps.length - 1].time };
  const offline = parseWindows(options.keepersOffline, replay);
  const inherited = prices !== undefined && !offline && chosen.keepersOffline.length;
  const told = inherited ? [...chosen.notes, absenceNote(chosen)] : chosen.notes;
  const scenario = prepare({ ...chosen, cover: cover ?? chosen.cover, notes: told }, offline);

  const given =
    options.book === undefined
      ? { book: generateBook(borrowers ?? DEFAULT_BORROWERS, seed), notes: [] }
      : readBook(options.book, scenario.lltv ?? Number(formatEther(TERMS.lltv)));
  const { book, notes } = fitBook(given.book, borrowers ?? given.book.length, Number(TERMS.minDebt) / BORROWED);
  return {
    scenario: { ...scenario, lltv: given.lltv ?? scenario.lltv, notes: [...scenario.notes, ...given.notes, ...notes] },
    book,
  };
}

async function replay(options: Options): Promise<Trace> {
  const { scenario, book } = readInput(options);
  process.stdout.write("Compiling (a minute or two the first time) and deploying …\n");
  // Loaded late: a mistake on the command line should not wait for Hardhat.
  const { startChain } = await import("./chain");
  const { Chain } = await import("./replay/chain");
  const { findMarket } = await import("./replay/market");
  const { simulate } = await import("./replay/simulate");
  const environment = await startChain();

  const start = performance.now();
  const market = await findMarket(environment, scenario);
  const chain = await Chain.take(environment);
  const progress = new Progress(process.stdout, market.loanDecimals, scenario.loan);
  const { lenders, seed } = options;
  const trace = await simulate(market, chain, { scenario, book, lenders, seed }, (done, total, point) =>
    progress.show(done, total, point),
  );
  return { ...trace, seconds: (performance.now() - start) / 1000 };
}

void runCommand(async () => {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return;
  }
  const trace = await replay(options);
  console.log(summarise(trace));
  for (const violation of trace.violations) console.error(`VIOLATED  ${violation}`);
  if (trace.violations.length) process.exitCode = 1;
  const { json, report } = options;
  if (json !== undefined) writeOutput("--json", json, `${JSON.stringify(toResult(trace), null, 2)}\n`);
  if (report !== undefined) writeOutput("--report", report, renderReport(trace));
});
