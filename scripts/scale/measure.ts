import { GasChain } from "../gas/chain";
import { deployLagan, type Lagan } from "../gas/lagan";
import { laganMarket } from "../gas/market";
import { walkTicks } from "../gas/positions";
import { deployTokens, type Tokens } from "../gas/tokens";
import { measureCosts } from "./costs";
import { createCrowd, fillPool, partOf, type Crowd } from "./crowd";
import { checkClaims, checkTotals, type Identity } from "./identities";
import { readEverything, type Everything } from "./pages";

/** A number of lenders and one of borrowers. */
export interface Size {
  lenders: number;
  borrowers: number;
}

/** What a pool of a size showed. */
export interface Measured extends Size {
  /** By operation. */
  gas: Map<string, number>;
  /** Occupied ticks of the risk ladder. */
  ticks: number;
  paging: Everything["paging"];
  identities: Identity[];
  /** What all of it took. */
  seconds: number;
}

/** Measures the same pool with crowds of these sizes, one after another. */
export async function measureScale(
  sizes: readonly Size[],
  onMeasured: (measured: Measured) => void,
): Promise<Measured[]> {
  const chain = await GasChain.start();
  const tokens = await deployTokens(chain);
  const lagan = await deployLagan(chain, tokens);
  const market = laganMarket(chain, lagan, tokens);
  for (const name of ["lender", "background", "user", "victim", "victim2", "liquidator", "scout"] as const) {
    await tokens.endow(chain.person(name), market.spender);
  }
  const most = (of: keyof Size) => Math.max(...sizes.map((size) => size[of]));
  const crowd = await createCrowd(chain, lagan.pool, most("lenders"), most("borrowers"));

  const all: Measured[] = [];
  for (const size of sizes) {
    const measured = await chain.apart(async () => {
      const part = partOf(crowd, size.lenders, size.borrowers);
      return { ...size, ...(await measureSize(chain, lagan, tokens, part)) };
    });
    onMeasured(measured);
    all.push(measured);
  }
  return all;
}

async function measureSize(
  chain: GasChain,
  lagan: Lagan,
  tokens: Tokens,
  crowd: Crowd,
): Promise<Omit<Measured, keyof Size>> {
  const started = performance.now();
  await fillPool(chain, lagan.pool, crowd);
  const everything = await readEverything(lagan, crowd);
  const identities = await checkTotals(lagan, crowd, everything);
  const gas = await chain.apart(async () => {
    await walkTicks(chain, laganMarket(chain, lagan, tokens));
    return measureCosts(chain, lagan, tokens);
  });
  identities.push(...(await checkClaims(chain, lagan, tokens, everything)));
  const { ticks, paging } = everything;
  return { gas, ticks: ticks.length, paging, identities, seconds: (performance.now() - started) / 1_000 };
}
