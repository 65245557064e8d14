import { expect } from "chai";
import { MaxUint256 as LAST, ZeroAddress } from "ethers";
import { deployEarningFund, deployStakedFund, MAX_ASSETS, MAX_CAPITAL } from "../../helpers/fund";
import { loadFixture, time } from "../../helpers/hre";
import { writeStorage } from "../../helpers/layout";
import { lose } from "../../helpers/losses";
import { DAY, NEXT, setNext } from "../../helpers/pool";
import { deployProtocol, signerOf } from "../../helpers/protocol";

describe("InsuranceFund", () => {
  describe("coverage limits", () => {
    async function fresh() {
      return deployProtocol();
    }

    it("are set by the risk role only, for served pools, within bounds", async () => {
      const p = await loadFixture(fresh);
      await expect(p.fund.connect(p.guardian).setCoverageLimit(p.pool, 1))
        .to.be.revertedWithCustomError(p.fund, "AccessManagedUnauthorized")
        .withArgs(p.guardian.address);
      const fund = p.fund.connect(p.governor);
      const other = await p.createPool({ fund: ZeroAddress });
      for (const pool of [await other.getAddress(), p.stranger.address]) {
        await expect(fund.setCoverageLimit(pool, 1))
          .to.be.revertedWithCustomError(p.fund, "UnknownPool")
          .withArgs(pool);
      }
      await expect(fund.setCoverageLimit(p.pool, MAX_ASSETS + 1n))
        .to.be.revertedWithCustomError(p.fund, "AmountTooLarge")
        .withArgs(MAX_ASSETS + 1n, MAX_ASSETS);
    });

    it("rise only after every staker could leave, and fall at once", async () => {
      const p = await loadFixture(fresh);
      const fund = p.fund.connect(p.governor);
      await p.stake(p.staker, p.assets("1000"));
      await setNext(1n);
      const effectiveAt = BigInt(await time.latest()) + 1n + 16n * DAY;
      await expect(fund.setCoverageLimit(p.pool, p.assets("600")))
        .to.emit(fund, "CoverageLimitSet")
        .withArgs(await p.pool.getAddress(), p.assets("600"), effectiveAt);
      expect((await fund.coverageOf(p.pool)).slice(0, 3)).to.deep.equal([0n, p.assets("600"), effectiveAt]);
      expect(await fund.coverageAvailable(p.pool)).to.equal(0n);
      // a staker who asks to leave now is out before it is in force
      await p.fund.connect(p.staker).cooldown(1_000_000n);
      expect((await p.fund.cooldownOf(p.staker))[3]).to.be.within(effectiveAt, effectiveAt + 1n);

      await time.increaseTo(effectiveAt - 1n);
      expect(await fund.coverageAvailable(p.pool)).to.equal(0n);
      await time.increaseTo(effectiveAt);
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("600"));
      expect((await fund.coverageOf(p.pool)).slice(0, 3)).to.deep.equal([p.assets("600"), 0n, 0n]);

      await fund.setCoverageLimit(p.pool, p.assets("100"));
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("100"));
    });

    it("keep what is in force while an increase waits, which another setting replaces", async () => {
      const p = await loadFixture(fresh);
      const fund = p.fund.connect(p.governor);
      await p.stake(p.staker, p.assets("1000"));
      await p.grantCoverage(p.assets("100"));
      await fund.setCoverageLimit(p.pool, p.assets("500"));
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("100"));
      await time.increase(10n * DAY);
      // a higher one starts anew
      await fund.setCoverageLimit(p.pool, p.assets("700"));
      await time.increase(10n * DAY);
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("100"));
      // a decrease ends the wait
      await fund.setCoverageLimit(p.pool, p.assets("80"));
      await time.increase(30n * DAY);
      expect(await fund.coverageAvailable(p.pool)).to.equal(p.assets("80"));
      expect((await fund.coverageOf(p.pool)).slice(0, 3)).to.deep.equal([p.assets("80"), 0n, 0n]);
    });

    it("bound what is outstanding, and never more than the fund has", async () => {
      const p = await loadFixture(fresh);
      await p.stake(p.staker, p.assets("1000"));
      await p.grantCoverage(p.assets("1500"));
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(p.assets("1000"));
      await p.fund.connect(await signerOf(p.socializer)).cover(p.pool, p.assets("400"));
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(p.assets("600"));
      await p.fund.connect(p.governor).setCoverageLimit(p.pool, p.assets("700"));
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(p.assets("300"));
      await p.fund.connect(p.governor).setCoverageLimit(p.pool, p.assets("300"));
      expect(await p.fund.coverageAvailable(p.pool)).to.equal(0n);
    });

    it("are given to 16 pools at most; a pool without one leaves its place", async () => {
      const p = await loadFixture(fresh);
      const fund = p.fund.connect(p.governor);
      const pools = [p.pool];
      while (pools.length < 17) pools.push(await p.createPool());
      const addresses = await Promise.all(pools.map((pool) => pool.getAddress()));
      for (const pool of addresses.slice(0, 16)) await fund.setCoverageLimit(pool, 5);
      expect(await fund.pools()).to.deep.equal(addresses.slice(0, 16));
      await expect(fund.setCoverageLimit(addresses[16], 5))
        .to.be.revertedWithCustomError(fund, "TooManyPools")
        .withArgs(16);
      await fund.setCoverageLimit(addresses[3], 6); // listed already
      await fund.setCoverageLimit(addresses[3], 0);
      await fund.setCoverageLimit(addresses[16], 0); // none before, none after
      expect(await fund.pools())
        .to.have.lengthOf(15)
        .and.not.to.include(addresses[3]);
      await fund.setCoverageLimit(addresses[16], 5);
      expect(await fund.pools())
        .to.have.lengthOf(16)
        .and.to.include(addresses[16]);
    });
  });

  describe("cover", () => {
    it("is for the socializer alone", async () => {
      const p = await loadFixture(deployStakedFund);
      for (const fund of [p.fund.connect(p.governor), p.fund.connect(p.stranger)]) {
        for (const call of [() => fund.cover(p.pool, 1), () => fund.creditRecovery(p.pool, 0, 0, 1)]) {
          await expect(call()).to.be.revertedWithCustomError(p.fund, "Unauthorized");
        }
      }
    });

    it("pays a pool nobody approved nothing", async () => {
      const p = await loadFixture(deployStakedFund);
      const other = await p.createPool();
      expect(await p.asSocializer.cover.staticCall(other, LAST)).to.deep.equal([0n, 0n, 0n]);
      await p.asSocializer.cover(other, LAST);
      expect(await p.fund.totalAssets()).to.equal(p.assets("1000"));
    });

    it("takes unvested premium, then the reserve, then the staked capital", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.provideAssets(p.treasury, p.assets("50"), p.fund);
      await p.fund.connect(p.treasury).fundReserve(p.assets("50"));
      await p.asset.mint(p.fund, p.assets("20"));
      await p.asSocializer.creditRecovery(p.pool, 0, p.assets("20"), 0);

      await setNext(1n);
      const [unvested, net] = [await p.fund.unvested(NEXT), await p.fund.totalAssets(NEXT)];
      expect(unvested).to.be.greaterThan(p.assets("19"));
      await expect(p.asSocializer.cover(p.pool, p.assets("15")))
        .to.emit(p.fund, "Covered")
        .withArgs(await p.pool.getAddress(), p.assets("15"), 0, 0);
      expect(await p.fund.unvested()).to.equal(unvested - p.assets("15"));
      expect(await p.fund.reserve()).to.equal(unvested - p.assets("15") + p.assets("50"));
      expect(await p.fund.totalAssets()).to.equal(net);

      await setNext(1n);
      const [reserve, before] = [await p.fund.reserve(NEXT), await p.fund.totalAssets(NEXT)];
      await p.asSocializer.cover(p.pool, p.assets("40"));
      expect([await p.fund.unvested(), await p.fund.reserve()]).to.deep.equal([0n, reserve - p.assets("40")]);
      expect(await p.fund.totalAssets()).to.equal(before);

      const rest = await p.fund.reserve();
      expect(await p.asSocializer.cover.staticCall(p.pool, p.assets("100"))).to.deep.equal([
        rest,
        p.assets("100") - rest,
        1n,
      ]);
      await p.asSocializer.cover(p.pool, p.assets("100"));
      expect(await p.fund.reserve()).to.equal(0n);
      expect(await p.fund.totalAssets()).to.equal(before - p.assets("100") + rest);
      expect(await p.asset.balanceOf(p.pool)).to.equal(p.assets("155"));
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(p.assets("155"));
    });

    it("opens an epoch from 1 basis point of the staked capital on; smaller losses add up to it", async () => {
      const p = await loadFixture(deployStakedFund);
      const point = p.assets("0.1"); // of 1,000
      await expect(p.asSocializer.cover(p.pool, point - 1n)).not.to.emit(p.fund, "EpochOpened");
      expect(await p.asSocializer.cover.staticCall(p.pool, 1)).to.deep.equal([0n, 1n, 1n]);
      await expect(p.asSocializer.cover(p.pool, 1))
        .to.emit(p.fund, "EpochOpened")
        .withArgs(1, await p.fund.totalSupply());
      // and the count starts anew
      await expect(p.asSocializer.cover(p.pool, point / 2n)).not.to.emit(p.fund, "EpochOpened");
      await expect(p.asSocializer.cover(p.pool, point / 2n)).to.emit(p.fund, "EpochOpened");
      await expect(p.asSocializer.cover(p.pool, point))
        .to.emit(p.fund, "EpochOpened")
        .withArgs(3, p.assets("1000") * 1000n);
    });

    it("never counts a loss of the reserve as one", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.provideAssets(p.treasury, p.assets("500"), p.fund);
      await p.fund.connect(p.treasury).fundReserve(p.assets("500"));
      await p.asSocializer.cover(p.pool, p.assets("500"));
      expect(await p.fund.epoch()).to.equal(0n);
    });

    it("ends the generation where a share keeps less than a millionth, and starts the next one clean, 50 times", async () => {
      const p = await loadFixture(deployStakedFund);
      const fund = p.fund;
      let reserve = 0n;
      await p.fund.connect(p.governor).setCoverageLimit(p.pool, MAX_ASSETS);
      await time.increase(16n * DAY);
      for (let cycle = 0n; cycle < 50n; cycle++) {
        const staker = cycle % 2n === 0n ? p.staker : p.staker2;
        if (cycle !== 0n) await p.stake(staker, p.assets("1000"));
        const shares = await fund.balanceOf(staker);
        expect(shares).to.equal(p.assets("1000") * 1000n);
        expect(await fund.convertToAssets(shares)).to.equal(p.assets("1000"));
        // the reserve goes first; 999 units are left, less than a millionth
        await expect(p.asSocializer.cover(p.pool, reserve + p.assets("1000") - 999n))
          .to.emit(fund, "GenerationEnded")
          .withArgs(cycle, shares);
        reserve = 999n;
        expect(await fund.generation()).to.equal(cycle + 1n);
        expect(await fund.balanceOf(staker)).to.equal(0n);
        expect(await fund.balanceAt(staker, cycle + 1n)).to.equal(shares);
        expect(await fund.supplyAt(cycle + 1n)).to.equal(shares);
        expect([await fund.totalSupply(), await fund.totalAssets()]).to.deep.equal([0n, 0n]);
        expect(await fund.reserve()).to.equal(reserve);
      }
      // stakers of the day are never slashed for losses before them, nor do they stand for those
      await p.stake(p.stranger, p.assets("77"));
      expect(await fund.convertToAssets(await fund.balanceOf(p.stranger))).to.equal(p.assets("77"));
      for (const epoch of [1n, 25n, 50n]) expect(await fund.balanceAt(p.stranger, epoch)).to.equal(0n);
    });

    it("holds less after each near-wipe that leaves more than a thousandth: 41,337 tokens of 18 decimals after three", async () => {
      const p = await deployProtocol({ assetDecimals: 18 });
      await p.grantCoverage(p.assets("1000000"));
      const asSocializer = p.fund.connect(await signerOf(p.socializer));
      const rooms = [];
      for (let i = 0; i < 3; i++) {
        await p.stake(p.staker, p.assets("100000"));
        await asSocializer.cover(p.pool, ((await p.fund.totalAssets()) * 998n) / 1000n);
        rooms.push((await p.fund.maxDeposit(p.staker)) / p.assets("1"));
      }
      expect(await p.fund.generation()).to.equal(0n);
      expect(rooms[2]).to.equal(41_337n);
      expect(rooms[0]).to.be.greaterThan(400n * rooms[1]);
      expect(rooms[1]).to.be.greaterThan(400n * rooms[2]);
    });

    it("keeps the generation where a share keeps a millionth", async () => {
      const p = await loadFixture(deployStakedFund);
      await expect(p.asSocializer.cover(p.pool, p.assets("1000") - 1_000n)).not.to.emit(p.fund, "GenerationEnded");
      expect(await p.fund.totalAssets()).to.equal(1_000n);
    });
  });

  describe("recoveries of cover", () => {
    it("vest to the stakers, and free the limit up to what is outstanding", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.asSocializer.cover(p.pool, p.assets("300"));
      await p.asset.mint(p.fund, p.assets("90"));
      await expect(p.asSocializer.creditRecovery(p.pool, p.assets("50"), p.assets("40"), p.assets("80")))
        .to.emit(p.fund, "RecoveryCredited")
        .withArgs(await p.pool.getAddress(), p.assets("50"), p.assets("40"), p.assets("80"));
      expect(await p.fund.totalAssets()).to.equal(p.assets("700"));
      expect(await p.fund.unvested()).to.equal(p.assets("40"));
      expect(await p.fund.reserve()).to.equal(p.assets("90"));
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(p.assets("220"));
      await time.increase(100n * DAY);
      expect(await p.fund.totalAssets()).to.equal(p.assets("740"));
      await p.asSocializer.creditRecovery(p.pool, 0, 0, p.assets("221"));
      expect((await p.fund.coverageOf(p.pool)).outstanding).to.equal(0n);
    });

    it("belong to the reserve while nobody stakes", async () => {
      const p = await loadFixture(deployStakedFund);
      await p.asSocializer.cover(p.pool, p.assets("1000"));
      await p.asset.mint(p.fund, p.assets("90"));
      await p.asSocializer.creditRecovery(p.pool, p.assets("50"), p.assets("40"), 0);
      expect(await p.fund.reserve()).to.equal(p.assets("90"));
      expect(await p.fund.unvested()).to.equal(0n);
      await p.stake(p.staker2, p.assets("1"));
      await time.increase(100n * DAY);
      expect(await p.fund.totalAssets()).to.equal(p.assets("1"));
    });

    for (const [whose, reserve, staked] of [
      ["the reserve's", 2n ** 104n, 1n],
      ["the stakers'", 0n, 2n ** 104n],
    ] as const) {
      it(`go through, but are booked only as far as the packed fields reach: ${whose}`, async () => {
        const p = await loadFixture(deployStakedFund);
        const pool = await p.pool.getAddress();
        const space = MAX_CAPITAL - p.assets("1000");
        await expect(p.asSocializer.creditRecovery(pool, reserve, staked, 0))
          .to.emit(p.fund, "RecoveryCredited")
          .withArgs(pool, reserve && space, reserve ? 0n : space, 0n);
        await expect(p.asSocializer.creditRecovery(pool, 5, 5, 0))
          .to.emit(p.fund, "RecoveryCredited")
          .withArgs(pool, 0n, 0n, 0n);
        expect(await p.fund.maxDeposit(p.staker)).to.equal(0n);
        await time.increase(400n * DAY);
        expect([await p.fund.reserve(), await p.fund.totalAssets()]).to.deep.equal(
          reserve ? [space, p.assets("1000")] : [0n, MAX_CAPITAL],
        );
        await p.asSocializer.cover(pool, p.assets("1000"));
        expect((await p.fund.reserve()) + (await p.fund.totalAssets())).to.equal(space);
      });
    }
  });

  describe("at the end of a counter", () => {
    it("is slashed without an epoch", async () => {
      const p = await loadFixture(deployStakedFund);
      const last = 2n ** 24n - 1n;
      await writeStorage(p.fund, "InsuranceFund", ["_ledger", "epoch"], last);
      await expect(p.asSocializer.cover(p.pool, p.assets("400"))).not.to.emit(p.fund, "EpochOpened");
      expect(await p.fund.epoch()).to.equal(last);
      expect(await p.fund.totalAssets()).to.equal(p.assets("600"));
    });

    it("lets shares live on that a loss left worthless", async () => {
      const p = await loadFixture(deployStakedFund);
      await writeStorage(p.fund, "InsuranceFund", ["_ledger", "epoch"], 2n ** 24n - 1n);
      const shares = await p.fund.totalSupply();
      await expect(p.asSocializer.cover(p.pool, p.assets("1000"))).not.to.emit(p.fund, "GenerationEnded");
      expect([await p.fund.totalSupply(), await p.fund.totalAssets()]).to.deep.equal([shares, 0n]);
    });
  });

  it("remembers balances at every epoch, whatever moves since", async () => {
    const p = await loadFixture(deployStakedFund);
    const all = p.assets("1000") * 1000n;
    await p.asSocializer.cover(p.pool, p.assets("1"));
    await p.fund.connect(p.staker).transfer(p.staker2, all / 4n);
    await p.asSocializer.cover(p.pool, p.assets("1"));
    await p.asSocializer.cover(p.pool, p.assets("1"));
    await p.fund.connect(p.staker2).transfer(p.stranger, all / 4n);
    await p.asSocializer.cover(p.pool, p.assets("1"));
    const balances = async (account: string) => {
      const list: bigint[] = [];
      for (let epoch = 1n; epoch <= 4n; epoch++) list.push(await p.fund.balanceAt(account, epoch));
      return list;
    };
    const [quarter, rest] = [all / 4n, (all * 3n) / 4n];
    expect(await balances(p.staker.address)).to.deep.equal([all, rest, rest, rest]);
    expect(await balances(p.staker2.address)).to.deep.equal([0n, quarter, quarter, 0n]);
    expect(await balances(p.stranger.address)).to.deep.equal([0n, 0n, 0n, quarter]);
    for (const epoch of [0n, 5n]) {
      await expect(p.fund.balanceAt(p.staker, epoch))
        .to.be.revertedWithCustomError(p.fund, "UnknownEpoch")
        .withArgs(epoch, 4);
      await expect(p.fund.supplyAt(epoch)).to.be.revertedWithCustomError(p.fund, "UnknownEpoch").withArgs(epoch, 4);
    }
  });

  it("remembers them through generations, of accounts that came, stayed away or came back", async () => {
    const p = await loadFixture(deployStakedFund);
    const holders = [p.staker, p.staker2, p.stranger, p.operator];
    const held: bigint[][] = [];
    const slash = async (assets: bigint) => {
      held.push(await Promise.all(holders.map((holder) => p.fund.balanceOf(holder))));
      await p.asSocializer.cover(p.pool, assets);
    };
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, p.assets("1000000"));
    await time.increase(17n * DAY);
    // who stakes in each generation; before its end a part is lost, and something moves
    for (const stakers of [[p.staker2], [p.stranger], [], [p.staker2, p.operator], [p.staker, p.stranger]]) {
      for (const staker of stakers) await p.stake(staker, p.assets("300"));
      if (!stakers.length) await p.stake(p.governor, p.assets("300"));
      await slash(p.assets("100"));
      if (stakers.length === 2) await p.fund.connect(stakers[0]).transfer(stakers[1], 12_345n);
      await slash(await p.fund.totalAssets());
      expect(await p.fund.totalSupply()).to.equal(0n);
    }
    expect(await p.fund.generation()).to.equal(5n);
    expect(held.flat().filter((balance) => balance !== 0n)).to.have.length(14);
    for (const [i, balances] of held.entries()) {
      const told = await Promise.all(holders.map((holder) => p.fund.balanceAt(holder, i + 1)));
      expect(told, `epoch ${i + 1}`).to.deep.equal(balances);
    }
  });

  it("is slashed by a pool's loss within its limit, and no further", async () => {
    const p = await loadFixture(deployEarningFund);
    await p.fund.connect(p.governor).setCoverageLimit(p.pool, p.assets("2500"));
    await lose(p, p.borrower.address, p.assets("3000"));
    expect(await p.fund.totalAssets()).to.equal(p.assets("1500"));
    expect(await p.fund.coverageAvailable(p.pool)).to.equal(0n);
    expect((await p.socializer.lossOf(1)).staked).to.equal(p.assets("2500"));
  });
});
