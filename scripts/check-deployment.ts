import { checkDeployment } from "../deploy/lib/check";
import { contextOf } from "../deploy/lib/context";
import { onNetwork } from "./chain";

const HELP = `Whether the chain is what configuration and sources say.

  npm run check:deployment                of a fresh deployment on an in-process chain
  npm run check:deployment -- NETWORK     of localhost, or of sepolia or mainnet with the keys of .env.example in .env

Exit code 0: it is; 1: it is not; 2: the command line or the configuration, or nothing is deployed.`;

void onNetwork(HELP, async (hre) => {
  // Nothing was ever deployed on a chain that has just started.
  if (hre.network.name === "hardhat") await hre.deployments.fixture();
  const checks = await checkDeployment(await contextOf(hre));
  const wrong = checks.filter(({ expected, found }) => expected !== found);
  for (const { what, expected, found } of checks) {
    console.log(found === expected ? `ok     ${what}: ${found}` : `WRONG  ${what}: ${found} instead of ${expected}`);
  }
  console.log(`${checks.length - wrong.length} of ${checks.length} checks passed on ${hre.network.name}`);
  if (wrong.length > 0) process.exitCode = 1;
});
