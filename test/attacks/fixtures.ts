/** Pools to attack, and what an attacker has got. */
import type { AddressLike, Signer } from "ethers";
import type { InsuranceFund, LendingPool } from "../../typechain-types";
import { time } from "../helpers/hre";
import { DAY, deployLentPool, type LentPool } from "../helpers/pool";
import type { Protocol, ProtocolOptions } from "../helpers/protocol";

/** As `deployLentPool`; staked 2,000 (3 : 1), a reserve of 1,000, a limit of 10,000, and a premium, so that every layer fills. */
export async function deployCoveredPool(options: ProtocolOptions = {}) {
  const p = await deployLentPool(options);
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
  return p;
}

/** What the shares of an account are worth. */
export const worthOf = async (shares: LendingPool | InsuranceFund, account: AddressLike) =>
  shares.convertToAssets(await shares.balanceOf(account));

/** Redeems all shares of an account, of the fund after its cooldown. */
export async function leave(p: Protocol, shares: LendingPool | InsuranceFund, account: Signer) {
  const owner = await account.getAddress();
  const balance = await shares.balanceOf(owner);
  if (shares === p.fund) {
    await p.fund.connect(account).cooldown(balance);
    await time.increase((await p.fund.cooldownPeriod()) + 1n);
  }
  await shares.connect(account).redeem(balance, owner, owner);
}

/** A stranger pays `assets` towards a loss. */
export async function recover(p: Protocol, lossId: bigint, assets: bigint) {
  await p.provideAssets(p.stranger, assets, p.socializer);
  await p.socializer.connect(p.stranger).recover(lossId, assets);
}

/** Everything that is lent is borrowed: utilisation 100 %, no cash. */
export async function deployLentOutPool(options: ProtocolOptions = {}) {
  const p = await deployLentPool(options);
  await p.openPosition(p.borrower2, p.collaterals("100"), (await p.pool.state()).cash);
  return p;
}

export type { LentPool };
