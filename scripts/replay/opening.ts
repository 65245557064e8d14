import { MaxUint256 } from "ethers";

import { FixedPoint, Liquidation } from "../../sdk";
import { setPrice, takeSnapshot } from "./market";
import { action } from "./record";
import { BORROWED, DEPOSITS } from "./types";
import { times, type World } from "./world";

const { WAD } = FixedPoint;

/** Seconds in which the pool earns interest before the first step, so that its buffers are filled. */
const WARM_UP = 30 * 86_400;
/** Positions are opened at a price so far above the first one that the interest of the warm-up does no harm. */
const HEADROOM = 1.2;

/** Keepers harvest the pool's fees, which also moves its premium, once in this many seconds. */
export const HARVEST_EVERY = 7 * 86_400;

/** How unequal lenders are: the standard deviation of the logarithm of their deposits. */
const INEQUALITY = 1.2;
/** The leaver, the stayer and the runner each hold this share of the deposits. */
const PROBE = 0.01;
const PROBES = 3;

/** The protocol's own share of the cover; the rest is staked. */
const RESERVE = 0.2;

/** Equal stakes for the probes, log-normal ones for the others, the runner's last. */
function depositsOf({ people, random }: World, total: bigint): bigint[] {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const weights = people.lenders.slice(2).map(() => Math.exp(INEQUALITY * normal()));
  const all = weights.reduce((a, b) => a + b, 0);
  const others = weights.map((weight) => ((1 - PROBES * PROBE) * weight) / all);
  return [PROBE, PROBE, ...others, PROBE].map((share) => times(total, share));
}

/** Collateral that gives a debt the health that its borrower has in the book, rounded up. */
function collateralFor({ book, market }: World, borrower: number, debt: bigint, price: bigint): bigint {
  const value = FixedPoint.mulDivUp(debt, times(WAD, book[borrower].health), market.lltv);
  return FixedPoint.mulDivUp(value, Liquidation.ORACLE_SCALE, price);
}

function supplyCollateral({ market: { pool }, people: { treasury, borrowers } }: World, i: number, assets: bigint) {
  return action("setup", treasury, pool.supplyCollateral.populateTransaction(assets, borrowers[i]));
}

/**
 * Opens the pool: lenders, stakers and borrowers come, a month passes.
 * @returns What chain time is ahead of the scenario's.
 */
export async function openPool(world: World): Promise<number> {
  const { market, chain, people, scenario, book } = world;
  const { pool, fund, loan, collateral, socializer } = market;
  const { keeper, treasury, holders, stakers, borrowers } = people;
  const lenders = [...people.lenders, people.runner];
  const deposits = BigInt(DEPOSITS) * market.one;
  const cover = times(deposits, scenario.cover);
  const first = scenario.steps[0];

  await chain.createAccounts([keeper, treasury, ...holders, ...stakers, ...borrowers]);
  const purses = [keeper, treasury, ...holders, ...stakers].flatMap((owner) => [
    action("setup", owner, loan.mint.populateTransaction(owner, 100n * deposits)),
    ...[pool, fund, socializer].map((spender) =>
      action("setup", owner, loan.approve.populateTransaction(spender, MaxUint256)),
    ),
  ]);
  await chain.mine([
    ...(await setPrice(market, keeper, HEADROOM * first.price)),
    ...(await Promise.all(purses)),
    await action("setup", treasury, collateral.mint.populateTransaction(treasury, 2n ** 128n)),
    await action("setup", treasury, collateral.approve.populateTransaction(pool, MaxUint256)),
  ]);

  const stake = (cover - times(cover, RESERVE)) / BigInt(stakers.length);
  const insurance = [
    action("setup", treasury, fund.fundReserve.populateTransaction(cover - stake * BigInt(stakers.length))),
    ...stakers.map((staker) => action("setup", staker, fund.deposit.populateTransaction(stake, staker))),
  ];
  const lent = depositsOf(world, deposits).map((assets, i) =>
    action("setup", lenders[i], pool.deposit.populateTransaction(assets, lenders[i])),
  );
  await chain.mine(await Promise.all([...lent, ...(stake ? insurance : [])]));

  const price = await market.oracle.price();
  const borrowed = book.flatMap(({ share }, i) => {
    const debt = times(BigInt(BORROWED) * market.one, share);
    return [
      supplyCollateral(world, i, collateralFor(world, i, debt, price)),
      action("setup", borrowers[i], pool.borrow.populateTransaction(debt, borrowers[i], borrowers[i])),
    ];
  });
  await chain.mine(await Promise.all(borrowed));

  const shift = chain.time + WARM_UP - first.time;
  for (let time = chain.time + HARVEST_EVERY; time < first.time + shift; time += HARVEST_EVERY) {
    const harvest = await action("setup", keeper, fund.harvest.populateTransaction(pool));
    await chain.mine([...(await setPrice(market, keeper, HEADROOM * first.price)), harvest], time);
  }
  await bringToHealth(world, first.time + shift - 1, first.price);
  return shift;
}

/** Interest has changed the debts, and the price is another: collateral makes up for both. */
async function bringToHealth(world: World, time: number, price: number): Promise<void> {
  const { market, chain, people, accounts } = world;
  await accounts.refresh();
  const oracle = await setPrice(market, people.keeper, price);
  const start = await chain.save();
  await chain.mine(oracle, time);
  const { positions, price: raw } = await takeSnapshot(market, accounts);
  await start.undo();
  const supplies = positions.flatMap(({ collateral, debt }, i) => {
    const missing = collateralFor(world, i, debt, raw) - collateral;
    return missing > 0n ? [supplyCollateral(world, i, missing)] : [];
  });
  await chain.mine([...oracle, ...(await Promise.all(supplies))], time);
  await accounts.refresh();
}
