/** What the mocks of oracles and feeds do when they are asked, as their contracts number it. */

/** `MockOracle.Mode` */
export const OracleMode = { Answer: 0, Revert: 1, BurnGas: 2, Costly: 3, Greedy: 4 } as const;

/** `MockAggregator.Mode` */
export const FeedMode = { Answer: 0, Revert: 1, Short: 2 } as const;
