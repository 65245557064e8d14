import { assignFunctions, grantRole } from "../../deploy/lib/access";
import { directDeployer, type Deployer } from "../../deploy/lib/deployer";
import {
  createPool,
  deployFactory,
  deployFund,
  deployLens,
  deployManager,
  deploySocializer,
} from "../../deploy/lib/protocol";
import { fundTerms, poolTerms } from "../../deploy/lib/terms";
import type { PoolParamsStruct } from "../../typechain-types/contracts/PoolFactory";
import type { GasChain } from "./chain";
import { LLTV, LOAN_DECIMALS } from "./scenario";
import type { Tokens } from "./tokens";

/** Sees what each contract of the protocol costs when it is created. */
export type OnCreated = (contract: string, address: string, gas: number) => Promise<void>;

export type Lagan = Awaited<ReturnType<typeof deployLagan>>;

/** The protocol with one pool, which its fund does not cover until `covers` says so. */
export async function deployLagan(chain: GasChain, tokens: Tokens, onCreated?: OnCreated) {
  const builder = chain.person("builder");
  const d = observedDeployer(chain, directDeployer(builder, chain.artifacts), onCreated);
  const manager = await deployManager(d);
  const factory = await deployFactory(d, await manager.getAddress());
  const socializer = await deploySocializer(d, await factory.getAddress());
  const parts = { socializer: await socializer.getAddress(), factory: await factory.getAddress() };
  const fundParams = { ...fundTerms(LOAN_DECIMALS), ...parts, asset: tokens.loan };
  const fund = await deployFund(d, fundParams, await manager.getAddress());
  const lens = await deployLens(d);
  await assignFunctions(manager, factory, fund);
  await grantRole(manager, "RISK", builder.address, 0n);

  const params: PoolParamsStruct = {
    ...poolTerms(LOAN_DECIMALS),
    lltv: LLTV,
    asset: tokens.loan,
    collateralAsset: tokens.collateral,
    oracle: tokens.oracle,
    fund: await fund.getAddress(),
    socializer: parts.socializer,
  };
  const pool = await createPool(factory, params);
  return { factory, socializer, fund, fundParams, lens, pool, params, spender: await pool.getAddress() };
}

function observedDeployer(chain: GasChain, inner: Deployer, onCreated: OnCreated | undefined): Deployer {
  return {
    ...inner,
    deploy: async (name, contract, args) => {
      let address = "";
      const { gas } = await chain.costOf(async () => {
        address = await inner.deploy(name, contract, args);
      });
      await onCreated?.(name, address, gas);
      return address;
    },
  };
}
