import type { Claim } from "../../scripts/prove/claim";
import { uint } from "./ranges";

const entry = "contracts/libraries/SharesMath.sol";
const fund = "contracts/base/FundStakers.sol";
const DOWN = "(fit(assets) * (supply + VIRTUAL_SHARES)) / (total + VIRTUAL_ASSETS)";
const amounts = { assets: uint(128), shares: uint(128), total: uint(113), supply: uint(112) };

export const SHARES: Claim[] = [
  {
    name: "shares-down",
    says: "toSharesDown and toAssetsDown round down, by less than a unit",
    entry,
    inputs: amounts,
    script: [
      "s = SharesMath.toSharesDown(assets, total, supply)",
      "prove s * (total + 1) <= assets * (supply + 1000) && assets * (supply + 1000) < (s + 1) * (total + 1)",
      "a = SharesMath.toAssetsDown(shares, total, supply)",
      "prove a * (supply + 1000) <= shares * (total + 1) && shares * (total + 1) < (a + 1) * (supply + 1000)",
    ],
    broken: {
      file: entry,
      find: DOWN,
      replace: "(fit(assets) * (supply + VIRTUAL_SHARES)).divUp(total + VIRTUAL_ASSETS)",
    },
  },
  {
    name: "shares-up",
    says: "toSharesUp and toAssetsUp round up, by less than a unit",
    entry,
    inputs: amounts,
    script: [
      "s = SharesMath.toSharesUp(assets, total, supply)",
      "prove (s - 1) * (total + 1) < assets * (supply + 1000) && assets * (supply + 1000) <= s * (total + 1)",
      "a = SharesMath.toAssetsUp(shares, total, supply)",
      "prove (a - 1) * (supply + 1000) < shares * (total + 1) && shares * (total + 1) <= a * (supply + 1000)",
    ],
    broken: {
      file: entry,
      find: "(fit(shares) * (total + VIRTUAL_ASSETS)).divUp(supply + VIRTUAL_SHARES)",
      replace: "(fit(shares) * (total + VIRTUAL_ASSETS)) / (supply + VIRTUAL_SHARES)",
    },
  },
  {
    name: "shares-round-trip",
    says: "shares that are bought and redeemed at once, by assets or by shares, return no more than was paid for them",
    entry,
    inputs: amounts,
    script: [
      "bought = SharesMath.toSharesDown(assets, total, supply)",
      "assume bought < 2^112 && total + assets < 2^113",
      "prove SharesMath.toAssetsDown(bought, total + assets, supply + bought) <= assets",
      "paid = SharesMath.toAssetsUp(shares, total, supply)",
      "assume shares < 2^112 && total + paid < 2^113",
      "prove SharesMath.toAssetsDown(shares, total + paid, supply + shares) <= paid",
    ],
    broken: { file: entry, find: DOWN, replace: `${DOWN} + 1` },
  },
  {
    name: "share-price",
    says: "no deposit, mint, withdrawal or redemption lowers the price of a share",
    entry,
    inputs: amounts,
    script: [
      "bought = SharesMath.toSharesDown(assets, total, supply)",
      "prove (total + assets + 1) * (supply + 1000) >= (total + 1) * (supply + bought + 1000)",
      "paid = SharesMath.toAssetsUp(shares, total, supply)",
      "prove (total + paid + 1) * (supply + 1000) >= (total + 1) * (supply + shares + 1000)",
      "burned = SharesMath.toSharesUp(assets, total, supply)",
      "prove (total - assets + 1) * (supply + 1000) >= (total + 1) * (supply - burned + 1000)",
      "got = SharesMath.toAssetsDown(shares, total, supply)",
      "prove (total - got + 1) * (supply + 1000) >= (total + 1) * (supply - shares + 1000)",
    ],
    broken: { file: entry, find: DOWN, replace: `${DOWN} + 1` },
  },
  {
    name: "fund-exit",
    says: "an exit from the fund pays no more than its shares are worth now and were at the request, rounded down",
    entry: fund,
    inputs: {
      s: { ledger: { supply: uint(112), net: uint(96) } },
      request: { shares: [1n, 2n ** 112n - 1n], assets: uint(96) },
      shares: uint(112),
      assets: uint(96),
    },
    script: [
      "got = FundStakers._assetsFor(s, request, shares)",
      "prove got * (s.ledger.supply + 1000) <= shares * (s.ledger.net + 1)",
      "prove got * request.shares <= shares * request.assets",
      "burned = FundStakers._sharesFor(s, request, assets)",
      "prove assets * (s.ledger.supply + 1000) <= burned * (s.ledger.net + 1)",
      "prove request.assets > 0 => assets * request.shares <= burned * request.assets",
    ],
    broken: {
      file: fund,
      find: "return shares.max(assets.fullMulDivUp(request.shares, request.assets));",
      replace: "return shares.min(assets.fullMulDivUp(request.shares, request.assets));",
    },
  },
];
