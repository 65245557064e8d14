import { expect } from "chai";
import { layoutOf, type Layout } from "../../helpers/layout";

/** A variable with its type written out: names of types differ between compilations, what they mean does not. */
function describeVariable({ types }: Layout, { label, slot, offset, type }: Layout["storage"][number]): unknown {
  const { encoding, numberOfBytes, members, key, value, label: name } = types[type];
  const of = (inner: string) =>
    describeVariable({ storage: [], types }, { label: "", slot: "", offset: 0, type: inner });
  return {
    label,
    slot,
    offset,
    type: { name, encoding, numberOfBytes },
    members: members?.map((member) => describeVariable({ storage: [], types }, member)),
    key: key && of(key),
    value: value && of(value),
  };
}

describe("LendingPool and PoolTwin: storage", () => {
  it("has every variable of the twin at the same place in the pool, with the same type", async () => {
    const [pool, twin] = await Promise.all([layoutOf("LendingPool"), layoutOf("PoolTwin")]);
    const shared = twin.storage.map((variable) => describeVariable(twin, variable));
    expect(twin.storage.map(({ label }) => label)).to.deep.equal([
      "_ledger",
      "_epochs",
      "_lastEnd",
      "_endOf",
      "_shared",
      "_borrowers",
      "_bookedFees",
      "_operators",
      "_ticks",
      "_marks",
      "_blindness",
      "_positions",
      "_writtenOffs",
    ]);
    expect(pool.storage.slice(0, shared.length).map((v) => describeVariable(pool, v))).to.deep.equal(shared);
  });

  it("keeps what only the pool has behind that", async () => {
    const [pool, twin] = await Promise.all([layoutOf("LendingPool"), layoutOf("PoolTwin")]);
    const last = Math.max(...twin.storage.map(({ slot }) => Number(slot)));
    for (const { slot } of pool.storage.slice(twin.storage.length)) expect(Number(slot)).to.be.greaterThan(last);
  });

  it("packs what a call loads into one slot each", async () => {
    const { types } = await layoutOf("LendingPool");
    for (const name of [
      "Ledger",
      "EpochPair",
      "Shared",
      "Borrowers",
      "Position",
      "Tick",
      "Account",
      "Checkpoint",
      "WrittenOff",
    ]) {
      const [struct] = Object.values(types).filter(({ label }) => new RegExp(`^struct (\\w+\\.)?${name}$`).test(label));
      expect(struct.numberOfBytes, name).to.equal("32");
    }
  });
});
