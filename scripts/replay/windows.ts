import { InputError } from "../lib/errors";
import { parseIso } from "./time";
import type { Window } from "./types";

const DAY = 86_400;
const CLOCK = /^(?:(\d{2})T)?([01]\d|2[0-3]):([0-5]\d)$/;
const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * The first moment at or after `earliest` that `text` names: a date, a time of day, or a time on a day of the month.
 */
function resolve(text: string, earliest: number): number | undefined {
  if (ISO.test(text)) {
    const time = parseIso(text);
    return Number.isNaN(time) ? undefined : time;
  }
  const clock = CLOCK.exec(text);
  if (!clock) return undefined;
  const [, day, hours, minutes] = clock;
  const midnight = Math.floor(earliest / DAY) * DAY;
  const ofDay = Number(hours) * 3600 + Number(minutes) * 60;
  // Any day of the month comes round within two months.
  for (let i = 0; i <= 62; i++) {
    const time = midnight + i * DAY + ofDay;
    if (time < earliest) continue;
    if (day === undefined || new Date(time * 1000).getUTCDate() === Number(day)) return time;
  }
  return undefined;
}

/**
 * Reads `FROM..TO`. Each end is an ISO 8601 date or time (UTC unless it says otherwise), `HH:MM` or `DDTHH:MM`; the
 * short forms mean the first such moment of the replay, for TO the first one after FROM.
 * @throws InputError if it cannot be read, ends before it starts, or lies outside the replay.
 */
export function parseWindow(text: string, replay: Window): Window {
  const option = `--keepers-offline ${text}`;
  const ends = text.split("..");
  const [fromText, toText] = ends;
  const from = fromText && resolve(fromText, replay.from);
  const to = toText && from && resolve(toText, from + 1);
  if (ends.length !== 2 || !from || !to) {
    throw new InputError(`${option}: write FROM..TO, each as 2020-03-12T10:15, as 10:15 or as 13T01:40 (UTC)`);
  }
  if (to <= from) throw new InputError(`${option}: give an end that is after the start`);
  if (to <= replay.from || from > replay.to) {
    const span = [replay.from, replay.to].map((time) => new Date(time * 1000).toISOString().slice(0, 16)).join(" to ");
    throw new InputError(`${option}: give times within the replay, which runs from ${span} UTC`);
  }
  return { from, to };
}

/**
 * Reads what `--keepers-offline` was given, `none` for keepers that are always there.
 * @returns The absences; undefined if nothing was given.
 * @throws InputError as `parseWindow` does, and for `none` beside others.
 */
export function parseWindows(texts: readonly string[], replay: Window): Window[] | undefined {
  if (!texts.length) return undefined;
  if (!texts.includes("none")) return texts.map((text) => parseWindow(text, replay));
  if (texts.length > 1) throw new InputError("--keepers-offline none: give no other --keepers-offline beside it");
  return [];
}

export function isWithin(time: number, windows: readonly Window[]): boolean {
  return windows.some(({ from, to }) => from <= time && time < to);
}
