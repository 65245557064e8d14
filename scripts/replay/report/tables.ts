/** What the page says of a replay in numbers and sentences, as HTML. */
import { FixedPoint } from "../../../sdk";
import {
  amountFormat,
  endingLines,
  formatAmount,
  formatCount,
  formatDate,
  formatNumber,
  formatPercent,
  formatPrice,
  formatSpan,
  formatTiny,
  ratio,
  timeFormat,
} from "../format";
import { LAYERS, MAX_SPREAD, type Layer, type Loss, type Probe, type RecoverySource, type Trace } from "../types";
import { endOfCrash } from "./figure";
import { colourOf, table } from "./page";
import { escape } from "./svg";

const LAYER_NAMES: Record<Layer, string> = {
  fees: "Pool fees",
  reserve: "Fund: reserve",
  staked: "Fund: staked",
  interest: "Lenders’ unvested interest",
  principal: "Lenders’ principal",
};

const SOURCE_NAMES: Record<RecoverySource, string> = {
  repayment: "Defaulters who repaid",
  liquidation: "Later liquidations",
  refinance: "Accounts that became healthy again",
  treasury: "A treasury’s donation",
};

/** A run of many small losses is read in the table; these many get a picture. */
const MAX_WATERFALLS = 4;

/** What is told of each loss: what could not be repaid, who paid for it, and what came back. */
const AMOUNTS = ["shortfall", ...LAYERS, "recovered"] as const;

const totalOf = (losses: readonly Loss[], amount: (typeof AMOUNTS)[number]) =>
  FixedPoint.sum(losses.map((loss) => loss[amount]));

/** Good if rounding explains it. */
const spreadOf = (spread: number) =>
  `<b class="${spread <= MAX_SPREAD ? "good" : "bad"}">${formatTiny(spread)}</b> of the stake`;

export function lead(trace: Trace): string {
  const { scenario, points, lenders, borrowers, deposits, borrowed, lltv, cover } = trace;
  const amount = amountFormat(trace);
  const end = endOfCrash(points);
  const days = Math.round((points[points.length - 1].time - end) / 86_400);
  return `<h1>${escape(scenario.title)}</h1>
<p class="lead">${escape(scenario.story)}</p>
<p class="soft">${formatDate(points[0].time)} to ${formatDate(end)}, and ${days} days of aftermath. ${formatCount(lenders, "lender")} with ${amount(deposits)}, ${formatCount(borrowers, "borrower")} owing ${amount(borrowed)}, LLTV ${formatPercent(lltv)}, cover of ${amount(cover.reserve + cover.staked)}.</p>`;
}

export function tiles(trace: Trace): string {
  const { losses, deposits, points } = trace;
  const amount = amountFormat(trace);
  const [shortfall, fees, reserve, staked, interest, principal, recovered] = AMOUNTS.map((key) => totalOf(losses, key));
  const cushion = fees + reserve + staked;
  const ofDeposits = (value: bigint) => `${formatPercent(ratio(value, deposits))} of deposits`;
  const ofIt = (value: bigint) => `${formatPercent(ratio(value, shortfall))} of it`;
  const unit = points[points.length - 1].shareValue.toFixed(5);
  const all: [colour: string, name: string, value: string, note: string][] = [
    ["price", "Could not be repaid", amount(shortfall), ofDeposits(shortfall)],
    ["staked", "Paid by fees and fund", amount(cushion), ofIt(cushion)],
    ["interest", "Paid by unvested interest", amount(interest), ofIt(interest)],
    ["principal", "Lenders’ principal", amount(principal), ofDeposits(principal)],
    ["back", "Paid back by the end", amount(recovered), `${ofIt(recovered)}, accrued interest included`],
    ["value", "A lender’s unit at the end", unit, "claims included, 1 at the start"],
  ];
  const items = all.map(
    ([colour, name, value, note]) =>
      `<li style="--tile:${colourOf(colour)}"><span>${name}</span><b>${value}</b><span>${note}</span></li>`,
  );
  return `<ul class="tiles">${items.join("")}</ul>`;
}

/** Who paid for each loss: pictures of the largest, and a table of all. */
export function waterfalls(trace: Trace): string {
  const { losses, loanDecimals, scenario, points } = trace;
  if (!losses.length) return "<p>Nothing had to be written down: every liquidation repaid its debt.</p>";
  const format = timeFormat(points);
  const plain = (value: bigint) => formatAmount(value, loanDecimals);
  const largest = [...losses].sort((a, b) => Number(b.shortfall - a.shortfall)).slice(0, MAX_WATERFALLS);
  const note =
    losses.length > MAX_WATERFALLS
      ? `<p class="soft">The ${MAX_WATERFALLS} largest losses of ${losses.length}.</p>`
      : "";
  const rows = losses.map((loss) => [
    `${loss.id} · ${formatSpan(loss.time, loss.until, format)}`,
    ...AMOUNTS.map((key) => plain(loss[key])),
  ]);
  const together = ["Together", ...AMOUNTS.map((key) => plain(totalOf(losses, key)))];
  return [
    ...endingLines(trace).map((line) => `<p>${escape(line)}</p>`),
    note,
    ...largest.sort((a, b) => a.id - b.id).map((loss) => waterfall(loss, plain, format)),
    `<h3>All losses, in ${scenario.loan}</h3>`,
    table(
      "All losses",
      ["Loss", "Shortfall", "Fees", "Reserve", "Staked", "Interest", "Principal", "Paid back"],
      rows,
      losses.length > 1 ? together : undefined,
    ),
  ].join("");
}

