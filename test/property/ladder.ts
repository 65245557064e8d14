/** The risk ladder by its definition: from the positions themselves, each at its own tick. */

import { FixedPoint, Liquidation } from "../../sdk";
import { holds } from "./check";
import type { PoolTerms } from "./naive";

const { divUp, min, sum, WAD } = FixedPoint;

/** The tick of debt without collateral. */
const TOP = 16_383n;
const RATIO_ONE = 2n ** 112n;
/** The most by which roundings to units make what an account lacks larger: its debt, its value, and what that repays. */
const ROUNDING = 3n;

export interface Position {
  scaledDebt: bigint;
  collateral: bigint;
}

interface Tick extends Position {
  tick: bigint;
  accounts: Position[];
}

/** A price and an index, and the terms that what is lacking depends on. */
export interface Market {
  price: bigint;
  index: bigint;
  terms: PoolTerms;
}

/** 64 ticks to an octave of the ratio, by the six bits below its leading one. */
function tickOfRatio(ratio: bigint): bigint {
  const bits = ratio.toString(2);
  if (ratio === 0n) return 1n;
  const mantissa = BigInt(`0b${bits.slice(1).padEnd(6, "0").slice(0, 6)}`);
  return 64n * BigInt(bits.length - 1) + mantissa + 1n;
}

/** The tick of a position that is worth what it owes, where the index is 1. */
export const tickAt = (price: bigint) => tickOfRatio((price * RATIO_ONE) / 10n ** 36n);

function tickOf({ scaledDebt, collateral }: Position): bigint {
  return collateral === 0n ? TOP : tickOfRatio((scaledDebt * RATIO_ONE) / collateral);
}

/** The ticks that hold debt, the highest first. */
export function ladderOf(positions: Position[]): Tick[] {
  const ticks = new Map<bigint, Position[]>();
  for (const position of positions) {
    if (position.scaledDebt === 0n) continue;
    const tick = tickOf(position);
    ticks.set(tick, [...(ticks.get(tick) ?? []), position]);
  }
  return [...ticks]
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([tick, accounts]) => ({ tick, ...sumOf(accounts), accounts }));
}

const sumOf = (positions: Position[]): Position => ({
  scaledDebt: sum(positions.map(({ scaledDebt }) => scaledDebt)),
  collateral: sum(positions.map(({ collateral }) => collateral)),
});

/** What the collateral cannot repay of the debt, which is rounded up. */
function lackOf({ scaledDebt, collateral }: Position, { price, index, terms }: Market): bigint {
  const debt = divUp(scaledDebt * index, WAD);
  const repayable = Liquidation.performing(Liquidation.valueOf(collateral, price), terms.writeDownIncentive);
  return debt > repayable ? debt - repayable : 0n;
}

/** What all accounts lack, one by one. */
export const lackOfAll = (positions: Position[], market: Market): bigint =>
  sum(positions.map((position) => lackOf(position, market)));

/** What a price would bring, where a tick is unhealthy if all of it together is. */
export function depthOf(ladder: Tick[], market: Market) {
  const { price, index, terms } = market;
  const unhealthy = ladder.filter(({ scaledDebt, collateral }) => {
    const value = Liquidation.valueOf(collateral, price);
    return !Liquidation.isHealthy(value, divUp(scaledDebt * index, WAD), terms.lltv);
  });
  const total = (of: (tick: Tick) => bigint) => sum(unhealthy.map(of));
  return {
    collateral: total(({ collateral }) => collateral),
    debt: total(({ scaledDebt }) => divUp(scaledDebt * index, WAD)),
    badDebt: total((tick) => lackOf(tick, market)),
  };
}

/**
 * A pool sees what each account lacks that is alone in its tick; of several in one, it is off by roundings, and in the tick of the
 * price by less than a 64th of their debt.
 */
export function checkVisible(ladder: Tick[], visible: bigint, market: Market) {
  const { price, index, terms } = market;
  const brink = tickOfRatio((price * WAD * RATIO_ONE) / ((WAD + terms.writeDownIncentive) * index * 10n ** 18n));
  let [lack, hidden] = [0n, 0n];
  for (const { tick, scaledDebt, accounts } of ladder) {
    const all = lackOfAll(accounts, market);
    lack += all;
    if (tick < brink) {
      holds(`tick ${tick} is below the price's and lacks ${all}`, all <= ROUNDING * BigInt(accounts.length));
      hidden += all;
    } else if (accounts.length > 1) {
      hidden += ROUNDING * BigInt(accounts.length);
      if (tick === brink) hidden += min(all, (scaledDebt * index) / WAD / 64n);
    }
  }
  holds(`${visible} visible of the ${lack} that the accounts lack`, visible <= lack);
  holds(`only ${visible} visible of ${lack}, of which ${hidden} may be hidden`, visible >= lack - hidden);
}
