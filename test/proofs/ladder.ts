import type { Claim } from "../../scripts/prove/claim";
import { INDEX, WAD, uint } from "./ranges";

const entry = "contracts/libraries/RiskLadder.sol";

/** That the tick of ratio `x` is at most that of `y`, with what the function has found on its way to each. */
const ordered = (x: string, y: string) => [
  ...[x, y].flatMap((r) => [
    `p${r} = pow2(e${r})`,
    `m${r} = (${r} * 64) / p${r}`,
    `log${r}: lemma ${r} > 0 => p${r} > 0 && p${r} <= ${r} && ${r} < 2 * p${r}`,
    `low${r}: lemma ${r} > 0 => m${r} * p${r} <= ${r} * 64`,
    `high${r}: lemma ${r} > 0 => ${r} * 64 < (m${r} + 1) * p${r}`,
    `mantissa${r}: lemma ${r} > 0 => 64 <= m${r} && m${r} < 128 by log${r}, low${r}, high${r}`,
  ]),
  `exponents: lemma 0 < ${x} && ${x} <= ${y} => e${x} <= e${y}`,
  `powers: lemma e${x} == e${y} => p${x} == p${y}`,
  `same: lemma 0 < ${x} && ${x} <= ${y} && p${x} == p${y} => m${x} <= m${y} by log${x}, log${y}, low${x}, high${y}`,
];

export const LADDER: Claim[] = [
  {
    name: "tick-monotone",
    says: "the tick of a position never falls when its debt grows or its collateral shrinks",
    entry,
    inputs: { debt: uint(96), collateral: uint(112), more: uint(96), less: uint(112) },
    script: [
      "assume debt <= more && less <= collateral && debt > 0",
      "x = (debt * 2^112) / collateral",
      "y = (more * 2^112) / less",
      "a = RiskLadder.tickOf(debt, collateral)",
      "ex = _tickOf.exponent",
      "b = RiskLadder.tickOf(more, less)",
      "ey = _tickOf.exponent",
      "ratios: lemma less > 0 => 0 < x && x <= y",
      ...ordered("x", "y"),
      "prove a <= b",
    ],
    broken: {
      file: entry,
      find: "(exponent << MANTISSA_BITS)",
      replace: "(exponent << 5)",
      such: { debt: [64n, 255n], more: [64n, 255n], collateral: 2n ** 112n - 1n, less: 2n ** 112n - 1n },
    },
  },
  {
    name: "tick-range",
    says: "a ratio's tick is from 1 to 13,312, below that of debt without collateral; no debt is in tick 0",
    entry,
    inputs: { debt: uint(96), collateral: uint(112) },
    script: [
      "tick = RiskLadder.tickOf(debt, collateral)",
      "prove tick <= 16383 && (debt == 0) == (tick == 0)",
      "prove collateral > 0 => tick <= 208 * 64",
    ],
    broken: { file: entry, find: "+ 1 - OCTAVE", replace: "- OCTAVE" },
  },
  {
    name: "tick-of-price",
    says: "whoever is in a tick below that of a price owes no more than the limit of the collateral's value",
    entry,
    inputs: {
      debt: uint(96),
      collateral: [1n, 2n ** 112n - 1n],
      price: uint(256),
      index: INDEX,
      limit: [1n, WAD],
    },
    script: [
      "tick = RiskLadder.tickOf(debt, collateral)",
      "ex = _tickOf.exponent",
      "floor = RiskLadder.tickAt(price, index, limit)",
      "ey = _tickOf.exponent",
      "assume tick < floor",
      "x = (debt * 2^112) / collateral",
      "capped = FixedPointMathLib.min(price, 2^220)",
      "allowed = (limit * 2^112) / 1e18",
      "y = (capped * allowed) / (1e18 * index)",
      ...ordered("y", "x"),
      "lower: lemma debt > 0 => x < y",
      "above: lemma debt * 2^112 < (x + 1) * collateral",
      "below: lemma y * (1e18 * index) <= capped * allowed",
      "part: lemma allowed * 1e18 <= limit * 2^112",
      "signs: lemma x >= 0 && y >= 0 && capped >= 0 && allowed >= 0 && capped <= price",
      "f: lemma debt > 0 => debt * 2^112 <= y * collateral by lower, above, signs",
      "g: lemma debt > 0 => debt * 2^112 * (1e18 * index) <= collateral * capped * allowed by f, below, signs",
      "h: lemma debt > 0 => debt * index * 1e36 <= collateral * capped * limit by g, part, signs",
      "prove debt * index * 1e36 <= collateral * price * limit",
    ],
    broken: {
      file: entry,
      find: "_tickOf(price.min(MAX_PRICE).fullMulDiv((limit << RATIO_BITS) / WAD, WAD * index));",
      replace: "_tickOf(price.min(MAX_PRICE).fullMulDiv((limit << RATIO_BITS) / WAD, WAD * index)) + 1;",
    },
  },
  {
    name: "shortfall-of-tick",
    says: "two accounts together show no more shortfall than one by one: the visible shortfall is no false alarm",
    entry,
    inputs: {
      debt: uint(95),
      collateral: uint(151),
      debt2: uint(95),
      collateral2: uint(151),
      price: uint(256),
      index: INDEX,
      w: [0n, WAD / 2n],
    },
    script: [
      "one = RiskLadder.shortfallOf(debt, collateral, price, index, w)",
      "two = RiskLadder.shortfallOf(debt2, collateral2, price, index, w)",
      "both = RiskLadder.shortfallOf(debt + debt2, collateral + collateral2, price, index, w)",
      "prove both <= one + two",
    ],
    broken: {
      file: entry,
      find: "uint256 debt = Interest.debtUp(scaledDebt, index);",
      replace: "uint256 debt = Interest.debtDown(scaledDebt, index);",
    },
  },
];
