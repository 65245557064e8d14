import type { GasChain } from "../gas/chain";
import { requireBorne } from "../gas/cover";
import type { Lagan } from "../gas/lagan";
import { lossesIn } from "../gas/losses";
import { laganMarket } from "../gas/market";
import { Meter } from "../gas/meter";
import { borrowVictims } from "../gas/operations";
import { loans, MOVED, PRICES } from "../gas/scenario";
import type { Tokens } from "../gas/tokens";
import { PRICE_IN_SIGHT, requireInSight } from "./crowd";

const RECOVERED = loans(100);

/** Gas by operation of the pool as it is. */
export async function measureCosts(chain: GasChain, lagan: Lagan, tokens: Tokens): Promise<Map<string, number>> {
  const market = laganMarket(chain, lagan, tokens);
  const { pool, socializer } = lagan;
  const { gas, measure } = new Meter(chain, market.touch);
  const [user, heir, victim, victim2, liquidator, treasury] = (
    ["user", "heir", "victim", "victim2", "liquidator", "treasury"] as const
  ).map((name) => chain.person(name));

  await chain.apart(async () => {
    await market.supply(user, MOVED.supplied);
    await market.supplyCollateral(user, MOVED.collateral);
    await market.borrow(user, MOVED.borrowed);
    const operations: [name: string, send: () => Promise<unknown>][] = [
      ["deposit", () => market.supply(user, MOVED.supplied)],
      ["withdraw", () => market.withdraw(user, MOVED.withdrawn)],
      ["borrow", () => market.borrow(user, MOVED.borrowed)],
    ];
    for (const [where, price] of [
      ["", PRICES.start],
      [", a tolerated loss in sight", PRICE_IN_SIGHT],
    ] as const) {
      await market.setPrice(price);
      if (where) await requireInSight(pool);
      for (const [name, send] of operations) await chain.apart(() => measure(`${name}${where}`, send));
    }
  });

  await chain.apart(async () => {
    await borrowVictims(market, [victim, victim2]);
    await market.setPrice(PRICES.unhealthy);
    await market.liquidatePart(liquidator, victim);
    await measure("liquidate", () => market.liquidatePart(liquidator, victim2));
  });

  const measureLoss = lossesIn(chain, lagan, tokens, market, measure);
  for (const cover of ["uninsured", "through every layer"] as const) {
    await measureLoss(`write down, ${cover}`, cover, (account) => pool.connect(liquidator).writeDown([account]));
  }

  await chain.apart(async () => {
    await market.supply(user, MOVED.supplied);
    await borrowVictims(market, [victim]);
    await market.setPrice(PRICES.shortfall);
    await pool.writeDown([victim]);
    await requireBorne(lagan, "uninsured");
    for (const [name, send] of [
      ["deposit", () => market.supply(user, MOVED.supplied)],
      ["withdraw", () => market.withdraw(user, MOVED.withdrawn)],
      ["transfer", () => pool.connect(user).transfer(heir, loans(1_000))],
    ] as const) {
      await chain.apart(() => measure(`${name}, first after a loss`, send));
    }
    await tokens.endow(treasury, await socializer.getAddress());
    await socializer.connect(treasury).recover(1, RECOVERED);
    await measure("claim", () => socializer.connect(user).claim([1], user));
  });
  return gas;
}
