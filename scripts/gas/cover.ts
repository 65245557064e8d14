import type { GasChain } from "./chain";
import type { Lagan } from "./lagan";
import type { BadDebt } from "./operations";
import { loans } from "./scenario";
import type { Tokens } from "./tokens";

/** Who bears a victim's bad debt. */
export const COVERS = ["uninsured", "inside cover", "through every layer"] as const;

export type Cover = (typeof COVERS)[number];

const DAY = 86_400n;

/** More than any loss here takes, so that the staked capital never runs out. */
const STAKED = loans(100_000);

/**
 * @throws Error if the latest loss was not borne as `cover` says: then its row measures something else than its name.
 */
export async function requireBorne({ socializer }: Lagan, cover: Cover): Promise<void> {
  const { fees, reserve, staked, interest, principal, lenderEpoch } = await socializer.lossOf(
    await socializer.lossCount(),
  );
  const insured = reserve > 0n && staked > 0n;
  const claimed = interest > 0n && principal > 0n && lenderEpoch > 0n;
  const borne = {
    uninsured: !insured && claimed,
    "inside cover": insured && interest + principal === 0n,
    "through every layer": fees > 0n && insured && claimed,
  }[cover];
  if (!borne) throw new Error(`The loss that should be ${cover} is not`);
}

/** How to have the losses of several victims, one after another, be borne in the same way. */
export function coversOf(chain: GasChain, lagan: Lagan, tokens: Tokens): Record<Cover, Omit<BadDebt, "steps">> {
  const { pool } = lagan;
  const fund = lagan.fund.connect(chain.person("staker"));
  const governed = lagan.fund.connect(chain.person("builder"));
  const delay = BigInt(lagan.fundParams.cooldown) + BigInt(lagan.fundParams.window);

  /** Staked capital, a reserve and a limit in force, a premium that has fees accrue. */
  const insure = async (reserve: bigint, limit: bigint) => {
    await tokens.endow(chain.person("staker"), await fund.getAddress());
    await fund.deposit(STAKED, chain.person("staker"));
    await fund.fundReserve(reserve);
    await governed.setCoverageLimit(pool, limit);
    await chain.wait(delay);
    await fund.harvest(pool);
    await chain.wait(DAY);
    await fund.harvest(pool);
  };

  const now = async () => (await chain.provider.getBlock("latest"))!.timestamp;

  // Each loss takes the whole reserve and then staked capital.
  const reserve = loans(100);
  const share = 2n * reserve;
  let limit = share;
  let raisedAt = 0;
  /** An increase by what one loss takes, in force a while later. */
  const raise = async () => {
    limit += share;
    await governed.setCoverageLimit(pool, limit);
    raisedAt = (await now()) + Number(delay);
  };
  return {
    uninsured: {},
    "inside cover": {
      prepare: () => insure(reserve, STAKED),
      renew: () => fund.fundReserve(reserve),
    },
    // Each loss takes all that the limit leaves; the next finds it raised by as much.
    "through every layer": {
      prepare: async () => {
        limit = share;
        await insure(reserve, limit);
        await raise();
        await chain.wait(delay - DAY / 2n);
      },
      renew: async () => {
        if (raisedAt <= (await now())) await raise();
        await chain.wait(raisedAt - (await now()));
        await fund.fundReserve(reserve);
      },
    },
  };
}
