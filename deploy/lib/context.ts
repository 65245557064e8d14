import type { DeployFunction } from "hardhat-deploy/types";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import {
  AccessManager__factory,
  BadDebtSocializer__factory,
  ChainlinkOracle__factory,
  FlashLiquidator__factory,
  InsuranceFund__factory,
  LendingPool__factory,
  MockAggregator__factory,
  MockERC20__factory,
  PoolFactory__factory,
  PoolLens__factory,
} from "../../typechain-types";
import { configOf } from "../config";
import { env } from "../env";
import type { Artifacts, Deployer } from "./deployer";

/** The contracts of a deployment by the names under which they are recorded. */
const CONTRACTS = {
  AccessManager: AccessManager__factory,
  PoolFactory: PoolFactory__factory,
  BadDebtSocializer: BadDebtSocializer__factory,
  InsuranceFund: InsuranceFund__factory,
  ChainlinkOracle: ChainlinkOracle__factory,
  Pool: LendingPool__factory,
  PoolLens: PoolLens__factory,
  FlashLiquidator: FlashLiquidator__factory,
  MockAsset: MockERC20__factory,
  MockCollateral: MockERC20__factory,
  MockAssetFeed: MockAggregator__factory,
  MockCollateralFeed: MockAggregator__factory,
};

type Name = keyof typeof CONTRACTS;
type Contract<N extends Name> = ReturnType<(typeof CONTRACTS)[N]["connect"]>;

/** A contract has no record, or its record is of another chain. */
export class NotDeployedError extends Error {
  override readonly name = "NotDeployedError";

  constructor(contract: string, network: string) {
    super(`${contract} is not deployed on ${network}: run \`npm run deploy -- ${network}\` first`);
  }
}

export type Context = Awaited<ReturnType<typeof contextOf>>;

/** A network as it should be, and what is recorded of it. Needs no key. */
export async function contextOf(hre: HardhatRuntimeEnvironment) {
  const { deployments, ethers, network } = hre;
  const artifacts: Artifacts = hre.artifacts;
  const { governor, guardian, treasury, keeper } = await hre.getNamedAccounts();

  /** @throws NotDeployedError */
  async function recordOf(name: string) {
    const record = await deployments.getOrNull(name);
    if (!record || (await ethers.provider.getCode(record.address)) === "0x") {
      throw new NotDeployedError(name, network.name);
    }
    return record;
  }

  return {
    config: configOf(network.name, env),
    accounts: { governor, guardian, treasury, keeper },
    artifacts,
    provider: ethers.provider,
    recordOf,
    /** The block in which something recorded was created; the first where the record does not say. */
    createdAt: async (name: string) => Number((await recordOf(name)).receipt?.blockNumber ?? 0),
    /** A recorded contract, to be read or connected to a signer. */
    find: async <N extends Name>(name: N): Promise<Contract<N>> => {
      const { address } = await recordOf(name);
      return CONTRACTS[name].connect(address, ethers.provider) as Contract<N>;
    },
  };
}

/** A deployment step for the plugin. */
export function step(run: (d: Deployer, context: Context, hre: HardhatRuntimeEnvironment) => Promise<void>) {
  const deploy: DeployFunction = async (hre) => run(await recordingDeployer(hre), await contextOf(hre), hre);
  return deploy;
}

/**
 * Deploys through the plugin, which records what it does. What is recorded and on the chain stays, whatever the sources
 * say by now: the parts of a protocol in use know one another.
 */
async function recordingDeployer({
  artifacts,
  deployments,
  ethers,
  getNamedAccounts,
}: HardhatRuntimeEnvironment): Promise<Deployer> {
  const { deployer } = await getNamedAccounts();
  return {
    signer: await ethers.getSigner(deployer),
    creationCode: async (contract) => (await artifacts.readArtifact(contract)).bytecode,
    deploy: async (name, contract, args) => {
      const record = await deployments.getOrNull(name);
      if (record) {
        if ((await ethers.provider.getCode(record.address)) !== "0x") return record.address;
        await deployments.delete(name); // of a local chain that is gone
      }
      return (await deployments.deploy(name, { contract, from: deployer, args: [...args], log: true })).address;
    },
  };
}
