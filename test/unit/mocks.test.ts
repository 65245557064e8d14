import { expect } from "chai";
import type { WeirdERC20 } from "../../typechain-types";
import { ethers, loadFixture } from "../helpers/hre";

/** A quirk that silently did nothing would make every test that relies on it pass for the wrong reason. */
describe("WeirdERC20", () => {
  const NO_QUIRKS = { feeBps: 0, returns_: 0, paused: false, revertsOnZero: false };

  async function fixture() {
    const [owner, alice, spender] = await ethers.getSigners();
    const token: WeirdERC20 = await ethers.deployContract("WeirdERC20", [6]);
    await token.mint(owner, 1000n);
    /** What a transfer to alice returns, as raw data. */
    const returned = async () =>
      ethers.provider.call({
        from: owner.address,
        to: token,
        data: token.interface.encodeFunctionData("transfer", [alice.address, 1n]),
      });
    return { owner, alice, spender, token, returned };
  }

  it("is a plain token without quirks", async () => {
    const { owner, alice, spender, token, returned } = await loadFixture(fixture);
    expect(await token.decimals()).to.equal(6);
    await token.transfer(alice, 100n);
    await token.approve(spender, 50n);
    await token.connect(spender).transferFrom(owner, alice, 20n);
    expect(await token.balanceOf(alice)).to.equal(120n);
    expect(await token.balanceOf(owner)).to.equal(880n);
    expect(await token.allowance(owner, spender)).to.equal(30n);
    expect(await token.totalSupply()).to.equal(1000n);
    await expect(token.connect(spender).transferFrom(owner, alice, 31n))
      .to.be.revertedWithCustomError(token, "InsufficientAllowance")
      .withArgs(spender, 30n, 31n);
    await expect(token.transfer(alice, 881n))
      .to.be.revertedWithCustomError(token, "InsufficientBalance")
      .withArgs(owner, 880n, 881n);
    expect(BigInt(await returned())).to.equal(1n);
  });

  it("takes a fee on transfer", async () => {
    const { alice, token } = await loadFixture(fixture);
    await token.setQuirks({ ...NO_QUIRKS, feeBps: 1000 });
    await token.transfer(alice, 100n);
    expect(await token.balanceOf(alice)).to.equal(90n);
    expect(await token.totalSupply()).to.equal(990n);
  });

  it("rebases up and down", async () => {
    const { owner, alice, token } = await loadFixture(fixture);
    await token.transfer(alice, 100n);
    await token.setMultiplier(2n * 10n ** 18n);
    expect([await token.balanceOf(owner), await token.balanceOf(alice)]).to.deep.equal([1800n, 200n]);
    await token.setMultiplier(5n * 10n ** 17n);
    expect([await token.balanceOf(owner), await token.balanceOf(alice)]).to.deep.equal([450n, 50n]);
  });

  it("returns nothing, or false without moving anything", async () => {
    const { owner, alice, token, returned } = await loadFixture(fixture);
    await token.setQuirks({ ...NO_QUIRKS, returns_: 1 });
    expect(await returned()).to.equal("0x");
    await token.transfer(alice, 100n);
    expect(await token.balanceOf(alice)).to.equal(100n);
    await token.setQuirks({ ...NO_QUIRKS, returns_: 2 });
    expect(BigInt(await returned())).to.equal(0n);
    await token.transfer(alice, 100n);
    expect(await token.balanceOf(owner)).to.equal(900n);
  });

  it("blocks accounts, pauses, and refuses zero", async () => {
    const { owner, alice, token } = await loadFixture(fixture);
    for (const account of [owner, alice]) {
      await token.setBlocked(account, true);
      await expect(token.transfer(alice, 1n)).to.be.revertedWithCustomError(token, "Blocked").withArgs(account);
      await token.setBlocked(account, false);
    }
    await token.setQuirks({ ...NO_QUIRKS, paused: true });
    await expect(token.transfer(alice, 1n)).to.be.revertedWithCustomError(token, "TokenPaused");
    await token.setQuirks({ ...NO_QUIRKS, revertsOnZero: true });
    await expect(token.transfer(alice, 0n)).to.be.revertedWithCustomError(token, "ZeroAmount");
    await expect(token.approve(alice, 0n)).to.be.revertedWithCustomError(token, "ZeroAmount");
  });

  it("tells the hooks of either side, after the balances have changed", async () => {
    const { owner, alice, token } = await loadFixture(fixture);
    const receiver = await ethers.deployContract("MockHookReceiver");
    await receiver.prepare(token, token.interface.encodeFunctionData("balanceOf", [alice.address]));
    for (const [side, balance] of [
      [owner, 10n],
      [alice, 20n],
    ] as const) {
      await token.setHook(side, receiver);
      await token.transfer(alice, 10n);
      expect(BigInt(await receiver.result())).to.equal(balance);
      await token.setHook(side, ethers.ZeroAddress);
    }
    expect(await receiver.calls()).to.equal(2);
  });
});
