import { MaxUint256 } from "ethers";

import { FixedPoint, Liquidation } from "../../sdk";
import { isRefusal } from "./market";
import { action, type Action } from "./record";
import type { Snapshot } from "./types";
import type { World } from "./world";

/** Everyone insolvent; nobody if their shortfall is mere dust, which stays where it is. */
export async function findInsolvent({ market, people }: World, { positions }: Snapshot): Promise<string[]> {
  const insolvent = people.borrowers.filter((_, i) => positions[i].shortfall > 0n);
  return insolvent.length && (await market.pool.writeDown.staticCall(insolvent)) > 0n ? insolvent : [];
}

/** Writes down all of them in one batch. */
export async function writeDown({ market, people }: World, insolvent: string[]): Promise<Action[]> {
  if (!insolvent.length) return [];
  return [await action("writeDown", people.keeper, market.pool.writeDown.populateTransaction(insolvent))];
}

/**
 * Refinances whoever can bear written-off debt again, and with `bids` liquidates whoever is unhealthy or has debt due.
 */
export async function liquidate(
  world: World,
  { positions, state }: Snapshot,
  time: number,
  bids: boolean,
): Promise<Action[]> {
  const { market, people, record } = world;
  const { pool } = market;
  const actions: Action[] = [];
  let cash = state.cash;
  for (const [i, { value, debt, writtenOff, health }] of positions.entries()) {
    const borrower = people.borrowers[i];
    if (health >= FixedPoint.WAD && writtenOff > 0n && writtenOff <= cash && debt + writtenOff >= market.minDebt) {
      actions.push(await action("refinance", people.keeper, pool.refinance.populateTransaction(borrower)));
      cash -= writtenOff;
      continue;
    }
    const since = record.defaultedAt.get(i) ?? time;
    const due = writtenOff > 0n && time >= since + Number(Liquidation.DUE_AFTER);
    // What is left of less than one unit is not worth the gas.
    const worthIt = value >= market.one;
    if (bids && worthIt && (health < FixedPoint.WAD || due) && (await wouldLiquidate(world, borrower))) {
      const call = pool.liquidate.populateTransaction(borrower, MaxUint256, 0n, "0x");
      actions.push(await action("liquidation", people.keeper, call));
    }
  }
  return actions;
}

/** Keepers try before they pay for gas. */
async function wouldLiquidate({ market, people }: World, borrower: string): Promise<boolean> {
  try {
    const [repaid] = await market.pool.liquidate.staticCall(borrower, MaxUint256, 0n, "0x", { from: people.keeper });
    return repaid > 0n;
  } catch (error) {
    if (isRefusal(market, error, "NothingToLiquidate")) return false;
    throw error;
  }
}
