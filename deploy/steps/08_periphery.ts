import { step } from "../lib/context";
import { deployLens, deployLiquidator } from "../lib/protocol";

/** What bots and front ends use: nothing of the protocol depends on it. */
export default step(async (d, { accounts, recordOf }) => {
  await deployLens(d);
  await deployLiquidator(d, (await recordOf("PoolFactory")).address, accounts.keeper);
});
