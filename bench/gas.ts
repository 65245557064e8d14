import { parseCommandLine, runCommand } from "../scripts/lib/command";
import { checkOutput, writeOutput } from "../scripts/lib/output";
import { installPackages } from "./packages";

const HELP = `Compares what Lagan's transactions cost with what its peers' do, under the same conditions.

  npm run bench:gas -- [options]

  --json FILE  write the rows as JSON
  --help       show this

Installs the peers' packages in bench/ the first time. Exit code 0: measured, whether or not targets were met; 1: a peer does
not cost what it did when the cited ones were measured; 2: the command line needs your attention.`;

void runCommand(async () => {
  const { help, json } = parseCommandLine({
    options: { json: { type: "string" }, help: { type: "boolean" } },
  }).values;
  if (help) {
    console.log(HELP);
    return;
  }
  if (json !== undefined) checkOutput("--json", json);
  installPackages();
  // Loaded late: a mistake on the command line should not wait for it.
  const { compare } = await import("./compare");
  const { print } = await import("./print");
  const comparison = await compare();
  console.log(print(comparison));
  const { rows, further, bytes, drifted } = comparison;
  if (json !== undefined) writeOutput("--json", json, `${JSON.stringify({ rows, further, bytes }, null, 2)}\n`);
  if (drifted.length) process.exitCode = 1;
});
