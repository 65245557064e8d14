import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { ethers, loadFixture } from "../../helpers/hre";
import { lose, recover } from "../../helpers/losses";
import { deployCovered, deployUncovered, loss } from "../../helpers/socializer";

describe("BadDebtSocializer", () => {
  describe("claims", () => {
    async function recovered() {
      const p = await deployCovered();
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
      const p = await loadFixture(deployUncovered);
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
      const p = await deployUncovered();
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
      const p = await deployUncovered({ weirdAsset: true });
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
      const p = await deployUncovered();
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
