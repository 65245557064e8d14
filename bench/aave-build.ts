import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { InterfaceAbi } from "ethers";
import { fileIn, loadPackage } from "./packages";

/** What of Aave is put on the chain; libraries come with it. */
const CONTRACTS = [
  "instances/ATokenInstance",
  "instances/PoolConfiguratorInstance",
  "instances/PoolInstance",
  "instances/VariableDebtTokenInstance",
  "misc/AaveOracle",
  "misc/DefaultReserveInterestRateStrategyV2",
  "mocks/oracle/CLAggregators/MockAggregator",
  "protocol/configuration/ACLManager",
  "protocol/configuration/PoolAddressesProvider",
  "rewards/RewardsController",
] as const;

/** As Aave deploys it. */
const SETTINGS = {
  evmVersion: "shanghai",
  metadata: { bytecodeHash: "none" },
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.bytecode.linkReferences"] } },
};

const SOURCES = { package: "@aave-dao/aave-v3-origin", version: "3.6.0", folder: "src/contracts" };
const COMPILER = "solc-0.8.27";
const OPENZEPPELIN = { package: "openzeppelin-5.1.0", prefix: "openzeppelin-contracts/contracts/" };
const CACHE = join(__dirname, "cache");

/** Bytecode without 0x, with a gap of 20 bytes at each reference to a library, given in bytes. */
export interface Unlinked {
  abi: InterfaceAbi;
  bytecode: string;
  references: { library: string; start: number }[];
}

export type Build = Record<string, Unlinked>;

interface Compiler {
  compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
}

interface Output {
  errors?: { severity: string; formattedMessage: string }[];
  contracts: Record<string, Record<string, { abi: InterfaceAbi; evm: { bytecode: Bytecode } }>>;
}

interface Bytecode {
  object: string;
  linkReferences: Record<string, Record<string, { start: number }[]>>;
}

/** Aave's contracts by name. Compiled once: it takes a while. */
export function buildAave(): Build {
  const key = createHash("sha256").update(JSON.stringify([CONTRACTS, SETTINGS, SOURCES, COMPILER, OPENZEPPELIN]));
  const file = join(CACHE, `aave-${SOURCES.version}-${key.digest("hex").slice(0, 8)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Build;
  console.log(`Compiling Aave ${SOURCES.version} …`);
  const build = compile();
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(file, JSON.stringify(build));
  return build;
}

function compile(): Build {
  const entries = CONTRACTS.map((path) => `${SOURCES.folder}/${path}.sol`);
  const sources = Object.fromEntries(entries.map((path) => [path, { content: readSource(path) }]));
  const input = JSON.stringify({ language: "Solidity", sources, settings: SETTINGS });
  const compiler = loadPackage<Compiler>(COMPILER);
  const output = JSON.parse(compiler.compile(input, { import: (path) => ({ contents: readSource(path) }) })) as Output;
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error) throw new Error(error.formattedMessage);
  const contracts = Object.values(output.contracts).flatMap((file) => Object.entries(file));
  return Object.fromEntries(
    contracts.map(([name, { abi, evm }]) => [
      name,
      { abi, bytecode: evm.bytecode.object, references: referencesOf(evm.bytecode) },
    ]),
  );
}

function readSource(path: string): string {
  const { package: name, prefix } = OPENZEPPELIN;
  return readFileSync(
    path.startsWith(prefix) ? fileIn(name, path.slice(prefix.length)) : fileIn(SOURCES.package, path),
    "utf8",
  );
}

function referencesOf({ linkReferences }: Bytecode): Unlinked["references"] {
  return Object.values(linkReferences).flatMap((file) =>
    Object.entries(file).flatMap(([library, places]) => places.map(({ start }) => ({ library, start }))),
  );
}
