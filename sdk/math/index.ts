/** Exact twin of the contracts' pure libraries: same names, same order, same rounding, in bigint. */
export * as FixedPoint from "./fixedPoint";
export * as Interest from "./interest";
export * as Liquidation from "./liquidation";
export * as Premium from "./premium";
export * as RiskLadder from "./ladder";
export * as SharesMath from "./shares";
export * as Waterfall from "./waterfall";
