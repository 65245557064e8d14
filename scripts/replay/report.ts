import {
  formatAmount,
  formatDate,
  formatNumber,
  formatPercent,
  formatPrice,
  formatTiny,
  ratio,
  timeFormat,
  toNumber,
} from "./format";
import { drawChart, escape, priceAxis, timeAxis, type Axis, type Chart, type Mark, type Series } from "./svg";
import {
  LAYERS,
  type Depth,
  type DepthAt,
  type Guard,
  type Layer,
  type Loss,
  type Probe,
  type RecoverySource,
  type Trace,
} from "./types";

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

const MAX_DOT = 11;

const colourOf = (name: string) => `var(--${name})`;

const STYLE = `
:root{color-scheme:light dark;--page:#f6f5f1;--card:#fff;--text:#1d2430;--soft:#5b6472;--rule:#e2e0d8;--band:#c9c4b4;--price:#1d2430;--fees:#7c8798;--reserve:#2f6fb5;--staked:#16897a;--interest:#c17d00;--principal:#c2304a;--back:#3d8b3d;--value:#6a4fb3}
@media(prefers-color-scheme:dark){:root{--page:#12151b;--card:#1b2029;--text:#e9ebef;--soft:#a2abb9;--rule:#303744;--band:#454d5c;--price:#e9ebef;--fees:#9aa6b8;--reserve:#66a3e8;--staked:#3cc4ae;--interest:#eeb243;--principal:#f2697f;--back:#74c476;--value:#b29ef0}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1040px;margin:0 auto;padding:28px 16px 48px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 8px}
h2{font-size:1.15rem;margin:0 0 4px}
h3{font-size:1rem;margin:18px 0 6px}
p{margin:0 0 10px;max-width:72ch}
.soft,figcaption,footer,.note{color:var(--soft);font-size:.9rem}
.lead{font-size:1.1rem}
section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 18px 14px;margin:18px 0}
.tiles{display:grid;grid-template-columns:repeat(3,1fr);gap:12px;margin:18px 0;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--rule);border-left:5px solid var(--tile);border-radius:10px;padding:10px 12px}
.tiles b{display:block;font-size:1.35rem;line-height:1.3;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.85rem;display:block}
figure{margin:8px 0 0}
svg{display:block;width:100%;height:auto;overflow:visible;touch-action:pan-y}
svg.narrow{display:none}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.85rem;color:var(--soft);padding:0;margin:6px 0 2px;list-style:none}
.legend i{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:6px;vertical-align:middle;background:var(--key)}
.legend i.dash{background:repeating-linear-gradient(90deg,var(--key) 0 4px,transparent 4px 7px)}
.legend i.dot{width:10px;height:10px;border-radius:50%}
.legend i.area-key{width:14px;height:12px;border-radius:2px;opacity:.45}
.readout{min-height:1.5em;font-size:.85rem;font-variant-numeric:tabular-nums;color:var(--soft)}
.grid{stroke:var(--rule)}.divide{stroke:var(--soft);stroke-dasharray:2 4}
.tick{fill:var(--soft);font-size:12px}.flag-label{fill:var(--principal);font-size:12px;font-weight:600}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.dashed{stroke-dasharray:6 4}.area{opacity:.16}
.band{fill:var(--band);opacity:.4}.mark{stroke:var(--card);stroke-width:1;fill-opacity:.8}.flag{stroke-width:1.5}
.cursor{stroke:var(--text);stroke-width:1;opacity:.5;visibility:hidden}.cursor.on{visibility:visible}
.fall{font-size:.92rem;margin:0}.fall dt,.fall dd{margin:0}
.fall div.row{display:grid;grid-template:"name bar amount"/210px 1fr 170px;gap:0 12px;align-items:center;margin-bottom:5px}
.fall dt{grid-area:name}.fall .bar{grid-area:bar}.fall .amount{grid-area:amount;text-align:right;font-variant-numeric:tabular-nums}
.fall .amount small{color:var(--soft);display:inline-block;min-width:5.4em}
.track{height:16px;position:relative;background:var(--page);border-radius:3px}
.track i{position:absolute;top:0;bottom:0;border-radius:3px;background:var(--key);min-width:2px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}td:last-child,th:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:500}tbody tr:last-child td{border-bottom:0}tr.sum td{font-weight:600}
.good{color:var(--back)}.bad{color:var(--principal)}
@media(max-width:640px){svg.wide{display:none}svg.narrow{display:block}main{padding:18px 10px 32px}section{padding:14px 12px 10px}h1{font-size:1.4rem}.tiles{grid-template-columns:1fr 1fr}.tiles b{font-size:1.15rem}.fall div.row{grid-template:"name amount""bar bar"/1fr auto}.track{height:12px}table{font-size:.8rem}th,td{padding:5px 6px}}
@media print{section{break-inside:avoid}}
`;

