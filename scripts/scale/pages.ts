import { MaxUint256 } from "ethers";

import type { IPoolLens } from "../../typechain-types/contracts/PoolLens";
import type { Lagan } from "../gas/lagan";
import { batches } from "./batches";
import type { Crowd } from "./crowd";

/**
 * Accounts or ticks to a call: what a public node lets a call use, even in the worst case of all ticks above the price.
 */
const PAGE = 100;
const CALL = { gasLimit: 50_000_000 };

/** How a reader gets everything of one kind from the lens. */
export interface Paging {
  calls: number;
  seconds: number;
}

/** All that the lens knows of a pool. */
export interface Everything {
  /** Those first that a falling price reaches first. */
  positions: IPoolLens.PositionViewStructOutput[];
  lenders: IPoolLens.LenderViewStructOutput[];
  ticks: IPoolLens.TickViewStructOutput[];
  paging: Record<"positions, riskiest first" | "lenders" | "ticks of the ladder", Paging>;
}

export async function readEverything({ lens, pool }: Lagan, { lenders, borrowers }: Crowd): Promise<Everything> {
  const positions = await timed(batches(borrowers, PAGE), (page) => lens.riskiest(pool, page, CALL));
  const shares = await timed(batches(lenders, PAGE), (page) => lens.lenders(pool, page, CALL));

  let from = MaxUint256;
  const places = (function* () {
    while (from !== 0n) yield from;
  })();
  const ticks = await timed(places, async (place) => {
    const page = await lens.ticks(pool, place, PAGE, CALL);
    from = page.length < PAGE ? 0n : page[page.length - 1].tick - 1n;
    return page;
  });

  return {
    positions: merge(positions.pages),
    lenders: shares.pages.flat(),
    ticks: ticks.pages.flat(),
    paging: {
      "positions, riskiest first": positions.paging,
      lenders: shares.paging,
      "ticks of the ladder": ticks.paging,
    },
  };
}

/** Reads page after page. */
async function timed<Place, Row>(places: Iterable<Place>, read: (place: Place) => Promise<Row[]>) {
  const started = performance.now();
  const pages: Row[][] = [];
  for (const place of places) pages.push(await read(place));
  return { pages, paging: { calls: pages.length, seconds: (performance.now() - started) / 1_000 } };
}

/** One ranking of what is ranked page by page: whoever sorts all of it sorts pages that are sorted already. */
function merge(pages: IPoolLens.PositionViewStructOutput[][]): IPoolLens.PositionViewStructOutput[] {
  return pages
    .flat()
    .sort((a, b) => (a.writeDownPrice === b.writeDownPrice ? 0 : a.writeDownPrice < b.writeDownPrice ? 1 : -1));
}
