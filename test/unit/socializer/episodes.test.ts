import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { FixedPoint } from "../../../sdk";
import { ethers, loadFixture, setBalance, takeSnapshot, time } from "../../helpers/hre";
import { lose, recover } from "../../helpers/losses";
import { DAY } from "../../helpers/pool";
import { deployProtocol, signerOf, type Protocol } from "../../helpers/protocol";
import { deployUncovered } from "../../helpers/socializer";

const { WAD } = FixedPoint;

describe("BadDebtSocializer", () => {
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
      const p = await loadFixture(deployUncovered);
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
      const p = await loadFixture(deployUncovered);
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
      const p = await loadFixture(deployUncovered);
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
      const p = await loadFixture(deployUncovered);
      for (let epoch = 0n; epoch < 34n; epoch++) await book(p, p.assets("100"), epoch);
      expect(await p.socializer.episodeOf(1)).to.have.lengthOf(32);
      expect(await p.socializer.episodeOf(32))
        .to.have.lengthOf(32)
        .and.not.to.include(33n);
      expect(await p.socializer.episodeOf(33)).to.deep.equal([33n, 34n]);
    });

    it("keep the pools apart", async () => {
      const p = await loadFixture(deployUncovered);
      const other = { ...p, pool: await p.createPool() };
      expect(await book(p, p.assets("1"))).to.equal(1n);
      expect(await book(other, p.assets("1"))).to.equal(2n);
      expect(await book(p, p.assets("1"))).to.equal(1n);
      expect(await p.socializer.episodeOf(2)).to.deep.equal([2n]);
    });

    it("absorb losses of principal without a claim after the last epoch", async () => {
      const p = await loadFixture(deployUncovered);
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
      const p = await loadFixture(deployUncovered);
      const id = await lose(p, p.borrower.address, p.assets("4"));
      const { principal, lenderEpoch } = await p.socializer.lossOf(id);
      expect(lenderEpoch).to.equal(0n);
      const { unvested } = await p.pool.state();
      await recover(p, id, principal);
      expect(await p.socializer.claimable(id, p.lender)).to.equal(0n);
      expect((await p.pool.state()).unvested - unvested).to.be.within(principal, principal + 1_000n);
    });

    it("give what is recovered of it after the next epoch opened to that epoch's holders", async () => {
      const p = await loadFixture(deployUncovered);
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

    it("keep the staker epoch that a record waits for, when the reserve alone pays for a later loss in it", async () => {
      const p = await deployProtocol();
      await p.stake(p.staker, p.assets("1000000"));
      await p.grantCoverage(p.assets("1000"));
      expect(await book(p, p.assets("50"))).to.equal(1n); // half a basis point of the stake
      await p.provideAssets(p.treasury, p.assets("50"), p.fund);
      await p.fund.connect(p.treasury).fundReserve(p.assets("50"));
      expect(await book(p, p.assets("50"))).to.equal(1n);
      expect((await p.socializer.lossOf(1)).stakerEpoch).to.equal(0n);
      expect(await book(p, p.assets("60"))).to.equal(1n);
      const { reserve, staked, stakerEpoch } = await p.socializer.lossOf(1);
      expect([reserve, staked, stakerEpoch]).to.deep.equal([p.assets("50"), p.assets("110"), 1n]);
      expect(await p.fund.epoch()).to.equal(1n);
    });

    it("are divided by whoever books more than 32 accounts one by one: stakers are then paid back before lenders (a known limit)", async () => {
      const p = await deployProtocol();
      await p.supply(p.lender, p.assets("100000"));
      const borrowers: HardhatEthersSigner[] = [];
      for (let i = 0n; i < 40n; i++) {
        const address = ethers.getAddress(ethers.toBeHex(0xabc0000000n + i, 20));
        await setBalance(address, 10n ** 20n);
        borrowers.push(await ethers.getImpersonatedSigner(address));
        await p.openPosition(borrowers[Number(i)], p.collaterals("0.6"), p.assets("1000"));
      }
      await p.stake(p.staker, p.assets("13170"));
      await p.grantCoverage(p.assets("100000"));
      await p.setPrice("1000");
      const start = await takeSnapshot();
      for (const { batch, episodes, regained } of [
        { batch: 40, episodes: 1, regained: "3324" },
        { batch: 1, episodes: 2, regained: "850" },
      ]) {
        for (let i = 0; i < borrowers.length; i += batch) await p.pool.writeDown(borrowers.slice(i, i + batch));
        for (const borrower of borrowers) {
          const { writtenOff } = await p.pool.positionOf(borrower);
          await p.provideAssets(borrower, writtenOff);
          await p.pool.connect(borrower).repayWrittenOff(borrower, writtenOff / 4n);
        }
        const last = await p.socializer.lossCount();
        const ids = [await p.socializer.episodeOf(1n), await p.socializer.episodeOf(last)].map((list) => list.join());
        expect(new Set(ids.map((list) => list.split(",").sort().join())).size).to.equal(episodes);
        let [lost, recovered] = [0n, 0n];
        for (let id = 1n; id <= last; id++) {
          const { principal, interest, recoveredBy } = await p.socializer.lossOf(id);
          lost += principal + interest;
          recovered += recoveredBy.principal + recoveredBy.interest;
        }
        expect(lost).to.be.closeTo(p.assets("3324"), p.assets("1"));
        expect(recovered).to.be.closeTo(p.assets(regained), p.assets("1"));
        await start.restore();
      }
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
});
