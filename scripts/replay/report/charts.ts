/** What each plot of the page shows of a replay. */
import { FixedPoint } from "../../../sdk";
import { amountFormat, formatCount, formatPercent, formatPrice, ratio, toNumber } from "../format";
import type { Depth, DepthAt, Trace } from "../types";
import type { Key, Plot } from "./figure";
import { colourOf } from "./page";
import type { Mark, Series } from "./svg";

/** Radii in pixels: of the largest and the smallest liquidation, and of everything that has no size. */
const MAX_DOT = 11;
const MIN_DOT = 2;
const DOT = 5;

const line = (name: string, colour: string, values: number[], more: Partial<Series> = {}): Series => ({
  name,
  colour: colourOf(colour),
  values,
  ...more,
});

export function priceChart({ scenario, points, liquidations, losses }: Trace): Plot {
  const prices = points.map(({ price }) => price);
  const lowest = Math.min(...points.filter(({ aftermath }) => !aftermath).map(({ price }) => price));
  const largest = liquidations.reduce((most, { repaid }) => FixedPoint.max(most, repaid), 1n);
  const liquidated = liquidations.map(({ time, price, repaid }): Mark => ({
    at: time,
    value: price,
    colour: colourOf("reserve"),
    radius: Math.max(MIN_DOT, MAX_DOT * Math.sqrt(ratio(repaid, largest))),
  }));
  const lost = losses.map(({ id, time, price }): Mark => ({
    at: time,
    value: price,
    colour: colourOf("principal"),
    radius: DOT,
    label: String(id),
  }));
  const dot = (name: string, colour: string): Key => ({ name, colour: colourOf(colour), shape: "dot" });
  const band = (name: string): Key => ({ name, colour: colourOf("band"), shape: "area-key" });
  return {
    id: "price",
    axis: "time",
    title: `Price of ${scenario.collateral} in ${scenario.loan}`,
    description: `From ${formatPrice(prices[0])} to a low of ${formatPrice(lowest)}; ${formatCount(liquidations.length, "liquidation")} and ${formatCount(losses.length, "loss", "losses")} are marked.`,
    series: [line("Price", "price", prices)],
    marks: [...liquidated, ...lost],
    bands: [...scenario.keepersOffline, ...scenario.noBids],
    flag: (ids) => (ids.length === 1 ? `loss ${ids[0]}` : `losses ${ids[0]}–${ids[ids.length - 1]}`),
    unit: `${scenario.loan} per ${scenario.collateral}`,
    keys: [
      ...(liquidations.length ? [dot("liquidation, by size", "reserve")] : []),
      ...(losses.length ? [dot("loss written down", "principal")] : []),
      ...(scenario.keepersOffline.length ? [band("keepers away")] : []),
      ...(scenario.noBids.length ? [band("nobody bids for collateral")] : []),
    ],
  };
}

export function shareChart({ scenario, points }: Trace): Plot {
  const last = points[points.length - 1];
  const [values, prices] = [points.map(({ shareValue }) => shareValue), points.map(({ sharePrice }) => sharePrice)];
  const putIn = points.map(() => 1);
  return {
    id: "share",
    axis: "time",
    title: "Share price, with and without claims",
    description: `A share that was worth 1 at the first step is worth ${last.sharePrice.toFixed(5)} at the end, ${last.shareValue.toFixed(5)} with its claims.`,
    series: [
      line("Share price with claims", "value", values),
      line("Share price", "principal", prices),
      line("Principal put in", "soft", putIn, { dashed: true }),
    ],
    bands: scenario.keepersOffline,
  };
}

export function utilisationChart({ scenario, points }: Trace): Plot {
  const values = points.map(({ utilisation }) => utilisation);
  return {
    id: "utilisation",
    axis: "time",
    title: "Utilisation",
    description: `Share of the lenders' assets that is lent: ${formatPercent(values[0])} at first, ${formatPercent(values[values.length - 1])} at the end.`,
    series: [line("Utilisation", "reserve", values, { filled: true })],
    bands: scenario.keepersOffline,
    include: [0, 1],
    percent: true,
  };
}

export function coverageChart({ scenario, points }: Trace): Plot {
  const values = points.map(({ cover, debt }) => ratio(cover, debt));
  return {
    id: "coverage",
    axis: "time",
    title: "Cover as a share of the debt",
    description: `Insurance that the pool can call on, over its performing debt: ${formatPercent(values[0])} at first, ${formatPercent(values[values.length - 1])} at the end.`,
    series: [line("Cover / debt", "staked", values, { filled: true })],
    bands: scenario.keepersOffline,
    include: [0],
    percent: true,
  };
}

export function recoveryChart(trace: Trace): Plot {
  const { scenario, points, loanDecimals } = trace;
  const amount = amountFormat(trace);
  const last = points[points.length - 1];
  const unitsOf = (key: "shortfall" | "principalLost" | "recovered" | "claimed") =>
    points.map((point) => toNumber(point[key], loanDecimals));
  return {
    id: "recoveries",
    axis: "time",
    title: "What was lost and what came back",
    description: `Of a shortfall of ${amount(last.shortfall)}, ${amount(last.recovered)} came back and ${amount(last.claimed)} was paid out to holders of claims.`,
    series: [
      line("Shortfall so far", "price", unitsOf("shortfall")),
      line("of it lenders’ principal", "principal", unitsOf("principalLost")),
      line("Paid back", "back", unitsOf("recovered"), { filled: true }),
      line("Claims paid out", "value", unitsOf("claimed")),
    ],
    unit: scenario.loan,
    bands: scenario.keepersOffline,
    include: [0],
  };
}

export function depthChart(trace: Trace): Plot {
  const { depth, deposits } = trace;
  const amount = amountFormat(trace);
  const part = (value: bigint) => ratio(value, deposits);
  const lines = (name: string, { curve }: Depth, more: Partial<Series> = {}): Series[] => {
    const [debt, badDebt] = [curve.map((at) => part(at.debt)), curve.map((at) => part(at.badDebt))];
    return [
      line(`Liquidatable, ${name}`, "reserve", debt, more),
      line(`Bad debt, ${name}`, "principal", badDebt, more),
    ];
  };
  const marks = (label: string, { now }: Depth): Mark[] => [
    { at: now.price, value: part(now.debt), colour: colourOf("reserve"), radius: DOT },
    { at: now.price, value: part(now.badDebt), colour: colourOf("principal"), radius: DOT, label },
  ];
  const describe = ({ price, debt, badDebt }: DepthAt) =>
    `${amount(debt)} liquidatable and ${amount(badDebt)} of bad debt at ${formatPrice(price)}`;
  return {
    id: "depth",
    axis: "price",
    title: "Debt that each price would make liquidatable or bad",
    description: `At first ${describe(depth.first.now)}; at its worst ${describe(depth.worst.now)}.`,
    series: [...lines("at first", depth.first, { dashed: true }), ...lines("at worst", depth.worst)],
    marks: [...marks("worst", depth.worst), ...marks("first", depth.first)],
    include: [0],
    percent: true,
  };
}
