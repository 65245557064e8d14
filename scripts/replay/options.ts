import { parseArgs } from "node:util";

import { InputError } from "../lib/errors";
import { checkOutputs } from "../lib/output";
import { SCENARIOS } from "./scenarios";

export const HELP = `Replays a crash on a local chain: who is liquidated, what is lost, who pays for it and who is paid back.

  npm start -- [options]

  --scenario NAME           ${Object.keys(SCENARIOS).join(", ")} (default black-thursday)
  --prices FILE.csv         your own prices instead: a timestamp column and a price or close column.
                            Prices of 12–13 March 2020 finer than the keepers' absences of black-thursday get those, too
  --book FILE.csv           your own borrowers: debt and health, or collateral and debt in one currency
  --lenders N               how many lenders (default 50)
  --borrowers N             how many borrowers (default 200; with --book, the N largest of the file)
  --cover PERCENT           insurance as a percentage of the lenders' deposits (default: the scenario's)
  --keepers-offline FROM..TO
                            nobody liquidates or writes down from FROM to before TO; repeatable, replaces the scenario's own,
                            and "none" leaves them out. UTC, as 2020-03-12T10:15, as 10:15 (the first of the replay, or after FROM) or as 13T01:40
  --seed N                  another draw of the same book and lenders (default 1)
  --json FILE               write the result as JSON
  --report FILE.html        write a page of plots
  --help                    show this

Amounts in the JSON are decimal strings in base units of the loan asset. Exit code 0: every identity held;
1: one broke; 2: an option or a file needs your attention.`;

export interface Options {
  help: boolean;
  scenario: string;
  prices?: string;
  book?: string;
  lenders: number;
  borrowers?: number;
  /** Fraction of the lenders' deposits. */
  cover?: number;
  keepersOffline: string[];
  seed: number;
  json?: string;
  report?: string;
}

const FLAGS = {
  scenario: { type: "string" },
  prices: { type: "string" },
  book: { type: "string" },
  lenders: { type: "string" },
  borrowers: { type: "string" },
  cover: { type: "string" },
  "keepers-offline": { type: "string", multiple: true },
  seed: { type: "string" },
  json: { type: "string" },
  report: { type: "string" },
  help: { type: "boolean" },
} as const;

function parseFlags(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: FLAGS, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const name = /'(?:-\w, )?(-*[^\s'=]+)/.exec(error.message)?.[1] ?? "an option";
    if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") {
      const takesValue = name !== "--help";
      throw new InputError(takesValue ? `${name} needs a value: see --help` : `${name} takes no value: leave it out`);
    }
    throw new InputError(`${name} is not an option: see --help for the list`);
  }
}

function parseInteger(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new InputError(`--${flag} ${text}: give a whole number from ${min} to ${max}`);
}

function parsePercent(flag: string, text: string): number {
  const value = /^\d+(\.\d+)?%?$/.test(text) ? parseFloat(text) : NaN;
  if (value >= 0 && value <= 100) return value / 100;
  throw new InputError(`--${flag} ${text}: give a percentage from 0 to 100`);
}

/**
 * Reads the command line.
 * @throws InputError with one line that says what to do.
 */
export function parseOptions(argv: string[]): Options {
  const flags = parseFlags(argv);
  if (flags.scenario !== undefined && flags.prices !== undefined) {
    throw new InputError("--scenario and --prices exclude each other: give one of them");
  }
  const scenario = flags.scenario ?? "black-thursday";
  if (!Object.hasOwn(SCENARIOS, scenario)) {
    throw new InputError(`--scenario ${scenario}: choose one of ${Object.keys(SCENARIOS).join(", ")}`);
  }
  for (const flag of ["prices", "book"] as const) {
    if (flags[flag] === "") throw new InputError(`--${flag} needs the name of a file`);
  }
  if (!flags.help) {
    const { json, report, prices, book } = flags;
    checkOutputs({ "--json": json, "--report": report }, { "--prices": prices, "--book": book });
  }
  return {
    help: flags.help ?? false,
    scenario,
    prices: flags.prices,
    book: flags.book,
    lenders: parseInteger("lenders", flags.lenders ?? "50", 3, 1_000),
    borrowers: flags.borrowers === undefined ? undefined : parseInteger("borrowers", flags.borrowers, 1, 1_000),
    cover: flags.cover === undefined ? undefined : parsePercent("cover", flags.cover),
    keepersOffline: flags["keepers-offline"] ?? [],
    seed: parseInteger("seed", flags.seed ?? "1", 0, 2 ** 32 - 1),
    json: flags.json,
    report: flags.report,
  };
}
