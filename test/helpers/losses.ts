/** What the formulas make of a protocol's state in the very next block. Amounts are loan asset units. */
import { FixedPoint, Interest, Liquidation, Waterfall } from "../../sdk";
import type { LendingPool } from "../../typechain-types";
import { NEXT } from "./pool";
import type { Protocol } from "./protocol";

const { sum, WAD } = FixedPoint;

/**
 * What a write-down of `account` in the next block (of `setNext`) books: the shortfall, what each layer bears of it, and the
 * debt that stays performing.
 */
export async function expectedLoss(p: Protocol, account: string, pool: LendingPool = p.pool) {
  const state = await pool.state(NEXT);
  const { collateral } = await pool.positionOf(account, NEXT);
  const scaled = await pool.scaledDebtOf(account, NEXT);
  const value = Liquidation.valueOf(collateral, await p.oracle.price(NEXT));
  const performing = Liquidation.performing(value, await pool.writeDownIncentive());
  const kept = (performing * WAD) / state.index;
  const shortfall = state.debt - Interest.debtDown(state.scaledDebt - (scaled - kept), state.index);
  const layers = Waterfall.split(
    shortfall,
    {
      fees: state.fees,
      reserve: await p.fund.reserve(NEXT),
      staked: await p.fund.totalAssets(NEXT),
      interest: state.unvested,
    },
    await p.fund.coverageAvailable(pool, NEXT),
  );
  return { shortfall, layers, kept, state };
}

/** What an account's collateral cannot repay of its debt, in the block of the next transaction. */
export async function lackOf(p: Protocol, account: string) {
  const { collateral, debt } = await p.pool.positionOf(account, NEXT);
  const value = Liquidation.valueOf(collateral, await p.oracle.price());
  const performing = Liquidation.performing(value, await p.pool.writeDownIncentive());
  return debt > performing ? debt - performing : 0n;
}

/** The price at which a write-down of `account` right now finds a shortfall of `assets`. */
export async function priceForLoss(account: string, assets: bigint, pool: LendingPool) {
  const { collateral, debt } = await pool.positionOf(account);
  const value = ((debt - assets) * (WAD + (await pool.writeDownIncentive()))) / WAD;
  return (value * Liquidation.ORACLE_SCALE) / collateral;
}

/** Lets the price fall until `account` lacks about `assets` (interest of a second or two more), and writes it down. */
export async function lose(p: Protocol, account: string, assets: bigint, pool: LendingPool = p.pool) {
  await p.oracle.setPrice(await priceForLoss(account, assets, pool));
  await pool.writeDown([account]);
  return p.socializer.lossCount();
}

/** A stranger pays `assets` towards a loss. */
export async function recover(p: Protocol, lossId: bigint, assets: bigint) {
  await p.provideAssets(p.stranger, assets, p.socializer);
  await p.socializer.connect(p.stranger).recover(lossId, assets);
}

/** The five layers of a struct of the contracts, as a plain object. */
export const layersOf = ({ fees, reserve, staked, interest, principal }: Waterfall.Layers): Waterfall.Layers => ({
  fees,
  reserve,
  staked,
  interest,
  principal,
});

export const sumOf = (layers: Waterfall.Layers) => sum(Object.values(layersOf(layers)));
