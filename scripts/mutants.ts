/**
 * Proves that the attack tests can fail: breaks the contracts in one place at a time, as test/attacks/mutants.ts says, and
 * requires that the test named there fails. `npm run test:mutants [-- NAME…]`.
 */
import { spawn } from "node:child_process";
import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path/posix";
import { MUTANTS, type Mutant } from "../test/attacks/mutants";

const SUITE = "test/attacks";
const WORKERS = Math.min(availableParallelism(), 4);

/** As those of hardhat.config.ts, but for the optimiser: the least with which the stack suffices is the fastest. */
const SETTINGS = {
  evmVersion: "cancun",
  viaIR: true,
  optimizer: { enabled: true, runs: 1, details: { yul: true, yulDetails: { optimizerSteps: "u" } } },
  metadata: { bytecodeHash: "none" },
};

interface Outcome {
  mutant: Mutant;
  caught: boolean;
  how: string;
  seconds: number;
}

/** Runs a program of this repository's dependencies, and answers all that it wrote. Through files: large pipes break off. */
function run(args: string[], directory: string, input = "", environment: Record<string, string> = {}) {
  const [from, to] = ["input", "output"].map((name) => path.join(directory, name));
  writeFileSync(from, input);
  const [read, write] = [openSync(from, "r"), openSync(to, "w")];
  return new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: [read, write, write],
    });
    child.on("error", reject).on("close", () => {
      for (const file of [read, write]) closeSync(file);
      resolve(readFileSync(to, "utf8"));
    });
  });
}

/* ---------------------------------------------- SOURCES ---------------------------------------------- */

const sources = new Map<string, string>();

/** A source by its name in the compiler, read once. */
function sourceOf(name: string): string {
  const known = sources.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(name.startsWith("contracts/") ? name : `node_modules/${name}`, "utf8");
  sources.set(name, text);
  return text;
}

/** The names of `name` and of all that it imports; without `declarations`, of all whose code may become a part of its own. */
function closureOf(name: string, declarations = true, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  if (!declarations && name.startsWith("contracts/interfaces/")) return found;
  for (const [, target] of sourceOf(name).matchAll(/(?:from|import) "([^"]+)"/g)) {
    closureOf(target.startsWith(".") ? path.join(path.dirname(name), target) : target, declarations, found);
  }
  return found;
}

/** Sources of what is deployed, in a test or on a live network; mocks do not import what is mutated. */
const DEPLOYED = ["", "oracles/", "periphery/"].flatMap((folder) =>
  readdirSync(`contracts/${folder}`)
    .filter((file) => file.endsWith(".sol") && file !== "Dependencies.sol")
    .map((file) => `contracts/${folder}${file}`),
);

function mutate({ name, file, find, replace }: Mutant): string {
  const parts = sourceOf(file).split(find);
  if (parts.length !== 2) throw new Error(`${name}: ${file} has its text ${parts.length - 1} times, not once`);
  return parts.join(replace);
}

/* --------------------------------------------- ONE MUTANT -------------------------------------------- */

const artifactOf = (directory: string, source: string) =>
  path.join(directory, source, `${path.basename(source, ".sol")}.json`);

