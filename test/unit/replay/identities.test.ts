import { expect } from "chai";
import type { Reported } from "../../../scripts/replay/accounts";
import { Identities } from "../../../scripts/replay/identities";
import type { Depth, Fairness, Layers, Snapshot } from "../../../scripts/replay/types";
import { FixedPoint, RiskLadder } from "../../../sdk";

const { WAD } = FixedPoint;

const TERMS = { writeDownIncentive: WAD / 50n, dust: 50n, guardTolerance: 2n, fundTolerance: 2_000n };
const layers = (fees: bigint, reserve: bigint, staked: bigint, interest: bigint, principal: bigint): Layers => ({
  ...{ fees, reserve, staked, interest, principal },
});

/** A pool at rest with two borrowers and one loss; whoever changes one number of it breaks an identity. */
function snapshot(): Snapshot {
  const position = (collateral: bigint, scaled: bigint) => ({
    ...{ collateral, scaled, debt: scaled, writtenOff: 0n },
    ...{ value: 2n * collateral, health: 2n * WAD, shortfall: 0n },
  });
  const tick = (scaledDebt: bigint, collateral: bigint) =>
    ({ tick: RiskLadder.tickOf(scaledDebt, collateral), scaledDebt, collateral }) as Snapshot["ladder"][number];
  const lost = layers(1n, 2n, 3n, 4n, 90n);
  return {
    state: {
      ...{ cash: 400n, debt: 700n, lenderAssets: 1_000n, unvested: 60n, fees: 40n },
      ...{ supply: 1_000n, index: WAD, scaledDebt: 700n },
    } as Snapshot["state"],
    ...{ price: 2n * 10n ** 36n, generation: 0n, sharePrice: 5_000n },
    positions: [position(600n, 500n), position(300n, 200n)],
    balances: [999n, 1n],
    ...{ loanBalance: 400n, collateralBalance: 900n, socializerBalance: 30n },
    fund: { reserve: 20n, staked: 30n, available: 45n, limit: 100n, outstanding: 5n, held: false },
    ladder: [tick(500n, 600n), tick(200n, 300n)],
    visible: 0n,
    losses: [
      {
        ...{ shortfall: 100n, ...lost, recovered: 50n, lenderClaims: 50n, stakerClaims: 0n },
        recoveredBy: layers(0n, 0n, 0n, 0n, 50n),
      } as unknown as Snapshot["losses"][number],
    ],
  };
}

type Change = (snapshot: Snapshot) => void;

