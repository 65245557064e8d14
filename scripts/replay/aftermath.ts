import { MaxUint256 } from "ethers";

import { FixedPoint } from "../../sdk";
import { shuffled } from "../lib/random";
import { action, type Action } from "./record";
import type { Snapshot } from "./types";
import type { World } from "./world";

/**
 * Who does what how many days after the last price; nobody in particular: the keepers, for debt that has fallen due.
 */
export const AFTERMATH: readonly { days: number; others?: (world: World, now: Snapshot) => Promise<Action[]> }[] = [
  { days: 1, others: (world, now) => repay(world, now, 0, 1n) },
  { days: 3, others: (world, now) => repay(world, now, 1, 2n) },
  { days: 7, others: donate },
  { days: 8 },
  { days: 10, others: claim },
  { days: 12 },
];

/** A third of the defaulters, drawn by lot, come back and repay what they owe, or one part in `parts` of it. */
async function repay(world: World, { positions }: Snapshot, third: number, parts: bigint): Promise<Action[]> {
  const { market, people, random } = world;
  const defaulters = positions.flatMap(({ writtenOff }, i) => (writtenOff > 0n ? [i] : []));
  const chosen = shuffled(defaulters, random).filter((_, i) => i % 3 === third);
  return Promise.all(
    chosen.flatMap((i) => {
      const [borrower, assets] = [people.borrowers[i], positions[i].writtenOff / parts];
      return [
        action("setup", borrower, market.loan.mint.populateTransaction(borrower, assets)),
        action("setup", borrower, market.loan.approve.populateTransaction(market.pool, MaxUint256)),
        action("repayment", borrower, market.pool.repayWrittenOff.populateTransaction(borrower, assets)),
      ];
    }),
  );
}

/** A treasury pays half of what lenders still miss. */
function donate({ market, people }: World, { losses }: Snapshot): Promise<Action[]> {
  const gifts = losses.map(({ outstanding }, i) => ({
    lossId: i + 1,
    assets: (outstanding.principal + outstanding.interest) / 2n,
  }));
  return Promise.all(
    gifts
      .filter(({ assets }) => assets > 0n)
      .map(({ lossId, assets }) =>
        action("treasury", people.treasury, market.socializer.recover.populateTransaction(lossId, assets)),
      ),
  );
}

/** Everyone who bore a loss is paid what was recovered of it. */
async function claim({ market, people, record }: World): Promise<Action[]> {
  if (!record.losses.length) return [];
  const ids = record.losses.map(({ id }) => id);
  const actions: Action[] = [];
  for (const account of [...people.holders, ...people.stakers]) {
    const due = await market.lens.claims(market.socializer, ids, account);
    if (FixedPoint.sum(due) === 0n) continue;
    actions.push(await action("claim", people.keeper, market.socializer.claim.populateTransaction(ids, account)));
  }
  return actions;
}
