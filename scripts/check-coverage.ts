import { readFileSync } from "node:fs";

/** Least share of the contracts (mocks excluded) that tests must reach, in per cent. */
const THRESHOLDS = { lines: 95, functions: 95 };
const SUMMARY = "coverage/coverage-summary.json";

type Summary = { total: Record<keyof typeof THRESHOLDS, { pct: number }> };

function readSummary(): Summary {
  try {
    return JSON.parse(readFileSync(SUMMARY, "utf8")) as Summary;
  } catch {
    console.error(`${SUMMARY} is missing or unreadable: run \`npm run coverage\` first`);
    process.exit(1);
  }
}

const { total } = readSummary();
for (const metric of ["lines", "functions"] as const) {
  const reached = total[metric].pct;
  // Not `reached < least`: istanbul reports "Unknown" when nothing was measured.
  const enough = reached >= THRESHOLDS[metric];
  console.log(`${metric.padEnd(9)} ${reached} % of at least ${THRESHOLDS[metric]} %${enough ? "" : "  too low"}`);
  if (!enough) process.exitCode = 1;
}
