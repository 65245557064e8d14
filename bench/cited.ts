import type { Operation } from "../scripts/gas/operations";

/**
 * Protocols that no package carries whole: measured elsewhere under the conditions of `scripts/gas/scenario.ts`, and
 * cited. Whole transactions; what takes two of them is their sum.
 */
type Cited = Record<"comet" | "euler" | "silo", number | null>;

export const CITATIONS: Record<Operation, Cited> = {
  "supply, first": { comet: 100_056, euler: 155_967, silo: 154_489 },
  "supply, repeat": { comet: 82_956, euler: 138_867, silo: 136_742 },
  "withdraw, partial": { comet: 78_624, euler: 137_137, silo: 192_075 },
  "withdraw, full": { comet: 81_548, euler: 132_996, silo: 187_292 },
  "supply collateral, first": { comet: 117_418, euler: 145_162, silo: 137_768 },
  "supply collateral, repeat": { comet: 78_148, euler: 128_062, silo: 120_668 },
  "borrow, first": { comet: 99_599, euler: 214_587, silo: 263_983 },
  "borrow, repeat": { comet: 99_940, euler: 182_448, silo: 225_437 },
  "withdraw collateral, with debt": { comet: 94_602, euler: 174_562, silo: 230_774 },
  "repay, partial": { comet: 81_305, euler: 150_755, silo: 143_685 },
  "repay, full": { comet: 84_364, euler: 146_026, silo: 138_432 },
  "withdraw collateral, partial, no debt": { comet: 75_430, euler: 126_353, silo: 194_796 },
  "withdraw collateral, full, no debt": { comet: 78_207, euler: 121_553, silo: 189_926 },
  "liquidate, partial, healthy remainder": { comet: null, euler: 365_673, silo: 364_345 },
  "liquidate with bad debt, loss to lenders": { comet: null, euler: 365_036, silo: 350_555 },
  "liquidate with bad debt, covered by an insurance or reserve": { comet: 103_769 + 102_995, euler: null, silo: null },
};

/**
 * What came out for the peers that are measured here when the others were measured: the same again, or the conditions
 * are not those of the citations any more.
 */
export const REFERENCES: Record<Operation, { morpho: number | null; aave: number | null }> = {
  "supply, first": { morpho: 104_358, aave: 191_032 },
  "supply, repeat": { morpho: 87_258, aave: 149_147 },
  "withdraw, partial": { morpho: 85_708, aave: 155_675 },
  "withdraw, full": { morpho: 80_841, aave: 156_019 },
  "supply collateral, first": { morpho: 71_247, aave: 181_364 },
  "supply collateral, repeat": { morpho: 54_147, aave: 139_479 },
  "borrow, first": { morpho: 93_002, aave: 234_364 },
  "borrow, repeat": { morpho: 93_002, aave: 215_142 },
  "withdraw collateral, with debt": { morpho: 90_394, aave: 193_594 },
  "repay, partial": { morpho: 87_221, aave: 152_899 },
  "repay, full": { morpho: 87_416, aave: 156_535 },
  "withdraw collateral, partial, no debt": { morpho: 83_932, aave: 146_007 },
  "withdraw collateral, full, no debt": { morpho: 79_132, aave: 146_045 },
  "liquidate, partial, healthy remainder": { morpho: 114_040, aave: 306_072 },
  "liquidate with bad debt, loss to lenders": { morpho: 112_347, aave: null },
  "liquidate with bad debt, covered by an insurance or reserve": { morpho: null, aave: 308_831 + 133_928 },
};
