import { expect } from "chai";
import { FixedPoint } from "../../sdk";
import { loadFixture, takeSnapshot, time } from "../helpers/hre";
import { andReturn, DAY, expectIdentity, inOneBlock, NEXT, setNext } from "../helpers/pool";
import { deployLentOutPool } from "./fixtures";

const { WAD } = FixedPoint;

const YEAR = 365n * DAY;

/** Equal but for the roundings: each step rounds the rate to the nearest 1e-11 per year, at most one in 8e9 of 4 %. */
function expectNear(actual: bigint, expected: bigint, steps: bigint) {
  expect(actual).to.be.closeTo(expected, (expected * steps) / 8_000_000_000n);
}

describe("Attacks: interest", () => {
  const lentOut = () => deployLentOutPool();

  it("Utilisation ≤ 1 whatever is donated; rate ≤ its cap; one step of a year equals a year of seconds within the stated rounding; 100 years do not revert; zero time is a no-op.", async () => {
    const p = await loadFixture(lentOut);
    await p.asset.mint(p.pool, p.assets("1000000000"));
    const { cash, debt } = await p.pool.state();
    expect([cash, debt > 0n]).to.deep.equal([0n, true]);
    await andReturn(async () => {
      await time.increase(100n * YEAR);
      await p.pool.accrue();
      const { rateAtTarget } = await p.pool.state();
      expect(rateAtTarget).to.be.at.most(2n * WAD); // 200 % per year
      await expectIdentity(p.pool);
      // what is accrued once in a block is not accrued again
      await setNext();
      const once = await p.pool.state(NEXT);
      await inOneBlock(async () => {
        for (let i = 0; i < 3; i++) await p.pool.accrue({ gasLimit: 1_000_000n });
      });
      expect(await p.pool.state()).to.deep.equal(once);
    });

    // a year in one step and in 3,000, on chain
    await p.pool.accrue();
    const [{ index: start }, from] = [await p.pool.state(), BigInt(await time.latest())];
    const exponents: bigint[] = [];
    for (const steps of [1n, 3_000n]) {
      await andReturn(async () => {
        for (let i = 1n; i <= steps; i++) {
          await time.setNextBlockTimestamp(from + (i * YEAR) / steps);
          await p.pool.accrue();
        }
        exponents.push(FixedPoint.lnWad(((await p.pool.state()).index * WAD) / start));
      });
    }
    expectNear(exponents[1], exponents[0], 3_000n);
    // and in all of its seconds: test/foundry/YearOfSeconds.t.sol
  });

  it("A caller chooses the rate by calling accrue often: at constant utilisation n steps give what one step gives", async () => {
    const p = await loadFixture(lentOut);
    await p.pool.accrue();
    const [start, from] = [await takeSnapshot(), BigInt(await time.latest())];
    const debts: bigint[] = [];
    const steps = 240n;
    for (const n of [1n, steps]) {
      await start.restore();
      for (let i = 1n; i <= n; i++) {
        await time.setNextBlockTimestamp(from + (i * 20n * DAY) / n);
        await p.pool.accrue();
      }
      debts.push((await p.pool.state()).index);
    }
    const grown = debts[0] - WAD;
    expect(grown).to.be.greaterThan(WAD / 100n);
    expectNear(debts[1] - WAD, grown, steps);
  });
});
