import { expect } from "chai";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { InputError } from "../../../scripts/lib/errors";
import { HELP, parseOptions } from "../../../scripts/replay/options";

describe("replay: options", () => {
  it("has defaults for everything", () => {
    expect(parseOptions([])).to.deep.equal({
      help: false,
      scenario: "black-thursday",
      prices: undefined,
      book: undefined,
      lenders: 50,
      borrowers: undefined,
      cover: undefined,
      keepersOffline: [],
      seed: 1,
      json: undefined,
      report: undefined,
    });
  });

  it("reads every option", () => {
    const json = join(tmpdir(), "out.json");
    const report = join(tmpdir(), "out.html");
    const argv =
      "--prices p.csv --book b.csv --lenders 12 --borrowers 34 --cover 2.5 --keepers-offline 10:15..12:30 --keepers-offline 13T01:40..02:25 --seed 7";
    expect(parseOptions([...argv.split(" "), "--json", json, "--report", report, "--help"])).to.deep.equal({
      help: true,
      scenario: "black-thursday",
      prices: "p.csv",
      book: "b.csv",
      lenders: 12,
      borrowers: 34,
      cover: 0.025,
      keepersOffline: ["10:15..12:30", "13T01:40..02:25"],
      seed: 7,
      json,
      report,
    });
  });

  it("says when own prices get absences of keepers, and how to leave them out", () => {
    expect(HELP).to.contain("12–13 March 2020").and.to.contain('"none" leaves them out');
  });

  it("names every option in the help", () => {
    for (const option of ["scenario", "prices", "book", "lenders", "borrowers", "cover", "keepers-offline", "seed"]) {
      expect(HELP).to.contain(`--${option}`);
    }
    for (const option of ["json", "report", "help"]) expect(HELP).to.contain(`--${option}`);
  });

  const refused: [argv: string[], message: string][] = [
    [["--speed", "3"], "--speed is not an option: see --help for the list"],
    [["-x"], "-x is not an option: see --help for the list"],
    [["now"], "now is not an option: see --help for the list"],
    [["--prices", ""], "--prices needs the name of a file"],
    [["--book="], "--book needs the name of a file"],
    [["--report", ""], "--report needs the name of a file"],
    [["--json", "out.x", "--report", "./out.x"], "--report ./out.x: --json has the same file, name another"],
    [["--json"], "--json needs a value: see --help"],
    [["--json", "--report"], "--json needs a value: see --help"],
    [["--help=yes"], "--help takes no value: leave it out"],
    [["--lenders", "2"], "--lenders 2: give a whole number from 3 to 1000"],
    [["--lenders", "many"], "--lenders many: give a whole number from 3 to 1000"],
    [["--lenders", "-5"], "--lenders needs a value: see --help"],
    [["--borrowers", "0"], "--borrowers 0: give a whole number from 1 to 1000"],
    [["--borrowers", "1e3"], "--borrowers 1e3: give a whole number from 1 to 1000"],
    [["--cover", "101"], "--cover 101: give a percentage from 0 to 100"],
    [["--cover", "some"], "--cover some: give a percentage from 0 to 100"],
    [["--seed", "4294967296"], "--seed 4294967296: give a whole number from 0 to 4294967295"],
    [["--scenario", "flood"], "--scenario flood: choose one of black-thursday, depeg, collapse"],
    [["--scenario", "toString"], "--scenario toString: choose one of black-thursday, depeg, collapse"],
    [["--scenario", "depeg", "--prices", "p.csv"], "--scenario and --prices exclude each other: give one of them"],
    [["--json", ""], "--json needs the name of a file"],
    [["--json", "no/such/folder/out.json"], "--json no/such/folder/out.json: create the folder no/such/folder first"],
    [["--report", tmpdir()], `--report ${tmpdir()}: that is a folder, name a file in it`],
  ];
  for (const [argv, message] of refused) {
    it(`refuses ${argv.join(" ")}`, () => {
      expect(() => parseOptions(argv))
        .to.throw(InputError)
        .with.property("message", message);
    });
  }
});
