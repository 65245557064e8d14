/**
 * What a replay is given, what it leaves behind, and what it works on in between: the simulation writes a `Trace`, the
 * terminal, the JSON file and the HTML report only read it.
 *
 * Units: `bigint` amounts are base units of the loan asset unless a comment says otherwise; times are unix seconds;
 * prices are whole loan-asset units per whole collateral unit; ratios are fractions of 1.
 */
import type {
  BadDebtSocializer,
  ChainlinkOracle,
  InsuranceFund,
  LendingPool,
  MockAggregator,
  MockERC20,
  PoolLens,
} from "../../typechain-types";
import type { LadderTickStructOutput } from "../../typechain-types/contracts/LendingPool";
import type { LossStructOutput, PoolStateStructOutput } from "../../typechain-types/contracts/PoolLens";

/* ------------------------------------------- THE INPUT ------------------------------------------- */

/** Lenders' deposits when a pool opens, and what is borrowed of them, in whole loan assets. */
export const DEPOSITS = 10_000_000;
export const BORROWED = 8_800_000;

/** The price from `time` on, until the next step. */
export interface Step {
  time: number;
  price: number;
}

/** `from` is inside the window, `to` is not. */
export interface Window {
  from: number;
  to: number;
}

/** A price path with the conditions under which it is replayed. */
export interface Scenario {
  name: string;
  title: string;
  story: string;
  collateral: string;
  loan: string;
  steps: Step[];
  /** Nobody liquidates and nobody writes down. */
  keepersOffline: Window[];
  /** Insolvency is still written down, but nobody buys collateral. */
  noBids: Window[];
  /** Liquidation threshold of the pool, where it is not the one that the deployment configures. */
  lltv?: number;
  /** Insurance at the first step, as a fraction of the lenders' deposits. */
  cover: number;
  /** What was done to the data, for the reader of the results. */
  notes: string[];
}

/** One borrower of the book, before the book is scaled to the pool. */
export interface Borrower {
  /** Fraction of the debt of the whole book. */
  share: number;
  /** Health at the first step. */
  health: number;
}

/* ------------------------------------------- THE TRACE ------------------------------------------- */

export const LAYERS = ["fees", "reserve", "staked", "interest", "principal"] as const;

/** What absorbs a loss, in the order in which it does. */
export type Layer = (typeof LAYERS)[number];
export type Layers = Record<Layer, bigint>;

/** The pool at the end of a step. */
export interface Point {
  time: number;
  /** What happens after the last price: repayments, donations, claims. */
  aftermath: boolean;
  price: number;
  keepersOnline: boolean;
  cash: bigint;
  /** Debt of performing positions. */
  debt: bigint;
  /** Debt that was written down and is still owed. */
  writtenOff: bigint;
  lenderAssets: bigint;
  unvested: bigint;
  fees: bigint;
  /** Value of one share in terms of its value at the first step. */
  sharePrice: number;
  /** `sharePrice` plus what one share held since the first step can claim, or has claimed, for losses of principal. */
  shareValue: number;
  utilisation: number;
  /** Insurance the pool can call on now. */
  cover: bigint;
  /** Everything below is cumulative since the first step. */
  shortfall: bigint;
  principalLost: bigint;
  recovered: bigint;
  claimed: bigint;
}

export interface Liquidation {
  time: number;
  price: number;
  borrower: number;
  repaid: bigint;
  /** Base units of the collateral. */
  seized: bigint;
}

export interface Loss extends Layers {
  id: number;
  /** Of its first booking: small ones add up before they close a loss. */
  time: number;
  price: number;
  /** When it was last booked. */
  until: number;
  /** How many accounts were written down. */
  accounts: number;
  shortfall: bigint;
  recovered: bigint;
  /** `recovered`, by the layer that it was paid back to. */
  recoveredBy: Layers;
}

/** When a loss left the shares of the pool or its fund nearly worthless: they are void, and a new generation began. */
export interface Ending {
  time: number;
  of: "pool" | "fund";
}

export type RecoverySource = "repayment" | "liquidation" | "refinance" | "treasury";

export interface Recovery extends Layers {
  time: number;
  lossId: number;
  source: RecoverySource;
  assets: bigint;
}

/** One of the three lenders with equal stakes at the first loss that reaches principal. */
export interface Probe {
  stake: bigint;
  /**
   * What the stake is worth in the block of the loss, after it: paid out to the leaver, left in the pool by the others.
   */
  afterLoss: bigint;
  /** Claims on that loss, paid by the end. */
  claims: bigint;
  /**
   * What staying in brought from then on: interest less later losses, with the claims on those. Nothing for the leaver.
   */
  since: bigint;
}

