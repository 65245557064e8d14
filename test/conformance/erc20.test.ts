import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { loadFixture } from "../helpers/hre";
import { NEXT, setNext } from "../helpers/pool";
import { conforms } from "./states";

/** From the text of the standard; errors as ERC-6093 names them. */
conforms("ERC-20", (make, { enters, leaves }) => {
  it("has a name, a symbol, decimals and a supply; balances of accounts without shares are 0", async () => {
    const { shares, asset, holder, other } = await loadFixture(make);
    expect(await shares.name()).to.have.length.greaterThan(0);
    expect(await shares.symbol()).to.have.length.greaterThan(0);
    expect(await shares.decimals()).to.equal((await asset.decimals()) + 3n);
    expect(await shares.totalSupply()).to.be.at.least(await shares.balanceOf(holder));
    expect(await shares.balanceOf(other)).to.equal(0n);
    expect(await shares.balanceOf(ZeroAddress)).to.equal(0n);
  });

  it("transfer moves the value, fires Transfer, returns true, and changes no supply", async () => {
    const { shares, holder, other } = await loadFixture(make);
    const [supply, balance] = [await shares.totalSupply(), await shares.balanceOf(holder)];
    const value = balance / 3n;
    expect(await shares.connect(holder).transfer.staticCall(other, value)).to.equal(true);
    await expect(shares.connect(holder).transfer(other, value))
      .to.emit(shares, "Transfer")
      .withArgs(holder.address, other.address, value);
    expect(await shares.balanceOf(holder)).to.equal(balance - value);
    expect(await shares.balanceOf(other)).to.equal(value);
    expect(await shares.totalSupply()).to.equal(supply);
  });

  it("transfers of 0 values are normal transfers and fire Transfer; to oneself nothing moves", async () => {
    const { shares, holder, other } = await loadFixture(make);
    const balance = await shares.balanceOf(holder);
    await expect(shares.connect(holder).transfer(other, 0n))
      .to.emit(shares, "Transfer")
      .withArgs(holder.address, other.address, 0n);
    await expect(shares.connect(other).transfer(holder, 0n)).to.emit(shares, "Transfer");
    await shares.connect(holder).transfer(holder, balance / 3n);
    expect(await shares.balanceOf(holder)).to.equal(balance);
  });

  it("transfer throws where the caller's balance does not suffice, and to the zero address", async () => {
    const { shares, holder, other } = await loadFixture(make);
    const balance = await shares.balanceOf(holder);
    await expect(shares.connect(holder).transfer(other, balance + 1n))
      .to.be.revertedWithCustomError(shares, "ERC20InsufficientBalance")
      .withArgs(holder.address, balance, balance + 1n);
    await expect(shares.connect(other).transfer(holder, 1n))
      .to.be.revertedWithCustomError(shares, "ERC20InsufficientBalance")
      .withArgs(other.address, 0n, 1n);
    await expect(shares.connect(holder).transfer(ZeroAddress, 1n))
      .to.be.revertedWithCustomError(shares, "ERC20InvalidReceiver")
      .withArgs(ZeroAddress);
  });

  it("approve overwrites the allowance, fires Approval and returns true; transferFrom spends it", async () => {
    const { shares, holder, other } = await loadFixture(make);
    const own = shares.connect(holder);
    expect(await own.approve.staticCall(other, 5n)).to.equal(true);
    await own.approve(other, 5n);
    await expect(own.approve(other, 300n)).to.emit(shares, "Approval").withArgs(holder.address, other.address, 300n);
    expect(await shares.allowance(holder, other)).to.equal(300n);
    expect(await shares.connect(other).transferFrom.staticCall(holder, other, 100n)).to.equal(true);
    await expect(shares.connect(other).transferFrom(holder, other, 100n))
      .to.emit(shares, "Transfer")
      .withArgs(holder.address, other.address, 100n);
    expect(await shares.allowance(holder, other)).to.equal(200n);
    expect(await shares.balanceOf(other)).to.equal(100n);
    await expect(shares.connect(other).transferFrom(holder, other, 201n))
      .to.be.revertedWithCustomError(shares, "ERC20InsufficientAllowance")
      .withArgs(other.address, 200n, 201n);
    await expect(own.approve(ZeroAddress, 1n))
      .to.be.revertedWithCustomError(shares, "ERC20InvalidSpender")
      .withArgs(ZeroAddress);
    await own.approve(other, MaxUint256);
    await shares.connect(other).transferFrom(holder, other, 1n);
    expect(await shares.allowance(holder, other)).to.equal(MaxUint256);
  });

  it("minting and burning fire Transfer from and to the zero address", async () => {
    const { shares, holder, assets } = await loadFixture(make);
    if (enters) {
      await setNext(5n);
      const minted = await shares.previewDeposit(assets("10"), NEXT);
      await expect(shares.connect(holder).deposit(assets("10"), holder))
        .to.emit(shares, "Transfer")
        .withArgs(ZeroAddress, holder.address, minted);
    }
    if (leaves) {
      const burned = (await shares.maxRedeem(holder)) / 2n;
      await expect(shares.connect(holder).redeem(burned, holder, holder))
        .to.emit(shares, "Transfer")
        .withArgs(holder.address, ZeroAddress, burned);
    }
  });
});
