import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { AbiCoder, Contract, keccak256 } from "ethers";
import type { GasChain } from "../scripts/gas/chain";
import type { Market } from "../scripts/gas/operations";
import { LIQUIDATED, LLTV, VICTIM } from "../scripts/gas/scenario";
import { deploy, type Artifact, type Tokens } from "../scripts/gas/tokens";
import { loadPackage } from "./packages";

const FACTORIES = "@morpho-org/morpho-blue-bundlers/types/factories/lib/";

/** Morpho Blue with its adaptive rate model, and a market without fee. */
export async function deployMorpho(chain: GasChain, tokens: Tokens): Promise<Market> {
  const { Morpho__factory: core } = loadPackage<{ Morpho__factory: Artifact }>(
    `${FACTORIES}morpho-blue/src/Morpho__factory`,
  );
  const { AdaptiveCurveIrm__factory: model } = loadPackage<{ AdaptiveCurveIrm__factory: Artifact }>(
    `${FACTORIES}morpho-blue-irm/src/adaptive-curve-irm/AdaptiveCurveIrm__factory`,
  );
  const deployer = chain.person("deployer");
  const spender = await deploy(core, deployer, deployer.address);
  const irm = await deploy(model, deployer, spender);
  const morpho = new Contract(spender, core.abi, deployer);
  const market = [tokens.loan, tokens.collateral, tokens.oracle, irm, LLTV] as const;
  await morpho.enableIrm(irm);
  await morpho.enableLltv(LLTV);
  await morpho.createMarket(market);

  const id = keccak256(
    AbiCoder.defaultAbiCoder().encode(["address", "address", "address", "address", "uint256"], market),
  );
  const sharesOf = async ({ address }: HardhatEthersSigner) => {
    const [supplied, borrowed] = (await morpho.position(id, address)) as [bigint, bigint];
    return { supplied, borrowed };
  };
  const send = (by: HardhatEthersSigner, name: string, ...args: unknown[]): Promise<unknown> =>
    (morpho.connect(by) as Contract).getFunction(name)(market, ...args);

  return {
    spender,
    touch: () => send(deployer, "accrueInterest"),
    setPrice: tokens.setPrice,
    supply: (by, assets) => send(by, "supply", assets, 0n, by, "0x"),
    withdraw: (by, assets) => send(by, "withdraw", assets, 0n, by, by),
    withdrawAll: async (by) => send(by, "withdraw", 0n, (await sharesOf(by)).supplied, by, by),
    supplyCollateral: (by, assets) => send(by, "supplyCollateral", assets, by, "0x"),
    withdrawCollateral: (by, assets) => send(by, "withdrawCollateral", assets, by, by),
    borrow: (by, assets) => send(by, "borrow", assets, 0n, by, by),
    repay: (by, assets) => send(by, "repay", assets, 0n, by, "0x"),
    repayAll: async (by) => send(by, "repay", 0n, (await sharesOf(by)).borrowed, by, "0x"),
    liquidatePart: (by, borrower) => send(by, "liquidate", borrower, LIQUIDATED.seized, 0n, "0x"),
    // Lenders bear what is left once the collateral is gone.
    socialized: { steps: [(by, borrower) => send(by, "liquidate", borrower, VICTIM.collateral, 0n, "0x")] },
  };
}
