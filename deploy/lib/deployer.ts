import { ContractFactory, type InterfaceAbi, type Signer } from "ethers";

/** How contracts get onto a chain. The deployment functions know nothing else of where they run. */
export interface Deployer {
  /** Sends every transaction. */
  signer: Signer;
  /** Creation code of `contract`, with the 0x prefix. */
  creationCode(contract: string): Promise<string>;
  /** Puts `contract` on the chain under `name` and returns its address. */
  deploy(name: string, contract: string, args: readonly unknown[]): Promise<string>;
}

/** The part of `hre.artifacts` that a deployment reads. */
export interface Artifacts {
  readArtifact(name: string): Promise<{ abi: InterfaceAbi; bytecode: string }>;
}

/** Deploys with plain transactions, always anew and without records: for tests. */
export function directDeployer(signer: Signer, artifacts: Artifacts): Deployer {
  return {
    signer,
    creationCode: async (contract) => (await artifacts.readArtifact(contract)).bytecode,
    deploy: async (_name, contract, args) => {
      const { abi, bytecode } = await artifacts.readArtifact(contract);
      const created = await new ContractFactory(abi, bytecode, signer).deploy(...args);
      await created.waitForDeployment();
      return created.getAddress();
    },
  };
}
