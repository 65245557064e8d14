/** The shortest way to the chain: no client of ethers, whose objects look every name up anew. */
import { Result, type BaseContract, type Interface, type ParamType } from "ethers";

import { network } from "../helpers/hre";

/** What a contract answers, as plain objects: arrays of any length, and structs by their names. */
export type Plain<T> = T extends { length: infer Length }
  ? T extends string
    ? T
    : number extends Length
      ? T extends (infer Item)[]
        ? Plain<Item>[]
        : never
      : { [Name in keyof T as Name extends keyof unknown[] | `${number}` ? never : Name]: Plain<T[Name]> }
  : T;

function plain(value: unknown, type: ParamType): unknown {
  if (!(value instanceof Result)) return value;
  const items = value.toArray();
  if (type.arrayChildren) return items.map((item) => plain(item, type.arrayChildren!));
  return Object.fromEntries(type.components!.map((component, i) => [component.name, plain(items[i], component)]));
}

/** What the call would answer in the last block, or in the next. */
export async function ask(
  to: BaseContract,
  method: string,
  args: unknown[],
  { from, block = "latest" }: { from?: string; block?: "latest" | "pending" } = {},
): Promise<unknown[]> {
  const abi = to.interface as Interface;
  const request = { from, to: to.target, data: abi.encodeFunctionData(method, args) };
  const answer = (await network.provider.send("eth_call", [request, block])) as string;
  const { outputs } = abi.getFunction(method)!;
  return abi.decodeFunctionResult(method, answer).map((value, i) => plain(value, outputs[i]));
}
