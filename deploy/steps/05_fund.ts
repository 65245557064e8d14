import { step } from "../lib/context";
import { deployFund, deployMarket, fundParams } from "../lib/protocol";

export default step(async (d, { config, recordOf }) => {
  const market = await deployMarket(d, config);
  const [manager, factory, socializer] = await Promise.all(
    ["AccessManager", "PoolFactory", "BadDebtSocializer"].map(recordOf),
  );
  await deployFund(d, fundParams(config, market, socializer.address, factory.address), manager.address);
});
