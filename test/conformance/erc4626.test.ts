import { expect } from "chai";
import { loadFixture, takeSnapshot } from "../helpers/hre";
import { NEXT, setNext } from "../helpers/pool";
import { conforms, type Subject } from "./states";

/** Amounts of assets that are tried: from a unit to more than a retail deposit. */
const amounts = ({ assets }: Subject) => [1n, 7n, 999_999n, assets("33.333333"), assets("400")];

conforms("ERC-4626", (make, { enters, leaves }) => {
  it("asset, totalAssets and the conversions do not revert, do not depend on the caller, and round down", async () => {
    const subject = await loadFixture(make);
    const { shares, asset, holder, other } = subject;
    expect(await shares.asset()).to.equal(await asset.getAddress());
    const total = await shares.totalAssets();
    expect(total).to.be.greaterThan(0n);
    for (const amount of [0n, ...amounts(subject)]) {
      const converted = await shares.connect(holder).convertToShares(amount);
      expect(await shares.connect(other).convertToShares(amount)).to.equal(converted);
      const back = await shares.connect(holder).convertToAssets(converted);
      expect(await shares.connect(other).convertToAssets(converted)).to.equal(back);
      expect(back).to.be.at.most(amount);
      expect(await shares.previewDeposit(amount)).to.be.at.most(converted);
    }
    expect(await shares.convertToAssets(await shares.totalSupply())).to.be.at.most(total);
  });

  it("preview* equal what the call of the same transaction does, and each does what it says", async () => {
    const subject = await loadFixture(make);
    const { shares, asset, holder } = subject;
    const own = shares.connect(holder);
    const done = new Set<string>();
    const start = await takeSnapshot();
    for (const amount of amounts(subject)) {
      for (const [preview, call, outwards] of [
        ["previewDeposit", "deposit", false],
        ["previewMint", "mint", false],
        ["previewWithdraw", "withdraw", true],
        ["previewRedeem", "redeem", true],
      ] as const) {
        const ofShares = call === "mint" || call === "redeem";
        const what = `${call} ${amount}`;
        await setNext(5n);
        const max = outwards
          ? await (ofShares ? own.maxRedeem(holder, NEXT) : own.maxWithdraw(holder, NEXT))
          : await (ofShares ? own.maxMint(holder, NEXT) : own.maxDeposit(holder, NEXT));
        const given = ofShares ? amount * 1_000n : amount;
        const expected = await own[preview](given, NEXT);
        const [held, had] = [await shares.balanceOf(holder), await asset.balanceOf(holder)];
        const attempt = outwards ? own[call as "redeem"](given, holder, holder) : own[call as "mint"](given, holder);
        // shares that are worth no unit are not redeemed for nothing
        if (given > max || expected === 0n) {
          await expect(attempt, what).to.be.reverted;
          await start.restore();
          continue;
        }
        const [assets, minted] = ofShares ? [expected, given] : [given, expected];
        await expect(attempt, what)
          .to.emit(shares, outwards ? "Withdraw" : "Deposit")
          .withArgs(...[holder.address, holder.address], ...(outwards ? [holder.address] : []), assets, minted);
        done.add(call);
        const sign = outwards ? -1n : 1n;
        expect((await shares.balanceOf(holder)) - held, what).to.equal(sign * minted);
        expect(had - (await asset.balanceOf(holder)), what).to.equal(sign * assets);
        await start.restore();
      }
    }
    expect([...done]).to.have.members([
      ...(enters ? ["deposit", "mint"] : []),
      ...(leaves ? ["withdraw", "redeem"] : []),
    ]);
  });

  it("max* can be done, and a unit more can not; they are 0 where the call is refused", async () => {
    const { shares, asset, holder, other } = await loadFixture(make);
    const own = shares.connect(holder);
    await asset.mint(holder, 2n ** 100n);
    for (const [max, attempt] of [
      ["maxDeposit", (x: bigint) => own.deposit.staticCall(x, holder, NEXT)],
      ["maxMint", (x: bigint) => own.mint.staticCall(x, holder, NEXT)],
      ["maxWithdraw", (x: bigint) => own.withdraw.staticCall(x, holder, holder, NEXT)],
      ["maxRedeem", (x: bigint) => own.redeem.staticCall(x, holder, holder, NEXT)],
    ] as const) {
      await setNext(5n);
      const most = await own[max](holder, NEXT);
      if (most !== 0n) await attempt(most);
      else await expect(attempt(1_000_000n), max).to.be.reverted;
      // a unit of shares may be worth no unit of assets
      await expect(attempt(most + (most === 0n ? 1n : 2_000n)), max).to.be.reverted;
      if (max === "maxDeposit" || max === "maxMint") expect(most !== 0n, max).to.equal(enters);
      else {
        expect(most !== 0n, max).to.equal(leaves);
        expect(await own[max](other), max).to.equal(0n);
      }
    }
  });

  it("a round trip never profits, whichever way in and out", async () => {
    const subject = await loadFixture(make);
    const { shares, asset, holder } = subject;
    const own = shares.connect(holder);
    const start = await takeSnapshot();
    let trips = 0;
    for (const amount of amounts(subject)) {
      // by preview, since a fund's shares cannot leave the moment they came
      await setNext(5n);
      const got = await shares.previewDeposit(amount, NEXT);
      expect(await shares.convertToAssets(got, NEXT), `deposit ${amount}, redeem`).to.be.at.most(amount);
      const cost = await shares.previewMint(amount * 1_000n, NEXT);
      expect(await shares.convertToAssets(amount * 1_000n, NEXT), `mint ${amount}, redeem`).to.be.at.most(cost);
      expect(await own.previewWithdraw(amount, NEXT), `deposit, withdraw ${amount}`).to.be.at.least(got);
      expect(await own.previewRedeem(amount * 1_000n, NEXT), `mint, redeem ${amount}`).to.be.at.most(cost);
      // and by the calls: out with what is there, in again, and the other way round
      const most = await own.maxWithdraw(holder);
      if (amount > most) continue;
      trips++;
      const [held, had] = [await shares.balanceOf(holder), await asset.balanceOf(holder)];
      const before = await shares.convertToAssets(held, NEXT);
      await own.withdraw(amount, holder, holder);
      await own.deposit(amount, holder);
      expect(await shares.balanceOf(holder), `withdraw ${amount}, deposit`).to.be.at.most(held);
      expect(await asset.balanceOf(holder)).to.equal(had);
      expect(before).to.be.greaterThan(0n);
      await start.restore();
    }
    expect(trips > 0).to.equal(leaves);
  });

  it("withdraw and redeem of another need its allowance, in shares, and spend it; deposit and mint need none", async () => {
    const { shares, asset, holder, other, assets } = await loadFixture(make);
    const [they, amount] = [shares.connect(other), assets("10")];
    const attempts = [() => they.withdraw(amount, other, holder), () => they.redeem(amount * 1_000n, other, holder)];
    for (const attempt of attempts) await expect(attempt()).to.be.reverted;
    expect((await shares.maxWithdraw(holder)) >= amount).to.equal(leaves);
    if (!leaves) return;
    for (const attempt of attempts) {
      await expect(attempt()).to.be.revertedWithCustomError(shares, "ERC20InsufficientAllowance");
    }
    await shares.connect(holder).approve(other, 2n ** 100n);
    const [held, had] = [await shares.balanceOf(holder), await asset.balanceOf(other)];
    await they.withdraw(amount, other, holder);
    const burned = held - (await shares.balanceOf(holder));
    expect(await shares.allowance(holder, other)).to.equal(2n ** 100n - burned);
    expect((await asset.balanceOf(other)) - had).to.equal(amount);
    await shares.connect(holder).deposit(amount, other);
    expect(await shares.balanceOf(other)).to.be.greaterThan(0n);
  });
});
