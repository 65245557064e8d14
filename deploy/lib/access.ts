import { resolveAddress, type Interface, type Signer } from "ethers";
import type { AccessManager, InsuranceFund, PoolFactory } from "../../typechain-types";

/** Roles of the access manager. ADMIN is OpenZeppelin's: it grants the others. */
export const ROLES = {
  ADMIN: 0n,
  /** Supply caps, coverage limits, the end of a pause: whatever adds risk. */
  RISK: 1n,
  /** The pause of new risk. */
  GUARDIAN: 2n,
} as const;

export type Role = keyof typeof ROLES;

/** Who may call each restricted function. */
export const RESTRICTED = {
  PoolFactory: { setSupplyCap: "RISK", unpause: "RISK", pause: "GUARDIAN" },
  InsuranceFund: { setCoverageLimit: "RISK" },
} as const satisfies Record<string, Record<string, Role>>;

export interface Grant {
  role: Role;
  account: string;
  /** Seconds between the announcement of an operation and its execution. */
  delay: bigint;
}

/**
 * Who has which role, once a deployment is finished. ADMIN waits as long as RISK: else it could grant itself RISK
 * without delay.
 */
export function grantsOf(accounts: { governor: string; guardian: string }, executionDelay: bigint): Grant[] {
  return [
    { role: "ADMIN", account: accounts.governor, delay: executionDelay },
    { role: "RISK", account: accounts.governor, delay: executionDelay },
    { role: "GUARDIAN", account: accounts.guardian, delay: 0n },
  ];
}

/** Whether the manager's signer has ADMIN, which a deployer has until it hands over. */
export async function isAdmin(manager: AccessManager): Promise<boolean> {
  const account = await (manager.runner as Signer).getAddress();
  return (await manager.hasRole(ROLES.ADMIN, account)).isMember;
}

/** Gives each restricted function its role. Needs ADMIN; sends nothing for what is set already. */
export async function assignFunctions(manager: AccessManager, factory: PoolFactory, fund: InsuranceFund) {
  for (const { target, selector, role } of await functionsOf(factory, fund)) {
    if ((await manager.getTargetFunctionRole(target, selector)) === ROLES[role]) continue;
    await (await manager.setTargetFunctionRole(target, [selector], ROLES[role])).wait();
  }
}

/** The restricted functions as the manager knows them. */
export async function functionsOf(factory: PoolFactory, fund: InsuranceFund) {
  const contracts = { PoolFactory: factory, InsuranceFund: fund };
  const found: { name: string; target: string; selector: string; role: Role }[] = [];
  for (const [contract, functions] of Object.entries(RESTRICTED)) {
    const { interface: abi, target } = contracts[contract as keyof typeof contracts];
    for (const [name, role] of Object.entries(functions)) {
      const { selector } = (abi as Interface).getFunction(name)!;
      found.push({ name: `${contract}.${name}`, target: await resolveAddress(target), selector, role });
    }
  }
  return found;
}

/** Grants a role with an execution delay in seconds. Needs ADMIN; sends nothing if the account has it so already. */
export async function grantRole(manager: AccessManager, role: Role, account: string, delay: bigint) {
  const [isMember, current] = await manager.hasRole(ROLES[role], account);
  if (isMember && current === delay) return;
  await (await manager.grantRole(ROLES[role], account, delay)).wait();
}

/** Makes the grants, then renounces every role of the manager's signer that is not among them. Needs ADMIN. */
export async function handOver(manager: AccessManager, grants: readonly Grant[]) {
  const signer = await (manager.runner as Signer).getAddress();
  // ADMIN last: it grants and renounces the others, and may get a delay.
  for (const role of ["RISK", "GUARDIAN", "ADMIN"] as const) {
    const due = grants.filter((grant) => grant.role === role);
    for (const { account, delay } of due) await grantRole(manager, role, account, delay);
    if (due.some(({ account }) => account === signer)) continue;
    if ((await manager.hasRole(ROLES[role], signer)).isMember) {
      await (await manager.renounceRole(ROLES[role], signer)).wait();
    }
  }
}
