import type { Accounts } from "./accounts";
import { addressOf, type Chain } from "./chain";
import type { Record } from "./record";
import type { Borrower, Market, People, Scenario } from "./types";

const STAKERS = 3;

/** What the parts of a simulation share. */
export interface World {
  market: Market;
  chain: Chain;
  people: People;
  accounts: Accounts;
  record: Record;
  scenario: Scenario;
  book: readonly Borrower[];
  random: () => number;
}

export function createPeople(lenderCount: number, borrowerCount: number): People {
  const names = (role: string, count: number) => Array.from({ length: count }, (_, i) => addressOf(`${role} ${i}`));
  const lenders = names("lender", lenderCount);
  const [entrant, runner] = [addressOf("entrant"), addressOf("runner")];
  return {
    keeper: addressOf("keeper"),
    treasury: addressOf("treasury"),
    leaver: lenders[0],
    stayer: lenders[1],
    entrant,
    runner,
    lenders,
    stakers: names("staker", STAKERS),
    borrowers: names("borrower", borrowerCount),
    holders: [...lenders, runner, entrant],
  };
}

/** `amount · factor`, rounded down; of the factor, nine decimals count. */
export function times(amount: bigint, factor: number): bigint {
  return (amount * BigInt(Math.round(factor * 1e9))) / 1_000_000_000n;
}
