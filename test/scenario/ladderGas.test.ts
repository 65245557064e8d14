import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { RiskLadder } from "../../sdk";
import { ethers } from "../helpers/hre";
import { callOf } from "../helpers/pool";
import { deployProtocol } from "../helpers/protocol";

/** A debt in the middle of a tick, while the index is near 1. */
function debtAt(tick: bigint, collateral: bigint) {
  const { OCTAVE } = RiskLadder;
  const [exponent, mantissa] = [(tick - 1n) / OCTAVE, ((tick - 1n) % OCTAVE) + OCTAVE];
  return (((2n * mantissa + 1n) * collateral) << exponent) / 2n ** 119n;
}

/** One account for each position, so that each has a tick of its own: contracts of one owner that act in one transaction. */
async function deployWith(ticks: number) {
  // a tolerance that no shortfall here exceeds: the guard has to look at every tick, and lets all pass
  const p = await deployProtocol({ pool: { guardTolerance: 1_000n, supplyCap: MaxUint256 } });
  await p.supply(p.lender, p.assets("100000000"));
  const collateral = p.collaterals("20");
  const first = RiskLadder.tickOf(p.assets("101"), collateral) + 1n;
  for (let i = 0; i < ticks; i++) {
    const account = await ethers.deployContract("MockAccount", [p.stranger]);
    await p.collateral.mint(account, collateral);
    const debt = debtAt(first + BigInt(i), collateral);
    await account.execute([
      await callOf(p.collateral, "approve", [p.pool, MaxUint256]),
      await callOf(p.pool, "supplyCollateral", [collateral, account]),
      await callOf(p.pool, "borrow", [debt, account, account]),
    ]);
  }
  expect(await p.pool.ladder(MaxUint256, MaxUint256)).to.have.length(ticks);
  await p.provideAssets(p.lender2, p.assets("1000"));
  await p.pool.connect(p.lender2).deposit(p.assets("1"), p.lender2);
  const depositGas = async () => {
    const receipt = await (await p.pool.connect(p.lender2).deposit(p.assets("1"), p.lender2)).wait();
    return Number(receipt!.gasUsed);
  };
  const idle = await depositGas();
  await p.setPrice("4");
  expect(await p.pool.visibleShortfall()).to.be.greaterThan(BigInt(ticks) * p.assets("20"));
  return { idle, looking: await depositGas() };
}

describe("scenario: the guard's cost", () => {
  it("does not depend on what the price does not reach, and grows by at most 3,600 gas for each tick that it does", async () => {
    const costs = [];
    for (const ticks of [1, 64, 512]) {
      const { idle, looking } = await deployWith(ticks);
      console.log(`      ${ticks} ticks: deposit ${idle} gas at a good price, ${looking} with all of them to sum up`);
      costs.push({ ticks, idle, looking });
    }
    const [{ idle: alone, looking: one }, ...others] = costs;
    expect(one - alone).to.be.within(2_100, 8_000);
    for (const { ticks, idle, looking } of others) {
      expect(idle).to.be.closeTo(alone, 20); // the digits of the numbers
      expect((looking - one) / (ticks - 1)).to.be.within(2_100, 3_600);
    }
  });
});
