import { expect } from "chai";
import { MaxUint256, parseEther } from "ethers";
import { FixedPoint, Liquidation } from "../../sdk";
import type { LendingPool } from "../../typechain-types";
import { ethers, loadFixture, takeSnapshot } from "../helpers/hre";
import {
  callOf,
  deployAccount,
  deployLentPool,
  expectIdentity,
  inOneBlock,
  NEXT,
  setNext,
  type LentPool,
} from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";
import { deployCoveredPool, worthOf } from "./fixtures";

const { WAD } = FixedPoint;

describe("Attacks: liquidation", () => {
  async function fixture() {
    const p = await deployLentPool();
    for (const who of [p.borrower, p.liquidator]) await p.provideAssets(who, p.assets("200000"));
    return p;
  }

  const liquidate = (p: LentPool, repay = MaxUint256, of = p.borrower, from: LendingPool = p.pool) =>
    from.connect(p.liquidator).liquidate(of, repay, 0n, "0x");

  const goesThrough = (call: Promise<unknown>) =>
    call.then(
      () => true,
      () => false,
    );

  it("Self-liquidation, and borrower + liquidator + lender in collusion: net ≤ 0 at unchanged price.", async () => {
    const p = await loadFixture(fixture);
    const address = p.borrower.address;
    const actors = [p.borrower, p.liquidator, p.lender];
    /** What the three have together; a position that owes more than it has is walked away from. */
    const wealth = async (at = {}) => {
      const price = await p.oracle.price();
      const { collateral, debt, writtenOff } = await p.pool.positionOf(address, at);
      let total = Liquidation.valueOf(collateral, price) - debt - writtenOff;
      if (total < 0n) total = 0n;
      for (const actor of actors) {
        total += (await p.asset.balanceOf(actor)) + (await p.pool.convertToAssets(await p.pool.balanceOf(actor), at));
        total += Liquidation.valueOf(await p.collateral.balanceOf(actor), price);
      }
      return total;
    };
    const self = (repay: bigint) => p.pool.connect(p.borrower).liquidate(address, repay, 0n, "0x");
    const writeDown = () => p.pool.writeDown([address]);
    const start = await takeSnapshot();
    // C/D is 1.1, 1.05, 1.03 and 1.0206: from there on it could be written down, and nothing changes but by these calls
    for (const price of ["1760", "1680", "1648", "1633"]) {
      for (const strategy of [
        [() => self(MaxUint256)],
        [() => liquidate(p), writeDown],
        [() => liquidate(p, p.assets("5000")), () => liquidate(p, p.assets("30000")), writeDown, () => liquidate(p)],
        [() => self(p.assets("78000")), writeDown, () => p.pool.connect(p.borrower).repay(MaxUint256, address)],
        [writeDown, () => self(p.assets("100")), () => self(p.assets("100")), () => liquidate(p)],
      ]) {
        await p.setPrice(price);
        await setNext(1n);
        const before = await wealth(NEXT);
        for (const step of strategy) {
          await step();
          expect(await wealth(), price).to.be.at.most(before + p.assets("0.01"));
        }
        await start.restore();
      }
    }
  });

  it("Toxic spiral: no partial liquidation lowers health or raises the shortfall, at any LLTV and incentive allowed.", async () => {
    const p = await deployProtocol();
    await p.provideAssets(p.liquidator, p.assets("10000000"));
    const start = await takeSnapshot();
    for (const [lltv, maxIncentive] of [
      ["0.5", "0.5"],
      ["0.8", "0.2"],
      ["0.86", "0.05"],
      ["0.96", "0.03"],
    ]) {
      const pool = await p.createPool({ lltv: parseEther(lltv), maxIncentive: parseEther(maxIncentive) });
      await p.asset.connect(p.liquidator).approve(pool, MaxUint256);
      await p.supply(p.lender, p.assets("100000"), pool);
      const debt = p.assets("40000");
      const collateral = (debt * WAD * 101n * p.collaterals("1")) / (100n * parseEther(lltv) * p.assets("2000"));
      await p.openPosition(p.borrower, collateral, debt, pool);
      const opened = await takeSnapshot();
      /** Collateral value, D, W, and what the collateral cannot repay. */
      const read = async (at = {}) => {
        const { collateral: units, debt: owed, writtenOff } = await pool.positionOf(p.borrower, at);
        const value = Liquidation.valueOf(units, await p.oracle.price());
        const performing = Liquidation.performing(value, await pool.writeDownIncentive());
        return { value, owed, lack: writtenOff + (owed > performing ? owed - performing : 0n) };
      };
      for (const coverage of [105n, 103n, 102n, 101n, 90n, 40n]) {
        if (parseEther(lltv) * coverage >= 100n * WAD) continue; // healthy
        for (const repay of [p.assets("100"), p.assets("3000"), p.assets("20000"), MaxUint256]) {
          await p.oracle.setPrice((debt * coverage * Liquidation.ORACLE_SCALE) / (100n * collateral));
          await setNext(1n);
          const before = await read(NEXT);
          await liquidate(p, repay, p.borrower, pool);
          const after = await read();
          const what = `${lltv}, ${maxIncentive}, ${coverage}, ${repay}`;
          expect(after.lack, what).to.be.at.most(before.lack + 3n);
          // C/D, but for the unit that the value is rounded down by
          expect((after.value + 2n) * before.owed, what).to.be.at.least(before.value * after.owed);
          await opened.restore();
        }
      }
      await start.restore();
    }
  });

  it("Blocked liquidation: works with the borrower, the fee side or a surplus receiver blocklisted or reverting.", async () => {
    const p = await deployCoveredPool({ weirdAsset: true, weirdCollateral: true });
    await p.provideAssets(p.liquidator, p.assets("200000"));
    for (const token of [p.asset, p.collateral]) {
      const weird = await ethers.getContractAt("WeirdERC20", token);
      for (const who of [p.borrower, p.fund, p.socializer, p.treasury]) await weird.setBlocked(who, true);
    }
    await p.setPrice("1500");
    await liquidate(p, p.assets("40000"));
    const { writtenOff } = await p.pool.positionOf(p.borrower);
    expect(writtenOff).to.be.greaterThan(p.assets("6000"));
    // what is paid of written-off debt cannot be forwarded either: the lenders of the day get it
    await p.setPrice("1800");
    await liquidate(p);
    expect((await p.pool.positionOf(p.borrower)).writtenOff).to.be.lessThan(writtenOff);
    await expectIdentity(p.pool);
  });

  it("1-wei repay front-run: the liquidation still goes through, clamped.", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("1800");
    await setNext(60n);
    const [limit] = await p.pool.connect(p.liquidator).liquidate.staticCall(p.borrower, MaxUint256, 0n, "0x", NEXT);
    const held = await p.asset.balanceOf(p.liquidator);
    const gasLimit = 2_000_000n;
    await inOneBlock(async () => {
      for (const dust of [1n, 1_000n]) await p.pool.connect(p.borrower).repay(dust, p.borrower, { gasLimit });
      await p.pool.connect(p.liquidator).liquidate(p.borrower, limit, 0n, "0x", { gasLimit });
    });
    expect(held - (await p.asset.balanceOf(p.liquidator))).to.be.within(limit - 5_000n, limit - 1n);
  });

  it("Utilisation 100 %: repay, liquidate, write-down and cover work at cash = 0.", async () => {
    const p = await loadFixture(lentOut);
    const start = await takeSnapshot();
    for (const [price, call] of [
      ["2000", () => p.pool.connect(p.borrower).repay(p.assets("1000"), p.borrower)],
      ["1800", () => liquidate(p)],
      ["1500", () => p.pool.writeDown([p.borrower])],
      ["1500", () => liquidate(p)],
    ] as const) {
      expect((await p.pool.state()).cash).to.equal(0n);
      await p.setPrice(price);
      await call();
      if (price === "1500") expect((await p.socializer.lossOf(1n)).reserve).to.be.at.least(p.assets("1000"));
      expect((await p.pool.state()).cash).to.be.greaterThan(0n);
      await expectIdentity(p.pool);
      await start.restore();
    }
  });
  async function lentOut() {
    const p = await deployCoveredPool();
    await p.openPosition(p.borrower2, p.collaterals("100"), (await p.pool.state()).cash);
    for (const who of [p.borrower, p.liquidator]) await p.provideAssets(who, p.assets("200000"));
    return p;
  }

  it("Side door without a health check: every external function, also batched and through an operator: healthy before ⇒ healthy after.", async () => {
    const p = await loadFixture(fixture);
    const account = await deployAccount(p);
    await account.execute([
      await callOf(p.pool, "setOperator", [p.operator, true]),
      await callOf(p.pool, "supplyCollateral", [p.collaterals("1"), account]),
      await callOf(p.pool, "deposit", [p.assets("1000"), account]),
      await callOf(p.pool, "borrow", [p.assets("1719"), account, account]), // of 1,720
      await callOf(p.pool, "approve", [p.operator, MaxUint256]),
    ]);
    const signature = ["0x" + "00".repeat(32), "0x" + "00".repeat(32)];
    const [a, c] = [p.assets("10"), p.collaterals("0.01")];
    const calls: [string, unknown[]][] = [
      ["accrue", []],
      ["approve", [p.stranger, MaxUint256]],
      ["borrow", [a, account, account]],
      ["borrow", [a / 20n, account, account]],
      ["borrow", [a, account, p.operator]],
      ["creditRecovery", [a, a]],
      ["deposit", [a, account]],
      ["harvest", [0n]],
      ["initialiseTicks", [1n, 2n]],
      ["liquidate", [account, a, 0n, "0x"]],
      ["mint", [a * 1000n, account]],
      ["permit", [account, p.stranger, 1n, MaxUint256, 27, ...signature]],
      ["redeem", [a * 1000n, account, account]],
      ["refinance", [account]],
      ["repay", [a, p.borrower]],
      ["repayWrittenOff", [account, a]],
      ["reportBlind", []],
      ["setOperator", [p.stranger, true]],
      ["setOperatorBySig", [account, p.stranger, true, 1n << 64n, MaxUint256, "0x"]],
      ["setPaused", [true]],
      ["setSupplyCap", [0n]],
      ["supplyCollateral", [1n, p.borrower]],
      ["transfer", [p.stranger, a * 1000n]],
      ["transferFrom", [account, p.stranger, a * 1000n]],
      ["withdraw", [a, account, account]],
      ["withdrawCollateral", [c, account, account]],
      ["withdrawCollateral", [c / 100n, account, account]],
      ["withdrawCollateral", [p.collaterals("1"), account, p.operator]],
      ["writeDown", [[await account.getAddress()]]],
    ];
    const names: string[] = [];
    p.pool.interface.forEachFunction(({ name, constant }) => void (constant || names.push(name)));
    expect(new Set([...calls.map(([name]) => name), "multicall"])).to.deep.equal(new Set(names));

    const encoded = await Promise.all(calls.map(([name, args]) => callOf(p.pool, name, args)));
    const batches = encoded.flatMap(({ data }) => [[data], [encoded[0].data, data]]);
    // pairs that open and shut the door: out with the collateral, back with the debt; and the other way round
    const data = async (name: string, ...args: unknown[]) => (await callOf(p.pool, name, args)).data;
    const repayAll = await data("repay", MaxUint256, account);
    batches.push([await data("withdrawCollateral", c, account, account), await data("repay", 1n, account)]);
    batches.push([await data("borrow", a, account, account), await data("supplyCollateral", 1n, account)]);
    batches.push([await data("supplyCollateral", c, account), await data("borrow", a, account, account)]);
    for (const debt of ["1719", "1730"]) {
      batches.push([repayAll, await data("borrow", p.assets(debt), account, account)]);
    }
    const start = await takeSnapshot();
    const through = { alone: new Set<string>(), batched: new Set<string>(), "by the operator": new Set<string>() };
    const attempt = async (how: keyof typeof through, what: string, send: () => Promise<unknown>) => {
      if (await goesThrough(send())) through[how].add(what);
      expect(await p.pool.healthOf(account), `${what} ${how}`).to.be.at.least(WAD);
      expect(await p.pool.healthOf(p.borrower), `${what} ${how}`).to.be.at.least(WAD);
      await start.restore();
    };
    expect(await p.pool.healthOf(account)).to.be.within(WAD, (WAD * 1_001n) / 1_000n);
    for (const [i, call] of encoded.entries()) await attempt("alone", calls[i][0], () => account.execute([call]));
    for (const batch of batches) {
      const called = batch.map((each) => p.pool.interface.parseTransaction({ data: each })!.name);
      const what = called.join(", ").replace(/^accrue, /, "");
      const multicall = await callOf(p.pool, "multicall", [batch]);
      await attempt("batched", what, () => account.execute([multicall]));
      await attempt("by the operator", what, () => p.pool.connect(p.operator).multicall(batch));
    }
    // of the rest, none is the account's to call, or signed, or has anything to do
    const ofAnyone = ["accrue", "approve", "initialiseTicks", "reportBlind", "setOperator", "writeDown"];
    const outwards = ["borrow", "redeem", "withdraw", "withdrawCollateral"];
    const paid = ["deposit", "mint", "repay", "supplyCollateral"];
    const own = [...ofAnyone, ...outwards, ...paid, "transfer"];
    const pairs = ["supplyCollateral, borrow", "repay, borrow"];
    expect([...through.alone]).to.have.members(own);
    expect([...through.batched]).to.have.members([...own, ...pairs]);
    expect([...through["by the operator"]]).to.have.members([...ofAnyone, ...outwards, "transferFrom"]);
  });

  it("Seized ≤ collateral; no action leaves 0 < debt < minDebt.", async () => {
    const p = await loadFixture(fixture);
    await p.openPosition(p.borrower2, p.collaterals("0.1"), p.assets("150"));
    await p.provideAssets(p.borrower2, p.assets("1000"));
    const start = await takeSnapshot();
    const borrower = p.pool.connect(p.borrower2);
    for (const price of ["2000", "1700", "1650", "1500", "100"]) {
      for (const assets of [1n, p.assets("40"), p.assets("60"), p.assets("149"), MaxUint256]) {
        // of 150 at least 100 stay, or nothing
        const leavesDust = assets === p.assets("60") || assets === p.assets("149");
        const healthy = price === "2000";
        for (const [what, allowed, call] of [
          ["repay", !leavesDust, () => borrower.repay(assets, p.borrower2)],
          ["borrow", healthy && assets === 1n, () => borrower.borrow(assets, p.borrower2, p.borrower2)],
          ["liquidate", !healthy, () => liquidate(p, assets, p.borrower2)],
        ] as const) {
          await p.setPrice(price);
          const held = await p.collateral.balanceOf(p.liquidator);
          expect(await goesThrough(call()), `${what} ${assets} at ${price}`).to.equal(allowed);
          const { collateral, debt, writtenOff } = await p.pool.positionOf(p.borrower2);
          const seized = (await p.collateral.balanceOf(p.liquidator)) - held;
          expect(seized + collateral).to.equal(p.collaterals("0.1"));
          if (writtenOff === 0n && debt !== 0n) expect(debt, `${price}, ${assets}`).to.be.at.least(p.assets("100"));
          await start.restore();
        }
      }
    }
  });

  it("A large w is paid by lenders: of an account that cannot repay a liquidator gets w, never i", async () => {
    const p = await loadFixture(fixture);
    const price = p.priceUnits("1500");
    await p.oracle.setPrice(price);
    const before = await worthOf(p.pool, p.lender);
    const held = await p.asset.balanceOf(p.liquidator);
    await liquidate(p);
    const paid = held - (await p.asset.balanceOf(p.liquidator));
    const got = Liquidation.valueOf(await p.collateral.balanceOf(p.liquidator), price);
    expect(got).to.be.within((paid * 1_019n) / 1_000n, (paid * 102n) / 100n + 1n);
    // lenders bear D − C/(1+w), 60 % of it this one
    const loss = before - (await worthOf(p.pool, p.lender));
    expect(loss).to.be.closeTo(((p.assets("80000") - (p.assets("75000") * 100n) / 102n) * 6n) / 10n, p.assets("1"));
  });
});
