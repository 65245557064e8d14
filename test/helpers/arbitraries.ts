/** Inputs of the maths: what fits the contracts' storage, and what a factory accepts. */
import fc from "fast-check";
import { FixedPoint, Interest, type Liquidation } from "../../sdk";
import { integer, uint } from "./fuzz";

const { WAD } = FixedPoint;
const { BPS, MAX_INDEX, MAX_RATE, MIN_RATE, YEAR } = Interest;

export const index = integer(WAD, MAX_INDEX);
export const rate = integer(MIN_RATE, MAX_RATE);
export const premium = integer(0n, BPS);
export const elapsed = fc.oneof(uint(32), fc.constant(100n * YEAR));
export const vesting = integer(3600n, 365n * 24n * 3600n);
export const assets = uint(103);
const scaledDebt = (at: bigint) => {
  const byDebt = (2n ** 96n * WAD) / at;
  return integer(0n, byDebt < 2n ** 96n ? byDebt : 2n ** 96n - 1n);
};
export const accrual: fc.Arbitrary<Interest.Accrual> = index.chain((at) =>
  fc.record({
    index: fc.constant(at),
    rate,
    unvested: uint(84),
    premium,
    scaledDebt: scaledDebt(at),
    interest: assets,
    cash: assets,
    elapsed,
    vesting,
    lent: fc.boolean(),
  }),
);

export const terms: fc.Arbitrary<Liquidation.Terms> = integer(WAD / 100n, (98n * WAD) / 100n)
  .chain((lltv) => {
    // LLTV · (1 + i) < 1
    const most = (WAD * WAD) / lltv - WAD - 1n;
    return fc.tuple(fc.constant(lltv), integer(0n, most < WAD / 2n ? most : WAD / 2n));
  })
  .chain(([lltv, maxIncentive]) =>
    fc.record({
      lltv: fc.constant(lltv),
      minIncentive: integer(0n, maxIncentive),
      writeDownIncentive: integer(0n, maxIncentive),
      maxIncentive: fc.constant(maxIncentive),
      targetHealth: integer(WAD, 2n * WAD),
    }),
  )
  .filter((t) => t.minIncentive <= t.writeDownIncentive);

export const value = uint(128);
/** Never 0: an account that owes nothing has no incentive. */
export const owed = integer(1n, 2n ** 98n - 1n);
/** Unhealthy accounts, near the limit as well as far beyond it. */
export const unhealthy = fc
  .tuple(owed, terms)
  .chain(([owes, t]) => fc.tuple(integer(0n, (owes * WAD - 1n) / t.lltv), fc.constant(owes), fc.constant(t)));

/** What the losses of an episode are owed: units by layer, up to what 96 bits hold, and often nothing. */
const layer = fc.oneof({ weight: 3, arbitrary: uint(96) }, fc.constant(0n));
export const episode = fc.array(
  fc.record({ fees: layer, reserve: layer, staked: layer, interest: layer, principal: layer }),
  { minLength: 1, maxLength: 5 },
);
