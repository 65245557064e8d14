import type { GasChain } from "./chain";
import type { Market, Measure } from "./operations";
import { loans, MOVED } from "./scenario";

/** Small enough to leave a position of these amounts in the same tick of the risk ladder. */
const WITHIN_TICK = loans(20);

/** Operations of a borrower that other protocols have no counterpart of. */
export async function measurePositions(chain: GasChain, market: Market, measure: Measure): Promise<void> {
  const user = chain.person("user");
  await chain.apart(async () => {
    await market.supplyCollateral(user, MOVED.collateral);
    await market.borrow(user, MOVED.borrowed);
    await measure("supply collateral, with debt", () => market.supplyCollateral(user, MOVED.collateral));
    await measure("repay, partial, within its tick", () => market.repay(user, WITHIN_TICK));
  });
}

/**
 * Takes somebody along the ways of the accounts that are measured, and out again. Whoever is the first to come to a
 * tick of the risk ladder pays for it; what is measured is what everybody else pays.
 */
export async function walkTicks(chain: GasChain, market: Market): Promise<void> {
  const scout = chain.person("scout");
  await market.supplyCollateral(scout, MOVED.collateral);
  await market.borrow(scout, MOVED.borrowed);
  await market.supplyCollateral(scout, MOVED.collateral);
  await market.withdrawCollateral(scout, MOVED.collateral);
  await market.borrow(scout, MOVED.borrowed);
  await market.withdrawCollateral(scout, MOVED.releasedCollateral);
  await market.repay(scout, MOVED.repaid);
  await market.repayAll(scout);
  await market.withdrawCollateral(scout, MOVED.collateral - MOVED.releasedCollateral);
}