describe("replay: identities", () => {
  const after = (check: (identities: Identities) => void) => {
    const identities = new Identities(TERMS);
    check(identities);
    expect(identities.checked).to.be.above(0);
    return identities.violations;
  };
  const changed = (change: Change) => {
    const result = snapshot();
    change(result);
    return result;
  };

  it("count what they check", () => {
    const identities = new Identities(TERMS);
    identities.check(true, "one");
    identities.check(false, "two");
    expect(identities.checked).to.equal(2);
    expect(identities.violations).to.deep.equal(["two"]);
  });

  describe("at every instant", () => {
    const always = (state: Snapshot) => after((identities) => identities.always("now", state));

    it("hold at rest", () => expect(always(snapshot())).to.deep.equal([]));

    const breaks: [what: string, change: Change, violation: RegExp][] = [
      ["cash", ({ state }) => void (state.cash += 1n), /cash \+ debt and/],
      ["unvested interest", ({ state }) => void (state.unvested -= 1n), /cash \+ debt and/],
      ["tokens", (s) => void (s.loanBalance += 1n), /loan tokens in the pool and cash/],
      ["a balance", ({ balances }) => void (balances[0] += 1n), /Σ balances and supply/],
      ["scaled debt", ({ positions }) => void (positions[1].scaled += 1n), /Σ scaled debt and scaled debt/],
      ["collateral", ({ positions }) => void (positions[0].collateral -= 1n), /Σ collateral and collateral tokens/],
      ["a debt rounded down", ({ positions }) => void (positions[0].debt -= 1n), /Σ debt is debt \+ -1/],
      ["a debt too large", ({ positions }) => void (positions[0].debt += 4n), /Σ debt is debt \+ 4/],
      ["cover", ({ fund }) => void (fund.outstanding = 101n), /cover of 101 outstanding, limit 100/],
    ];
    for (const [what, change, violation] of breaks) {
      it(`notice ${what}`, () => expect(always(changed(change)).join()).to.match(violation));
    }
  });

  describe("of the ladder", () => {
    const ladder = (change: Change) => after((identities) => identities.ladder("now", changed(change)));

    it("hold where each tick is the sum of its accounts, with those that owe nothing in none", () => {
      expect(ladder(() => {})).to.deep.equal([]);
      const more: Change = ({ positions, ladder: [first] }) => {
        positions.push({ ...positions[0] }, { ...positions[0], scaled: 0n });
        first.scaledDebt *= 2n;
        first.collateral *= 2n;
      };
      expect(ladder(more)).to.deep.equal([]);
    });

    const breaks: [what: string, change: Change, violation: RegExp][] = [
      ["missing debt", (s) => void (s.ladder[0].scaledDebt -= 1n), /tick \d+ of the ladder/],
      ["collateral too much", (s) => void (s.ladder[1].collateral += 1n), /tick \d+ of the ladder/],
      ["an account in the wrong tick", (s) => void (s.ladder[0].tick += 1n), /tick \d+ of the ladder/],
      ["a missing tick", (s) => void s.ladder.pop(), /occupied ticks and those of the accounts: 1 against 2/],
    ];
    for (const [what, change, violation] of breaks) {
      it(`notice ${what}`, () => expect(ladder(change).join()).to.match(violation));
    }
  });

  describe("of what the pool sees", () => {
    /** A shortfall, and what of it is visible. */
    const sight = (there: bigint, visible: bigint, held: boolean, more: Change = () => {}) =>
      after((identities) => {
        const change: Change = (s) => {
          s.positions[0].shortfall = there;
          [s.visible, s.fund.held] = [visible, held];
          more(s);
        };
        identities.sight("now", changed(change));
      });

    it("let it see all, or less by the roundings of the accounts", () => {
      expect([...sight(0n, 0n, false), ...sight(30n, 30n, false), ...sight(36n, 30n, false)]).to.deep.equal([]);
    });

    it("notice a false alarm, and what it should have seen", () => {
      expect(sight(30n, 31n, false).join()).to.match(/the pool sees 31, and -1 less than there is/);
      expect(sight(37n, 30n, false).join()).to.match(/the pool sees 30, and 7 less than there is/);
    });

    it("let solvent accounts in the tick of the price hide a part of it", () => {
      const boundary: Change = ({ ladder: [tick], price }) => {
        tick.tick = RiskLadder.tickAt(price, WAD, (WAD * WAD) / (WAD + TERMS.writeDownIncentive));
        tick.scaledDebt = 640n;
      };
      expect(sight(46n, 30n, false, boundary)).to.deep.equal([]);
      expect(sight(47n, 30n, false, boundary).join()).to.match(/17 less than there is/);
    });

    it("hold stakers' exits while the fund would have to pay more than it tolerates", () => {
      // fees bear 40, and a fifth of the fund's 50 is tolerated
      expect([...sight(50n, 50n, false), ...sight(51n, 51n, true)]).to.deep.equal([]);
      expect(sight(50n, 50n, true).join()).to.match(/exits held: true, 10 due/);
      expect(sight(51n, 51n, false).join()).to.match(/exits held: false, 11 due/);
      const uncovered: Change = ({ fund }) => void (fund.available = 10n);
      expect(sight(51n, 51n, false, uncovered)).to.deep.equal([]);
    });
  });

  describe("of the guard", () => {
    const opened = (change: Change) => after((identities) => identities.opened("now", changed(change)));
    const stake = 10n ** 12n;
    const exit = {
      time: 0,
      lossId: 1,
      stake,
      visible: 0n,
      tolerated: 0n,
      leaverValue: stake - 5n,
      stayerValue: stake - 5n,
    };

    it("hold once a write-down has left no more to be seen than is tolerated, or than dust", () => {
      expect([...opened(() => {}), ...opened((s) => void (s.visible = 50n))]).to.deep.equal([]);
      const rich: Change = (s) => void ([s.visible, s.state.lenderAssets] = [200n, 1_000_000n]);
      expect(opened(rich)).to.deep.equal([]);
    });

    it("notice what a write-down has left", () => {
      expect(opened((s) => void (s.visible = 51n)).join()).to.match(/51 to be seen after a write-down, 50 tolerated/);
      const rich: Change = (s) => void ([s.visible, s.state.lenderAssets] = [201n, 1_000_000n]);
      expect(opened(rich).join()).to.match(/201 to be seen after a write-down, 200 tolerated/);
    });

    it("notice an exit past an unbooked loss", () => {
      expect(after((identities) => identities.refused("now", true, 7n))).to.deep.equal([]);
      expect(after((identities) => identities.refused("now", false, 7n)).join()).to.match(/past an unbooked loss of 7/);
    });

    it("notice whoever gets more by leaving, or less", () => {
      expect(after((identities) => identities.guarded(exit))).to.deep.equal([]);
      for (const leaverValue of [stake + 1_000n, stake - 1_010n]) {
        expect(after((identities) => identities.guarded({ ...exit, leaverValue })).join()).to.match(
          /the runner left with/,
        );
      }
    });
  });

  describe("of the depth", () => {
    const at = (price: number, debt: bigint, badDebt: bigint) => ({ price, debt, badDebt });
    const depth = (change: (depth: Depth) => void) =>
      after((identities) => {
        const curve = [at(80, 90n, 40n), at(100, 60n, 10n), at(120, 0n, 0n)];
        const now = { time: 0, now: at(100, 60n, 10n), curve };
        change(now);
        identities.depth("now", now, 10n);
      });

    it("hold where more is due and bad at lower prices", () => expect(depth(() => {})).to.deep.equal([]));

    it("notice bad debt that the pool does not see, and curves that rise with the price", () => {
      expect(depth(({ now }) => void (now.badDebt = 11n)).join()).to.match(/bad debt at the price and visible.*11 ag/);
      expect(depth(({ curve }) => void (curve[0].debt = 59n)).join()).to.match(/at a price of 80 than above it/);
      expect(depth(({ curve }) => void (curve[0].badDebt = 9n)).join()).to.match(/at a price of 80 than above it/);
      expect(depth(({ curve }) => void (curve[0].badDebt = 91n)).join()).to.match(/91 bad of a debt of 90/);
    });
  });

  describe("of the share price", () => {
    const moved = (by: bigint, principalLost: bigint) =>
      after((identities) => {
        const later = changed((s) => void (s.sharePrice += by));
        identities.sharePrice("now", snapshot(), later, principalLost);
      });

    it("let it rise without a loss and fall on one", () => {
      expect([...moved(0n, 0n), ...moved(1n, 0n), ...moved(-1n, 1n)]).to.deep.equal([]);
    });

    it("notice a fall without a loss, and a loss that does not lower it", () => {
      expect(moved(-1n, 0n).join()).to.match(/from 5000 to 4999, without a loss/);
      expect(moved(0n, 7n).join()).to.match(/from 5000 to 5000, on a loss of 7/);
    });
  });

  describe("of accounts", () => {
    const account = (scaled: bigint) => ({ collateral: 600n, scaled, writtenOffs: [3n] });
    const report = (change: Partial<Reported>, touched: number[] = []) =>
      after((identities) => {
        const reported = { borrower: 0, before: account(500n), now: account(500n), debt: 500n, writtenOff: 0n };
        identities.reported("now", snapshot(), [{ ...reported, ...change }], new Set(touched));
      });

    it("let those change that were called", () => {
      expect([...report({}), ...report({ now: account(400n) }, [0])]).to.deep.equal([]);
    });

    it("notice one that changed uncalled, and debt that does not follow from its units", () => {
      expect(report({ now: account(400n) }).join()).to.match(/account 0 changed, which nobody called/);
      expect(report({ now: { ...account(500n), writtenOffs: [3n, 1n] } }).join()).to.match(/nobody called/);
      expect(report({ debt: 501n }).join()).to.match(/debt of account 0/);
      expect(report({ writtenOff: 1n }).join()).to.match(/written-off debt of account 0/);
    });
  });

  describe("of a liquidation", () => {
    const liquidate = (repaid: bigint, seized: bigint, change: Change) =>
      after((identities) => identities.liquidated("now", snapshot(), changed(change), 0, repaid, seized));
    const fair: Change = ({ positions: [position] }) => {
      position.collateral -= 110n;
      position.debt -= 100n;
    };

    it("hold for a fair one", () => expect(liquidate(100n, 110n, fair)).to.deep.equal([]));

    it("notice collateral and debt that do not match, and a worse position", () => {
      expect(liquidate(100n, 109n, fair).join()).to.match(/collateral gone from account 0 and seized/);
      expect(liquidate(90n, 110n, fair).join()).to.match(/90 repaid, 100 cleared/);
      const greedy: Change = ({ positions: [position] }) => {
        position.collateral -= 300n;
        position.debt -= 100n;
      };
      expect(liquidate(100n, 300n, greedy).join()).to.match(/less collateral per debt/);
    });
  });

  describe("of the waterfall", () => {
    const waterfall = (shortfall: bigint, lost: Layers) =>
      after((identities) => identities.waterfall("now", snapshot(), shortfall, lost));

    it("hold layer by layer, each to its end", () => {
      expect(waterfall(30n, layers(30n, 0n, 0n, 0n, 0n))).to.deep.equal([]);
      expect(waterfall(70n, layers(40n, 20n, 10n, 0n, 0n))).to.deep.equal([]);
      expect(waterfall(200n, layers(40n, 20n, 25n, 60n, 55n))).to.deep.equal([]);
    });

    it("notice a missing unit and a layer out of order", () => {
      expect(waterfall(71n, layers(40n, 20n, 10n, 0n, 0n)).join()).to.match(/Σ layers and shortfall/);
      expect(waterfall(70n, layers(40n, 10n, 20n, 0n, 0n)).join()).to.match(/reserve, in the order of layers/);
    });
  });

  describe("of loss records", () => {
    const losses = (change: Change, claimed = 20n) =>
      after((identities) => {
        identities.losses("now", changed(change), new Map([[1, WAD]]), new Map([[1, claimed]]));
      });

    it("hold for what was lost, recovered and claimed", () => expect(losses(() => {})).to.deep.equal([]));

    const breaks: [what: string, change: Change, violation: RegExp][] = [
      ["a layer", ({ losses: [loss] }) => void (loss.principal += 1n), /Σ layers and shortfall of loss 1/],
      ["a recovery", ({ losses: [loss] }) => void (loss.recovered += 1n), /Σ recovered layers/],
      ["too much back", ({ losses: [loss] }) => void (loss.recoveredBy.principal = 91n), /principal of loss 1 got 91/],
      ["a missing claim", ({ losses: [loss] }) => void (loss.lenderClaims = 19n), /20 claimed of loss 1, recovered 19/],
      ["missing tokens", (s) => void (s.socializerBalance -= 1n), /tokens of the socializer/],
    ];
    for (const [what, change, violation] of breaks) {
      it(`notice ${what}`, () => expect(losses(change).join()).to.match(violation));
    }

    it("let a recovery include what accrued", () => {
      const later: Change = ({ state, losses: [loss] }) => {
        state.index = 2n * WAD;
        loss.recoveredBy.principal = loss.recovered = loss.lenderClaims = 180n;
      };
      const grown: Change = (s) => {
        later(s);
        s.socializerBalance = 160n;
      };
      expect(losses(grown)).to.deep.equal([]);
    });
  });

  describe("of fairness", () => {
    const stake = 10n ** 12n;
    const fair: Fairness = {
      ...{ lossId: 1, time: 0, spread: 0, forfeited: 0n },
      leaver: { stake, afterLoss: stake - 100n, claims: 60n, since: 0n },
      stayer: { stake, afterLoss: stake - 100n, claims: 60n, since: 500n },
      entrant: { stake, afterLoss: stake - 1n, claims: 0n, since: 500n },
    };
    const judge = (change: Partial<Fairness>) => after((identities) => identities.fairness({ ...fair, ...change }));

    it("hold where all are treated alike", () => expect(judge({})).to.deep.equal([]));

    it("notice a spread, a gift to the entrant, a late payment to the leaver, and a drift", () => {
      expect(judge({ spread: 2e-9 }).join()).to.match(/spread of 2e-9/);
      expect(judge({ entrant: { ...fair.entrant, claims: 2_000n } }).join()).to.match(/entrant gained/);
      expect(judge({ entrant: { ...fair.entrant, afterLoss: stake - 2_000n } }).join()).to.match(/entrant gained/);
      expect(judge({ leaver: { ...fair.leaver, since: 1n } }).join()).to.match(/leaver got from later losses/);
      expect(judge({ stayer: { ...fair.stayer, since: 9_000n } }).join()).to.match(/drift apart/);
    });
  });
});
