import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import { binaryOf, MissingTool } from "./foundry";
import { parseCommandLine, runCommand } from "./gas/command";
import { InputError } from "./replay/errors";

const HELP = `The scenario and attack suites on a second chain: anvil, over JSON-RPC, on a free port of this machine.

  npm run test:anvil

Exit code: that of the tests; 2: the command line, or no anvil.`;

const SUITES = ["test/scenario", "test/attacks"];

/** What cannot run there, and why. */
const EXCLUDED: Record<string, string> = {
  "replay.test.ts": "the replay runs on the in-process chain only",
  "scale.test.ts": "so does what it starts",
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves once the chain answers. */
async function waitFor(url: string, anvil: ChildProcess) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (anvil.exitCode !== null) throw new Error(`anvil ended with ${anvil.exitCode}`);
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "web3_clientVersion", params: [] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body }).catch(() => undefined);
    if (answer?.ok) return console.log(((await answer.json()) as { result: string }).result);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("anvil does not answer");
}

function findTests(): string[] {
  return SUITES.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))),
  ).filter((file) => {
    if (!file.endsWith(".test.ts")) return false;
    const [, reason] = Object.entries(EXCLUDED).find(([name]) => file.endsWith(name)) ?? [];
    if (reason) console.log(`left out: ${file}: ${reason}`);
    return !reason;
  });
}

void runCommand(async () => {
  const { values, positionals } = parseCommandLine({ options: { help: { type: "boolean" } }, allowPositionals: true });
  if (values.help) return console.log(HELP);
  if (positionals.length) throw new InputError(`${positionals.join(" ")}: there are no commands, see --help`);
  const port = await freePort();
  let anvil: ChildProcess;
  try {
    // the accounts and the fork of Hardhat's own chain; older states than these, written to disk, would be gigabytes
    const chain = ["--accounts", "20", "--hardfork", "cancun", "--prune-history", "64"];
    const args = ["--port", String(port), "--silent", ...chain];
    anvil = spawn(binaryOf("anvil"), args, { stdio: "inherit" });
  } catch (error) {
    throw error instanceof MissingTool ? new InputError(error.message) : error;
  }
  try {
    const url = `http://127.0.0.1:${port}`;
    await waitFor(url, anvil);
    const args = ["hardhat", "--network", "anvil", "test", ...findTests()];
    const tests = spawn("npx", args, { stdio: "inherit", env: { ...process.env, ANVIL_URL: url } });
    const [code] = (await once(tests, "exit")) as [number | null];
    process.exitCode = code ?? 1;
  } finally {
    anvil.kill();
  }
});
