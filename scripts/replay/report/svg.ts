import type { Window } from "../types";

/** Series as inline SVG, drawn once for a desktop and once for a phone, so that its text has one size on both. */

export interface Series {
  name: string;
  /** A CSS colour, here always a variable that follows the colour scheme. */
  colour: string;
  values: readonly number[];
  dashed?: boolean;
  filled?: boolean;
}

/** A dot on the plot. */
export interface Mark {
  /** Where on the horizontal axis. */
  at: number;
  value: number;
  colour: string;
  /** Radius in pixels. */
  radius: number;
  /** A flag above the plot, for what must not be overlooked. */
  label?: string;
}

export interface Chart {
  id: string;
  title: string;
  /** One sentence for those who do not see the plot. */
  description: string;
  series: readonly Series[];
  marks?: readonly Mark[];
  bands?: readonly Window[];
  percent?: boolean;
  /** Of the values, where they are no shares. */
  unit?: string;
  /** What to write above flags that are too close for a name each, or above a single one. */
  flag?: (labels: readonly string[]) => string;
  /** Values that the axis must include. */
  include?: readonly number[];
}

/** The horizontal axis of a plot, in time or in price. */
export interface Axis {
  /** Where the series have their values, rising. */
  values: readonly number[];
  /** Maps what is on the axis to fractions of the plot's width. */
  scale: (value: number) => number;
  /** What holds from one value to the next is drawn as a step, else as a straight line. */
  stepped: boolean;
  /** About this many labels, rising. */
  ticks: (count: number) => { at: number; text: string }[];
  /** Where the axis breaks off, to go on with another scale; and what is written there and at its end. */
  rest?: { from: number; name: string; end: string };
  /** Of what is on the axis. */
  unit?: string;
}

interface Frame {
  name: "wide" | "narrow";
  width: number;
  height: number;
  left: number;
  right: number;
  bottom: number;
  ticks: number;
}

const FRAMES: readonly Frame[] = [
  { name: "wide", width: 960, height: 300, left: 68, right: 16, bottom: 28, ticks: 8 },
  { name: "narrow", width: 350, height: 230, left: 54, right: 10, bottom: 28, ticks: 4 },
];

/** Room above the plot, with and without flags. */
const FLAGS = 26;
const PLAIN = 8;

/** Of the text on a plot, in pixels: of a line, of a letter on average, of a capital, and what is to be left between two labels. */
const LINE = 16;
const LETTER = 6.8;
const CAPITAL = 8;
const SPACE = 8;

/** Flags closer than this would make a solid block. */
const FLAG_GAP = 4;

/** The crash takes this much of the width, however long the aftermath lasts. */
const CRASH_WIDTH = 0.78;
const GAP = 0.02;

const STEPS_OF_TIME = [900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800].concat(
  [1, 2, 3, 6, 12, 24].map((months) => months * 2_629_800),
);

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Two scales side by side: the crash, and from `end` on the aftermath. */
export function timeAxis(times: readonly number[], end: number): Axis {
  const [start, last] = [times[0], times[times.length - 1]];
  const aftermath = last > end;
  const crash = aftermath ? CRASH_WIDTH : 1;
  return {
    values: times,
    scale: (time) =>
      time <= end
        ? (crash * (time - start)) / (end - start)
        : crash + GAP + ((1 - crash - GAP) * (time - end)) / (last - end),
    stepped: true,
    ticks: (count) => timeTicks(start, end, count).map((at) => ({ at, text: timeLabel(at, end - start) })),
    ...(aftermath && { rest: { from: end, name: "aftermath", end: `+${Math.round((last - end) / 86_400)} days` } }),
  };
}

export function priceAxis(prices: readonly number[], unit: string): Axis {
  const [low, high] = [prices[0], prices[prices.length - 1]];
  return {
    values: prices,
    unit,
    scale: (price) => (price - low) / (high - low),
    stepped: false,
    ticks: (count) => {
      const ticks = niceTicks(low, high, count);
      const step = ticks[1] - ticks[0];
      const inside = ticks.filter((at) => at >= low && at <= high);
      return inside.map((at) => ({ at, text: tickLabel(at, step) }));
    },
  };
}

