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

/** Gives each restricted function its role. Needs ADMIN; sends nothing for what is set already. */
export async function assignFunctions(manager: AccessManager, factory: PoolFactory, fund: InsuranceFund) {
  for (const [contract, functions] of [
    [factory, RESTRICTED.PoolFactory],
    [fund, RESTRICTED.InsuranceFund],
  ] as const) {
    for (const [name, role] of Object.entries(functions)) {
      const { selector } = contract.interface.getFunction(name as never)!;
      const target = await contract.getAddress();
      if ((await manager.getTargetFunctionRole(target, selector)) === ROLES[role]) continue;
      await (await manager.setTargetFunctionRole(target, [selector], ROLES[role])).wait();
    }
  }
}

/** Grants a role with an execution delay in seconds. Needs ADMIN; sends nothing if the account has it so already. */
export async function grantRole(manager: AccessManager, role: Role, account: string, delay: bigint) {
  const [isMember, current] = await manager.hasRole(ROLES[role], account);
  if (isMember && current === delay) return;
  await (await manager.grantRole(ROLES[role], account, delay)).wait();
}

/** Takes a role away. Needs ADMIN, or is the account's own renunciation; sends nothing if it does not have it. */
export async function dropRole(manager: AccessManager, role: Role, account: string) {
  const [isMember] = await manager.hasRole(ROLES[role], account);
  if (isMember) await (await manager.renounceRole(ROLES[role], account)).wait();
}
