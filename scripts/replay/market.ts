import { MaxUint256, parseEther, parseUnits, ZeroAddress } from "ethers";

import { createPool } from "../../deploy/lib/protocol";
import { poolTerms } from "../../deploy/lib/terms";
import type { Environment } from "../chain";
import type { Accounts } from "./accounts";
import { action, type Action } from "./record";
import type { Market, Scenario, Snapshot } from "./types";

const FEED_DECIMALS = 8;
const MANY_SHARES = 10n ** 30n;

/**
 * The pool of the deployment, or one beside it where the scenario has a threshold of its own; with tokens that anyone
 * mints and feeds that anyone sets.
 */
export async function findMarket({ ethers, find, namedAccounts }: Environment, scenario: Scenario): Promise<Market> {
  const fund = await find("InsuranceFund");
  const socializer = await find("BadDebtSocializer");
  const oracle = await find("ChainlinkOracle");
  const loan = await find("MockAsset");
  const collateral = await find("MockCollateral");
  const loanDecimals = Number(await loan.decimals());
  let pool = await find("Pool");
  if (scenario.lltv) {
    const factory = (await find("PoolFactory")).connect(await ethers.getSigner(namedAccounts.deployer));
    const created = await createPool(factory, {
      ...poolTerms(loanDecimals),
      lltv: parseEther(String(scenario.lltv)),
      asset: loan,
      collateralAsset: collateral,
      oracle,
      fund,
      socializer,
    });
    const governor = await ethers.getSigner(namedAccounts.governor);
    const { limit, pendingLimit } = await fund.coverageOf(pool);
    await (await fund.connect(governor).setCoverageLimit(created, pendingLimit || limit)).wait();
    pool = created.connect(ethers.provider);
  }
  return {
    pool,
    fund,
    socializer,
    oracle,
    loan,
    collateral,
    loanDecimals,
    lens: await find("PoolLens"),
    feed: await find("MockCollateralFeed"),
    peg: await find("MockAssetFeed"),
    one: 10n ** BigInt(loanDecimals),
    lltv: await pool.lltv(),
    writeDownIncentive: await pool.writeDownIncentive(),
    minDebt: await pool.minDebt(),
    dust: await pool.dust(),
    guardTolerance: await pool.guardTolerance(),
    fundTolerance: await fund.guardTolerance(),
  };
}

export async function takeSnapshot(market: Market, accounts: Accounts): Promise<Snapshot> {
  const { pool, fund, socializer, lens, loan, collateral } = market;
  const { state, price, generation } = await lens.poolOf(pool);
  const { limit, outstanding } = await fund.coverageOf(pool);
  return {
    state,
    price,
    generation,
    positions: accounts.positions(state.index, price),
    balances: accounts.balances,
    sharePrice: await pool.convertToAssets(MANY_SHARES),
    loanBalance: await loan.balanceOf(pool),
    collateralBalance: await collateral.balanceOf(pool),
    socializerBalance: await loan.balanceOf(socializer),
    fund: {
      reserve: await fund.reserve(),
      staked: await fund.totalAssets(),
      available: await fund.coverageAvailable(pool),
      limit,
      outstanding,
      held: (await fund.exitsHeldBy()) !== ZeroAddress,
    },
    losses: await lens.losses(socializer, 1n, MANY_SHARES),
    // there are no more ticks than accounts
    ladder: await pool.ladder(MaxUint256, accounts.count),
    visible: await pool.visibleShortfall(),
  };
}

/** Whether a call of the pool was refused with this error, of which the in-process chain throws the data only. */
export function isRefusal({ pool }: Market, error: unknown, name: string): boolean {
  const { data } = error as { data?: unknown };
  return typeof data === "string" && pool.interface.parseError(data)?.name === name;
}

/** The answers of both feeds, for a price in whole units. */
export function setPrice({ feed, peg }: Market, keeper: string, price: number): Promise<Action[]> {
  const answer = (value: number) => parseUnits(value.toFixed(FEED_DECIMALS), FEED_DECIMALS);
  return Promise.all([
    action("feed", keeper, feed.setAnswer.populateTransaction(answer(price))),
    action("feed", keeper, peg.setAnswer.populateTransaction(answer(1))),
  ]);
}