/** One cursor for all plots with the same axis: pointing at an instant in one shows the same instant in the others. */
const SCRIPT = `
const data=JSON.parse(document.getElementById("data").textContent);
const plots=[...document.querySelectorAll("figure[data-chart]")];
function show(axis,fraction){const{places,labels}=data.axes[axis];let i=0;places.forEach((x,k)=>{if(x<=fraction)i=k});
for(const plot of plots)if(plot.dataset.axis===axis){plot.querySelector(".readout").textContent=labels[i]+"  "+data.charts[plot.dataset.chart].map(s=>s.name+" "+s.values[i]).join("  ·  ");
for(const svg of plot.querySelectorAll("svg")){const c=svg.querySelector(".cursor"),x=+svg.dataset.left+places[i]*svg.dataset.span;c.classList.add("on");c.setAttribute("x1",x);c.setAttribute("x2",x)}}}
for(const svg of document.querySelectorAll("figure[data-chart] svg"))svg.addEventListener("pointermove",e=>{const box=svg.getBoundingClientRect();
show(svg.closest("figure").dataset.axis,((e.clientX-box.left)/box.width*svg.viewBox.baseVal.width-svg.dataset.left)/svg.dataset.span)});
`;

interface Key {
  name: string;
  colour: string;
  shape?: "dot" | "dash" | "area-key";
}

