import { basename } from "node:path";

import { formatSpan, formatTime } from "./format";
import type { Scenario, Step, Window } from "./types";
import { isWithin } from "./windows";

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Between two levels at least an hour apart the price follows a straight line in steps of this length. */
const INTERPOLATION = 15 * MINUTE;

/** More steps than this and a long file would take minutes without telling anything new. */
const MAX_STEPS = 400;

type Level = readonly [time: string, price: number];

const utc = (time: string) => Date.parse(`${time}Z`) / 1000;
const window = (from: string, to: string): Window => ({ from: utc(from), to: utc(to) });

/** Levels less than an hour apart are taken as they stand: an oracle holds its last answer until it posts the next. */
function interpolate(levels: readonly Level[]): Step[] {
  const steps: Step[] = [];
  levels.forEach(([text, price], i) => {
    const time = utc(text);
    steps.push({ time, price });
    if (i + 1 === levels.length) return;
    const [nextText, nextPrice] = levels[i + 1];
    const gap = utc(nextText) - time;
    if (gap < HOUR) return;
    const first = Math.floor(time / INTERPOLATION) * INTERPOLATION + INTERPOLATION;
    for (let at = first; at < time + gap; at += INTERPOLATION) {
      const exact = price + ((nextPrice - price) * (at - time)) / gap;
      steps.push({ time: at, price: Number(exact.toPrecision(6)) });
    }
  });
  return steps;
}

const NOTE_LEVELS =
  "Straight lines in steps of 15 minutes between levels an hour or more apart; closer levels are steps.";

/** The bundled crashes. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "black-thursday": {
    name: "black-thursday",
    title: "Black Thursday, 12–13 March 2020",
    story:
      "Ether falls from $195 to $86 in a day. The network is congested, and twice the keepers are cut off while the price falls on.",
    collateral: "ETH",
    loan: "USD",
    steps: interpolate([
      ["2020-03-12T00:00", 195],
      ["2020-03-12T07:00", 173],
      ["2020-03-12T10:00", 168],
      ["2020-03-12T11:00", 140],
      ["2020-03-12T15:00", 137],
      ["2020-03-12T18:00", 142],
      ["2020-03-12T21:00", 129],
      ["2020-03-12T23:00", 125],
      ["2020-03-13T00:00", 112],
      ["2020-03-13T01:30", 107],
      ["2020-03-13T02:00", 96],
      ["2020-03-13T02:15", 86],
      ["2020-03-13T02:30", 103],
      ["2020-03-13T02:40", 119],
      ["2020-03-13T04:00", 120],
      ["2020-03-13T08:00", 131],
      ["2020-03-13T14:00", 134],
    ]),
    keepersOffline: [window("2020-03-12T10:15", "2020-03-12T12:30"), window("2020-03-13T01:40", "2020-03-13T02:25")],
    noBids: [],
    cover: 0.003,
    notes: [
      NOTE_LEVELS,
      "Cover is thin on purpose, so that the loss reaches lenders: see --cover 3 for a pool with the usual cover.",
    ],
  },
  depeg: {
    name: "depeg",
    title: "A stablecoin loses its peg and finds it again",
    story:
      "A dollar stablecoin falls to 87 cents over a weekend. Nobody bids for it, so what the lenders can see as lost is written down at once; when the reserves turn out to be whole, the price recovers and the written-off debt is refinanced.",
    collateral: "PEGUSD",
    loan: "USD",
    steps: interpolate([
      ["2023-03-10T18:00", 1],
      ["2023-03-11T00:00", 0.998],
      ["2023-03-11T02:00", 0.984],
      ["2023-03-11T04:00", 0.955],
      ["2023-03-11T06:00", 0.908],
      ["2023-03-11T07:30", 0.871],
      ["2023-03-11T10:00", 0.894],
      ["2023-03-11T13:00", 0.912],
      ["2023-03-11T17:00", 0.938],
      ["2023-03-12T03:00", 0.955],
      ["2023-03-12T14:00", 0.968],
      ["2023-03-12T22:00", 0.986],
      ["2023-03-13T04:00", 0.997],
      ["2023-03-13T12:00", 1],
    ]),
    keepersOffline: [],
    noBids: [window("2023-03-11T02:00", "2023-03-12T22:00")],
    lltv: 0.94,
    cover: 0.005,
    notes: [NOTE_LEVELS],
  },
  collapse: {
    name: "collapse",
    title: "A collateral goes to zero",
    story:
      "An algorithmic token loses everything in four days. Twice its chain halts while it falls; what the first halt leaves behind empties the insurance fund and reaches the lenders.",
    collateral: "ALGO",
    loan: "USD",
    steps: interpolate([
      ["2022-05-09T00:00", 64],
      ["2022-05-09T12:00", 61],
      ["2022-05-10T00:00", 31],
      ["2022-05-10T12:00", 33],
      ["2022-05-11T00:00", 17.5],
      ["2022-05-11T06:00", 6.2],
      ["2022-05-11T12:00", 3.1],
      ["2022-05-12T00:00", 1.1],
      ["2022-05-12T06:00", 0.11],
      ["2022-05-12T12:00", 0.011],
      ["2022-05-12T18:00", 0.0004],
      ["2022-05-13T00:00", 0.0001],
    ]),
    keepersOffline: [window("2022-05-09T15:00", "2022-05-10T00:30"), window("2022-05-11T00:30", "2022-05-11T12:00")],
    noBids: [],
    cover: 0.03,
    notes: [NOTE_LEVELS],
  },
};

/** A step at each instant at which keepers come or go, so that they are back on time even between two prices. */
export function withWindowSteps(steps: readonly Step[], windows: readonly Window[]): Step[] {
  const [first, last] = [steps[0], steps[steps.length - 1]];
  const result = [...steps];
  for (const time of windows.flatMap(({ from, to }) => [from, to])) {
    if (time <= first.time || time >= last.time || result.some((step) => step.time === time)) continue;
    const next = result.findIndex((step) => step.time > time);
    result.splice(next, 0, { time, price: result[next - 1].price });
  }
  return result;
}

