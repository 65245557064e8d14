/** The settings of the random sequences: pairs of pools on one fund, with tokens of different decimals. */
import { FixedPoint } from "../../sdk";
import type { PoolTerms, Terms } from "./naive";

const { WAD } = FixedPoint;

export const HOUR = 3600;
export const DAY = 24 * HOUR;
/** Of an oracle's price. */
export const SCALE = 10n ** 36n;

/** Decimals of the loan asset and of each pool's collateral. */
export interface Decimals {
  asset: number;
  collaterals: [number, number];
}

export const SETTINGS: Decimals[] = [
  { asset: 6, collaterals: [18, 8] },
  { asset: 8, collaterals: [8, 18] },
  { asset: 18, collaterals: [6, 18] },
];

/** One token of each kind in its smallest units, and the price at which a pool starts. */
interface Units {
  token: bigint;
  ethers: bigint[];
  prices: bigint[];
}

export function unitsOf({ asset, collaterals }: Decimals): Units {
  const token = 10n ** BigInt(asset);
  const ethers = collaterals.map((decimals) => 10n ** BigInt(decimals));
  return { token, ethers, prices: ethers.map((ether) => (2_000n * token * SCALE) / ether) };
}

/** A volatile collateral, and one with tighter terms for which no dust is left alone. */
export function termsOf(decimals: Decimals): Terms {
  const { token } = unitsOf(decimals);
  const volatile: PoolTerms = {
    lltv: (80n * WAD) / 100n,
    minIncentive: (5n * WAD) / 1000n,
    writeDownIncentive: (2n * WAD) / 100n,
    maxIncentive: (5n * WAD) / 100n,
    targetHealth: (125n * WAD) / 100n,
    minDebt: 100n * token,
    dust: 100n * token,
    vesting: BigInt(3 * DAY),
    guardTolerance: 100n,
    blindPeriod: BigInt(6 * HOUR),
    rateAtTarget: (4n * WAD) / 100n,
    supplyCap: 2_000_000n * token,
  };
  const tight: PoolTerms = {
    ...volatile,
    lltv: (90n * WAD) / 100n,
    writeDownIncentive: WAD / 100n,
    maxIncentive: (3n * WAD) / 100n,
    targetHealth: (102n * WAD) / 100n,
    dust: 0n,
    vesting: BigInt(DAY),
    guardTolerance: 10n,
    rateAtTarget: (20n * WAD) / 100n,
  };
  const fund = {
    vesting: BigInt(7 * DAY),
    cooldown: BigInt(HOUR),
    window: BigInt(3 * DAY),
    reserveCut: 2_000n,
    maxPremium: 3_000n,
    halfCover: (5n * WAD) / 100n,
    dust: 10n * token,
    guardTolerance: 100n,
    blindPeriod: BigInt(6 * HOUR),
  };
  return { pools: [volatile, tight], fund };
}
