// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {IChainlinkOracle} from "../interfaces/IChainlinkOracle.sol";
import {IOracle} from "../interfaces/IOracle.sol";

/// @title ChainlinkOracle
/// @notice See IChainlinkOracle.
contract ChainlinkOracle is IChainlinkOracle {
    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    /// @dev Digits of the convention of `price`.
    int256 private constant PRICE_DECIMALS = 36;
    /// @dev Largest power of ten in 256 bits.
    uint256 private constant MAX_POWER = 77;
    /// @dev A vault rate has at least this many steps.
    uint256 private constant MIN_SAMPLE_ASSETS = 1e12;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    address private immutable COLLATERAL;
    address private immutable LOAN;

    address private immutable BASE1;
    uint32 private immutable BASE1_HEARTBEAT;
    int256 private immutable BASE1_MIN;
    int256 private immutable BASE1_MAX;

    address private immutable BASE2;
    uint32 private immutable BASE2_HEARTBEAT;
    int256 private immutable BASE2_MIN;
    int256 private immutable BASE2_MAX;

    address private immutable QUOTE1;
    uint32 private immutable QUOTE1_HEARTBEAT;
    int256 private immutable QUOTE1_MIN;
    int256 private immutable QUOTE1_MAX;

    address private immutable QUOTE2;
    uint32 private immutable QUOTE2_HEARTBEAT;
    int256 private immutable QUOTE2_MIN;
    int256 private immutable QUOTE2_MAX;

    uint256 private immutable VAULT_SAMPLE;
    address private immutable SEQUENCER;
    uint32 private immutable GRACE_PERIOD;

    /// @dev price = base answers * BASE_FACTOR * SCALE / (quote answers * QUOTE_FACTOR). SCALE is the power of ten that
    /// turns decimals into the convention; what of it does not fit goes to the factors, the vault's sample too.
    uint256 private immutable SCALE;
    uint256 private immutable BASE_FACTOR;
    uint256 private immutable QUOTE_FACTOR;

    constructor(Config memory c) {
        require(
            c.base1.aggregator != address(0) ||
                c.base2.aggregator != address(0) ||
                c.quote1.aggregator != address(0) ||
                c.quote2.aggregator != address(0),
            NoFeed()
        );
        require((c.sequencer == address(0)) == (c.gracePeriod == 0), InvalidSequencer(c.sequencer, c.gracePeriod));
        if (c.sequencer != address(0)) _latestRound(c.sequencer);
        address priced = c.collateral;
        if (c.vaultSample != 0) {
            uint256 assets = _vaultAssets(c.collateral, c.vaultSample);
            require(assets >= MIN_SAMPLE_ASSETS, SampleTooSmall(c.vaultSample, assets));
            priced = abi.decode(_read(c.collateral, abi.encodeCall(IERC4626.asset, ()), 1), (address));
        }

        int256 exponent = PRICE_DECIMALS + _decimals(c.loan) + _validated(c.quote1) + _validated(c.quote2);
        exponent -= _decimals(priced) + _validated(c.base1) + _validated(c.base2);
        require(exponent >= -int256(MAX_POWER) && exponent <= 2 * int256(MAX_POWER), DecimalsOutOfRange(exponent));
        uint256 up = exponent > 0 ? uint256(exponent) : 0;
        uint256 down = exponent < 0 ? uint256(-exponent) : 0;
        SCALE = 10 ** Math.min(up, MAX_POWER);
        BASE_FACTOR = 10 ** Math.saturatingSub(up, MAX_POWER);
        QUOTE_FACTOR = _mul(Math.max(c.vaultSample, 1), 10 ** down);

        COLLATERAL = c.collateral;
        LOAN = c.loan;
        (BASE1, BASE1_HEARTBEAT, BASE1_MIN, BASE1_MAX) = _fields(c.base1);
        (BASE2, BASE2_HEARTBEAT, BASE2_MIN, BASE2_MAX) = _fields(c.base2);
        (QUOTE1, QUOTE1_HEARTBEAT, QUOTE1_MIN, QUOTE1_MAX) = _fields(c.quote1);
        (QUOTE2, QUOTE2_HEARTBEAT, QUOTE2_MIN, QUOTE2_MAX) = _fields(c.quote2);
        VAULT_SAMPLE = c.vaultSample;
        SEQUENCER = c.sequencer;
        GRACE_PERIOD = c.gracePeriod;
    }

    /* ---------------------------------------------- PRICE ---------------------------------------------- */

    /// @inheritdoc IOracle
    function price() external view returns (uint256) {
        Config memory c = config();
        if (c.sequencer != address(0)) _checkSequencer(c.sequencer, c.gracePeriod);
        uint256 base = _mul(
            _mul(_answer(c.base1), _answer(c.base2)),
            _mul(_vaultAssets(c.collateral, c.vaultSample), BASE_FACTOR)
        );
        uint256 quote = _mul(_mul(_answer(c.quote1), _answer(c.quote2)), QUOTE_FACTOR);
        (uint256 high, ) = Math.mul512(base, SCALE);
        require(high < quote, PriceOverflow(base, quote));
        return Math.mulDiv(base, SCALE, quote);
    }

    /// @inheritdoc IChainlinkOracle
    function config() public view returns (Config memory) {
        return
            Config({
                collateral: COLLATERAL,
                loan: LOAN,
                base1: Feed(BASE1, BASE1_HEARTBEAT, BASE1_MIN, BASE1_MAX),
                base2: Feed(BASE2, BASE2_HEARTBEAT, BASE2_MIN, BASE2_MAX),
                quote1: Feed(QUOTE1, QUOTE1_HEARTBEAT, QUOTE1_MIN, QUOTE1_MAX),
                quote2: Feed(QUOTE2, QUOTE2_HEARTBEAT, QUOTE2_MIN, QUOTE2_MAX),
                vaultSample: VAULT_SAMPLE,
                sequencer: SEQUENCER,
                gracePeriod: GRACE_PERIOD
            });
    }

    /* --------------------------------------------- SOURCES --------------------------------------------- */

    /// @dev Refuses a sequencer that is down or came back less than a grace period ago.
    function _checkSequencer(address sequencer, uint256 gracePeriod) private view {
        (int256 answer, uint256 startedAt, ) = _latestRound(sequencer);
        require(startedAt != 0, SequencerRoundInvalid(sequencer));
        require(answer == 0, SequencerDown(startedAt));
        require(startedAt <= block.timestamp, FutureAnswer(sequencer, startedAt));
        require(startedAt + gracePeriod <= block.timestamp, SequencerGrace(startedAt + gracePeriod));
    }

    /// @dev The latest answer of a feed, if it can be believed; 1 without a feed.
    function _answer(Feed memory feed) private view returns (uint256) {
        if (feed.aggregator == address(0)) return 1;
        (int256 answer, , uint256 updatedAt) = _latestRound(feed.aggregator);
        require(updatedAt != 0, IncompleteRound(feed.aggregator));
        require(updatedAt <= block.timestamp, FutureAnswer(feed.aggregator, updatedAt));
        require(block.timestamp - updatedAt <= feed.heartbeat, StaleAnswer(feed.aggregator, updatedAt, feed.heartbeat));
        require(answer > 0, NegativeOrZeroAnswer(feed.aggregator, answer));
        require(
            answer > feed.minAnswer && answer < feed.maxAnswer,
            AnswerOutOfBounds(feed.aggregator, answer, feed.minAnswer, feed.maxAnswer)
        );
        return uint256(answer);
    }

    /// @dev What `sample` shares of the vault convert to; 1 without a vault.
    function _vaultAssets(address vault, uint256 sample) private view returns (uint256 assets) {
        if (sample == 0) return 1;
        assets = abi.decode(_read(vault, abi.encodeCall(IERC4626.convertToAssets, (sample)), 1), (uint256));
        require(assets != 0, VaultRateZero(vault));
    }

    function _latestRound(address feed) private view returns (int256 answer, uint256 startedAt, uint256 updatedAt) {
        bytes memory round = _read(feed, abi.encodeCall(IAggregatorV3.latestRoundData, ()), 5);
        (, answer, startedAt, updatedAt) = abi.decode(round, (uint256, int256, uint256, uint256));
    }

    function _decimals(address source) private view returns (int256) {
        bytes memory result = _read(source, abi.encodeCall(IERC20Metadata.decimals, ()), 1);
        uint256 value = abi.decode(result, (uint256));
        require(value <= type(uint8).max, SourceFailed(source, result));
        return int256(value);
    }

    /// @dev At least `words` words from `source`. A call of the language would revert without a name if the source has
    /// no code or returns too little.
    function _read(address source, bytes memory data, uint256 words) private view returns (bytes memory result) {
        bool success;
        (success, result) = source.staticcall(data);
        require(success && result.length >= words * 32, SourceFailed(source, result));
    }

    /* ------------------------------------------ CONFIGURATION ------------------------------------------ */

    /// @dev Decimals of a feed that is configured as it must be; 0 without a feed.
    function _validated(Feed memory feed) private view returns (int256) {
        (address aggregator, uint32 heartbeat, int256 min, int256 max) = _fields(feed);
        if (aggregator == address(0)) {
            require(heartbeat == 0 && min == 0 && max == 0, ConfigWithoutFeed(heartbeat, min, max));
            return 0;
        }
        require(heartbeat != 0, ZeroHeartbeat(aggregator));
        require(min >= 0 && max > 1 && min < max - 1, InvalidBounds(aggregator, min, max));
        // a token given for a feed has decimals, too; only the round tells them apart
        _latestRound(aggregator);
        return _decimals(aggregator);
    }

    function _fields(Feed memory feed) private pure returns (address, uint32, int256, int256) {
        return (feed.aggregator, feed.heartbeat, feed.minAnswer, feed.maxAnswer);
    }

    function _mul(uint256 x, uint256 y) private pure returns (uint256 product) {
        bool success;
        (success, product) = Math.tryMul(x, y);
        require(success, ProductOverflow(x, y));
    }
}
