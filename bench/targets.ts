import { AFTER_LOSS } from "../scripts/gas/after-loss";
import { CROWDS } from "../scripts/gas/losses";
import type { Operation } from "../scripts/gas/operations";

/** Per cent of the cheapest peer that an operation may cost, unless it is named below. */
const PERCENT = 90;

/**
 * Here less can be saved: most of the gas goes to the token's transfer and the first write, or, for a partial repayment
 * or liquidation, to another tick of the risk ladder.
 */
const PERCENT_OF: Partial<Record<Operation, number>> = {
  "supply collateral, first": 95,
  "supply collateral, repeat": 95,
  "repay, partial": 95,
  "liquidate, partial, healthy remainder": 95,
};

/** Losses with claims for those who bore them, which no peer knows: gas of one transaction. */
const LOSS = { uninsured: 200_000, insured: 260_000 };

/** What an operation may cost more after a loss, when it writes the account's history. */
const HISTORY = 50_000;

/**
 * What two losses may differ by that differ in the number of lenders alone: their amounts differ, and so do zero bytes
 * and branches.
 */
const NOISE = 100;

/** Most gas that an operation of every protocol should cost. */
export function targetOf(operation: Operation, cheapest: number): number {
  if (operation === "liquidate with bad debt, loss to lenders") return LOSS.uninsured;
  if (operation === "liquidate with bad debt, covered by an insurance or reserve") return LOSS.insured;
  return Math.floor((cheapest * (PERCENT_OF[operation] ?? PERCENT)) / 100);
}

/** Most gas that another row should cost; undefined where nothing was promised. */
export function furtherTargetOf(
  row: string,
  gas: ReadonlyMap<string, number>,
  cheapest: ReadonlyMap<string, number>,
): number | undefined {
  const after = AFTER_LOSS.find((end) => row.endsWith(end));
  if (after) return gas.get(row.slice(0, -after.length))! + HISTORY;
  if (row === "repay, partial, within its tick") return Math.floor((cheapest.get("repay, partial")! * PERCENT) / 100);
  if (row === "write down 1 account" || /uninsured, (10 lenders|an odd epoch)$/.test(row)) return LOSS.uninsured;
  if (/(cover|layer), (10 lenders|an odd epoch)$/.test(row)) return LOSS.insured;
  const crowd = CROWDS.find((count) => row.endsWith(`, ${count.toLocaleString("en-US")} lenders`));
  if (crowd) return gas.get(row.replace(/[\d,]+ lenders$/, "10 lenders"))! + NOISE;
  return undefined;
}
