import {
  AbiCoder,
  dataLength,
  dataSlice,
  Interface,
  keccak256,
  parseUnits,
  VoidSigner,
  ZeroAddress,
  type ParamType,
  type Result,
} from "ethers";
import type { AccessManager, InsuranceFund, LendingPool, PoolFactory } from "../../typechain-types";
import type { PoolParamsStruct } from "../../typechain-types/contracts/PoolFactory";
import { functionsOf, grantsOf, ROLES, type Grant, type Role } from "./access";
import type { Context } from "./context";
import type { Deployer } from "./deployer";
import { allSince } from "./logs";
import {
  decimalsOf,
  deployFactory,
  deployFund,
  deployLens,
  deployLiquidator,
  deployManager,
  deployMarket,
  deployOracle,
  deploySocializer,
  fundParams,
  poolParams,
} from "./protocol";

/** One comparison of the chain with the configuration. */
export interface Check {
  what: string;
  expected: string;
  found: string;
}

type Report = (what: string, expected: string, found: string) => void;

const coder = AbiCoder.defaultAbiCoder();

/**
 * Compares the chain with the configuration and with the code of this repository. Sends nothing.
 * @throws NotDeployedError if something of the deployment is not there at all.
 */
export async function checkDeployment(context: Context): Promise<Check[]> {
  const { config, accounts, createdAt, find } = context;
  const checks: Check[] = [];
  const report: Report = (what, expected, found) => checks.push({ what, expected, found });

  // The functions that deploy, with a deployer that only compares.
  const d = await comparingDeployer(context, report);
  const manager = await deployManager(d);
  const authority = await manager.getAddress();
  const factory = await deployFactory(d, authority);
  const registry = await factory.getAddress();
  const socializer = await (await deploySocializer(d, registry)).getAddress();
  const market = await deployMarket(d, config);
  const oracle = await (await deployOracle(d, market)).getAddress();
  const decimals = await decimalsOf(d, market);
  const fund = await deployFund(d, fundParams(config, market, decimals, { socializer, factory: registry }), authority);
  await deployLens(d);
  await deployLiquidator(d, registry, accounts.keeper);

  const pool = await find("Pool");
  const parts = { oracle, fund: await fund.getAddress(), socializer };
  const params = poolParams(config, market, decimals, parts);
  await checkPool(factory, await createdAt("PoolFactory"), pool, params, report);
  await checkCoverage(fund, pool, parseUnits(config.coverageLimit, decimals), report);
  report("PoolFactory authority", authority, await factory.authority());
  report("InsuranceFund authority", authority, await fund.authority());
  await checkRoles(manager, await createdAt("AccessManager"), grantsOf(accounts, config.executionDelay), report);
  for (const { name, target, selector, role } of await functionsOf(factory, fund)) {
    report(`${name} is for`, role, nameOf(await manager.getTargetFunctionRole(target, selector)));
  }
  return checks;
}

/** Instead of deploying, compares the recorded transaction with the one that it would send. */
async function comparingDeployer({ artifacts, provider, recordOf }: Context, report: Report): Promise<Deployer> {
  async function creationOf(name: string) {
    const { address, transactionHash } = await recordOf(name);
    const transaction = transactionHash ? await provider.getTransaction(transactionHash) : null;
    const receipt = await transaction?.wait();
    return {
      address,
      from: transaction?.from ?? ZeroAddress,
      data: receipt?.contractAddress === address ? transaction!.data : "0x",
    };
  }

  return {
    signer: new VoidSigner((await creationOf("AccessManager")).from, provider),
    creationCode: async (contract) => (await artifacts.readArtifact(contract)).bytecode,
    deploy: async (name, contract, args) => {
      const { address, data } = await creationOf(name);
      const { abi, bytecode } = await artifacts.readArtifact(contract);
      const { inputs } = new Interface(abi).deploy;
      const length = Math.min(dataLength(bytecode), dataLength(data));
      const code = dataSlice(data, 0, length);
      report(`${name} code`, keccak256(bytecode), keccak256(code));
      if (code === bytecode) {
        compareValues(name, inputs, args, fieldsOf(inputs, coder.decode(inputs, dataSlice(data, length))), report);
      }
      return address;
    },
  };
}

