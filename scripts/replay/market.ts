import type {
  BadDebtSocializer,
  InsuranceFund,
  IOracle,
  LendingPool,
  MockAggregator,
  MockERC20,
  PoolLens,
} from "../../typechain-types";
import type { LossStructOutput, PoolStateStructOutput } from "../../typechain-types/contracts/PoolLens";
import { action, type Action } from "./record";

/** A pool with everything around it, as deployed. */
export interface Market {
  pool: LendingPool;
  fund: InsuranceFund;
  socializer: BadDebtSocializer;
  lens: PoolLens;
  loan: MockERC20;
  collateral: MockERC20;
  oracle: IOracle;
  /** The oracle's feeds: the collateral's price, and others that stand at 1. */
  feed: MockAggregator;
  pegs: MockAggregator[];
  feedDecimals: number;
  loanDecimals: number;
  collateralDecimals: number;
  /** One whole loan asset. */
  one: bigint;
  /** Terms of the pool: a wad, and loan assets. */
  lltv: bigint;
  minDebt: bigint;
}

/** One borrower's account. */
export interface Position {
  collateral: bigint;
  debt: bigint;
  writtenOff: bigint;
  /** A wad. */
  health: bigint;
  /** What a write-down would take now. */
  shortfall: bigint;
  /** Performing debt in index units. */
  scaled: bigint;
}

/** Everything that keepers and identities look at, in the latest block. */
export interface Snapshot {
  state: PoolStateStructOutput;
  /** Loan asset units per collateral unit, scaled by 1e36. */
  price: bigint;
  generation: bigint;
  positions: Position[];
  /** Pool shares of everyone who may hold any. */
  balances: bigint[];
  /** Loan assets that a very large number of shares is worth. */
  sharePrice: bigint;
  loanBalance: bigint;
  collateralBalance: bigint;
  socializerBalance: bigint;
  fund: { reserve: bigint; staked: bigint; available: bigint; limit: bigint; outstanding: bigint };
  losses: LossStructOutput[];
}

const MANY_SHARES = 10n ** 30n;

export async function takeSnapshot(
  { pool, fund, socializer, lens, loan, collateral }: Market,
  borrowers: readonly string[],
  holders: readonly string[],
): Promise<Snapshot> {
  const { state, price, generation } = await lens.poolOf(pool);
  const positions = await lens.positions(pool, [...borrowers]);
  const read = pool.interface;
  const words = await pool.multicall.staticCall([
    ...borrowers.map((account) => read.encodeFunctionData("scaledDebtOf", [account])),
    ...holders.map((account) => read.encodeFunctionData("balanceOf", [account])),
  ]);
  const { limit, outstanding } = await fund.coverageOf(pool);
  return {
    ...{ state, price, generation },
    positions: positions.map(({ collateral, debt, writtenOff, health, shortfall }, i) => ({
      ...{ collateral, debt, writtenOff, health, shortfall },
      scaled: BigInt(words[i]),
    })),
    balances: words.slice(borrowers.length).map(BigInt),
    sharePrice: await pool.convertToAssets(MANY_SHARES),
    loanBalance: await loan.balanceOf(pool),
    collateralBalance: await collateral.balanceOf(pool),
    socializerBalance: await loan.balanceOf(socializer),
    fund: {
      reserve: await fund.reserve(),
      staked: await fund.totalAssets(),
      available: await fund.coverageAvailable(pool),
      ...{ limit, outstanding },
    },
    losses: await lens.losses(socializer, 1n, MANY_SHARES),
  };
}

/** The answers of all feeds, for a price in whole units. */
export function setPrice({ feed, pegs, feedDecimals }: Market, keeper: string, price: number): Promise<Action[]> {
  const answer = (value: number) => BigInt(Math.round(value * 10 ** feedDecimals));
  return Promise.all([
    action("feed", keeper, feed.setAnswer.populateTransaction(answer(price))),
    ...pegs.map((peg) => action("feed", keeper, peg.setAnswer.populateTransaction(answer(1)))),
  ]);
}
