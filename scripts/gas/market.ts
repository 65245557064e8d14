import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { MaxUint256 } from "ethers";

import type { LendingPool } from "../../typechain-types";
import type { GasChain } from "./chain";
import { coversOf } from "./cover";
import type { Lagan } from "./lagan";
import type { BadDebt, Market } from "./operations";
import { LIQUIDATED } from "./scenario";
import type { Tokens } from "./tokens";

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
