import { expect } from "chai";
import { Runner } from "../../../scripts/replay/guard";
import { Identities } from "../../../scripts/replay/identities";
import type { Block } from "../../../scripts/replay/record";
import type { Market, Snapshot } from "../../../scripts/replay/types";
import { createPeople, type World } from "../../../scripts/replay/world";
import { LendingPool__factory } from "../../../typechain-types";

const people = createPeople(3, 2);
const pool = LendingPool__factory.createInterface();

const refusal = (data: string) => Object.assign(new Error("refused"), { data });
const unbooked = refusal(pool.encodeErrorResult("UnbookedShortfall", [30n, 20n]));

/** A pool in which the runner and the stayer hold 100 shares each, worth one unit each. */
function world(redeem: () => Promise<bigint>): World {
  const fake = {
    interface: pool,
    balanceOf: () => Promise.resolve(100n),
    convertToAssets: (shares: bigint) => Promise.resolve(shares),
    redeem: { staticCall: redeem },
    multicall: { populateTransaction: (calls: string[]) => Promise.resolve({ to: "pool", data: calls.join() }) },
  };
  return { market: { pool: fake, guardTolerance: 100n, dust: 5n } as unknown as Market, people } as World;
}

/** One of 2,000 of lender assets, of which 19 are tolerated when 100 leave. */
const now = (visible: bigint, cash = 500n) => ({ state: { lenderAssets: 2_000n, cash }, visible }) as Snapshot;

describe("replay: guard", () => {
  const start = (redeem: () => Promise<bigint>) => {
    const identities = new Identities({} as Market);
    return { identities, runner: new Runner(world(redeem), identities) };
  };
  const refuse = () => Promise.reject(unbooked);

  it("stays while no more is to be seen than is tolerated, and without the cash to leave", async () => {
    const { runner, identities } = start(refuse);
    expect(await runner.act("now", 1, now(19n), people.borrowers)).to.deep.equal([]);
    expect(await runner.act("now", 1, now(30n, 99n), people.borrowers)).to.deep.equal([]);
    expect(runner.judge()).to.deep.equal({ refusedExits: 0 });
    expect(identities.checked).to.equal(0);
  });

  it("is refused, then books the loss and leaves in one transaction", async () => {
    const { runner, identities } = start(refuse);
    const actions = await runner.act("now", 1, now(20n), people.borrowers);
    const { runner: who } = people;
    const calls = [
      pool.encodeFunctionData("writeDown", [people.borrowers]),
      pool.encodeFunctionData("redeem", [100n, who, who]),
    ];
    expect(actions).to.deep.equal([{ kind: "run", from: who, to: "pool", data: calls.join() }]);
    expect(runner.stake).to.equal(100n);

    const booked = { lossId: 4 } as Block["bookings"][number];
    await runner.value({ bookings: [booked], withdrawn: new Map([[who, 100n]]) } as Partial<Block> as Block);
    expect(runner.judge()).to.deep.equal({
      refusedExits: 1,
      exit: { time: 1, lossId: 4, stake: 100n, visible: 20n, tolerated: 19n, leaverValue: 100n, stayerValue: 100n },
    });
    expect(identities.violations).to.deep.equal([]);
  });

  it("leaves once; then others are refused", async () => {
    const { runner } = start(refuse);
    await runner.act("now", 1, now(20n), people.borrowers);
    expect(await runner.act("later", 2, now(20n), people.borrowers)).to.deep.equal([]);
    expect(runner.judge().refusedExits).to.equal(2);
  });

  it("reports an exit that goes through, and one that is refused for another reason", async () => {
    const { runner, identities } = start(() => Promise.resolve(100n));
    await runner.act("now", 1, now(20n), people.borrowers);
    expect(identities.violations).to.deep.equal(["now: an exit went past an unbooked loss of 20"]);
    expect(runner.judge().refusedExits).to.equal(0);

    const broken = start(() => Promise.reject(refusal(pool.encodeErrorResult("InsufficientCash", [2n, 1n]))));
    const failure = await broken.runner.act("now", 1, now(20n), people.borrowers).catch((error: Error) => error);
    expect(failure).to.be.instanceOf(Error).and.to.have.property("message", "refused");
  });
});
