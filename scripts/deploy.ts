import { requireKeys } from "../deploy/config";
import { env } from "../deploy/env";
import { onNetwork } from "./chain";

/** `npm run deploy [-- NETWORK]`: runs the steps that have not been run yet. */
void onNetwork(async ({ deployments, network, run }) => {
  if (network.name !== "hardhat" && network.name !== "localhost") requireKeys(network.name, env, ["DEPLOYER_KEY"]);
  await run("deploy", { noCompile: true });
  for (const [name, { address }] of Object.entries(await deployments.all())) console.log(name.padEnd(20), address);
});
