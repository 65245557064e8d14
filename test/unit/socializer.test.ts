import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { Waterfall } from "../../sdk";
import { fillCover } from "../helpers/fund";
import { ethers, loadFixture, time } from "../helpers/hre";
import { expectedLoss, layersOf, lose, nextBlock, priceForLoss, recover, sumOf } from "../helpers/losses";
import { DAY } from "../helpers/pool";
import { deployProtocol, signerOf, type Protocol, type ProtocolOptions } from "../helpers/protocol";

const WAD = 10n ** 18n;

/** Two lenders (60 : 40), three borrowers with 20,000 each, no cover. Any shortfall counts. */
async function uncovered(options: ProtocolOptions = {}) {
  const p = await deployProtocol({ pool: { dust: 0n }, ...options });
  await p.supply(p.lender, p.assets("60000"));
  await p.supply(p.lender2, p.assets("40000"));
  for (const borrower of [p.borrower, p.borrower2, p.borrower3]) {
    await p.openPosition(borrower, p.collaterals("15"), p.assets("20000"));
  }
  return p;
}

/** As `uncovered`, with the cover of `fillCover`. */
async function covered(options: ProtocolOptions = {}) {
  const p = await uncovered(options);
  await fillCover(p);
  return p;
}

async function loss(p: Protocol, account: string, assets: bigint) {
  await p.oracle.setPrice(await priceForLoss(account, assets, p.pool));
  await nextBlock();
  const expected = await expectedLoss(p, account);
  await p.pool.writeDown([account]);
  const id = await p.socializer.lossCount();
  const { index } = expected.state;
  const units = Object.fromEntries(
    Object.entries(expected.layers).map(([name, assets]) => [name, Waterfall.toUnits(assets, index)]),
  ) as unknown as Waterfall.Layers;
  return { id, ...expected, units };
}

