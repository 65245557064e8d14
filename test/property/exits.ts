/** What an account could do in the state that a step left, tried without doing it. */
import type { BaseContract } from "ethers";

import { FixedPoint, Interest, SharesMath } from "../../sdk";
import type { ProtocolProbe } from "../../typechain-types";
import { ask } from "./chain";
import { equal, holds } from "./check";
import { lackOfAll } from "./ladder";
import type { Ending, Place } from "./world";

/** Units by which what six accounts lack, what is booked of it and what is paid out differ by rounding. */
const ROUNDING = 20n;
const METHODS = ["deposit", "mint", "withdraw", "redeem"] as const;

/** What the call would answer, or nothing if it would revert. */
const attempt = (from: string, to: BaseContract, method: string, args: unknown[]) =>
  ask(to, method, args, { from }).then(
    ([answer]) => answer,
    () => undefined,
  );

/** 16. A limit can be used to its end, and the preview of that is what it does. */
export async function checkLimit({ pool, fund }: Place, user: string, which: number) {
  // the fund takes more than anybody has
  const limits = [...METHODS.map((method) => [pool, method] as const), [fund, "withdraw"], [fund, "redeem"]] as const;
  const [to, method] = limits[which % limits.length];
  const name = method[0].toUpperCase() + method.slice(1);
  const most = (await attempt(user, to, `max${name}`, [user])) as bigint;
  if (most === 0n) return;
  const leaves = method === "withdraw" || method === "redeem";
  const done = await attempt(user, to, method, leaves ? [most, user, user] : [most, user]);
  const preview = await attempt(user, to, `preview${name}`, [most]);
  holds(`16. ${method} of ${most}: ${done}, foreseen ${preview}`, done === preview && done !== undefined);
}

/**
 * 8. Who leaves ahead of a visible loss gets no more than who has it booked first, but for what the guard tolerates of it and does not
 * see.
 */
export async function checkFirstOut({ pool, users, terms, reading }: Place, price: bigint, user: string) {
  const { risk, holdings, pool: state } = reading;
  const { shares } = holdings[users.indexOf(user)];
  const lacking = lackOfAll(holdings, { price, index: state.index, terms });
  if (!risk.seen || lacking === 0n || shares === 0n) return;
  const liquid = SharesMath.toSharesDown(state.cash, state.lenderAssets, state.supply);
  const leaving = FixedPoint.min(shares, liquid);
  const first = ((await attempt(user, pool, "redeem", [leaving, user, user])) ?? 0n) as bigint;
  if (first === 0n) return;
  const booked = (await attempt(user, pool, "multicall", [
    [
      pool.interface.encodeFunctionData("writeDown", [users]),
      pool.interface.encodeFunctionData("redeem", [leaving, user, user]),
    ],
  ])) as string[] | undefined;
  const after = booked ? BigInt(booked[1]) : 0n;
  const left = state.lenderAssets - first;
  const byTolerance = (left * terms.guardTolerance) / Interest.BPS;
  const tolerated = byTolerance > terms.dust ? byTolerance : terms.dust;
  const bound = (first * (tolerated + lacking - risk.visible)) / state.lenderAssets + ROUNDING;
  holds(`8. ${user} gets ${first} first, ${after} after the loss, beyond ${bound}`, first - after <= bound);
}

/** 5. Losses of several accounts one after the other come to what they are together, in each layer. */
export async function checkSum({ pool, users, reading, terms }: Place, price: bigint, probe: ProtocolProbe) {
  const { risk, holdings, pool: state } = reading;
  if (!risk.seen) return;
  const market = { price, index: state.index, terms };
  // less than the dust bound is left alone, and may be booked only with that of others
  const insolvent = users.filter((_, i) => lackOfAll([holdings[i]], market) > terms.dust);
  if (insolvent.length < 2) return;
  const layersAfter = async (batches: string[][]) =>
    (await ask(probe, "layersAfter", [pool.target, batches]))[0] as bigint[];
  const together = await layersAfter([insolvent]);
  const apart = await layersAfter(insolvent.map((account) => [account]));
  const slack = BigInt(insolvent.length) * (state.index / FixedPoint.WAD + 2n);
  together.forEach((left, i) => {
    const off = left > apart[i] ? left - apart[i] : apart[i] - left;
    holds(`5. layer ${i} holds ${left} after all losses at once, ${apart[i]} in turn`, off <= slack);
  });
}

/** 11. Once every price has fallen to 0, and everybody is written down, nothing is owed, and every lender leaves with its share. */
export function checkEnd({ pool, owned, paid }: Ending) {
  equal("11. debt once all is written down", pool.debt, 0n);
  owned.forEach((assets, i) => {
    // what others leave to round, a unit of each, stays for those who follow
    const fair = paid[i] + 1n >= assets && paid[i] <= assets + BigInt(owned.length);
    holds(`11. the lender at ${i} leaves with ${paid[i]} of ${assets}`, assets === 0n || fair);
  });
}
