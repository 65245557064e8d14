import { expect } from "chai";
import type { BaseContract } from "ethers";
import type { LendingPool } from "../../typechain-types";
import { ethers, network, takeSnapshot, time } from "./hre";
import { deployProtocol, type Protocol, type ProtocolOptions } from "./protocol";

export const DAY = 86_400n;

/** Overrides of a view: what it answers in the block of the next transaction. */
export const NEXT = { blockTag: "pending" } as const;

/** Fixes the time of the next transaction, so that it finds exactly what views at NEXT say. */
export async function setNext(seconds = 60n): Promise<bigint> {
  const timestamp = BigInt(await time.latest()) + seconds;
  await time.setNextBlockTimestamp(timestamp);
  return timestamp;
}

/** Puts the chain back afterwards, its clock included: fixtures that are made later must not start decades ahead. */
export async function andReturn(travel: () => Promise<void>) {
  const snapshot = await takeSnapshot();
  try {
    await travel();
  } finally {
    await snapshot.restore();
  }
}

/** Mines whatever `send` sends as one block, in this order. Views at NEXT see what was sent so far. */
export async function inOneBlock(send: () => Promise<void>) {
  await network.provider.send("evm_setAutomine", [false]);
  try {
    await send();
    await network.provider.send("evm_mine");
  } finally {
    await network.provider.send("evm_setAutomine", [true]);
  }
}

/** A call as MockAccount takes it. */
export async function callOf(target: BaseContract, name: string, args: readonly unknown[]) {
  const resolved = await Promise.all(args.map((arg) => (ethers.isAddressable(arg) ? arg.getAddress() : arg)));
  return { target: await target.getAddress(), data: target.interface.encodeFunctionData(name, resolved) };
}

/** cash + debt == lenderAssets + unvested + fees, and the tokens are there. */
export async function expectIdentity(pool: LendingPool) {
  const { cash, debt, lenderAssets, unvested, fees } = await pool.state();
  expect(cash + debt).to.equal(lenderAssets + unvested + fees);
  const asset = await ethers.getContractAt("MockERC20", await pool.asset());
  expect(await asset.balanceOf(pool)).to.be.greaterThanOrEqual(cash);
}

/**
 * Two lenders with 60,000 and 40,000, and a borrower who owes 80,000 against 50 collateral tokens at 2,000: its debt is above
 * what the collateral can repay from a price of 1,632 downwards.
 */
export async function deployLentPool(options: ProtocolOptions = {}) {
  const p = await deployProtocol(options);
  await p.supply(p.lender, p.assets("60000"));
  await p.supply(p.lender2, p.assets("40000"));
  await p.openPosition(p.borrower, p.collaterals("50"), p.assets("80000"));
  return p;
}

export type LentPool = Awaited<ReturnType<typeof deployLentPool>>;

/** A contract account of the stranger, with assets and collateral that the pool may take. */
export async function deployAccount(p: Protocol) {
  const account = await ethers.deployContract("MockAccount", [p.stranger]);
  const approve = await Promise.all(
    [p.asset, p.collateral].map((token) => callOf(token, "approve", [p.pool, ethers.MaxUint256])),
  );
  await account.execute(approve);
  await p.asset.mint(account, p.assets("1000000"));
  await p.collateral.mint(account, p.collaterals("1000"));
  return account;
}
