/** The terms of the pool and the fund of the random sequences, and the units of their tokens. */
import { FixedPoint } from "../../sdk";
import type { Terms } from "./naive";

const { WAD } = FixedPoint;

export const TOKEN = 10n ** 6n;
export const ETHER = 10n ** 18n;
/** 2,000 tokens for one of 18 decimals. */
export const PRICE = (2_000n * TOKEN * 10n ** 36n) / ETHER;
export const HOUR = 3600;
export const DAY = 24 * HOUR;

export const TERMS: Terms = {
  lltv: (80n * WAD) / 100n,
  minIncentive: (5n * WAD) / 1000n,
  writeDownIncentive: (2n * WAD) / 100n,
  maxIncentive: (5n * WAD) / 100n,
  targetHealth: (125n * WAD) / 100n,
  minDebt: 100n * TOKEN,
  dust: 100n * TOKEN,
  vesting: BigInt(3 * DAY),
  guardTolerance: 100n,
  blindPeriod: BigInt(6 * HOUR),
  supplyCap: 2_000_000n * TOKEN,
  fundVesting: BigInt(7 * DAY),
  cooldown: BigInt(HOUR),
  window: BigInt(3 * DAY),
  reserveCut: 2_000n,
  maxPremium: 3_000n,
  halfCover: (5n * WAD) / 100n,
  fundTolerance: 100n,
};
