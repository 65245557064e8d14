import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { AbiCoder } from "ethers";

import { binaryOf, MissingTool } from "./foundry";
import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";

const HELP = `Random calls by everybody against the invariants, with Foundry: 500,000 calls, the same in every run. Before that, interest
of every second of a year, one after the other.

  npm run fuzz -- --deep        50 million calls or an hour, whichever comes first, other ones in every run
  npm run fuzz -- --seed 0x2a   others
  npm run fuzz -- --calls 20000 fewer, or more, without the year

Exit code 0: every invariant held; 1: one broke, and the test that shows it is printed; 2: the command line, or no Foundry.`;

const FOLDER = "cache/foundry";
const DEPTH = 100;
const HOUR = 3_600;
/** What 31,536,000 steps take, and more. */
const GAS_OF_A_YEAR = "1000000000000";
const SUITES = ["DollarInvariants", "EtherInvariants"] as const;
const SIZES = { normal: 500_000, deep: 50_000_000 };

interface Options {
  calls: number;
  seed?: string;
  deep: boolean;
  /** Whether to accrue a year in seconds. */
  year: boolean;
}

/** What is used of forge's report on one campaign. */
interface Result {
  status: "Success" | "Failure" | "Skipped";
  reason: string | null;
  counterexample: { Sequence?: [number, Call[]] } | null;
  kind: { Invariant?: { runs: number; calls: number } };
}

interface Call {
  func_name?: string;
  signature?: string;
  raw_args?: string | null;
}

type Report = Record<string, { test_results: Record<string, Result> }>;

function parseOptions(): Options | undefined {
  const { values } = parseCommandLine({
    options: {
      help: { type: "boolean" },
      deep: { type: "boolean" },
      seed: { type: "string" },
      calls: { type: "string" },
    },
  });
  if (values.help) return undefined;
  const { deep = false, seed = deep ? undefined : "0x1", calls = String(deep ? SIZES.deep : SIZES.normal) } = values;
  if (seed !== undefined && !/^(0x[0-9a-f]{1,64}|\d{1,60})$/i.test(seed))
    throw new InputError(`--seed ${seed}: a number`);
  if (!/^\d{1,9}$/.test(calls) || Number(calls) < 1) throw new InputError(`--calls ${calls}: a number from 1 up`);
  return { calls: Number(calls), seed, deep, year: values.calls === undefined };
}

/** Compiles everything: of what a test only deploys by name, forge would not know that it is needed. */
async function build() {
  const [code] = (await once(spawn(binaryOf("forge"), ["build"], { stdio: "inherit" }), "exit")) as [number | null];
  if (code !== 0) throw new Error("the contracts do not compile");
}

/** Forge's report; what it says on the way goes to the terminal. */
async function test(args: string[], variables: Record<string, string>): Promise<string> {
  const forge = spawn(binaryOf("forge"), ["test", "--json", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...variables },
  });
  return text(forge.stdout);
}

function parseReport(output: string): Report {
  const line = output.split("\n").find((candidate) => candidate.startsWith('{"test/'));
  if (line) return JSON.parse(line) as Report;
  console.error(output);
  throw new Error("forge has not come to the tests");
}

/* THE TALLY */

const tallyOf = (suite: string) => join(FOLDER, `${suite}.tally`);

/** How often each call went through and was refused, by name. */
function readTallies(): Map<string, [done: bigint, refused: bigint]> {
  const artifact = readFileSync(join(FOLDER, "out/Handler.sol/Handler.json"), "utf8");
  const { methodIdentifiers } = JSON.parse(artifact) as { methodIdentifiers: Record<string, string> };
  const names = Object.entries(methodIdentifiers).map(([name, id]) => [`0x${id}`, name.split("(")[0]] as const);
  const nameOf = new Map<string, string>(names);
  const tally = new Map<string, [bigint, bigint]>();
  for (const file of SUITES.map(tallyOf).filter(existsSync)) {
    const types = ["bytes4[]", "uint256[]", "uint256[]"];
    const [ids, done, refused] = AbiCoder.defaultAbiCoder().decode(types, readFileSync(file)) as unknown as [
      string[],
      bigint[],
      bigint[],
    ];
    ids.forEach((id, i) => {
      const name = nameOf.get(id) ?? id;
      const [doneSoFar, refusedSoFar] = tally.get(name) ?? [0n, 0n];
      tally.set(name, [doneSoFar + done[i], refusedSoFar + refused[i]]);
    });
  }
  return tally;
}

