import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { seededRandom, shuffled } from "../../scripts/lib/random";
import { loadFixture, takeSnapshot, time } from "../helpers/hre";
import { recover } from "../helpers/losses";
import { andReturn, callOf, DAY, deployAccount, expectIdentity, NEXT, setNext } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";
import { deployCoveredPool, deployLentOutPool, leave, worthOf } from "./fixtures";

describe("Attacks: shares and rounding", () => {
  const empty = () => deployProtocol();
  const lentOut = () => deployLentOutPool();
  const covered = () => deployCoveredPool();

  it("Empty-pool inflation: from an empty pool no attacker sequence nets > 0; the victim loses ≤ 1 wei of share; a raw transfer leaves totalAssets unchanged", async () => {
    const p = await loadFixture(empty);
    const deposit = p.assets("1000");
    const start = await takeSnapshot();
    for (const into of [p.pool, p.fund]) {
      for (const first of [1n, 2n, 999n, deposit + 1n]) {
        for (const gift of [0n, 1n, deposit, 100n * deposit]) {
          await p.provideAssets(p.stranger, 200n * deposit, into);
          const had = await p.asset.balanceOf(p.stranger);
          const attacker = into.connect(p.stranger);
          await attacker.deposit(first, p.stranger);
          const total = await into.totalAssets();
          await p.asset.connect(p.stranger).transfer(into, gift);
          expect(await into.totalAssets()).to.equal(total);
          // what an exit rounds away stays with the shares that are left
          if (into === p.pool) {
            for (const shares of [1n, 999n]) await attacker.mint(shares, p.stranger);
            await attacker.withdraw(1n, p.stranger, p.stranger);
          }
          await p.supply(p.lender, deposit, into);
          expect(await worthOf(into, p.lender), `${first}, ${gift}`).to.be.within(deposit - 1n, deposit);
          await leave(p, into, p.stranger);
          expect(await p.asset.balanceOf(p.stranger), `${first}, ${gift}`).to.be.at.most(had);
          await start.restore();
        }
      }
    }
  });

  it("Wiped pool: after a 100 % loss, depositing d redeems ≥ d − 1; 50 cycles of wipe and deposit never overflow; old shares claim only recoveries", async () => {
    const p = await loadFixture(lentOut);
    const assets = p.assets("1000");
    await p.setPrice("0");
    await p.pool.writeDown([p.borrower, p.borrower2]);
    await p.provideAssets(p.lender3, 60n * assets);
    for (let cycle = 0; cycle < 50; cycle++) {
      await p.setPrice("2000");
      await p.pool.connect(p.lender3).deposit(assets, p.lender3);
      expect(await worthOf(p.pool, p.lender3)).to.be.within(assets - 1n, assets);
      const account = await deployAccount(p);
      await account.execute([
        await callOf(p.pool, "supplyCollateral", [p.collaterals("1"), account]),
        await callOf(p.pool, "borrow", [assets, account, account]),
      ]);
      await p.setPrice("0");
      await p.pool.writeDown([account]);
    }
    await p.pool.connect(p.lender3).deposit(assets, p.lender3);
    await leave(p, p.pool, p.lender3);
    expect(await p.asset.balanceOf(p.lender3)).to.be.within(10n * assets - 1n, 10n * assets);

    expect(await p.pool.balanceOf(p.lender)).to.equal(0n);
    expect(await p.pool.maxWithdraw(p.lender)).to.equal(0n);
    await recover(p, 1n, assets);
    expect(await p.socializer.claimable(1n, p.lender)).to.equal((assets * 6n) / 10n);
    expect(await p.socializer.claimable(1n, p.lender3)).to.equal(0n);
  });

  it("After the last redeem a deposit works. N random dust operations by one actor net ≤ 0; share price moves ≤ 1 wei of assets per operation.", async () => {
    const p = await loadFixture(empty);
    await p.supply(p.lender, p.assets("1000"));
    await leave(p, p.pool, p.lender);
    expect(await p.pool.totalSupply()).to.equal(0n);
    await p.pool.connect(p.lender).deposit(p.assets("1000"), p.lender);
    expect(await worthOf(p.pool, p.lender)).to.be.at.least(p.assets("1000") - 1n);

    const account = await deployAccount(p);
    await account.execute([await callOf(p.pool, "deposit", [p.assets("1"), account])]);
    await p.openPosition(p.borrower, p.collaterals("1"), p.assets("500")); // so that a unit of assets is no round number of shares
    await andReturn(async () => {
      await time.increase(30n * DAY);
      const random = seededRandom(20_200_312);
      const operations: [string, ...unknown[]][] = [
        ["deposit", account],
        ["mint", account],
        ["withdraw", account, account],
        ["redeem", account, account],
      ];
      const calls = [];
      for (const [name, ...rest] of shuffled(Array(15).fill(operations).flat() as typeof operations, random)) {
        const dust = 1n + BigInt(Math.floor(random() * 5_000)) + (name === "redeem" ? 2_000n : 0n);
        calls.push(await callOf(p.pool, name, [dust, ...rest]));
      }
      await setNext();
      const [before, held] = [await p.pool.state(NEXT), await p.asset.balanceOf(account)];
      const worth = await p.pool.convertToAssets(await p.pool.balanceOf(account), NEXT);
      await account.execute(calls);
      const after = await p.pool.state();
      const net = (await p.asset.balanceOf(account)) + (await worthOf(p.pool, account)) - held - worth;
      expect(net).to.be.at.most(0n);
      const atOldPrice = ((after.supply + 1_000n) * (before.lenderAssets + 1n)) / (before.supply + 1_000n);
      expect(after.lenderAssets + 1n - atOldPrice).to.be.within(0n, BigInt(calls.length));
    });
  });

  it("With less than 1e4 wei borrowed, repeated borrow and repay moves no index beyond rounding.", async () => {
    const p = await deployProtocol({ pool: { minDebt: 1n, dust: 0n } });
    await p.supply(p.lender, p.assets("1000"));
    const account = await deployAccount(p);
    await account.execute([await callOf(p.pool, "supplyCollateral", [p.collaterals("1"), account])]);
    const calls = [];
    for (const assets of [1n, 3n, 7_777n, 9_999n]) {
      calls.push(await callOf(p.pool, "borrow", [assets, account, account]));
      calls.push(await callOf(p.pool, "repay", [MaxUint256, account]));
    }
    await setNext(1n);
    const before = await p.pool.state(NEXT);
    for (let i = 0; i < 5; i++) {
      if (i > 0) await setNext(1n);
      await account.execute(calls);
    }
    const after = await p.pool.state();
    expect(after.index - before.index).to.be.within(0n, 10n ** 10n);
    expect([after.scaledDebt, after.debt]).to.deep.equal([0n, 0n]);
    // what is rounded goes to the lenders, a unit for each borrowing at most
    expect(after.lenderAssets - before.lenderAssets).to.be.within(0n, 20n);
    await expectIdentity(p.pool);
  });

  it("Donating anything anywhere changes no price used for health or shares.", async () => {
    const p = await loadFixture(covered);
    const at = BigInt(await time.latest()) + 1_000n;
    const read = async () => {
      await time.setNextBlockTimestamp(at);
      return Promise.all([
        p.pool.state(NEXT),
        p.pool.healthOf(p.borrower, NEXT),
        p.pool.convertToAssets(10n ** 9n, NEXT),
        p.pool.totalAssetsNet(NEXT),
        p.fund.convertToAssets(10n ** 9n, NEXT),
        p.fund.reserve(NEXT),
        p.fund.coverageAvailable(p.pool, NEXT),
      ]);
    };
    const start = await takeSnapshot();
    const before = await read();
    await start.restore();
    for (const to of [p.pool, p.fund, p.socializer, p.factory, p.lens, p.oracle, await p.pool.twin()]) {
      await p.asset.mint(to, p.assets("1000000"));
      await p.collateral.mint(to, p.collaterals("1000000"));
    }
    expect(await read()).to.deep.equal(before);
  });
});
