import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { InputError } from "../lib/errors";
import type { Measurements } from "./measure";
import { formatGas, table } from "../lib/table";

/** At the root of the repository, wherever the command is run. */
const FILE = `${__dirname}/../../gas-snapshot.json`;

/** Gas by operation and deployed bytes by contract, in the order in which they are measured. */
type Snapshot = Record<"gas" | "bytes", Record<string, number>>;

const UNITS = { gas: "gas", bytes: "deployed bytes" } as const;

export function toSnapshot({ operations, further, bytes }: Measurements): Snapshot {
  return { gas: Object.fromEntries([...operations, ...further]), bytes: Object.fromEntries(bytes) };
}

/** @throws InputError if there is none, or none that can be read. */
export function readSnapshot(): Snapshot {
  if (!existsSync(FILE)) throw new InputError("gas-snapshot.json is missing: write it with `npm run gas:update`");
  try {
    const { gas, bytes } = JSON.parse(readFileSync(FILE, "utf8")) as Snapshot;
    return { gas: { ...gas }, bytes: { ...bytes } };
  } catch {
    throw new InputError("gas-snapshot.json is not JSON: write it anew with `npm run gas:update`");
  }
}

export function writeSnapshot(snapshot: Snapshot): void {
  writeFileSync(FILE, `${JSON.stringify(snapshot, null, 2)}\n`);
}

/** What differs, a table per unit; empty if nothing does. */
export function compareSnapshots(before: Snapshot, after: Snapshot): string[] {
  return (Object.keys(UNITS) as (keyof Snapshot)[]).flatMap((unit) => {
    const names = [...new Set([...Object.keys(before[unit]), ...Object.keys(after[unit])])];
    const rows = names
      .map((name) => ({
        name,
        was: before[unit][name] as number | undefined,
        is: after[unit][name] as number | undefined,
      }))
      .filter(({ was, is }) => was !== is)
      .map(({ name, was, is }) => [name, formatGas(was), formatGas(is), formatChange(was, is)]);
    return rows.length ? [table([UNITS[unit], "before", "after", "change"], rows)] : [];
  });
}

function formatChange(was: number | undefined, is: number | undefined): string {
  if (was === undefined) return "new";
  if (is === undefined) return "gone";
  const percent = (100 * (is - was)) / was;
  return `${is > was ? "+" : ""}${formatGas(is - was)} (${percent > 0 ? "+" : ""}${percent.toFixed(2)} %)`;
}
