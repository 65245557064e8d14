/** The results as a table by source, and every survivor. */

import { format, resolveConfig } from "prettier";

import { writeOutput } from "../lib/output";
import type { Mutant } from "./operators";
import { diffOf, isAlive, reasonOf, type Status } from "./results";

export interface Outcome {
  mutant: Mutant;
  status: Status;
}

interface Row {
  file: string;
  /** All that there are, and those that were tried. */
  mutants: number;
  tried: number;
  uncompilable: number;
  equal: number;
  killed: number;
  survived: number;
}

const COLUMNS = ["mutants", "tried", "uncompilable", "equal", "killed", "survived"] as const;
const HEADS = [
  "source",
  "mutants",
  "tried",
  "do not compile",
  "same bytecode",
  "killed",
  "survived",
  "killed of those that count",
];

/** Of those that compile into something else, the part that was killed. */
export const scoreOf = ({ killed, survived }: Pick<Row, "killed" | "survived">) =>
  killed + survived ? killed / (killed + survived) : 1;

export const survivorsOf = (outcomes: readonly Outcome[]) => outcomes.filter(({ status }) => isAlive(status));

function rowOf(file: string, all: readonly Mutant[], outcomes: readonly Outcome[]): Row {
  const count = (...statuses: Status[]) => outcomes.filter(({ status }) => statuses.includes(status)).length;
  return {
    file,
    mutants: all.length,
    tried: outcomes.length,
    uncompilable: count("uncompilable"),
    equal: count("equal"),
    killed: count("killed", "endless"),
    survived: survivorsOf(outcomes).length,
  };
}

export function tableOf(all: readonly Mutant[], outcomes: readonly Outcome[]): { rows: Row[]; total: Row } {
  const rows = [...new Set(outcomes.map(({ mutant }) => mutant.file))].sort().map((file) =>
    rowOf(
      file,
      all.filter((mutant) => mutant.file === file),
      outcomes.filter(({ mutant }) => mutant.file === file),
    ),
  );
  return { rows, total: rowOf("all", all, outcomes) };
}

const cellsOf = (row: Row) => [
  row.file,
  ...COLUMNS.map((column) => String(row[column])),
  `${(100 * scoreOf(row)).toFixed(1)} %`,
];

/** The table as text, columns aligned. */
export function showTable({ rows, total }: ReturnType<typeof tableOf>): string {
  const lines = [HEADS, ...[...rows, total].map(cellsOf)];
  const widths = HEADS.map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  return lines
    .map((cells) => cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join("  "))
    .join("\n");
}

export function showSurvivor({ mutant }: Outcome): string {
  return `${mutant.id}\n${diffOf(mutant)}\n${reasonOf(mutant) ?? "Not known to be equivalent: a test is missing."}`;
}

/** Writes the report as Markdown. */
export async function writeReport(file: string, command: string, all: readonly Mutant[], outcomes: readonly Outcome[]) {
  const { rows, total } = tableOf(all, outcomes);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const sections = survivorsOf(outcomes).map(
    ({ mutant }) =>
      `**\`${mutant.id}\`**\n\n\`\`\`diff\n${diffOf(mutant)}\n\`\`\`\n\n${reasonOf(mutant) ?? "Not known to be equivalent: a test is missing."}\n`,
  );
  const [date] = new Date().toISOString().split("T");
  const text = `# Mutation testing

How many small mistakes in the contracts do the tests notice? A program makes them, one at a time: another operator, a limit off
by one, a condition that always or never holds, a statement left out, the other rounding, two arguments exchanged, a constant
changed by one. A mutant is killed when a test fails.

\`\`\`bash
${command}
\`\`\`

wrote this page on ${date}. ${total.killed} of the ${total.killed + total.survived} mutants that count were killed: ${(100 * scoreOf(total)).toFixed(1)} %. Not counted are mutants that do not
compile, and those of which the optimiser makes the original's bytecode.

${line(HEADS)}
${line(HEADS.map((_, i) => (i ? "--:" : "---")))}
${[...rows, total].map((row) => line(cellsOf(row).map((cell, i) => (i ? cell : `\`${cell}\``.replace("`all`", "all"))))).join("\n")}

## How it works

\`scripts/mutate/operators.ts\` finds the mutants in the compiler's syntax tree; their names are the place, the operator and a number, and the
same in every run. \`scripts/mutate/switches.ts\` compiles up to some hundred of them into one build, in which a constant chooses the mutant:
the constant is replaced in the bytecode, so a mutant costs no compilation. \`scripts/mutate/suites.ts\` names the test files for
each source, the likeliest first; a process that stays runs them until one test fails, random calls against the naive model last. The test
that failed must pass in the same build with no mutant chosen, or it is left out: some measure gas. What survives all of them, and is not
known to be equivalent, is compiled alone, as for a deployment, and compared with the original's bytecode. Results are kept in \`cache/mutation.jsonl\`, so that an interrupted run goes on where it was.

Not mutated are inline assembly, the arguments of errors, and of the fund all but what a loss and a recovery reach.

## Survivors

${sections.length ? sections.join("\n") : "None.\n"}`;
  writeOutput("--report", file, await format(text, { ...(await resolveConfig(file)), parser: "markdown" }));
}
