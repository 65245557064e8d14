import { step } from "../lib/context";
import { deployMarket, deployOracle } from "../lib/protocol";

/** The oracle of the first pool, and on a local chain the tokens and feeds that it reads. */
export default step(async (d, { config }) => {
  await deployOracle(d, await deployMarket(d, config));
});
