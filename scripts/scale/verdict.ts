import type { Measured } from "./measure";

/** What an operation costs at each size, and the most that this is above the cost at the first one. */
export interface Verdict {
  operation: string;
  gas: number[];
  growth: number;
}

export function verdictsOf(all: readonly Pick<Measured, "gas">[]): Verdict[] {
  return [...all[0].gas.keys()].map((operation) => {
    const gas = all.map((measured) => measured.gas.get(operation)!);
    return { operation, gas, growth: Math.max(...gas.slice(1)) - gas[0] };
  });
}

/** Amounts as decimal strings. */
export function toJson(all: readonly Measured[]) {
  return all.map(({ gas, identities, ...rest }) => ({
    ...rest,
    gas: Object.fromEntries(gas),
    identities: identities.map(({ name, is, shouldBe }) => ({ name, is: String(is), shouldBe: String(shouldBe) })),
  }));
}
