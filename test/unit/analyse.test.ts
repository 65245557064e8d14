import { expect } from "chai";

import { judge, type Acceptance, type Finding } from "../../scripts/analyse/findings";
import { ACCEPTED } from "../../scripts/analyse/accepted";

const lint = (rule: string, what: string): Finding => ({ tool: "forge lint", rule, what });
const slither = (rule: string, what: string): Finding => ({ tool: "slither", rule, what });
const accept = (finding: Finding, findings: Acceptance["findings"] = [finding.what]): Acceptance => ({
  ...finding,
  why: "a reason",
  findings,
});

describe("analyse: what is accepted", () => {
  const cast = lint("cast", "Pool.sol: uint8(x)");

  it("is what is named, by tool, rule and place", () => {
    expect(judge([cast, cast], [accept(cast)], ["forge lint"])).to.deep.equal({ open: [], stale: [] });
    for (const other of [
      { ...cast, what: "Pool.sol: uint8(y)" },
      { ...cast, rule: "shift" },
      slither("cast", cast.what),
    ]) {
      expect(judge([cast, other], [accept(cast)], ["forge lint"])).to.deep.equal({ open: [other], stale: [] });
    }
  });

  it("must still be found, where the tool has run", () => {
    expect(judge([], [accept(cast)], ["forge lint"])).to.deep.equal({ open: [], stale: [cast] });
    expect(judge([], [accept(cast)], ["slither"])).to.deep.equal({ open: [], stale: [] });
  });

  it("may be a whole rule of one tool, as long as that finds anything", () => {
    const clocks = [slither("clock", "one"), slither("clock", "two")];
    const all = accept(clocks[0], "any");
    const elsewhere = lint("clock", "three");
    expect(judge([...clocks, elsewhere], [all], ["slither"])).to.deep.equal({ open: [elsewhere], stale: [] });
    expect(judge([], [all], ["slither"])).to.deep.equal({ open: [], stale: [slither("clock", "any")] });
  });

  it("has a reason, and stands in one place", () => {
    const places = ACCEPTED.flatMap(({ tool, rule, findings }) =>
      (findings === "any" ? ["any"] : findings).map((what) => `${tool} ${rule} ${what}`),
    );
    expect(new Set(places).size).to.equal(places.length);
    for (const { rule, why } of ACCEPTED) expect(why, rule).to.match(/\w+ \w+ \w+/);
  });
});
