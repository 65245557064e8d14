/** Storage by name, from the compiler's layout: to read what no view tells and to put a counter at its end. */
import { getStorageAt, setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { AbiCoder, keccak256, toBeHex, type Addressable } from "ethers";
import { artifacts } from "./hre";

interface Variable {
  label: string;
  slot: string;
  offset: number;
  type: string;
}

interface Type {
  label: string;
  encoding: string;
  numberOfBytes: string;
  members?: Variable[];
  key?: string;
  value?: string;
}

export interface Layout {
  storage: Variable[];
  types: Record<string, Type>;
}

/** A variable, or what lies at `path` in it: names of a struct's fields, keys of a mapping. */
export type Place = [variable: string, ...path: (string | bigint)[]];

export async function layoutOf(contract: string): Promise<Layout> {
  const { sourceName, contractName } = await artifacts.readArtifact(contract);
  const build = await artifacts.getBuildInfo(`${sourceName}:${contractName}`);
  const output = build!.output.contracts[sourceName][contractName] as unknown as { storageLayout: Layout };
  return output.storageLayout;
}

async function locate(contract: string, [variable, ...path]: Place) {
  const { storage, types } = await layoutOf(contract);
  const find = (variables: Variable[] | undefined, label: string) => {
    const found = variables?.find((v) => v.label === label);
    if (!found) throw new Error(`${contract} has no ${label} in its storage`);
    return found;
  };
  let { slot, offset, type } = { ...find(storage, variable), slot: BigInt(find(storage, variable).slot) };
  for (const step of path) {
    const { encoding, key, value, members } = types[type];
    if (encoding === "mapping") {
      const preimage = AbiCoder.defaultAbiCoder().encode([types[key!].label, "uint256"], [step, slot]);
      [slot, offset, type] = [BigInt(keccak256(preimage)), 0, value!];
    } else {
      const member = find(members, String(step));
      [slot, offset, type] = [slot + BigInt(member.slot), member.offset, member.type];
    }
  }
  const { numberOfBytes, label } = types[type];
  return { slot: toBeHex(slot), shift: 8n * BigInt(offset), bits: 8 * Number(numberOfBytes), signed: label[0] === "i" };
}

/** A number in storage. */
export async function readStorage(at: Addressable, contract: string, place: Place): Promise<bigint> {
  const { slot, shift, bits, signed } = await locate(contract, place);
  const raw = BigInt(await getStorageAt(await at.getAddress(), slot)) >> shift;
  return signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw);
}

/** Overwrites a number in storage, and nothing else in its slot. */
export async function writeStorage(at: Addressable, contract: string, place: Place, value: bigint) {
  const { slot, shift, bits } = await locate(contract, place);
  const address = await at.getAddress();
  const mask = ((1n << BigInt(bits)) - 1n) << shift;
  const word = BigInt(await getStorageAt(address, slot)) & ~mask;
  await setStorageAt(address, slot, toBeHex(word | (BigInt.asUintN(bits, value) << shift), 32));
}
