import { spawnSync, type SpawnSyncReturns } from "node:child_process";

/** How a tool is called here, or nothing. */
export interface Tool {
  command: string;
  args: string[];
  version: string;
}

/** Large programs print large reports. */
const MAX_OUTPUT = 256 * 2 ** 20;

/** Runs a program to its end; what it says on the way goes to the terminal, unless `quiet`. */
export function run(
  { command, args }: Pick<Tool, "command" | "args">,
  more: readonly string[],
  { quiet = false, env = {} }: { quiet?: boolean; env?: Record<string, string> } = {},
): SpawnSyncReturns<string> {
  return spawnSync(command, [...args, ...more], {
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT,
    stdio: ["ignore", "pipe", quiet ? "pipe" : "inherit"],
    env: { ...process.env, ...env },
  });
}

/** A program of PyPI: on the path, or a module of the Python that is. */
export function findTool(name: string): Tool | undefined {
  for (const [command, ...args] of [[name], ["python3", "-m", name]]) {
    const { status, stdout, stderr } = run({ command, args }, ["--version"], { quiet: true });
    if (status === 0) return { command, args, version: (stdout || stderr).trim().replace(/^\D*/, "") };
  }
  return undefined;
}
