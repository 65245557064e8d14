import { computeAddress, isAddress, ZeroAddress } from "ethers";
import { fundTerms, type FundTerms } from "./lib/terms";

const DAY = 86_400n;

/** A Chainlink feed, and when to believe it; see IChainlinkOracle. */
export interface Feed {
  aggregator: string;
  /** Seconds. */
  heartbeat: number;
  /** Exclusive bounds of an answer, in the feed's decimals. */
  minAnswer: bigint;
  maxAnswer: bigint;
}

/** What the first pool lends and against what; both feeds in the same currency. */
export interface Market {
  asset: string;
  collateral: string;
  assetFeed: Feed;
  collateralFeed: Feed;
}

/** What a deployment has to look like. Whoever changes the chain changes this, and the other way round. */
export interface Config {
  /** Seconds that the governor's operations wait in public: both those that add risk and those that grant roles. */
  executionDelay: bigint;
  /** Absent on a chain that gets mocks. */
  market?: Market;
  /** Supply cap of the first pool, in whole loan assets. */
  supplyCap: string;
  /** Most cover that the fund gives the first pool, in whole loan assets. */
  coverageLimit: string;
  /** Terms of the fund, for the decimals of the loan asset. */
  fund: (decimals: number) => FundTerms;
}

/** A mistake in the configuration: its message says in one line what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

const LOCAL: Config = { executionDelay: 0n, supplyCap: "100000000", coverageLimit: "10000000", fund: fundTerms };

/** Cover is between 2 and 5 % of deposits. */
const LIVE = {
  sepolia: { executionDelay: 2n * DAY, supplyCap: "1000000", coverageLimit: "50000", fund: fundTerms },
  mainnet: { executionDelay: 2n * DAY, supplyCap: "10000000", coverageLimit: "500000", fund: fundTerms },
} satisfies Record<string, Config>;

const ADDRESSES = ["GOVERNOR", "GUARDIAN", "KEEPER", "ASSET", "COLLATERAL"] as const;
const FEEDS = ["ASSET_FEED", "COLLATERAL_FEED"] as const;

/**
 * The configuration of a network. What differs from one deployment to the next comes from `env` on live networks.
 * @throws ConfigError for a network that nobody configured, and for keys that are missing or malformed.
 */
export function configOf(network: string, env: Environment): Config {
  if (network === "hardhat" || network === "localhost") return LOCAL;
  const live = Object.entries(LIVE).find(([name]) => name === network)?.[1];
  if (!live) {
    const known = ["hardhat", "localhost", ...Object.keys(LIVE)].join(", ");
    throw new ConfigError(`Unknown network ${network}: use one of ${known}`);
  }
  requireKeys(network, env, [`${network.toUpperCase()}_RPC_URL`, ...ADDRESSES, ...FEEDS]);
  for (const key of ADDRESSES) requireAddress(key, env[key]!);
  const market = {
    asset: env.ASSET!,
    collateral: env.COLLATERAL!,
    assetFeed: parseFeed("ASSET_FEED", env.ASSET_FEED!),
    collateralFeed: parseFeed("COLLATERAL_FEED", env.COLLATERAL_FEED!),
  };
  return { ...live, market };
}

/** @throws ConfigError naming every key of `keys` that `env` does not set. */
export function requireKeys(network: string, env: Environment, keys: readonly string[]): void {
  const missing = keys.filter((key) => !env[key]);
  if (missing.length > 0) {
    throw new ConfigError(`Set ${missing.join(", ")} in .env: ${network} needs them (see .env.example)`);
  }
}

/**
 * Hardhat reads these whatever network a script is for, and has no clear word for those that are malformed.
 * @throws ConfigError that names the key, and never shows the private one.
 */
export function requireConnection(env: Environment): void {
  for (const key of ["SEPOLIA_RPC_URL", "MAINNET_RPC_URL"] as const) {
    const value = env[key];
    if (value && !/^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : "")) {
      throw new ConfigError(`${key} must be an address such as https://rpc.example.org, not "${value}"`);
    }
  }
  if (env.DEPLOYER_KEY && !isPrivateKey(env.DEPLOYER_KEY)) {
    throw new ConfigError("DEPLOYER_KEY must be a private key, 0x and 64 hexadecimal digits");
  }
}

function isPrivateKey(text: string): boolean {
  try {
    return /^(0x)?[0-9a-f]{64}$/i.test(text) && isAddress(computeAddress(text.replace(/^(0x)?/i, "0x")));
  } catch {
    return false; // zero, or beyond the order of the curve
  }
}

function requireAddress(key: string, value: string): void {
  if (!isAddress(value) || value === ZeroAddress) throw new ConfigError(`${key} must be an address, not "${value}"`);
}

function parseFeed(key: string, text: string): Feed {
  const fields = /^(0x[0-9a-f]{40}),(\d+),(\d+),(\d+)$/i.exec(text);
  if (!fields) throw new ConfigError(`${key} must be "address,heartbeat,minAnswer,maxAnswer", not "${text}"`);
  const [, aggregator, heartbeat, minAnswer, maxAnswer] = fields;
  requireAddress(key, aggregator);
  return { aggregator, heartbeat: Number(heartbeat), minAnswer: BigInt(minAnswer), maxAnswer: BigInt(maxAnswer) };
}
