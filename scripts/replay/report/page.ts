import { escape } from "./svg";

const STYLE = `
:root{color-scheme:light dark;--page:#f6f5f1;--card:#fff;--text:#1d2430;--soft:#5b6472;--rule:#e2e0d8;--band:#c9c4b4;--shade:#1d243040;--price:#1d2430;--fees:#7c8798;--reserve:#2f6fb5;--staked:#16897a;--interest:#c17d00;--principal:#c2304a;--back:#3d8b3d;--value:#6a4fb3}
@media(prefers-color-scheme:dark){:root{--page:#12151b;--card:#1b2029;--text:#e9ebef;--soft:#a2abb9;--rule:#303744;--band:#454d5c;--shade:#0009;--price:#e9ebef;--fees:#9aa6b8;--reserve:#66a3e8;--staked:#3cc4ae;--interest:#eeb243;--principal:#f2697f;--back:#74c476;--value:#b29ef0}}
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
.legend i.divide{width:0;height:13px;border-radius:0;background:none;border-left:2px dotted var(--key)}
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
.scroll{overflow-x:auto;background:linear-gradient(90deg,var(--card) 40%,transparent) 0 0/36px 100% no-repeat local,linear-gradient(270deg,var(--card) 40%,transparent) 100% 0/36px 100% no-repeat local,linear-gradient(90deg,var(--shade),transparent) 0 0/12px 100% no-repeat scroll,linear-gradient(270deg,var(--shade),transparent) 100% 0/12px 100% no-repeat scroll}
figure:focus-visible,.scroll:focus-visible{outline:2px solid var(--reserve);outline-offset:4px}
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
const at={};
function show(axis,fraction){let i=0;data.axes[axis].places.forEach((x,k)=>{if(x<=fraction)i=k});move(axis,i)}
function move(axis,to){const{places,labels}=data.axes[axis],i=at[axis]=Math.min(Math.max(to,0),places.length-1);
for(const plot of plots)if(plot.dataset.axis===axis){plot.querySelector(".readout").textContent=labels[i]+"  "+data.charts[plot.dataset.chart].map(s=>s.name+" "+s.values[i]).join("  ·  ");
for(const svg of plot.querySelectorAll("svg")){const c=svg.querySelector(".cursor"),x=+svg.dataset.left+places[i]*svg.dataset.span;c.classList.add("on");c.setAttribute("x1",x);c.setAttribute("x2",x)}}}
for(const svg of document.querySelectorAll("figure[data-chart] svg"))for(const type of["pointermove","pointerdown"])svg.addEventListener(type,e=>{const box=svg.getBoundingClientRect();
show(svg.closest("figure").dataset.axis,((e.clientX-box.left)/box.width*svg.viewBox.baseVal.width-svg.dataset.left)/svg.dataset.span)});
for(const plot of plots){const readout=plot.querySelector(".readout"),axis=plot.dataset.axis;
plot.addEventListener("focus",()=>readout.setAttribute("aria-live","polite"));plot.addEventListener("blur",()=>readout.removeAttribute("aria-live"));
plot.addEventListener("keydown",e=>{const last=data.axes[axis].places.length-1,i=at[axis]??-1;const to={ArrowRight:i+1,ArrowLeft:i<0?last:i-1,Home:0,End:last}[e.key];if(to==null||e.ctrlKey||e.altKey||e.metaKey)return;e.preventDefault();move(axis,to)})}
`;

/** The CSS colour of that name in the style above, for either colour scheme. */
export const colourOf = (name: string) => `var(--${name})`;

/**
 * One self-contained page: no script, style, font or picture from anywhere else.
 * @param body HTML
 * @param data what the cursors show, see `cursorData`
 */
export function renderPage(title: string, body: string, data: unknown): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(title)} · Lagan replay</title><style>${STYLE}</style></head><body><main>
${body}
</main><script type="application/json" id="data">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script><script>${SCRIPT}</script></body></html>
`;
}

/** A part of the page; all but the title is HTML. */
export function section(title: string, intro: string, body: string): string {
  return `<section><h2>${title}</h2>${intro && `<p class="soft">${intro}</p>`}${body}</section>`;
}

/**
 * @param label for those who do not see it
 * @param sum a last row that stands out
 */
export function table(
  label: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  sum?: readonly string[],
): string {
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell) => `<${tag}${tag === "th" ? ' scope="col"' : ""}>${escape(cell)}</${tag}>`).join("");
  const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`);
  if (sum) body.push(`<tr class="sum">${cells(sum, "td")}</tr>`);
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(label)}"><table><thead><tr>${cells(header, "th")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}
