import { formatPrice, timeFormat } from "../format";
import type { Trace } from "../types";
import { coverageChart, depthChart, priceChart, recoveryChart, shareChart, utilisationChart } from "./charts";
import { axesOf, cursorData, figure, type Plot } from "./figure";
import { renderPage, section } from "./page";
import { fairnessTable, footer, guardTable, lead, recoveryTable, tiles, waterfalls } from "./tables";

/** The page of plots that `--report` writes. */
export function renderReport(trace: Trace): string {
  const axes = axesOf(trace);
  const plots: Plot[] = [];
  const draw = (plot: Plot) => {
    plots.push(plot);
    return figure(plot, axes);
  };
  const body = [
    lead(trace),
    tiles(trace),
    section("Price, liquidations and losses", "", draw(priceChart(trace))),
    section(
      "Who paid",
      "Each layer pays to its end before the next is touched; together they are the shortfall, to the last base unit.",
      waterfalls(trace),
    ),
    section(
      "What a share is worth",
      "A loss of principal lowers the share price at once. What is recovered later is paid as claims to those who held shares at that instant.",
      draw(shareChart(trace)),
    ),
    section("Utilisation", "How much of what lenders own is lent out.", draw(utilisationChart(trace))),
    section(
      "Coverage",
      "Insurance that stands before the lenders, as a share of the debt.",
      draw(coverageChart(trace)),
    ),
    section(
      "What came back",
      "Recoveries climb the layers in reverse: lenders first, then the fund.",
      draw(recoveryChart(trace)) + recoveryTable(trace),
    ),
    section("Depth: what each price would bring", depthIntro(trace), draw(depthChart(trace))),
    section("Leaving ahead of a loss", "", guardTable(trace)),
    section("Leaving, staying, coming", "", fairnessTable(trace)),
    footer(trace),
  ];
  return renderPage(trace.scenario.title, body.join("\n"), cursorData(plots, axes, trace));
}

function depthIntro({ scenario, points, depth: { worst } }: Trace): string {
  const when = worst.now.badDebt ? "when it showed the most bad debt" : "at the lowest price";
  return `What the pool says each price of ${scenario.collateral} would bring: debt that could be liquidated, and the part of it that its collateral could not repay, as shares of the deposits. At the first price, and ${when}, before anybody acted (${timeFormat(points)(worst.time)}, ${formatPrice(worst.now.price)}).`;
}
