import { dataLength, resolveAddress } from "ethers";
import { createPool } from "../../deploy/lib/protocol";
import { measureAfterLoss, measureRecoveries } from "./after-loss";
import type { Cost, GasChain } from "./chain";
import { measureFund } from "./fund";
import { deployLagan } from "./lagan";
import { measureLosses, measureOddLosses, measureWriteDowns } from "./losses";
import { laganMarket } from "./market";
import { Meter } from "./meter";
import { measureOperations, openMarket, type Operation } from "./operations";
import { measurePositions, walkTicks } from "./positions";
import type { Tokens } from "./tokens";

/** All that is measured of Lagan, in the order in which it is shown. */
export interface Measurements {
  /** What every protocol can do. */
  operations: ReadonlyMap<Operation, number>;
  /** Further operations. */
  further: ReadonlyMap<string, number>;
  /** Deployed size by contract. */
  bytes: ReadonlyMap<string, number>;
}

/** Is told of each measured transaction while the chain still knows it. */
export type Observer = (operation: string, cost: Cost, nameOf: (address: string) => string) => Promise<void>;

export async function measureLagan(chain: GasChain, tokens: Tokens, observe?: Observer): Promise<Measurements> {
  const creation = new Map<string, number>();
  const bytes = new Map<string, number>();
  const size = async (contract: string, address: string) => {
    bytes.set(contract, dataLength(await chain.provider.getCode(address)));
  };
  const lagan = await deployLagan(chain, tokens, async (contract, address, gas) => {
    creation.set(`create ${contract}`, gas);
    await size(contract, address);
  });
  const twin = await lagan.pool.twin();
  await size("LendingPool", lagan.spender);
  await size("PoolTwin", twin);

  const names = new Map<string, string>();
  for (const [name, contract] of Object.entries({
    pool: lagan.pool,
    twin,
    fund: lagan.fund,
    socializer: lagan.socializer,
    factory: lagan.factory,
    oracle: tokens.oracle,
    "loan token": tokens.loan,
    "collateral token": tokens.collateral,
  })) {
    names.set((await resolveAddress(contract)).toLowerCase(), name);
  }
  const onMeasured = async (operation: string, cost: Cost) =>
    observe?.(operation, cost, (address) => names.get(address.toLowerCase()) ?? address);

  const market = laganMarket(chain, lagan, tokens);
  await openMarket(chain, tokens, market);
  await tokens.endow(chain.person("scout"), market.spender);
  await walkTicks(chain, market);

  const operations = new Meter<Operation>(chain, market.touch, onMeasured);
  await measureOperations(chain, market, operations.measure);
  const further = new Meter(chain, market.touch, onMeasured);
  await measurePositions(chain, market, further.measure);
  await measureAfterLoss(chain, lagan, tokens, market, further.measure);
  await measureWriteDowns(chain, lagan, market, further.measure);
  await measureLosses(chain, lagan, tokens, market, further.measure);
  await measureOddLosses(chain, lagan, tokens, market, further.measure);
  await chain.apart(() => measureRecoveries(chain, lagan, tokens, market, further.measure));
  await measureFund(chain, lagan, tokens, further.measure);
  await further.measure("create a pool", () => createPool(lagan.factory, lagan.params));
  for (const [operation, gas] of creation) further.gas.set(operation, gas);
  return { operations: operations.gas, further: further.gas, bytes };
}