/** Reports every parameter, those in structs by themselves. */
function compareValues(
  name: string,
  params: readonly ParamType[],
  expected: readonly unknown[],
  found: Map<string, string>,
  report: Report,
) {
  for (const [field, value] of fieldsOf(params, coder.decode(params, coder.encode(params, expected)))) {
    report(`${name}.${field}`, value, found.get(field)!);
  }
}

/** Values by their names; of bytes, which may be a whole contract, only the hash. */
function fieldsOf(params: readonly ParamType[], values: Result, prefix?: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [i, { name, type, components }] of params.entries()) {
    if (components) {
      // A struct that is a parameter needs no name, one inside a struct does.
      const inner = fieldsOf(components, values[i] as Result, prefix === undefined ? "" : `${prefix}${name}.`);
      for (const [field, value] of inner) fields.set(field, value);
    } else {
      const value = type === "bytes" ? keccak256(values[i] as string) : String(values[i]);
      fields.set(`${prefix ?? ""}${name.replace(/_$/, "")}`, value);
    }
  }
  return fields;
}

async function checkPool(
  factory: PoolFactory,
  since: number,
  pool: LendingPool,
  expected: PoolParamsStruct,
  report: Report,
) {
  const filter = factory.filters.PoolCreated(await pool.getAddress());
  const query = (from: number, to: number) => factory.queryFilter(filter, from, to);
  const [created] = await allSince(pool.runner!.provider!, since, query);
  report("Pool creator", "PoolFactory", created ? "PoolFactory" : "unknown");
  if (!created) return;
  const params = factory.interface.getEvent("PoolCreated").inputs.slice(-1);
  const found = coder.decode(params, coder.encode(params, [created.args.params]));
  // The cap is the one parameter that may change: what counts is what it is now.
  const values = fieldsOf(params, found).set("supplyCap", String((await pool.state()).supplyCap));
  compareValues("Pool", params, [expected], values, report);
}

async function checkCoverage(fund: InsuranceFund, pool: LendingPool, expected: bigint, report: Report) {
  const { limit, pendingLimit } = await fund.coverageOf(pool);
  report("InsuranceFund coverage limit", String(expected), String(pendingLimit || limit));
  report("InsuranceFund pools", await pool.getAddress(), (await fund.pools()).join(", "));
}

/** Who has each role, taken from everybody who ever got it, and who may change that. */
async function checkRoles(manager: AccessManager, since: number, grants: readonly Grant[], report: Report) {
  const query = (from: number, to: number) => manager.queryFilter(manager.filters.RoleGranted(), from, to);
  const granted = await allSince(manager.runner!.provider!, since, query);
  for (const role of Object.keys(ROLES) as Role[]) {
    const candidates = granted.filter(({ args }) => args.roleId === ROLES[role]).map(({ args }) => args.account);
    const found: string[] = [];
    for (const account of new Set(candidates)) {
      const { since, currentDelay, pendingDelay, effect } = await manager.getAccess(ROLES[role], account);
      if (since !== 0n) found.push(describe(account, effect === 0n ? currentDelay : pendingDelay));
    }
    const expected = grants.filter((grant) => grant.role === role);
    const holders = expected.map(({ account, delay }) => describe(account, delay));
    report(`Role ${role}`, holders.sort().join(", "), found.sort().join(", ") || "nobody");
    report(`Role ${role} is granted by`, "ADMIN", nameOf(await manager.getRoleAdmin(ROLES[role])));
  }
}

function describe(account: string, delay: bigint): string {
  return `${account} after ${delay} s`;
}

function nameOf(role: bigint): string {
  return Object.entries(ROLES).find(([, id]) => id === role)?.[0] ?? `role ${role}`;
}
