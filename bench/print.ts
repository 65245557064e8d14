import { formatGas, table } from "../scripts/lib/table";
import type { Comparison, FurtherRow, Row } from "./compare";

const verdict = (gas: number, target: number | null) => (target === null ? "" : gas <= target ? "met" : "MISSED");

/** The comparison as a person reads it. */
export function print({ rows, further, bytes, drifted }: Comparison): string {
  const judged: { lagan: number; target: number | null }[] = [...rows, ...further];
  const missed = judged.filter(({ lagan, target }) => target !== null && lagan > target).length;
  return [
    "Gas of whole transactions. Lagan, Morpho Blue with its adaptive rate model and Aave v3.6 are measured in this run, on one",
    "chain with the same tokens; * is cited, measured elsewhere under the same conditions.",
    "",
    table(
      ["operation", "Lagan", "Morpho", "Aave", "Comet*", "Euler*", "Silo*", "cheapest", "ratio", "target", ""],
      rows.map(comparedCells),
    ),
    "",
    table(["only Lagan", "gas", "target", ""], further.map(furtherCells)),
    "",
    table(
      ["deployed", "bytes"],
      Object.entries(bytes).map(([contract, size]) => [contract, formatGas(size)]),
    ),
    "",
    ...drifted.map((line) => `DRIFTED  ${line}`),
    `${missed} of ${judged.filter(({ target }) => target !== null).length} targets missed`,
  ].join("\n");
}

function comparedCells(row: Row): string[] {
  const { operation, lagan, morpho, aave, comet, euler, silo, cheapest, ratio, target } = row;
  const gas = [lagan, morpho, aave, comet, euler, silo, cheapest].map(formatGas);
  return [operation, ...gas, ratio.toFixed(3), formatGas(target), verdict(lagan, target)];
}

function furtherCells({ operation, lagan, target }: FurtherRow): string[] {
  return [operation, formatGas(lagan), target === null ? "" : formatGas(target), verdict(lagan, target)];
}
