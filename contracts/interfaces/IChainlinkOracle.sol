// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOracle} from "./IOracle.sol";

/// @title IChainlinkOracle
/// @notice Price of a collateral in a loan asset, from one to four Chainlink feeds and, if the collateral is an
/// ERC-4626 vault, its rate:
///
/// `price = 1e36 * rate * base1 * base2 / (quote1 * quote2) * 10^loanDecimals / 10^collateralDecimals`
///
/// with every feed as a number of whole units, a feed that is not used as 1, `rate` as assets per share, and the
/// decimals of the vault's asset in place of the collateral's. Rounded down once, at the end.
/// Examples: WETH against USDC is ETH/USD over USDC/USD; wstETH against USDC is wstETH/ETH times ETH/USD over USDC/USD.
///
/// WHAT IS TRUSTED. The feeds, within their bounds and heartbeat, and their decimals as read at deployment. A vault, to
/// report a rate that no donation or flash loan can move: one that counts its token balance as assets does not qualify.
/// ANSWERS. A feed whose true price leaves the range of its aggregator keeps reporting the end of that range as if it
/// were the price. Bounds are therefore exclusive, and set at that range or inside it.
/// FAILURE. Every way to fail has an error below. Nothing can be changed: there is no owner and no fallback price.
interface IChainlinkOracle is IOracle {
    /// @notice A price feed, and when to believe it. All zero: not used.
    /// @param aggregator the feed's proxy
    /// @param heartbeat oldest age of an answer, in seconds
    /// @param minAnswer the answer must be above this, in the feed's decimals; at least 0
    /// @param maxAnswer the answer must be below this, in the feed's decimals
    struct Feed {
        address aggregator;
        uint32 heartbeat;
        int256 minAnswer;
        int256 maxAnswer;
    }

    /// @notice Everything the oracle is made of.
    /// @param collateral the pool's collateral asset
    /// @param loan the pool's loan asset
    /// @param base1 with `base2`, what the collateral (or the asset of the collateral vault) is worth
    /// @param quote1 with `quote2`, what the loan asset is worth
    /// @param vaultSample 0: the collateral is priced itself. Otherwise it is an ERC-4626 vault, and its rate is what
    /// this number of share units converts to; take one large enough for the precision, more shares than exist are fine
    /// @param sequencer L2 sequencer uptime feed; zero on a chain without one
    /// @param gracePeriod seconds to wait once the sequencer is up again, for borrowers to react and feeds to catch up
    struct Config {
        address collateral;
        address loan;
        Feed base1;
        Feed base2;
        Feed quote1;
        Feed quote2;
        uint256 vaultSample;
        address sequencer;
        uint32 gracePeriod;
    }

    /* ------------------------------------ ERRORS OF THE CONSTRUCTOR ------------------------------------ */

    /// @notice No feed is configured.
    error NoFeed();
    /// @notice A heartbeat or bounds were given for a feed that is not.
    error ConfigWithoutFeed(uint256 heartbeat, int256 minAnswer, int256 maxAnswer);
    /// @notice A feed needs a heartbeat.
    error ZeroHeartbeat(address feed);
    /// @notice The lower bound is negative, or no answer fits between the bounds.
    error InvalidBounds(address feed, int256 minAnswer, int256 maxAnswer);
    /// @notice A sequencer feed needs a grace period, and a grace period a sequencer feed.
    error InvalidSequencer(address sequencer, uint256 gracePeriod);
    /// @notice `vaultSample` shares convert to too few units for a rate with 12 digits.
    error SampleTooSmall(uint256 vaultSample, uint256 assets);
    /// @notice The decimals of tokens and feeds add up to a scale of 10^exponent, which is out of reach.
    error DecimalsOutOfRange(int256 exponent);

    /* --------------------------------------- ERRORS OF THE PRICE --------------------------------------- */

    /// @notice A token, feed, sequencer feed or vault reverted, has no code, or returned less than it must. Also raised
    /// by the constructor.
    /// @param reason what it returned or reverted with
    error SourceFailed(address source, bytes reason);
    /// @notice The sequencer has been down since `since`.
    error SequencerDown(uint256 since);
    /// @notice The sequencer came back recently: prices are served from `until` on.
    error SequencerGrace(uint256 until);
    /// @notice The sequencer feed has no round yet.
    error SequencerRoundInvalid(address sequencer);
    /// @notice The feed's latest round has no answer yet.
    error IncompleteRound(address feed);
    /// @notice The feed reports a time after this block.
    error FutureAnswer(address feed, uint256 timestamp);
    /// @notice The answer is older than `heartbeat` seconds.
    error StaleAnswer(address feed, uint256 updatedAt, uint256 heartbeat);
    /// @notice The answer is not a price.
    error NegativeOrZeroAnswer(address feed, int256 answer);
    /// @notice The answer is at or beyond one of its bounds.
    error AnswerOutOfBounds(address feed, int256 answer, int256 minAnswer, int256 maxAnswer);
    /// @notice The vault converts its shares to nothing.
    error VaultRateZero(address vault);
    /// @notice A product of answers does not fit 256 bits. Also raised by the constructor.
    error ProductOverflow(uint256 x, uint256 y);
    /// @notice The price does not fit 256 bits.
    error PriceOverflow(uint256 base, uint256 quote);

    /// @notice The configuration as it was deployed.
    function config() external view returns (Config memory);
}
