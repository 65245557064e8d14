/** Mutation testing: how many small mistakes in the contracts do the tests notice? */
import { availableParallelism } from "node:os";

import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";
import { checkOutput } from "./lib/output";
import { seededRandom, shuffled } from "./lib/random";
import {
  compile,
  dependantsOf,
  inDirectory,
  bytecodeOf,
  FULL_SETTINGS,
  QUICK_SETTINGS,
  run,
  sourceOf,
} from "./mutate/compiler";
import { constantsOf, mutantsOf, type Mutant } from "./mutate/operators";
import { isAlive, reasonOf, Results, type Status } from "./mutate/results";
import { scoreOf, showSurvivor, showTable, survivorsOf, tableOf, writeReport } from "./mutate/report";
import { FUNCTIONS, PROPERTY, SUITES } from "./mutate/suites";
import { build, switchOn, textOf, type Build } from "./mutate/switches";
import { Tester } from "./mutate/tester";
import type { Failure, Stage } from "./mutate/worker";

const SAMPLE = 100;
/** More of them in one build make the contracts larger than a transaction can deploy. */
const BATCH = 200;
const GOAL = 0.9;

const HELP = `Changes the contracts in one small way at a time, and looks whether a test notices.

  npm run mutate                    ${SAMPLE} mutants of the libraries, the shares, the write-down, the waterfall, the guard and the claims
  npm run mutate -- --sample 20     fewer, or more; the same in every run
  npm run mutate -- --seed 7        others
  npm run mutate -- --file FILE     of one source only, contracts/libraries/Waterfall.sol, say
  npm run mutate -- --all           all of them: hours
  npm run mutate -- --id ID         one, by its name in a report
  npm run mutate -- --report FILE   writes the results as Markdown, too
  npm run mutate -- --workers 1     tests in as many processes at once

Results are kept in cache/ until a source changes; those of survivors, until a test does.
Exit code 0: at least ${GOAL * 100} % killed of those that are not known to be equivalent; 1: fewer; 2: the command line.`;

interface Options {
  files: string[];
  ids: string[];
  sample: number;
  seed: number;
  workers: number;
  report?: string;
}

function parseOptions(): Options | undefined {
  const { values } = parseCommandLine({
    options: {
      help: { type: "boolean" },
      all: { type: "boolean" },
      file: { type: "string", multiple: true },
      id: { type: "string", multiple: true },
      sample: { type: "string" },
      seed: { type: "string" },
      workers: { type: "string" },
      report: { type: "string" },
    },
  });
  if (values.help) return undefined;
  const whole = (flag: "sample" | "seed" | "workers", otherwise: number, least: number) => {
    const text = values[flag] ?? String(otherwise);
    if (!/^\d{1,6}$/.test(text) || Number(text) < least)
      throw new InputError(`--${flag} ${text}: a number from ${least} up`);
    return Number(text);
  };
  const { all = false, file: files = Object.keys(SUITES), id: ids = [], report } = values;
  const unknown = files.find((file) => !(file in SUITES));
  if (unknown !== undefined) throw new InputError(`${unknown}: not mutated; one of ${Object.keys(SUITES).join(", ")}`);
  if (all && values.sample !== undefined) throw new InputError("--all and --sample: use one of them");
  if (report !== undefined) checkOutput("--report", report);
  const everything = all || (values.file !== undefined && values.sample === undefined);
  return {
    files: ids.length ? Object.keys(SUITES) : files,
    ids,
    sample: everything ? Infinity : whole("sample", SAMPLE, 1),
    seed: whole("seed", 1, 0),
    workers: whole("workers", Math.min(availableParallelism(), 2), 1),
    report,
  };
}

/* ---------------------------------------------- MUTANTS ---------------------------------------------- */

