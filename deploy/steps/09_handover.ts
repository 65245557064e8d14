import { assignFunctions, grantsOf, handOver, isAdmin } from "../lib/access";
import { step } from "../lib/context";

/** Restricted functions get their roles, the governor ADMIN; the deployer keeps only what the configuration says. */
export default step(async (d, { accounts, config, find }) => {
  const manager = (await find("AccessManager")).connect(d.signer);
  if (!(await isAdmin(manager))) return;
  await assignFunctions(manager, await find("PoolFactory"), await find("InsuranceFund"));
  await handOver(manager, grantsOf(accounts, config.executionDelay));
});
