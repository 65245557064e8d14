import { NotDeployedError, step } from "../lib/context";
import { createPool, decimalsOf, deployMarket, poolParams } from "../lib/protocol";

/** The first pool, recorded as "Pool". */
export default step(async (d, { config, find, recordOf }, { artifacts, deployments }) => {
  const recorded = await recordOf("Pool").catch((error) => {
    if (!(error instanceof NotDeployedError)) throw error;
  });
  if (recorded) return;
  const market = await deployMarket(d, config);
  const decimals = await decimalsOf(d, market);
  const [oracle, fund, socializer] = await Promise.all(
    ["ChainlinkOracle", "InsuranceFund", "BadDebtSocializer"].map(async (name) => (await recordOf(name)).address),
  );
  const factory = (await find("PoolFactory")).connect(d.signer);
  const pool = await createPool(factory, poolParams(config, market, decimals, { oracle, fund, socializer }));
  const { abi } = await artifacts.readArtifact("LendingPool");
  await deployments.save("Pool", { abi, address: await pool.getAddress() });
});