async function findMutants(files: readonly string[]): Promise<Mutant[]> {
  const { asts, errors } = await inDirectory((directory) =>
    compile(dependantsOf(files), {}, "ast", QUICK_SETTINGS, directory),
  );
  if (errors.length) throw new Error(errors[0].formattedMessage);
  const constants = new Set(Object.values(asts).flatMap(constantsOf));
  return files.flatMap((file) =>
    mutantsOf({ file, bytes: Buffer.from(sourceOf(file)), ast: asts[file] }, constants, FUNCTIONS[file]),
  );
}

/** As large a part of each file's mutants as of any other's, in an order in which any beginning is a sample, too. */
function draw(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const random = seededRandom(seed);
  const files = [...new Set(mutants.map(({ file }) => file))];
  const ordered = files.flatMap((name) =>
    shuffled(
      mutants.filter(({ file }) => file === name),
      random,
    ),
  );
  const step = Math.max(ordered.length / count, 1);
  const offset = random() * step;
  const chosen = ordered.filter((_, i) => Math.floor((i - offset) / step) !== Math.floor((i - 1 - offset) / step));
  return shuffled(step === 1 ? ordered : chosen, random);
}

/* ----------------------------------------------- TRIALS ---------------------------------------------- */

/** One process that tests the mutants of a build. */
class Trial {
  private readonly tester: Tester;
  /**
   * Files whose tests were run without a mutant, and the titles of those that failed: tests of gas, which differs in
   * such a build.
   */
  private readonly checked = new Set<string>();
  private readonly unfit: string[] = [];

  constructor(
    private readonly built: Build,
    directory: string,
  ) {
    this.tester = new Tester(directory);
  }

  async run(index: number): Promise<[status: Status, by?: string]> {
    const { file } = this.built.mutants[index];
    for (const stage of [{ files: SUITES[file], fuzz: 1 }, PROPERTY]) {
      const failure = await this.failureOf(index, stage);
      if (failure === "endless") return ["endless"];
      if (failure) return ["killed", failure.title];
    }
    return ["survived"];
  }

  /** The first test that fails because of the mutant: without one it passes, compiled alike. */
  private async failureOf(index: number, stage: Stage): Promise<Failure | "endless" | undefined> {
    const order = { ...stage, without: this.unfit, bail: true };
    const outcome = await this.tester.run(switchOn(this.built, index), order);
    if (!outcome) return "endless";
    const [failure] = outcome.failures;
    if (!failure) return undefined;
    await this.check({ ...stage, files: [failure.file] });
    return this.unfit.includes(failure.title) ? this.failureOf(index, stage) : failure;
  }

  private async check(stage: Stage) {
    const [file] = stage.files;
    if (this.checked.has(file)) return;
    this.checked.add(file);
    const outcome = await this.tester.run(switchOn(this.built), { ...stage, without: [], bail: false });
    if (!outcome) throw new Error(`${file} does not end without a mutant`);
    for (const { title } of outcome.failures) {
      console.log(`fails without a mutant, and is left out: ${title}`);
      this.unfit.push(title);
    }
  }

  stop() {
    this.tester.stop();
  }
}

async function test(mutants: readonly Mutant[], results: Results, workers: number) {
  let count = 0;
  const show = (mutant: Mutant, status: Status, by = "") =>
    console.log(`${String(++count).padStart(5)} of ${mutants.length}  ${status.padEnd(12)} ${mutant.id}  ${by}`);
  for (let first = 0; first < mutants.length; first += BATCH) {
    await inDirectory(async (directory) => {
      const built = await build(mutants.slice(first, first + BATCH), directory);
      for (const mutant of built.uncompilable) show(mutant, results.add(mutant, "uncompilable").status);
      const queue = [...built.mutants.keys()].filter((index) => !built.uncompilable.includes(built.mutants[index]));
      const work = (folder: string) => async () => {
        const trial = new Trial(built, folder);
        try {
          for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
            const [status, by] = await trial.run(index);
            results.add(built.mutants[index], status, by);
            show(built.mutants[index], status, by);
          }
        } finally {
          trial.stop();
        }
      };
      await Promise.all(Array.from({ length: workers }, () => inDirectory((folder) => work(folder)())));
    });
  }
}

