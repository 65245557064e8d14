import { FixedPoint } from "../../sdk";
import { LAYERS, type Loss, type Probe, type Trace } from "./types";

const KEYS = ["shortfall", ...LAYERS, "recovered"] as const;
type Amounts = Record<(typeof KEYS)[number], string>;

/** The result for other programs; amounts are decimal strings in base units of the loan asset. */
export interface Result {
  scenario: string;
  steps: number;
  lenders: number;
  borrowers: number;
  losses: ({ id: number } & Amounts)[];
  totals: Amounts;
  /**
   * What equal stakes at the first loss that reached principal are worth by the end, with the claims on that loss and
   * without what happened to the pool afterwards; `spread` is |leaver − stayer| as a fraction of the stake. Null if no
   * loss reached principal.
   */
  fairness: { leaver: string | null; stayer: string | null; entrant: string | null; spread: number | null };
  /**
   * Tries to leave past an unbooked loss while the keepers were away, which the pool refused; and what a lender got who
   * booked the loss and left in one transaction, beside what an equal stake that stayed was worth in that block. Null
   * if no such loss was seen.
   */
  guard: { refusedExits: number; leaverValue: string | null; stayerValue: string | null };
  /** Median gas of each call, null if it was never made. */
  gas: { liquidate: number | null; writeDown: number | null; claim: number | null };
  identitiesChecked: number;
  violations: number;
  seconds: number;
}

function sumOf(losses: readonly Loss[]): Amounts {
  const sums = KEYS.map((key) => [key, FixedPoint.sum(losses.map((loss) => loss[key])).toString()]);
  return Object.fromEntries(sums) as Amounts;
}

export function toResult(trace: Trace): Result {
  const { fairness, guard, gas } = trace;
  const value = (probe: Probe | undefined) => probe && (probe.afterLoss + probe.claims).toString();
  return {
    scenario: trace.scenario.name,
    steps: trace.points.length,
    lenders: trace.lenders,
    borrowers: trace.borrowers,
    losses: trace.losses.map((loss) => ({ id: loss.id, ...sumOf([loss]) })),
    totals: sumOf(trace.losses),
    fairness: {
      leaver: value(fairness?.leaver) ?? null,
      stayer: value(fairness?.stayer) ?? null,
      entrant: value(fairness?.entrant) ?? null,
      spread: fairness?.spread ?? null,
    },
    guard: {
      refusedExits: guard.refusedExits,
      leaverValue: guard.exit?.leaverValue.toString() ?? null,
      stayerValue: guard.exit?.stayerValue.toString() ?? null,
    },
    gas: { liquidate: gas.liquidate ?? null, writeDown: gas.writeDown ?? null, claim: gas.claim ?? null },
    identitiesChecked: trace.identitiesChecked,
    violations: trace.violations.length,
    seconds: Number(trace.seconds.toFixed(1)),
  };
}
