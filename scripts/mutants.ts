/** Proves that the attack tests can fail. */
import { availableParallelism } from "node:os";
import path from "node:path/posix";

import { MUTANTS, type Mutant } from "../test/attacks/mutants";
import {
  compile,
  copyArtifacts,
  dependantsOf,
  inDirectory,
  QUICK_SETTINGS,
  run,
  sourceOf,
  writeBytecodes,
} from "./mutate/compiler";
import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";
import { escape } from "./mutate/pattern";

const HELP = `Breaks the contracts in one place at a time, as test/attacks/mutants.ts says, and requires that the attack test named
there fails.

  npm run test:mutants             all mutants
  npm run test:mutants -- NAME…    some of them:

${MUTANTS.map(({ name }) => `    ${name}`).join("\n")}

Exit code 0: all caught; 1: one survived; 2: the command line.`;

const SUITE = "test/attacks";
const WORKERS = Math.min(availableParallelism(), 4);

interface Outcome {
  mutant: Mutant;
  caught: boolean;
  how: string;
  seconds: number;
}

/** A mutant's source. */
function mutate({ name, file, find, replace }: Mutant): string {
  const parts = sourceOf(file).split(find);
  if (parts.length !== 2) throw new Error(`${name}: ${file} has its text ${parts.length - 1} times, not once`);
  return parts.join(replace);
}

/** Compiles what a mutant changes, into a copy of the artifacts; without a mutant, everything as it is. */
async function prepare(mutant: Mutant | undefined, directory: string) {
  const contracts = dependantsOf(mutant && [mutant.file]);
  const texts = mutant ? { [mutant.file]: mutate(mutant) } : {};
  const { errors, bytecodes } = await compile(contracts, texts, "bytecode", QUICK_SETTINGS, directory);
  if (errors.length) throw new Error(`${mutant?.name}: ${errors[0].formattedMessage}`);
  writeBytecodes(copyArtifacts(directory), bytecodes);
}

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

/** A test proves something by its failure only if it passes without the mutant, compiled alike. */
async function control(mutants: Mutant[], directory: string) {
  await prepare(undefined, directory);
  const { passed, failed, output } = await test(mutants, directory);
  const titles = new Set(mutants.map(({ caughtBy }) => caughtBy)).size;
  if (failed !== 0 || passed !== titles) throw new Error(`without a mutant ${passed} of ${titles} pass\n${output}`);
  console.log(`without a mutant all ${passed} tests pass`);
}

async function attempt(mutant: Mutant, directory: string): Promise<Outcome> {
  const started = Date.now();
  await prepare(mutant, directory);
  const { passed, failed, why, output } = await test([mutant], directory);
  if (passed + failed !== 1) throw new Error(`${mutant.name}: ${passed + failed} tests ran, not one\n${output}`);
  return { mutant, caught: failed === 1, how: why, seconds: (Date.now() - started) / 1000 };
}

/* ------------------------------------------------ ALL ------------------------------------------------ */

async function main(names: string[]) {
  const unknown = names.find((wanted) => !MUTANTS.some(({ name }) => name === wanted));
  if (unknown !== undefined) throw new InputError(`${unknown}: there is no such mutant, see --help for their names`);
  const chosen = names.length ? MUTANTS.filter(({ name }) => names.includes(name)) : MUTANTS;
  chosen.forEach(mutate); // before anything is compiled
  const { default: hre } = await import("hardhat");
  await hre.run("compile", { quiet: true });
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

void runCommand(async () => {
  const { values, positionals } = parseCommandLine({ options: { help: { type: "boolean" } }, allowPositionals: true });
  if (values.help) console.log(HELP);
  else await main(positionals);
}).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
