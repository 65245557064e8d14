import { expect } from "chai";
import { MaxUint256, ZeroAddress, type Signer } from "ethers";
import { ethers, loadFixture, network, time } from "../../helpers/hre";
import { callOf, deployLentPool, type LentPool } from "../../helpers/pool";

const TYPES = {
  SetOperator: [
    { name: "owner", type: "address" },
    { name: "operator", type: "address" },
    { name: "approved", type: "bool" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** A keyed nonce: the key in the upper 192 bits. */
const nonceOf = (key: bigint, sequence: bigint) => (key << 64n) | sequence;

describe("LendingPool: operators and multicall", () => {
  async function fixture() {
    return deployLentPool();
  }

  describe("setOperator", () => {
    it("lets an account act for its caller, until it is revoked", async () => {
      const p = await loadFixture(fixture);
      const pool = p.pool.connect(p.borrower);
      expect(await p.pool.isOperator(p.borrower, p.operator)).to.equal(false);
      expect(await pool.setOperator.staticCall(p.operator, true)).to.equal(true);
      await expect(pool.setOperator(p.operator, true))
        .to.emit(p.pool, "OperatorSet")
        .withArgs(p.borrower.address, p.operator.address, true);
      expect(await p.pool.isOperator(p.borrower, p.operator)).to.equal(true);
      expect(await p.pool.isOperator(p.operator, p.borrower)).to.equal(false);
      await expect(pool.setOperator(p.operator, false))
        .to.emit(p.pool, "OperatorSet")
        .withArgs(p.borrower.address, p.operator.address, false);
      expect(await p.pool.isOperator(p.borrower, p.operator)).to.equal(false);
    });

    it("refuses the zero address", async () => {
      const p = await loadFixture(fixture);
      await expect(p.pool.setOperator(ZeroAddress, true)).to.be.revertedWithCustomError(p.pool, "ZeroAddress");
    });
  });

  describe("setOperatorBySig", () => {
    const approval = (p: LentPool) => ({
      owner: p.borrower.address,
      operator: p.operator.address,
      approved: true,
      nonce: nonceOf(1n, 0n),
      deadline: MaxUint256,
    });
    type Approval = ReturnType<typeof approval>;

    const sign = async (p: LentPool, signer: Signer, message: Approval, domain = {}) =>
      signer.signTypedData(
        {
          name: "Lagan Pool",
          version: "1",
          chainId: network.config.chainId,
          verifyingContract: await p.pool.getAddress(),
          ...domain,
        },
        TYPES,
        message,
      );

    const submit = (p: LentPool, m: Approval, signature: string) =>
      p.pool.connect(p.stranger).setOperatorBySig(m.owner, m.operator, m.approved, m.nonce, m.deadline, signature);

    it("does as its owner signed, whoever submits it", async () => {
      const p = await loadFixture(fixture);
      const message = approval(p);
      await expect(submit(p, message, await sign(p, p.borrower, message)))
        .to.emit(p.pool, "OperatorSet")
        .withArgs(p.borrower.address, p.operator.address, true);
      expect(await p.pool.isOperator(p.borrower, p.operator)).to.equal(true);
      const revocation = { ...message, approved: false, nonce: nonceOf(1n, 1n) };
      await submit(p, revocation, await sign(p, p.borrower, revocation));
      expect(await p.pool.isOperator(p.borrower, p.operator)).to.equal(false);
    });

    it("uses nonces by key: neither another key nor a permit stands in the way", async () => {
      const p = await loadFixture(fixture);
      const later = { ...approval(p), nonce: nonceOf(7n, 0n) };
      const signature = await sign(p, p.borrower, later);
      const first = approval(p);
      await submit(p, first, await sign(p, p.borrower, first));
      await submit(p, later, signature);
      expect(await p.pool["nonces(address,uint192)"](p.borrower, 7n)).to.equal(nonceOf(7n, 1n));
      expect(await p.pool["nonces(address,uint192)"](p.borrower, 1n)).to.equal(nonceOf(1n, 1n));
      expect(await p.pool["nonces(address)"](p.borrower)).to.equal(0n);
    });

    it("refuses a nonce that was used or whose turn has not come", async () => {
      const p = await loadFixture(fixture);
      const message = approval(p);
      const signature = await sign(p, p.borrower, message);
      await submit(p, message, signature);
      await expect(submit(p, message, signature))
        .to.be.revertedWithCustomError(p.pool, "InvalidAccountNonce")
        .withArgs(p.borrower.address, nonceOf(1n, 1n));
      const early = { ...message, nonce: nonceOf(1n, 2n) };
      await expect(submit(p, early, await sign(p, p.borrower, early)))
        .to.be.revertedWithCustomError(p.pool, "InvalidAccountNonce")
        .withArgs(p.borrower.address, nonceOf(1n, 1n));
    });

    it("refuses the key of permits", async () => {
      const p = await loadFixture(fixture);
      const message = { ...approval(p), nonce: 0n };
      await expect(submit(p, message, await sign(p, p.borrower, message)))
        .to.be.revertedWithCustomError(p.pool, "NonceKeyZero")
        .withArgs(0n);
    });

    it("holds until its deadline, that second included", async () => {
      const p = await loadFixture(fixture);
      const deadline = BigInt(await time.latest()) + 10n;
      const [message, late] = [0n, 1n].map((i) => ({ ...approval(p), nonce: nonceOf(1n, i), deadline }));
      const [signature, lateSignature] = [await sign(p, p.borrower, message), await sign(p, p.borrower, late)];
      await time.setNextBlockTimestamp(deadline);
      await submit(p, message, signature);
      await expect(submit(p, late, lateSignature))
        .to.be.revertedWithCustomError(p.pool, "SignatureExpired")
        .withArgs(deadline);
    });

    it("refuses what another signed, and what was signed for another field, chain or contract", async () => {
      const p = await loadFixture(fixture);
      const message = approval(p);
      const refused = (sent: Approval, signature: string) =>
        expect(submit(p, sent, signature))
          .to.be.revertedWithCustomError(p.pool, "InvalidSigner")
          .withArgs(sent.owner);
      await refused(message, await sign(p, p.stranger, message));
      const signature = await sign(p, p.borrower, message);
      await refused({ ...message, owner: p.lender.address }, signature);
      await refused({ ...message, operator: p.stranger.address }, signature);
      await refused({ ...message, approved: false }, signature);
      await refused({ ...message, nonce: nonceOf(2n, 0n) }, signature);
      await refused({ ...message, deadline: MaxUint256 - 1n }, signature);
      await refused(message, await sign(p, p.borrower, message, { chainId: 1 }));
      await refused(message, await sign(p, p.borrower, message, { verifyingContract: await p.fund.getAddress() }));
      await refused(message, "0x");
      await refused({ ...message, owner: ZeroAddress }, "0x");
      expect(await p.pool.isOperator(p.borrower, p.operator)).to.equal(false);
      // a refused signature uses up no nonce
      await submit(p, message, signature);
    });

    it("refuses the zero address as operator", async () => {
      const p = await loadFixture(fixture);
      const message = { ...approval(p), operator: ZeroAddress };
      await expect(submit(p, message, await sign(p, p.borrower, message))).to.be.revertedWithCustomError(
        p.pool,
        "ZeroAddress",
      );
    });

    it("asks an owner with code (ERC-1271)", async () => {
      const p = await loadFixture(fixture);
      const account = await ethers.deployContract("MockAccount", [p.stranger]);
      const message = { ...approval(p), owner: await account.getAddress() };
      await expect(submit(p, message, await sign(p, p.borrower, message)))
        .to.be.revertedWithCustomError(p.pool, "InvalidSigner")
        .withArgs(message.owner);
      await submit(p, message, await sign(p, p.stranger, message));
      expect(await p.pool.isOperator(account, p.operator)).to.equal(true);
      // a contract that knows nothing of signatures
      const mute = { ...message, owner: await p.oracle.getAddress() };
      await expect(submit(p, mute, await sign(p, p.stranger, mute)))
        .to.be.revertedWithCustomError(p.pool, "InvalidSigner")
        .withArgs(mute.owner);
    });

    it("lets an operator borrow in the same transaction", async () => {
      const p = await loadFixture(fixture);
      const message = approval(p);
      const signature = await sign(p, p.borrower, message);
      const { interface: abi } = p.pool;
      await p.pool
        .connect(p.operator)
        .multicall([
          abi.encodeFunctionData("setOperatorBySig", [
            message.owner,
            message.operator,
            true,
            message.nonce,
            message.deadline,
            signature,
          ]),
          abi.encodeFunctionData("borrow", [p.assets("100"), message.owner, p.operator.address]),
        ]);
      expect(await p.asset.balanceOf(p.operator)).to.equal(p.assets("100"));
    });
  });

  describe("multicall", () => {
    it("makes calls in order, for their caller, and returns their answers", async () => {
      const p = await loadFixture(fixture);
      await p.provideCollateral(p.borrower2, p.collaterals("1"));
      const owner = p.borrower2.address;
      const data = [
        ["supplyCollateral", [p.collaterals("1"), owner]],
        ["borrow", [p.assets("500"), owner, owner]],
        ["isOperator", [owner, owner]],
      ] as const;
      const encoded = data.map(([name, args]) => p.pool.interface.encodeFunctionData(name as never, args as never));
      const answers = await p.pool.connect(p.borrower2).multicall.staticCall(encoded);
      expect(answers).to.deep.equal(["0x", "0x", ethers.zeroPadValue("0x", 32)]);
      await p.pool.connect(p.borrower2).multicall(encoded);
      expect(await p.asset.balanceOf(p.borrower2)).to.equal(p.assets("500"));
      expect((await p.pool.positionOf(p.borrower2)).collateral).to.equal(p.collaterals("1"));
    });

    it("reaches the twin, and returns its answers", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1500");
      const shares = p.assets("100") * 1000n;
      const data = [
        p.pool.interface.encodeFunctionData("writeDown", [[p.borrower.address, p.stranger.address]]),
        p.pool.interface.encodeFunctionData("redeem", [shares, p.lender.address, p.lender.address]),
      ];
      const [loss, assets] = await p.pool.connect(p.lender).multicall.staticCall(data);
      expect(BigInt(loss)).to.be.greaterThan(0n);
      // the loss comes first: the redemption bears its part
      expect(BigInt(assets)).to.be.lessThan(p.assets("95"));
      await p.pool.connect(p.lender).multicall(data);
      expect(await p.pool.epoch()).to.equal(1n);
    });

    it("undoes everything when a call fails, with that call's error", async () => {
      const p = await loadFixture(fixture);
      const { target, data } = await callOf(p.pool, "setOperator", [p.operator, true]);
      expect(target).to.equal(await p.pool.getAddress());
      const failing = p.pool.interface.encodeFunctionData("redeem", [0n, p.lender.address, p.lender.address]);
      await expect(p.pool.connect(p.lender).multicall([data, failing])).to.be.revertedWithCustomError(
        p.pool,
        "ZeroAmount",
      );
      const inTwin = p.pool.interface.encodeFunctionData("refinance", [p.lender.address]);
      await expect(p.pool.connect(p.lender).multicall([data, inTwin]))
        .to.be.revertedWithCustomError(p.pool, "NoDebt")
        .withArgs(p.lender.address);
      expect(await p.pool.isOperator(p.lender, p.operator)).to.equal(false);
    });

    it("gives nobody another's rights", async () => {
      const p = await loadFixture(fixture);
      const { data } = await callOf(p.pool, "withdrawCollateral", [1n, p.borrower, p.stranger]);
      await expect(p.pool.connect(p.stranger).multicall([data]))
        .to.be.revertedWithCustomError(p.pool, "NotOperator")
        .withArgs(p.borrower.address, p.stranger.address);
      for (const [name, args] of [
        ["setPaused", [true]],
        ["setSupplyCap", [0n]],
        ["harvest", [0n]],
        ["creditRecovery", [1n, 1n]],
      ] as const) {
        const call = await callOf(p.pool, name, args);
        await expect(p.pool.connect(p.stranger).multicall([call.data]))
          .to.be.revertedWithCustomError(p.pool, "Unauthorized")
          .withArgs(p.stranger.address);
      }
    });
  });
});
