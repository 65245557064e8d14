import "@nomicfoundation/hardhat-chai-matchers";
import "@nomicfoundation/hardhat-ethers";
import "@typechain/hardhat";
import "hardhat-contract-sizer";
import "hardhat-deploy";
import "hardhat-gas-reporter";
import "solidity-coverage";

import {
  TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS,
} from "hardhat/builtin-tasks/task-names";
import { subtask } from "hardhat/config";
import type { HardhatUserConfig, HttpNetworkUserConfig, SolcBuild } from "hardhat/types";
import { version as solcVersion } from "solc/package.json";

import { env } from "./deploy/env";

/** The compiler is the pinned npm package, so that no build ever downloads one. */
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async (args: { solcVersion: string }): Promise<SolcBuild> => {
  if (args.solcVersion !== solcVersion) {
    throw new Error(`solc ${args.solcVersion} is not installed: this repository compiles with ${solcVersion} only`);
  }
  const { default: solc } = await import("solc");
  return {
    version: solcVersion,
    longVersion: solc.version().replace(".Emscripten.clang", ""),
    compilerPath: require.resolve("solc/soljson.js"),
    isSolcJs: true,
  };
});

type Diagnostic = { severity: string; sourceLocation?: { file: string } };

/** Warnings about dependencies are not ours to fix; those about our own sources are printed. */
subtask(
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS,
  async ({ output, quiet }: { output?: { errors?: Diagnostic[] }; quiet: boolean }, _, runSuper) => {
    const ours = ({ severity, sourceLocation }: Diagnostic) =>
      severity === "error" || !sourceLocation || sourceLocation.file.startsWith("contracts/");
    await runSuper({ output: { ...output, errors: output?.errors?.filter(ours) }, quiet });
  },
);

/** Live networks exist only when their RPC address is set; see .env.example. */
function liveNetwork(name: string, url: string | undefined): Record<string, HttpNetworkUserConfig> {
  return url ? { [name]: { url, accounts: env.DEPLOYER_KEY ? [env.DEPLOYER_KEY] : [] } } : {};
}

/** On local chains the n-th test account; on live networks the configured address. */
function namedAccount(index: number, address: string | undefined): Record<string, number | string> {
  return address ? { default: index, sepolia: address, mainnet: address } : { default: index };
}

/** Instrumented builds stay apart, so that a coverage run neither invalidates the cache nor rewrites the bindings. */
const coverage = env.COVERAGE === "true";

/** The artifacts of a mutant, which scripts/mutate has compiled with little optimisation: larger, and dearer to deploy. */
const mutant = env.MUTANT_ARTIFACTS;

const config: HardhatUserConfig = {
  solidity: {
    version: solcVersion,
    settings: {
      evmVersion: "cancun",
      viaIR: true,
      optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["storageLayout"] } },
    },
  },
  paths: {
    deploy: "deploy/steps",
    ...(coverage && { cache: "cache/coverage", artifacts: "cache/coverage-artifacts" }),
    ...(mutant && { artifacts: mutant }),
  },
  networks: {
    // The oldest fork the bytecode runs on.
    hardhat: {
      hardfork: "cancun",
      ...(mutant && { allowUnlimitedContractSize: true, gas: 40_000_000, blockGasLimit: 600_000_000 }),
    },
    localhost: { url: "http://127.0.0.1:8545" },
    ...(env.ANVIL_URL && { anvil: { url: env.ANVIL_URL, timeout: 120_000 } }),
    ...liveNetwork("sepolia", env.SEPOLIA_RPC_URL),
    ...liveNetwork("mainnet", env.MAINNET_RPC_URL),
  },
  namedAccounts: {
    deployer: 0,
    governor: namedAccount(1, env.GOVERNOR),
    guardian: namedAccount(2, env.GUARDIAN),
    treasury: 3,
    keeper: namedAccount(4, env.KEEPER),
  },
  typechain: { outDir: "typechain-types", target: "ethers-v6", dontOverrideCompile: coverage },
  mocha: { timeout: 600_000, forbidOnly: Boolean(env.CI) },
  gasReporter: { enabled: env.REPORT_GAS === "true", offline: true, excludeContracts: ["mocks/"] },
  contractSizer: { unit: "B", strict: true, alphaSort: true, only: ["^contracts/"], except: ["^contracts/mocks/"] },
};

export default config;
