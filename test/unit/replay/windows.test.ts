import { expect } from "chai";

import { InputError } from "../../../scripts/lib/errors";
import { isWithin, parseWindow, parseWindows } from "../../../scripts/replay/windows";

const at = (time: string) => Date.parse(time) / 1000;
const REPLAY = { from: at("2020-03-12T00:00Z"), to: at("2020-03-13T14:00Z") };

describe("replay: keepers' absences", () => {
  const read: [text: string, from: string, to: string][] = [
    ["2020-03-12T10:15..2020-03-12T12:30", "2020-03-12T10:15Z", "2020-03-12T12:30Z"],
    ["2020-03-12T10:15:30Z..2020-03-12T12:30+01:00", "2020-03-12T10:15:30Z", "2020-03-12T11:30Z"],
    ["2020-03-12..2020-03-13", "2020-03-12T00:00Z", "2020-03-13T00:00Z"],
    ["10:15..12:30", "2020-03-12T10:15Z", "2020-03-12T12:30Z"],
    ["00:00..00:10", "2020-03-12T00:00Z", "2020-03-12T00:10Z"],
    ["23:30..01:00", "2020-03-12T23:30Z", "2020-03-13T01:00Z"],
    ["13T01:40..13T02:25", "2020-03-13T01:40Z", "2020-03-13T02:25Z"],
    ["13T01:40..02:25", "2020-03-13T01:40Z", "2020-03-13T02:25Z"],
    ["10:15..2020-03-20", "2020-03-12T10:15Z", "2020-03-20T00:00Z"],
  ];
  for (const [text, from, to] of read) {
    it(`reads ${text}`, () => expect(parseWindow(text, REPLAY)).to.deep.equal({ from: at(from), to: at(to) }));
  }

  it("takes a time of day as the first one of the replay", () => {
    const replay = { from: at("2020-03-12T18:00Z"), to: at("2020-03-14T00:00Z") };
    expect(parseWindow("10:15..12:30", replay).from).to.equal(at("2020-03-13T10:15Z"));
  });

  for (const text of [
    "",
    "10:15",
    "10:15-12:30",
    "10:15..",
    "25:00..26:00",
    "2020-13-45..2020-14-01",
    "2020-02-30..2020-03-13",
    "1..2..3",
  ]) {
    it(`refuses "${text}"`, () => {
      expect(() => parseWindow(text, REPLAY)).to.throw(InputError, /write FROM\.\.TO/);
    });
  }

  it("refuses an end before the start, and times outside the replay", () => {
    expect(() => parseWindow("2020-03-12T10:00..2020-03-12T09:00", REPLAY)).to.throw(InputError, /after the start/);
    expect(() => parseWindow("2021-03-12T10:00..2021-03-12T11:00", REPLAY)).to.throw(
      InputError,
      "which runs from 2020-03-12T00:00 to 2020-03-13T14:00 UTC",
    );
  });

  it("reads several, none, and nothing", () => {
    expect(parseWindows(["10:15..12:30", "13T01:40..02:25"], REPLAY)).to.have.length(2);
    expect(parseWindows(["none"], REPLAY)).to.deep.equal([]);
    expect(parseWindows([], REPLAY)).to.equal(undefined);
    expect(() => parseWindows(["none", "10:15..12:30"], REPLAY)).to.throw(InputError, "give no other");
  });

  it("includes the start of a window and excludes its end", () => {
    const windows = [{ from: 10, to: 20 }];
    expect([9, 10, 19, 20].map((time) => isWithin(time, windows))).to.deep.equal([false, true, true, false]);
  });
});
