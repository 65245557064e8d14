import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { GasChain } from "./chain";
import type { Lagan } from "./lagan";
import { borrowBystanders } from "./losses";
import { borrowVictims, OPERATIONS, type Market, type Measure } from "./operations";
import { loans, MOVED, PRICES } from "./scenario";
import type { Tokens } from "./tokens";

/** How the name of a row ends that measures an operation after a loss; the row without the ending: before it. */
export const AFTER_LOSS = [", first after a loss", ", later after a loss"] as const;

/** Losses to an episode: they follow so shortly that what one recovers is shared by all of them. */
const EPISODES = [1, 10] as const;

/** Less than any of the losses here. */
const RECOVERED = loans(100);

/** What a loss makes dearer for lenders: the first touch of an account after it writes history. */
export async function measureAfterLoss(
  chain: GasChain,
  lagan: Lagan,
  tokens: Tokens,
  market: Market,
  measure: Measure,
): Promise<void> {
  const [user, heir, victim] = (["user", "heir", "victim"] as const).map((name) => chain.person(name));
  const shares = lagan.pool.connect(user);
  const operations: [name: string, send: () => Promise<unknown>][] = [
    ["supply, repeat", () => market.supply(user, MOVED.supplied)],
    ["withdraw, partial", () => market.withdraw(user, MOVED.withdrawn)],
    ["transfer", async () => shares.transfer(heir, (await shares.balanceOf(user)) / 4n)],
  ];

  for (const borrows of [false, true]) {
    await chain.apart(async () => {
      await tokens.endow(heir, market.spender);
      for (const lender of [user, heir]) await market.supply(lender, 2n * MOVED.supplied);
      if (borrows) {
        await market.supplyCollateral(user, MOVED.collateral);
        await market.borrow(user, MOVED.borrowed);
      }
      await borrowVictims(market, [victim]);
      const who = borrows ? ", by a borrower" : "";
      for (const [name, send] of operations) {
        // Measured already, among the operations of every protocol.
        if (OPERATIONS.some((operation) => operation === `${name}${who}`)) continue;
        await chain.apart(() => measure(`${name}${who}`, send));
      }
      await market.setPrice(PRICES.shortfall);
      await lagan.pool.writeDown([victim]);
      for (const [name, send] of operations) {
        await chain.apart(async () => {
          for (const after of AFTER_LOSS) await measure(`${name}${who}${after}`, send);
        });
      }
    });
  }
}

/** What it costs to leave past a loss that nobody has booked, to bring something back, and to claim it. */
export async function measureRecoveries(
  chain: GasChain,
  lagan: Lagan,
  tokens: Tokens,
  market: Market,
  measure: Measure,
): Promise<void> {
  const { pool, socializer } = lagan;
  const [lender, user, victim, treasury] = (["lender", "user", "victim", "treasury"] as const).map((name) =>
    chain.person(name),
  );
  const borrowers = chain.bystanders.slice(0, Math.max(...EPISODES) - 1);
  await tokens.endow(treasury, await socializer.getAddress());
  await market.supply(user, MOVED.supplied);
  await borrowVictims(market, [victim]);
  const leave = [
    pool.interface.encodeFunctionData("writeDown", [[victim.address]]),
    pool.interface.encodeFunctionData("redeem", [await pool.balanceOf(user), user.address, user.address]),
  ];
  await chain.apart(async () => {
    await market.setPrice(PRICES.shortfall);
    await measure("write down and redeem in one call", () => pool.connect(user).multicall(leave));
  });

  await borrowBystanders(chain, lagan, borrowers);
  await market.setPrice(PRICES.shortfall);
  const donate = (lossId: number) => socializer.connect(treasury).recover(lossId, RECOVERED);
  const repay = () => pool.connect(victim).repayWrittenOff(victim, RECOVERED);
  const claim = (lossIds: number[], account: HardhatEthersSigner) =>
    socializer.connect(account).claim(lossIds, account);
  for (const losses of EPISODES) {
    const of = losses === 1 ? "1 loss" : `${losses} losses`;
    const lossIds = Array.from({ length: losses }, (_, i) => i + 1);
    await chain.apart(async () => {
      for (const account of [...borrowers.slice(0, losses - 1), victim]) await pool.writeDown([account]);
      for (const lossId of lossIds) await donate(lossId);
      await measure(`recover, in an episode of ${of}`, () => donate(losses));
      await repay();
      await measure(`repay written-off debt, in an episode of ${of}`, repay);
      await claim(lossIds, lender);
      await measure(`claim of ${of}`, () => claim(lossIds, user));
    });
  }
}
