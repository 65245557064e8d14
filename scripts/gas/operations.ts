import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { GasChain } from "./chain";
import { BACKGROUND, MOVED, PRICES, VICTIM } from "./scenario";
import type { Tokens } from "./tokens";

/** A liquidation that leaves bad debt, in as many transactions as the protocol needs until somebody has borne it. */
export interface BadDebt {
  /** What has to be there before the victims borrow. */
  prepare?(): Promise<unknown>;
  /** Puts back what the first victim's liquidation used up. */
  renew?(): Promise<unknown>;
  steps: ((liquidator: HardhatEthersSigner, borrower: HardhatEthersSigner) => Promise<unknown>)[];
}

/**
 * A loan market of some protocol. Each function sends one transaction, but for those that get bad debt ready; amounts
 * are in units of the token, prices in loan tokens per collateral token.
 */
export interface Market {
  /** Who takes the tokens of those who pay in. */
  readonly spender: string;
  /** Lets the market charge interest until now, and does nothing else that is measured. */
  touch(): Promise<unknown>;
  setPrice(price: number): Promise<unknown>;
  supply(by: HardhatEthersSigner, assets: bigint): Promise<unknown>;
  withdraw(by: HardhatEthersSigner, assets: bigint): Promise<unknown>;
  withdrawAll(by: HardhatEthersSigner): Promise<unknown>;
  supplyCollateral(by: HardhatEthersSigner, assets: bigint): Promise<unknown>;
  withdrawCollateral(by: HardhatEthersSigner, assets: bigint): Promise<unknown>;
  borrow(by: HardhatEthersSigner, assets: bigint): Promise<unknown>;
  repay(by: HardhatEthersSigner, assets: bigint): Promise<unknown>;
  repayAll(by: HardhatEthersSigner): Promise<unknown>;
  liquidatePart(by: HardhatEthersSigner, borrower: HardhatEthersSigner): Promise<unknown>;
  /** Bad debt that lenders bear. */
  socialized?: BadDebt;
  /** Bad debt that an insurance or a reserve bears. */
  covered?: BadDebt;
}

export const OPERATIONS = [
  "supply, first",
  "supply, repeat",
  "withdraw, partial",
  "withdraw, full",
  "supply collateral, first",
  "supply collateral, repeat",
  "borrow, first",
  "borrow, repeat",
  "withdraw collateral, with debt",
  "repay, partial",
  "repay, full",
  "withdraw collateral, partial, no debt",
  "withdraw collateral, full, no debt",
  "liquidate, partial, healthy remainder",
  "liquidate with bad debt, loss to lenders",
  "liquidate with bad debt, covered by an insurance or reserve",
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** Measures one transaction under the name of an operation; several under one name add up. */
export type Measure<Name extends string = string> = (operation: Name, send: () => Promise<unknown>) => Promise<void>;

/** One lender and one borrower, and tokens for everybody who acts later. */
export async function openMarket(chain: GasChain, tokens: Tokens, market: Market): Promise<void> {
  const actors = (["lender", "background", "user", "victim", "victim2", "liquidator"] as const).map((name) =>
    chain.person(name),
  );
  for (const actor of actors) await tokens.endow(actor, market.spender);
  const [lender, background] = actors;
  await market.supply(lender, BACKGROUND.lent);
  await market.supplyCollateral(background, BACKGROUND.collateral);
  await market.borrow(background, BACKGROUND.borrowed);
}

/** Measures what every protocol can do, each group of operations on the market as it was opened. */
export async function measureOperations(chain: GasChain, market: Market, measure: Measure<Operation>): Promise<void> {
  const user = chain.person("user");
  const liquidator = chain.person("liquidator");
  const victims = [chain.person("victim"), chain.person("victim2")];

  await chain.apart(async () => {
    await measure("supply, first", () => market.supply(user, MOVED.supplied));
    await measure("supply, repeat", () => market.supply(user, MOVED.supplied));
    await measure("withdraw, partial", () => market.withdraw(user, MOVED.withdrawn));
    await measure("withdraw, full", () => market.withdrawAll(user));
  });

  await chain.apart(async () => {
    const left = 2n * MOVED.collateral - MOVED.withdrawnCollateral;
    await measure("supply collateral, first", () => market.supplyCollateral(user, MOVED.collateral));
    await measure("supply collateral, repeat", () => market.supplyCollateral(user, MOVED.collateral));
    await measure("withdraw collateral, partial, no debt", () =>
      market.withdrawCollateral(user, MOVED.withdrawnCollateral),
    );
    await measure("withdraw collateral, full, no debt", () => market.withdrawCollateral(user, left));
  });

  await chain.apart(async () => {
    await market.supplyCollateral(user, MOVED.collateral);
    await measure("borrow, first", () => market.borrow(user, MOVED.borrowed));
    await measure("borrow, repeat", () => market.borrow(user, MOVED.borrowed));
    await measure("withdraw collateral, with debt", () => market.withdrawCollateral(user, MOVED.releasedCollateral));
    await measure("repay, partial", () => market.repay(user, MOVED.repaid));
    await measure("repay, full", () => market.repayAll(user));
  });

  await chain.apart(async () => {
    await borrowVictims(market, victims);
    await market.setPrice(PRICES.unhealthy);
    await market.touch();
    await market.liquidatePart(liquidator, victims[0]);
    await measure("liquidate, partial, healthy remainder", () => market.liquidatePart(liquidator, victims[1]));
  });

  const measureBadDebt = async (operation: Operation, badDebt: BadDebt | undefined) => {
    if (!badDebt) return;
    await chain.apart(async () => {
      await badDebt.prepare?.();
      await borrowVictims(market, victims);
      await market.setPrice(PRICES.insolvent);
      for (const step of badDebt.steps) {
        await market.touch();
        await step(liquidator, victims[0]);
      }
      await badDebt.renew?.();
      for (const step of badDebt.steps) await measure(operation, () => step(liquidator, victims[1]));
    });
  };
  await measureBadDebt("liquidate with bad debt, loss to lenders", market.socialized);
  await measureBadDebt("liquidate with bad debt, covered by an insurance or reserve", market.covered);
}

/** Accounts that a fall of the price makes unhealthy. */
export async function borrowVictims(market: Market, victims: readonly HardhatEthersSigner[]): Promise<void> {
  for (const victim of victims) {
    await market.supplyCollateral(victim, VICTIM.collateral);
    await market.borrow(victim, VICTIM.debt);
  }
}
