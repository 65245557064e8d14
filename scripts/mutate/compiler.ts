/** Compiles changed sources, and puts the bytecode where tests find it. */
import { spawn } from "node:child_process";
import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path/posix";

import type { Node } from "./operators";

/** As those of hardhat.config.ts, but for the optimiser: the least with which the stack suffices is the fastest. */
export const QUICK_SETTINGS = {
  evmVersion: "cancun",
  viaIR: true,
  optimizer: {
    enabled: true,
    runs: 1,
    // a constant by which a contract chooses what it does must stay one
    details: { cse: false, constantOptimizer: false, yul: true, yulDetails: { optimizerSteps: "u" } },
  },
  metadata: { bytecodeHash: "none" },
};

/** As in hardhat.config.ts. */
export const FULL_SETTINGS = { ...QUICK_SETTINGS, optimizer: { enabled: true, runs: 200 } };

/** Runs a program of a dependency, and answers all that it wrote. Through files: large pipes break off. */
export function run(args: string[], directory: string, input = "", environment: Record<string, string> = {}) {
  const [from, to] = ["input", "output"].map((name) => path.join(directory, name));
  writeFileSync(from, input);
  const [read, write] = [openSync(from, "r"), openSync(to, "w")];
  return new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: [read, write, write],
    });
    child.on("error", reject).on("close", () => {
      for (const file of [read, write]) closeSync(file);
      resolve(readFileSync(to, "utf8"));
    });
  });
}

export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), "mutant-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/* ---------------------------------------------- SOURCES ---------------------------------------------- */

const sources = new Map<string, string>();

/** A source by its name in the compiler, read once. */
export function sourceOf(name: string): string {
  const known = sources.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(name.startsWith("contracts/") ? name : `node_modules/${name}`, "utf8");
  sources.set(name, text);
  return text;
}

/** `name` and all that it imports; without `declarations`, all whose code may become a part of its own. */
function closureOf(name: string, declarations = true, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  if (!declarations && name.startsWith("contracts/interfaces/")) return found;
  for (const [, target] of sourceOf(name).matchAll(/(?:from|import) "([^"]+)"/g)) {
    closureOf(target.startsWith(".") ? path.join(path.dirname(name), target) : target, declarations, found);
  }
  return found;
}

/** Sources of what is deployed, in a test or on a live network; no other mock contains what is mutated. */
const DEPLOYED = ["", "oracles/", "periphery/"]
  .flatMap((folder) => readdirSync(`contracts/${folder}`).map((file) => `contracts/${folder}${file}`))
  .filter((file) => file.endsWith(".sol") && file !== "contracts/Dependencies.sol")
  .concat("contracts/mocks/MathHarness.sol");

/** The deployed sources whose bytecode depends on one of `files`; on anything, without them. */
export const dependantsOf = (files?: readonly string[]) =>
  DEPLOYED.filter((source) => {
    const closure = closureOf(source, false);
    return !files || files.some((file) => closure.has(file));
  });

/* ---------------------------------------------- COMPILER --------------------------------------------- */

export interface Diagnostic {
  severity: string;
  message: string;
  formattedMessage: string;
  sourceLocation?: { file: string; start: number; end: number };
}

export interface Answer {
  errors: Diagnostic[];
  asts: Record<string, Node>;
  /** Creation code by source. */
  bytecodes: Record<string, string>;
}

type Wanted = "analysis" | "ast" | "bytecode";

const contractOf = (source: string) => path.basename(source, ".sol");

/** Compiles `contracts` and what they import; `texts` are the sources that differ from those in the folder. */
export async function compile(
  contracts: readonly string[],
  texts: Readonly<Record<string, string>>,
  wanted: Wanted,
  settings: object,
  directory: string,
): Promise<Answer> {
  const names = new Set(contracts.flatMap((source) => [...closureOf(source)]));
  const selection = { analysis: "abi", bytecode: "evm.bytecode.object" };
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([...names].map((name) => [name, { content: texts[name] ?? sourceOf(name) }])),
    settings: {
      ...settings,
      outputSelection:
        wanted === "ast"
          ? { "*": { "": ["ast"] } }
          : Object.fromEntries(contracts.map((source) => [source, { [contractOf(source)]: [selection[wanted]] }])),
    },
  };
  const output = await run([require.resolve("solc/solc.js"), "--standard-json"], directory, JSON.stringify(input));
  const answer = JSON.parse(output.slice(output.indexOf("{"))) as {
    errors?: Diagnostic[];
    sources?: Record<string, { ast: Node }>;
    contracts?: Record<string, Record<string, { evm?: { bytecode: { object: string } } }>>;
  };
  return {
    errors: (answer.errors ?? []).filter(({ severity }) => severity === "error"),
    asts: Object.fromEntries(Object.entries(answer.sources ?? {}).map(([name, { ast }]) => [name, ast])),
    bytecodes: Object.fromEntries(
      contracts.flatMap((source) => {
        const object = answer.contracts?.[source]?.[contractOf(source)]?.evm?.bytecode.object;
        return object ? [[source, `0x${object}`]] : [];
      }),
    ),
  };
}

/* ---------------------------------------------- ARTIFACTS -------------------------------------------- */

const artifactOf = (artifacts: string, source: string) => path.join(artifacts, source, `${contractOf(source)}.json`);

export const bytecodeOf = (source: string, artifacts = "artifacts") =>
  (JSON.parse(readFileSync(artifactOf(artifacts, source), "utf8")) as { bytecode: string }).bytecode;

/** A copy of the artifacts, for MUTANT_ARTIFACTS of hardhat.config.ts. */
export function copyArtifacts(directory: string): string {
  const artifacts = path.join(directory, "artifacts");
  cpSync("artifacts", artifacts, { recursive: true });
  return artifacts;
}

export function writeBytecodes(artifacts: string, bytecodes: Readonly<Record<string, string>>) {
  for (const [source, bytecode] of Object.entries(bytecodes)) {
    const file = artifactOf(artifacts, source);
    const artifact = JSON.parse(readFileSync(file, "utf8")) as object;
    writeFileSync(file, JSON.stringify({ ...artifact, bytecode }));
  }
}