/** A loss from the first layer to the last: each bar starts where the one before it ended. */
function waterfall(loss: Loss, amount: (value: bigint) => string, format: (time: number) => string): string {
  const row = (name: string, colour: string, from: bigint, value: bigint) => {
    const [left, width] = [ratio(from, loss.shortfall), ratio(value, loss.shortfall)];
    const bar = value > 0n ? `<i style="--key:${colour};left:${100 * left}%;width:${100 * width}%"></i>` : "";
    return `<div class="row"><dt>${escape(name)}</dt><dd class="bar" aria-hidden="true"><div class="track">${bar}</div></dd><dd class="amount">${amount(value)} <small>${formatPercent(width)}</small></dd></div>`;
  };
  let from = 0n;
  const layers = LAYERS.map((layer) => {
    const start = from;
    from += loss[layer];
    return row(LAYER_NAMES[layer], colourOf(layer), start, loss[layer]);
  });
  const accounts = formatCount(loss.accounts, "account");
  const first = loss.until === loss.time ? "" : "first ";
  return `<h3>Loss ${loss.id} · ${formatSpan(loss.time, loss.until, format)} · ${accounts}, ${first}at a price of ${formatPrice(loss.price)}</h3><dl class="fall">${row("Shortfall", colourOf("price"), 0n, loss.shortfall)}${layers.join("")}${row("Paid back since", colourOf("back"), 0n, loss.recovered)}</dl>`;
}

/** Who paid something back, and to whom; nothing if nobody did. */
export function recoveryTable({ recoveries, scenario, loanDecimals }: Trace): string {
  const rows = (Object.keys(SOURCE_NAMES) as RecoverySource[]).flatMap((source) => {
    const paid = recoveries.filter((recovery) => recovery.source === source);
    if (!paid.length) return [];
    const totals = (["assets", "principal", "interest", "staked", "reserve", "fees"] as const).map((key) =>
      formatAmount(FixedPoint.sum(paid.map((recovery) => recovery[key])), loanDecimals),
    );
    return [[SOURCE_NAMES[source], ...totals]];
  });
  if (!rows.length) return "";
  const header = ["to principal", "to interest", "to staked", "to reserve", "to fees"];
  return table("Who paid something back", ["Paid by", `Amount (${scenario.loan})`, ...header], rows);
}

/** What a lender got who booked a loss and left, beside an equal stake that stayed. */
export function guardTable(trace: Trace): string {
  const { refusedExits, exit } = trace.guard;
  if (!exit) {
    return trace.scenario.keepersOffline.length
      ? "<p>No loss above the guard’s tolerance went unbooked while the keepers were away: nobody was refused.</p>"
      : "<p>The keepers were never away, so nobody tried to leave ahead of a loss that they had not booked.</p>";
  }
  const amount = amountFormat(trace);
  const { time, stake, visible, tolerated, lossId, leaverValue, stayerValue } = exit;
  const spread = Math.abs(ratio(leaverValue - stayerValue, stake));
  const row = (name: string, values: bigint[]) => [name, ...values.map((value) => ratio(value, stake).toFixed(9))];
  const times = refusedExits === 1 ? "once" : `${refusedExits} times`;
  const when = timeFormat(trace.points)(time);
  return `<p>While the keepers were away, the price showed a loss that nobody had booked. Lenders tried ${times} to leave ahead of it, and were refused. The first of them (${when}, ${amount(visible)} to be seen, ${amount(tolerated)} tolerated) then booked loss ${lossId} and left in one transaction. Per unit of stake:</p>${table(
    "Leaving ahead of a loss",
    ["", "Left", "Stayed"],
    [row("Before", [stake, stake]), row("In the block of the exit", [leaverValue, stayerValue])],
  )}<p class="note">The difference is ${spreadOf(spread)}.</p>`;
}

/** What became of three equal stakes, of which one left, one stayed and one came at the first loss of principal. */
export function fairnessTable(trace: Trace): string {
  if (!trace.fairness) {
    return "<p>No loss reached the lenders’ principal: who left, stayed or came took nothing from another.</p>";
  }
  const amount = amountFormat(trace);
  const { lossId, time, leaver, stayer, entrant, spread, forfeited } = trace.fairness;
  const row = (name: string, value: (probe: Probe) => bigint) => [
    name,
    ...[leaver, stayer, entrant].map((probe) => ratio(value(probe), probe.stake).toFixed(9)),
  ];
  const when = timeFormat(trace.points)(time);
  return `<p>Three lenders with equal stakes of ${amount(stayer.stake)} at loss ${lossId} (${when}), the first that reached principal. One took everything out in the same block, one stayed, one came in just after. Per unit of stake:</p>${table(
    "Leaving, staying, coming",
    ["", "Leaver", "Stayer", "Entrant"],
    [
      row("After the loss", ({ afterLoss }) => afterLoss),
      row("Claims on it", ({ claims }) => claims),
      row("Together", ({ afterLoss, claims }) => afterLoss + claims),
      row("Since then", ({ since }) => since),
    ],
  )}<p class="note">The spread between leaver and stayer is ${spreadOf(spread)}. “Since then” is interest less later losses, with the claims on those: it belongs to whoever stayed exposed, and is the same per share for the stayer and the entrant. The leaver left ${amount(forfeited)} of unvested interest behind.</p>`;
}

export function footer({ scenario, identitiesChecked, violations, seed }: Trace): string {
  const notes = [
    ...scenario.notes,
    `${formatNumber(identitiesChecked)} accounting identities checked on the way, ${violations.length} violated.`,
    `Seed ${seed}. All times UTC.`,
  ];
  return `<footer>${notes.map((note) => `<p>${escape(note)}</p>`).join("")}</footer>`;
}
