import type { Claim } from "../../scripts/prove/claim";
import { INDEX, uint } from "./ranges";

const entry = "contracts/libraries/Waterfall.sol";

export const RECOVERIES: Claim[] = [
  {
    name: "units-down",
    says: "a layer is owed no more than it lost, and less than an index and a unit less; what units are worth is rounded down",
    entry,
    inputs: { assets: uint(97), index: INDEX },
    script: [
      "units = Waterfall.toUnits(assets, index)",
      "prove units * index <= assets * 1e18 && assets * 1e18 < (units + 1) * index",
      "worth = Waterfall.toAssets(units, index)",
      "prove worth * 1e18 <= units * index && units * index < (worth + 1) * 1e18",
      "prove worth <= assets && assets * 1e18 < (worth + 1) * 1e18 + index",
    ],
    broken: {
      file: entry,
      find: "return (assets * WAD) / index;",
      replace: "return (assets * WAD + index - 1) / index;",
    },
  },
  {
    name: "payment-rounding",
    says: "a payment takes no more than it has and than is due, and pays off at least its worth in units: no layer gets more than it is owed, however often",
    entry,
    inputs: { assets: uint(103), due: uint(97), index: INDEX },
    script: [
      "(paid, units) = Waterfall.pay(assets, due, index)",
      "before = Waterfall.toAssets(due, index)",
      "prove paid <= assets && paid <= before",
      "prove paid == assets || units == due",
      "prove paid * 1e18 <= units * index",
      "prove units <= due",
      "prove paid < before => (units - 1) * index < paid * 1e18",
      "after = Waterfall.toAssets(due - units, index)",
      "prove paid + after <= before",
    ],
    broken: {
      file: entry,
      find: "return (assets, (assets * WAD + index - 1) / index);",
      replace: "return (assets, (assets * WAD) / index);",
    },
  },
  {
    name: "claim-rounding",
    says: "a holder's part of a recovery is rounded down, by less than a unit, and never falls as more is recovered",
    entry,
    inputs: { recovered: uint(128), more: uint(128), balance: uint(112), supply: uint(112) },
    script: [
      "assume recovered + more < 2^128",
      "part = Waterfall.shareOf(recovered, balance, supply)",
      "prove part * supply <= recovered * balance",
      "prove supply > 0 => recovered * balance < (part + 1) * supply",
      "prove part <= Waterfall.shareOf(recovered + more, balance, supply)",
    ],
    broken: { file: entry, find: "(recovered * balance) / supply;", replace: "(recovered * balance) / supply + 1;" },
  },
  {
    name: "claims-sum",
    says: "all holders' parts together are no more than the recovery: by induction over the holders",
    entry,
    inputs: { recovered: uint(128), balance: uint(112), others: uint(112), paid: uint(128), supply: uint(112) },
    script: [
      // what the others have got, of all that they hold
      "assume paid * supply <= recovered * others",
      "assume others + balance <= supply && supply > 0",
      "part = Waterfall.shareOf(recovered, balance, supply)",
      "a: lemma part * supply <= recovered * balance",
      "b: prove (paid + part) * supply <= recovered * (others + balance)",
      "prove paid + part <= recovered",
    ],
    broken: { file: entry, find: "(recovered * balance) / supply;", replace: "(recovered * balance) / supply + 1;" },
  },
];
