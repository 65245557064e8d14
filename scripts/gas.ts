import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";
import type { GasChain } from "./gas/chain";
import type { Observer } from "./gas/measure";

const HELP = `What Lagan's transactions cost, on an in-process chain and always the same.

  npm run gas:check               compare with gas-snapshot.json, to the unit of gas
  npm run gas:update              write gas-snapshot.json
  npm run gas:trace -- OPERATION  list the accesses, writes, calls and logs of a row, by its name in the snapshot

Exit code 0: as recorded; 1: something differs; 2: the command line or the snapshot needs your attention.`;

const COMMANDS = ["check", "update", "trace"] as const;

type Command = (typeof COMMANDS)[number];

function parseOptions(): { command: Command; operation: string } | undefined {
  const { values, positionals } = parseCommandLine({
    options: { help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help) return undefined;
  const [name, operation = "", ...others] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (!command) throw new InputError(`${name ?? "No command"}: use one of ${COMMANDS.join(", ")}, or --help`);
  const wanted = command === "trace" ? 1 : 0;
  if (others.length || (wanted === 0 && operation)) {
    throw new InputError(
      `${[operation, ...others].join(" ")}: ${command} takes ${wanted ? "one operation" : "nothing"}`,
    );
  }
  if (wanted && !operation) throw new InputError("trace needs an operation: name one of gas-snapshot.json");
  return { command, operation };
}

/** Measures all of it; what is needed for that is loaded late, since it takes its time. */
async function measure(observerOf?: (chain: GasChain) => Observer) {
  const { GasChain } = await import("./gas/chain");
  const { deployTokens } = await import("./gas/tokens");
  const { measureLagan } = await import("./gas/measure");
  const chain = await GasChain.start();
  return measureLagan(chain, await deployTokens(chain), observerOf?.(chain));
}

async function check(): Promise<void> {
  const { compareSnapshots, readSnapshot, toSnapshot } = await import("./gas/snapshot");
  const before = readSnapshot();
  const after = toSnapshot(await measure());
  const differences = compareSnapshots(before, after);
  if (!differences.length) {
    console.log(`${Object.keys(after.gas).length} operations cost what gas-snapshot.json says`);
    return;
  }
  console.error(`${differences.join("\n\n")}\n\nIf that is meant, record it with \`npm run gas:update\``);
  process.exitCode = 1;
}

async function update(): Promise<void> {
  const { toSnapshot, writeSnapshot } = await import("./gas/snapshot");
  writeSnapshot(toSnapshot(await measure()));
  console.log("Written to gas-snapshot.json");
}

async function trace(wanted: string): Promise<void> {
  const { traceTransaction } = await import("./gas/trace");
  let found = false;
  await measure((chain) => async (operation, cost, nameOf) => {
    if (operation !== wanted) return;
    found = true;
    console.log(await traceTransaction(chain, cost, nameOf));
  });
  if (!found) throw new InputError(`"${wanted}" is not measured: name a row of gas-snapshot.json`);
}

void runCommand(async () => {
  const options = parseOptions();
  if (!options) {
    console.log(HELP);
    return;
  }
  const { command, operation } = options;
  await { check, update, trace: () => trace(operation) }[command]();
});
