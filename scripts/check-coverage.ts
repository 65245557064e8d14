/** The coverage gate. */
import { readFileSync } from "node:fs";

import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";

const HELP = `Whether the tests take all lines and functions of the contracts (mocks excluded), and all branches but those that
scripts/check-coverage.ts lists with the reason why no test does.

  npm run coverage && npm run check:coverage

Exit code 0: they do; 1: they do not; 2: the command line, or no report.`;

const REPORT = "coverage.json";
const LEAST = { lines: 100, functions: 100, branches: 98 };

/** Branches that no test takes, by file and text of the line, with the reason. */
const UNTAKEN: Record<string, string> = {};

/** Of istanbul's format, hits by number of the line, function or branch. */
interface FileCoverage {
  l: Record<string, number>;
  f: Record<string, number>;
  fnMap: Record<string, { name: string; line: number }>;
  b: Record<string, number[]>;
  branchMap: Record<string, { line: number }>;
}

function readReport(): [file: string, coverage: FileCoverage][] {
  try {
    return Object.entries(JSON.parse(readFileSync(REPORT, "utf8")) as Record<string, FileCoverage>);
  } catch {
    throw new InputError(`${REPORT} is missing or unreadable: run \`npm run coverage\` first`);
  }
}

/** What of one kind was measured, and where it was missed. */
interface Measured {
  count: number;
  missed: string[];
}

function measure(): Record<keyof typeof LEAST, Measured> {
  const measured = {
    lines: { count: 0, missed: [] },
    functions: { count: 0, missed: [] },
    branches: { count: 0, missed: [] },
  } as Record<keyof typeof LEAST, Measured>;
  const add = (kind: keyof typeof LEAST, hits: number, place: string) => {
    measured[kind].count++;
    if (hits === 0) measured[kind].missed.push(place);
  };
  for (const [path, { l, f, fnMap, b, branchMap }] of readReport()) {
    const file = path.slice(path.lastIndexOf("contracts/"));
    const source = readFileSync(file, "utf8").split("\n");
    const placeOf = (line: number) => `${file}: ${source[line - 1].trim()}`;
    for (const [line, hits] of Object.entries(l)) add("lines", hits, placeOf(Number(line)));
    for (const [id, hits] of Object.entries(f)) add("functions", hits, placeOf(fnMap[id].line));
    for (const [id, arms] of Object.entries(b))
      for (const hits of arms) add("branches", hits, placeOf(branchMap[id].line));
  }
  return measured;
}

function check(): void {
  const measured = measure();
  for (const [kind, least] of Object.entries(LEAST) as [keyof typeof LEAST, number][]) {
    const { count, missed } = measured[kind];
    const reached = (100 * (count - missed.length)) / count;
    const unexplained = kind === "branches" ? missed.filter((place) => !(place in UNTAKEN)) : missed;
    // Not `reached < least`: nothing measured is not a number
    const enough = reached >= least && !unexplained.length;
    console.log(
      `${kind.padEnd(10)} ${(count - missed.length).toString().padStart(5)} of ${count}: ${reached.toFixed(2)} %, at least ${least} %`,
    );
    for (const place of missed) console.log(`  not taken: ${place}${UNTAKEN[place] ? ` (${UNTAKEN[place]})` : ""}`);
    if (!enough) process.exitCode = 1;
  }
  const stale = Object.keys(UNTAKEN).filter((place) => !measured.branches.missed.includes(place));
  for (const place of stale) console.log(`taken after all, or gone: ${place}`);
  if (stale.length) process.exitCode = 1;
}

void runCommand(async () => {
  const { values } = parseCommandLine({ options: { help: { type: "boolean" } } });
  if (values.help) console.log(HELP);
  else check();
});
