import type { Claim } from "../../scripts/prove/claim";
import { INDEX, WAD, uint } from "./ranges";

const twin = "contracts/PoolTwin.sol";
const inputs = {
  _positions: { scaledDebt: uint(96), collateral: uint(112) },
  price: uint(256),
  index: INDEX,
  WRITE_DOWN_INCENTIVE: [0n, WAD / 2n] as const,
};

const cut: Pick<Claim, "entry" | "inputs" | "script"> = {
  entry: twin,
  inputs,
  script: [
    "before = _positions.scaledDebt",
    "debt = Interest.debtUp(before, index)",
    "value = Liquidation.valueOf(_positions.collateral, price)",
    "performing = Liquidation.performing(value, WRITE_DOWN_INCENTIVE)",
    "(scaled, lacking, backed) = PoolDefault._cut(0, price, index)",
    "kept = _positions.scaledDebt",
    "left = Interest.debtUp(kept, index)",
  ],
};

export const WRITE_DOWN: Claim[] = [
  {
    ...cut,
    name: "write-down-level",
    says: "a write-down leaves (1+w)·D ≤ C, and D + index + 1 > C/(1+w): short of it by the rounding, for the lenders",
    script: [
      ...cut.script,
      "prove scaled + kept == before",
      "prove left <= performing && left * (1e18 + WRITE_DOWN_INCENTIVE) <= value * 1e18",
      "a: lemma scaled > 0 => performing * 1e18 < left * 1e18 + index",
      "b: lemma value * 1e18 < (performing + 1) * (1e18 + WRITE_DOWN_INCENTIVE)",
      "prove scaled > 0 => value * 1e36 < (left * 1e18 + index + 1e18) * (1e18 + WRITE_DOWN_INCENTIVE)",
    ],
    broken: {
      file: "contracts/base/PoolDefault.sol",
      find: "uint256 kept = (performing * WAD) / index;",
      replace: "uint256 kept = (performing * WAD).divUp(index);",
      such: { price: 10n ** 36n, WRITE_DOWN_INCENTIVE: 0n },
    },
  },
  {
    ...cut,
    name: "write-down-once",
    says: "a second write-down at the same price and index finds nothing; the first cuts what it says and no more than C/(1+w) lacks",
    script: [
      ...cut.script,
      "prove scaled > 0 => lacking == debt - performing && lacking > 0",
      "prove scaled == 0 => debt <= performing",
      "(again, more, well) = PoolDefault._cut(0, price, index)",
      "prove again == 0 && more == 0 && _positions.scaledDebt == kept",
    ],
    broken: {
      file: "contracts/base/PoolDefault.sol",
      find: "uint256 kept = (performing * WAD) / index;",
      replace: "uint256 kept = (performing * WAD).divUp(index);",
      such: { price: 10n ** 36n, WRITE_DOWN_INCENTIVE: 0n },
    },
  },
];
