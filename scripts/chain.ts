import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { configOf, ConfigError, requireConnection } from "../deploy/config";
import { env } from "../deploy/env";
import { contextOf, NotDeployedError } from "../deploy/lib/context";
import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";

/*
 * Where scripts meet the Hardhat environment; gas/chain.ts does so, too, to set the clock and the fork of its chain.
 * Hardhat is imported late, when a script knows which network it is for: the import chooses the network.
 */

/** Where hardhat.config.ts looks for it. */
const LOCAL_NODE = "http://127.0.0.1:8545";
/** Milliseconds. */
const NODE_TIMEOUT = 10_000;

/** A fresh in-process chain with the protocol on it, deployed by the same steps as anywhere else. */
export async function startChain() {
  process.env.HARDHAT_NETWORK = "hardhat";
  try {
    requireConnection(env);
  } catch (error) {
    throw new InputError((error as ConfigError).message);
  }
  const { default: hre } = await import("hardhat");
  if (hre.network.name !== "hardhat") throw new Error("This runs on the in-process chain only: unset HARDHAT_NETWORK");
  await hre.run("compile", { quiet: true });
  await hre.deployments.fixture();
  const { artifacts, deployments, ethers, getNamedAccounts, network } = hre;
  const { find } = await contextOf(hre);
  return { artifacts, deployments, ethers, namedAccounts: await getNamedAccounts(), provider: network.provider, find };
}

/** The in-process chain and what stands on it. */
export type Environment = Awaited<ReturnType<typeof startChain>>;

/**
 * Runs a script on the network that its only argument names, by default the in-process chain. What goes wrong is one
 * line; the exit code is 2 for the command line, or if the configuration is incomplete or nothing is deployed, 1 for
 * everything else.
 */
export function onNetwork(help: string, main: (hre: HardhatRuntimeEnvironment) => Promise<void>): Promise<void> {
  return runCommand(async () => {
    const { values, positionals } = parseCommandLine({
      options: { help: { type: "boolean" } },
      allowPositionals: true,
    });
    if (values.help) {
      console.log(help);
      return;
    }
    const [network = "hardhat", ...others] = positionals;
    if (others.length) throw new InputError(`${others.join(" ")}: give one network only, see --help`);
    try {
      process.env.HARDHAT_NETWORK = network;
      // Hardhat would not say what is missing
      requireConnection(env);
      configOf(network, env);
      await requireNode(network);
      const { default: hre } = await import("hardhat");
      await hre.run("compile", { quiet: true });
      await main(hre);
    } catch (error) {
      if (error instanceof ConfigError || error instanceof NotDeployedError) throw new InputError(oneLine(error));
      console.error(oneLine(error));
      process.exitCode = 1;
    }
  });
}

/** @throws Error if the network has a node that does not answer: the plugins would say so at length. */
async function requireNode(network: string): Promise<void> {
  const key = `${network.toUpperCase()}_RPC_URL`;
  const [url, place] = network === "localhost" ? [LOCAL_NODE, LOCAL_NODE] : [env[key], key];
  if (network === "hardhat" || !url) return;
  try {
    await fetch(url, { method: "POST", signal: AbortSignal.timeout(NODE_TIMEOUT) });
  } catch {
    throw new Error(`${network}: no node answers at ${place}, start it or check the address`);
  }
}

/** The message of an error; the plugin puts a stack trace into that of a failed step. */
function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\n\s+at .*/g, "").replace(/\s*\n\s*/g, " ");
}
