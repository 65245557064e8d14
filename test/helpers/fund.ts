import { time } from "./hre";
import { DAY } from "./pool";
import { deployProtocol, signerOf, type Protocol, type ProtocolOptions } from "./protocol";

/** The most that deposits and gifts bring a fund to, in asset units. */
export const MAX_ASSETS = 2n ** 96n - 1n;

/** The most that anything does: premium, recoveries. */
export const MAX_CAPITAL = 2n ** 103n - 1n;

/** One staker, a pool with a limit of 10,000, nothing lent. */
export async function deployStakedFund() {
  const p = await deployProtocol();
  await p.grantCoverage(p.assets("10000"));
  await p.stake(p.staker, p.assets("1000"));
  return { ...p, asSocializer: p.fund.connect(await signerOf(p.socializer)) };
}

/** Gives the fund a gain of 100 that has vested since. */
export async function gain(p: Awaited<ReturnType<typeof deployStakedFund>>) {
  await p.asset.mint(p.fund, p.assets("100"));
  await p.asSocializer.creditRecovery(p.pool, 0, p.assets("100"), 0);
  await time.increase(400n * DAY);
}

/** Staked 2,000 (3 : 1), a reserve of 1,000, a limit of 10,000, and a premium, so that every layer of the pool fills. */
export async function fillCover(p: Protocol) {
  await p.stake(p.staker, p.assets("1500"));
  await p.stake(p.staker2, p.assets("500"));
  await p.provideAssets(p.treasury, p.assets("1000"), p.fund);
  await p.fund.connect(p.treasury).fundReserve(p.assets("1000"));
  await p.grantCoverage(p.assets("10000"));
  // the first harvest starts the premium's clock, the second sets a premium
  for (const days of [0n, 20n]) {
    await time.increase(days * DAY + 1n);
    await p.fund.harvest(p.pool);
  }
  await time.increase(5n * DAY);
}

/** A staker, and a pool that earns premium: debt 80,000 at 80 % utilisation. Any shortfall counts. */
export async function deployEarningFund(options: ProtocolOptions = {}) {
  const p = await deployProtocol({ pool: { dust: 0n }, ...options });
  await p.supply(p.lender, p.assets("100000"));
  await p.stake(p.staker, p.assets("4000"));
  await p.grantCoverage(p.assets("10000"));
  await p.openPosition(p.borrower, p.collaterals("60"), p.assets("80000"));
  return p;
}
