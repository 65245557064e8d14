import type { ContractTransactionReceipt } from "ethers";
import { expect } from "chai";

import { addressOf } from "../../../scripts/replay/chain";
import { Record, type Action } from "../../../scripts/replay/record";
import type { Market } from "../../../scripts/replay/types";
import { BadDebtSocializer__factory, InsuranceFund__factory, LendingPool__factory } from "../../../typechain-types";

const [pool, fund, socializer] = ["pool", "fund", "socializer"].map((name) => addressOf(name));
const [poolEvents, fundEvents, socializerEvents] = [
  LendingPool__factory.createInterface(),
  InsuranceFund__factory.createInterface(),
  BadDebtSocializer__factory.createInterface(),
];

const layers = (principal: bigint) => ({ fees: 1n, reserve: 2n, staked: 3n, interest: 4n, principal });
const booking = (lossId: bigint, principal: bigint) => ({
  address: socializer,
  ...socializerEvents.encodeEventLog("LossRecorded", [lossId, pool, 10n + principal, layers(principal), 0n, 0n]),
});
const withdrawal = (owner: string, assets: bigint) => ({
  address: pool,
  ...poolEvents.encodeEventLog("Withdraw", [owner, owner, owner, assets, 1_000n * assets]),
});
const writeDown = (account: string, lossId: bigint) => ({
  address: pool,
  ...poolEvents.encodeEventLog("WrittenDown", [account, lossId, 1n]),
});

describe("replay: record", () => {
  const market = {
    fund: { target: fund, interface: fundEvents },
    pool: { target: pool, interface: poolEvents },
    socializer: { target: socializer, interface: socializerEvents },
  } as unknown as Market;
  const call: Action = { kind: "writeDown", from: pool, to: pool, data: "0x" };
  const read = (record: Record, time: number, logs: unknown[]) =>
    record.read(
      { time, price: time / 10, index: 1n },
      [call],
      [{ logs, gasUsed: 1n } as unknown as ContractTransactionReceipt],
    );

  it("adds up the bookings of a loss, dated by the first and the last", () => {
    const record = new Record(market, []);
    read(record, 10, [booking(1n, 0n)]);
    read(record, 20, [booking(1n, 90n)]);
    read(record, 30, [booking(2n, 0n)]);
    const [first, second] = record.losses;
    expect(record.losses).to.have.length(2);
    expect(first).to.include({
      id: 1,
      time: 10,
      price: 1,
      until: 20,
      shortfall: 110n,
      fees: 2n,
      interest: 8n,
      principal: 90n,
    });
    expect(second).to.include({ id: 2, time: 30, price: 3, until: 30, shortfall: 10n });
  });

  it("counts an account once, however often it is written down for a loss", () => {
    const borrowers = ["first", "second"].map((name) => addressOf(name));
    const record = new Record(market, borrowers);
    const [first, second] = borrowers;
    read(record, 10, [booking(1n, 0n), writeDown(first, 1n)]);
    read(record, 20, [booking(1n, 0n), writeDown(first, 1n), writeDown(second, 1n)]);
    read(record, 30, [booking(2n, 0n), writeDown(first, 2n)]);
    expect(record.losses.map(({ accounts }) => accounts)).to.deep.equal([2, 1]);
  });

  it("tells when the shares of the pool and the fund became void", () => {
    const record = new Record(market, []);
    const ended = fundEvents.encodeEventLog("GenerationEnded", [0n, 5n]);
    read(record, 10, [{ address: fund, ...ended }]);
    read(record, 20, [{ address: pool, ...ended }]);
    expect(record.endings).to.deep.equal([
      { time: 10, of: "fund" },
      { time: 20, of: "pool" },
    ]);
  });

  it("tells apart who withdrew in a block", () => {
    const [leaver, runner] = ["leaver", "runner"].map((name) => addressOf(name));
    const logs = [withdrawal(leaver, 5n), withdrawal(runner, 7n), withdrawal(leaver, 1n)];
    const { withdrawn } = read(new Record(market, []), 10, logs);
    expect([...withdrawn]).to.deep.equal([
      [leaver, 6n],
      [runner, 7n],
    ]);
  });
});
