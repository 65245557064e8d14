import { expect } from "chai";
import { loadFixture } from "../helpers/hre";
import { lose, recover } from "../helpers/losses";
import { callOf, deployAccount, deployLentPool } from "../helpers/pool";

describe("Attacks: claims", () => {
  async function lost() {
    const p = await deployLentPool();
    const account = await deployAccount(p);
    await p.pool.connect(p.lender).transfer(account, (await p.pool.balanceOf(p.lender)) / 2n);
    const id = await lose(p, p.borrower.address, p.assets("9000"));
    return { ...p, account, id };
  }

  it("Duplicate claim: claim, transfer, claim; the same id twice in a batch; partial then full: Σ ≤ entitlement.", async () => {
    const p = await loadFixture(lost);
    await recover(p, p.id, p.assets("1000"));
    const holders = [p.lender, p.lender2, p.lender3] as const;
    const had = await p.asset.balanceOf(p.socializer);
    const received = async () => {
      for (const holder of holders) await p.socializer.claim([p.id, p.id, p.id], holder);
      return Promise.all(holders.map((holder) => p.asset.balanceOf(holder)));
    };
    // of 30, 40 and, in a contract, 30 per cent
    expect(await received()).to.deep.equal([p.assets("300"), p.assets("400"), 0n]);
    await p.pool.connect(p.lender).transfer(p.lender3, await p.pool.balanceOf(p.lender));
    await p.pool.connect(p.lender2).transfer(p.lender, await p.pool.balanceOf(p.lender2));
    expect(await received()).to.deep.equal([p.assets("300"), p.assets("400"), 0n]);
    await recover(p, p.id, p.assets("500"));
    expect(await received()).to.deep.equal([p.assets("450"), p.assets("600"), 0n]);
    expect(await received()).to.deep.equal([p.assets("450"), p.assets("600"), 0n]);
    expect(await p.asset.balanceOf(p.socializer)).to.equal(had + p.assets("500") - p.assets("1050"));
    const { lenderClaims } = await p.socializer.lossOf(p.id);
    expect(await p.socializer.claimable(p.id, p.account)).to.equal((lenderClaims * 3n) / 10n);
  });

  it("A searcher claims into a pair and skims it: of an account with code, claim is for the account and its operator only", async () => {
    const p = await loadFixture(lost);
    await recover(p, p.id, p.assets("1000"));
    const [address, held] = [await p.account.getAddress(), await p.asset.balanceOf(p.account)];
    for (const searcher of [p.stranger, p.lender]) {
      await expect(p.socializer.connect(searcher).claim([p.id], address))
        .to.be.revertedWithCustomError(p.socializer, "ClaimNotAuthorized")
        .withArgs(address, searcher.address);
    }
    expect(await p.asset.balanceOf(p.account)).to.equal(held);
    await p.account.execute([await callOf(p.pool, "setOperator", [p.operator, true])]);
    await p.socializer.connect(p.operator).claim([p.id], address);
    expect((await p.asset.balanceOf(p.account)) - held).to.equal(p.assets("300"));
    await p.socializer.connect(p.stranger).claim([p.id], p.lender); // without code: by anyone
    expect(await p.asset.balanceOf(p.lender)).to.equal(p.assets("300"));
  });
});
