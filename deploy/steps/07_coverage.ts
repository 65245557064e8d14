import { parseUnits } from "ethers";
import { isAdmin } from "../lib/access";
import { step } from "../lib/context";
import { decimalsOf, deployMarket } from "../lib/protocol";

/**
 * The fund's limit for the first pool, in force after cooldown and window. Until the last step the deployer may set it.
 */
export default step(async (d, { config, find }) => {
  if (!(await isAdmin((await find("AccessManager")).connect(d.signer)))) return;
  const [fund, pool] = [(await find("InsuranceFund")).connect(d.signer), await find("Pool")];
  const limit = parseUnits(config.coverageLimit, await decimalsOf(d, await deployMarket(d, config)));
  const { limit: current, pendingLimit } = await fund.coverageOf(pool);
  if ((pendingLimit || current) !== limit) await (await fund.setCoverageLimit(pool, limit)).wait();
});
