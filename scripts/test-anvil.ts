import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { binaryOf, MissingTool } from "./foundry";
import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";

const HELP = `The scenario and attack suites on a second chain: anvil, over JSON-RPC, on free ports of this machine,
a new one for each file.

  npm run test:anvil

Exit code 0: all passed; 1: some did not; 2: the command line, or anvil is not installed.`;

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

/**
 * Runs one file on a chain of its own: anvil writes every state to disk, megabytes each, and its snapshots need them.
 */
async function passes(file: string): Promise<boolean> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const states = mkdtempSync(join(tmpdir(), "anvil-"));
  // the accounts and the fork of Hardhat's own chain
  const chain = ["--accounts", "20", "--hardfork", "cancun", "--cache-path", states];
  const anvil = spawn(binaryOf("anvil"), ["--port", String(port), "--silent", ...chain], { stdio: "inherit" });
  const ended = once(anvil, "exit");
  try {
    await waitFor(url, anvil);
    const args = ["hardhat", "--network", "anvil", "test", "--no-compile", file];
    const tests = spawn("npx", args, { stdio: "inherit", env: { ...process.env, ANVIL_URL: url } });
    const [code] = (await once(tests, "exit")) as [number | null];
    return code === 0;
  } finally {
    anvil.kill();
    await ended;
    rmSync(states, { recursive: true, force: true });
  }
}

async function compile() {
  const [code] = (await once(spawn("npx", ["hardhat", "compile"], { stdio: "inherit" }), "exit")) as [number | null];
  if (code !== 0) throw new Error("the contracts do not compile");
}

void runCommand(async () => {
  const { values } = parseCommandLine({ options: { help: { type: "boolean" } } });
  if (values.help) return console.log(HELP);
  try {
    binaryOf("anvil");
  } catch (error) {
    throw error instanceof MissingTool ? new InputError(error.message) : error;
  }
  await compile();
  const failed: string[] = [];
  for (const file of findTests()) {
    console.log(`\n${file}`);
    if (!(await passes(file))) failed.push(file);
  }
  for (const file of failed) console.log(`failed: ${file}`);
  if (failed.length) process.exitCode = 1;
});
