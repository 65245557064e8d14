import { FixedPoint } from "../../sdk";
import { table } from "../lib/table";
import {
  amountFormat,
  endingLines,
  formatAmount,
  formatCount,
  formatNumber,
  formatPercent,
  formatPrice,
  formatSpan,
  formatTime,
  formatTiny,
  ratio,
  timeFormat,
} from "./format";
import { LAYERS, type Point, type Probe, type RecoverySource, type Trace } from "./types";

const BAR = 24;

/** Without a terminal a line per this fraction of the run is enough. */
const PLAIN_LINES = 10;

const SOURCES: Record<RecoverySource, string> = {
  repayment: "defaulters who repaid",
  liquidation: "later liquidations",
  refinance: "accounts that became healthy again",
  treasury: "a treasury's donation",
};

/** The order in which layers are paid back. */
const REVERSED = [...LAYERS].reverse();

type Output = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;

/** Shows where the replay is: one line that rewrites itself on a terminal, a line now and then elsewhere. */
export class Progress {
  private lastTenth = -1;
  private lastShortfall = 0n;

  constructor(
    private readonly output: Output,
    private readonly loanDecimals: number,
    private readonly loan: string,
  ) {}

  show(done: number, total: number, point: Point): void {
    const fraction = done / total;
    const filled = Math.round(BAR * fraction);
    const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)}`;
    const away = point.keepersOnline ? "" : "  keepers away";
    const text = [
      `${bar} ${String(Math.floor(100 * fraction)).padStart(3)} %`,
      point.aftermath ? "aftermath" : formatTime(point.time),
      `price ${formatPrice(point.price)}`,
      `utilisation ${(100 * point.utilisation).toFixed(1)} %`,
      `loss ${formatAmount(point.shortfall, this.loanDecimals)} ${this.loan}${away}`,
    ].join("  ");
    if (this.output.isTTY) {
      this.output.write(`\r\x1b[K${text.slice(0, this.output.columns - 1)}${done === total ? "\n" : ""}`);
      return;
    }
    const tenth = Math.floor(PLAIN_LINES * fraction);
    if (tenth === this.lastTenth && point.shortfall === this.lastShortfall) return;
    this.lastTenth = tenth;
    this.lastShortfall = point.shortfall;
    this.output.write(`${text}\n`);
  }
}

/** A table, indented. */
const indented = (header: string[], rows: string[][]) =>
  table(header, rows)
    .split("\n")
    .map((line) => `  ${line}`);

function lossTable({ losses, loanDecimals, points }: Trace): string[] {
  const format = timeFormat(points);
  const keys = ["shortfall", ...LAYERS, "recovered"] as const;
  const rows = losses.map((loss) => [
    `${loss.id}  ${formatSpan(loss.time, loss.until, format)}  ${formatCount(loss.accounts, "account")}`,
    ...keys.map((key) => formatAmount(loss[key], loanDecimals)),
  ]);
  const total = keys.map((key) => formatAmount(FixedPoint.sum(losses.map((loss) => loss[key])), loanDecimals));
  return indented(["loss", ...keys], losses.length > 1 ? [...rows, ["all", ...total]] : rows);
}

function recoveryTable({ recoveries, loanDecimals }: Trace): string[] {
  const rows = (Object.keys(SOURCES) as RecoverySource[]).flatMap((source) => {
    const paid = recoveries.filter((recovery) => recovery.source === source);
    if (!paid.length) return [];
    const amounts = (["assets", ...REVERSED] as const).map((key) =>
      formatAmount(FixedPoint.sum(paid.map((recovery) => recovery[key])), loanDecimals),
    );
    return [[SOURCES[source], ...amounts]];
  });
  return indented(["paid back by", "amount", ...REVERSED.map((layer) => `to ${layer}`)], rows);
}

function fairnessTable({ leaver, stayer, entrant }: NonNullable<Trace["fairness"]>): string[] {
  const row = (name: string, { stake, afterLoss, claims, since }: Probe) => [
    name,
    ...[afterLoss, claims, afterLoss + claims, since].map((amount) => ratio(amount, stake).toFixed(9)),
  ];
  return indented(
    ["per unit of stake", "after the loss", "claims on it", "together", "since then"],
    [row("leaver, out at once", leaver), row("stayer", stayer), row("entrant, in just after", entrant)],
  );
}

/** What became of those who wanted to leave ahead of a loss. */
function guardLines(trace: Trace): string[] {
  const { refusedExits, exit } = trace.guard;
  if (!exit) {
    return [
      trace.scenario.keepersOffline.length
        ? "Guard: no loss above its tolerance went unbooked while the keepers were away; no exit was refused."
        : "Guard: the keepers were never away, so nobody tried to leave ahead of a loss that they had not booked.",
    ];
  }
  const amount = amountFormat(trace);
  const { time, lossId, stake, visible, tolerated, leaverValue, stayerValue } = exit;
  const difference = leaverValue > stayerValue ? leaverValue - stayerValue : stayerValue - leaverValue;
  return [
    `Guard: ${formatCount(refusedExits, "exit")} refused, the keepers away and a loss to be seen that nobody had booked`,
    `  ${timeFormat(trace.points)(time)}: ${amount(visible)} to be seen, ${amount(tolerated)} tolerated. The first who was refused booked loss ${lossId} and left at once`,
    `  with ${ratio(leaverValue, stake).toFixed(9)} per unit of stake; an equal stake that stayed was worth ${ratio(stayerValue, stake).toFixed(9)}. Difference: ${formatTiny(ratio(difference, stake))} of the stake.`,
  ];
}

/** What happened, in a few tables. */
export function summarise(trace: Trace): string {
  const { scenario, losses, recoveries, fairness, deposits } = trace;
  const amount = amountFormat(trace);
  const last = trace.points[trace.points.length - 1];
  const repaid = FixedPoint.sum(trace.liquidations.map((liquidation) => liquidation.repaid));
  const lines = [
    "",
    scenario.title,
    `${formatCount(trace.lenders, "lender")} with ${amount(deposits)}, ${formatCount(trace.borrowers, "borrower")} owing ${amount(trace.borrowed)} (LLTV ${formatPercent(trace.lltv)}), cover ${amount(trace.cover.reserve + trace.cover.staked)}`,
    ...scenario.notes,
    `${formatCount(trace.liquidations.length, "liquidation")} repaid ${amount(repaid)}; ${amount(last.shortfall)} (${formatPercent(ratio(last.shortfall, deposits))} of the deposits) could not be repaid`,
  ];
  if (losses.length) {
    lines.push("", `Who paid for it, in ${scenario.loan}, in the order in which they do`, ...lossTable(trace));
  }
  if (recoveries.length) lines.push("", "Who was paid back, in the reverse order", ...recoveryTable(trace));
  if (last.claimed > 0n) lines.push(`  Claims paid out: ${amount(last.claimed)}`);
  lines.push("");
  if (fairness) {
    lines.push(
      `Fairness: three equal stakes of ${amount(fairness.stayer.stake)} at loss ${fairness.lossId}`,
      ...fairnessTable(fairness),
      `  Spread between leaver and stayer: ${formatTiny(fairness.spread)} of the stake. Interest the leaver left behind unvested: ${amount(fairness.forfeited)}.`,
      "  Since then: interest earned less later losses, with the claims on those; it belongs to whoever stayed exposed.",
    );
  } else {
    lines.push("No loss reached the lenders' principal: who left, stayed or came lost nothing to another.");
  }
  lines.push("", ...guardLines(trace));
  if (trace.endings.length) lines.push("", ...endingLines(trace));
  const gas = Object.entries(trace.gas).map(([call, units]) => `${call} ${formatNumber(units)}`);
  lines.push(
    "",
    ...(gas.length ? [`Median gas: ${gas.join(", ")}`] : []),
    `${formatNumber(trace.identitiesChecked)} identities checked, ${trace.violations.length} violated; ${trace.seconds.toFixed(1)} s`,
  );
  return lines.join("\n");
}
