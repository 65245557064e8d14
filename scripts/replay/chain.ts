import { dataSlice, getAddress, id, toQuantity, type ContractTransactionReceipt } from "ethers";
import type { Environment } from "../chain";

/** A transaction to be mined, for instance `{ from, ...(await pool.accrue.populateTransaction()) }`. */
export interface Call {
  from: string;
  to: string;
  data: string;
}

/** Far more than any call needs: a replay measures gas, it does not ration it. */
const GAS = 100_000_000;
const BLOCK_GAS = 1_000_000_000_000;
const GAS_PRICE = 10_000_000_000;
const ETHER = 10n ** 30n;

/** Addresses of people who exist only in the replay: the same ones in every run. */
export function addressOf(name: string): string {
  return getAddress(dataSlice(id(name), 12));
}

/**
 * Mines calls of anyone, many to a block, at instants of one's choosing. Signed transactions in blocks of their own
 * would take most of the time of a run.
 */
export class Chain {
  private constructor(
    private readonly environment: Environment,
    private now: number,
  ) {}

  static async take(environment: Environment): Promise<Chain> {
    await environment.provider.send("evm_setBlockGasLimit", [toQuantity(BLOCK_GAS)]);
    await environment.provider.send("evm_setAutomine", [false]);
    const latest = await environment.ethers.provider.getBlock("latest");
    return new Chain(environment, latest!.timestamp);
  }

  /** Timestamp of the latest block. */
  get time(): number {
    return this.now;
  }

  async createAccounts(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) {
      await this.environment.provider.send("hardhat_impersonateAccount", [address]);
      await this.environment.provider.send("hardhat_setBalance", [address, toQuantity(ETHER)]);
    }
  }

  /**
   * Mines `calls` in this order in one block at `time`, or as soon after it as the chain allows.
   * @throws Error if a call reverts.
   */
  async mine(calls: readonly Call[], time = 0): Promise<ContractTransactionReceipt[]> {
    const { provider, ethers } = this.environment;
    const hashes: string[] = [];
    for (const { from, to, data } of calls) {
      const transaction = { from, to, data, gas: toQuantity(GAS), gasPrice: toQuantity(GAS_PRICE) };
      hashes.push((await provider.send("eth_sendTransaction", [transaction])) as string);
    }
    this.now = Math.max(this.now + 1, time);
    await provider.send("evm_setNextBlockTimestamp", [this.now]);
    await provider.send("evm_mine");
    const receipts: ContractTransactionReceipt[] = [];
    for (const [i, hash] of hashes.entries()) {
      const receipt = (await ethers.provider.getTransactionReceipt(hash)) as ContractTransactionReceipt | null;
      if (!receipt?.status) {
        // Calling it again tells the reason, unless it depended on its place in the block.
        await ethers.provider.call(calls[i]);
        throw new Error(`The call ${calls[i].data.slice(0, 74)} to ${calls[i].to} reverted`);
      }
      receipts.push(receipt);
    }
    return receipts;
  }

  /** Remembers this instant: `undo` takes the chain back to it. */
  async save(): Promise<{ undo: () => Promise<void> }> {
    const { provider } = this.environment;
    const [snapshot, now] = [(await provider.send("evm_snapshot")) as string, this.now];
    return {
      undo: async () => {
        await provider.send("evm_revert", [snapshot]);
        this.now = now;
      },
    };
  }
}