describe("BadDebtSocializer", () => {
  it("needs a factory", async () => {
    const p = await loadFixture(uncoveredPlain);
    expect(await p.socializer.factory()).to.equal(await p.factory.getAddress());
    await expect(ethers.deployContract("BadDebtSocializer", [ZeroAddress])).to.be.revertedWithCustomError(
      p.socializer,
      "ZeroAddress",
    );
  });

  describe("the waterfall", () => {
    it("serves registered pools only", async () => {
      const p = await loadFixture(uncoveredPlain);
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
      const p = await loadFixture(uncoveredPlain);
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
      const p = await loadFixture(coveredPlain);
      const bare = await p.createPool({ fund: ZeroAddress });
      const asPool = p.socializer.connect(await signerOf(bare));
      const { layers } = await asPool.absorb.staticCall(p.fund, 500, WAD, 100, 100, 10_000, 0);
      expect(layersOf(layers)).to.deep.equal({ fees: 100n, reserve: 0n, staked: 0n, interest: 100n, principal: 300n });
    });

    it("records a real loss of every layer as the design says", async () => {
      const p = await loadFixture(coveredPlain);
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("9000"), p.pool));
      await nextBlock();
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
      const p = await loadFixture(coveredPlain);
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
        const p = await covered({ weirdAsset: true });
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
      const p = await covered({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      await weird.setQuirks({ feeBps: 100, returns_: 0, paused: false, revertsOnZero: false });
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("500"), p.pool));
      await expect(p.pool.writeDown([p.borrower])).to.emit(p.socializer, "CoverUnavailable");
      const { cash } = await p.pool.state();
      expect(await weird.balanceOf(p.pool)).to.be.greaterThanOrEqual(cash);
      expect((await p.socializer.lossOf(1)).principal).to.be.greaterThan(p.assets("400"));
    });

    it("must have had the gas to pay: nobody starves it and goes on without", async () => {
      const p = await loadFixture(coveredPlain);
      await p.oracle.setPrice(await priceForLoss(p.borrower.address, p.assets("500"), p.pool));
      const writeDown = p.pool.writeDown.populateTransaction;
      const starved: bigint[] = [];
      for (let gasLimit = 60_000n; gasLimit <= 900_000n; gasLimit += 20_000n) {
        const tx = { ...(await writeDown([p.borrower])), from: p.stranger.address, gasLimit };
        const outcome = await ethers.provider.call(tx).catch((error: { data?: string }) => error);
        if (typeof outcome === "string") {
          // it went through: then with the cover
          const snapshot = await ethers.provider.send("evm_snapshot", []);
          await p.pool.connect(p.stranger).writeDown([p.borrower], { gasLimit });
          expect((await p.socializer.lossOf(1)).principal).to.equal(0n);
          await ethers.provider.send("evm_revert", [snapshot]);
        } else if (outcome.data?.startsWith(p.socializer.interface.getError("InsufficientGas")!.selector)) {
          starved.push(gasLimit);
        }
      }
      expect(starved).to.have.length.greaterThan(5);
      await expect(p.pool.writeDown([p.borrower], { gasLimit: starved.at(-1)! })).to.be.revertedWithCustomError(
        p.socializer,
        "InsufficientGas",
      );
    });

    it("does not count as such when its own call books the loss: a staker cannot dodge the slash from a token's hook", async () => {
      const p = await covered({ weirdAsset: true });
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

  describe("records and episodes", () => {
    /** Books a loss of principal of a pool that held 100,000 before the losses since its last epoch; answers its record. */
    async function book(
      p: Pick<Protocol, "socializer" | "pool" | "fund" | "assets">,
      principal: bigint,
      epoch = 0n,
      pending = 0n,
    ) {
      const asPool = p.socializer.connect(await signerOf(p.pool));
      const call = [p.fund, principal, WAD, 0, 0, p.assets("100000") - pending, epoch] as const;
      const { lossId } = await asPool.absorb.staticCall(...call);
      await asPool.absorb(...call);
      return lossId;
    }

    it("gather losses under 1 basis point in one record until they are worth an epoch", async () => {
      const p = await loadFixture(uncoveredPlain);
      const asPool = p.socializer.connect(await signerOf(p.pool));
      const point = p.assets("10");
      expect(await book(p, point / 2n)).to.equal(1n);
      expect(await book(p, point / 2n - 1n, 0n, point / 2n)).to.equal(1n);
      const { opensEpoch } = await asPool.absorb.staticCall(p.fund, 1, WAD, 0, 0, p.assets("100000") - point + 1n, 0);
      expect(opensEpoch).to.equal(true);
      expect(await book(p, 1n, 0n, point - 1n)).to.equal(1n);
      expect((await p.socializer.lossOf(1)).shortfall).to.equal(point);
      expect(await book(p, 1n, 1n)).to.equal(2n);
      expect(await p.socializer.episodeOf(2)).to.deep.equal([2n, 1n]);
    });

    it("keep one record per day at most, and count small losses on across them", async () => {
      const p = await loadFixture(uncoveredPlain);
      const asPool = p.socializer.connect(await signerOf(p.pool));
      await book(p, p.assets("6"));
      await time.increase(DAY + 1n);
      expect(await book(p, p.assets("3"))).to.equal(2n);
      expect(await p.socializer.episodeOf(2)).to.deep.equal([2n]);
      const rest = p.assets("100000") - p.assets("9");
      expect((await asPool.absorb.staticCall(p.fund, p.assets("1") - 1n, WAD, 0, 0, rest, 0)).opensEpoch).to.equal(
        false,
      );
      expect((await asPool.absorb.staticCall(p.fund, p.assets("1"), WAD, 0, 0, rest, 0)).opensEpoch).to.equal(true);
    });

    it("form an episode for 24 hours from its first loss", async () => {
      const p = await loadFixture(uncoveredPlain);
      await book(p, p.assets("100"));
      const start = BigInt(await time.latest());
      await time.setNextBlockTimestamp(start + DAY / 2n);
      await book(p, p.assets("100"), 1n);
      await time.setNextBlockTimestamp(start + DAY);
      await book(p, p.assets("100"), 2n);
      await time.setNextBlockTimestamp(start + DAY + 1n);
      await book(p, p.assets("100"), 3n);
      expect(await p.socializer.episodeOf(1)).to.deep.equal([1n, 2n, 3n]);
      expect(await p.socializer.episodeOf(2)).to.deep.equal([2n, 1n, 3n]);
      expect(await p.socializer.episodeOf(3)).to.deep.equal([3n, 2n, 1n]);
      expect(await p.socializer.episodeOf(4)).to.deep.equal([4n]);
    });

    it("form one of at most 32 losses", async () => {
      const p = await loadFixture(uncoveredPlain);
      for (let epoch = 0n; epoch < 34n; epoch++) await book(p, p.assets("100"), epoch);
      expect(await p.socializer.episodeOf(1)).to.have.lengthOf(32);
      expect(await p.socializer.episodeOf(32))
        .to.have.lengthOf(32)
        .and.not.to.include(33n);
      expect(await p.socializer.episodeOf(33)).to.deep.equal([33n, 34n]);
    });

    it("keep the pools apart", async () => {
      const p = await loadFixture(uncoveredPlain);
      const other = { ...p, pool: await p.createPool() };
      expect(await book(p, p.assets("1"))).to.equal(1n);
      expect(await book(other, p.assets("1"))).to.equal(2n);
      expect(await book(p, p.assets("1"))).to.equal(1n);
      expect(await p.socializer.episodeOf(2)).to.deep.equal([2n]);
    });

    it("absorb losses of principal without a claim after the last epoch", async () => {
      const p = await loadFixture(uncoveredPlain);
      const asPool = p.socializer.connect(await signerOf(p.pool));
      const last = 2n ** 24n - 1n;
      expect(
        (await asPool.absorb.staticCall(p.fund, p.assets("500"), WAD, 0, 0, p.assets("600"), last)).opensEpoch,
      ).to.equal(false);
      expect(
        (await asPool.absorb.staticCall(p.fund, p.assets("500"), WAD, 0, 0, p.assets("600"), last - 1n)).opensEpoch,
      ).to.equal(true);
    });

    it("give what is recovered of a loss under 1 basis point to the lenders of the day", async () => {
      const p = await loadFixture(uncoveredPlain);
      const id = await lose(p, p.borrower.address, p.assets("4"));
      const { principal, lenderEpoch } = await p.socializer.lossOf(id);
      expect(lenderEpoch).to.equal(0n);
      const { unvested } = await p.pool.state();
      await recover(p, id, principal);
      expect(await p.socializer.claimable(id, p.lender)).to.equal(0n);
      expect((await p.pool.state()).unvested - unvested).to.be.within(principal, principal + 1_000n);
    });

    it("give what is recovered of it after the next epoch opened to that epoch's holders", async () => {
      const p = await loadFixture(uncoveredPlain);
      const small = await lose(p, p.borrower.address, p.assets("4"));
      await time.increase(3n * DAY);
      const large = await lose(p, p.borrower2.address, p.assets("400"));
      expect(large).to.equal(small + 1n);
      const recorded = await p.socializer.lossOf(small);
      expect(recorded.lenderEpoch).to.equal(1n);
      await recover(p, small, recorded.principal);
      expect(await p.socializer.claimable(small, p.lender)).to.equal((recorded.principal * 6n) / 10n);
      expect(await p.socializer.claimable(small, p.lender2)).to.equal((recorded.principal * 4n) / 10n);
    });

    it("lose no lender's claim to a dust stake that ends a record with every loss", async () => {
      const p = await deployProtocol({ pool: { dust: 0n } });
      await p.supply(p.lender, p.assets("5000000"));
      await p.grantCoverage(p.assets("10"));
      const borrowers = (await ethers.getSigners()).slice(7, 17);
      for (const borrower of borrowers) await p.openPosition(borrower, p.collaterals("1"), p.assets("1500"));
      await p.setPrice("1200");
      for (const borrower of borrowers) {
        await p.stake(p.staker, 1n);
        await p.pool.writeDown([borrower]);
      }
      // 0.65 basis points each: every second one opens an epoch, which stands for both
      expect(await p.socializer.lossCount()).to.equal(10n);
      expect(await p.pool.epoch()).to.equal(5n);
      for (let id = 1n; id <= 10n; id++) {
        const { staked, lenderEpoch } = await p.socializer.lossOf(id);
        expect([staked, lenderEpoch]).to.deep.equal([1n, (id + 1n) / 2n]);
      }
    });
  });

  describe("recoveries", () => {
    /** Three losses of one day: the fund's alone; the rest of the fund and lenders; lenders alone. */
    async function episode() {
      const p = await covered();
      const first = await loss(p, p.borrower.address, p.assets("1500"));
      const second = await loss(p, p.borrower2.address, p.assets("4000"));
      await time.increase(3600n);
      const third = await loss(p, p.borrower3.address, p.assets("2000"));
      return { ...p, losses: [first, second, third] };
    }

    it("climb the waterfall in reverse: own principal, own interest, the others' pro rata, staked, reserve, fees", async () => {
      const p = await loadFixture(episode);
      const [first, second, third] = p.losses;
      expect([first.layers.principal, first.layers.interest]).to.deep.equal([0n, 0n]);
      for (const layer of ["fees", "reserve", "staked"] as const) expect(first.layers[layer]).to.be.greaterThan(0n);
      for (const layer of ["staked", "interest", "principal"] as const) {
        expect(second.layers[layer]).to.be.greaterThan(0n);
      }
      for (const layer of ["fees", "interest", "principal"] as const) {
        expect(third.layers[layer]).to.be.greaterThan(0n);
      }

      const due = new Map(p.losses.map(({ id, units }) => [id, units]));
      const paid = new Map(
        p.losses.map(({ id }) => [id, { fees: 0n, reserve: 0n, staked: 0n, interest: 0n, principal: 0n }]),
      );
      for (const [id, some] of [
        [3n, p.assets("1500")], // own principal
        [3n, p.assets("600")], // own interest, then the second loss's lenders
        [1n, p.assets("1000")], // nothing of its own lenders: the second's
        [2n, p.assets("1500")], // the rest of the lenders, then the second's stakers
        [1n, p.assets("1000")], // the stakers of the first and the second
        [2n, p.assets("900")],
        [3n, p.assets("400")], // the reserve
        [1n, undefined], // all but a unit of the fees
      ] as const) {
        await p.provideAssets(p.stranger, p.assets("2000"), p.socializer);
        await time.increase(DAY / 4n);
        await nextBlock();
        const { index } = await p.pool.state({ blockTag: "pending" });
        const ids = await p.socializer.episodeOf(id);
        const units = [...due.values()].flatMap((layers) => Object.values(layersOf(layers)));
        const assets = some ?? units.reduce((sum, due) => sum + Waterfall.toAssets(due, index), -1n);
        const model = Waterfall.climb(
          ids.map((loss) => due.get(loss)!),
          assets,
          index,
        );
        expect(model.left).to.equal(0n);
        await p.socializer.connect(p.stranger).recover(id, assets);
        for (const [i, loss] of ids.entries()) {
          due.set(loss, model.due[i]);
          const sum = paid.get(loss)!;
          for (const layer of Object.keys(sum) as (keyof Waterfall.Layers)[]) sum[layer] += model.paid[i][layer];
          expect(layersOf((await p.socializer.lossOf(loss)).recoveredBy)).to.deep.equal(sum);
        }
      }
      // every layer was reached, and what is held is what is owed to claimants
      const total = [...paid.values()].reduce((sum, layers) => sum + layers.principal + layers.staked, 0n);
      expect([...paid.values()].some(({ fees }) => fees > 0n)).to.equal(true);
      expect(await p.asset.balanceOf(p.socializer)).to.equal(total);
    });

    it("reach the lenders of the day's other losses pro rata to what is outstanding there", async () => {
      const p = await uncovered();
      for (const [borrower, assets] of [
        [p.borrower, "300"],
        [p.borrower2, "600"],
        [p.borrower3, "900"],
      ] as const) {
        await loss(p, borrower.address, p.assets(assets));
      }
      await recover(p, 2n, p.assets("200")); // leaves about 400, to 900 of the third
      await p.provideAssets(p.stranger, p.assets("1000"), p.socializer);
      const at = await nextBlock();
      const [own, second, third] = await Promise.all([1, 2, 3].map((id) => p.socializer.lossOf(id, at)));
      const lenders = ({ outstanding }: typeof own) => outstanding.principal + outstanding.interest;
      expect(lenders(second)).to.be.closeTo(p.assets("400"), p.assets("0.1"));
      const shared = p.assets("650");
      await p.socializer.connect(p.stranger).recover(1, lenders(own) + shared);

      const total = lenders(second) + lenders(third);
      const got = async (id: number) => (await p.socializer.lossOf(id)).recovered;
      expect(await got(1)).to.equal(lenders(own));
      const ofSecond = (shared * lenders(second)) / total;
      expect((await got(2)) - p.assets("200")).to.equal(ofSecond);
      expect(await got(3)).to.equal(shared - ofSecond);
    });

    it("send each layer to where it lives", async () => {
      const p = await loadFixture(episode);
      const [first] = p.losses;
      await p.provideAssets(p.stranger, p.assets("9000"), p.socializer);
      await nextBlock();
      const at = { blockTag: "pending" } as const;
      const before = await p.pool.state(at);
      const [reserve, outstanding] = [await p.fund.reserve(at), (await p.fund.coverageOf(p.pool, at)).outstanding];
      const assets = sumOf((await p.socializer.lossOf(1, at)).outstanding);
      const others = sumOf((await p.socializer.lossOf(2, at)).outstanding);
      const rest = sumOf((await p.socializer.lossOf(3, at)).outstanding);
      await p.socializer.connect(p.stranger).recover(first.id, assets + others + rest);
      const after = await p.pool.state();
      let [interest, fees, toReserve, claims] = [0n, 0n, 0n, 0n];
      for (const id of [1, 2, 3]) {
        const { recoveredBy, lenderClaims, stakerClaims } = await p.socializer.lossOf(id);
        expect([lenderClaims, stakerClaims]).to.deep.equal([recoveredBy.principal, recoveredBy.staked]);
        interest += recoveredBy.interest;
        fees += recoveredBy.fees;
        toReserve += recoveredBy.reserve;
        claims += lenderClaims + stakerClaims;
      }
      expect(after.unvested - before.unvested).to.equal(interest);
      expect(after.fees - before.fees).to.equal(fees);
      expect(after.cash - before.cash).to.equal(interest + fees);
      expect((await p.fund.reserve()) - reserve).to.equal(toReserve);
      expect(await p.asset.balanceOf(p.socializer)).to.equal(claims);
      // the limit is free again, but for the rounding of units
      expect(outstanding).to.be.greaterThanOrEqual(p.assets("3000"));
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.be.lessThan(10n);
    });

    it("free the limit by the principal of cover only, not by what has accrued on it", async () => {
      const p = await loadFixture(episode);
      await time.increase(365n * DAY);
      await p.provideAssets(p.stranger, p.assets("20000"), p.socializer);
      const { outstanding } = await p.fund.coverageOf(p.pool);
      // the lenders' layers, then half of the stakers' principal in units
      await nextBlock();
      const at = { blockTag: "pending" } as const;
      const { index } = await p.pool.state(at);
      const list = await Promise.all([1, 2, 3].map((id) => p.socializer.lossOf(id, at)));
      const lenders = list.reduce((sum, { outstanding: due }) => sum + due.principal + due.interest, 0n);
      const part = list[0].outstanding.staked / 2n;
      await p.socializer.connect(p.stranger).recover(1, lenders + part);
      const units = (part * WAD + index - 1n) / index;
      expect(part).to.be.greaterThan(0n);
      const freed = outstanding - (await p.fund.coverageOf(p.pool)).outstanding;
      expect(freed).to.equal((p.losses[0].layers.staked * units) / p.losses[0].units.staked);
      expect(freed).to.be.lessThan(part);
    });

    it("free it by no more than that where a record gathered losses at different indices", async () => {
      const p = await loadFixture(covered);
      await loss(p, p.borrower.address, p.assets("300"));
      await time.increase(20n * 3600n);
      const { id } = await loss(p, p.borrower2.address, p.assets("300"));
      expect(id).to.equal(1n);
      const { reserve } = await p.socializer.lossOf(1);
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(reserve);
      await nextBlock(7 * 86_400);
      const { outstanding } = await p.socializer.lossOf(1, { blockTag: "pending" });
      expect(outstanding.interest + outstanding.principal + outstanding.staked).to.equal(0n);
      await recover(p, 1n, outstanding.reserve / 2n);
      // half of what is due frees half of what was paid, whenever its parts were
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.be.closeTo(reserve / 2n, 2n);
    });

    it("have a surplus only where something is left", async () => {
      const p = await loadFixture(covered);
      await loss(p, p.borrower.address, p.assets("300"));
      await p.provideAssets(p.borrower, p.assets("100"));
      const tx = p.pool.connect(p.borrower).repayWrittenOff(p.borrower, p.assets("100"));
      await expect(tx).to.emit(p.socializer, "Recovered");
      await expect(tx).not.to.emit(p.socializer, "Surplus");
    });

    it("free no more of the limit than arrives: the units of a few wei of cover are worth less than they", async () => {
      const p = await uncovered();
      await p.provideAssets(p.treasury, 3n, p.fund);
      await p.fund.connect(p.treasury).fundReserve(3n);
      await p.grantCoverage(p.assets("10000"));
      const { id, layers } = await loss(p, p.borrower.address, p.assets("2000"));
      expect(layers.reserve).to.equal(3n);
      await p.provideAssets(p.stranger, p.assets("3000"), p.socializer);
      const { outstanding } = await p.socializer.lossOf(id, await nextBlock());
      expect(outstanding.reserve).to.equal(2n);
      await p.socializer.connect(p.stranger).recover(id, sumOf(outstanding));
      expect((await p.socializer.lossOf(id)).recoveredBy.reserve).to.equal(2n);
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(1n);
    });

    it("are refused above what is outstanding in the episode, and accepted up to it", async () => {
      const p = await loadFixture(episode);
      await p.provideAssets(p.stranger, p.assets("50000"), p.socializer);
      const due = async () => {
        const at = await nextBlock();
        const list = await Promise.all([1, 2, 3].map((id) => p.socializer.lossOf(id, at)));
        return list.reduce((sum, { outstanding }) => sum + sumOf(outstanding), 0n);
      };
      const socializer = p.socializer.connect(p.stranger);
      const outstanding = await due();
      await expect(socializer.recover(2, outstanding + 1n))
        .to.be.revertedWithCustomError(socializer, "RecoveryExceedsLoss")
        .withArgs(outstanding + 1n, outstanding);
      await socializer.recover(2, await due());
      expect(await due()).to.equal(0n);
      await expect(socializer.recover(2, 1))
        .to.be.revertedWithCustomError(socializer, "RecoveryExceedsLoss")
        .withArgs(1, 0);
    });

    it("leave other episodes alone", async () => {
      const p = await loadFixture(episode);
      await time.increase(2n * DAY);
      const { id } = await loss(p, p.borrower.address, p.assets("1000"));
      const { outstanding } = await p.socializer.lossOf(id);
      await p.provideAssets(p.stranger, p.assets("50000"), p.socializer);
      await expect(
        p.socializer.connect(p.stranger).recover(id, sumOf(outstanding) + p.assets("1")),
      ).to.be.revertedWithCustomError(p.socializer, "RecoveryExceedsLoss");
    });

    it("refuse a zero amount, and a token that keeps a fee", async () => {
      const p = await covered({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      const id = await lose(p, p.borrower.address, p.assets("4000"));
      await expect(p.socializer.recover(id, 0)).to.be.revertedWithCustomError(p.socializer, "ZeroAmount");
      await p.provideAssets(p.stranger, 10_000n, p.socializer);
      await weird.setQuirks({ feeBps: 100, returns_: 0, paused: false, revertsOnZero: false });
      await expect(p.socializer.connect(p.stranger).recover(id, 10_000n))
        .to.be.revertedWithCustomError(p.socializer, "IncorrectTransfer")
        .withArgs(await weird.getAddress(), 10_000n, 9_900n);
    });

    it("leave the fund's part to the pool's lenders while the token blocks the fund", async () => {
      const p = await covered({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      const id = await lose(p, p.borrower.address, p.assets("900"));
      const { reserve, fees } = await p.socializer.lossOf(id);
      expect(reserve).to.be.greaterThan(0n);
      await weird.setBlocked(p.fund, true);
      const before = await p.pool.state();
      const { outstanding } = await p.fund.coverageOf(p.pool);
      await recover(p, id, reserve);
      const after = await p.pool.state();
      expect(after.unvested - before.unvested).to.be.greaterThanOrEqual(reserve - fees);
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.be.lessThan(outstanding / 100n);
    });

    it("pay a borrower's surplus into the reserve", async () => {
      const p = await loadFixture(coveredPlain);
      const { id } = await loss(p, p.borrower.address, p.assets("5000"));
      await nextBlock();
      const donated = sumOf((await p.socializer.lossOf(id, { blockTag: "pending" })).outstanding);
      await p.provideAssets(p.stranger, donated, p.socializer);
      await nextBlock();
      await p.socializer
        .connect(p.stranger)
        .recover(id, sumOf((await p.socializer.lossOf(id, { blockTag: "pending" })).outstanding) - 5_000n);
      const reserve = await p.fund.reserve();
      await p.provideAssets(p.borrower, p.assets("6000"));
      const tx = p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256);
      await expect(tx).to.emit(p.socializer, "Surplus");
      expect((await p.pool.positionOf(p.borrower)).writtenOff).to.equal(0n);
      expect((await p.fund.reserve()) - reserve).to.be.closeTo(p.assets("5000"), p.assets("0.01"));
    });
  });

  describe("recoveries that nobody's epoch waits for", () => {
    it("vest to the stakers of the day where the loss was under 1 basis point of their capital", async () => {
      const p = await uncovered();
      await p.stake(p.staker, p.assets("1000000"));
      await p.grantCoverage(p.assets("10000"));
      const { id, layers } = await loss(p, p.borrower.address, p.assets("60"));
      expect(layers.staked).to.be.greaterThan(p.assets("59"));
      expect((await p.socializer.lossOf(id)).stakerEpoch).to.equal(0n);
      await recover(p, id, layers.staked);
      expect(await p.fund.unvested()).to.equal(layers.staked);
      expect(await p.socializer.claimable(id, p.staker)).to.equal(0n);
      expect(await p.asset.balanceOf(p.socializer)).to.equal(0n);
    });

    /** A stranger pays all of a loss, then the borrower all that it owes. */
    async function overpay(p: Protocol, id: bigint) {
      await p.provideAssets(p.stranger, p.assets("20000"), p.socializer);
      const at = await nextBlock();
      await p.socializer.connect(p.stranger).recover(id, sumOf((await p.socializer.lossOf(id, at)).outstanding));
      const before = await p.pool.state();
      await p.provideAssets(p.borrower, p.assets("20000"));
      const paid = await p.pool.connect(p.borrower).repayWrittenOff.staticCall(p.borrower, MaxUint256);
      await expect(p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256)).to.emit(p.socializer, "Surplus");
      return { before, paid, after: await p.pool.state() };
    }

    it("go to the lenders where a pool has no fund for a surplus", async () => {
      const p = await uncovered({ fund: false });
      const { id } = await loss(p, p.borrower.address, p.assets("3000"));
      const { before, paid, after } = await overpay(p, id);
      expect(paid).to.be.greaterThan(p.assets("3000"));
      expect(after.unvested - before.unvested).to.be.closeTo(paid, 2_000n);
    });

    it("go to the lenders where the debt was merged into an older loss", async () => {
      const p = await uncovered();
      for (let i = 0; i < 17; i++) {
        await time.increase(2n * DAY);
        await lose(p, p.borrower.address, p.assets("200"));
      }
      const queue = await p.pool.writtenOffOf(p.borrower);
      expect(queue).to.have.lengthOf(16);
      expect([queue[15].lossId, queue[15].merged, queue[14].merged]).to.deep.equal([16n, true, false]);

      const reserve = await p.fund.reserve();
      const { unvested } = await p.pool.state();
      await p.provideAssets(p.borrower, p.assets("20000"));
      await expect(p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256)).to.emit(p.socializer, "Surplus");
      for (let id = 1n; id <= 16n; id++) expect(sumOf((await p.socializer.lossOf(id)).outstanding)).to.equal(0n);
      // what the seventeenth loss was owed goes to the lenders of the day; its own record gets none
      const last = await p.socializer.lossOf(17);
      expect(last.recovered).to.equal(0n);
      const interest = (await Promise.all(queue.map(({ lossId }) => p.socializer.lossOf(lossId)))).reduce(
        (sum, { recoveredBy }) => sum + recoveredBy.interest,
        0n,
      );
      const surplus = (await p.pool.state()).unvested - unvested - interest;
      expect(surplus).to.be.closeTo(sumOf(last.outstanding), 2_000n);
      // rounding: of each entry that was not merged, the debt up and the two layers down
      expect((await p.fund.reserve()) - reserve).to.be.lessThanOrEqual(15n * 3n);
    });
  });

  describe("claims", () => {
    async function recovered() {
      const p = await covered();
      const { id } = await loss(p, p.borrower.address, p.assets("8000"));
      return { ...p, id };
    }

    it("are paid once per wei, whatever is asked, and follow the holders of the day of the loss", async () => {
      const p = await loadFixture(recovered);
      const own = async () => p.asset.balanceOf(p.lender);
      expect(await p.socializer.claimable(p.id, p.lender)).to.equal(0n);
      await p.socializer.claim([p.id], p.lender); // nothing yet, no error
      await recover(p, p.id, p.assets("100"));
      await expect(p.socializer.connect(p.stranger).claim([p.id, p.id], p.lender))
        .to.emit(p.socializer, "Claimed")
        .withArgs(p.id, p.lender.address, p.assets("60"), 0);
      expect(await own()).to.equal(p.assets("60"));

      // the shares move on, the claim does not
      await p.pool.connect(p.lender).transfer(p.lender3, await p.pool.balanceOf(p.lender));
      await recover(p, p.id, p.assets("200"));
      expect(await p.socializer.claimable(p.id, p.lender3)).to.equal(0n);
      expect(await p.socializer.claim.staticCall([p.id, p.id], p.lender)).to.equal(p.assets("120"));
      await p.socializer.claim([p.id], p.lender);
      await p.socializer.claim([p.id, p.id], p.lender);
      expect(await own()).to.equal(p.assets("180"));
      await p.socializer.claim([p.id], p.lender3);
      expect(await p.asset.balanceOf(p.lender3)).to.equal(0n);
      expect(await p.asset.balanceOf(p.socializer)).to.equal(p.assets("120"));
    });

    it("of losses of several assets are paid by one call", async () => {
      const p = await loadFixture(uncoveredPlain);
      const euro = await ethers.deployContract("MockERC20", ["Euro", "EUR", 6]);
      const other = await p.createPool({ asset: euro, fund: ZeroAddress });
      await euro.mint(p.lender, p.assets("30000"));
      await euro.connect(p.lender).approve(other, MaxUint256);
      await other.connect(p.lender).deposit(p.assets("30000"), p.lender);
      await p.openPosition(p.borrower, p.collaterals("15"), p.assets("20000"), other);
      const first = await lose(p, p.borrower.address, p.assets("2000"));
      const foreign = await lose(p, p.borrower.address, p.assets("3000"), other);
      const second = await lose(p, p.borrower2.address, p.assets("4000"));
      await euro.mint(p.stranger, p.assets("300"));
      await euro.connect(p.stranger).approve(p.socializer, MaxUint256);
      await p.socializer.connect(p.stranger).recover(foreign, p.assets("300"));
      for (const id of [first, second]) await recover(p, id, p.assets("100"));

      await p.socializer.claim([first, second, foreign, first], p.lender);
      expect(await p.asset.balanceOf(p.lender)).to.equal(p.assets("120"));
      expect(await euro.balanceOf(p.lender)).to.equal(p.assets("300"));
      await p.socializer.claim([foreign, first, foreign, second], p.lender2);
      expect(await p.asset.balanceOf(p.lender2)).to.equal(p.assets("80"));
      for (const token of [p.asset, euro]) expect(await token.balanceOf(p.socializer)).to.equal(0n);
    });

    it("of stakers follow the fund's epoch", async () => {
      const p = await loadFixture(recovered);
      const { outstanding } = await p.socializer.lossOf(p.id);
      await recover(p, p.id, outstanding.principal + outstanding.interest + p.assets("400"));
      const { stakerClaims } = await p.socializer.lossOf(p.id);
      expect(stakerClaims).to.be.within(p.assets("399.99"), p.assets("400"));
      for (const [staker, part] of [
        [p.staker, 3n],
        [p.staker2, 1n],
      ] as const) {
        const due = (stakerClaims * part) / 4n;
        expect(await p.socializer.claimable(p.id, staker)).to.equal(due);
        await p.socializer.claim([p.id], staker);
        expect(await p.asset.balanceOf(staker)).to.equal(due);
      }
    });

    it("of stakers are paid once per wei, too", async () => {
      const p = await loadFixture(recovered);
      const { outstanding } = await p.socializer.lossOf(p.id);
      let paid = 0n;
      for (const assets of [outstanding.principal + outstanding.interest + p.assets("100"), p.assets("200")]) {
        await recover(p, p.id, assets);
        const due = ((await p.socializer.lossOf(p.id)).stakerClaims * 3n) / 4n;
        expect(await p.socializer.claimable(p.id, p.staker)).to.equal(due - paid);
        await p.socializer.claim([p.id, p.id], p.staker);
        await p.socializer.claim([p.id], p.staker);
        expect(await p.asset.balanceOf(p.staker)).to.equal(due);
        paid = due;
      }
      await p.socializer.claim([p.id], p.staker2);
      const { stakerClaims } = await p.socializer.lossOf(p.id);
      expect(await p.asset.balanceOf(p.staker2)).to.equal(stakerClaims / 4n);
    });

    it("add up to at most what was recovered, in any order and number of steps", async () => {
      const p = await loadFixture(recovered);
      for (const assets of [1n, 3n, 7n, 101n]) {
        await recover(p, p.id, assets);
        await p.socializer.claim([p.id], p.lender);
      }
      await p.socializer.claim([p.id], p.lender2);
      expect(await p.asset.balanceOf(p.lender)).to.equal((112n * 6n) / 10n);
      expect(await p.asset.balanceOf(p.lender2)).to.equal((112n * 4n) / 10n);
    });

    it("need an account", async () => {
      const p = await loadFixture(recovered);
      await expect(p.socializer.claim([p.id], ZeroAddress)).to.be.revertedWithCustomError(p.socializer, "ZeroAddress");
    });

    it("of an account with code are for itself and its operator", async () => {
      const p = await uncovered();
      const contract = await ethers.deployContract("MockHookReceiver");
      const act = async (target: { getAddress(): Promise<string> }, data: string) => {
        await contract.prepare(await target.getAddress(), data);
        await contract.onTokenTransfer(ZeroAddress, ZeroAddress, 0);
        expect(await contract.succeeded()).to.equal(true);
      };
      await p.pool.connect(p.lender).transfer(contract, (await p.pool.balanceOf(p.lender)) / 2n);
      const id = await lose(p, p.borrower.address, p.assets("3000"));
      await recover(p, id, p.assets("1000"));
      await expect(p.socializer.connect(p.stranger).claim([id], contract))
        .to.be.revertedWithCustomError(p.socializer, "ClaimNotAuthorized")
        .withArgs(await contract.getAddress(), p.stranger.address);

      await act(p.socializer, p.socializer.interface.encodeFunctionData("claim", [[id], await contract.getAddress()]));
      expect(await p.asset.balanceOf(contract)).to.equal(p.assets("300"));

      await recover(p, id, p.assets("1000"));
      await act(p.pool, p.pool.interface.encodeFunctionData("setOperator", [p.operator.address, true]));
      await p.socializer.connect(p.operator).claim([id], contract);
      expect(await p.asset.balanceOf(contract)).to.equal(p.assets("600"));
      // an account without code is paid by anyone
      await p.socializer.connect(p.stranger).claim([id], p.lender);
      expect(await p.asset.balanceOf(p.lender)).to.equal(p.assets("600"));
    });

    it("of one loss fail alone when the token blocks the account", async () => {
      const p = await uncovered({ weirdAsset: true });
      const weird = await ethers.getContractAt("WeirdERC20", p.asset);
      const id = await lose(p, p.borrower.address, p.assets("3000"));
      await recover(p, id, p.assets("1000"));
      await weird.setBlocked(p.lender, true);
      await expect(p.socializer.claim([id], p.lender)).to.be.revertedWithCustomError(weird, "Blocked");
      await p.socializer.claim([id], p.lender2);
      await weird.setBlocked(p.lender, false);
      await p.socializer.claim([id], p.lender);
      expect(await weird.balanceOf(p.lender)).to.equal(p.assets("600"));
    });

    it("of a pool whose fund lies about its shares take nothing from other pools' lenders", async () => {
      const p = await uncovered();
      const id = await lose(p, p.borrower.address, p.assets("5000"));
      await recover(p, id, p.assets("4000"));

      // the thief's fund claims to have covered with the stake of the thief, who holds a billion times the supply
      const thief = p.stranger;
      const rogue = await ethers.deployContract("RogueFund", [p.factory, p.socializer, p.asset, thief]);
      const oracle = await ethers.deployContract("MockOracle", [p.priceUnits("2000")]);
      const evil = await p.createPool({ fund: await rogue.getAddress(), oracle: await oracle.getAddress() });
      await p.supply(thief, p.assets("1000"), evil);
      await p.openPosition(thief, p.collaterals("1"), p.assets("1000"), evil);
      await oracle.setPrice(0);
      await evil.writeDown([thief]);
      await p.provideAssets(thief, 0n, p.socializer);
      await p.socializer.connect(thief).recover(2, 20n);
      const before = await p.asset.balanceOf(thief);
      await p.socializer.connect(thief).claim([2, 2], thief);
      await p.socializer.connect(thief).claim([2], thief);
      expect((await p.asset.balanceOf(thief)) - before).to.be.lessThanOrEqual(20n);
      await p.socializer.claim([id], p.lender);
      await p.socializer.claim([id], p.lender2);
      expect(await p.asset.balanceOf(p.lender)).to.equal(p.assets("2400"));
      expect(await p.asset.balanceOf(p.lender2)).to.equal(p.assets("1600"));
    });
  });
});

async function uncoveredPlain() {
  return uncovered();
}

async function coveredPlain() {
  return covered();
}