function legend(keys: readonly Key[]): string {
  const items = keys.map(
    ({ name, colour, shape }) => `<li><i class="${shape ?? ""}" style="--key:${colour}"></i>${escape(name)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[], sum?: readonly string[]): string {
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell) => `<${tag}${tag === "th" ? ' scope="col"' : ""}>${escape(cell)}</${tag}>`).join("");
  const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`);
  if (sum) body.push(`<tr class="sum">${cells(sum, "td")}</tr>`);
  return `<div class="scroll"><table><thead><tr>${cells(header, "th")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
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
  const accounts = `${loss.accounts} ${loss.accounts === 1 ? "account" : "accounts"}`;
  return `<h3>Loss ${loss.id} · ${format(loss.time)} · ${accounts} at a price of ${formatPrice(loss.price)}</h3><dl class="fall">${row("Shortfall", colourOf("price"), 0n, loss.shortfall)}${layers.join("")}${row("Paid back since", colourOf("back"), 0n, loss.recovered)}</dl>`;
}

/** What the runner got, beside an equal stake that stayed. */
function guardedExit(
  { refusedExits, exit }: Guard,
  amount: (value: bigint) => string,
  format: (time: number) => string,
) {
  if (!exit) {
    return "<p>No loss above the guard’s tolerance went unbooked while the keepers were away: nobody was refused.</p>";
  }
  const { time, stake, visible, tolerated, lossId, leaverValue, stayerValue } = exit;
  const spread = Math.abs(ratio(leaverValue - stayerValue, stake));
  const row = (name: string, values: bigint[]) => [name, ...values.map((value) => ratio(value, stake).toFixed(9))];
  const times = refusedExits === 1 ? "once" : `${refusedExits} times`;
  return `<p>While the keepers were away, the price showed a loss that nobody had booked. Lenders tried ${times} to leave ahead of it, and were refused. The first of them (${format(time)}, ${amount(visible)} to be seen, ${amount(tolerated)} tolerated) then booked loss ${lossId} and left in one transaction. Per unit of stake:</p>${table(
    ["", "Left", "Stayed"],
    [row("Before", [stake, stake]), row("In the block of the exit", [leaverValue, stayerValue])],
  )}<p class="note">The difference is <b class="${spread <= 1e-9 ? "good" : "bad"}">${formatTiny(spread)}</b> of the stake.</p>`;
}

/** One self-contained page: no script, style, font or picture from anywhere else. */
export function renderReport(trace: Trace): string {
  const { scenario, points, losses, recoveries, loanDecimals, deposits, fairness, guard, depth } = trace;
  const units = (value: bigint) => toNumber(value, loanDecimals);
  const plain = (value: bigint) => formatAmount(value, loanDecimals);
  const amount = (value: bigint) => `${plain(value)} ${scenario.loan}`;
  const total = (key: "shortfall" | "recovered" | Layer) => losses.reduce((sum, loss) => sum + loss[key], 0n);

  const format = timeFormat(points);
  const times = points.map(({ time }) => time);
  const crash = points.filter(({ aftermath }) => !aftermath);
  const end = crash[crash.length - 1].time;
  const last = points[points.length - 1];
  const axes = { time: timeAxis(times, end), price: priceAxis(depth.first.curve.map(({ price }) => price)) };
  const bands = scenario.keepersOffline;

  const charts: Chart[] = [];
  const figure = (chart: Chart, keys: Key[] = [], axis: keyof typeof axes = "time"): string => {
    charts.push(chart);
    const lines = chart.series.map(({ name, colour, dashed }): Key => ({
      name,
      colour,
      ...(dashed && { shape: "dash" }),
    }));
    return `<figure data-chart="${chart.id}" data-axis="${axis}">${legend([...lines, ...keys])}<div class="readout" aria-hidden="true"></div>${drawChart(chart, axes[axis])}</figure>`;
  };
  const line = (name: string, colour: string, values: number[], more: Partial<Series> = {}): Series => ({
    name,
    colour: colourOf(colour),
    values,
    ...more,
  });

  const largest = trace.liquidations.reduce((max, { repaid }) => (repaid > max ? repaid : max), 1n);
  const marks: Mark[] = [
    ...trace.liquidations.map(({ time, price, repaid }) => ({
      at: time,
      value: price,
      colour: colourOf("reserve"),
      radius: Math.max(2, MAX_DOT * Math.sqrt(ratio(repaid, largest))),
    })),
    ...losses.map(({ id, time, price }) => ({
      at: time,
      value: price,
      colour: colourOf("principal"),
      radius: 5,
      label: `loss ${id}`,
    })),
  ];
  const bandKeys: Key[] = [];
  if (bands.length) bandKeys.push({ name: "keepers away", colour: colourOf("band"), shape: "area-key" });
  if (scenario.noBids.length)
    bandKeys.push({ name: "nobody bids for collateral", colour: colourOf("band"), shape: "area-key" });
  const lowest = crash.reduce((min, { price }) => Math.min(min, price), Infinity);

  const price = figure(
    {
      id: "price",
      title: `Price of ${scenario.collateral} in ${scenario.loan}`,
      description: `From ${formatPrice(points[0].price)} to a low of ${formatPrice(lowest)}; ${trace.liquidations.length} liquidations and ${losses.length} losses are marked.`,
      series: [
        line(
          "Price",
          "price",
          points.map((point) => point.price),
        ),
      ],
      marks,
      bands: [...bands, ...scenario.noBids],
    },
    [
      { name: "liquidation, by size", colour: colourOf("reserve"), shape: "dot" },
      { name: "loss written down", colour: colourOf("principal"), shape: "dot" },
      ...bandKeys,
    ],
  );

  const share = figure({
    id: "share",
    title: "Share price, with and without claims",
    description: `A share that was worth 1 at the first step is worth ${last.sharePrice.toFixed(5)} at the end, ${last.shareValue.toFixed(5)} with its claims.`,
    series: [
      line(
        "Share price with claims",
        "value",
        points.map(({ shareValue }) => shareValue),
      ),
      line(
        "Share price",
        "principal",
        points.map(({ sharePrice }) => sharePrice),
      ),
      line(
        "Principal put in",
        "soft",
        points.map(() => 1),
        { dashed: true },
      ),
    ],
    bands,
  });

  const utilisation = figure({
    id: "utilisation",
    title: "Utilisation",
    description: `Share of the lenders' assets that is lent: ${formatPercent(points[0].utilisation)} at first, ${formatPercent(last.utilisation)} at the end.`,
    series: [
      line(
        "Utilisation",
        "reserve",
        points.map((point) => point.utilisation),
        { filled: true },
      ),
    ],
    bands,
    include: [0, 1],
    percent: true,
  });
  const coverage = figure({
    id: "coverage",
    title: "Cover as a share of the debt",
    description: `Insurance that the pool can call on, over its performing debt: ${formatPercent(ratio(points[0].cover, points[0].debt))} at first, ${formatPercent(ratio(last.cover, last.debt))} at the end.`,
    series: [
      line(
        "Cover / debt",
        "staked",
        points.map(({ cover, debt }) => ratio(cover, debt)),
        { filled: true },
      ),
    ],
    bands,
    include: [0],
    percent: true,
  });

  const recovered = figure({
    id: "recoveries",
    title: "What was lost and what came back",
    description: `Of a shortfall of ${amount(last.shortfall)}, ${amount(last.recovered)} came back and ${amount(last.claimed)} was paid out to holders of claims.`,
    series: [
      line(
        "Shortfall so far",
        "price",
        points.map(({ shortfall }) => units(shortfall)),
      ),
      line(
        "of it lenders’ principal",
        "principal",
        points.map(({ principalLost }) => units(principalLost)),
      ),
      line(
        "Paid back",
        "back",
        points.map((point) => units(point.recovered)),
        { filled: true },
      ),
      line(
        "Claims paid out",
        "value",
        points.map(({ claimed }) => units(claimed)),
      ),
    ],
    bands,
    include: [0],
  });

  const part = (value: bigint) => ratio(value, deposits);
  const depthLines = (name: string, { curve }: Depth, more: Partial<Series>): Series[] => [
    line(
      `Liquidatable, ${name}`,
      "reserve",
      curve.map(({ debt }) => part(debt)),
      more,
    ),
    line(
      `Bad debt, ${name}`,
      "principal",
      curve.map(({ badDebt }) => part(badDebt)),
      more,
    ),
  ];
  const depthMark = (label: string, { now }: Depth): Mark[] => [
    { at: now.price, value: part(now.debt), colour: colourOf("reserve"), radius: 5 },
    { at: now.price, value: part(now.badDebt), colour: colourOf("principal"), radius: 5, label },
  ];
  const depthOf = ({ price: at, debt, badDebt }: DepthAt) =>
    `${amount(debt)} liquidatable and ${amount(badDebt)} of bad debt at ${formatPrice(at)}`;
  const shape = figure(
    {
      id: "depth",
      title: "Debt that each price would make liquidatable or bad",
      description: `At first ${depthOf(depth.first.now)}; at its worst ${depthOf(depth.worst.now)}.`,
      series: [...depthLines("at first", depth.first, { dashed: true }), ...depthLines("at worst", depth.worst, {})],
      marks: [...depthMark("worst", depth.worst), ...depthMark("first", depth.first)],
      include: [0],
      percent: true,
    },
    [],
    "price",
  );
  const worst = depth.worst.now.badDebt
    ? "when it showed the most bad debt, before anybody acted"
    : "at the lowest price, before anybody acted";

  const layersOf = (loss: Pick<Loss, "shortfall" | "recovered" | Layer>) =>
    (["shortfall", ...LAYERS, "recovered"] as const).map((key) => plain(loss[key]));
  const pictured = [...losses].sort((a, b) => Number(b.shortfall - a.shortfall)).slice(0, MAX_WATERFALLS);
  const waterfalls = losses.length
    ? [
        losses.length > MAX_WATERFALLS
          ? `<p class="soft">The ${MAX_WATERFALLS} largest losses of ${losses.length}.</p>`
          : "",
        ...pictured.sort((a, b) => a.id - b.id).map((loss) => waterfall(loss, plain, format)),
        `<h3>All losses, in ${scenario.loan}</h3>`,
        table(
          ["Loss", "Shortfall", "Fees", "Reserve", "Staked", "Interest", "Principal", "Paid back"],
          losses.map((loss) => [`${loss.id} · ${format(loss.time)}`, ...layersOf(loss)]),
          losses.length > 1
            ? ["Together", ...(["shortfall", ...LAYERS, "recovered"] as const).map((key) => plain(total(key)))]
            : undefined,
        ),
      ].join("")
    : "<p>Nothing had to be written down: every liquidation repaid its debt.</p>";

  const sources = (Object.keys(SOURCE_NAMES) as RecoverySource[]).flatMap((source) => {
    const paid = recoveries.filter((recovery) => recovery.source === source);
    if (!paid.length) return [];
    const sum = (key: "assets" | Layer) => plain(paid.reduce((all, recovery) => all + recovery[key], 0n));
    return [
      [SOURCE_NAMES[source], ...(["assets", "principal", "interest", "staked", "reserve", "fees"] as const).map(sum)],
    ];
  });

  const fairRow = (name: string, value: (probe: Probe) => bigint) => [
    name,
    ...(fairness ? [fairness.leaver, fairness.stayer, fairness.entrant] : []).map((probe) =>
      ratio(value(probe), probe.stake).toFixed(9),
    ),
  ];
  const fair = fairness
    ? `<p>Three lenders with equal stakes of ${amount(fairness.stayer.stake)} at loss ${fairness.lossId} (${format(fairness.time)}), the first that reached principal. One took everything out in the same block, one stayed, one came in just after. Per unit of stake:</p>${table(
        ["", "Leaver", "Stayer", "Entrant"],
        [
          fairRow("After the loss", ({ afterLoss }) => afterLoss),
          fairRow("Claims on it", ({ claims }) => claims),
          fairRow("Together", ({ afterLoss, claims }) => afterLoss + claims),
          fairRow("Since then", ({ since }) => since),
        ],
      )}<p class="note">The spread between leaver and stayer is <b class="${fairness.spread <= 1e-9 ? "good" : "bad"}">${formatTiny(fairness.spread)}</b> of the stake. “Since then” is interest less later losses, with the claims on those: it belongs to whoever stayed exposed, and is the same per share for the stayer and the entrant. The leaver left ${amount(fairness.forfeited)} of unvested interest behind.</p>`
    : "<p>No loss reached the lenders’ principal: who left, stayed or came took nothing from another.</p>";

  const cushion = total("fees") + total("reserve") + total("staked");
  const tiles: [string, string, string, string][] = [
    [
      "price",
      "Could not be repaid",
      amount(total("shortfall")),
      `${formatPercent(ratio(total("shortfall"), deposits))} of deposits`,
    ],
    ["staked", "Paid by fees and fund", amount(cushion), `${formatPercent(ratio(cushion, total("shortfall")))} of it`],
    [
      "interest",
      "Paid by unvested interest",
      amount(total("interest")),
      `${formatPercent(ratio(total("interest"), total("shortfall")))} of it`,
    ],
    [
      "principal",
      "Lenders’ principal",
      amount(total("principal")),
      `${formatPercent(ratio(total("principal"), deposits))} of deposits`,
    ],
    [
      "back",
      "Paid back by the end",
      amount(total("recovered")),
      `${formatPercent(ratio(total("recovered"), total("shortfall")))} of it, accrued interest included`,
    ],
    ["value", "A lender’s unit at the end", last.shareValue.toFixed(5), "claims included, 1 at the start"],
  ];

  const axisData = ({ values, scale }: Axis, label: (value: number) => string) => ({
    places: values.map((value) => Number(scale(value).toFixed(5))),
    labels: values.map(label),
  });
  const data = {
    axes: { time: axisData(axes.time, format), price: axisData(axes.price, formatPrice) },
    charts: Object.fromEntries(
      charts.map((chart) => [
        chart.id,
        chart.series.map(({ name, values }) => ({
          name,
          values: values.map((value) => (chart.percent ? formatPercent(value) : formatPrice(value))),
        })),
      ]),
    ),
  };

  const section = (title: string, intro: string, body: string) =>
    `<section><h2>${title}</h2>${intro && `<p class="soft">${intro}</p>`}${body}</section>`;

  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(scenario.title)} · Lagan replay</title><style>${STYLE}</style></head><body><main>
