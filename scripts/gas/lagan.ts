import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { MaxUint256 } from "ethers";
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
import type { LendingPool } from "../../typechain-types";
import type { PoolParamsStruct } from "../../typechain-types/contracts/PoolFactory";
import type { GasChain } from "./chain";
import { coversOf } from "./cover";
import { type BadDebt, type Market } from "./operations";
import { LIQUIDATED, LLTV, LOAN_DECIMALS } from "./scenario";
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
  const fundParams = { ...fundTerms, ...parts, asset: tokens.loan };
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

/** The pool as a market like any other. */
export function laganMarket(chain: GasChain, lagan: Lagan, tokens: Tokens): Market {
  const { pool } = lagan;
  const as = (by: HardhatEthersSigner): LendingPool => pool.connect(by);
  const liquidateAll: BadDebt["steps"][number] = (liquidator, borrower) =>
    as(liquidator).liquidate(borrower, MaxUint256, 0n, "0x");
  return {
    spender: lagan.spender,
    touch: () => pool.accrue(),
    setPrice: tokens.setPrice,
    supply: (by, assets) => as(by).deposit(assets, by),
    withdraw: (by, assets) => as(by).withdraw(assets, by, by),
    withdrawAll: async (by) => as(by).redeem(await pool.balanceOf(by), by, by),
    supplyCollateral: (by, assets) => as(by).supplyCollateral(assets, by),
    withdrawCollateral: (by, assets) => as(by).withdrawCollateral(assets, by, by),
    borrow: (by, assets) => as(by).borrow(assets, by, by),
    repay: (by, assets) => as(by).repay(assets, by),
    repayAll: (by) => as(by).repay(MaxUint256, by),
    liquidatePart: (by, borrower) => as(by).liquidate(borrower, LIQUIDATED.repaid, 0n, "0x"),
    socialized: { steps: [liquidateAll] },
    covered: { ...coversOf(chain, lagan, tokens)["inside cover"], steps: [liquidateAll] },
  };
}
