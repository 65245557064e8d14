import { dataLength } from "ethers";
import type { Cost, GasChain } from "./chain";
import { table, formatGas } from "../lib/table";

/** As `debug_traceTransaction` answers; stack words are hexadecimal, the top one last. */
interface Step {
  op: string;
  gas: number;
  gasCost: number;
  depth: number;
  stack: string[];
}

/** What the first access of a transaction to an account costs (EIP-2929). */
const COLD_ACCOUNT = 2_600;

/**
 * What the cost of an access to storage says about the slot (EIP-2929, EIP-2200); other costs say nothing of interest.
 */
const SLOTS: Record<string, Record<number, string>> = {
  SLOAD: { 2_100: ", cold" },
  SSTORE: { 2_200: ", cold", 5_000: ", cold", 20_000: ", new", 22_100: ", new, cold" },
};

/** What gas is spent on, apart from computation. */
const KINDS: Record<string, "call" | "storage" | "log"> = {
  CALL: "call",
  DELEGATECALL: "call",
  STATICCALL: "call",
  SLOAD: "storage",
  SSTORE: "storage",
  TLOAD: "storage",
  TSTORE: "storage",
  EXTCODESIZE: "call",
  EXTCODECOPY: "call",
  BALANCE: "call",
  LOG0: "log",
  LOG1: "log",
  LOG2: "log",
  LOG3: "log",
  LOG4: "log",
};

/** Where the gas of one transaction goes: accesses, writes, calls and logs in order, then computation by contract. */
export async function traceTransaction(
  chain: GasChain,
  { hash, gas }: Cost,
  nameOf: (address: string) => string,
): Promise<string> {
  const options = { disableMemory: true, disableStorage: true };
  const trace = await chain.request("debug_traceTransaction", [hash, options]);
  const { structLogs: steps } = trace as { structLogs: Step[] };
  const transaction = (await chain.provider.getTransaction(hash))!;
  const frames = [transaction.to ? nameOf(transaction.to) : "creation"];
  const rows: string[][] = [];
  const computed = new Map<string, number>();

  steps.forEach((step, i) => {
    frames.length = step.depth;
    const frame = frames[step.depth - 1];
    const spent = ownCost(steps, i);
    const kind = KINDS[step.op];
    if (kind) {
      rows.push([`${"  ".repeat(step.depth - 1)}${frame}`, step.op, detailOf(step, spent, nameOf), formatGas(spent)]);
    } else {
      computed.set(frame, (computed.get(frame) ?? 0) + spent);
    }
    if (steps[i + 1]?.depth > step.depth) frames.push(nameOf(addressAt(step, -2)));
  });

  const intrinsic = Number(transaction.gasLimit) - steps[0].gas;
  const refunded = intrinsic + spentBy(steps) - gas;
  for (const [frame, spent] of computed) rows.push([frame, "computation", "", formatGas(spent)]);
  rows.push(["", "transaction", `${dataLength(transaction.data)} bytes of data`, formatGas(intrinsic)]);
  if (refunded > 0) rows.push(["", "refund", "", formatGas(-refunded)]);
  rows.push(["", "all", "", formatGas(gas)]);
  return table(["contract", "operation", "", "gas"], rows, 3);
}

/** The cost of a step; of a call, without what is spent within it. */
function ownCost(steps: readonly Step[], at: number): number {
  const { gas, gasCost, depth } = steps[at];
  if (!(steps[at + 1]?.depth > depth)) return gasCost;
  const back = steps.findIndex((step, i) => i > at && step.depth <= depth);
  const inner = steps.slice(at + 1, back === -1 ? undefined : back);
  return gas - (steps[back]?.gas ?? 0) - spentBy(inner);
}

/** By a transaction or call that consists of these steps. */
function spentBy(steps: readonly Step[]): number {
  const last = steps[steps.length - 1];
  return steps[0].gas - last.gas + last.gasCost;
}

function detailOf(step: Step, spent: number, nameOf: (address: string) => string): string {
  const word = (i: number) => `0x${step.stack.at(i)!.replace(/^0x/, "")}`;
  switch (KINDS[step.op]) {
    case "call":
      return `${nameOf(addressAt(step, step.op.endsWith("CALL") ? -2 : -1))}${spent >= COLD_ACCOUNT ? ", cold" : ""}`;
    case "storage":
      return `${shorten(word(-1))}${SLOTS[step.op]?.[spent] ?? ""}`;
    case "log":
      return `${Number(word(-2))} bytes`;
    default:
      return "";
  }
}

function addressAt(step: Step, i: number): string {
  return `0x${step.stack.at(i)!.replace(/^0x/, "").padStart(40, "0").slice(-40)}`;
}

/** Slots of mappings are hashes: their ends tell them apart. */
function shorten(word: string): string {
  const digits = word.slice(2).replace(/^0+(?=.)/, "");
  return digits.length > 8 ? `${digits.slice(0, 4)}…${digits.slice(-4)}` : digits;
}