/* ----------------------------------------------- PROOFS ---------------------------------------------- */

/** What is compiled to compare a mutant with the original: of a pure library all that it does is in its harness. */
const proofOf = ({ file }: Mutant) =>
  file.startsWith("contracts/libraries/")
    ? ["contracts/mocks/MathHarness.sol"]
    : dependantsOf([file]).filter((source) => !source.startsWith("contracts/mocks/"));

/** Finds the survivors of which the optimiser makes the same as of the original: there is nothing to notice. */
async function prove(survivors: readonly Mutant[], results: Results) {
  for (const mutant of survivors) {
    await inDirectory(async (directory) => {
      const contracts = proofOf(mutant);
      const texts = { [mutant.file]: textOf(mutant) };
      const { errors, bytecodes } = await compile(contracts, texts, "bytecode", FULL_SETTINGS, directory);
      // what does not compile alone was not refused behind its switch: it is no mistake that anybody could make
      const same = contracts.every((source) => bytecodes[source] === bytecodeOf(source));
      results.add(mutant, errors.length ? "uncompilable" : same ? "equal" : "distinct");
    });
  }
}

/* ------------------------------------------------ ALL ------------------------------------------------ */

/** The command again, as far as it chooses what is tried. */
function commandOf({ files, sample, seed }: Options): string {
  const some = files.length < Object.keys(SUITES).length ? files.map((file) => `--file ${file}`) : [];
  const count = sample === Infinity ? ["--all"] : [`--sample ${sample}`, `--seed ${seed}`];
  return ["npm run mutate --", ...some, ...count].join(" ");
}

const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

async function main(options: Options) {
  const started = Date.now();
  const hardhat = require.resolve("hardhat/internal/cli/bootstrap.js");
  await inDirectory((directory) => run([hardhat, "compile", "--quiet"], directory));
  const all = await findMutants(options.files);
  const unknown = options.ids.find((id) => !all.some((mutant) => mutant.id === id));
  if (unknown !== undefined) throw new InputError(`${unknown}: there is no such mutant`);
  const chosen = options.ids.length
    ? all.filter(({ id }) => options.ids.includes(id))
    : draw(all, options.sample, options.seed);

  const results = new Results();
  const open = chosen.filter((mutant) => options.ids.length || !results.of(mutant));
  console.log(
    `${chosen.length} of ${all.length} mutants, ${chosen.length - open.length} of them known from a run before`,
  );
  await test(open, results, options.workers);

  const undecided = chosen.filter((mutant) => results.of(mutant)?.status === "survived" && !reasonOf(mutant));
  if (undecided.length) console.log(`Is the bytecode of ${undecided.length} survivors the original's?`);
  await prove(undecided, results);

  const outcomes = chosen.map((mutant) => ({ mutant, status: results.of(mutant)!.status }));
  const table = tableOf(all, outcomes);
  for (const survivor of survivorsOf(outcomes)) console.log(`\n${showSurvivor(survivor)}`);
  console.log(`\n${showTable(table)}`);
  const score = scoreOf(table.total);
  const minutes = (Date.now() - started) / 60_000;
  // in a small sample a mutant or two that no test can kill would decide
  const killable = scoreOf(
    tableOf(
      all,
      outcomes.filter(({ mutant, status }) => !isAlive(status) || !reasonOf(mutant)),
    ).total,
  );
  console.log(
    `\n${percent(score)} killed, ${percent(killable)} of those that are not known to be equivalent, in ${minutes.toFixed(1)} minutes`,
  );
  if (options.report !== undefined) await writeReport(options.report, commandOf(options), all, outcomes);
  if (killable < GOAL) process.exitCode = 1;
}

void runCommand(async () => {
  const options = parseOptions();
  if (!options) return console.log(HELP);
  await main(options);
});
