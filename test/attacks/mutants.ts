/**
 * Contracts broken in one place each, and the attack test that must notice: `npm run test:mutants`.
 */
export interface Mutant {
  name: string;
  /** A source of contracts/, and what is replaced in it: a text that it has exactly once. */
  file: string;
  find: string;
  replace: string;
  /** A file of test/attacks/, and the title of the test in it that must fail. */
  suite: string;
  caughtBy: string;
}

export const MUTANTS: Mutant[] = [
  /* ------------------------------------------ SHARES AND ROUNDING ------------------------------------------ */
  {
    name: "assets-from-the-balance",
    file: "contracts/base/PoolBase.sol",
    find: `internal pure returns (uint256) {
        unchecked {
            return s.ledger.supply == 0 ? 0 : _cash(s)`,
    replace: `internal view returns (uint256) {
        unchecked {
            return s.ledger.supply == 0 ? 0 : ASSET.balanceOf(address(this))`,
    suite: "shares.test.ts",
    caughtBy:
      "Empty-pool inflation: from an empty pool no attacker sequence nets > 0; the victim loses ≤ 1 wei of share; a raw transfer leaves totalAssets unchanged",
  },
  {
    name: "no-generations",
    file: "contracts/libraries/SharesMath.sol",
    find: "return total * BEFORE_OVER_END <= before || total < dust;",
    replace: "return total * BEFORE_OVER_END > before && total > before;",
    suite: "shares.test.ts",
    caughtBy:
      "Wiped pool: after a 100 % loss, depositing d redeems ≥ d − 1; 50 cycles of wipe and deposit never overflow; old shares claim only recoveries",
  },

  /* -------------------------------------- RECOGNITION, LAYERS, CLAIMS -------------------------------------- */
  {
    name: "no-guard",
    file: "contracts/base/PoolLadder.sol",
    find: "if (shortfall > tolerance) revert UnbookedShortfall(shortfall, tolerance);",
    replace: "",
    suite: "losses.test.ts",
    caughtBy:
      "invariants 7 and 8: no exit past a visible loss; leaver, stayer and entrant end with the same value per share",
  },
  {
    name: "no-lock-of-new-shares",
    file: "contracts/base/EpochShares.sol",
    find: "return uint256(a.received) << a.exponent;",
    replace: "return 0;",
    suite: "losses.test.ts",
    caughtBy: "also inside one transaction, with flash-loaned shares, and with shares moved through a contract",
  },
  {
    name: "layer-paid-without-end",
    file: "contracts/libraries/Waterfall.sol",
    find: "if (assets >= worth) return (worth, due);",
    replace: "if (assets >= worth) return (worth == 0 ? 0 : assets, due);",
    suite: "losses.test.ts",
    caughtBy:
      "Recovery misrouted between layers: per layer recovered ≤ lost + accrued; only holders of that epoch are paid; a second loss does not re-open the first.",
  },
  {
    name: "recognition-only-without-collateral",
    file: "contracts/base/PoolDefault.sol",
    find: "if (debt <= performing) return (0, 0, false);",
    replace: "if (debt <= performing || p.collateral != 0) return (0, 0, false);",
    suite: "losses.test.ts",
    caughtBy:
      "Dust or unpriceable collateral blocks recognition: debt backed by 1 wei, by collateral worth 0, or split over many accounts is written down in one permissionless call.",
  },
  {
    name: "principal-stays-in-the-books",
    file: "contracts/base/PoolDefault.sol",
    find: "s.ledger.net = _toNet(cash + covered + s.debt);",
    replace: "s.ledger.net = _toNet(cash + covered + s.debt + layers.principal);",
    suite: "losses.test.ts",
    caughtBy:
      "Last withdrawer eats everything: after a loss, in every withdrawal order each lender gets pro rata ± 1 wei.",
  },
  {
    name: "cover-all-or-nothing",
    file: "contracts/base/FundCover.sol",
    find: "left = left.min(_capital(s));",
    replace: "if (left > _capital(s)) return (0, 0, 0);",
    suite: "losses.test.ts",
    caughtBy:
      "Cover is all or nothing: fund = shortfall − 1 empties and exactly 1 passes on; limit in the middle of a layer; two pools in one block.",
  },
  {
    name: "fees-survive-a-loss",
    file: "contracts/base/PoolDefault.sol",
    find: "s.bookedFees = fees - layers.fees;",
    replace: "s.bookedFees = fees;",
    suite: "losses.test.ts",
    caughtBy:
      "Write-off leaves ledgers apart: debt falls by exactly the shortfall; Σ layers == shortfall; totalAssets == ledger.",
  },
  {
    name: "written-off-debt-performs",
    file: "contracts/base/PoolDefault.sol",
    find: "p.scaledDebt = uint96(kept);",
    replace: "",
    suite: "losses.test.ts",
    caughtBy:
      "Zombie debt: after a write-down to zero, ten years of accrual leave performing debt 0; a late repayment goes wholly to the claim; the account works again after it.",
  },
  {
    name: "own-shares-as-collateral",
    file: "contracts/PoolFactory.sol",
    find: "if (own) revert InvalidAsset(token);",
    replace: "own;",
    suite: "losses.test.ts",
    caughtBy:
      "Recognising A changes nothing of B. Listing the pool's own share as collateral reverts. Every loss reaches finality without anyone's permission.",
  },
  {
    name: "dust-is-never-a-loss",
    file: "contracts/base/PoolDefault.sol",
    find: "if (lacking < DUST && backed[i]) {",
    replace: "if (lacking < DUST) {",
    suite: "losses.test.ts",
    caughtBy: "Many small steps leave no claim: dust is a loss like any other when C < D",
  },
  {
    name: "solvent-accounts-refused",
    file: "contracts/base/PoolDefault.sol",
    find: "if (debt <= performing) return (0, 0, false);",
    replace: "if (debt <= performing) revert NothingToLiquidate(account);",
    suite: "losses.test.ts",
    caughtBy:
      "One front-run breaks multicall([writeDown, redeem]): accounts that are solvent, repeated or just written down are skipped, not refused",
  },
  {
    name: "refinance-while-unhealthy",
    file: "contracts/base/PoolDefault.sol",
    find: "if (!Liquidation.isHealthy(value, owed, LLTV)) revert Unhealthy(account, owed, (value * LLTV) / WAD);",
    replace: "",
    suite: "losses.test.ts",
    caughtBy: "W lies there for ever: refinance is permissionless once D + W ≤ C·LLTV again",
  },
  {
    name: "written-off-debt-never-due",
    file: "contracts/base/PoolPositions.sol",
    find: "DUE_AFTER = 7 days;",
    replace: "DUE_AFTER = 7000 days;",
    suite: "losses.test.ts",
    caughtBy:
      "W lies there for ever: 7 days after it arose it is due, and liquidated at incentive m, whatever the health",
  },
  {
    name: "no-gas-floor-for-cover",
    file: "contracts/BadDebtSocializer.sol",
    find: "if (gasleft() < COVER_GAS) revert InsufficientGas(gasleft(), COVER_GAS);",
    replace: "",
    suite: "losses.test.ts",
    caughtBy: "Starving the cover: with an explicit gas floor a write-down goes on with the cover or not at all",
  },
  {
    name: "claim-on-interest",
    file: "contracts/BadDebtSocializer.sol",
    find: `layers.principal != 0 && epoch < type(uint24).max ? epoch + 1 : 0;
        opensEpoch =
            lenderEpoch != 0 &&
            Waterfall.opensEpoch(book.pending + layers.principal,`,
    replace: `layers.principal + layers.interest != 0 && epoch < type(uint24).max ? epoch + 1 : 0;
        opensEpoch =
            lenderEpoch != 0 &&
            Waterfall.opensEpoch(principal,`,
    suite: "losses.test.ts",
    caughtBy:
      "A claim on layer 4 would be free to take by a large deposit just before: only a loss at layer 5 opens an epoch",
  },
  {
    name: "epoch-for-every-loss",
    file: "contracts/libraries/Waterfall.sol",
    find: "return lost != 0 && lost * EPOCH_PART >= layer;",
    replace: "return lost != 0 && layer != 0;",
    suite: "losses.test.ts",
    caughtBy:
      "Many tiny write-downs neither escape the claims nor flood the epoch counter: an epoch opens at 1 basis point of the bearing layer",
  },
  {
    name: "no-episodes",
    file: "contracts/BadDebtSocializer.sol",
    find: "uint256 private constant EPISODE = 24 hours;",
    replace: "uint256 private constant EPISODE = 0;",
    suite: "losses.test.ts",
    caughtBy: "Losses within 24 hours form one episode: it does not matter which of two defaults was booked first",
  },
  {
    name: "generation-ends-at-zero-only",
    file: "contracts/libraries/SharesMath.sol",
    find: "return total * BEFORE_OVER_END <= before || total < dust;",
    replace: "return total == 0;",
    suite: "losses.test.ts",
    caughtBy:
      "Late recognition of a near-wipe: a loss that leaves the share price under 1e-6 of par ends the generation, the residue goes to fees",
  },
  {
    name: "gift-locks-the-account",
    file: "contracts/base/EpochShares.sol",
    find: "return uint256(a.received) << a.exponent;",
    replace: "return a.balance;",
    suite: "losses.test.ts",
    caughtBy:
      "One share sent to a victim must not stop its exit: only the amount received in the block of a loss is held",
  },
  {
    name: "guard-measures-before-the-exit",
    file: "contracts/base/PoolLender.sol",
    find: "_guard(s, _left(total, assets), true);",
    replace: "_guard(s, total, true);",
    suite: "losses.test.ts",
    caughtBy:
      "The guard measures by the lender assets that would remain after the call: no large exit leaves a small loss to few",
  },
  {
    name: "blind-exits-open-at-once",
    file: "contracts/base/PoolLadder.sol",
    find: "if (leaving && _mayLeaveBlind(s)) return;",
    replace: "if (leaving) return;",
    suite: "losses.test.ts",
    caughtBy:
      "Open at once: the first out takes the cash through every sequencer outage; exits wait while the oracle is blind, deposits too",
  },
  {
    name: "blind-exits-shut-for-good",
    file: "contracts/base/PoolLadder.sol",
    find: "if (leaving && _mayLeaveBlind(s)) return;",
    replace: "leaving;",
    suite: "losses.test.ts",
    caughtBy:
      "Shut for good: a dead feed locks lenders in; after the blind period on record exits open, deposits stay shut",
  },
  {
    name: "no-gas-floor-for-the-oracle",
    file: "contracts/base/PoolLadder.sol",
    find: "if (!seen && available < ORACLE_GAS_NEEDED) revert InsufficientGas(available, ORACLE_GAS_NEEDED);",
    replace: "available;",
    suite: "losses.test.ts",
    caughtBy: "Starved gas cannot fake a failure of the oracle: its stipend must be available",
  },

  /* ----------------------------------------------- LIQUIDATION ---------------------------------------------- */
  {
    name: "incentive-without-cap",
    file: "contracts/libraries/Liquidation.sol",
    find: "return ramp(healthOf(value, owed, t.lltv), t).min(cap);",
    replace: "return ramp(healthOf(value, owed, t.lltv), t).min(cap + WAD);",
    suite: "liquidation.test.ts",
    caughtBy: "Self-liquidation, and borrower + liquidator + lender in collusion: net ≤ 0 at unchanged price.",
  },
  {
    name: "spiral",
    file: "contracts/libraries/Liquidation.sol",
    find: "coverage - WAD : t.writeDownIncentive;",
    replace: "coverage - WAD : t.maxIncentive;",
    suite: "liquidation.test.ts",
    caughtBy:
      "Toxic spiral: no partial liquidation lowers health or raises the shortfall, at any LLTV and incentive allowed.",
  },
  {
    name: "recovery-must-arrive",
    file: "contracts/base/PoolDefault.sol",
    find: "if (ASSET.trySafeTransfer(address(SOCIALIZER), assets)) {",
    replace: "ASSET.safeTransfer(address(SOCIALIZER), assets);\n        if (true) {",
    suite: "liquidation.test.ts",
    caughtBy:
      "Blocked liquidation: works with the borrower, the fee side or a surplus receiver blocklisted or reverting.",
  },
  {
    name: "repayment-not-clamped",
    file: "contracts/libraries/Liquidation.sol",
    find: "repaid = asked.min(limit);",
    replace: "assert(asked == type(uint256).max || asked <= limit);\n        repaid = asked.min(limit);",
    suite: "liquidation.test.ts",
    caughtBy: "1-wei repay front-run: the liquidation still goes through, clamped.",
  },
  {
    name: "cover-needs-cash",
    file: "contracts/base/PoolDefault.sol",
    find: "uint256 covered = layers.reserve + layers.staked;",
    replace: "uint256 covered = layers.reserve + layers.staked;\n        assert(cash != 0 || covered == 0);",
    suite: "liquidation.test.ts",
    caughtBy: "Utilisation 100 %: repay, liquidate, write-down and cover work at cash = 0.",
  },
  {
    name: "side-door",
    file: "contracts/base/PoolBorrower.sol",
    find: "_requireHealthy(s, onBehalf, p);\n            uint256 top",
    replace: "uint256 top",
    suite: "liquidation.test.ts",
    caughtBy:
      "Side door without a health check: every external function, also batched and through an operator: healthy before ⇒ healthy after.",
  },
  {
    name: "minimum-debt-forgotten",
    file: "contracts/base/PoolBorrower.sol",
    find: "if (p.writtenOffs == 0) _requireMinimum(p, s.index);",
    replace: "",
    suite: "liquidation.test.ts",
    caughtBy: "Seized ≤ collateral; no action leaves 0 < debt < minDebt.",
  },
  {
    name: "liquidator-of-the-insolvent-gets-i",
    file: "contracts/libraries/Liquidation.sol",
    find: "coverage - WAD : t.writeDownIncentive;",
    replace: "coverage - WAD : t.maxIncentive;",
    suite: "liquidation.test.ts",
    caughtBy: "A large w is paid by lenders: of an account that cannot repay a liquidator gets w, never i",
  },

  /* ------------------------------------------------- ORACLE ------------------------------------------------- */
  {
    name: "stale-answers",
    file: "contracts/oracles/ChainlinkOracle.sol",
    find: "require(block.timestamp - updatedAt <= feed.heartbeat, StaleAnswer(feed.aggregator, updatedAt, feed.heartbeat));",
    replace: "",
    suite: "oracle.test.ts",
    caughtBy:
      "{0, negative, stale, future, reverting, min answer, max answer, decimals 0/6/8/18/27, sequencer down and grace} × {borrow, withdraw collateral, liquidate, write-down}: never executes on a bad price; repay and top-up work.",
  },
  {
    name: "capped-answers",
    file: "contracts/oracles/ChainlinkOracle.sol",
    find: "answer > feed.minAnswer && answer < feed.maxAnswer,",
    replace: "answer >= feed.minAnswer && answer <= feed.maxAnswer,",
    suite: "oracle.test.ts",
    caughtBy:
      "{0, negative, stale, future, reverting, min answer, max answer, decimals 0/6/8/18/27, sequencer down and grace} × {borrow, withdraw collateral, liquidate, write-down}: never executes on a bad price; repay and top-up work.",
  },
  {
    name: "no-grace",
    file: "contracts/oracles/ChainlinkOracle.sol",
    find: "require(startedAt + gracePeriod <= block.timestamp, SequencerGrace(startedAt + gracePeriod));",
    replace: "gracePeriod;",
    suite: "oracle.test.ts",
    caughtBy:
      "{0, negative, stale, future, reverting, min answer, max answer, decimals 0/6/8/18/27, sequencer down and grace} × {borrow, withdraw collateral, liquidate, write-down}: never executes on a bad price; repay and top-up work.",
  },

  /* ------------------------------------------------ INTEREST ------------------------------------------------ */
  {
    name: "rate-of-the-end",
    file: "contracts/libraries/Interest.sol",
    find: "mean = ((last - start) * int256(WAD)) / x;",
    replace: "mean = last;",
    suite: "interest.test.ts",
    caughtBy:
      "A caller chooses the rate by calling accrue often: at constant utilisation n steps give what one step gives",
  },

  /* -------------------------------------------------- FUND -------------------------------------------------- */
  {
    name: "cooling-stake-not-slashed",
    file: "contracts/base/FundStakers.sol",
    find: "if (request.shares != 0) assets = assets.min(shares.fullMulDiv(request.assets, request.shares));",
    replace: "if (request.shares != 0) assets = shares.fullMulDiv(request.assets, request.shares);",
    suite: "fund.test.ts",
    caughtBy: "cooling stake is slashed equally until paid out",
  },
  {
    name: "exits-never-held",
    file: "contracts/base/FundStakers.sol",
    find: "if (pool != address(0)) revert ExitsHeld(pool);",
    replace: "",
    suite: "fund.test.ts",
    caughtBy: "no exit ahead of a loss that a covered pool shows",
  },
  {
    name: "cooling-stake-moves",
    file: "contracts/base/EpochShares.sol",
    find: "locked = _coolingOf(account) + _arrivedOf(ledger, a);",
    replace: "locked = _arrivedOf(ledger, a);",
    suite: "fund.test.ts",
    caughtBy: "windows expire, and the receiver of a transfer never leaves earlier",
  },
  {
    name: "free-exit-option",
    file: "contracts/base/FundStakers.sol",
    find: "if (forfeited != 0) {",
    replace: "if (forfeited > type(uint128).max) {",
    suite: "fund.test.ts",
    caughtBy:
      "A perpetual request is a free exit option: a request that expires or is renewed forfeits the gain made since it",
  },
  {
    name: "fund-without-generations",
    file: "contracts/base/FundCover.sol",
    find: "_openEpoch(s.ledger, SharesMath.isWiped(net - staked, net, s.ledger.supply, DUST));",
    replace: "_openEpoch(s.ledger, false);",
    suite: "fund.test.ts",
    caughtBy:
      "Slash to nothing, then a deposit: the next staker loses ≤ 1 wei; 50 cycles never overflow. A new staker is never slashed for an old loss.",
  },
  {
    name: "a-byte-of-generations",
    file: "contracts/base/EpochLedger.sol",
    find: "if (ends) _endGeneration(ledger);",
    replace: "if (ends && _lastEnd.count < 255) _endGeneration(ledger);",
    suite: "fund.test.ts",
    caughtBy:
      "Stakes of one wei, each slashed to nothing, use up no generation: after 300 of them a stake is whole, and ends with its generation",
  },
  {
    name: "dust-of-shares",
    file: "contracts/libraries/SharesMath.sol",
    find: "return total * BEFORE_OVER_END <= before || total < dust;",
    replace: "return total * BEFORE_OVER_END <= before;",
    suite: "fund.test.ts",
    caughtBy:
      "Stakes that lose all but a thousandth, again and again, do not use up the shares: a loss that leaves dust ends the generation",
  },
  {
    name: "limit-per-loss",
    file: "contracts/base/FundCover.sol",
    find: "return _limitOf(limit).saturatingSub(limit.outstanding);",
    replace: "return _limitOf(limit);",
    suite: "fund.test.ts",
    caughtBy:
      "A collusive drain with a worthless collateral or a pushed price takes ≤ the pool's limit; a pool nobody approved takes 0.",
  },
  {
    name: "limit-raised-at-once",
    file: "contracts/base/FundCover.sol",
    find: "effectiveAt += cooldownPeriod + windowPeriod;",
    replace: "",
    suite: "fund.test.ts",
    caughtBy: "An increase of a coverage limit takes effect only after cooldown + window: every staker can leave first",
  },
  {
    name: "reserve-to-the-next-staker",
    file: "contracts/base/FundBase.sol",
    find: "s.reserve += _net(s) + s.unvested;\n        (s.ledger.net, s.unvested) = (0, 0);",
    replace: "(s.ledger.net, s.unvested, s.reserve) = (s.ledger.net + int104(int256(s.unvested + s.reserve)), 0, 0);",
    suite: "fund.test.ts",
    caughtBy: "The reserve tier has no way out but a slash",
  },
  {
    name: "harvest-past-a-loss",
    file: "contracts/base/PoolAdmin.sol",
    find: "_guard(s, _lenderAssets(s), true);",
    replace: "",
    suite: "fund.test.ts",
    caughtBy: "A harvest front-runs the first-loss layer: fees leave the pool only while its guard is clear",
  },
  {
    name: "premium-jumps",
    file: "contracts/libraries/Premium.sol",
    find: "uint256 step = (maxPremium * elapsed) / FULL_RANGE;",
    replace: "uint256 step = maxPremium;",
    suite: "fund.test.ts",
    caughtBy: "A premium that jumps: a harvest moves it at a bounded speed per second, however it is called",
  },

  /* ------------------------------------------------- CLAIMS ------------------------------------------------- */
  {
    name: "claim-twice",
    file: "contracts/BadDebtSocializer.sol",
    find: "lender: paid.lender + uint128(lender),",
    replace: "lender: paid.lender,",
    suite: "claims.test.ts",
    caughtBy:
      "Duplicate claim: claim, transfer, claim; the same id twice in a batch; partial then full: Σ ≤ entitlement.",
  },
  {
    name: "claim-for-a-contract",
    file: "contracts/BadDebtSocializer.sol",
    find: "if (!allowed) revert ClaimNotAuthorized(account, msg.sender);",
    replace: "allowed;",
    suite: "claims.test.ts",
    caughtBy:
      "A searcher claims into a pair and skims it: of an account with code, claim is for the account and its operator only",
  },
];
