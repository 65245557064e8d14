import { spawnSync } from "node:child_process";

import { ACCEPTED } from "./analyse/accepted";
import { judge, type Finding } from "./analyse/findings";
import { runHalmos } from "./analyse/halmos";
import { lintContracts } from "./analyse/lint";
import { runSlither } from "./analyse/slither";
import { findTool } from "./analyse/tools";
import { MissingTool } from "./foundry";
import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";

const HELP = `What tools find in the contracts, and what Halmos proves of them.

  npm run analyse

solhint and forge lint always; Slither and Halmos where they are installed (pip install slither-analyzer halmos). What is accepted
stands with its reason in scripts/analyse/accepted.ts.

Exit code 0: nothing that is not accepted, nothing accepted that is gone, every proof held; 1: else; 2: the command line, or forge is
not installed.`;

/** Says how long a step took. */
async function timed<T>(name: string, step: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await step();
  console.log(`${name}: ${((performance.now() - started) / 1_000).toFixed(0)} s`);
  return result;
}

void runCommand(async () => {
  const { values } = parseCommandLine({ options: { help: { type: "boolean" } } });
  if (values.help) return console.log(HELP);

  let held = await timed(
    "solhint",
    () => spawnSync("npm", ["run", "-s", "lint:contracts"], { stdio: "inherit" }).status === 0,
  );
  const findings: Finding[] = [];
  const ran: Finding["tool"][] = [];
  try {
    findings.push(...(await timed("forge lint", lintContracts)));
    ran.push("forge lint");
  } catch (error) {
    throw error instanceof MissingTool ? new InputError(error.message) : error;
  }

  const slither = findTool("slither");
  if (slither) {
    findings.push(...(await timed(`slither ${slither.version}`, () => runSlither(slither))));
    ran.push("slither");
  } else console.log("skipped: slither is not installed (pip install slither-analyzer)");

  const { open, stale } = judge(findings, ACCEPTED, ran);
  console.log(`${findings.length} findings, ${open.length} of them open`);
  for (const { tool, rule, what } of open) console.error(`OPEN   ${tool}, ${rule}: ${what}`);
  for (const { tool, rule, what } of stale) console.error(`STALE  ${tool}, ${rule}: ${what}`);

  const halmos = findTool("halmos");
  if (halmos) held = (await timed(`halmos ${halmos.version}`, () => runHalmos(halmos))) && held;
  else console.log("skipped: halmos is not installed (pip install halmos)");
  if (!held || open.length || stale.length) process.exitCode = 1;
});
