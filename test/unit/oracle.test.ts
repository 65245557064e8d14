import { expect } from "chai";
import fc from "fast-check";
import type { ChainlinkOracle, MockAggregator, MockERC20, MockERC4626 } from "../../typechain-types";
import type { IChainlinkOracle } from "../../typechain-types/contracts/oracles/ChainlinkOracle";
import { ethers, loadFixture, setCode, time } from "../helpers/hre";
import { FeedMode } from "../helpers/oracle";

const SLOTS = ["base1", "base2", "quote1", "quote2"] as const;
type Slot = (typeof SLOTS)[number];
type Config = IChainlinkOracle.ConfigStruct;

interface FeedSpec {
  decimals: number;
  answer: bigint;
}

/** What a price depends on. */
interface Market extends Partial<Record<Slot, FeedSpec>> {
  collateralDecimals: number;
  loanDecimals: number;
  /** Rate in asset units per share unit, a wad; the decimals of the collateral are then those of the vault's asset. */
  vault?: { sample: bigint; rate: bigint };
}

const DECIMALS = [0, 6, 8, 18, 27];
const HEARTBEAT = 3600n;
const GRACE = 1800n;
const MAX_INT256 = 2n ** 255n - 1n;
const MAX_UINT256 = 2n ** 256n - 1n;
const NO_FEED = { aggregator: ethers.ZeroAddress, heartbeat: 0n, minAnswer: 0n, maxAnswer: 0n };

const pow10 = (exponent: number) => 10n ** BigInt(exponent);

/** The price by its definition, as one exact fraction. */
function modelPrice(market: Market): bigint {
  let numerator = 10n ** 36n * pow10(market.loanDecimals);
  let denominator = pow10(market.collateralDecimals);
  for (const slot of SLOTS) {
    const feed = market[slot];
    if (!feed) continue;
    const isBase = slot.startsWith("base");
    numerator *= isBase ? feed.answer : pow10(feed.decimals);
    denominator *= isBase ? pow10(feed.decimals) : feed.answer;
  }
  if (market.vault) {
    numerator *= (market.vault.sample * market.vault.rate) / 10n ** 18n;
    denominator *= market.vault.sample;
  }
  return numerator / denominator;
}

/** The error of a market whose answers are too large for 256 bits. */
function overflowOf(market: Market): string | undefined {
  const answer = (slot: Slot) => market[slot]?.answer ?? 1n;
  const assets = market.vault ? (market.vault.sample * market.vault.rate) / 10n ** 18n : 1n;
  const decimals = (slot: Slot) => market[slot]?.decimals ?? 0;
  const up = 36 + market.loanDecimals + decimals("quote1") + decimals("quote2");
  const exponent = up - market.collateralDecimals - decimals("base1") - decimals("base2");
  const base = answer("base1") * answer("base2") * assets * pow10(Math.max(exponent - 77, 0));
  const quote = answer("quote1") * answer("quote2") * (market.vault?.sample ?? 1n) * pow10(Math.max(-exponent, 0));
  if (base > MAX_UINT256 || quote > MAX_UINT256) return "ProductOverflow";
  return modelPrice(market) > MAX_UINT256 ? "PriceOverflow" : undefined;
}

/** Tokens, feeds and configuration of a market; the oracle itself is left to the test. */
async function deploySources(market: Market) {
  const token = (decimals: number): Promise<MockERC20> =>
    ethers.deployContract("MockERC20", ["Token", "TKN", decimals]);
  const asset = await token(market.collateralDecimals);
  const loan = await token(market.loanDecimals);
  const vault: MockERC4626 = await ethers.deployContract("MockERC4626", [asset]);
  if (market.vault) await vault.setRate(market.vault.rate);
  const feeds = {} as Record<Slot, MockAggregator>;
  const config: Config = {
    collateral: await (market.vault ? vault : asset).getAddress(),
    loan: await loan.getAddress(),
    base1: NO_FEED,
    base2: NO_FEED,
    quote1: NO_FEED,
    quote2: NO_FEED,
    vaultSample: market.vault?.sample ?? 0n,
    sequencer: ethers.ZeroAddress,
    gracePeriod: 0n,
  };
  for (const slot of SLOTS) {
    const spec = market[slot];
    if (!spec) continue;
    feeds[slot] = await ethers.deployContract("MockAggregator", [spec.decimals, spec.answer]);
    const aggregator = await feeds[slot].getAddress();
    config[slot] = { aggregator, heartbeat: HEARTBEAT, minAnswer: 0n, maxAnswer: MAX_INT256 };
  }
  return { asset, loan, vault, feeds, config };
}

