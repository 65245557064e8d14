import { step } from "../lib/context";
import { decimalsOf, deployFund, deployMarket, fundParams } from "../lib/protocol";

export default step(async (d, { config, recordOf }) => {
  const market = await deployMarket(d, config);
  const [manager, factory, socializer] = await Promise.all(
    ["AccessManager", "PoolFactory", "BadDebtSocializer"].map(recordOf),
  );
  const parts = { socializer: socializer.address, factory: factory.address };
  await deployFund(d, fundParams(config, market, await decimalsOf(d, market), parts), manager.address);
});
