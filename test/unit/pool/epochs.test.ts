import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { FixedPoint } from "../../../sdk";
import { itCompiled } from "../../helpers/compiled";
import { loadFixture, network } from "../../helpers/hre";
import { readStorage, writeStorage } from "../../helpers/layout";
import {
  NEXT,
  callOf,
  deployAccount,
  deployLentPool,
  expectIdentity,
  inOneBlock,
  setNext,
  type LentPool,
} from "../../helpers/pool";
import { deployProtocol } from "../../helpers/protocol";

const { sum } = FixedPoint;

const LAST_EPOCH = 2n ** 24n - 1n;

describe("LendingPool: epochs and generations", () => {
  async function fixture() {
    return deployLentPool();
  }

  /** A loss of principal: the first to a price of 1,500, the others of one per cent of what the account still owes. */
  async function lose(p: LentPool) {
    const price = await p.oracle.price();
    await p.oracle.setPrice(price > p.priceUnits("1500") ? p.priceUnits("1500") : (price * 99n) / 100n);
    return p.pool.writeDown([p.borrower]);
  }

  /** Takes all cash but `left` out of the pool, so that the borrower's debt is all else that it has. */
  async function drain(p: LentPool, left = 0n) {
    await setNext();
    const { cash } = await p.pool.state(NEXT);
    await p.pool.connect(p.lender).withdraw(cash - left, p.lender, p.lender);
  }

  /** A loss of the whole debt. */
  async function wipe(p: LentPool) {
    await p.setPrice("0");
    return p.pool.writeDown([p.borrower]);
  }

  it("counts the losses that reach the holders, and remembers the supply of each", async () => {
    const p = await loadFixture(fixture);
    expect(await p.pool.epoch()).to.equal(0n);
    const first = await p.pool.totalSupply();
    await expect(lose(p)).to.emit(p.pool, "EpochOpened").withArgs(1n, first);
    await p.supply(p.lender3, p.assets("500"));
    const second = await p.pool.totalSupply();
    await expect(lose(p)).to.emit(p.pool, "EpochOpened").withArgs(2n, second);
    expect(await p.pool.epoch()).to.equal(2n);
    expect(await p.pool.supplyAt(1n)).to.equal(first);
    expect(await p.pool.supplyAt(2n)).to.equal(second);
    expect(second).to.be.greaterThan(first);
  });

  it("refuses to tell of epochs that have not been", async () => {
    const p = await loadFixture(fixture);
    await lose(p);
    for (const epoch of [0n, 2n]) {
      await expect(p.pool.supplyAt(epoch)).to.be.revertedWithCustomError(p.pool, "UnknownEpoch").withArgs(epoch, 1n);
      await expect(p.pool.balanceAt(p.lender, epoch))
        .to.be.revertedWithCustomError(p.pool, "UnknownEpoch")
        .withArgs(epoch, 1n);
    }
  });

  it("knows every balance at the instant of every loss, whatever moved before, between and after", async () => {
    const p = await loadFixture(fixture);
    const holders = [p.lender, p.lender2, p.lender3, p.stranger];
    const history: bigint[][] = [];
    // which of the four sends to which before each loss; some losses follow without any movement
    const moves = [
      [],
      [[0, 2]],
      [
        [2, 3],
        [0, 3],
        [3, 2],
      ],
      [],
      [[1, 0]],
      [[3, 3]],
      [
        [2, 0],
        [3, 0],
      ],
      [],
      [],
    ];
    for (const [loss, transfers] of moves.entries()) {
      for (const [from, to] of transfers) {
        const part = (await p.pool.balanceOf(holders[from])) / 3n;
        await p.pool.connect(holders[from]).transfer(holders[to], part);
      }
      // lender 3 leaves whole and comes back
      if (loss === 4) {
        const shares = await p.pool.balanceOf(p.lender3);
        await p.pool.connect(p.lender3).redeem(shares, p.lender3, p.lender3);
      }
      if (loss === 6) await p.supply(p.lender3, p.assets("77"));
      history.push(await Promise.all(holders.map((holder) => p.pool.balanceOf(holder))));
      await lose(p);
      for (const [epoch, balances] of history.entries()) {
        const told = holders.map((holder) => p.pool.balanceAt(holder, epoch + 1));
        expect(await Promise.all(told), `epoch ${epoch + 1} after loss ${loss + 1}`).to.deep.equal(balances);
        expect(await p.pool.supplyAt(epoch + 1)).to.equal(sum(balances));
      }
    }
    expect(await p.pool.epoch()).to.equal(BigInt(moves.length));
  });

  it("is exact inside a block: what moves before the loss counts, what moves after it does not", async () => {
    const p = await loadFixture(fixture);
    await p.setPrice("1500");
    const [one, two] = [await p.pool.balanceOf(p.lender), await p.pool.balanceOf(p.lender2)];
    await inOneBlock(async () => {
      await p.pool.connect(p.lender).transfer(p.lender3, 1000n);
      await p.pool.connect(p.stranger).writeDown([p.borrower]);
      await p.pool.connect(p.lender).transfer(p.lender3, 300n);
      await p.pool.connect(p.lender2).transfer(p.lender, 50n);
      await p.pool.connect(p.lender2).transfer(p.stranger, two - 50n);
    });
    expect(await p.pool.balanceAt(p.lender, 1n)).to.equal(one - 1000n);
    expect(await p.pool.balanceAt(p.lender2, 1n)).to.equal(two);
    expect(await p.pool.balanceAt(p.lender3, 1n)).to.equal(1000n);
    expect(await p.pool.balanceAt(p.stranger, 1n)).to.equal(0n);
    expect(await p.pool.balanceOf(p.lender3)).to.equal(1300n);
    expect(await p.pool.balanceOf(p.lender2)).to.equal(0n);
  });

  it("is exact inside a transaction with two losses", async () => {
    const p = await loadFixture(fixture);
    await p.openPosition(p.borrower2, p.collaterals("10"), p.assets("16000"));
    const account = await deployAccount(p);
    await account.execute([await callOf(p.pool, "deposit", [p.assets("100"), account])]);
    const shares = await p.pool.balanceOf(account);
    await p.setPrice("1500");
    await account.execute([
      await callOf(p.pool, "transfer", [p.lender3, 1n]),
      await callOf(p.pool, "writeDown", [[p.borrower.address]]),
      await callOf(p.pool, "transfer", [p.lender3, 2n]),
      await callOf(p.pool, "writeDown", [[p.borrower2.address]]),
      await callOf(p.pool, "transfer", [p.lender3, 4n]),
    ]);
    expect(await p.pool.epoch()).to.equal(2n);
    expect(await p.pool.balanceAt(account, 1n)).to.equal(shares - 1n);
    expect(await p.pool.balanceAt(account, 2n)).to.equal(shares - 3n);
    expect(await p.pool.balanceOf(account)).to.equal(shares - 7n);
    expect(await p.pool.balanceAt(p.lender3, 1n)).to.equal(1n);
    expect(await p.pool.balanceAt(p.lender3, 2n)).to.equal(3n);
  });

  itCompiled("writes history only at the first touch after a loss", async () => {
    const p = await loadFixture(fixture);
    const transfer = () => p.pool.connect(p.lender).transfer(p.lender2, 1n);
    const writes = async (transaction: ContractTransactionResponse) => {
      const trace = (await network.provider.send("debug_traceTransaction", [
        transaction.hash,
        { disableStorage: true, disableMemory: true, disableStack: true },
      ])) as { structLogs: { op: string }[] };
      return trace.structLogs.filter(({ op }) => op === "SSTORE").length;
    };
    const checkpoints = () => readStorage(p.pool, "LendingPool", ["_accounts", p.lender.address, "checkpoints"]);
    expect(await writes(await transfer())).to.equal(2); // the two accounts
    await lose(p);
    await lose(p);
    expect(await writes(await transfer())).to.equal(4); // and a checkpoint of each
    expect(await checkpoints()).to.equal(1n);
    expect(await writes(await transfer())).to.equal(2);
    expect(await checkpoints()).to.equal(1n);
    // who held nothing before needs no history
    await lose(p);
    await p.pool.connect(p.lender).transfer(p.stranger, 1n);
    expect(await readStorage(p.pool, "LendingPool", ["_accounts", p.stranger.address, "checkpoints"])).to.equal(0n);
    expect(await p.pool.balanceAt(p.stranger, 3n)).to.equal(0n);
  });

  describe("generations", () => {
    it("end with a loss that leaves nothing: the shares are void, their history stays", async () => {
      const p = await loadFixture(fixture);
      await drain(p);
      const holders = [p.lender, p.lender2];
      const [supply, ...held] = await Promise.all([p.pool.totalSupply(), ...holders.map((h) => p.pool.balanceOf(h))]);
      const transaction = await wipe(p);
      await expect(transaction).to.emit(p.pool, "EpochOpened").withArgs(1n, supply);
      await expect(transaction).to.emit(p.pool, "GenerationEnded").withArgs(0n, supply);
      expect(await p.pool.generation()).to.equal(1n);
      expect(await p.pool.totalSupply()).to.equal(0n);
      expect(await p.pool.totalAssets()).to.equal(0n);
      expect(await p.pool.supplyAt(1n)).to.equal(supply);
      for (const [i, holder] of holders.entries()) {
        expect(await p.pool.balanceOf(holder)).to.equal(0n);
        expect(await p.pool.balanceAt(holder, 1n)).to.equal(held[i]);
        expect(await p.pool.maxRedeem(holder)).to.equal(0n);
        expect(await p.pool.maxWithdraw(holder)).to.equal(0n);
        await expect(p.pool.connect(holder).transfer(p.stranger, 1n))
          .to.be.revertedWithCustomError(p.pool, "ERC20InsufficientBalance")
          .withArgs(holder.address, 0n, 1n);
      }
    });

    for (const { left, ends } of [
      { left: 79_000n, ends: true },
      { left: 81_000n, ends: false },
    ]) {
      it(`${ends ? "end" : "live on"} with ${left} units left, a millionth of par being 80,000`, async () => {
        const p = await loadFixture(fixture);
        await drain(p, left);
        const supply = await p.pool.totalSupply();
        expect(left * 10n ** 9n < supply).to.equal(ends);
        const transaction = await wipe(p);
        const { lenderAssets, unvested, fees, cash, debt } = await p.pool.state();
        expect([cash, debt, unvested]).to.deep.equal([left, 0n, 0n]);
        // what is left belongs to nobody: it is the pool's fees
        expect([lenderAssets, fees]).to.deep.equal(ends ? [0n, left] : [left, 0n]);
        expect(await p.pool.generation()).to.equal(ends ? 1n : 0n);
        expect(await p.pool.totalSupply()).to.equal(ends ? 0n : supply);
        expect(await p.pool.supplyAt(1n)).to.equal(supply);
        if (!ends) await expect(transaction).not.to.emit(p.pool, "GenerationEnded");
      });
    }

    it("begin clean: the next depositor owns what it pays in, and no loss from before", async () => {
      const p = await loadFixture(fixture);
      await drain(p, 70_000n);
      await wipe(p);
      await p.supply(p.lender3, p.assets("1000"));
      const shares = p.assets("1000") * 1000n;
      expect(await p.pool.balanceOf(p.lender3)).to.equal(shares);
      expect(await p.pool.totalSupply()).to.equal(shares);
      expect(await p.pool.totalAssets()).to.equal(p.assets("1000"));
      expect((await p.pool.state()).fees).to.equal(70_000n);
      expect(await p.pool.balanceAt(p.lender3, 1n)).to.equal(0n);
      await p.pool.connect(p.lender3).redeem(shares, p.lender3, p.lender3);
      expect(await p.asset.balanceOf(p.lender3)).to.equal(p.assets("1000"));
      await expectIdentity(p.pool);
    });

    it("keep the histories of one account apart", async () => {
      const p = await loadFixture(fixture);
      await drain(p);
      await wipe(p);
      const [old, oldOther] = [await p.pool.balanceAt(p.lender2, 1n), await p.pool.balanceAt(p.lender, 1n)];
      // lender 2 enters the new generation, lender 1 does not touch its account
      await p.supply(p.lender2, p.assets("1000"));
      const shares = p.assets("1000") * 1000n;
      await p.setPrice("2000");
      await p.openPosition(p.borrower2, p.collaterals("1"), p.assets("900"));
      await p.setPrice("800");
      await p.pool.writeDown([p.borrower2]);
      expect(await p.pool.generation()).to.equal(1n);
      const expectHistory = async () => {
        expect(await p.pool.balanceAt(p.lender2, 1n)).to.equal(old);
        expect(await p.pool.balanceAt(p.lender2, 2n)).to.equal(shares);
        expect(await p.pool.balanceAt(p.lender, 1n)).to.equal(oldOther);
        expect(await p.pool.balanceAt(p.lender, 2n)).to.equal(0n);
        expect(await p.pool.supplyAt(2n)).to.equal(shares);
      };
      await expectHistory();
      // a touch after the fact changes nothing of it
      await p.pool.connect(p.lender2).transfer(p.lender, 10n);
      await expectHistory();
      expect(await p.pool.balanceOf(p.lender)).to.equal(10n);
    });

    it("can follow one another fifty times: nothing overflows, and the last entrant has what it paid in", async () => {
      const p = await loadFixture(fixture);
      await drain(p);
      await wipe(p);
      const assets = p.assets("1000");
      await p.provideAssets(p.lender3, 60n * assets);
      for (let generation = 1n; generation <= 50n; generation++) {
        await p.setPrice("2000");
        await p.pool.connect(p.lender3).deposit(assets, p.lender3);
        expect(await p.pool.balanceOf(p.lender3)).to.equal(assets * 1000n);
        const account = await deployAccount(p);
        await account.execute([
          await callOf(p.pool, "supplyCollateral", [p.collaterals("1"), account]),
          await callOf(p.pool, "borrow", [assets, account, account]),
        ]);
        await p.setPrice("0");
        await p.pool.writeDown([account]);
        expect(await p.pool.generation()).to.equal(generation + 1n);
      }
      await p.pool.connect(p.lender3).deposit(assets, p.lender3);
      const before = await p.asset.balanceOf(p.lender3);
      await p.pool.connect(p.lender3).redeem(assets * 1000n, p.lender3, p.lender3);
      expect((await p.asset.balanceOf(p.lender3)) - before).to.equal(assets);
    });
  });

  describe("at the end of a counter", () => {
    it("absorbs losses without an epoch", async () => {
      const p = await loadFixture(fixture);
      await writeStorage(p.pool, "LendingPool", ["_ledger", "epoch"], LAST_EPOCH);
      const before = await p.pool.totalAssets();
      const transaction = await lose(p);
      await expect(transaction).to.emit(p.pool, "LossBooked");
      await expect(transaction).not.to.emit(p.pool, "EpochOpened");
      expect(await p.pool.epoch()).to.equal(LAST_EPOCH);
      expect((await p.socializer.lossOf(1n)).lenderEpoch).to.equal(0n);
      expect(before - (await p.pool.totalAssets())).to.be.closeTo((await p.socializer.lossOf(1n)).principal, 1000n);
      await p.pool.connect(p.lender).redeem(1_000_000n, p.lender, p.lender);
    });

    it("lets shares live on that a loss left worthless, and takes a deposit at their price", async () => {
      const p = await loadFixture(async function lastEpoch() {
        const q = await deployProtocol();
        await writeStorage(q.pool, "LendingPool", ["_ledger", "epoch"], LAST_EPOCH);
        await q.supply(q.lender, q.assets("80000"));
        await q.openPosition(q.borrower, q.collaterals("50"), q.assets("80000"));
        return q;
      });
      const supply = await p.pool.totalSupply();
      await expect(wipe(p)).not.to.emit(p.pool, "GenerationEnded");
      expect(await p.pool.generation()).to.equal(0n);
      expect(await p.pool.balanceOf(p.lender)).to.equal(supply);
      await p.supply(p.lender3, p.assets("1000"));
      const shares = await p.pool.balanceOf(p.lender3);
      await p.pool.connect(p.lender3).redeem(shares, p.lender3, p.lender3);
      expect(await p.asset.balanceOf(p.lender3)).to.be.greaterThanOrEqual(p.assets("1000") - 1n);
    });
  });
});
