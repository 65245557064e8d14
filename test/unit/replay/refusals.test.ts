import { expect } from "chai";
import { isRefusal } from "../../../scripts/replay/market";
import type { Market } from "../../../scripts/replay/types";
import { LendingPool__factory } from "../../../typechain-types";

describe("replay: refusals", () => {
  const pool = LendingPool__factory.createInterface();
  const market = { pool: { interface: pool } } as unknown as Market;
  const thrown = (data: string) => Object.assign(new Error("refused"), { data });

  it("are told by the error that the pool named", () => {
    const refusal = thrown(pool.encodeErrorResult("UnbookedShortfall", [30n, 20n]));
    expect(isRefusal(market, refusal, "UnbookedShortfall")).to.equal(true);
    expect(isRefusal(market, refusal, "InsufficientCash")).to.equal(false);
    expect(isRefusal(market, thrown("0x12345678"), "UnbookedShortfall")).to.equal(false);
    expect(isRefusal(market, new Error("no data"), "UnbookedShortfall")).to.equal(false);
  });
});
