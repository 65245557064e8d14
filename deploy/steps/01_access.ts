import { grantRole, grantsOf, isAdmin } from "../lib/access";
import { step } from "../lib/context";
import { deployManager } from "../lib/protocol";

/** The access manager and its roles; the deployer is ADMIN until the last step. */
export default step(async (d, { accounts, config }) => {
  const manager = await deployManager(d);
  if (!(await isAdmin(manager))) return;
  for (const { role, account, delay } of grantsOf(accounts, config.executionDelay)) {
    if (role !== "ADMIN") await grantRole(manager, role, account, delay);
  }
});
