import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { MUTANTS } from "./mutants";

describe("Attacks: the catalogue", () => {
  const titles = new Map<string, string>();
  /** Titles that are made for several cases. */
  const patterns: RegExp[] = [];
  for (const suite of readdirSync(__dirname).filter((file) => file.endsWith(".test.ts"))) {
    if (suite === "catalogue.test.ts") continue;
    const source = readFileSync(`${__dirname}/${suite}`, "utf8");
    for (const [, title] of source.matchAll(/\bit\(\s*"([^"]+)"/g)) titles.set(title, suite);
    for (const [, title] of source.matchAll(/\bit\(\s*`([^`]+)`/g)) {
      const parts = title.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^$()[\]{}|\\]/g, "\\$&"));
      patterns.push(new RegExp(`^${parts.join(".+")}$`));
    }
  }
  const rows = readFileSync(`${__dirname}/README.md`, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  it("has a row for every test, and its mutants beside it", () => {
    for (const title of titles.keys()) {
      const row = rows.find(([, , test]) => test === title);
      expect(row, title).to.not.equal(undefined);
      const mutants = MUTANTS.filter(({ caughtBy }) => caughtBy === title).map(({ name }) => `\`${name}\``);
      expect(row![3], title).to.equal(mutants.join(", "));
      if (row![1] !== "") expect(mutants, title).to.not.deep.equal([]);
    }
  });

  it("has no row without a test, and one for every test that is made for several cases", () => {
    const named = rows.map(([, , test]) => test).filter((test) => test !== "test" && !/^-+$/.test(test));
    const unknown = named.filter((test) => !titles.has(test) && !patterns.some((pattern) => pattern.test(test)));
    expect(unknown).to.deep.equal([]);
    for (const pattern of patterns)
      expect(
        named.some((test) => pattern.test(test)),
        pattern.source,
      ).to.equal(true);
  });

  it("has mutants of tests that there are, by names of their own", () => {
    for (const { name, suite, caughtBy } of MUTANTS) expect(titles.get(caughtBy), name).to.equal(suite);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).to.equal(MUTANTS.length);
  });
});
