import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { FixedPoint, Interest } from "../../../sdk";
import { ONE, exp } from "../../helpers/exact";
import { loadFixture, time } from "../../helpers/hre";
import { readStorage } from "../../helpers/layout";
import {
  DAY,
  NEXT,
  andReturn,
  deployLentPool,
  expectIdentity,
  inOneBlock,
  setNext,
  type LentPool,
} from "../../helpers/pool";
import { deployProtocol, signerOf } from "../../helpers/protocol";

const { WAD } = FixedPoint;

const YEAR = 365n * DAY;
const TAU = 3n * DAY;

describe("LendingPool: interest, vesting and fees", () => {
  /** Utilisation 80 %, premium 0. */
  async function fixture() {
    return deployLentPool();
  }

  /** 100,000 lent, of which `borrowed` are borrowed, and a premium on interest in basis points. */
  async function lent(borrowed: string, premium = 0n, rateAtTarget = WAD / 25n) {
    const p = await deployProtocol({ pool: { rateAtTarget } });
    await p.supply(p.lender, p.assets("100000"));
    if (premium !== 0n) await p.pool.connect(await signerOf(p.fund)).harvest(premium);
    if (borrowed !== "0") await p.openPosition(p.borrower, p.collaterals("1000"), p.assets(borrowed));
    return p;
  }
  const at0 = async () => lent("0");
  const at50 = async () => lent("50000");
  const at90 = async () => lent("90000", 1000n);
  const at95 = async () => lent("95000", 2500n);
  const at100 = async () => lent("100000", 10_000n);
  /** All cash is lent, so that utilisation stays at 100 %. */
  const constant = async () => lent("100000", 1000n);
  /** And the rate is at its upper bound. */
  const constantRate = async () => lent("100000", 1000n, 2n * WAD);

  /** What an accrual over `elapsed` makes of the state that was stored last, by the twin. */
  async function accrued(p: Pick<LentPool, "pool">, elapsed: bigint) {
    const s = await p.pool.state();
    const borrowed = await readStorage(p.pool, "LendingPool", ["_borrowers", "net"]);
    return Interest.accrue({
      index: s.index,
      rate: s.rateAtTarget / Interest.RATE_UNIT,
      unvested: s.unvested,
      premium: s.premium,
      scaledDebt: s.scaledDebt,
      interest: s.debt - borrowed,
      cash: s.cash,
      elapsed,
      vesting: TAU,
      lent: s.supply !== 0n,
    });
  }

  for (const [name, pool] of Object.entries({ at0, at50, at90, at95, at100 })) {
    it(`accrues as the formulas say, over a second to a year, ${name} per cent of utilisation`, async () => {
      const p = await loadFixture(pool);
      for (const elapsed of [1n, 3600n, DAY, 30n * DAY, YEAR]) {
        const before = await p.pool.state();
        const expected = await accrued(p, elapsed);
        const borrowed = await readStorage(p.pool, "LendingPool", ["_borrowers", "net"]);
        await setNext(elapsed);
        const seen = await p.pool.state(NEXT);
        await p.pool.connect(p.stranger).accrue();
        const after = await p.pool.state();
        expect(after, "a view sees what a call finds").to.deep.equal(seen);
        expect(after.index).to.equal(expected.index);
        expect(after.rateAtTarget).to.equal(expected.rate * Interest.RATE_UNIT);
        expect(after.unvested).to.equal(expected.unvested);
        expect(after.debt).to.equal((before.scaledDebt * expected.index) / WAD);
        expect(after.fees).to.equal(((after.debt - borrowed) * before.premium) / 10_000n);
        expect(after.cash).to.equal(before.cash);
        expect(after.lenderAssets).to.be.greaterThanOrEqual(before.lenderAssets);
        await expectIdentity(p.pool);
      }
    });
  }

  it("is e^(r·t) on the debt, r the average of an adaptive rate, to 12 digits", async () => {
    const p = await loadFixture(at95);
    const [before, elapsed] = [await p.pool.state(), 20n * DAY];
    await setNext(elapsed);
    const after = await p.pool.state(NEXT);
    const part = (x: bigint, y: bigint) => (x * ONE) / y;
    const mul = (x: bigint, y: bigint) => (x * y) / ONE;
    // the error of the utilisation against 90 %, over the 10 % above it
    const error = 10n * (part(before.debt, before.debt + before.cash) - part(9n, 10n));
    const x = (50n * error * elapsed) / YEAR;
    const average = mul(part(before.rateAtTarget, WAD), mul(part(exp(x) - ONE, x), ONE + 3n * error));
    const growth = exp((average * elapsed) / YEAR);
    const index = (before.index * growth) / ONE;
    expect(after.index).to.be.closeTo(index, index / 10n ** 12n);
    const rate = mul(before.rateAtTarget * (ONE / WAD), exp(x)) / (ONE / WAD);
    expect(after.rateAtTarget).to.be.closeTo(rate, Interest.RATE_UNIT);
    // unvested' = unvested·v + (1 − premium)·debt·rτ/(1 + rτ)·(g − v)
    const keep = exp(-part(elapsed, TAU));
    const rt = (average * TAU) / YEAR;
    const fresh = mul((before.debt * 3n) / 4n, mul(part(rt, ONE + rt), growth - keep));
    expect(after.unvested).to.be.closeTo((before.unvested * keep) / ONE + fresh, 2n);
  });

  it("adapts: the rate rises above 90 % of utilisation, falls below it, within its bounds", async () => {
    for (const [pool, bound] of [
      [at50, Interest.MIN_RATE],
      [constant, Interest.MAX_RATE],
    ] as const) {
      const p = await loadFixture(pool);
      const { rateAtTarget } = await p.pool.state();
      await time.increase(30n * DAY);
      await p.pool.accrue();
      const later = (await p.pool.state()).rateAtTarget;
      expect(later > rateAtTarget).to.equal(pool === constant);
      await time.increase(3n * YEAR);
      await p.pool.accrue();
      expect((await p.pool.state()).rateAtTarget).to.equal(bound * Interest.RATE_UNIT);
    }
  });

  for (const { name, pool, exact } of [
    { name: "while the rate moves", pool: constant, exact: ["index", "debt", "fees"] as const },
    {
      name: "and the buffer too at a constant rate",
      pool: constantRate,
      exact: ["index", "debt", "fees", "unvested", "lenderAssets"] as const,
    },
  ]) {
    it(`gives in 90 days what it gives in one step, at constant utilisation, ${name}`, async () => {
      const p = await loadFixture(pool);
      const start = BigInt(await time.latest());
      await time.setNextBlockTimestamp(start + 90n * DAY);
      const once = await p.pool.state(NEXT);
      for (let day = 1n; day <= 90n; day++) {
        await time.setNextBlockTimestamp(start + day * DAY);
        await p.pool.accrue();
      }
      const steps = await p.pool.state();
      // each step rounds the stored rate to 1e-11 per year, and cuts the buffer by less than a unit
      for (const key of exact) expect(steps[key], key).to.be.closeTo(once[key], once[key] / 10n ** 9n + 90n);
      expect(steps.rateAtTarget).to.be.closeTo(once.rateAtTarget, 90n * Interest.RATE_UNIT);
    });
  }

  it("is nothing in zero time", async () => {
    const p = await loadFixture(fixture);
    await time.increase(DAY);
    await inOneBlock(async () => {
      await p.pool.connect(p.lender).accrue();
      const first = await p.pool.state(NEXT);
      await p.pool.connect(p.lender2).accrue();
      expect(await p.pool.state(NEXT)).to.deep.equal(first);
    });
  });

  it("goes on after a hundred years without a call, second by second", async () => {
    const p = await loadFixture(at50);
    await andReturn(async () => {
      await time.increase(100n * YEAR);
      await p.pool.accrue();
      const before = await p.pool.state();
      const expected = await accrued(p, 10n);
      await setNext(10n);
      await p.pool.accrue();
      const after = await p.pool.state();
      expect(after.index).to.equal(expected.index);
      expect(after.index - before.index).to.be.lessThan(before.index / 10n ** 8n);
      await expectIdentity(p.pool);
    });
  });

  it("stops at its bounds and breaks nothing there", async () => {
    const p = await loadFixture(constant);
    await andReturn(async () => {
      await time.increase(50n * YEAR);
      await p.pool.accrue();
      const { index, debt } = await p.pool.state();
      expect(index).to.equal(Interest.MAX_INDEX);
      await time.increase(YEAR);
      await p.pool.accrue();
      const later = await p.pool.state();
      expect([later.index, later.debt]).to.deep.equal([index, debt]);
      await expectIdentity(p.pool);
      await p.provideAssets(p.borrower, p.assets("10000"));
      await p.pool.connect(p.borrower).repay(p.assets("10000"), p.borrower);
      const withdraw = () => p.pool.connect(p.lender).withdraw(p.assets("10000"), p.lender, p.lender);
      await expect(withdraw()).to.be.revertedWithCustomError(p.pool, "UnbookedShortfall");
      await p.pool.writeDown([p.borrower]);
      await withdraw();
      await p.setPrice("0.0001");
      await p.pool.writeDown([p.borrower]);
      await p.supply(p.lender2, p.assets("5"));
      await expectIdentity(p.pool);
    });
  });

  it("vests what does not fit the buffer at once", async () => {
    const p = await loadFixture(async function huge() {
      const q = await deployProtocol({ assetDecimals: 18, pool: { supplyCap: MaxUint256 } });
      await q.supply(q.lender, 2n ** 95n);
      await q.openPosition(q.borrower, 2n ** 111n, 2n ** 95n);
      return q;
    });
    const expected = await accrued(p, 30n * DAY);
    const before = await p.pool.state();
    expect(expected.unvested).to.be.greaterThan(2n ** 80n);
    await setNext(30n * DAY);
    await p.pool.accrue();
    const after = await p.pool.state();
    expect(after.unvested).to.equal(2n ** 80n - 1n);
    expect(after.lenderAssets - before.lenderAssets).to.equal(after.debt - before.debt - (2n ** 80n - 1n));
    await expectIdentity(p.pool);
  });

  describe("vesting", () => {
    it("lets the buffer run into the share price with its time constant", async () => {
      const p = await loadFixture(fixture);
      await time.increase(100n * DAY);
      await p.provideAssets(p.borrower, p.assets("100000"));
      await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
      const before = await p.pool.state();
      expect(before.unvested).to.be.greaterThan(p.assets("10"));
      for (const elapsed of [TAU, 2n * TAU, 20n * TAU]) {
        const s = await p.pool.state();
        await setNext(elapsed);
        await p.pool.accrue();
        const after = await p.pool.state();
        const left = (s.unvested * exp(-(elapsed * ONE) / TAU)) / ONE;
        expect(after.unvested).to.be.within(left - 1n, left);
        expect(after.lenderAssets + after.unvested).to.equal(before.lenderAssets + before.unvested);
      }
      expect((await p.pool.state()).unvested).to.equal(0n);
    });

    it("leaves nothing for a deposit that comes and goes within a block", async () => {
      const p = await loadFixture(fixture);
      await time.increase(100n * DAY);
      await p.provideAssets(p.lender3, p.assets("1000000"));
      const { unvested } = await p.pool.state();
      expect(unvested).to.be.greaterThan(0n);
      await inOneBlock(async () => {
        await p.pool.connect(p.lender3).deposit(p.assets("1000000"), p.lender3);
        const shares = await p.pool.balanceOf(p.lender3, NEXT);
        await p.pool.connect(p.lender3).redeem(shares, p.lender3, p.lender3);
      });
      expect(await p.asset.balanceOf(p.lender3)).to.be.within(p.assets("1000000") - 1n, p.assets("1000000"));
    });

    it("leaves to those who stay what a leaver's part of the buffer was", async () => {
      const p = await loadFixture(fixture);
      await time.increase(100n * DAY);
      await setNext();
      const before = await p.pool.state(NEXT);
      await p.pool.connect(p.lender2).redeem(1_000_000_000n, p.lender2, p.lender2);
      expect((await p.pool.state()).unvested).to.equal(before.unvested);
    });
  });

  describe("fees", () => {
    it("are the premium's part of interest since the last harvest; a new premium counts from then on", async () => {
      const p = await loadFixture(fixture);
      const fund = p.pool.connect(await signerOf(p.fund));
      await fund.harvest(2000n);
      expect((await p.pool.state()).fees).to.equal(0n);
      const start = (await p.pool.state()).debt;
      await setNext(100n * DAY);
      const first = await p.pool.state(NEXT);
      expect(first.fees).to.equal(((first.debt - start) * 2000n) / 10_000n);
      await fund.harvest(500n);
      expect((await p.pool.state()).fees).to.equal(0n);
      const next = (await p.pool.state()).debt;
      await setNext(100n * DAY);
      const second = await p.pool.state(NEXT);
      expect(second.fees).to.equal(((second.debt - next) * 500n) / 10_000n);
      await expectIdentity(p.pool);
    });

    it("take nothing from interest earned before the premium rose", async () => {
      const p = await loadFixture(fixture);
      await time.increase(100n * DAY);
      await setNext();
      const before = await p.pool.state(NEXT);
      await p.pool.connect(await signerOf(p.fund)).harvest(10_000n);
      const after = await p.pool.state();
      expect([after.fees, after.lenderAssets, after.unvested]).to.deep.equal([
        0n,
        before.lenderAssets,
        before.unvested,
      ]);
      await time.increase(100n * DAY);
      const later = await p.pool.state(NEXT);
      expect(later.lenderAssets + later.unvested).to.be.closeTo(before.lenderAssets + before.unvested, 1n);
    });
  });

  describe("without shares", () => {
    /** The lender has left; its premium of 100 % stays, half of it as debt that nobody has repaid. */
    async function abandoned() {
      const p = await lent("95000", 10_000n);
      await time.increase(100n * DAY);
      await p.provideAssets(p.borrower, p.assets("1000000"));
      await p.pool.connect(p.borrower).repay(p.assets("96000"), p.borrower);
      await p.pool.connect(p.lender).redeem(await p.pool.balanceOf(p.lender), p.lender, p.lender);
      return p;
    }

    it("all that the pool has is fees", async () => {
      const p = await loadFixture(abandoned);
      const { supply, cash, debt, fees, lenderAssets, unvested } = await p.pool.state();
      expect([supply, lenderAssets, unvested]).to.deep.equal([0n, 0n, 0n]);
      expect(cash).to.be.greaterThan(0n);
      expect(debt).to.be.greaterThan(0n);
      expect(fees).to.equal(cash + debt);
    });

    it("new interest is fees as well, and the fund can harvest what is liquid", async () => {
      const p = await loadFixture(abandoned);
      await setNext(30n * DAY);
      const before = await p.pool.state(NEXT);
      expect(before.unvested).to.equal(0n);
      expect(before.fees).to.equal(before.cash + before.debt);
      const fund = await signerOf(p.fund);
      await expect(p.pool.connect(fund).harvest(0n)).to.changeTokenBalance(p.asset, fund, before.cash);
      const after = await p.pool.state();
      expect([after.cash, after.fees, after.lenderAssets]).to.deep.equal([0n, before.debt, 0n]);
      await expectIdentity(p.pool);
    });

    it("the next depositor enters at par, and owns its deposit and the interest from then on", async () => {
      const p = await loadFixture(abandoned);
      await p.provideAssets(p.lender2, p.assets("10000"));
      await setNext(30n * DAY);
      const before = await p.pool.state(NEXT);
      await p.pool.connect(p.lender2).deposit(p.assets("10000"), p.lender2);
      expect(await p.pool.balanceOf(p.lender2)).to.equal(p.assets("10000") * 1000n);
      const after = await p.pool.state();
      expect(after.lenderAssets).to.equal(p.assets("10000"));
      expect(after.fees).to.equal(before.fees);
      await expectIdentity(p.pool);
      // with a premium of 0 the interest is its own
      await p.pool.connect(await signerOf(p.fund)).harvest(0n);
      const { debt, fees } = await p.pool.state();
      await time.increase(30n * DAY);
      await p.pool.accrue();
      const later = await p.pool.state();
      expect(later.fees).to.equal(fees);
      expect(later.lenderAssets + later.unvested).to.be.closeTo(p.assets("10000") + later.debt - debt, 1n);
      await expectIdentity(p.pool);
    });

    it("the unvested interest and the rounding of the last holder's exit are fees", async () => {
      const p = await loadFixture(fixture);
      await time.increase(100n * DAY);
      await p.provideAssets(p.borrower, p.assets("100000"));
      await p.pool.connect(p.borrower).repay(MaxUint256, p.borrower);
      await p.pool.connect(p.lender).redeem(await p.pool.balanceOf(p.lender), p.lender, p.lender);
      await setNext();
      const before = await p.pool.state(NEXT);
      expect(before.unvested).to.be.greaterThan(0n);
      const shares = await p.pool.balanceOf(p.lender2);
      const assets = await p.pool.previewRedeem(shares, NEXT);
      await p.pool.connect(p.lender2).redeem(shares, p.lender2, p.lender2);
      const after = await p.pool.state();
      expect([after.supply, after.unvested, after.lenderAssets]).to.deep.equal([0n, 0n, 0n]);
      expect(after.fees).to.equal(before.cash - assets);
      expect(after.fees).to.be.within(before.unvested, before.unvested + 2n);
      await time.increase(YEAR);
      expect((await p.pool.state()).fees).to.equal(after.fees);
      await expectIdentity(p.pool);
    });
  });
});
