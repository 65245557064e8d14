import {
  AbiCoder,
  dataLength,
  dataSlice,
  keccak256,
  parseUnits,
  resolveProperties,
  ZeroAddress,
  type ContractTransactionReceipt,
} from "ethers";
import {
  AccessManager__factory,
  BadDebtSocializer__factory,
  ChainlinkOracle__factory,
  FlashLiquidator__factory,
  IERC20Metadata__factory,
  InsuranceFund__factory,
  LendingPool__factory,
  PoolFactory__factory,
  PoolLens__factory,
  type LendingPool,
  type PoolFactory,
} from "../../typechain-types";
import type { FundParamsStruct } from "../../typechain-types/contracts/InsuranceFund";
import type { PoolParamsStruct } from "../../typechain-types/contracts/PoolFactory";
import type { Config, Market } from "../config";
import type { Deployer } from "./deployer";
import { allSince } from "./logs";
import { deployMocks } from "./mocks";
import { poolTerms } from "./terms";

/** The access manager, whose first admin is the signer. */
export async function deployManager(d: Deployer) {
  const address = await d.deploy("AccessManager", "AccessManager", [await d.signer.getAddress()]);
  return AccessManager__factory.connect(address, d.signer);
}

/** The factory, and before it the data contracts with the code of its pools, which is too large to be part of it. */
export async function deployFactory(d: Deployer, manager: string) {
  const pool = await d.creationCode("LendingPool");
  const twin = await d.creationCode("PoolTwin");
  const half = Math.ceil(dataLength(pool) / 2);
  const head = await d.deploy("PoolCodeHead", "CodeStore", [dataSlice(pool, 0, half)]);
  const tail = await d.deploy("PoolCodeTail", "CodeStore", [dataSlice(pool, half)]);
  const twinCode = await d.deploy("PoolTwinCode", "CodeStore", [twin]);
  const args = [manager, head, tail, twinCode, keccak256(pool), keccak256(twin)];
  return PoolFactory__factory.connect(await d.deploy("PoolFactory", "PoolFactory", args), d.signer);
}

export async function deploySocializer(d: Deployer, factory: string) {
  const address = await d.deploy("BadDebtSocializer", "BadDebtSocializer", [factory]);
  return BadDebtSocializer__factory.connect(address, d.signer);
}

export async function deployFund(d: Deployer, params: FundParamsStruct, manager: string) {
  const address = await d.deploy("InsuranceFund", "InsuranceFund", [params, manager]);
  return InsuranceFund__factory.connect(address, d.signer);
}

/** The configured tokens and feeds, or mocks. */
export async function deployMarket(d: Deployer, config: Config): Promise<Market> {
  return config.market ?? deployMocks(d);
}

export async function decimalsOf({ signer }: Deployer, { asset }: Market): Promise<number> {
  return Number(await IERC20Metadata__factory.connect(asset, signer).decimals());
}

/** Collateral feed over asset feed. */
export async function deployOracle(d: Deployer, { asset, collateral, assetFeed, collateralFeed }: Market) {
  const unused = { aggregator: ZeroAddress, heartbeat: 0, minAnswer: 0n, maxAnswer: 0n };
  const config = {
    collateral,
    loan: asset,
    base1: collateralFeed,
    base2: unused,
    quote1: assetFeed,
    quote2: unused,
    vaultSample: 0n,
    sequencer: ZeroAddress,
    gracePeriod: 0n,
  };
  return ChainlinkOracle__factory.connect(await d.deploy("ChainlinkOracle", "ChainlinkOracle", [config]), d.signer);
}

/** @param bot Who may use it, and who gets what it earns. */
export async function deployLiquidator(d: Deployer, factory: string, bot: string) {
  const address = await d.deploy("FlashLiquidator", "FlashLiquidator", [factory, bot]);
  return FlashLiquidator__factory.connect(address, d.signer);
}

export async function deployLens(d: Deployer) {
  return PoolLens__factory.connect(await d.deploy("PoolLens", "PoolLens", []), d.signer);
}

/** Parameters of the fund that `config` describes; `decimals` are the loan asset's. */
export function fundParams(
  config: Config,
  market: Market,
  decimals: number,
  parts: Pick<FundParamsStruct, "socializer" | "factory">,
): FundParamsStruct {
  return { ...config.fund(decimals), ...parts, asset: market.asset };
}

/** Parameters of the first pool; `decimals` are the loan asset's. */
export function poolParams(
  config: Config,
  { asset, collateral }: Market,
  decimals: number,
  parts: Pick<PoolParamsStruct, "oracle" | "fund" | "socializer">,
): PoolParamsStruct {
  const supplyCap = parseUnits(config.supplyCap, decimals);
  return { ...poolTerms(decimals), ...parts, asset, collateralAsset: collateral, supplyCap };
}

/** Has the factory create a pool, always a new one. */
export async function createPool(factory: PoolFactory, params: PoolParamsStruct): Promise<LendingPool> {
  const receipt = await (await factory.createPool(params)).wait();
  return poolOf(factory, receipt!);
}

/** The pool that a transaction created: others may have created some in its block. */
export async function poolOf(factory: PoolFactory, { logs }: ContractTransactionReceipt): Promise<LendingPool> {
  const address = await factory.getAddress();
  const events = logs.filter((log) => log.address === address).map((log) => factory.interface.parseLog(log));
  const created = events.find((event) => event?.name === "PoolCreated");
  return LendingPool__factory.connect(created!.args.pool, factory.runner);
}

/**
 * The factory's first pool with exactly these parameters. It does not matter who created it: code and parameters are
 * all that tells pools of a factory apart.
 * @param since the block of the factory
 */
export async function findPool(
  factory: PoolFactory,
  params: PoolParamsStruct,
  since: number,
): Promise<LendingPool | undefined> {
  const { asset, collateralAsset } = await resolveProperties(params);
  const filter = factory.filters.PoolCreated(undefined, asset, collateralAsset);
  const created = await allSince(factory.runner!.provider!, since, (from, to) => factory.queryFilter(filter, from, to));
  const types = factory.interface.getEvent("PoolCreated").inputs.slice(-1);
  const encode = (value: unknown) => AbiCoder.defaultAbiCoder().encode(types, [value]);
  const found = created.find(({ args }) => encode(args.params) === encode(params));
  return found && LendingPool__factory.connect(found.args.pool, factory.runner);
}
