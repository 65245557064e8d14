import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { dataSlice, getAddress, id, MaxUint256 } from "ethers";
import type { GasChain } from "./chain";
import { COVERS, coversOf, requireBorne, type Cover } from "./cover";
import type { Lagan } from "./lagan";
import { borrowVictims, type Market, type Measure } from "./operations";
import { loans, PRICES, VICTIM } from "./scenario";
import type { Tokens } from "./tokens";

/** Numbers of lenders that a loss must not depend on. */
export const CROWDS = [10, 100, 1_000] as const;

/** Accounts written down at once. */
const WRITTEN_DOWN = [1, 10, 100] as const;

/** Deposits in one transaction. */
const BATCH = 100;

/** What a loss costs whoever books it, by who bears it and among how many lenders. */
export async function measureLosses(
  chain: GasChain,
  lagan: Lagan,
  tokens: Tokens,
  market: Market,
  measure: Measure,
): Promise<void> {
  const liquidator = lagan.pool.connect(chain.person("liquidator"));
  for (const crowd of CROWDS) {
    await chain.apart(async () => {
      await addLenders(chain, lagan, crowd - 1);
      const bear = lossesIn(chain, lagan, tokens, market, measure);
      const among = `${crowd.toLocaleString("en-US")} lenders`;
      for (const cover of COVERS) {
        await bear(`write down, ${cover}, ${among}`, cover, (victim) => liquidator.writeDown([victim]));
        await bear(`liquidate with bad debt, ${cover}, ${among}`, cover, (victim) =>
          liquidator.liquidate(victim, MaxUint256, 0n, "0x"),
        );
      }
    });
  }
}

/** What a loss costs whose epoch is the first in its storage slot: two share one, so that is every odd loss. */
export async function measureOddLosses(
  chain: GasChain,
  lagan: Lagan,
  tokens: Tokens,
  market: Market,
  measure: Measure,
): Promise<void> {
  const victims = [chain.person("victim"), chain.person("victim2"), ...chain.bystanders.slice(0, 1)];
  const covers = coversOf(chain, lagan, tokens);
  for (const cover of COVERS) {
    await chain.apart(async () => {
      await covers[cover].prepare?.();
      await borrowVictims(market, victims.slice(0, 2));
      await borrowBystanders(chain, lagan, victims.slice(2));
      await market.setPrice(PRICES.shortfall);
      for (const victim of victims.slice(0, 2)) {
        await lagan.pool.writeDown([victim]);
        await covers[cover].renew?.();
      }
      await measure(`write down, ${cover}, an odd epoch`, () => lagan.pool.writeDown(victims.slice(2)));
      await requireBorne(lagan, cover);
    });
  }
}

/** Measures how the second loss of the market as it is gets booked. */
export function lossesIn(chain: GasChain, lagan: Lagan, tokens: Tokens, market: Market, measure: Measure) {
  const victims = [chain.person("victim"), chain.person("victim2")];
  const covers = coversOf(chain, lagan, tokens);
  return (operation: string, cover: Cover, book: (victim: HardhatEthersSigner) => Promise<unknown>) =>
    chain.apart(async () => {
      await covers[cover].prepare?.();
      await borrowVictims(market, victims);
      await market.setPrice(PRICES.shortfall);
      await market.touch();
      await book(victims[0]);
      await covers[cover].renew?.();
      await measure(operation, () => book(victims[1]));
      await requireBorne(lagan, cover);
    });
}

/** What a write-down of many accounts costs. */
export async function measureWriteDowns(
  chain: GasChain,
  lagan: Lagan,
  market: Market,
  measure: Measure,
): Promise<void> {
  const { pool } = lagan;
  const victim = chain.person("victim");
  const others = chain.bystanders.slice(0, Math.max(...WRITTEN_DOWN));
  await chain.apart(async () => {
    await market.supply(chain.person("lender"), loans(2_000_000));
    await borrowVictims(market, [victim]);
    await borrowBystanders(chain, lagan, others);
    await market.setPrice(PRICES.shortfall);
    await pool.writeDown([victim]);
    for (const count of WRITTEN_DOWN) {
      const accounts = others.slice(0, count);
      await chain.apart(() =>
        measure(`write down ${count} ${count === 1 ? "account" : "accounts"}`, () => pool.writeDown(accounts)),
      );
    }
  });
}

/** Positions like a victim's, for accounts that hold no tokens. */
export async function borrowBystanders(
  chain: GasChain,
  { pool }: Lagan,
  accounts: readonly HardhatEthersSigner[],
): Promise<void> {
  const giver = pool.connect(chain.person("background"));
  for (const account of accounts) {
    await giver.supplyCollateral(VICTIM.collateral, account);
    await pool.connect(account).borrow(VICTIM.debt, account, account);
  }
}

async function addLenders(chain: GasChain, { pool }: Lagan, count: number): Promise<void> {
  const giver = pool.connect(chain.person("lender"));
  const calls = Array.from({ length: count }, (_, i) =>
    pool.interface.encodeFunctionData("deposit", [loans(100), getAddress(dataSlice(id(`lender ${i}`), 12))]),
  );
  for (let i = 0; i < count; i += BATCH) await giver.multicall(calls.slice(i, i + BATCH));
}
