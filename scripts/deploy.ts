import { requireKeys } from "../deploy/config";
import { env } from "../deploy/env";
import { onNetwork } from "./chain";

const HELP = `Deploys the protocol: runs the steps that have not been run yet.

  npm run deploy                tries it on an in-process chain
  npm run deploy -- NETWORK     localhost, or sepolia or mainnet with the keys of .env.example in .env

Exit code 0: deployed; 1: a step failed; 2: the command line or the configuration.`;

void onNetwork(HELP, async ({ deployments, network, run }) => {
  if (network.name !== "hardhat" && network.name !== "localhost") requireKeys(network.name, env, ["DEPLOYER_KEY"]);
  await run("deploy", { noCompile: true });
  for (const [name, { address }] of Object.entries(await deployments.all())) console.log(name.padEnd(20), address);
});
