import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { FixedPoint, Waterfall } from "../../../sdk";
import { ethers, loadFixture, time } from "../../helpers/hre";
import { layersOf, lose, recover, sumOf } from "../../helpers/losses";
import { DAY, NEXT, setNext } from "../../helpers/pool";
import type { Protocol } from "../../helpers/protocol";
import { deployCovered, deployUncovered, loss } from "../../helpers/socializer";

const { sum, WAD } = FixedPoint;

describe("BadDebtSocializer", () => {
  describe("recoveries", () => {
    /** Three losses of one day: the fund's alone; the rest of the fund and lenders; lenders alone. */
    async function episode() {
      const p = await deployCovered();
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
        await setNext(1n);
        const { index } = await p.pool.state(NEXT);
        const ids = await p.socializer.episodeOf(id);
        const units = [...due.values()].flatMap((layers) => Object.values(layersOf(layers)));
        const assets = some ?? sum(units.map((due) => Waterfall.toAssets(due, index))) - 1n;
        const model = Waterfall.climb(
          ids.map((loss) => due.get(loss)!),
          assets,
          index,
        );
        expect(model.left).to.equal(0n);
        await p.socializer.connect(p.stranger).recover(id, assets);
        for (const [i, loss] of ids.entries()) {
          due.set(loss, model.due[i]);
          const total = paid.get(loss)!;
          for (const layer of Object.keys(total) as (keyof Waterfall.Layers)[]) total[layer] += model.paid[i][layer];
          expect(layersOf((await p.socializer.lossOf(loss)).recoveredBy)).to.deep.equal(total);
        }
      }
      // every layer was reached, and what is held is what is owed to claimants
      const total = sum([...paid.values()].map(({ principal, staked }) => principal + staked));
      expect([...paid.values()].some(({ fees }) => fees > 0n)).to.equal(true);
      expect(await p.asset.balanceOf(p.socializer)).to.equal(total);
    });

    it("reach the lenders of the day's other losses pro rata to what is outstanding there", async () => {
      const p = await deployUncovered();
      for (const [borrower, assets] of [
        [p.borrower, "300"],
        [p.borrower2, "600"],
        [p.borrower3, "900"],
      ] as const) {
        await loss(p, borrower.address, p.assets(assets));
      }
      await recover(p, 2n, p.assets("200")); // leaves about 400, to 900 of the third
      await p.provideAssets(p.stranger, p.assets("1000"), p.socializer);
      await setNext(1n);
      const [own, second, third] = await Promise.all([1, 2, 3].map((id) => p.socializer.lossOf(id, NEXT)));
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
      await setNext(1n);
      const before = await p.pool.state(NEXT);
      const [reserve, outstanding] = [await p.fund.reserve(NEXT), (await p.fund.coverageOf(p.pool, NEXT)).outstanding];
      const assets = sumOf((await p.socializer.lossOf(1, NEXT)).outstanding);
      const others = sumOf((await p.socializer.lossOf(2, NEXT)).outstanding);
      const rest = sumOf((await p.socializer.lossOf(3, NEXT)).outstanding);
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
      await setNext(1n);
      const { index } = await p.pool.state(NEXT);
      const list = await Promise.all([1, 2, 3].map((id) => p.socializer.lossOf(id, NEXT)));
      const lenders = sum(list.map(({ outstanding: due }) => due.principal + due.interest));
      const part = list[0].outstanding.staked / 2n;
      await p.socializer.connect(p.stranger).recover(1, lenders + part);
      const units = (part * WAD + index - 1n) / index;
      expect(part).to.be.greaterThan(0n);
      const freed = outstanding - (await p.fund.coverageOf(p.pool)).outstanding;
      expect(freed).to.equal((p.losses[0].layers.staked * units) / p.losses[0].units.staked);
      expect(freed).to.be.lessThan(part);
    });

    it("free it by no more than that where a record gathered losses at different indices", async () => {
      const p = await loadFixture(deployCovered);
      await loss(p, p.borrower.address, p.assets("300"));
      await time.increase(20n * 3600n);
      const { id } = await loss(p, p.borrower2.address, p.assets("300"));
      expect(id).to.equal(1n);
      const { reserve } = await p.socializer.lossOf(1);
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(reserve);
      await setNext(7n * DAY);
      const { outstanding } = await p.socializer.lossOf(1, NEXT);
      expect(outstanding.interest + outstanding.principal + outstanding.staked).to.equal(0n);
      await recover(p, 1n, outstanding.reserve / 2n);
      // half of what is due frees half of what was paid, whenever its parts were
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.be.closeTo(reserve / 2n, 2n);
    });

    it("have a surplus only where something is left", async () => {
      const p = await loadFixture(deployCovered);
      await loss(p, p.borrower.address, p.assets("300"));
      await p.provideAssets(p.borrower, p.assets("100"));
      const tx = p.pool.connect(p.borrower).repayWrittenOff(p.borrower, p.assets("100"));
      await expect(tx).to.emit(p.socializer, "Recovered");
      await expect(tx).not.to.emit(p.socializer, "Surplus");
    });

    it("free no more of the limit than arrives: the units of a few wei of cover are worth less than they", async () => {
      const p = await deployUncovered();
      await p.provideAssets(p.treasury, 3n, p.fund);
      await p.fund.connect(p.treasury).fundReserve(3n);
      await p.grantCoverage(p.assets("10000"));
      const { id, layers } = await loss(p, p.borrower.address, p.assets("2000"));
      expect(layers.reserve).to.equal(3n);
      await p.provideAssets(p.stranger, p.assets("3000"), p.socializer);
      await setNext(1n);
      const { outstanding } = await p.socializer.lossOf(id, NEXT);
      expect(outstanding.reserve).to.equal(2n);
      await p.socializer.connect(p.stranger).recover(id, sumOf(outstanding));
      expect((await p.socializer.lossOf(id)).recoveredBy.reserve).to.equal(2n);
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(1n);
    });

    it("are refused above what is outstanding in the episode, and accepted up to it", async () => {
      const p = await loadFixture(episode);
      await p.provideAssets(p.stranger, p.assets("50000"), p.socializer);
      const due = async () => {
        await setNext(1n);
        const list = await Promise.all([1, 2, 3].map((id) => p.socializer.lossOf(id, NEXT)));
        return sum(list.map(({ outstanding }) => sumOf(outstanding)));
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
      const p = await deployCovered({ weirdAsset: true });
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
      const p = await deployCovered({ weirdAsset: true });
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
      const p = await loadFixture(deployCovered);
      const { id } = await loss(p, p.borrower.address, p.assets("5000"));
      await setNext(1n);
      const donated = sumOf((await p.socializer.lossOf(id, NEXT)).outstanding);
      await p.provideAssets(p.stranger, donated, p.socializer);
      await setNext(1n);
      await p.socializer
        .connect(p.stranger)
        .recover(id, sumOf((await p.socializer.lossOf(id, NEXT)).outstanding) - 5_000n);
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
      const p = await deployUncovered();
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
      await setNext(1n);
      await p.socializer.connect(p.stranger).recover(id, sumOf((await p.socializer.lossOf(id, NEXT)).outstanding));
      const before = await p.pool.state();
      await p.provideAssets(p.borrower, p.assets("20000"));
      const paid = await p.pool.connect(p.borrower).repayWrittenOff.staticCall(p.borrower, MaxUint256);
      await expect(p.pool.connect(p.borrower).repayWrittenOff(p.borrower, MaxUint256)).to.emit(p.socializer, "Surplus");
      return { before, paid, after: await p.pool.state() };
    }

    it("go to the lenders where a pool has no fund for a surplus", async () => {
      const p = await deployUncovered({ fund: false });
      const { id } = await loss(p, p.borrower.address, p.assets("3000"));
      const { before, paid, after } = await overpay(p, id);
      expect(paid).to.be.greaterThan(p.assets("3000"));
      expect(after.unvested - before.unvested).to.be.closeTo(paid, 2_000n);
    });

    it("go to the lenders where the debt was merged into an older loss", async () => {
      const p = await deployUncovered();
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
      const paid = await Promise.all(queue.map(({ lossId }) => p.socializer.lossOf(lossId)));
      const interest = sum(paid.map(({ recoveredBy }) => recoveredBy.interest));
      const surplus = (await p.pool.state()).unvested - unvested - interest;
      expect(surplus).to.be.closeTo(sumOf(last.outstanding), 2_000n);
      // rounding: of each entry that was not merged, the debt up and the two layers down
      expect((await p.fund.reserve()) - reserve).to.be.lessThanOrEqual(15n * 3n);
    });
  });
});
