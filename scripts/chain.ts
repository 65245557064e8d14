import hre from "hardhat";

/**
 * A fresh in-process chain with the protocol on it, deployed by the same steps as anywhere else.
 * The only place where scripts touch the Hardhat environment.
 */
export async function startChain() {
  if (hre.network.name !== "hardhat") throw new Error("This runs on the in-process chain only: unset HARDHAT_NETWORK");
  await hre.run("compile", { quiet: true });
  await hre.deployments.fixture();
  const { artifacts, deployments, ethers, getNamedAccounts, network } = hre;
  return { artifacts, deployments, ethers, namedAccounts: await getNamedAccounts(), provider: network.provider };
}
