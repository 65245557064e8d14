import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { verdictsOf, type toJson } from "../../scripts/scale/verdict";

const run = (...args: string[]) =>
  spawnSync(process.execPath, ["-r", "ts-node/register", "scripts/scale.ts", ...args], { encoding: "utf8" });

describe("scenario: many lenders and borrowers", () => {
  it("costs everybody what it costs among ten, and adds up", () => {
    const folder = mkdtempSync(join(tmpdir(), "scale-"));
    try {
      const file = join(folder, "scale.json");
      const { status, stderr } = run("--lenders", "57", "--borrowers", "130", "--json", file);
      expect(stderr).to.equal("");
      expect(status).to.equal(0);
      const [few, many] = JSON.parse(readFileSync(file, "utf8")) as ReturnType<typeof toJson>;
      expect([many.lenders, many.borrowers]).to.deep.equal([57, 130]);
      expect(many.gas).to.deep.equal(few.gas);
      expect(Object.keys(many.gas)).to.have.length(13);
      expect(many.ticks).to.be.greaterThan(few.ticks);
      expect(many.identities).to.have.length(11);
      for (const { name, is, shouldBe } of many.identities) expect(is, name).to.equal(shouldBe);
      expect(many.paging["positions, riskiest first"].calls).to.equal(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("says what grows, by the most", () => {
    const gasOf = (claim: number, deposit: number) => ({
      gas: new Map([
        ["claim", claim],
        ["deposit", deposit],
      ]),
    });
    expect(verdictsOf([gasOf(5, 7), gasOf(9, 7), gasOf(6, 4)])).to.deep.equal([
      { operation: "claim", gas: [5, 9, 6], growth: 4 },
      { operation: "deposit", gas: [7, 7, 4], growth: 0 },
    ]);
  });

  it("answers a mistake with one line and exit code 2", () => {
    for (const [args, message] of [
      [["--lenders", "9"], "--lenders 9: give a whole number from 10 to 10000\n"],
      [["--borrowers", "many"], "--borrowers many: give a whole number from 10 to 10000\n"],
      [["--json", ""], "--json needs the name of a file\n"],
      [["faster"], "faster: there are no commands, see --help\n"],
    ] as const) {
      const { status, stdout, stderr } = run(...args);
      expect([status, stdout, stderr]).to.deep.equal([2, "", message]);
    }
  });
});
