import { expect } from "chai";
import { loadFixture, takeSnapshot, time } from "../helpers/hre";
import { andReturn, DAY, expectIdentity, inOneBlock, NEXT, setNext } from "../helpers/pool";
import { deployLentOutPool } from "./fixtures";

const WAD = 10n ** 18n;
const YEAR = 365n * DAY;

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
    const difference = debts[0] - debts[1];
    // rate units of 1e-11 per year, rounded at each step
    expect((difference < 0n ? -difference : difference) * 1_000_000_000n).to.be.at.most(grown);
  });
});
