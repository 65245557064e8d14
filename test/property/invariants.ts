/** Identities and rules that a step must not break, on what the contracts say alone; each by its number in the list of core.test.ts. */

import snapshot from "../../gas-snapshot.json";
import { FixedPoint, Interest, Liquidation, SharesMath } from "../../sdk";
import { equal, holds } from "./check";
import { checkVisible, ladderOf } from "./ladder";
import { max, sum } from "./naive";
import type { Call, Log, Outcome, Place, Reading } from "./world";

const { WAD, divUp, min } = FixedPoint;

/**
 * Most gas of a write-down of one account, whatever lenders and losses there have been: twice what the dearest of
 * gas-snapshot.json takes, since an account may have more entries and its tick others. Builds that are hardly optimised, of
 * mutants, may take what they need.
 */
const LOSS_GAS = process.env.MUTANT_ARTIFACTS
  ? 16_000_000n
  : 2n * BigInt(snapshot.gas["write down, through every layer, an odd epoch"]);

interface Change {
  before: Reading;
  after: Reading;
  logs: Log[];
}

/** Whether what `supply` shares of `before` were worth has fallen by more than a unit. */
const fell = (total: [bigint, bigint], supply: [bigint, bigint]) =>
  supply[0] !== 0n &&
  supply[1] !== 0n &&
  SharesMath.toAssetsDown(supply[0], total[1], supply[1]) + 1n <
    SharesMath.toAssetsDown(supply[0], total[0], supply[0]);

/** Of a pool, whether the step was about it or not. */
export function checkPool({ before, after, logs }: Change) {
  const { pool, holdings, limit } = after;
  const { cash, debt, lenderAssets, unvested, fees } = pool;
  equal("1. cash + debt == lenderAssets + unvested + fees", cash + debt, lenderAssets + unvested + fees);
  equal("1. tokens of the pool", after.poolTokens, cash);
  equal("2. Σ balances == supply", sum(holdings.map(({ shares }) => shares)), pool.supply);
  equal("2. Σ scaled debt", sum(holdings.map(({ scaledDebt }) => scaledDebt)), pool.scaledDebt);
  const booked = logs.some(({ name }) => name === "LossRecorded");
  const totals: [bigint, bigint] = [before.pool.lenderAssets, lenderAssets];
  const supplies: [bigint, bigint] = [before.pool.supply, pool.supply];
  if (!booked) holds("3. only a booked loss lowers the share price", !fell(totals, supplies));
  if (before.time === after.time && supplies[0] !== 0n && supplies[1] !== 0n) {
    const rounding = pool.index / WAD + 3n + (totals[0] + 1n) / (supplies[0] + 1000n);
    const least = (lenderAssets + 1n - rounding) * (supplies[0] + 1000n);
    holds("3. in no time nothing raises the share price", least <= (totals[0] + 1n) * (supplies[1] + 1000n));
  }
  if (before.limit.outstanding < limit.outstanding)
    holds("15. a payment of cover stays within its limit", limit.outstanding <= limit.limit);
}

/** What the pool sees of its risk: its ladder is that of a scan over all positions, and what shows of their loss is what they lack. */
export function checkRisk({ terms, reading }: Place, price: bigint) {
  const { pool, holdings, risk, coverage } = reading;
  const ladder = ladderOf(holdings);
  const sums = ladder.map(({ tick, scaledDebt, collateral }) => ({ tick, scaledDebt, collateral }));
  equal("2. Σ ladder == Σ positions", risk.ladder, sums);
  if (!risk.seen) return;
  checkVisible(ladder, risk.visible, { price, index: pool.index, terms });
  const lost = max(0n, max(0n, risk.visible - pool.fees) - coverage - pool.unvested);
  equal("the assets net of what shows", risk.net, max(0n, pool.lenderAssets - lost));
}

/** Of the fund. */
export function checkFund({ before, after, logs }: Outcome) {
  equal("1. tokens of the fund", after.fundTokens, after.staked + after.reserve);
  equal("2. Σ stakes == supply", sum(after.stakes.map(({ shares }) => shares)), after.stakeSupply);
  if (logs.some(({ name }) => name === "LossRecorded")) return;
  const supplies: [bigint, bigint] = [before.stakeSupply, after.stakeSupply];
  holds("3. only a booked loss lowers what a stake is worth", !fell([before.staked, after.staked], supplies));
}

/** Of a call, in the pool that it is about. */
export function checkCall(
  { terms, users }: Place,
  { from, args, method }: Call,
  price: bigint,
  { before, after, logs, gasUsed }: Outcome,
) {
  const cut = logs.filter(({ name }) => name === "WrittenDown").map(({ args: { account } }) => account);
  const named = method === "writeDown" || method === "multicall" ? cut : [...cut, from, ...args];
  const { index } = after.pool;
  users.forEach((user, i) => {
    const [was, is] = [before.holdings[i], after.holdings[i]];
    if (was.scaledDebt === is.scaledDebt && was.collateral === is.collateral) return;
    holds(`10. the position of ${user}, which the call does not name`, named.includes(user));
    const [healthy, stays] = [was, is].map(({ scaledDebt, collateral }) =>
      Liquidation.isHealthy(Liquidation.valueOf(collateral, price), divUp(scaledDebt * index, WAD), terms.lltv),
    );
    holds(`9. ${user} was healthy`, !healthy || stays);
  });
  if (method === "writeDown" && cut.length === 1) holds(`12. ${gasUsed} gas for a loss`, gasUsed <= LOSS_GAS);
}

/** 13. The accrual since a state was stored, in one step and in two at the same utilisation. */
export function checkAccrual({ time, pool }: { time: bigint; pool: Reading["pool"] }, now: bigint) {
  const elapsed = now - time;
  const u = Interest.utilisation(pool.debt, pool.cash);
  const grow = (rate: bigint, seconds: bigint) => {
    const { average, end } = Interest.rates(rate, u, seconds);
    return { growth: Interest.growthOf(average, seconds), end };
  };
  const rate = pool.rateAtTarget / Interest.RATE_UNIT;
  const [whole, first] = [grow(rate, elapsed), grow(rate, elapsed / 2n)];
  const second = grow(first.end, elapsed - elapsed / 2n);
  const both = (first.growth * second.growth) / WAD;
  const difference = both > whole.growth ? both - whole.growth : whole.growth - both;
  // half a unit of the stored rate at the end of the first step, of which the second makes at most `STEEPNESS` times as much
  const most = (Interest.RATE_UNIT * Interest.STEEPNESS * elapsed * both) / Interest.YEAR / WAD;
  // the spot rate moves by e^(50/365) a day, and the half unit with it
  const rates = second.end > whole.end ? second.end - whole.end : whole.end - second.end;
  const drift = min(rates, 1_000_000n) + 1n;
  holds(`13. two steps of ${elapsed} s are ${difference} off one`, difference <= most * drift + 100n);
}
