import { NotDeployedError, step } from "../lib/context";
import { createPool, decimalsOf, deployMarket, findPool, poolParams } from "../lib/protocol";

/** The first pool, recorded as "Pool": the one that an earlier run created and could not record, or a new one. */
export default step(async (d, { config, createdAt, find, recordOf }, { artifacts, deployments }) => {
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
  const params = poolParams(config, market, decimals, { oracle, fund, socializer });
  const pool = (await findPool(factory, params, await createdAt("PoolFactory"))) ?? (await createPool(factory, params));
  const { abi } = await artifacts.readArtifact("LendingPool");
  await deployments.save("Pool", { abi, address: await pool.getAddress() });
});
