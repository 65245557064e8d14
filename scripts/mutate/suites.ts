/** What is mutated, and the tests that must notice: those that fail soonest first. */

const unit = (...names: string[]) => names.map((name) => `test/unit/${name}.test.ts`);
const pool = (...names: string[]) => unit(...names.map((name) => `pool/${name}`));
const fund = (...names: string[]) => unit(...names.map((name) => `fund/${name}`));
const attacks = (...names: string[]) => names.map((name) => `test/attacks/${name}.test.ts`);
const scenarios = (...names: string[]) => names.map((name) => `test/scenario/${name}.test.ts`);

/** The libraries against their twin, whose properties the other files of test/unit/math check without a contract. */
const MATH = unit("math/twins");
const SOCIALIZER = unit(...["waterfall", "recoveries", "claims", "episodes"].map((name) => `socializer/${name}`));
const LOSSES = [
  ...pool("writeDown", "writtenOff"),
  ...SOCIALIZER,
  ...scenarios("recoveries", "cover", "generations", "fairness"),
];

/** Random calls, for what has survived all else: a few of the sequences. */
export const PROPERTY = { files: ["test/property/core.test.ts"], fuzz: 0.1 };

const LISTS: Record<string, string[]> = {
  "contracts/libraries/Interest.sol": [...MATH, ...pool("interest"), ...attacks("interest")],
  "contracts/libraries/Liquidation.sol": [...MATH, ...pool("liquidation", "writeDown")],
  "contracts/libraries/Premium.sol": [...MATH, ...fund("harvest", "leaving", "entering", "cover"), ...attacks("fund")],
  "contracts/libraries/RiskLadder.sol": [...MATH, ...pool("ladder", "guard")],
  "contracts/libraries/SharesMath.sol": [...MATH, ...pool("erc4626"), ...scenarios("generations")],
  "contracts/libraries/Waterfall.sol": [...MATH, ...LOSSES],
  "contracts/base/EpochLedger.sol": [...pool("epochs", "tokens"), ...LOSSES, ...fund("cover")],
  "contracts/base/EpochShares.sol": [
    ...pool("epochs", "erc20", "erc4626"),
    ...LOSSES,
    ...fund("cover"),
    ...attacks("losses", "shares"),
  ],
  "contracts/base/PoolDefault.sol": [
    ...pool("writeDown", "liquidation", "writtenOff"),
    ...attacks("liquidation", "losses"),
    ...LOSSES,
    ...pool("reentrancy", "tokens"),
  ],
  "contracts/base/PoolLadder.sol": [...pool("ladder", "guard", "erc4626"), ...attacks("guard", "losses", "oracle")],
  "contracts/BadDebtSocializer.sol": [
    ...SOCIALIZER,
    ...scenarios("recoveries", "cover", "generations", "fairness"),
    ...pool("writeDown", "writtenOff", "tokens"),
    ...attacks("claims", "losses"),
  ],
  "contracts/base/FundCover.sol": [
    ...fund("cover", "leaving", "entering", "harvest"),
    ...unit("heldExits"),
    ...scenarios("cover"),
    ...attacks("fund"),
  ],
};

export const SUITES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(LISTS).map(([source, files]) => [source, [...new Set(files)]]),
);

/** Of the fund, what a loss and a recovery reach; of the others, everything. */
export const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  "contracts/base/FundCover.sol": ["cover", "_slash", "creditRecovery"],
};
