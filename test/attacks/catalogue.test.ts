import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { MUTANTS } from "./mutants";

describe("Attacks: the catalogue", () => {
  const titles = new Map<string, string>();
  for (const suite of readdirSync(__dirname).filter((file) => file.endsWith(".test.ts"))) {
    if (suite === "catalogue.test.ts") continue;
    const source = readFileSync(`${__dirname}/${suite}`, "utf8");
    for (const [, title] of source.matchAll(/\bit\(\s*"([^"]+)"/g)) titles.set(title, suite);
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

  it("has mutants of tests that there are, by names of their own", () => {
    for (const { name, suite, caughtBy } of MUTANTS) expect(titles.get(caughtBy), name).to.equal(suite);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).to.equal(MUTANTS.length);
  });
});
