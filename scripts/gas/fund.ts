import type { GasChain } from "./chain";
import { coversOf } from "./cover";
import type { Lagan } from "./lagan";
import type { Measure } from "./operations";
import { loans } from "./scenario";
import type { Tokens } from "./tokens";

const DAY = 86_400n;
const STAKED = loans(1_000);

/** What stakers of the fund pay, and a harvest. */
export async function measureFund(chain: GasChain, lagan: Lagan, tokens: Tokens, measure: Measure): Promise<void> {
  const { pool, fundParams } = lagan;
  const user = chain.person("user");
  const fund = lagan.fund.connect(user);
  await chain.apart(async () => {
    await coversOf(chain, lagan, tokens)["inside cover"].prepare?.();
    await tokens.endow(user, await fund.getAddress());
    await measure("fund: deposit, first", () => fund.deposit(STAKED, user));
    await measure("fund: deposit, repeat", () => fund.deposit(STAKED, user));
    await chain.wait(DAY);
    await measure("fund: harvest", () => fund.harvest(pool));
    const shares = (await fund.balanceOf(user)) / 2n;
    await measure("fund: cooldown", () => fund.cooldown(shares));
    await chain.wait(BigInt(fundParams.cooldown));
    await measure("fund: redeem", () => fund.redeem(shares, user, user));
  });
}
