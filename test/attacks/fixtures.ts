/** Pools to attack, and what an attacker has got. */
import type { AddressLike, Signer } from "ethers";
import type { InsuranceFund, LendingPool } from "../../typechain-types";
import { fillCover } from "../helpers/fund";
import { time } from "../helpers/hre";
import { deployLentPool, type LentPool } from "../helpers/pool";
import type { Protocol, ProtocolOptions } from "../helpers/protocol";

/** As `deployLentPool`, with the cover of `fillCover`. */
export async function deployCoveredPool(options: ProtocolOptions = {}) {
  const p = await deployLentPool(options);
  await fillCover(p);
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

/** Everything that is lent is borrowed: utilisation 100 %, no cash. */
export async function deployLentOutPool(options: ProtocolOptions = {}) {
  const p = await deployLentPool(options);
  await p.openPosition(p.borrower2, p.collaterals("100"), (await p.pool.state()).cash);
  return p;
}

export type { LentPool };