/** Compiles what a mutant changes, into a copy of the artifacts; without a mutant, everything as it is. */
async function compile(mutant: Mutant | undefined, directory: string) {
  const changed = mutant ? DEPLOYED.filter((source) => closureOf(source, false).has(mutant.file)) : DEPLOYED;
  const names = new Set(changed.flatMap((source) => [...closureOf(source)]));
  const textOf = (name: string) => (mutant && name === mutant.file ? mutate(mutant) : sourceOf(name));
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([...names].map((name) => [name, { content: textOf(name) }])),
    settings: {
      ...SETTINGS,
      outputSelection: Object.fromEntries(
        changed.map((source) => [source, { [path.basename(source, ".sol")]: ["evm.bytecode.object"] }]),
      ),
    },
  };
  const compiler = [require.resolve("solc/solc.js"), "--standard-json"];
  const output = await run(compiler, directory, JSON.stringify(input));
  const answer = JSON.parse(output.slice(output.indexOf("{"))) as {
    errors?: { severity: string; formattedMessage: string }[];
    contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
  };
  const errors = (answer.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length) throw new Error(`${mutant?.name}: ${errors[0].formattedMessage}`);
  const artifacts = path.join(directory, "artifacts");
  cpSync("artifacts", artifacts, { recursive: true });
  for (const source of changed) {
    const file = artifactOf(artifacts, source);
    const artifact = JSON.parse(readFileSync(file, "utf8")) as { bytecode: string };
    artifact.bytecode = `0x${answer.contracts[source][path.basename(source, ".sol")].evm.bytecode.object}`;
    writeFileSync(file, JSON.stringify(artifact));
  }
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Runs the tests of some titles against the artifacts in `directory`, and counts those that passed and failed. */
async function test(mutants: Mutant[], directory: string) {
  const hardhat = require.resolve("hardhat/internal/cli/bootstrap.js");
  const titles = mutants.map(({ caughtBy }) => `${escape(caughtBy)}$`).join("|");
  const suites = new Set(mutants.map(({ suite }) => path.join(SUITE, suite)));
  const args = [hardhat, "test", "--no-compile", "--grep", titles, ...suites];
  const output = await run(args, directory, "", { MUTANT_ARTIFACTS: path.join(directory, "artifacts") });
  const count = (what: string) => Number(new RegExp(`^ +(\\d+) ${what}`, "m").exec(output)?.[1] ?? 0);
  const why = /^ +(.*(?:Error|reverted).*)$/m.exec(output)?.[1] ?? "";
  return { passed: count("passing"), failed: count("failing"), why, output };
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), "mutant-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A test proves something by its failure only if it passes without the mutant, compiled alike. */
async function control(mutants: Mutant[], directory: string) {
  await compile(undefined, directory);
  const { passed, failed, output } = await test(mutants, directory);
  const titles = new Set(mutants.map(({ caughtBy }) => caughtBy)).size;
  if (failed !== 0 || passed !== titles) throw new Error(`without a mutant ${passed} of ${titles} pass\n${output}`);
  console.log(`without a mutant all ${passed} tests pass`);
}

async function attempt(mutant: Mutant, directory: string): Promise<Outcome> {
  const started = Date.now();
  await compile(mutant, directory);
  const { passed, failed, why, output } = await test([mutant], directory);
  if (passed + failed !== 1) throw new Error(`${mutant.name}: ${passed + failed} tests ran, not one\n${output}`);
  return { mutant, caught: failed === 1, how: why, seconds: (Date.now() - started) / 1000 };
}

/* ------------------------------------------------ ALL ------------------------------------------------ */

async function main(names: string[]) {
  const chosen = names.length ? MUTANTS.filter(({ name }) => names.includes(name)) : MUTANTS;
  if (names.length && chosen.length !== names.length) throw new Error(`no such mutant among: ${names.join(", ")}`);
  chosen.forEach(mutate); // before anything is compiled
  const started = Date.now();
  await inDirectory((directory) => control(chosen, directory));
  const queue = [...chosen];
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const outcome = await inDirectory((directory) => attempt(mutant, directory));
      outcomes.push(outcome);
      const { caught, how, seconds } = outcome;
      console.log(
        `${caught ? "caught  " : "SURVIVED"}  ${mutant.name.padEnd(32)} ${seconds.toFixed(0).padStart(4)} s  ${how}`,
      );
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  const survivors = outcomes.filter(({ caught }) => !caught);
  console.log(
    `${outcomes.length - survivors.length} of ${chosen.length} mutants caught in ${((Date.now() - started) / 1000).toFixed(0)} s`,
  );
  if (survivors.length) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
