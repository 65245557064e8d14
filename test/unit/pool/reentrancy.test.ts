import { expect } from "chai";
import { MaxUint256, type ContractTransactionResponse } from "ethers";
import type { MockAccount, WeirdERC20 } from "../../../typechain-types";
import { ethers, loadFixture, time } from "../../helpers/hre";
import { callOf, DAY, deployAccount, deployLentPool, type LentPool } from "../../helpers/pool";
import { signerOf } from "../../helpers/protocol";

type Call = [name: string, args: unknown[]];

describe("LendingPool: reentrancy", () => {
  /** An account with code that lends, borrows, has written-off debt, and is told of transfers of both tokens. */
  async function fixture() {
    const p = await deployLentPool({ weirdAsset: true, weirdCollateral: true });
    const account = await deployAccount(p);
    await account.execute([
      await callOf(p.pool, "deposit", [p.assets("10000"), account]),
      await callOf(p.pool, "supplyCollateral", [p.collaterals("10"), account]),
      await callOf(p.pool, "borrow", [p.assets("16000"), account, account]),
      await callOf(p.pool, "approve", [account, MaxUint256]),
    ]);
    await p.setPrice("1600");
    await p.pool.writeDown([account]);
    await p.setPrice("1800");
    for (const token of [p.asset, p.collateral]) {
      const weird = (await ethers.getContractAt("WeirdERC20", token)) as WeirdERC20;
      await weird.setHook(account, account);
    }
    return { p, account };
  }

  /** A call of every function that changes state: each would go through but for the lock, or for who may call it. */
  async function everyFunction(p: LentPool, account: MockAccount): Promise<Call[]> {
    const signature = ["0x" + "00".repeat(32), "0x" + "00".repeat(32)];
    return [
      ["accrue", []],
      ["approve", [p.stranger, 1n]],
      ["borrow", [p.assets("100"), account, account]],
      ["creditRecovery", [0n, 0n]],
      ["deposit", [p.assets("1"), account]],
      ["harvest", [0n]],
      ["initialiseTicks", [1n, 1n]],
      ["liquidate", [p.borrower, p.assets("100"), 0n, "0x"]],
      ["mint", [p.assets("1") * 1000n, account]],
      ["multicall", [[p.pool.interface.encodeFunctionData("accrue")]]],
      ["permit", [account, p.stranger, 1n, MaxUint256, 27, ...signature]],
      ["redeem", [p.assets("1") * 1000n, account, account]],
      ["refinance", [account]],
      ["repay", [p.assets("1"), account]],
      ["repayWrittenOff", [account, p.assets("1")]],
      ["reportBlind", []],
      ["setOperator", [p.stranger, true]],
      ["setOperatorBySig", [account, p.stranger, true, 1n << 64n, MaxUint256, "0x"]],
      ["setPaused", [true]],
      ["setSupplyCap", [0n]],
      ["supplyCollateral", [1n, account]],
      ["transfer", [p.stranger, 1n]],
      ["transferFrom", [account, p.stranger, 1n]],
      ["withdraw", [p.assets("1"), account, account]],
      ["withdrawCollateral", [1n, account, account]],
      ["writeDown", [[p.borrower.address]]],
    ];
  }

  /** Sends what leads to hooks or callbacks of the account, in which it attempts every function; answers how many there were. */
  async function expectLocked(p: LentPool, account: MockAccount, send: () => Promise<ContractTransactionResponse>) {
    const inner = await everyFunction(p, account);
    await account.prepare(await Promise.all(inner.map(([name, args]) => callOf(p.pool, name, args))));
    const { blockNumber } = await send();
    const attempts = await account.queryFilter(account.filters.Attempted(), blockNumber!);
    expect(attempts.length % inner.length).to.equal(0);
    const { selector } = p.pool.interface.getError("ReentrancyGuardReentrantCall")!;
    for (const [i, { args }] of attempts.entries()) {
      expect([args.succeeded, args.result], inner[i % inner.length][0]).to.deep.equal([false, selector]);
    }
    return attempts.length / inner.length;
  }

  it("is tried with every function that changes state", async () => {
    const { p, account } = await loadFixture(fixture);
    const changing: string[] = [];
    p.pool.interface.forEachFunction(({ name, constant }) => void (constant || changing.push(name)));
    const names = (await everyFunction(p, account)).map(([name]) => name);
    expect(changing.sort()).to.deep.equal(names);
  });

  it("is refused in a liquidation: from the collateral's hook, from the callback and from the payment's hook", async () => {
    const { p, account } = await loadFixture(fixture);
    const liquidate = await callOf(p.pool, "liquidate", [p.borrower, p.assets("1000"), 0n, "0x01"]);
    expect(await expectLocked(p, account, () => account.execute([liquidate]))).to.equal(3);
  });

  for (const [name, argsOf] of [
    ["deposit", (p, a) => [p.assets("5"), a]],
    ["mint", (p, a) => [p.assets("5") * 1000n, a]],
    ["withdraw", (p, a) => [p.assets("5"), a, a]],
    ["redeem", (p, a) => [p.assets("5") * 1000n, a, a]],
    ["supplyCollateral", (p, a) => [5n, a]],
    ["repay", (p, a) => [p.assets("5"), a]],
    ["repayWrittenOff", (p, a) => [a, p.assets("5")]],
  ] as [string, (p: LentPool, account: MockAccount) => unknown[]][]) {
    it(`is refused from a token's hook in ${name}`, async () => {
      const { p, account } = await loadFixture(fixture);
      const call = await callOf(p.pool, name, argsOf(p, account));
      expect(await expectLocked(p, account, () => account.execute([call]))).to.equal(1);
    });
  }

  it("is refused from a token's hook in borrow and withdrawCollateral", async () => {
    const { p, account } = await loadFixture(fixture);
    await account.execute([await callOf(p.pool, "repayWrittenOff", [account, MaxUint256])]);
    await p.setPrice("3000");
    for (const call of [
      await callOf(p.pool, "borrow", [p.assets("5"), account, account]),
      await callOf(p.pool, "withdrawCollateral", [5n, account, account]),
    ]) {
      expect(await expectLocked(p, account, () => account.execute([call]))).to.equal(1);
    }
  });

  it("is refused from a token's hook in harvest", async () => {
    const { p, account } = await loadFixture(fixture);
    const weird = (await ethers.getContractAt("WeirdERC20", p.asset)) as WeirdERC20;
    await weird.setHook(p.fund, account);
    const fund = p.pool.connect(await signerOf(p.fund));
    // without fees nothing is sent, and no hook runs
    await fund.harvest(1000n);
    await time.increase(DAY);
    expect(await expectLocked(p, account, () => fund.harvest(0n))).to.equal(1);
  });

  it("is refused from the hook of the fund's payment in a write-down", async () => {
    const { p, account } = await loadFixture(async function covered() {
      const f = await fixture();
      await f.p.stake(f.p.staker, f.p.assets("1000"));
      await f.p.grantCoverage(f.p.assets("1000"));
      return f;
    });
    const weird = (await ethers.getContractAt("WeirdERC20", p.asset)) as WeirdERC20;
    await weird.setHook(p.pool, account);
    await p.setPrice("1500");
    expect(await expectLocked(p, account, () => p.pool.writeDown([p.borrower]))).to.equal(1);
  });

  it("leaves the lock open afterwards, and after a call that failed", async () => {
    const { p, account } = await loadFixture(fixture);
    await account.prepare([]);
    const call = await callOf(p.pool, "redeem", [p.assets("1") * 1000n, account, account]);
    const failing = await callOf(p.pool, "redeem", [MaxUint256, account, account]);
    await expect(account.execute([call, failing])).to.be.revertedWithCustomError(p.pool, "AmountTooLarge");
    await account.execute([call, call, await callOf(p.pool, "writeDown", [[]]), call]);
  });

  it("through the socializer finds a pool that is locked: a recovery within a liquidation credits nothing twice", async () => {
    const { p, account } = await loadFixture(fixture);
    const approve = await callOf(p.asset, "approve", [p.socializer, MaxUint256]);
    const loss = await p.socializer.lossOf(1n);
    await account.execute([approve]);
    // enough to reach the unvested interest, which the pool would have to be told of
    const all = loss.outstanding.principal + loss.outstanding.interest;
    expect(loss.outstanding.interest).to.be.greaterThan(0n);
    await account.prepare([await callOf(p.socializer, "recover", [1n, all])]);
    const transaction = await account.execute([
      await callOf(p.pool, "liquidate", [p.borrower, p.assets("1000"), 0n, "0x01"]),
    ]);
    const attempts = await account.queryFilter(account.filters.Attempted(), transaction.blockNumber!);
    const { selector } = p.pool.interface.getError("ReentrancyGuardReentrantCall")!;
    expect(attempts).to.have.length(3);
    for (const { args } of attempts) expect([args.succeeded, args.result]).to.deep.equal([false, selector]);
    expect((await p.socializer.lossOf(1n)).recovered).to.equal(0n);
  });
});