/**
 * What rounding may make of the difference between two stakes that should be worth the same, as a fraction of the
 * stake: more than that is unfair.
 */
export const MAX_SPREAD = 1e-9;

export interface Fairness {
  lossId: number;
  time: number;
  leaver: Probe;
  stayer: Probe;
  entrant: Probe;
  /** |leaver − stayer| in `afterLoss + claims`, as a fraction of the stake. */
  spread: number;
  /** Interest that had not vested when the leaver left, and that it therefore did not take along. */
  forfeited: bigint;
}

/** What became of those who wanted to leave while the price showed a loss that the absent keepers had not booked. */
export interface Guard {
  /** Tries to leave, one at each such step; the pool refused them all. */
  refusedExits: number;
  /** How the runner left all the same. Absent if there was no such step. */
  exit?: GuardedExit;
}

/** The exit of a lender who booked the loss in the same transaction, beside an equal stake that stayed. */
export interface GuardedExit {
  time: number;
  lossId: number;
  /** What each of the two was worth before. */
  stake: bigint;
  /** The loss that the pool saw, and what of it the guard would have tolerated. */
  visible: bigint;
  tolerated: bigint;
  /** What the runner was paid. */
  leaverValue: bigint;
  /** What the other stake is worth in the same block. */
  stayerValue: bigint;
}

/** What a price would bring: performing debt to be liquidated, and the part of it that collateral could not repay. */
export interface DepthAt {
  price: number;
  debt: bigint;
  badDebt: bigint;
}

/** The depth of the pool at one instant, before anyone acts. */
export interface Depth {
  time: number;
  /** At the price of that instant. */
  now: DepthAt;
  /** At rising prices, the same ones for every instant. */
  curve: DepthAt[];
}

export interface Trace {
  scenario: Scenario;
  seed: number;
  loanDecimals: number;
  /** Without the runner and the entrant, who come on top. */
  lenders: number;
  borrowers: number;
  lltv: number;
  deposits: bigint;
  borrowed: bigint;
  cover: { reserve: bigint; staked: bigint };
  points: Point[];
  liquidations: Liquidation[];
  losses: Loss[];
  recoveries: Recovery[];
  endings: Ending[];
  /** Absent when no loss reached the lenders' principal. */
  fairness?: Fairness;
  guard: Guard;
  /** At the first step, and when the most loss was visible; at the lowest price if none ever was. */
  depth: { first: Depth; worst: Depth };
  /** Median gas of each call; absent when it was never made. */
  gas: Partial<Record<"liquidate" | "writeDown" | "claim", number>>;
  identitiesChecked: number;
  violations: string[];
  seconds: number;
}

/* ----------------------------------------- THE SIMULATION ---------------------------------------- */

/** Everyone who takes part, by address. Leaver and stayer are the first two lenders; the runner's stake is as large. */
export interface People {
  keeper: string;
  treasury: string;
  leaver: string;
  stayer: string;
  entrant: string;
  runner: string;
  lenders: string[];
  stakers: string[];
  borrowers: string[];
  /** Everyone who may hold pool shares. */
  holders: string[];
}

/** A pool with everything around it, as deployed. */
export interface Market {
  pool: LendingPool;
  fund: InsuranceFund;
  socializer: BadDebtSocializer;
  lens: PoolLens;
  loan: MockERC20;
  collateral: MockERC20;
  oracle: ChainlinkOracle;
  /** The oracle's feeds: what the collateral is worth, and what the loan asset is, which stands at 1. */
  feed: MockAggregator;
  peg: MockAggregator;
  loanDecimals: number;
  /** One whole loan asset. */
  one: bigint;
  /** Terms of the pool: wads, and loan assets. */
  lltv: bigint;
  writeDownIncentive: bigint;
  minDebt: bigint;
  dust: bigint;
  /** Loss that the pool may show while lenders leave, and the fund's stakers: basis points of what is theirs. */
  guardTolerance: bigint;
  fundTolerance: bigint;
}

/** One borrower's account, with what follows from the price. */
export interface Position {
  collateral: bigint;
  debt: bigint;
  writtenOff: bigint;
  /** Performing debt in index units. */
  scaled: bigint;
  /** Of the collateral. */
  value: bigint;
  /** A wad. */
  health: bigint;
  /** Debt that the collateral, a liquidator's share aside, cannot repay. */
  shortfall: bigint;
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
  fund: {
    reserve: bigint;
    staked: bigint;
    available: bigint;
    limit: bigint;
    outstanding: bigint;
    /** Whether stakers have to wait. */
    held: boolean;
  };
  losses: LossStructOutput[];
  /** The pool's risk ladder, from the top down, and the loss that the pool sees by it. */
  ladder: LadderTickStructOutput[];
  visible: bigint;
}
