import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { FixedPoint, Waterfall } from "../../../sdk";
import { ethers, loadFixture, time } from "../../helpers/hre";
import { expectedLoss, layersOf, lose, priceForLoss, sumOf } from "../../helpers/losses";
import { setNext } from "../../helpers/pool";
import { signerOf } from "../../helpers/protocol";
import { deployCovered, deployUncovered } from "../../helpers/socializer";

const { WAD } = FixedPoint;

describe("BadDebtSocializer", () => {
  it("needs a factory", async () => {
    const p = await loadFixture(deployUncovered);
    expect(await p.socializer.factory()).to.equal(await p.factory.getAddress());
    await expect(ethers.deployContract("BadDebtSocializer", [ZeroAddress])).to.be.revertedWithCustomError(
      p.socializer,
      "ZeroAddress",
    );
  });

  describe("the waterfall", () => {
    it("serves registered pools only", async () => {
      const p = await loadFixture(deployUncovered);
      await expect(p.socializer.connect(p.stranger).absorb(p.fund, 1, WAD, 1, 0, 0, 0))
        .to.be.revertedWithCustomError(p.socializer, "UnknownPool")
        .withArgs(p.stranger.address);
      await expect(p.socializer.connect(p.stranger).onRecovery([], WAD))
        .to.be.revertedWithCustomError(p.socializer, "UnknownPool")
        .withArgs(p.stranger.address);
      // a pool that has lost nothing has nothing to recover
      await expect(p.socializer.connect(await signerOf(p.pool)).onRecovery([], WAD)).to.be.revertedWithCustomError(
        p.socializer,
        "UnknownPool",
      );
    });

    it("fills each layer to its end before the next, exact to the unit, at any limit", async () => {
      const p = await loadFixture(deployUncovered);
      await p.stake(p.staker, 2_000n);
      await p.provideAssets(p.treasury, 1_000n, p.fund);
      await p.fund.connect(p.treasury).fundReserve(1_000n);
      const asPool = p.socializer.connect(await signerOf(p.pool));
      const [fees, interest, principal] = [300n, 50n, 100_000n];
      for (const limit of [0n, 400n, 1_000n, 1_700n, 3_000n, 9_000n]) {
        await p.grantCoverage(limit);
        const coverage = limit < 3_000n ? limit : 3_000n;
        const steps = [fees, 1_000n, 2_000n, coverage, interest];
        const ends = [1n, fees, fees + coverage, fees + coverage + interest, fees + coverage + interest + principal];
        for (const shortfall of new Set([...steps, ...ends].flatMap((end) => [end - 1n, end, end + 1n]))) {
          if (shortfall <= 0n || shortfall > fees + coverage + interest + principal) continue;
          const expected = Waterfall.split(shortfall, { fees, reserve: 1_000n, staked: 2_000n, interest }, coverage);
          const answer = await asPool.absorb.staticCall(p.fund, shortfall, WAD, fees, interest, principal, 0);
          expect(layersOf(answer.layers)).to.deep.equal(expected);
          expect(sumOf(answer.layers)).to.equal(shortfall);
          expect(answer.opensEpoch).to.equal(expected.principal >= principal / 10_000n);
        }
      }
    });

    it("takes staked capital for a loss only of a pool that names the fund", async () => {
      const p = await loadFixture(deployCovered);
      const bare = await p.createPool({ fund: ZeroAddress });
      const asPool = p.socializer.connect(await signerOf(bare));
      const { layers } = await asPool.absorb.staticCall(p.fund, 500, WAD, 100, 100, 10_000, 0);
      expect(layersOf(layers)).to.deep.equal({ fees: 100n, reserve: 0n, staked: 0n, interest: 100n, principal: 300n });
    });

    it("records a real loss with every layer as the model splits it", async () => {
      const p = await loadFixture(deployCovered);
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("9000"), p.pool));
      await setNext(1n);
      const { layers, shortfall } = await expectedLoss(p, p.borrower.address);
      for (const layer of Object.values(layers)) expect(layer).to.be.greaterThan(0n);
      const tx = p.pool.writeDown([p.borrower]);
      await expect(tx)
        .to.emit(p.socializer, "LossRecorded")
        .withArgs(1, await p.pool.getAddress(), shortfall, Object.values(layers), 1, 1);
      const recorded = await p.socializer.lossOf(1);
      expect(layersOf(recorded)).to.deep.equal(layers);
      expect(recorded.pool).to.equal(await p.pool.getAddress());
      expect(recorded.time).to.equal(await time.latest());
      expect(recorded.recovered).to.equal(0n);
      expect(recorded.lenderSupply).to.equal(p.assets("100000") * 1000n);
      expect(recorded.stakerSupply).to.equal(p.assets("2000") * 1000n);
      const { index } = await p.pool.state();
      for (const [name, lost] of Object.entries(layers)) {
        const worth = Waterfall.toAssets(Waterfall.toUnits(lost, index), index);
        expect(layersOf(recorded.outstanding)[name as keyof typeof layers]).to.equal(worth);
      }
    });

    it("does not know losses that never were", async () => {
      const p = await loadFixture(deployCovered);
      await lose(p, p.borrower.address, p.assets("100"));
      for (const id of [0n, 2n, MaxUint256]) {
        for (const call of [
          () => p.socializer.lossOf(id),
          () => p.socializer.episodeOf(id),
          () => p.socializer.claimable(id, p.lender),
          () => p.socializer.recover(id, 1),
          () => p.socializer.claim([id], p.lender),
        ]) {
          await expect(call()).to.be.revertedWithCustomError(p.socializer, "UnknownLoss").withArgs(id);
        }
      }
    });
  });

  describe("a fund that cannot pay", () => {
    for (const who of ["fund", "pool"] as const) {
      it(`counts as empty while the token blocks the ${who}`, async () => {
        const p = await deployCovered({ weirdAsset: true });
        const weird = await ethers.getContractAt("WeirdERC20", p.asset);
        await weird.setBlocked(p[who], true);
        await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("500"), p.pool));
        await expect(p.pool.writeDown([p.borrower])).to.emit(p.socializer, "CoverUnavailable");
        const recorded = await p.socializer.lossOf(1);
        expect([recorded.reserve, recorded.staked]).to.deep.equal([0n, 0n]);
        expect(recorded.principal).to.be.greaterThan(p.assets("400"));
        expect(await p.fund.totalAssets()).to.be.greaterThanOrEqual(p.assets("2000"));
        expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(0n);

        await weird.setBlocked(p[who], false);
        const next = await p.socializer.lossOf(await lose(p, p.borrower2.address, p.assets("500")));
        expect(next.principal).to.equal(0n);
      });
    }

    it("counts as empty while its payment would arrive short", async () => {
      const p = await deployCovered({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      await weird.setQuirks({ feeBps: 100, returns_: 0, paused: false, revertsOnZero: false });
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("500"), p.pool));
      await expect(p.pool.writeDown([p.borrower])).to.emit(p.socializer, "CoverUnavailable");
      const { cash } = await p.pool.state();
      expect(await weird.balanceOf(p.pool)).to.be.greaterThanOrEqual(cash);
      expect((await p.socializer.lossOf(1)).principal).to.be.greaterThan(p.assets("400"));
    });

    it("must have had the gas to pay: nobody starves it and goes on without", async () => {
      const p = await loadFixture(deployCovered);
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("500"), p.pool));
      const writeDown = await p.pool.writeDown.populateTransaction([p.borrower]);
      const starved: bigint[] = [];
      let through = 0;
      for (let gasLimit = 60_000n; gasLimit <= 900_000n; gasLimit += 20_000n) {
        const tx = { ...writeDown, from: p.stranger.address, gasLimit };
        const outcome = await ethers.provider.call(tx).catch((error: { data?: string }) => error);
        if (typeof outcome === "string") {
          // it went through: then with the cover
          through++;
          const snapshot = await ethers.provider.send("evm_snapshot", []);
          await p.pool.connect(p.stranger).writeDown([p.borrower], { gasLimit });
          expect((await p.socializer.lossOf(1)).principal).to.equal(0n);
          await ethers.provider.send("evm_revert", [snapshot]);
        } else if (outcome.data?.startsWith(p.socializer.interface.getError("InsufficientGas")!.selector)) {
          starved.push(gasLimit);
        }
      }
      expect(starved).to.have.length.greaterThan(5);
      expect(through).to.be.greaterThan(5);
      await p.provideAssets(p.liquidator, p.assets("1000"));
      const [liquidator, gas] = [p.pool.connect(p.liquidator), { gasLimit: starved.at(-1)! }];
      for (const call of [
        () => liquidator.writeDown([p.borrower], gas),
        () => liquidator.liquidate(p.borrower, p.assets("1000"), 0n, "0x", gas),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(p.socializer, "InsufficientGas");
      }
    });

    it("does not count as such when its own call books the loss: a staker cannot dodge the slash from a token's hook", async () => {
      const p = await deployCovered({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      const hook = await ethers.deployContract("MockHookReceiver");
      await hook.prepare(p.pool, p.pool.interface.encodeFunctionData("writeDown", [[p.borrower.address]]));
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("5000"), p.pool));
      await p.provideAssets(p.staker, 1n, p.fund);
      await weird.setHook(p.staker, hook);
      await p.fund.connect(p.staker).deposit(1, p.staker);
      expect(await hook.calls()).to.equal(1n);
      expect(await hook.succeeded()).to.equal(false);
      expect(await hook.result()).to.equal(p.socializer.interface.getError("ReentrancyGuardReentrantCall")!.selector);
      expect(await p.socializer.lossCount()).to.equal(0n);
      await weird.setHook(p.staker, ZeroAddress);
      await p.pool.writeDown([p.borrower]);
      expect((await p.socializer.lossOf(1)).staked).to.be.greaterThanOrEqual(p.assets("2000"));
    });
  });
});