/** About `count` round values that cover [low, high]. */
function niceTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (([1, 2, 2.5, 5, 10] as const).find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Just as many decimals as the distance between ticks needs. */
function tickLabel(value: number, step: number, percent = false): string {
  const [shown, distance] = percent ? [100 * value, 100 * step] : [value, step];
  const digits = Math.max(0, 1 - Math.floor(Math.log10(distance) + 1e-9));
  const text = shown.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const trimmed =
    digits && Number.isInteger(Number((distance * 10 ** (digits - 1)).toFixed(6))) ? text.slice(0, -1) : text;
  return trimmed.replace(/\.$/, "") + (percent ? " %" : "");
}

function timeTicks(start: number, end: number, count: number): number[] {
  const step = STEPS_OF_TIME.find((candidate) => (end - start) / candidate <= count) ?? (end - start) / count;
  const ticks: number[] = [];
  for (let time = Math.ceil(start / step) * step; time <= end; time += step) ticks.push(time);
  return ticks;
}

function timeLabel(time: number, span: number): string {
  const date = new Date(time * 1000);
  const text = date.toUTCString(); // Thu, 12 Mar 2020 10:15:00 GMT
  const day = text.slice(5, 11).replace(/^0/, "");
  if (span > 400 * 86_400) return text.slice(8, 16);
  if (span > 4 * 86_400 || (date.getUTCHours() === 0 && date.getUTCMinutes() === 0)) return day;
  return text.slice(17, 22);
}

/** A line up from each mark, and a name above it, or one above those that are too close for a name each. */
function drawFlags(
  { unit = "", flag = (labels) => labels.join(", ") }: Chart,
  { left, right, width }: Frame,
  top: number,
  marks: readonly (Mark & { x: number; y: number })[],
): string[] {
  const free = unit ? CAPITAL * unit.length + SPACE : 0;
  const nameOf = (group: typeof marks) => {
    const text = flag(group.map(({ label }) => label!));
    const half = (LETTER * text.length) / 2;
    const centre = (group[0].x + group[group.length - 1].x) / 2;
    const middle = Math.min(Math.max(centre, Math.max(left, free) + half), width - right - half);
    return { text, middle, from: middle - half, to: middle + half + SPACE };
  };
  const groups: (Mark & { x: number; y: number })[][] = [];
  for (const mark of [...marks].sort((a, b) => a.x - b.x)) {
    groups.push([mark]);
    // A group takes in the one before it until their names stand apart.
    while (groups.length > 1 && nameOf(groups[groups.length - 1]).from < nameOf(groups[groups.length - 2]).to) {
      const last = groups.pop()!;
      groups[groups.length - 1].push(...last);
    }
  }
  return groups.flatMap((group) => {
    const { text, middle } = nameOf(group);
    let lineFrom = -Infinity;
    const lines = group.flatMap(({ x, y, colour }) => {
      if (x < lineFrom) return [];
      lineFrom = x + FLAG_GAP;
      return [
        `<line style="stroke:${colour}" class="flag" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${top}" y2="${y.toFixed(1)}"/>`,
      ];
    });
    return [
      ...lines,
      `<text class="flag-label" x="${middle.toFixed(1)}" y="${top - 8}" text-anchor="middle">${escape(text)}</text>`,
    ];
  });
}

/** A chart in its frame: where on the picture a place and a value are, and the edges of the plot. */
interface Plot {
  chart: Chart;
  frame: Frame;
  axis: Axis;
  /** Values at which the plot has a line across, a step apart. */
  ticks: readonly number[];
  step: number;
  x: (place: number) => number;
  y: (value: number) => number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** The part of the axis before it breaks off. */
  start: number;
  end: number;
}

const at = (pixels: number) => pixels.toFixed(1);

function plotOf(chart: Chart, frame: Frame, axis: Axis): Plot {
  const { values: places, rest } = axis;
  const [left, right] = [frame.left, frame.width - frame.right];
  const top = chart.marks || chart.unit ? FLAGS : PLAIN;
  const bottom = frame.height - frame.bottom - (axis.unit ? LINE : 0);

  const all = [...chart.series.flatMap(({ values }) => values), ...(chart.include ?? [])];
  const [min, max] = all.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [
    Infinity,
    -Infinity,
  ] as [number, number]);
  const pad = max === min ? Math.abs(max) / 100 || 1 : 0;
  const ticks = niceTicks(min - pad, max + pad, 4);
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  return {
    ...{ chart, frame, axis, ticks, left, right, top, bottom },
    step: ticks[1] - ticks[0],
    x: (place) => left + axis.scale(place) * (right - left),
    y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
    start: places[0],
    end: rest?.from ?? places[places.length - 1],
  };
}

function drawBands({ chart, x, top, bottom, start, end }: Plot): string[] {
  return (chart.bands ?? []).map(({ from, to }) => {
    const [x0, x1] = [x(Math.max(from, start)), x(Math.min(to, end))];
    return `<rect class="band" x="${at(x0)}" y="${top}" width="${at(Math.max(x1 - x0, 1))}" height="${bottom - top}"/>`;
  });
}

