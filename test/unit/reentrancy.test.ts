import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { FixedPoint } from "../../sdk";
import { grantRole } from "../../deploy/lib/access";
import type { BadDebtSocializer, InsuranceFund, MockAccount, WeirdERC20 } from "../../typechain-types";
import { ethers, loadFixture, time } from "../helpers/hre";
import { callOf, DAY, deployAccount, deployLentPool, type LentPool } from "../helpers/pool";

const { WAD } = FixedPoint;

type Call = [name: string, args: unknown[]];

describe("InsuranceFund and BadDebtSocializer: reentrancy", () => {
  /** An account with code that stakes, may leave, has the risk role, and is told of transfers; and a loss that it bore. */
  async function fixture() {
    const p = await deployLentPool({ weirdAsset: true });
    const account = await deployAccount(p);
    await p.stake(p.staker, p.assets("1000"));
    await p.grantCoverage(p.assets("500"));
    for (const spender of [p.fund, p.socializer]) {
      await account.execute([await callOf(p.asset, "approve", [spender, MaxUint256])]);
    }
    await account.execute([
      await callOf(p.fund, "deposit", [p.assets("1000"), account]),
      await callOf(p.fund, "approve", [account, MaxUint256]),
    ]);
    await p.setPrice("1600");
    await p.pool.writeDown([p.borrower]);
    await p.setPrice("2000");
    await account.execute([await callOf(p.fund, "cooldown", [p.assets("500") * 1000n])]);
    await time.increase(14n * DAY);
    await grantRole(p.manager, "RISK", await account.getAddress(), 0n);
    const weird = (await ethers.getContractAt("WeirdERC20", p.asset)) as WeirdERC20;
    await weird.setHook(account, account);
    return { p, account };
  }

  type Locked = (p: LentPool, account: MockAccount) => readonly [InsuranceFund | BadDebtSocializer, Call[]];

  /** A call of every function that changes state: each would go through but for the lock, or for who may call it. */
  const ofFund: Locked = (p, account) => [
    p.fund,
    [
      ["approve", [p.stranger, 1n]],
      ["cooldown", [1n]],
      ["cover", [p.pool, 1n]],
      ["creditRecovery", [p.pool, 0n, 0n, 0n]],
      ["deposit", [p.assets("1"), account]],
      ["fundReserve", [1n]],
      ["harvest", [p.pool]],
      ["mint", [p.assets("1") * 1000n, account]],
      ["permit", [account, p.stranger, 1n, MaxUint256, 27, "0x" + "00".repeat(32), "0x" + "00".repeat(32)]],
      ["redeem", [1000n, account, account]],
      ["setCoverageLimit", [p.pool, 0n]],
      ["syncGuard", []],
      ["transfer", [p.stranger, 1n]],
      ["transferFrom", [account, p.stranger, 1n]],
      ["withdraw", [1n, account, account]],
    ],
  ];

  const ofSocializer: Locked = (p, account) => [
    p.socializer,
    [
      ["absorb", [p.fund, 1n, WAD, 0n, 0n, 1n, 0n]],
      ["claim", [[1n], account]],
      ["onRecovery", [[], WAD]],
      ["recover", [1n, 1n]],
    ],
  ];

  /** Has the account attempt every function from the hook that `call` leads to. */
  async function expectLocked(locked: Locked, call: (p: LentPool, account: MockAccount) => Promise<[string, Call]>) {
    const { p, account } = await loadFixture(fixture);
    const [target, inner] = locked(p, account);
    await account.prepare(await Promise.all(inner.map(([name, args]) => callOf(target, name, args))));
    const [to, [name, args]] = await call(p, account);
    const { data } = await callOf(target, name, args);
    const { blockNumber } = await account.execute([{ target: to, data }]);
    const attempts = await account.queryFilter(account.filters.Attempted(), blockNumber!);
    expect(attempts).to.have.length(inner.length);
    const { selector } = p.pool.interface.getError("ReentrancyGuardReentrantCall")!;
    for (const [i, attempt] of attempts.entries()) {
      expect([attempt.args.succeeded, attempt.args.result], inner[i][0]).to.deep.equal([false, selector]);
    }
  }

  for (const [title, locked, elsewhere] of [
    ["the fund", ofFund, ["setAuthority"]],
    ["the socializer", ofSocializer, []],
  ] as [string, Locked, string[]][]) {
    it(`is tried with every function of ${title} that changes state`, async () => {
      const { p, account } = await loadFixture(fixture);
      const [target, inner] = locked(p, account);
      const changing: string[] = [];
      target.interface.forEachFunction(({ name, constant }) => void (constant || changing.push(name)));
      // setAuthority is the manager's, and moves nothing
      expect(changing.sort()).to.deep.equal([...inner.map(([name]) => name), ...elsewhere].sort());
    });
  }

  for (const [name, argsOf] of [
    ["deposit", (p, a) => [p.assets("5"), a]],
    ["mint", (p, a) => [p.assets("5") * 1000n, a]],
    ["fundReserve", (p) => [p.assets("5")]],
    ["withdraw", (p, a) => [p.assets("5"), a, a]],
    ["redeem", (p, a) => [p.assets("5") * 1000n, a, a]],
  ] as [string, (p: LentPool, account: MockAccount) => unknown[]][]) {
    it(`is refused from a token's hook in the fund's ${name}`, () =>
      expectLocked(ofFund, async (p, account) => [await p.fund.getAddress(), [name, argsOf(p, account)]]));
  }

  it("is refused from a token's hook in the socializer's recover", () =>
    expectLocked(ofSocializer, async (p) => [await p.socializer.getAddress(), ["recover", [1n, p.assets("1")]]]));

  it("is refused from a token's hook in the socializer's claim", async () => {
    await expectLocked(ofSocializer, async (p, account) => {
      // lenders are paid before stakers
      const { shortfall } = await p.socializer.lossOf(1n);
      await p.provideAssets(p.treasury, shortfall, p.socializer);
      await p.socializer.connect(p.treasury).recover(1n, shortfall);
      expect(await p.socializer.claimable(1n, account)).to.be.greaterThan(0n);
      return [await p.socializer.getAddress(), ["claim", [[1n], account]]];
    });
  });
});
