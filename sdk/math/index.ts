/**
 * Exact twin of `contracts/libraries` in bigint: each function of a library under the same name, in the same order and
 * with the same rounding; a test compares the results to the unit. What the libraries lack comes on top: `FixedPoint`
 * stands for Solady's, `Liquidation` has two numbers of the pool, `Waterfall` what the socializer does with its layers.
 *
 * Arguments are what a contract would pass. Of others the twin says nothing: integers here have no bounds, so it need
 * not revert where the EVM does.
 */
export * as FixedPoint from "./fixedPoint";
export * as Interest from "./interest";
export * as Liquidation from "./liquidation";
export * as Premium from "./premium";
export * as RiskLadder from "./ladder";
export * as SharesMath from "./shares";
export * as Waterfall from "./waterfall";
