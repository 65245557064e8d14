import { expect } from "chai";
import { MaxUint256, Signature, TypedDataEncoder, ZeroAddress, type Signer } from "ethers";
import { ethers, loadFixture, network, takeSnapshot, time } from "../../helpers/hre";
import { NEXT, callOf, deployAccount, deployLentPool, inOneBlock, type LentPool } from "../../helpers/pool";

const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

describe("LendingPool: ERC-20", () => {
  async function fixture() {
    return deployLentPool();
  }

  async function largePool() {
    return deployLentPool({ assetDecimals: 18 });
  }

  it("names its share and gives it three decimals more than the asset", async () => {
    const { pool, asset, params } = await loadFixture(fixture);
    expect(await pool.name()).to.equal(params.name);
    expect(await pool.symbol()).to.equal(params.symbol);
    expect(await pool.decimals()).to.equal(9n);
    expect(await pool.asset()).to.equal(await asset.getAddress());
  });

  describe("transfer", () => {
    it("moves shares, of everyone's sum none", async () => {
      const { pool, lender, lender2, stranger } = await loadFixture(fixture);
      const [before, supply] = [await pool.balanceOf(lender), await pool.totalSupply()];
      expect(await pool.connect(lender).transfer.staticCall(stranger, 7n)).to.equal(true);
      await expect(pool.connect(lender).transfer(stranger, 7n))
        .to.emit(pool, "Transfer")
        .withArgs(lender.address, stranger.address, 7n);
      expect(await pool.balanceOf(lender)).to.equal(before - 7n);
      expect(await pool.balanceOf(stranger)).to.equal(7n);
      expect(await pool.totalSupply()).to.equal(supply);
      expect((await pool.balanceOf(lender)) + (await pool.balanceOf(lender2)) + 7n).to.equal(supply);
    });

    it("takes a value of zero and a transfer to oneself", async () => {
      const { pool, lender, stranger } = await loadFixture(fixture);
      const before = await pool.balanceOf(lender);
      await expect(pool.connect(stranger).transfer(lender, 0n))
        .to.emit(pool, "Transfer")
        .withArgs(stranger.address, lender.address, 0n);
      await expect(pool.connect(lender).transfer(lender, before))
        .to.emit(pool, "Transfer")
        .withArgs(lender.address, lender.address, before);
      expect(await pool.balanceOf(lender)).to.equal(before);
    });

    it("refuses more than the balance, and the zero address", async () => {
      const { pool, lender, stranger } = await loadFixture(fixture);
      const balance = await pool.balanceOf(lender);
      await expect(pool.connect(lender).transfer(stranger, balance + 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(lender.address, balance, balance + 1n);
      await expect(pool.connect(lender).transfer(stranger, MaxUint256))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(lender.address, balance, MaxUint256);
      await expect(pool.connect(lender).transfer(ZeroAddress, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });

    it("refuses receivers whose claims would be stranded", async () => {
      const { pool, fund, socializer, lender } = await loadFixture(fixture);
      for (const receiver of [pool, fund, socializer]) {
        const address = await receiver.getAddress();
        await expect(pool.connect(lender).transfer(receiver, 1n))
          .to.be.revertedWithCustomError(pool, "InvalidReceiver")
          .withArgs(address);
        await pool.connect(lender).approve(lender, 1n);
        await expect(pool.connect(lender).transferFrom(lender, receiver, 1n))
          .to.be.revertedWithCustomError(pool, "InvalidReceiver")
          .withArgs(address);
      }
    });
  });

  describe("approve and transferFrom", () => {
    it("sets an allowance and spends it", async () => {
      const { pool, lender, operator, stranger } = await loadFixture(fixture);
      expect(await pool.connect(lender).approve.staticCall(operator, 10n)).to.equal(true);
      await expect(pool.connect(lender).approve(operator, 10n))
        .to.emit(pool, "Approval")
        .withArgs(lender.address, operator.address, 10n);
      expect(await pool.connect(operator).transferFrom.staticCall(lender, stranger, 4n)).to.equal(true);
      await expect(pool.connect(operator).transferFrom(lender, stranger, 4n))
        .to.emit(pool, "Transfer")
        .withArgs(lender.address, stranger.address, 4n);
      expect(await pool.allowance(lender, operator)).to.equal(6n);
      expect(await pool.balanceOf(stranger)).to.equal(4n);
    });

    it("never spends an infinite allowance", async () => {
      const { pool, lender, operator, stranger } = await loadFixture(fixture);
      await pool.connect(lender).approve(operator, MaxUint256);
      await pool.connect(operator).transferFrom(lender, stranger, 4n);
      expect(await pool.allowance(lender, operator)).to.equal(MaxUint256);
    });

    it("refuses more than the allowance, an operator's too, and more than the balance", async () => {
      const { pool, lender, operator, stranger } = await loadFixture(fixture);
      await pool.connect(lender).setOperator(operator, true);
      await expect(pool.connect(operator).transferFrom(lender, stranger, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientAllowance")
        .withArgs(operator.address, 0n, 1n);
      await pool.connect(lender).approve(operator, MaxUint256);
      const balance = await pool.balanceOf(lender);
      await expect(pool.connect(operator).transferFrom(lender, stranger, balance + 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(lender.address, balance, balance + 1n);
      await expect(pool.connect(operator).transferFrom(lender, ZeroAddress, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });

    it("refuses to approve the zero address", async () => {
      const { pool, lender } = await loadFixture(fixture);
      await expect(pool.connect(lender).approve(ZeroAddress, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InvalidSpender")
        .withArgs(ZeroAddress);
    });
  });

  describe("shares received in the block of an epoch", () => {
    /** An account that, in the block of a loss, deposits 1,000, sees the price fall, books the loss and makes `then`. */
    async function depositInLoss(p: LentPool, then: (account: Awaited<ReturnType<typeof deployAccount>>) => unknown[]) {
      await p.setPrice("2000");
      const account = await deployAccount(p);
      const [name, ...args] = then(account) as [string, ...unknown[]];
      const calls = [
        await callOf(p.pool, "deposit", [p.assets("1000"), account]),
        await callOf(p.oracle, "setPrice", [p.priceUnits("1500")]),
        await callOf(p.pool, "writeDown", [[p.borrower.address]]),
        await callOf(p.pool, name, args),
      ];
      return { account, execution: account.execute(calls) };
    }

    it("cannot be sent", async () => {
      const p = await loadFixture(fixture);
      const shares = p.assets("999") * 1000n;
      const { account, execution } = await depositInLoss(p, () => ["transfer", p.stranger, shares]);
      await expect(execution)
        .to.be.revertedWithCustomError(p.pool, "SharesLocked")
        .withArgs(await account.getAddress(), (locked: bigint) => locked > shares);
    });

    it("cannot be burned, by redeem or by withdraw", async () => {
      const p = await loadFixture(fixture);
      const redemption = await depositInLoss(p, (a) => ["redeem", p.assets("999") * 1000n, a, a]);
      await expect(redemption.execution).to.be.revertedWithCustomError(p.pool, "SharesLocked");
      const withdrawal = await depositInLoss(p, (a) => ["withdraw", p.assets("900"), a, a]);
      await expect(withdrawal.execution).to.be.revertedWithCustomError(p.pool, "SharesLocked");
    });

    it("hold all of a balance that is less than they: a part had left before the loss", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("2000");
      const account = await deployAccount(p);
      const shares = p.assets("1000") * 1000n;
      const calls = [
        await callOf(p.pool, "mint", [shares, account]),
        await callOf(p.pool, "transfer", [p.stranger, (shares * 6n) / 10n]),
        await callOf(p.oracle, "setPrice", [p.priceUnits("1500")]),
        await callOf(p.pool, "writeDown", [[p.borrower.address]]),
      ];
      const start = await takeSnapshot();
      await expect(account.execute([...calls, await callOf(p.pool, "transfer", [p.stranger, 1n])]))
        .to.be.revertedWithCustomError(p.pool, "SharesLocked")
        .withArgs(await account.getAddress(), (shares * 4n) / 10n);
      await start.restore();
      await inOneBlock(async () => {
        await account.execute(calls, { gasLimit: 3_000_000n });
        expect(await p.pool.maxRedeem(account, NEXT)).to.equal(0n);
      });
      expect(await p.pool.balanceOf(account)).to.equal((shares * 4n) / 10n);
    });

    it("can leave in the next block", async () => {
      const p = await loadFixture(fixture);
      const { account, execution } = await depositInLoss(p, () => ["accrue"]);
      await execution;
      expect(await p.pool.epoch()).to.equal(1n);
      const shares = await p.pool.balanceOf(account);
      await account.execute([await callOf(p.pool, "redeem", [shares, account, account])]);
      expect(await p.pool.balanceOf(account)).to.equal(0n);
    });

    it("are held as the amount received: a gift of one share holds up one share", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1500");
      const balance = await p.pool.balanceOf(p.lender);
      await inOneBlock(async () => {
        await p.pool.connect(p.lender2).transfer(p.lender, 1n);
        await p.pool.connect(p.stranger).writeDown([p.borrower]);
        await expect(p.pool.connect(p.lender).transfer.staticCall(p.stranger, balance + 1n, NEXT))
          .to.be.revertedWithCustomError(p.pool, "SharesLocked")
          .withArgs(p.lender.address, 1n);
        await p.pool.connect(p.lender).transfer(p.stranger, balance);
      });
      expect(await p.pool.epoch()).to.equal(1n);
      expect(await p.pool.balanceOf(p.stranger)).to.equal(balance);
    });

    it("add up over the block, received before the loss or after it", async () => {
      const p = await loadFixture(fixture);
      await p.setPrice("1500");
      const gift = 123_456_789n;
      const free = await p.pool.balanceOf(p.lender);
      await inOneBlock(async () => {
        await p.pool.connect(p.lender2).transfer(p.lender, gift);
        await p.pool.connect(p.stranger).writeDown([p.borrower]);
        await p.pool.connect(p.lender2).transfer(p.lender, gift);
        await expect(p.pool.connect(p.lender).transfer.staticCall(p.stranger, free + 1n, NEXT))
          .to.be.revertedWithCustomError(p.pool, "SharesLocked")
          .withArgs(p.lender.address, 2n * gift);
        await p.pool.connect(p.lender).transfer(p.stranger, free);
      });
      expect(await p.pool.balanceOf(p.stranger)).to.equal(free);
    });

    it("are not locked by a loss that opens no epoch", async () => {
      const p = await loadFixture(fixture);
      await p.stake(p.staker, p.assets("10000"));
      await p.grantCoverage(p.assets("10000"));
      const { account, execution } = await depositInLoss(p, () => ["transfer", p.stranger, 1n]);
      await execution;
      expect(await p.socializer.lossCount()).to.equal(1n);
      expect(await p.pool.epoch()).to.equal(0n);
      const all = await p.pool.balanceOf(account);
      await account.execute([
        await callOf(p.pool, "deposit", [p.assets("1"), account]),
        await callOf(p.pool, "transfer", [p.stranger, all]),
      ]);
    });

    it("are counted to 47 binary places of their number where that is large", async () => {
      const p = await loadFixture(largePool);
      await p.setPrice("1500");
      const [gift, balance] = [(1n << 84n) + (1n << 38n) + 1n, await p.pool.balanceOf(p.lender)];
      const counted = (gift >> 37n) << 37n;
      expect(gift - counted).to.equal(1n);
      await inOneBlock(async () => {
        await p.pool.connect(p.lender2).transfer(p.lender, gift);
        await p.pool.connect(p.stranger).writeDown([p.borrower]);
        await expect(p.pool.connect(p.lender).transfer.staticCall(p.stranger, balance + 2n, NEXT))
          .to.be.revertedWithCustomError(p.pool, "SharesLocked")
          .withArgs(p.lender.address, counted);
        await p.pool.connect(p.lender).transfer(p.stranger, balance + 1n);
      });
      expect(await p.pool.balanceOf(p.stranger)).to.equal(balance + 1n);
    });
  });

  describe("permit (ERC-2612)", () => {
    async function sign(p: LentPool, signer: Signer, changes: Record<string, unknown> = {}, domain = {}) {
      const message = {
        owner: p.lender.address,
        spender: p.operator.address,
        value: 123n,
        nonce: await p.pool["nonces(address)"](p.lender),
        deadline: MaxUint256,
        ...changes,
      };
      const typedDomain = { ...(await domainOf(p)), ...domain };
      return Signature.from(await signer.signTypedData(typedDomain, PERMIT, message));
    }

    async function domainOf(p: LentPool) {
      return {
        name: "Lagan Pool",
        version: "1",
        chainId: network.config.chainId,
        verifyingContract: await p.pool.getAddress(),
      };
    }

    const permit = (p: LentPool, { v, r, s }: Signature, value = 123n, deadline = MaxUint256) =>
      p.pool.connect(p.stranger).permit(p.lender, p.operator, value, deadline, v, r, s);

    it("publishes its domain", async () => {
      const p = await loadFixture(fixture);
      expect(await p.pool.DOMAIN_SEPARATOR()).to.equal(TypedDataEncoder.hashDomain(await domainOf(p)));
      const [fields, name, version, chainId, verifyingContract] = await p.pool.eip712Domain();
      expect(fields).to.equal("0x0f");
      expect({ name, version, chainId: Number(chainId), verifyingContract }).to.deep.equal(await domainOf(p));
    });

    it("lets anyone submit an owner's signature", async () => {
      const p = await loadFixture(fixture);
      await expect(permit(p, await sign(p, p.lender)))
        .to.emit(p.pool, "Approval")
        .withArgs(p.lender.address, p.operator.address, 123n);
      expect(await p.pool.allowance(p.lender, p.operator)).to.equal(123n);
      expect(await p.pool["nonces(address)"](p.lender)).to.equal(1n);
    });

    it("holds until the deadline, that second included", async () => {
      const p = await loadFixture(fixture);
      const deadline = BigInt(await time.latest()) + 10n;
      const signature = await sign(p, p.lender, { deadline });
      await time.setNextBlockTimestamp(deadline);
      await permit(p, signature, 123n, deadline);
      const late = await sign(p, p.lender, { deadline });
      await expect(permit(p, late, 123n, deadline))
        .to.be.revertedWithCustomError(p.pool, "PermitExpired")
        .withArgs(deadline);
    });

    it("refuses a signature that was used, or signed for another signer, field, chain or contract", async () => {
      const p = await loadFixture(fixture);
      const refused = (attempt: Promise<unknown>) =>
        expect(attempt).to.be.revertedWithCustomError(p.pool, "InvalidSigner").withArgs(p.lender.address);
      const used = await sign(p, p.lender);
      await permit(p, used);
      await refused(permit(p, used));
      await refused(permit(p, await sign(p, p.stranger)));
      await refused(permit(p, await sign(p, p.lender), 124n));
      await refused(permit(p, await sign(p, p.lender), 123n, MaxUint256 - 1n));
      await refused(permit(p, await sign(p, p.lender, { spender: p.stranger.address })));
      await refused(permit(p, await sign(p, p.lender, { nonce: 2n })));
      await refused(permit(p, await sign(p, p.lender, {}, { chainId: 1 })));
      await refused(permit(p, await sign(p, p.lender, {}, { verifyingContract: await p.fund.getAddress() })));
      expect(await p.pool["nonces(address)"](p.lender)).to.equal(1n);
    });

    it("refuses a malformed signature and the upper half of s", async () => {
      const p = await loadFixture(fixture);
      const { v, r, s } = await sign(p, p.lender);
      const submit = (v_: number, s_: string) => p.pool.permit(p.lender, p.operator, 123n, MaxUint256, v_, r, s_);
      await expect(submit(5, s)).to.be.revertedWithCustomError(p.pool, "ECDSAInvalidSignature");
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const twin = ethers.toBeHex(order - BigInt(s), 32);
      await expect(submit(v === 27 ? 28 : 27, twin))
        .to.be.revertedWithCustomError(p.pool, "ECDSAInvalidSignatureS")
        .withArgs(twin);
    });

    it("refuses to approve the zero address", async () => {
      const p = await loadFixture(fixture);
      const { v, r, s } = await sign(p, p.lender, { spender: ZeroAddress });
      await expect(p.pool.permit(p.lender, ZeroAddress, 123n, MaxUint256, v, r, s))
        .to.be.revertedWithCustomError(p.pool, "ERC20InvalidSpender")
        .withArgs(ZeroAddress);
    });
  });
});
