import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ContractFactory, MaxUint256, parseUnits, type InterfaceAbi, type Signer } from "ethers";
import { MockERC20__factory, MockOracle__factory } from "../../typechain-types";
import type { GasChain } from "./chain";
import { COLLATERAL_DECIMALS, ENDOWMENT, LOAN_DECIMALS, PRICES } from "./scenario";

const SOURCES = ["PlainToken", "PlainOracle"] as const;

/**
 * Not the settings of the repository: tokens on live networks were compiled without the new code generator, and the
 * figures that are cited were measured with these.
 */
const SETTINGS = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
};

export interface Artifact {
  abi: InterfaceAbi;
  /** Creation code, with the 0x prefix. */
  bytecode: string;
}

interface Output {
  errors?: { severity: string; formattedMessage: string }[];
  contracts: Record<string, Record<string, { abi: InterfaceAbi; evm: { bytecode: { object: string } } }>>;
}

async function compilePlain(): Promise<Record<(typeof SOURCES)[number], Artifact>> {
  const { default: solc } = await import("solc");
  const read = (file: string) => ({ content: readFileSync(join(__dirname, "contracts", file), "utf8") });
  const sources = Object.fromEntries(SOURCES.map((name) => [`${name}.sol`, read(`${name}.sol`)]));
  const input = JSON.stringify({ language: "Solidity", sources, settings: SETTINGS });
  const findImport = (path: string) => ({ contents: readFileSync(require.resolve(path), "utf8") });
  const output = JSON.parse(solc.compile(input, { import: findImport })) as Output;
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error) throw new Error(error.formattedMessage);
  const artifactOf = (name: (typeof SOURCES)[number]): Artifact => {
    const { abi, evm } = output.contracts[`${name}.sol`][name];
    return { abi, bytecode: `0x${evm.bytecode.object}` };
  };
  return { PlainToken: artifactOf("PlainToken"), PlainOracle: artifactOf("PlainOracle") };
}

/** Puts a contract on the chain and returns its address. */
export async function deploy({ abi, bytecode }: Artifact, signer: Signer, ...args: unknown[]): Promise<string> {
  return (await new ContractFactory(abi, bytecode, signer).deploy(...args)).getAddress();
}

/** What a loan market of any protocol is made of. */
export interface Tokens {
  loan: string;
  collateral: string;
  /** Answers `price()` with 36 decimals beyond those of the tokens. */
  oracle: string;
  /** @param price loan tokens that a collateral token is worth */
  setPrice(price: number): Promise<unknown>;
  /** Gives an account both tokens and lets `spender` take any amount of them. */
  endow(account: Signer, spender: string): Promise<void>;
}

export async function deployTokens(chain: GasChain): Promise<Tokens> {
  const { PlainToken, PlainOracle } = await compilePlain();
  const deployer = chain.person("deployer");
  const loan = await deploy(PlainToken, deployer, "Dollar", "USD", LOAN_DECIMALS);
  const collateral = await deploy(PlainToken, deployer, "Ether", "ETH", COLLATERAL_DECIMALS);
  const scaled = (price: number) => parseUnits(String(price), 36 + LOAN_DECIMALS - COLLATERAL_DECIMALS);
  const oracle = await deploy(PlainOracle, deployer, scaled(PRICES.start));
  return {
    loan,
    collateral,
    oracle,
    setPrice: (price) => MockOracle__factory.connect(oracle, deployer).setPrice(scaled(price)),
    endow: async (account, spender) => {
      for (const [address, amount] of [
        [loan, ENDOWMENT.loans],
        [collateral, ENDOWMENT.collaterals],
      ] as const) {
        const token = MockERC20__factory.connect(address, account);
        await token.mint(account, amount);
        await token.approve(spender, MaxUint256);
      }
    },
  };
}
