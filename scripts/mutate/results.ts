/** What became of each mutant, kept in a file from run to run. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

import { sourceOf } from "./compiler";
import { EQUIVALENT } from "./equivalent";
import type { Mutant } from "./operators";
import { PROPERTY, SUITES } from "./suites";
import { textOf } from "./switches";

const FILE = "cache/mutation.jsonl";

/**
 * `endless`: its tests did not end, which kills it, too. `survived`: no test fails; if there is no reason for that, its
 * bytecode is the original's (`equal`) or not (`distinct`).
 */
export type Status = "killed" | "endless" | "survived" | "equal" | "distinct" | "uncompilable";

export interface Result {
  id: string;
  /** Of the mutant's text. */
  source: string;
  /** Of the tests that did not kill it. */
  tests?: string;
  status: Status;
  /** The test that failed. */
  by?: string;
}

const hash = (texts: string[]) => createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
const testsOf = ({ file }: Mutant) =>
  hash([...SUITES[file], ...PROPERTY.files].map((suite) => readFileSync(suite, "utf8")));

export const isAlive = (status: Status) => status === "survived" || status === "distinct";

export class Results {
  private readonly known = new Map<string, Result>();

  constructor() {
    if (!existsSync(FILE)) return;
    for (const line of readFileSync(FILE, "utf8").split("\n").filter(Boolean)) {
      const result = JSON.parse(line) as Result;
      this.known.set(result.id, result);
    }
  }

  /** What is known of a mutant. A survivor may not survive other tests. */
  of(mutant: Mutant): Result | undefined {
    const result = this.known.get(mutant.id);
    if (result?.source !== hash([textOf(mutant)])) return undefined;
    return isAlive(result.status) && result.tests !== testsOf(mutant) ? undefined : result;
  }

  add(mutant: Mutant, status: Status, by?: string): Result {
    const result: Result = { id: mutant.id, source: hash([textOf(mutant)]), status, by };
    if (isAlive(status)) result.tests = testsOf(mutant);
    this.known.set(mutant.id, result);
    mkdirSync(dirname(FILE), { recursive: true });
    appendFileSync(FILE, `${JSON.stringify(result)}\n`);
    return result;
  }
}

/** The lines that a mutant changes, as they are and as it has them. */
function linesOf({ file, edit }: Mutant): { from: string[]; to: string[] } {
  const bytes = Buffer.from(sourceOf(file));
  const start = bytes.lastIndexOf("\n", edit.start - 1) + 1;
  const end = bytes.indexOf("\n", edit.end);
  const text = (from: number, to: number) => bytes.toString("utf8", from, to);
  return {
    from: text(start, end).split("\n"),
    to: `${text(start, edit.start)}${edit.text}${text(edit.end, end)}`.split("\n"),
  };
}

export function diffOf(mutant: Mutant): string {
  const { from, to } = linesOf(mutant);
  return [...from.map((line) => `- ${line}`), ...to.map((line) => `+ ${line}`)].join("\n");
}

const trim = (lines: string[]) => lines.map((line) => line.trim()).join("\n");

/** Why a survivor is equivalent, if that is known. */
export function reasonOf(mutant: Mutant): string | undefined {
  const { from, to } = linesOf(mutant);
  return EQUIVALENT.find((known) => known.file === mutant.file && known.from === trim(from) && known.to === trim(to))
    ?.reason;
}