const deployOracle = (config: Config): Promise<ChainlinkOracle> => ethers.deployContract("ChainlinkOracle", [config]);

async function expectModelPrice(market: Market) {
  const { config } = await deploySources(market);
  expect(
    await (await deployOracle(config)).price(),
    JSON.stringify(market, (_, v) => v?.toString?.() ?? v),
  ).to.equal(modelPrice(market));
}

describe("ChainlinkOracle", () => {
  const FULL = {
    collateralDecimals: 18,
    loanDecimals: 6,
    base1: { decimals: 18, answer: 1_152345678901234567n },
    base2: { decimals: 8, answer: 3_123_45678901n },
    quote1: { decimals: 8, answer: 99_912345n },
    quote2: { decimals: 6, answer: 1_000123n },
    vault: { sample: 10n ** 18n, rate: 1_057123456789012345n },
  };

  /** Different for every feed, so that none can take another's. */
  const settingsOf = (slot: Slot) => ({
    heartbeat: HEARTBEAT + BigInt(SLOTS.indexOf(slot)),
    minAnswer: FULL[slot].answer / 2n,
    maxAnswer: FULL[slot].answer * 2n,
  });

  /** Every option in use: four feeds, vault, sequencer. */
  async function fullFixture() {
    const sources = await deploySources(FULL);
    const sequencer: MockAggregator = await ethers.deployContract("MockAggregator", [0, 0]);
    const config = { ...sources.config, sequencer: await sequencer.getAddress(), gracePeriod: GRACE };
    await time.increase(GRACE);
    for (const slot of SLOTS) {
      config[slot] = { aggregator: await sources.feeds[slot].getAddress(), ...settingsOf(slot) };
      await sources.feeds[slot].setAnswer(FULL[slot].answer);
    }
    return { ...sources, config, sequencer, oracle: await deployOracle(config) };
  }

  /** One base feed with bounds, nothing else. */
  async function singleFixture() {
    const sources = await deploySources({
      collateralDecimals: 18,
      loanDecimals: 6,
      base1: { decimals: 8, answer: 2000_00000000n },
    });
    const feed = await sources.feeds.base1.getAddress();
    const bounds = { minAnswer: 100_00000000n, maxAnswer: 9000_00000000n };
    const config = { ...sources.config, base1: { aggregator: feed, heartbeat: HEARTBEAT, ...bounds } };
    return { ...sources, config, ...bounds, feed, aggregator: sources.feeds.base1, oracle: await deployOracle(config) };
  }

  describe("price", () => {
    it("is 1e36-scaled loan units per collateral unit", async () => {
      const { oracle } = await loadFixture(singleFixture);
      const collateral = 10n ** 18n;
      expect((collateral * (await oracle.price())) / 10n ** 36n).to.equal(2000_000000n);
    });

    it("multiplies bases, divides by quotes and applies the vault rate", async () => {
      const { oracle } = await loadFixture(fullFixture);
      expect(await oracle.price()).to.equal(modelPrice(FULL));
    });

    for (let subset = 1; subset < 16; ++subset) {
      const slots = SLOTS.filter((_, i) => subset & (1 << i));
      it(`works with ${slots.join(", ")} alone`, async () => {
        const feeds = Object.fromEntries(slots.map((slot) => [slot, FULL[slot]]));
        await expectModelPrice({ collateralDecimals: 18, loanDecimals: 6, ...feeds });
      });
    }

    for (const collateralDecimals of DECIMALS) {
      it(`is exact for a collateral of ${collateralDecimals} decimals and loan assets of any`, async () => {
        const { base1, quote1 } = FULL;
        for (const loanDecimals of DECIMALS) {
          await expectModelPrice({ collateralDecimals, loanDecimals, base1, quote1 });
        }
      });
    }

    for (const baseDecimals of DECIMALS) {
      it(`is exact for base feeds of ${baseDecimals} decimals and quote feeds of any`, async () => {
        const base = { decimals: baseDecimals, answer: 3n * pow10(baseDecimals) + 1n };
        for (const quoteDecimals of DECIMALS) {
          const quote = { decimals: quoteDecimals, answer: 7n * pow10(quoteDecimals) + 3n };
          const feeds = { base1: base, base2: base, quote1: quote, quote2: quote };
          await expectModelPrice({ collateralDecimals: 18, loanDecimals: 6, ...feeds });
        }
      });
    }

    it("is exact at every corner of decimals: 0 or 27 for each token and feed", async () => {
      for (let corner = 0; corner < 64; ++corner) {
        const decimals = (bit: number) => (corner & (1 << bit) ? 27 : 0);
        const feed = (bit: number, value: bigint) => ({
          decimals: decimals(bit),
          answer: value * pow10(decimals(bit)) + 1n,
        });
        await expectModelPrice({
          collateralDecimals: decimals(0),
          loanDecimals: decimals(1),
          base1: feed(2, 5n),
          base2: feed(3, 2n),
          quote1: feed(4, 3n),
          quote2: feed(5, 7n),
        });
      }
    });

    it("equals the model for random markets, or says what overflows", async () => {
      const decimals = fc.constantFrom(...DECIMALS);
      const feed = decimals.chain((d) => fc.record({ decimals: fc.constant(d), answer: fc.bigInt(1n, pow10(d + 6)) }));
      const market: fc.Arbitrary<Market> = fc.record({
        collateralDecimals: decimals,
        loanDecimals: decimals,
        base1: feed,
        base2: fc.option(feed, { nil: undefined }),
        quote1: fc.option(feed, { nil: undefined }),
        quote2: fc.option(feed, { nil: undefined }),
        vault: fc.option(
          fc.record({ sample: fc.bigInt(10n ** 18n, 10n ** 24n), rate: fc.bigInt(10n ** 13n, 10n ** 20n) }),
          { nil: undefined },
        ),
      });
      let priced = 0;
      const run = async (m: Market) => {
        const oracle = await deployOracle((await deploySources(m)).config);
        const error = overflowOf(m);
        if (error) return expect(oracle.price()).to.be.revertedWithCustomError(oracle, error);
        ++priced;
        expect(await oracle.price()).to.equal(modelPrice(m));
      };
      await fc.assert(fc.asyncProperty(market, run), { seed: 20200312, numRuns: 100 });
      expect(priced).to.be.greaterThan(75);
    });

    it("is 0 where one collateral unit is worth less than 1e-36 loan units", async () => {
      const base = { decimals: 27, answer: 1n };
      await expectModelPrice({ collateralDecimals: 18, loanDecimals: 6, base1: base, base2: base });
      expect(modelPrice({ collateralDecimals: 18, loanDecimals: 6, base1: base, base2: base })).to.equal(0n);
    });

    it("follows the vault's rate", async () => {
      const { oracle, vault } = await loadFixture(fullFixture);
      await vault.setRate(5n * 10n ** 17n);
      expect(await oracle.price()).to.equal(modelPrice({ ...FULL, vault: { ...FULL.vault, rate: 5n * 10n ** 17n } }));
    });

    it("keeps the decimals read at deployment", async () => {
      const { oracle, aggregator } = await loadFixture(singleFixture);
      const before = await oracle.price();
      await aggregator.setDecimals(18);
      expect(await oracle.price()).to.equal(before);
    });
  });

  describe("feeds", () => {
    it("accepts an answer as old as the heartbeat and refuses it a second later: StaleAnswer", async () => {
      const { oracle, aggregator, feed } = await loadFixture(singleFixture);
      const updatedAt = BigInt(await time.latest());
      await aggregator.setRound(2000_00000000n, updatedAt, updatedAt);
      await time.increaseTo(updatedAt + HEARTBEAT);
      await oracle.price();
      await time.increaseTo(updatedAt + HEARTBEAT + 1n);
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "StaleAnswer")
        .withArgs(feed, updatedAt, HEARTBEAT);
    });

    it("accepts an answer of this second and refuses one of the next: FutureAnswer", async () => {
      const { oracle, aggregator, feed } = await loadFixture(singleFixture);
      const updatedAt = BigInt(await time.latest()) + 10_000n;
      await aggregator.setRound(2000_00000000n, updatedAt, updatedAt);
      await time.increaseTo(updatedAt - 1n);
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "FutureAnswer").withArgs(feed, updatedAt);
      await time.increaseTo(updatedAt);
      await oracle.price();
    });

    it("refuses a round without an answer: IncompleteRound", async () => {
      const { oracle, aggregator, feed } = await loadFixture(singleFixture);
      await aggregator.setRound(2000_00000000n, await time.latest(), 0);
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "IncompleteRound").withArgs(feed);
    });

    for (const answer of [0n, -1n, -(2n ** 255n)]) {
      it(`refuses an answer of ${answer}: NegativeOrZeroAnswer`, async () => {
        const { oracle, aggregator, feed } = await loadFixture(singleFixture);
        await aggregator.setAnswer(answer);
        await expect(oracle.price())
          .to.be.revertedWithCustomError(oracle, "NegativeOrZeroAnswer")
          .withArgs(feed, answer);
      });
    }

    it("refuses an answer at or beyond a bound, where a capped feed sits: AnswerOutOfBounds", async () => {
      const { oracle, aggregator, feed, minAnswer, maxAnswer } = await loadFixture(singleFixture);
      for (const answer of [1n, minAnswer - 1n, minAnswer, maxAnswer, maxAnswer + 1n, MAX_INT256]) {
        await aggregator.setAnswer(answer);
        await expect(oracle.price())
          .to.be.revertedWithCustomError(oracle, "AnswerOutOfBounds")
          .withArgs(feed, answer, minAnswer, maxAnswer);
      }
      for (const answer of [minAnswer + 1n, maxAnswer - 1n]) {
        await aggregator.setAnswer(answer);
        expect(await oracle.price()).to.equal(answer * 10n ** 16n);
      }
    });

    it("names a feed that reverts, returns too little or has no code: SourceFailed", async () => {
      const { oracle, aggregator, feed } = await loadFixture(singleFixture);
      await aggregator.setMode(FeedMode.Revert);
      const reason = aggregator.interface.encodeErrorResult("FeedBroken");
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "SourceFailed").withArgs(feed, reason);
      await aggregator.setMode(FeedMode.Short);
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "SourceFailed")
        .withArgs(feed, (data: string) => ethers.dataLength(data) === 32);
      await setCode(feed, "0x");
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "SourceFailed").withArgs(feed, "0x");
    });

    for (const slot of SLOTS) {
      it(`checks every feed by itself: ${slot}`, async () => {
        const { oracle, feeds } = await loadFixture(fullFixture);
        const feed = await feeds[slot].getAddress();
        const { heartbeat, minAnswer, maxAnswer } = settingsOf(slot);
        await feeds[slot].setAnswer(-1n);
        await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "NegativeOrZeroAnswer").withArgs(feed, -1n);
        for (const answer of [minAnswer, maxAnswer]) {
          await feeds[slot].setAnswer(answer);
          await expect(oracle.price())
            .to.be.revertedWithCustomError(oracle, "AnswerOutOfBounds")
            .withArgs(feed, answer, minAnswer, maxAnswer);
        }
        const updatedAt = BigInt(await time.latest()) - heartbeat;
        await feeds[slot].setRound(FULL[slot].answer, updatedAt, updatedAt);
        await expect(oracle.price())
          .to.be.revertedWithCustomError(oracle, "StaleAnswer")
          .withArgs(feed, updatedAt, heartbeat);
      });
    }

    it("names a product of answers that does not fit: ProductOverflow", async () => {
      const feed = { decimals: 0, answer: 2n ** 128n };
      const { config } = await deploySources({ collateralDecimals: 18, loanDecimals: 6, base1: feed, base2: feed });
      const oracle = await deployOracle(config);
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "ProductOverflow")
        .withArgs(feed.answer, feed.answer);
    });

    it("serves the largest price that fits and names the next: PriceOverflow", async () => {
      const market = {
        collateralDecimals: 18,
        loanDecimals: 18,
        base1: { decimals: 0, answer: MAX_UINT256 / 10n ** 36n },
      };
      const { config, feeds } = await deploySources(market);
      const oracle = await deployOracle(config);
      expect(await oracle.price()).to.equal(modelPrice(market));
      await feeds.base1.setAnswer(market.base1.answer + 1n);
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "PriceOverflow")
        .withArgs(market.base1.answer + 1n, 1n);
    });
  });

  describe("vault", () => {
    it("refuses a rate of zero: VaultRateZero", async () => {
      const { oracle, vault } = await loadFixture(fullFixture);
      await vault.setRate(0);
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "VaultRateZero").withArgs(vault);
    });

    it("names a vault that reverts: SourceFailed", async () => {
      const { oracle, vault } = await loadFixture(fullFixture);
      await vault.setBroken(true);
      const reason = vault.interface.encodeErrorResult("VaultBroken");
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "SourceFailed").withArgs(vault, reason);
    });
  });

  describe("sequencer", () => {
    it("refuses a price while it is down: SequencerDown", async () => {
      const { oracle, sequencer } = await loadFixture(fullFixture);
      for (const status of [1n, 2n, -1n]) {
        const since = BigInt(await time.latest());
        await sequencer.setRound(status, since, since);
        await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "SequencerDown").withArgs(since);
      }
    });

    it("waits out the grace period to the second: SequencerGrace", async () => {
      const { oracle, sequencer, feeds } = await loadFixture(fullFixture);
      const startedAt = BigInt(await time.latest());
      await sequencer.setRound(0, startedAt, startedAt);
      for (const slot of SLOTS) await feeds[slot].setAnswer(FULL[slot].answer);
      await time.increaseTo(startedAt + GRACE - 1n);
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "SequencerGrace")
        .withArgs(startedAt + GRACE);
      await time.increaseTo(startedAt + GRACE);
      expect(await oracle.price()).to.equal(modelPrice(FULL));
    });

    it("refuses a feed without a round: SequencerRoundInvalid", async () => {
      const { oracle, sequencer } = await loadFixture(fullFixture);
      await sequencer.setRound(0, 0, await time.latest());
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "SequencerRoundInvalid").withArgs(sequencer);
    });

    it("refuses a status from the future: FutureAnswer", async () => {
      const { oracle, sequencer } = await loadFixture(fullFixture);
      await sequencer.setRound(0, MAX_UINT256, 0);
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "FutureAnswer")
        .withArgs(sequencer, MAX_UINT256);
    });

    it("names a sequencer feed that reverts: SourceFailed", async () => {
      const { oracle, sequencer } = await loadFixture(fullFixture);
      await sequencer.setMode(FeedMode.Revert);
      await expect(oracle.price())
        .to.be.revertedWithCustomError(oracle, "SourceFailed")
        .withArgs(sequencer, sequencer.interface.encodeErrorResult("FeedBroken"));
    });

    it("is asked before anything else", async () => {
      const { oracle, sequencer, feeds, vault } = await loadFixture(fullFixture);
      await sequencer.setAnswer(1);
      await vault.setBroken(true);
      for (const slot of SLOTS) await feeds[slot].setMode(FeedMode.Revert);
      await expect(oracle.price()).to.be.revertedWithCustomError(oracle, "SequencerDown");
    });

    it("does not go stale: its status lasts until it changes", async () => {
      const { oracle, feeds } = await loadFixture(fullFixture);
      await time.increase(365n * 86400n);
      for (const slot of SLOTS) await feeds[slot].setAnswer(FULL[slot].answer);
      expect(await oracle.price()).to.equal(modelPrice(FULL));
    });
  });

  describe("config", () => {
    it("returns what it was deployed with", async () => {
      const { oracle, config } = await loadFixture(fullFixture);
      const data = oracle.interface.encodeFunctionData("config");
      const expected = oracle.interface.encodeFunctionResult("config", [config]);
      expect(await ethers.provider.call({ to: oracle, data })).to.equal(expected);
    });
  });

  describe("constructor", () => {
    /** Expects the full configuration with `changes` to be refused. */
    async function expectRefused(changes: Partial<Config>, error: string, ...args: unknown[]) {
      const { config, oracle } = await loadFixture(fullFixture);
      const expectation = expect(deployOracle({ ...config, ...changes })).to.be.revertedWithCustomError(oracle, error);
      await (args.length ? expectation.withArgs(...args) : expectation);
    }

    it("needs a feed: NoFeed", async () => {
      await expectRefused({ base1: NO_FEED, base2: NO_FEED, quote1: NO_FEED, quote2: NO_FEED }, "NoFeed");
    });

    for (const slot of SLOTS) {
      it(`refuses settings of a feed that is not given: ConfigWithoutFeed for ${slot}`, async () => {
        for (const field of ["heartbeat", "minAnswer", "maxAnswer"]) {
          const feed = { ...NO_FEED, [field]: 1n };
          await expectRefused({ [slot]: feed }, "ConfigWithoutFeed", feed.heartbeat, feed.minAnswer, feed.maxAnswer);
        }
      });

      it(`refuses a heartbeat of 0: ZeroHeartbeat for ${slot}`, async () => {
        const { feeds } = await loadFixture(fullFixture);
        const aggregator = await feeds[slot].getAddress();
        await expectRefused(
          { [slot]: { aggregator, heartbeat: 0n, minAnswer: 0n, maxAnswer: 10n } },
          "ZeroHeartbeat",
          aggregator,
        );
      });

      it(`refuses bounds that no answer fits: InvalidBounds for ${slot}`, async () => {
        const { feeds, config } = await loadFixture(fullFixture);
        const aggregator = await feeds[slot].getAddress();
        const feed = (minAnswer: bigint, maxAnswer: bigint) => ({ aggregator, heartbeat: 1n, minAnswer, maxAnswer });
        for (const [min, max] of [
          [-1n, 10n],
          [0n, 0n],
          [0n, 1n],
          [5n, 6n],
          [6n, 5n],
          [0n, -(2n ** 255n)],
          [MAX_INT256, MAX_INT256],
        ]) {
          await expectRefused({ [slot]: feed(min, max) }, "InvalidBounds", aggregator, min, max);
        }
        await deployOracle({ ...config, [slot]: feed(0n, 2n) });
      });

      it(`refuses a ${slot} that is not a feed: SourceFailed`, async () => {
        const { loan } = await loadFixture(fullFixture);
        const feed = { heartbeat: 1n, minAnswer: 0n, maxAnswer: 10n };
        const stranger = ethers.Wallet.createRandom().address;
        await expectRefused({ [slot]: { aggregator: stranger, ...feed } }, "SourceFailed", stranger, "0x");
        const token = await loan.getAddress();
        await expectRefused({ [slot]: { aggregator: token, ...feed } }, "SourceFailed", token, "0x");
      });
    }

    it("refuses tokens without decimals: SourceFailed", async () => {
      const stranger = ethers.Wallet.createRandom().address;
      await expectRefused({ loan: stranger }, "SourceFailed", stranger, "0x");
      await expectRefused({ loan: ethers.ZeroAddress }, "SourceFailed", ethers.ZeroAddress, "0x");
      await expectRefused({ collateral: stranger, vaultSample: 0n }, "SourceFailed", stranger, "0x");
    });

    it("refuses decimals that are none: SourceFailed", async () => {
      const { config, oracle } = await loadFixture(fullFixture);
      const loan = ethers.Wallet.createRandom().address;
      await setCode(loan, "0x5f195f5260205ff3"); // returns the largest word, whatever is asked
      await expect(deployOracle({ ...config, loan }))
        .to.be.revertedWithCustomError(oracle, "SourceFailed")
        .withArgs(loan, ethers.toBeHex(MAX_UINT256));
    });

    it("refuses a collateral that is no vault if there is a sample: SourceFailed", async () => {
      const { asset } = await loadFixture(fullFixture);
      await expectRefused({ collateral: await asset.getAddress() }, "SourceFailed", asset, "0x");
    });

    it("refuses a sample too small for the vault's precision: SampleTooSmall", async () => {
      const { config, vault } = await loadFixture(fullFixture);
      await vault.setRate(10n ** 18n);
      const oracle = await deployOracle({ ...config, vaultSample: 10n ** 12n });
      await expect(deployOracle({ ...config, vaultSample: 10n ** 12n - 1n }))
        .to.be.revertedWithCustomError(oracle, "SampleTooSmall")
        .withArgs(10n ** 12n - 1n, 10n ** 12n - 1n);
    });

    it("refuses a vault whose rate is zero: VaultRateZero", async () => {
      const { config, vault, oracle } = await loadFixture(fullFixture);
      await vault.setRate(0);
      await expect(deployOracle(config)).to.be.revertedWithCustomError(oracle, "VaultRateZero").withArgs(vault);
    });

    it("needs a sequencer feed and its grace period together: InvalidSequencer", async () => {
      const { sequencer } = await loadFixture(fullFixture);
      await expectRefused({ gracePeriod: 0n }, "InvalidSequencer", sequencer, 0n);
      await expectRefused({ sequencer: ethers.ZeroAddress }, "InvalidSequencer", ethers.ZeroAddress, GRACE);
    });

    it("refuses a sequencer that is not a feed: SourceFailed", async () => {
      const { loan } = await loadFixture(fullFixture);
      await expectRefused({ sequencer: await loan.getAddress() }, "SourceFailed", loan, "0x");
    });

    it("refuses decimals beyond its scale: DecimalsOutOfRange", async () => {
      const { oracle } = await loadFixture(fullFixture);
      const feed = { decimals: 8, answer: 10n ** 8n };
      for (const [collateralDecimals, loanDecimals, exponent] of [
        [255, 0, 36 - 255 - 8],
        [0, 255, 36 + 255 - 8],
        [106, 0, -78],
        [0, 127, 155],
      ]) {
        const { config } = await deploySources({ collateralDecimals, loanDecimals, base1: feed });
        await expect(deployOracle(config))
          .to.be.revertedWithCustomError(oracle, "DecimalsOutOfRange")
          .withArgs(exponent);
      }
      await expectModelPrice({ collateralDecimals: 105, loanDecimals: 0, base1: feed });
      const huge = { decimals: 0, answer: 10n ** 38n };
      const largest = { base1: { decimals: 0, answer: 1n }, quote1: huge, quote2: { decimals: 0, answer: 10n ** 39n } };
      await expectModelPrice({ collateralDecimals: 0, loanDecimals: 118, ...largest });
    });

    it("refuses a sample that overflows with the decimals: ProductOverflow", async () => {
      const { oracle } = await loadFixture(fullFixture);
      const feed = { decimals: 27, answer: 10n ** 27n };
      const vault = { sample: 10n ** 40n, rate: 10n ** 18n };
      const { config } = await deploySources({
        collateralDecimals: 27,
        loanDecimals: 0,
        base1: feed,
        base2: feed,
        vault,
      });
      await expect(deployOracle(config))
        .to.be.revertedWithCustomError(oracle, "ProductOverflow")
        .withArgs(10n ** 40n, 10n ** 45n);
    });
  });
});
