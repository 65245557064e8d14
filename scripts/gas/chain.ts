import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { EthereumProvider, HardhatRuntimeEnvironment } from "hardhat/types";
import { InputError } from "../lib/errors";
import { HARDFORK, PEOPLE, SPACING, type Person } from "./scenario";

/** Further test accounts: a write-down of a hundred needs as many borrowers. */
const BYSTANDERS = 110;

/** The first block's time; any will do as long as it is always the same. */
const START = "2025-06-01T00:00:00Z";

/** What one transaction cost. */
export interface Cost {
  gas: number;
  hash: string;
}

/** Seconds from a block to the next. */
interface Pace {
  spacing: number;
}

/**
 * A fresh in-process chain on which every transaction is a block of its own, some seconds after the one before, whoever
 * sends it: two runs see the same blocks.
 */
export class GasChain {
  private constructor(
    private readonly hre: HardhatRuntimeEnvironment,
    private readonly signers: readonly HardhatEthersSigner[],
    private readonly pace: Pace,
  ) {}

  static async start(): Promise<GasChain> {
    const { default: hre } = await import("hardhat");
    if (hre.network.name !== "hardhat") throw new InputError("Unset HARDHAT_NETWORK: this needs a chain of its own");
    const config = hre.config.networks.hardhat;
    // Read when the chain starts, which is at the first request.
    config.hardfork = HARDFORK;
    config.initialDate = START;
    config.allowBlocksWithSameTimestamp = true;
    if (!Array.isArray(config.accounts)) config.accounts.count = PEOPLE.length + BYSTANDERS;
    await hre.run("compile", { quiet: true });
    const pace = { spacing: SPACING };
    keepPace(hre.network.provider, pace);
    return new GasChain(hre, await hre.ethers.getSigners(), pace);
  }

  get artifacts() {
    return this.hre.artifacts;
  }

  get provider() {
    return this.hre.ethers.provider;
  }

  /** The account of someone with a part in the scenario. */
  person(name: Person): HardhatEthersSigner {
    return this.signers[PEOPLE.indexOf(name)];
  }

  /** Accounts that nobody has used. */
  get bystanders(): readonly HardhatEthersSigner[] {
    return this.signers.slice(PEOPLE.length);
  }

  /**
   * What the transaction costs that `send` sends.
   * @throws Error if it sends none or several.
   */
  async costOf(send: () => Promise<unknown>): Promise<Cost> {
    const before = await this.provider.getBlockNumber();
    await send();
    const block = await this.provider.getBlock("latest");
    if (block?.number !== before + 1 || block.transactions.length !== 1) {
      throw new Error("Measure one transaction at a time");
    }
    return { gas: Number(block.gasUsed), hash: block.transactions[0] };
  }

  /** Lets time pass without any transaction. */
  async wait(seconds: number | bigint): Promise<void> {
    const latest = await this.provider.getBlock("latest");
    await this.request("evm_setNextBlockTimestamp", [latest!.timestamp + Number(seconds)]);
    await this.request("evm_mine", []);
  }

  /** Has the transactions of `run` happen at the time of the first one, however many they are. */
  async atOnce<T>(run: () => Promise<T>): Promise<T> {
    await this.wait(SPACING);
    this.pace.spacing = 0;
    try {
      return await run();
    } finally {
      this.pace.spacing = SPACING;
    }
  }

  /** Runs on a copy of the chain as it is now: nothing of it remains. */
  async apart<T>(run: () => Promise<T>): Promise<T> {
    const snapshot = await this.request("evm_snapshot", []);
    try {
      return await run();
    } finally {
      await this.request("evm_revert", [snapshot]);
    }
  }

  /** For what the typed provider does not know. */
  async request(method: string, params: unknown[]): Promise<unknown> {
    return this.hre.network.provider.request({ method, params });
  }
}

/** Has each transaction, whoever sends it, wait for its turn: the clock of this machine must not decide on interest. */
function keepPace(provider: EthereumProvider, pace: Pace): void {
  const request = provider.request.bind(provider);
  provider.request = async (args) => {
    if (args.method === "eth_sendTransaction") {
      const latest = await request({ method: "eth_getBlockByNumber", params: ["latest", false] });
      const { timestamp } = latest as { timestamp: string };
      await request({ method: "evm_setNextBlockTimestamp", params: [Number(timestamp) + pace.spacing] });
    }
    return request(args);
  };
  provider.send = (method, params) => provider.request({ method, params });
}
