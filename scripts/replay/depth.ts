import type { Depth, DepthAt, Market, Scenario } from "./types";
import { times } from "./world";

/** Points of a curve. */
const POINTS = 80;

/** The prices of all curves: from some way below the lowest of the crash to a little above its first. */
export function depthPrices({ steps }: Scenario): number[] {
  const low = 0.8 * Math.min(...steps.map(({ price }) => price));
  const high = 1.1 * steps[0].price;
  return Array.from({ length: POINTS }, (_, i) => low + ((high - low) * i) / (POINTS - 1));
}

/** What the pool says of its depth in the latest block, at whose price it stands. */
export async function readDepth(
  market: Market,
  time: number,
  price: number,
  prices: readonly number[],
): Promise<Depth> {
  const raw = await market.oracle.price();
  const at = async (hypothetical: number): Promise<DepthAt> => {
    // One price to a call: the chain's bookkeeping makes one long call slower than many short ones.
    const [{ debt, badDebt }] = await market.pool.depth([times(raw, hypothetical / price)]);
    return { price: hypothetical, debt, badDebt };
  };
  const curve: DepthAt[] = [];
  for (const hypothetical of prices) curve.push(await at(hypothetical));
  return { time, now: await at(price), curve };
}
