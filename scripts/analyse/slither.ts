import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import config from "../../slither.config.json";
import type { Finding } from "./findings";
import { run, type Tool } from "./tools";

const FOLDER = config.hardhat_artifacts_directory;

/** What is used of Slither's report. */
interface Report {
  success: boolean;
  error: string | null;
  results: { detectors?: { check: string; description: string }[] };
}

/**
 * All contracts but mocks, parsed and typed, as Hardhat would leave them: Slither reads no code, so none is generated.
 */
async function writeBuildInfo(): Promise<void> {
  const { default: solc } = await import("solc");
  const { version } = await import("solc/package.json");
  const sources: Record<string, { content: string }> = {};
  const read = (file: string, path: string) => (sources[file] = { content: readFileSync(path, "utf8") });
  for (const name of readdirSync("contracts", { recursive: true, encoding: "utf8" })) {
    const file = join("contracts", name).replaceAll("\\", "/");
    if (file.endsWith(".sol") && !file.startsWith("contracts/mocks/")) read(file, file);
  }
  const settings = { evmVersion: "cancun", outputSelection: { "*": { "*": ["abi"], "": ["ast"] } } };
  const input = { language: "Solidity", sources, settings };
  const findImport = (file: string) => ({
    contents: read(file, existsSync(file) ? file : require.resolve(file)).content,
  });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport })) as {
    errors?: { severity: string; formattedMessage: string }[];
    contracts: Record<string, Record<string, object>>;
  };
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error) throw new Error(error.formattedMessage);
  const none = { object: "", sourceMap: "" };
  for (const contracts of Object.values(output.contracts)) {
    for (const contract of Object.values(contracts)) {
      Object.assign(contract, { evm: { bytecode: none, deployedBytecode: none, methodIdentifiers: {} } });
    }
  }
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(join(FOLDER, "build-info"), { recursive: true });
  writeFileSync(join(FOLDER, "build-info", "contracts.json"), JSON.stringify({ solcVersion: version, input, output }));
}

export async function runSlither(tool: Tool): Promise<Finding[]> {
  await writeBuildInfo();
  const { stdout, stderr } = run(tool, [".", "--json", "-"], { quiet: true });
  const start = stdout.indexOf("{");
  if (start < 0) throw new Error(`Slither has not come to a report:\n${stderr}`);
  const report = JSON.parse(stdout.slice(start)) as Report;
  if (!report.success) throw new Error(`Slither has failed: ${report.error ?? stderr}`);
  return (report.results.detectors ?? []).map(({ check, description }) => ({
    tool: "slither",
    rule: check,
    what: firstOf(description),
  }));
}

/** The first sentence of a description and the items right after it, without line numbers and call stacks. */
function firstOf(description: string): string {
  const lines = description.split("\n").map((line) => line.replace(/ \([^()]*\.sol#[\d-]+\)/g, "").trim());
  const rest = lines.slice(1);
  const end = rest.findIndex((line) => !line.startsWith("- "));
  return [lines[0], ...rest.slice(0, end).map((line) => line.slice(2))].join(" ");
}