<h1>${escape(scenario.title)}</h1>
<p class="lead">${escape(scenario.story)}</p>
<p class="soft">${formatDate(times[0])} to ${formatDate(end)}, and ${Math.round((last.time - end) / 86_400)} days of aftermath. ${trace.lenders} lenders with ${amount(deposits)}, ${trace.borrowers} borrowers who owe ${amount(trace.borrowed)}, LLTV ${formatPercent(trace.lltv)}, cover of ${amount(trace.cover.reserve + trace.cover.staked)}.</p>
<ul class="tiles">${tiles.map(([colour, name, value, note]) => `<li style="--tile:${colourOf(colour)}"><span>${name}</span><b>${value}</b><span>${note}</span></li>`).join("")}</ul>
${section("Price, liquidations and losses", "", price)}
${section("Who paid", "Each layer pays to its end before the next is touched; together they are the shortfall, to the last base unit.", waterfalls)}
${section("What a share is worth", "A loss of principal lowers the share price at once. What is recovered later is paid as claims to those who held shares at that instant.", share)}
${section("Utilisation", "How much of what lenders own is lent out.", utilisation)}
${section("Coverage", "Insurance that stands before the lenders, as a share of the debt.", coverage)}
${section("What came back", "Recoveries climb the layers in reverse: lenders first, then the fund.", recovered + (sources.length ? table(["Paid by", `Amount (${scenario.loan})`, "to principal", "to interest", "to staked", "to reserve", "to fees"], sources) : ""))}
${section("Depth: what each price would bring", `What the pool says each price of ${scenario.collateral} would bring: debt that could be liquidated, and the part of it that its collateral could not repay, as shares of the deposits. At the first price, and ${worst} (${format(depth.worst.time)}, ${formatPrice(depth.worst.now.price)}).`, shape)}
${section("Leaving ahead of a loss", "", guardedExit(guard, amount, format))}
${section("Leaving, staying, coming", "", fair)}
<footer>${[...scenario.notes, `${formatNumber(trace.identitiesChecked)} accounting identities checked on the way, ${trace.violations.length} violated.`, `Seed ${trace.seed}. All times UTC.`].map((note) => `<p>${escape(note)}</p>`).join("")}</footer>
</main><script type="application/json" id="data">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script><script>${SCRIPT}</script></body></html>
`;
}
