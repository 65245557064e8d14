/** Numbers and times as people read them, the same in the terminal and in the report. */
import type { Trace } from "./types";

/** `12,345` from 100 on, `12.34` below. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  return size >= 0.01 ? value.toFixed(2) : "< 0.01";
}

/** `1 borrower`, `2,592 prices`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

export function toNumber(amount: bigint, decimals: number): number {
  return Number(amount) / 10 ** decimals;
}

/** Base units as whole units. */
export function formatAmount(amount: bigint, decimals: number): string {
  return formatNumber(toNumber(amount, decimals));
}

/** How to write amounts of a replay: base units of its loan asset as whole ones, with the asset's name. */
export function amountFormat({ loanDecimals, scenario }: Trace): (amount: bigint) => string {
  return (amount) => `${formatAmount(amount, loanDecimals)} ${scenario.loan}`;
}

/** A fraction of 1 as a percentage. */
export function formatPercent(fraction: number): string {
  const percent = 100 * fraction;
  const size = Math.abs(percent);
  if (size === 0 || size === 100) return `${percent} %`;
  if (size < 0.01) return "< 0.01 %";
  return `${percent.toFixed(size >= 10 ? 1 : 2)} %`;
}

/** Prices need more digits than amounts: `138.9`, `0.871`. */
export function formatPrice(price: number): string {
  return Number(price.toPrecision(5)).toLocaleString("en-US", { maximumSignificantDigits: 5 });
}

/** A fraction so small that only its order matters. */
export function formatTiny(fraction: number): string {
  return fraction === 0 ? "0" : fraction.toExponential(1);
}

/** `part / whole` of base units as a fraction of 1; 0 of nothing. */
export function ratio(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number(part) / Number(whole);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `12 Mar 02:15`, in UTC. */
export function formatTime(time: number): string {
  return `${formatDay(time)} ${new Date(time * 1000).toISOString().slice(11, 16)}`;
}

/** How to write the times of a replay: with the year if it lasts for many months, else with the time of day. */
export function timeFormat(points: readonly { time: number }[]): (time: number) => string {
  return points[points.length - 1].time - points[0].time > 300 * 86_400 ? formatDate : formatTime;
}

/** `12 Mar 02:15 to 02:20`; one end only where they read alike. */
export function formatSpan(from: number, to: number, format: (time: number) => string): string {
  const [first, last] = [format(from), format(to)];
  if (first === last) return first;
  const sameDay = to - from < 86_400 && formatDay(from) === formatDay(to);
  return `${first} to ${sameDay ? last.replace(`${formatDay(to)} `, "") : last}`;
}

/** `12 Mar`, in UTC. */
function formatDay(time: number): string {
  const date = new Date(time * 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** `12 Mar 2020`, in UTC. */
export function formatDate(time: number): string {
  return `${formatDay(time)} ${new Date(time * 1000).getUTCFullYear()}`;
}

/** Whose shares became void, and when. */
export function endingLines({ endings, points }: Trace): string[] {
  const format = timeFormat(points);
  return endings.map(
    ({ time, of }) =>
      `${format(time)}: a loss left the ${of}'s shares nearly worthless. They are void but for their claims, and a new generation began.`,
  );
}
