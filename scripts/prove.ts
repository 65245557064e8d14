import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { CLAIMS } from "../test/proofs";
import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";
import { writeOutput } from "./lib/output";
import { table } from "./lib/table";
import { type Claim, Prover, type Result } from "./prove/claim";
import { Solver } from "./prove/solver";

const HELP = `Proves the claims of docs/proofs.md about the contracts' source, for all inputs in their ranges.

  npm run prove                all claims
  npm run prove -- NAME…       some of them
  npm run prove -- --list      their names and what they say
  npm run prove -- --export D  writes what is asked of the solver to the folder D, in SMT-LIB, for another one: all is unsat

  --seconds N                  what the solver may take for one question (60); what it leaves open counts as not proved

A claim is proved if the solver refutes every counterexample, and if it finds one once the source is broken as the claim says.
Exit code 0: all proved; 1: some are not; 2: the command line needs your attention.`;

interface Outcome {
  claim: Claim;
  proof: Result;
  broken: Result;
  seconds: number;
}

function parseOptions(): { claims: Claim[]; seconds: number; list?: boolean; export?: string } | undefined {
  const { values, positionals } = parseCommandLine({
    options: {
      help: { type: "boolean" },
      list: { type: "boolean" },
      export: { type: "string" },
      seconds: { type: "string", default: "60" },
    },
    allowPositionals: true,
  });
  if (values.help) return undefined;
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 3600)) throw new InputError(`--seconds ${values.seconds}: a number up to 3600`);
  const stranger = positionals.find((name) => !CLAIMS.some((claim) => claim.name === name));
  if (stranger !== undefined) throw new InputError(`${stranger}: no such claim, see --list`);
  const claims = CLAIMS.filter(({ name }) => !positionals.length || positionals.includes(name));
  if (values.export === "") throw new InputError("--export needs the name of a folder");
  return { claims, seconds, list: values.list, export: values.export };
}

const isProved = ({ proof, broken }: Outcome) => proof.verdict === "proved" && broken.verdict === "refuted";

/** The inputs of a counterexample, those that are 0 left out. */
const inputsOf = ({ counterexample = new Map<string, bigint>() }: Result) =>
  [...counterexample].flatMap(([name, value]) => (value === 0n ? [] : `${name} = ${value}`)).join(", ");

async function attempt(prover: Prover, claim: Claim): Promise<Outcome> {
  const started = Date.now();
  const proof = await prover.prove(claim);
  const broken = await prover.refuteBroken(claim);
  const outcome = { claim, proof, broken, seconds: (Date.now() - started) / 1000 };
  console.log(`${isProved(outcome) ? "proved" : "NOT PROVED"}  ${claim.name}: ${claim.says}`);
  if (proof.verdict === "unknown") console.log(`  the solver leaves open: ${proof.formula}`);
  if (proof.verdict === "refuted") console.log(`  ${proof.formula}\n  does not hold for ${inputsOf(proof)}`);
  if (broken.verdict !== "refuted")
    console.log(`  the solver finds nothing wrong once the source says: ${claim.broken.replace}`);
  else console.log(`  with ${claim.broken.replace.trim()}\n  not for ${inputsOf(broken)}`);
  return outcome;
}

async function prove(claims: Claim[], seconds: number): Promise<void> {
  const solver = new Solver();
  const outcomes: Outcome[] = [];
  try {
    const prover = new Prover(solver, seconds);
    for (const claim of claims) outcomes.push(await attempt(prover, claim));
  } finally {
    solver.stop();
  }
  const rows = outcomes.map(({ claim, proof, broken, seconds }) => [
    claim.name,
    proof.verdict,
    broken.verdict,
    `${proof.questions}`,
    seconds.toFixed(1),
  ]);
  console.log(`\n${table(["claim", "as it is", "once broken", "questions", "seconds"], rows, 3)}`);
  const open = outcomes.filter((outcome) => !isProved(outcome));
  const total = outcomes.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`\n${outcomes.length - open.length} of ${outcomes.length} claims proved in ${total.toFixed(0)} s`);
  if (open.length) process.exitCode = 1;
}

function exportTo(folder: string, claims: Claim[]): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`--export ${folder}: no folder can be made there (${(error as NodeJS.ErrnoException).code})`);
  }
  const prover = new Prover(new Solver(), 0);
  for (const claim of claims) {
    prover
      .questions(claim)
      .forEach((text, i) => writeOutput("--export", join(folder, `${claim.name}-${i + 1}.smt2`), text));
  }
}

void runCommand(async () => {
  const options = parseOptions();
  if (!options) console.log(HELP);
  else if (options.list)
    console.log(
      table(
        ["claim", "says"],
        options.claims.map(({ name, says }) => [name, says]),
        2,
      ),
    );
  else if (options.export !== undefined) exportTo(options.export, options.claims);
  else await prove(options.claims, options.seconds);
});