function printTally() {
  const rows = [...readTallies()].map(([name, counts]) => [name, ...counts.map((n) => n.toLocaleString("en"))]);
  console.log(`\n${"call".padEnd(20)}${"went through".padStart(14)}${"refused as predicted".padStart(24)}`);
  for (const [name, done, refused] of rows) console.log(name.padEnd(20) + done.padStart(14) + refused.padStart(24));
}

/* A FAILURE */

/** The sequence that broke an invariant, as a test to put into test/foundry. */
function testOf(suite: string, calls: readonly Call[]): string {
  const lines = calls.map(
    ({ func_name, signature, raw_args }) =>
      `        handler.${func_name ?? signature?.split("(")[0]}(${raw_args ?? ""});`,
  );
  return `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {${suite}} from "./${suite}.t.sol";

// test/foundry/Reproduction.t.sol; npx forge test --match-test test_reproduction -vvvv
contract Reproduction is ${suite} {
    function test_reproduction() external {
${lines.join("\n")}
        this.invariant_holdsBetweenCalls();
        this.afterInvariant();
    }
}
`;
}

/** Whether accruing in every second of a year comes to what accruing once does. */
async function holdsForAYear(): Promise<boolean> {
  const started = Date.now();
  const output = await test(["--match-contract", "^YearOfSeconds$"], { FOUNDRY_GAS_LIMIT: GAS_OF_A_YEAR });
  const tests = Object.values(parseReport(output)).flatMap(({ test_results }) => Object.entries(test_results));
  for (const [name, { status, reason }] of tests)
    console.log(`a year of seconds, ${name.replace(/^test_|\(\)$/g, "")}: ${status === "Success" ? "held" : reason}`);
  console.log(`in ${((Date.now() - started) / 1_000).toFixed(0)} s\n`);
  return tests.length !== 0 && tests.every(([, { status }]) => status === "Success");
}

function printFailure(suite: string, { reason, counterexample }: Result) {
  console.log(`\n${suite}: ${reason ?? "failed"}\n`);
  const sequence = counterexample?.Sequence?.[1];
  if (sequence) console.log(testOf(suite, sequence));
}

void runCommand(async () => {
  const options = parseOptions();
  if (!options) return console.log(HELP);
  for (const suite of SUITES) rmSync(tallyOf(suite), { force: true });
  const runs = Math.ceil(options.calls / SUITES.length / DEPTH);
  try {
    await build();
  } catch (error) {
    throw error instanceof MissingTool ? new InputError(error.message) : error;
  }
  if (options.year && !(await holdsForAYear())) process.exitCode = 1;
  const goal = options.deep
    ? `${options.calls.toLocaleString("en")} calls or an hour`
    : `${options.calls.toLocaleString("en")} calls`;
  console.log(`${goal}, in sequences of ${DEPTH}, seed ${options.seed ?? "drawn by forge"}`);
  const started = Date.now();
  const output = await test(
    ["--match-contract", "^(Dollar|Ether)Invariants$", ...(options.seed ? ["--fuzz-seed", options.seed] : [])],
    {
      FOUNDRY_INVARIANT_RUNS: String(runs),
      FOUNDRY_INVARIANT_DEPTH: String(DEPTH),
      ...(options.deep && {
        FOUNDRY_INVARIANT_TIMEOUT: String(HOUR),
        FOUNDRY_INVARIANT_CORPUS_DIR: join(FOLDER, "corpus"),
      }),
    },
  );
  const results = Object.entries(parseReport(output)).flatMap(([path, { test_results }]) =>
    Object.values(test_results).map((result) => [path.split(":")[1], result] as const),
  );
  const seconds = (Date.now() - started) / 1_000;
  const calls = results.reduce((sum, [, { kind }]) => sum + (kind.Invariant?.calls ?? 0), 0);
  console.log(
    `\n${calls.toLocaleString("en")} calls in ${seconds.toFixed(0)} s: ${(calls / seconds).toFixed(0)} per second`,
  );
  const broken = results.filter(([, { status }]) => status !== "Success");
  // the search for the shortest sequence makes many calls, which count for nothing
  if (!broken.length) printTally();
  for (const [suite, result] of broken) printFailure(suite, result);
  if (broken.length || !results.length) process.exitCode = 1;
});
