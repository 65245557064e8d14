import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { configOf, ConfigError } from "../deploy/config";
import { env } from "../deploy/env";
import { contextOf, NotDeployedError } from "../deploy/lib/context";

/*
 * Where scripts meet the Hardhat environment; gas/chain.ts does so, too, to set the clock and the fork of its chain.
 * Hardhat is imported late, when a script knows which network it is for: the import chooses the network.
 */

/** A fresh in-process chain with the protocol on it, deployed by the same steps as anywhere else. */
export async function startChain() {
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
 * Runs a script on the network that its first argument names, by default the in-process chain. What goes wrong is one
 * line; the exit code is 2 if the configuration is incomplete or nothing is deployed, 1 for everything else.
 */
export async function onNetwork(main: (hre: HardhatRuntimeEnvironment) => Promise<void>): Promise<void> {
  try {
    const network = process.argv[2] ?? "hardhat";
    process.env.HARDHAT_NETWORK = network;
    configOf(network, env); // Hardhat would not say what is missing
    const { default: hre } = await import("hardhat");
    await hre.run("compile", { quiet: true });
    await main(hre);
  } catch (error) {
    console.error(oneLine(error));
    process.exitCode = error instanceof ConfigError || error instanceof NotDeployedError ? 2 : 1;
  }
}

/** The message of an error; the plugin puts a stack trace into that of a failed step. */
function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\n\s+at .*/g, "").replace(/\s*\n\s*/g, " ");
}
