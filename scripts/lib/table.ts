/** Text in the first columns, numbers right-aligned in the others. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], textColumns = 1): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i < textColumns ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((width) => "─".repeat(width)).join("──"), ...rows.map(line)].join("\n");
}

/** `12,345`; a dash for what nobody can measure. */
export function formatGas(gas: number | null | undefined): string {
  return gas === null || gas === undefined ? "–" : gas.toLocaleString("en-US");
}
