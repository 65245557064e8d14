import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { FixedPoint } from "../../sdk";
import type { WeirdERC20 } from "../../typechain-types";
import { ethers, takeSnapshot } from "../helpers/hre";
import { callOf, deployAccount, deployLentPool, expectIdentity } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

const { WAD } = FixedPoint;

const PLAIN = { feeBps: 0, returns_: 0, paused: false, revertsOnZero: false };

describe("Attacks: tokens", () => {
  it("Tokens: fee on transfer, rebasing both ways, no return, false return, paused, blocklist, hooks, revert on zero: exact credit or a named error.", async () => {
    const p = await deployLentPool({ weirdAsset: true, weirdCollateral: true });
    await p.stake(p.staker, p.assets("1000"));
    const account = await deployAccount(p);
    await account.execute([await callOf(p.asset, "approve", [p.fund, 2n ** 255n])]);
    const asset = await ethers.getContractAt("WeirdERC20", p.asset);
    const collateral = await ethers.getContractAt("WeirdERC20", p.collateral);
    const tokens = [asset, collateral];
    const inTurn = async (set: (token: WeirdERC20) => Promise<unknown>) => {
      for (const token of tokens) await set(token);
    };
    const quirks = (change: Partial<typeof PLAIN>) => inTurn((token) => token.setQuirks({ ...PLAIN, ...change }));
    const start = await takeSnapshot();
    for (const [quirk, set, error] of [
      ["fee on transfer", () => quirks({ feeBps: 100 }), "IncorrectTransfer"],
      ["rebased up", () => inTurn((token) => token.setMultiplier(2n * WAD)), undefined],
      ["no return", () => quirks({ returns_: 1 }), undefined],
      ["false return", () => quirks({ returns_: 2 }), "SafeERC20FailedOperation"],
      ["paused", () => quirks({ paused: true }), "TokenPaused"],
      ["blocklist", () => inTurn((token) => token.setBlocked(account, true)), "Blocked"],
      ["hooks", () => inTurn((token) => token.setHook(account, account)), undefined],
      ["revert on zero", () => quirks({ revertsOnZero: true }), undefined],
    ] as const) {
      await set();
      const state = async () => ({
        cash: (await p.pool.state()).cash,
        staked: await p.fund.totalAssets(),
        collateral: (await p.pool.positionOf(account)).collateral,
      });
      for (const [target, name, args, credited] of [
        [p.pool, "deposit", [p.assets("10"), account], { cash: p.assets("10") }],
        [p.fund, "deposit", [p.assets("10"), account], { staked: p.assets("10") }],
        [p.pool, "supplyCollateral", [p.collaterals("2"), account], { collateral: p.collaterals("2") }],
        [p.pool, "repay", [p.assets("10"), p.borrower], { cash: p.assets("10") }],
      ] as const) {
        const [before, call] = [await state(), await callOf(target, name, args)];
        const attempt = account.execute([call]);
        const what = `${quirk}: ${name}`;
        if (error === undefined) {
          await attempt;
          const due: Partial<Awaited<ReturnType<typeof state>>> = credited;
          const after = await state();
          for (const key of ["cash", "staked", "collateral"] as const) {
            expect(after[key] - before[key], what).to.equal(due[key] ?? 0n);
          }
        } else {
          const named = error === "TokenPaused" || error === "Blocked" ? asset : target;
          await expect(attempt, what).to.be.revertedWithCustomError(named, error);
          expect(await state(), what).to.deep.equal(before);
        }
      }
      await expectIdentity(p.pool);
      await start.restore();
    }
    // rebased down the balance is short of the books: the next payment in says so
    await asset.setMultiplier(WAD / 2n);
    await expect(account.execute([await callOf(p.pool, "deposit", [1n, account])])).to.be.revertedWithCustomError(
      p.pool,
      "IncorrectTransfer",
    );
  });

  for (const decimals of [0, 6, 30]) {
    it(`Tokens: ${decimals} decimals: exact credit or a named error.`, async () => {
      const unit = decimals === 30 ? 10n ** 18n : 1n;
      const terms = { minDebt: unit, dust: 0n, supplyCap: MaxUint256 };
      const p = await deployProtocol({ assetDecimals: decimals, pool: terms, fundTerms: { dust: 0n } });
      await p.oracle.setPrice((2000n * unit * 10n ** 36n) / p.collaterals("1"));
      await p.supply(p.lender, 10_000n * unit);
      expect(await p.pool.totalAssets()).to.equal(10_000n * unit);
      await p.openPosition(p.borrower, p.collaterals("1"), 1_000n * unit);
      expect(await p.asset.balanceOf(p.borrower)).to.equal(1_000n * unit);
      await p.pool.connect(p.lender).withdraw(9_000n * unit, p.lender, p.lender);
      expect(await p.asset.balanceOf(p.lender)).to.equal(9_000n * unit);
      await expectIdentity(p.pool);
      await p.provideAssets(p.lender2, 2n ** 128n);
      await expect(p.pool.connect(p.lender2).deposit(2n ** 97n, p.lender2)).to.be.revertedWithCustomError(
        p.pool,
        "SupplyCapExceeded",
      );
    });
  }
});
