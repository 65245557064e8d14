import type { Provider } from "ethers";

type Query<T> = (from: number, to: number) => Promise<T[]>;

/**
 * All that `query` finds from block `since` on: at once, or in halves where the node refuses so many blocks. Nodes differ
 * in what they allow.
 * @throws what the node says of a single block
 */
export async function allSince<T>(provider: Provider, since: number, query: Query<T>): Promise<T[]> {
  return inHalves(query, since, await provider.getBlockNumber());
}

async function inHalves<T>(query: Query<T>, from: number, to: number): Promise<T[]> {
  try {
    return await query(from, to);
  } catch (error) {
    if (from >= to) throw error;
    const middle = Math.floor((from + to) / 2);
    return [...(await inHalves(query, from, middle)), ...(await inHalves(query, middle + 1, to))];
  }
}
