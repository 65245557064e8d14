/** What an account could do in the state that a step left, tried without doing it. */
import { expect } from "chai";
import type { BaseContract } from "ethers";

import { FixedPoint, Interest, SharesMath } from "../../sdk";
import { network } from "../helpers/hre";
import { lackOfAll } from "./ladder";
import { TERMS } from "./terms";
import type { World } from "./world";

/** Units by which what six accounts lack, what is booked of it and what is paid out differ by rounding. */
const ROUNDING = 20n;
const METHODS = ["deposit", "mint", "withdraw", "redeem"] as const;

/** What the call would answer, or nothing if it would revert. */
async function attempt(from: string, to: BaseContract, method: string, args: unknown[]) {
  const data = to.interface.encodeFunctionData(method, args);
  try {
    const answer = (await network.provider.send("eth_call", [{ from, to: to.target, data }, "latest"])) as string;
    return to.interface.decodeFunctionResult(method, answer)[0] as unknown;
  } catch {
    return undefined;
  }
}

/** A limit can be used to its end, and the preview of that is what it does. */
export async function checkLimit({ chain: { pool, fund } }: World, user: string, which: number) {
  // the fund takes more than anybody has
  const limits = [...METHODS.map((method) => [pool, method] as const), [fund, "withdraw"], [fund, "redeem"]] as const;
  const [to, method] = limits[which % limits.length];
  const name = method[0].toUpperCase() + method.slice(1);
  const most = (await attempt(user, to, `max${name}`, [user])) as bigint;
  if (most === 0n) return;
  const leaves = method === "withdraw" || method === "redeem";
  const done = await attempt(user, to, method, leaves ? [most, user, user] : [most, user]);
  const preview = await attempt(user, to, `preview${name}`, [most]);
  expect(done === preview && done !== undefined, `${method} of ${most}: ${done}, foreseen ${preview}`).to.equal(true);
}

/**
 * Who leaves ahead of a visible loss gets no more than who has it booked first, but for what the guard tolerates of it and does not
 * see.
 */
export async function checkFirstOut({ chain: { pool, users }, books: { reading, model } }: World, user: string) {
  const { risk, holdings, pool: state } = reading;
  const { shares } = holdings[users.indexOf(user)];
  const lacking = lackOfAll(holdings, model.state.price, state.index);
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
  const byTolerance = (left * TERMS.guardTolerance) / Interest.BPS;
  const tolerated = byTolerance > TERMS.dust ? byTolerance : TERMS.dust;
  const bound = (first * (tolerated + lacking - risk.visible)) / state.lenderAssets + ROUNDING;
  expect(first - after <= bound, `${user} gets ${first} first, ${after} after the loss, beyond ${bound}`).to.equal(
    true,
  );
}
