/** Plots with what surrounds them: a legend, and a line for what the cursor points at. */
import { formatPercent, formatPrice, timeFormat } from "../format";
import type { Point, Trace } from "../types";
import { colourOf } from "./page";
import { drawChart, escape, priceAxis, timeAxis, type Axis, type Chart } from "./svg";

/** What a sign on a plot means. */
export interface Key {
  name: string;
  colour: string;
  shape?: "dot" | "dash" | "area-key" | "divide";
}

/** The horizontal axes of the page: plots that share one show the cursor at the same place. */
export type Axes = Record<"time" | "price", Axis>;

/** A chart and its place on the page. */
export interface Plot extends Chart {
  axis: keyof Axes;
  /** Beside those of the series, which every legend has. */
  keys?: readonly Key[];
}

/** When the scenario's prices end and the aftermath begins. */
export function endOfCrash(points: readonly Point[]): number {
  return points.filter(({ aftermath }) => !aftermath).at(-1)!.time;
}

export function axesOf({ scenario, points, depth }: Trace): Axes {
  const times = points.map(({ time }) => time);
  return {
    time: timeAxis(times, endOfCrash(points)),
    price: priceAxis(
      depth.first.curve.map(({ price }) => price),
      `${scenario.loan} per ${scenario.collateral}`,
    ),
  };
}

const HINT = "Point at the plot, touch it or use the arrow keys to read its values.";

export function figure(plot: Plot, axes: Axes): string {
  const lines = plot.series.map(({ name, colour, dashed }): Key => ({
    name,
    colour,
    ...(dashed && { shape: "dash" }),
  }));
  const axis = axes[plot.axis];
  const rest: Key[] = axis.rest
    ? [{ name: `${axis.rest.name}, on a scale of its own`, colour: colourOf("soft"), shape: "divide" }]
    : [];
  const keys = legend([...lines, ...(plot.keys ?? []), ...rest]);
  return `<figure data-chart="${plot.id}" data-axis="${plot.axis}" tabindex="0" aria-label="${escape(plot.title)}: the arrow keys read its values">${keys}<div class="readout">${HINT}</div>${drawChart(plot, axis)}</figure>`;
}

function legend(keys: readonly Key[]): string {
  const items = keys.map(
    ({ name, colour, shape }) => `<li><i class="${shape ?? ""}" style="--key:${colour}"></i>${escape(name)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

/** What the page's script needs: where the values of each axis are, and every value as text. */
export function cursorData(plots: readonly Plot[], axes: Axes, { points }: Trace) {
  const placesOf = ({ values, scale }: Axis, label: (value: number) => string) => ({
    places: values.map((value) => Number(scale(value).toFixed(5))),
    labels: values.map(label),
  });
  const textsOf = ({ series, percent }: Plot) =>
    series.map(({ name, values }) => ({ name, values: values.map(percent ? formatPercent : formatPrice) }));
  return {
    axes: { time: placesOf(axes.time, timeFormat(points)), price: placesOf(axes.price, formatPrice) },
    charts: Object.fromEntries(plots.map((plot) => [plot.id, textsOf(plot)])),
  };
}
