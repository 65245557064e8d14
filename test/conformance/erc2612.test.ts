import { expect } from "chai";
import { Signature, TypedDataEncoder, ZeroAddress, type AddressLike, type BaseContract } from "ethers";
import { ethers, loadFixture, time } from "../helpers/hre";
import { conforms, type Subject } from "./states";

const TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

async function domainOf(shares: Subject["shares"]) {
  const { chainId } = await ethers.provider.getNetwork();
  return { name: await shares.name(), version: "1", chainId, verifyingContract: await shares.getAddress() };
}

/** The other nonces are those of operators, by key. */
const noncesOf = (shares: BaseContract, owner: AddressLike) =>
  shares.getFunction("nonces(address)").staticCall(owner) as Promise<bigint>;

conforms("ERC-2612", (make) => {
  async function signed() {
    const subject = await make();
    const { shares, holder, other } = subject;
    const deadline = BigInt(await time.latest()) + 1_000n;
    const message = { owner: holder.address, spender: other.address, value: 777n, nonce: 0n, deadline };
    const sign = async (by = holder, change: Partial<typeof message> = {}) =>
      Signature.from(await by.signTypedData(await domainOf(shares), TYPES, { ...message, ...change }));
    const permit = ({ v, r, s }: Signature, change: Partial<typeof message> = {}) => {
      const m = { ...message, ...change };
      return shares.connect(other).permit(m.owner, m.spender, m.value, m.deadline, v, r, s);
    };
    return { ...subject, deadline, sign, permit };
  }

  it("DOMAIN_SEPARATOR is that of EIP-712 for this chain and contract", async () => {
    const { shares } = await loadFixture(signed);
    expect(await shares.DOMAIN_SEPARATOR()).to.equal(TypedDataEncoder.hashDomain(await domainOf(shares)));
  });

  it("permit sets the allowance, raises the nonce by 1 and fires Approval, whoever submits it", async () => {
    const { shares, holder, other, sign, permit } = await loadFixture(signed);
    expect(await noncesOf(shares, holder)).to.equal(0n);
    await expect(permit(await sign()))
      .to.emit(shares, "Approval")
      .withArgs(holder.address, other.address, 777n);
    expect(await shares.allowance(holder, other)).to.equal(777n);
    expect(await noncesOf(shares, holder)).to.equal(1n);
  });

  it("is valid at its deadline and not after it", async () => {
    const { shares, deadline, sign, permit } = await loadFixture(signed);
    const signature = await sign();
    await time.setNextBlockTimestamp(deadline);
    await permit(signature);
    await time.setNextBlockTimestamp(deadline + 1n);
    await expect(permit(await sign(undefined, { nonce: 1n })))
      .to.be.revertedWithCustomError(shares, "PermitExpired")
      .withArgs(deadline);
  });

  it("reverts for the zero owner, another signer, another nonce, and when it is used again", async () => {
    const { shares, holder, other, sign, permit } = await loadFixture(signed);
    const invalid = (attempt: Promise<unknown>) =>
      expect(attempt).to.be.revertedWithCustomError(shares, "InvalidSigner");
    await invalid(permit(await sign(), { owner: ZeroAddress }));
    await invalid(permit(await sign(other)));
    await invalid(permit(await sign(holder, { nonce: 1n })));
    await invalid(permit(await sign(holder, { value: 778n })));
    await permit(await sign());
    await invalid(permit(await sign()));
    expect(await noncesOf(shares, holder)).to.equal(1n);
  });
});
