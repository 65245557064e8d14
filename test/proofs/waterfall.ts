import type { Claim } from "../../scripts/prove/claim";
import { ADDRESS, INDEX, uint } from "./ranges";

const socializer = "contracts/BadDebtSocializer.sol";
const library = "contracts/libraries/Waterfall.sol";
const fund = "contracts/base/FundCover.sol";

const absorb: Pick<Claim, "entry" | "inputs" | "stubs" | "script"> = {
  entry: socializer,
  inputs: {
    fund: ADDRESS,
    shortfall: uint(96),
    index: uint(80),
    fees: uint(103),
    unvested: uint(80),
    principal: uint(103),
    // the last epoch number is one at which a loss opens none
    epoch: [0n, 2n ** 24n - 2n],
    _books: { first: uint(32), last: uint(32), open: true, pending: uint(96) },
    reserve: uint(96),
    staked: uint(96),
    stakerEpoch: uint(24),
  },
  stubs: { isPool: ["1 == 1"], _cover: ["reserve", "staked", "stakerEpoch"], _recordFor: ["1"], _addToRecord: [] },
  script: [
    "(lossId, layers, opens) = BadDebtSocializer.absorb(fund, shortfall, index, fees, unvested, principal, epoch)",
  ],
};

export const WATERFALL: Claim[] = [
  {
    ...absorb,
    name: "waterfall-conservation",
    says: "the layers of a loss sum to the shortfall, and none bears more than it holds",
    script: [
      ...absorb.script,
      "prove layers.fees + layers.reserve + layers.staked + layers.interest + layers.principal == shortfall",
      "prove layers.fees <= fees && layers.interest <= unvested",
      "prove shortfall <= fees + unvested + principal => layers.principal <= principal",
    ],
    broken: { file: library, find: "left = loss - taken;", replace: "left = loss > layer ? loss - layer + 1 : 0;" },
  },
  {
    ...absorb,
    name: "waterfall-order",
    says: "a layer is touched only if every one before it is at its end: fees, then the fund, then interest, then principal",
    script: [
      ...absorb.script,
      "prove layers.reserve + layers.staked + layers.interest + layers.principal > 0 => layers.fees == fees",
      "prove layers.interest + layers.principal > 0 && fund != 0 => layers.reserve == reserve && layers.staked == staked",
      "prove layers.principal > 0 => layers.interest == unvested",
    ],
    broken: {
      file: socializer,
      find: "(layers.interest, layers.principal) = Waterfall.absorb(left, unvested);",
      replace: "(layers.principal, layers.interest) = Waterfall.absorb(left, principal);",
    },
  },
  {
    name: "waterfall-sum",
    says: "two losses in sequence take of a layer, and leave for the next one, what their sum does: by induction of all layers",
    entry: library,
    inputs: { first: uint(103), second: uint(103), layer: uint(103) },
    script: [
      "(taken, left) = Waterfall.absorb(first, layer)",
      "(taken2, left2) = Waterfall.absorb(second, layer - taken)",
      "(all, rest) = Waterfall.absorb(first + second, layer)",
      "prove taken + taken2 == all && left + left2 == rest",
    ],
    broken: {
      file: library,
      find: "taken = loss < layer ? loss : layer;",
      replace: "taken = loss < layer ? loss : layer / 2;",
    },
  },
  {
    name: "cover",
    says: "the fund pays the least of what is asked for, what its limit leaves and what it has: its reserve first, then its stakers",
    entry: fund,
    inputs: {
      socializer: ADDRESS,
      pool: ADDRESS,
      assets: uint(96),
      _limits: { outstanding: uint(96) },
      most: uint(96),
      s: { ledger: { net: uint(96) }, reserve: uint(96), unvested: uint(96) },
      stakerEpoch: uint(24),
    },
    stubs: {
      _limitOf: ["most"],
      _accrued: ["s"],
      _slash: ["stakerEpoch"],
      _store: [],
      balanceOf: ["any"],
      safeTransfer: [],
    },
    script: [
      "assume s.reserve + s.unvested + s.ledger.net < 2^96",
      "before = _limits.outstanding",
      "tier = s.reserve + s.unvested",
      "(reserve, staked, epoch) = FundCover.cover(pool, assets)",
      "paid = reserve + staked",
      "prove paid <= assets && paid <= tier + s.ledger.net",
      "prove paid > 0 => before + paid <= most && _limits.outstanding == before + paid",
      "prove paid == assets || paid == tier + s.ledger.net || before + paid >= most",
      "prove staked > 0 => reserve == tier",
      "prove s.reserve + s.unvested + reserve == tier",
    ],
    broken: {
      file: fund,
      find: "uint256 left = assets.min(_allowed(limit));",
      replace: "uint256 left = assets.min(_limitOf(limit));",
    },
  },
  {
    name: "booking",
    says: "a booked loss lowers fees, unvested interest and lender assets by their layers, and raises cash by the cover: to the unit",
    entry: "contracts/PoolTwin.sol",
    inputs: {
      s: {
        ledger: {
          supply: [1n, 2n ** 112n - 1n],
          net: [-(2n ** 103n), 2n ** 103n - 1n],
          epoch: uint(24),
        },
        index: INDEX,
        unvested: uint(80),
        premium: [0n, 10_000n],
        bookedFees: uint(96),
        scaledDebt: uint(96),
        borrowed: [-(2n ** 103n), 2n ** 103n - 1n],
        debt: uint(97),
      },
      scaled: uint(96),
      layers: { fees: uint(103), reserve: uint(96), staked: uint(96), interest: uint(80), principal: uint(103) },
      opens: [0n, 1n],
      FUND: ADDRESS,
      SOCIALIZER: ADDRESS,
    },
    stubs: { absorb: ["1", "layers", "opens == 1"], _openEpoch: [] },
    script: [
      "assume s.debt == s.scaledDebt * s.index / 1e18 && scaled <= s.scaledDebt",
      "assume s.ledger.net >= s.borrowed && s.debt >= s.borrowed && s.ledger.net - s.borrowed < 2^102",
      "interest = (s.debt - s.borrowed) * s.premium / 10000",
      "assume s.ledger.net - s.borrowed + s.debt >= s.unvested + s.bookedFees + interest",
      "fees = PoolBase._fees(s)",
      "lenders = PoolBase._lenderAssets(s)",
      "unvested = s.unvested",
      "cash = PoolBase._cash(s)",
      "debt = s.debt",
      "(lossId, shortfall) = PoolDefault._bookLoss(s, scaled)",
      // what the claims of the waterfall are
      "assume layers.fees + layers.reserve + layers.staked + layers.interest + layers.principal == shortfall",
      "assume layers.fees <= fees && layers.interest <= unvested && layers.principal <= lenders",
      "prove PoolBase._fees(s) == fees - layers.fees",
      "prove s.unvested == unvested - layers.interest",
      "prove PoolBase._cash(s) == cash + layers.reserve + layers.staked",
      "prove s.debt == debt - shortfall",
      "prove PoolBase._lenderAssets(s) == lenders - layers.principal",
    ],
    broken: {
      file: "contracts/base/PoolDefault.sol",
      find: "s.bookedFees = fees - layers.fees;",
      replace: "s.bookedFees = fees;",
    },
  },
];
