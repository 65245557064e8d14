import { delimiter, dirname } from "node:path";

import { binaryOf } from "../foundry";
import { run, type Tool } from "./tools";

/** Proves all of test/halmos. @returns whether every check held */
export function runHalmos(tool: Tool): boolean {
  // halmos starts forge, to compile
  const path = [dirname(binaryOf("forge")), process.env.PATH].join(delimiter);
  const args = ["--forge-build-out", "cache/halmos/out", "--loop", "8", "--no-status"];
  const { status, stdout } = run(tool, args, { env: { PATH: path, FOUNDRY_PROFILE: "halmos" } });
  console.log(
    stdout
      .split("\n")
      .filter((line) => /\[(PASS|FAIL|TIMEOUT|ERROR)\]|Counterexample|p_/.test(line))
      .join("\n"),
  );
  return status === 0 && stdout.includes("[PASS]");
}
