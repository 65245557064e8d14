import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { deployStakedFund } from "../../helpers/fund";
import { ethers, loadFixture } from "../../helpers/hre";
import { DAY } from "../../helpers/pool";

describe("InsuranceFund", () => {
  describe("creation", () => {
    async function create(changes: object) {
      const p = await loadFixture(deployStakedFund);
      return { p, deploy: () => ethers.deployContract("InsuranceFund", [{ ...p.fundParams, ...changes }, p.manager]) };
    }

    for (const [name, [min, max]] of Object.entries({
      cooldown: [0n, 365n * DAY],
      window: [3_600n, 365n * DAY],
      vesting: [3_600n, 365n * DAY],
      reserveCut: [0n, 10_000n],
      maxPremium: [0n, 5_000n],
      halfCover: [1n, 10n ** 18n],
      dust: [0n, 2n ** 96n - 1n],
    })) {
      for (const value of [min - 1n, max + 1n].filter((value) => value >= 0n)) {
        it(`refuses a ${name} of ${value}`, async () => {
          const { p, deploy } = await create({ [name]: value });
          await expect(deploy()).to.be.revertedWithCustomError(p.fund, "OutOfBounds").withArgs(name, value, min, max);
        });
      }
    }

    for (const name of ["asset", "socializer", "factory"]) {
      it(`refuses no ${name}`, async () => {
        const { p, deploy } = await create({ [name]: ZeroAddress });
        await expect(deploy()).to.be.revertedWithCustomError(p.fund, "ZeroAddress");
      });
    }

    it("refuses no access manager", async () => {
      const p = await loadFixture(deployStakedFund);
      const deployment = ethers.deployContract("InsuranceFund", [p.fundParams, ZeroAddress]);
      await expect(deployment).to.be.revertedWithCustomError(p.fund, "ZeroAddress");
    });

    it("takes every parameter at its bounds", async () => {
      for (const changes of [
        { cooldown: 0n, window: 3_600n, vesting: 3_600n, reserveCut: 0n, maxPremium: 0n, halfCover: 1n, dust: 0n },
        {
          cooldown: 365n * DAY,
          window: 365n * DAY,
          vesting: 365n * DAY,
          reserveCut: 10_000n,
          maxPremium: 5_000n,
          halfCover: 10n ** 18n,
          dust: 2n ** 96n - 1n,
        },
      ]) {
        const { deploy } = await create(changes);
        const fund = await deploy();
        expect(await fund.cooldownPeriod()).to.equal(changes.cooldown);
        expect(await fund.windowPeriod()).to.equal(changes.window);
      }
    });

    it("shows its parameters", async () => {
      const { fund, fundParams, manager } = await loadFixture(deployStakedFund);
      expect(await fund.asset()).to.equal(fundParams.asset);
      expect(await fund.socializer()).to.equal(fundParams.socializer);
      expect(await fund.factory()).to.equal(fundParams.factory);
      expect(await fund.authority()).to.equal(await manager.getAddress());
      expect(await fund.cooldownPeriod()).to.equal(fundParams.cooldown);
      expect(await fund.windowPeriod()).to.equal(fundParams.window);
      expect(await fund.name()).to.equal(fundParams.name);
      expect(await fund.symbol()).to.equal(fundParams.symbol);
      expect(await fund.decimals()).to.equal(9n);
    });
  });
});