function drawValues({ chart, ticks, step, y, left, right, top }: Plot): string[] {
  const lines = ticks.flatMap((tick) => [
    `<line class="grid" x1="${left}" x2="${right}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>`,
    `<text class="tick" x="${left - 8}" y="${at(y(tick) + 4)}" text-anchor="end">${tickLabel(tick, step, chart.percent)}</text>`,
  ]);
  return chart.unit ? [...lines, `<text class="tick" x="0" y="${top - 14}">${escape(chart.unit)}</text>`] : lines;
}

/** The labels below, as many as have room beside each other, and where the axis breaks off. */
function drawAxis({ frame, axis, x, left, right, top, bottom, end }: Plot): string[] {
  const { rest, unit } = axis;
  const wide = frame.name === "wide";
  const below = bottom + 18;
  const parts: string[] = [];
  if (unit) parts.push(`<text class="tick" x="${right}" y="${below + LINE}" text-anchor="end">${escape(unit)}</text>`);

  const widthOf = (text: string) => LETTER * text.length;
  const endOfTicks = !rest ? frame.width : wide ? x(end) : right - widthOf(rest.end) - SPACE;
  let tickFrom = 0;
  for (const tick of axis.ticks(frame.ticks)) {
    const place = x(tick.at);
    const half = widthOf(tick.text) / 2;
    const anchor = place < left + 12 ? "start" : "middle";
    const from = anchor === "start" ? place : place - half;
    if (from < tickFrom || from + 2 * half > endOfTicks) continue;
    tickFrom = from + 2 * half + SPACE;
    parts.push(`<text class="tick" x="${at(place)}" y="${below}" text-anchor="${anchor}">${tick.text}</text>`);
  }
  if (rest) {
    const divide = (x(end) + x(end + 1e-6)) / 2;
    parts.push(
      `<line class="divide" x1="${at(divide)}" x2="${at(divide)}" y1="${top}" y2="${bottom + 6}"/>`,
      `<text class="tick" x="${right}" y="${below}" text-anchor="end">${rest.end}</text>`,
      ...(wide ? [`<text class="tick" x="${at(divide + 8)}" y="${below}">${rest.name}</text>`] : []),
    );
  }
  return parts;
}

function drawSeries({ chart, axis, x, y, bottom, start }: Plot): string[] {
  return chart.series.flatMap(({ colour, values, dashed, filled }) => {
    const path = values
      .map((value, i) => {
        const [px, py] = [at(x(axis.values[i])), at(y(value))];
        if (i === 0) return `M${px} ${py}`;
        return axis.stepped ? `H${px}V${py}` : `L${px} ${py}`;
      })
      .join("");
    const line = `<path d="${path}" style="stroke:${colour}" class="line${dashed ? " dashed" : ""}"/>`;
    const closed = `${path}V${bottom}H${at(x(start))}Z`;
    return filled ? [`<path d="${closed}" style="fill:${colour}" class="area" stroke="none"/>`, line] : [line];
  });
}

function drawMarks({ chart, frame, x, y, top }: Plot): string[] {
  const marks = (chart.marks ?? []).map((mark) => ({ ...mark, x: x(mark.at), y: y(mark.value) }));
  return [
    ...drawFlags(
      chart,
      frame,
      top,
      marks.filter(({ label }) => label),
    ),
    ...marks.map(
      (mark) =>
        `<circle cx="${at(mark.x)}" cy="${at(mark.y)}" r="${at(mark.radius)}" style="fill:${mark.colour}" class="mark"/>`,
    ),
  ];
}

function draw(chart: Chart, frame: Frame, axis: Axis): string {
  const plot = plotOf(chart, frame, axis);
  const { left, right, top, bottom } = plot;
  const id = `${chart.id}-${frame.name}`;
  const parts = [
    `<title id="${id}-t">${escape(chart.title)}</title><desc id="${id}-d">${escape(chart.description)}</desc>`,
    ...drawBands(plot),
    ...drawValues(plot),
    ...drawAxis(plot),
    ...drawSeries(plot),
    ...drawMarks(plot),
    `<line class="cursor" y1="${top}" y2="${bottom}" x1="0" x2="0"/>`,
  ];
  return `<svg class="${frame.name}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-labelledby="${id}-t ${id}-d" data-left="${left}" data-span="${right - left}">${parts.join("")}</svg>`;
}

export function drawChart(chart: Chart, axis: Axis): string {
  return FRAMES.map((frame) => draw(chart, frame, axis)).join("");
}
