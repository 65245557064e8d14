/**
 * Survivors that no test can kill, since they do what the contracts do; and why. A change of the line puts an end to
 * its entry.
 */
export interface Equivalent {
  file: string;
  /** The lines as they are and as the mutant has them, without the blanks around. */
  from: string;
  to: string;
  reason: string;
}

export const EQUIVALENT: Equivalent[] = [
  {
    file: "contracts/BadDebtSocializer.sol",
    from: "if (paid[STAKED] != 0) {",
    to: "if (true) {",
    reason: "Where the layer was paid nothing, nothing is added to its claims or to what goes to the fund; gas alone.",
  },
  {
    file: "contracts/libraries/Interest.sol",
    from: "? MAX_EXPONENT",
    to: "? (MAX_EXPONENT - 1)",
    reason:
      "Such an exponent takes every rate past its bound (e⁸ > MAX_RATE / MIN_RATE), and then rate and mean follow from the bound alone.",
  },
  {
    file: "contracts/libraries/RiskLadder.sol",
    from: "uint256 value = Liquidation.valueOf(collateral, price.min(MAX_PRICE));",
    to: "uint256 value = Liquidation.valueOf(collateral, price.min((MAX_PRICE - 1)));",
    reason:
      "At either price one unit of collateral is worth more than 2^100, more than any debt, and no collateral is worth nothing.",
  },
  {
    file: "contracts/base/PoolLadder.sol",
    from: "if (top < s.topTick) {",
    to: "if (true) {",
    reason:
      "The highest tick that is found is never above the one on record. Where they are equal the mutant stores what is stored: gas, which gas-snapshot.json records, and nothing else.",
  },
  {
    file: "contracts/base/PoolLadder.sol",
    from: "if (top < s.topTick) {",
    to: "if (top <= s.topTick) {",
    reason: "Where they are equal the mutant stores what is stored: gas, and nothing else.",
  },
  {
    file: "contracts/base/PoolLadder.sol",
    from: "REPAYABLE = (WAD * WAD) / (WAD + p.writeDownIncentive);",
    to: "REPAYABLE = (WAD * (WAD - 1)) / (WAD + p.writeDownIncentive);",
    reason:
      "Only says at which tick the search for a loss may end. A lower bound lets it look at a tick more, in which nobody lacks anything: what each tick lacks is computed without it.",
  },
  {
    file: "contracts/base/PoolLadder.sol",
    from: "REPAYABLE = (WAD * WAD) / (WAD + p.writeDownIncentive);",
    to: "REPAYABLE = (((WAD * WAD) + (WAD + p.writeDownIncentive) - 1) / (WAD + p.writeDownIncentive));",
    reason:
      "Only says at which tick the search for a loss may end. It leaves a tick out if the price is within 1e-18 of its edge; debt there lacks at most 1e-18 of itself, less than a unit up to a debt of 1e18 units.",
  },
  {
    file: "contracts/base/PoolLadder.sol",
    from: "if (tick < floor) tick = 0;",
    to: "if (tick < floor) {}",
    reason:
      "What is found below the floor lacks nothing at the price, and is healthy in `depth`; the next step ends the search. As the highest tick on record it is as good: it is occupied, and nothing above it is.",
  },
  {
    file: "contracts/base/EpochShares.sol",
    from: "received >> RECEIVED_BITS == 0 ? 0 : FixedPointMathLib.log2(received) + 1 - RECEIVED_BITS;",
    to: "received >> (RECEIVED_BITS - 1) == 0 ? 0 : FixedPointMathLib.log2(received) + 1 - RECEIVED_BITS;",
    reason: "From 2^47 up to 2^48 the exponent that is then computed is 47 + 1 - 48, which is 0, too.",
  },
  {
    file: "contracts/base/PoolLadder.sol",
    from: "delete _blindness;",
    to: "{}",
    reason:
      "The record is read only while FLAG_BLIND is set, and written before that is set again. Deleting it earns gas.",
  },
  {
    file: "contracts/base/PoolLadder.sol",
    from: "if (to != 0) _add(to, int256(newDebt) - int256(debt), int256(newCollateral) - int256(collateral));",
    to: "if (true) _add(to, int256(newDebt) - int256(debt), int256(newCollateral) - int256(collateral));",
    reason:
      "Keeps sums for tick 0, which stands for no debt: nothing reads them, since every search of the ladder ends at tick 1. It costs gas, which gas-snapshot.json records.",
  },
  {
    file: "contracts/base/FundCover.sol",
    from: "bool pends = s.ledger.flags & FLAG_PENDING != 0;",
    to: "bool pends = (s.ledger.flags | FLAG_PENDING) != 0;",
    reason:
      "While the flag is not set the pending loss is 0 in storage, too: the flag only saves reading and clearing it.",
  },
  {
    file: "contracts/base/FundCover.sol",
    from: "s.ledger.flags &= ~FLAG_PENDING;",
    to: "s.ledger.flags |= ~FLAG_PENDING;",
    reason:
      "The fund has no other flag, and one that stays set stands beside a pending loss of 0: that is what it means if it is not set.",
  },
  {
    file: "contracts/base/PoolLadder.sol",
    from: "if (s.flags & FLAG_BLIND == 0) return 0;",
    to: "if (false) return 0;",
    reason:
      "Without the flag the record is zeros, which nothing confirms within a day: the flag saves the read of it, gas.",
  },
];