/** Indices of the turning points of at least `move`, and of every move of that size on the way between them. */
function swings(steps: readonly Step[], move: number): Set<number> {
  const turns = [0];
  let [low, high, rising] = [0, 0, true];
  steps.forEach(({ price }, i) => {
    if (price < steps[low].price) low = i;
    if (price > steps[high].price) high = i;
    const undecided = turns.length === 1;
    if ((undecided || rising) && price <= steps[high].price * (1 - move)) {
      turns.push(high);
      [low, high, rising] = [i, i, false];
    } else if ((undecided || !rising) && price >= steps[low].price * (1 + move)) {
      turns.push(low);
      [low, high, rising] = [i, i, true];
    }
  });
  turns.push(rising ? high : low, steps.length - 1);

  const kept = new Set(turns);
  let reference = steps[0].price;
  steps.forEach(({ price }, i) => {
    if (!kept.has(i) && Math.abs(price / reference - 1) < move) return;
    kept.add(i);
    reference = price;
  });
  return kept;
}

/**
 * Indices at which the price is lower than ever since the keepers last came back: only there can an account that they
 * left healthy have become unhealthy by the price.
 */
function newLows(steps: readonly Step[], move: number, offline: readonly Window[]): number[] {
  let lowest = Infinity;
  return steps.flatMap(({ time, price }, i) => {
    const returned = i > 0 && isWithin(steps[i - 1].time, offline) && !isWithin(time, offline);
    if (!returned && price > lowest * (1 - move)) return [];
    lowest = price;
    return [i];
  });
}

/**
 * Thins a long path to what moves a pool: every turning point and every move of some size, and every new low in steps
 * ten times finer. The size is the smallest that leaves `limit` steps.
 */
export function thin(steps: Step[], offline: readonly Window[], limit = MAX_STEPS): { steps: Step[]; move: number } {
  const edges = new Set(offline.flatMap(({ from, to }) => [from, to]));
  const keep = (move: number) => {
    const kept = swings(steps, move);
    for (const i of newLows(steps, move / 10, offline)) kept.add(i);
    return steps.filter(({ time }, i) => kept.has(i) || edges.has(time));
  };
  if (steps.length <= limit) return { steps, move: 0 };
  let [low, high] = [0, 1];
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (keep(middle).length > limit) low = middle;
    else high = middle;
  }
  return { steps: keep(high), move: high };
}

/** Of so many prices during an absence one can tell what it did. */
const FINE = 2;

/**
 * Someone's own prices. Keepers are always there, but for the absences of Black Thursday, of which history does not
 * depend on whose prices they are: they hold where the prices span them and are finer than they are long.
 */
export function scenarioFromPrices(file: string, steps: Step[], notes: readonly string[] = []): Scenario {
  const [first, last] = [steps[0], steps[steps.length - 1]];
  const keepersOffline = SCENARIOS["black-thursday"].keepersOffline.filter(
    ({ from, to }) =>
      first.time <= from && to <= last.time && steps.filter(({ time }) => from <= time && time < to).length >= FINE,
  );
  return {
    name: basename(file).replace(/\.[^.]*$/, ""),
    title: `Prices of ${basename(file)}`,
    story: `${steps.length.toLocaleString("en-US")} prices, from ${first.price} to ${last.price}.`,
    collateral: "COLL",
    loan: "USD",
    steps,
    keepersOffline,
    noBids: [],
    cover: 0.001,
    notes: [...notes],
  };
}

/** Tells whoever gave prices, and no absences, of those that they get. */
export function absenceNote({ keepersOffline }: Scenario): string {
  const spans = keepersOffline.map(({ from, to }) => formatSpan(from, to, formatTime)).join(" and ");
  return `The prices span Black Thursday: the keepers are away ${spans}, as they were then. Leave that out with --keepers-offline none.`;
}

/** The scenario as it will be replayed: keepers' absences in place, long paths thinned. */
export function prepare(scenario: Scenario, keepersOffline = scenario.keepersOffline): Scenario {
  const complete = withWindowSteps(scenario.steps, [...keepersOffline, ...scenario.noBids]);
  const { steps, move } = thin(complete, [...keepersOffline, ...scenario.noBids]);
  const notes = [...scenario.notes];
  if (steps.length < complete.length) {
    const percent = (100 * move).toPrecision(2);
    notes.push(
      `${scenario.steps.length.toLocaleString("en-US")} prices thinned to ${steps.length} steps: every turning point and every move of ${percent} % or more is kept, and new lows ten times finer.`,
    );
  }
  return { ...scenario, keepersOffline, steps, notes };
}
