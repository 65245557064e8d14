import { parseEther, parseUnits } from "ethers";
import type { FundParamsStruct } from "../../typechain-types/contracts/InsuranceFund";
import type { PoolParamsStruct } from "../../typechain-types/contracts/PoolFactory";

const DAY = 86_400n;

/** What a pool's parameters say beyond the addresses of its parts. */
export type PoolTerms = Omit<PoolParamsStruct, "asset" | "collateralAsset" | "oracle" | "fund" | "socializer">;

/** What a fund's parameters say beyond the addresses of its parts. */
export type FundTerms = Omit<FundParamsStruct, "asset" | "socializer" | "factory">;

/** Terms of a first pool whose loan asset is a dollar token of `decimals`. */
export function poolTerms(decimals: number) {
  return {
    lltv: parseEther("0.86"),
    minIncentive: parseEther("0.005"),
    writeDownIncentive: parseEther("0.02"),
    maxIncentive: parseEther("0.05"),
    targetHealth: parseEther("1.25"),
    minDebt: parseUnits("100", decimals),
    dust: parseUnits("50", decimals),
    vesting: 3n * DAY,
    guardTolerance: 2n,
    blindPeriod: 3n * DAY,
    rateAtTarget: parseEther("0.04"),
    supplyCap: parseUnits("100000000", decimals),
    name: "Lagan Pool",
    symbol: "lgPOOL",
  } satisfies PoolTerms;
}

/** Terms of a first fund, likewise. */
export function fundTerms(decimals: number) {
  return {
    cooldown: 14n * DAY,
    window: 2n * DAY,
    vesting: 3n * DAY,
    reserveCut: 2_000n,
    maxPremium: 2_000n,
    halfCover: parseEther("0.05"),
    dust: parseUnits("50", decimals),
    guardTolerance: 2n,
    blindPeriod: 3n * DAY,
    name: "Lagan Insurance Fund",
    symbol: "lgFUND",
  } satisfies FundTerms;
}
