// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {
    DepthPoint,
    ILendingPool,
    IPoolAdmin,
    IPoolDefault,
    IPoolRisk,
    IPoolViews,
    LadderTick,
    PoolParams,
    PoolState,
    Sight,
    WrittenOff
} from "./interfaces/ILendingPool.sol";
import {EpochShares} from "./base/EpochShares.sol";
import {RiskLadder} from "./libraries/RiskLadder.sol";
import {PoolBorrower} from "./base/PoolBorrower.sol";
import {PoolLadder} from "./base/PoolLadder.sol";
import {PoolLender} from "./base/PoolLender.sol";

/// @title LendingPool
/// @notice The whole pool: lenders, borrowers, defaults (the layers are in base/, the docs in ILendingPool), operators.
contract LendingPool is PoolLender, PoolBorrower, Multicall {
    /* -------------------------------------------- CONSTANTS -------------------------------------------- */

    bytes32 private constant OPERATOR_TYPEHASH = keccak256(
        "SetOperator(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)"
    );

    /// @dev Ticks that most positions use: from an octave below the LLTV at the price of creation to a quarter above.
    uint256 private constant TICKS_BELOW = RiskLadder.OCTAVE;
    uint256 private constant TICKS_ABOVE = RiskLadder.OCTAVE / 4;

    /* ------------------------------------------- IMMUTABLES -------------------------------------------- */

    address private immutable TWIN;

    constructor(PoolParams memory params, address twin_) PoolLadder(params) EpochShares(params.name, params.symbol) {
        TWIN = twin_;
        uint256 tick = RiskLadder.tickAt(ORACLE.price(), WAD, params.lltv);
        uint256 first = tick > TICKS_BELOW ? tick - TICKS_BELOW : 1;
        _initialiseTicks(first, tick + TICKS_ABOVE - first);
    }

    /* --------------------------------------------- INTEREST -------------------------------------------- */

    /// @inheritdoc ILendingPool
    function accrue() external nonReentrant {
        _storeShared(_accrued());
    }

    /* ------------------------------- DEFAULTS AND ADMINISTRATION: THE TWIN ----------------------------- */

    /// @inheritdoc IPoolDefault
    function writeDown(address[] calldata) external returns (uint256) {
        _delegate();
    }

    /// @inheritdoc IPoolDefault
    function liquidate(address, uint256, uint256, bytes calldata) external returns (uint256, uint256) {
        _delegate();
    }

    /// @inheritdoc IPoolDefault
    function repayWrittenOff(address, uint256) external returns (uint256) {
        _delegate();
    }

    /// @inheritdoc IPoolDefault
    function refinance(address) external returns (uint256) {
        _delegate();
    }

    /// @inheritdoc IPoolAdmin
    function harvest(uint256) external returns (uint256) {
        _delegate();
    }

    /// @inheritdoc IPoolAdmin
    function creditRecovery(uint256, uint256) external {
        _delegate();
    }

    /// @inheritdoc IPoolAdmin
    function setSupplyCap(uint256) external {
        _delegate();
    }

    /// @inheritdoc IPoolAdmin
    function setPaused(bool) external {
        _delegate();
    }

    /// @inheritdoc IPoolAdmin
    function reportBlind() external returns (uint256) {
        _delegate();
    }

    /// @inheritdoc IPoolAdmin
    function initialiseTicks(uint256, uint256) external {
        _delegate();
    }

    /// @inheritdoc IPoolRisk
    function visibleShortfall() external view returns (uint256) {
        _delegateView();
    }

    /// @inheritdoc IPoolRisk
    function totalAssetsNet() external view returns (uint256) {
        _delegateView();
    }

    /// @inheritdoc IPoolRisk
    function depth(uint256[] calldata) external view returns (DepthPoint[] memory) {
        _delegateView();
    }

    /// @inheritdoc IPoolRisk
    function ladder(uint256, uint256) external view returns (LadderTick[] memory) {
        _delegateView();
    }

    /// @inheritdoc IPoolRisk
    function sight(uint256) external view returns (Sight memory) {
        _delegateView();
    }

    /// @inheritdoc IPoolRisk
    function blindSince() external view returns (uint256) {
        _delegateView();
    }

    /// @inheritdoc IPoolViews
    function state() external view returns (PoolState memory) {
        _delegateView();
    }

    /// @inheritdoc IPoolViews
    function healthOf(address) external view returns (uint256) {
        _delegateView();
    }

    /// @inheritdoc IPoolViews
    function writtenOffOf(address) external view returns (WrittenOff[] memory) {
        _delegateView();
    }

    /// @inheritdoc IPoolViews
    function scaledDebtOf(address) external view returns (uint256) {
        _delegateView();
    }

    /// @dev Runs the call in the twin's code and ends it with its answer.
    function _delegate() private {
        address target = TWIN;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            let ok := delegatecall(gas(), target, free, calldatasize(), 0, 0)
            returndatacopy(free, 0, returndatasize())
            if iszero(ok) {
                revert(free, returndatasize())
            }
            return(free, returndatasize())
        }
    }

    /// @dev As `_delegate`, for functions that are views there as well. The language has no delegatecall that is one.
    function _delegateView() private view {
        function() changing = _delegate;
        function() view viewing;
        assembly ("memory-safe") {
            viewing := changing
        }
        // what follows is never reached: it tells the compiler that the call has ended, or it would go on to an answer of
        // its own. On one line, since coverage counts lines.
        // prettier-ignore
        { viewing(); assembly ("memory-safe") { invalid() } }
    }

    /* -------------------------------------------- OPERATORS -------------------------------------------- */

    /// @inheritdoc ILendingPool
    function setOperator(address operator, bool approved) external nonReentrant returns (bool) {
        _setOperator(msg.sender, operator, approved);
        return true;
    }

    /// @inheritdoc ILendingPool
    function setOperatorBySig(
        address owner,
        address operator,
        bool approved,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external nonReentrant {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        if (nonce >> 64 == 0) revert NonceKeyZero(nonce);
        _useCheckedNonce(owner, nonce);
        bytes32 data = keccak256(abi.encode(OPERATOR_TYPEHASH, owner, operator, approved, nonce, deadline));
        if (!SignatureChecker.isValidSignatureNow(owner, _hashTypedDataV4(data), signature))
            revert InvalidSigner(owner);
        _setOperator(owner, operator, approved);
    }

    function _setOperator(address owner, address operator, bool approved) private {
        if (operator == address(0)) revert ZeroAddress();
        _operators[owner][operator] = approved;
        emit OperatorSet(owner, operator, approved);
    }

    /* ---------------------------------------------- VIEWS ---------------------------------------------- */

    /// @inheritdoc ILendingPool
    function collateralAsset() external view returns (address) {
        return address(COLLATERAL);
    }

    /// @inheritdoc ILendingPool
    function oracle() external view returns (address) {
        return address(ORACLE);
    }

    /// @inheritdoc ILendingPool
    function socializer() external view returns (address) {
        return address(SOCIALIZER);
    }

    /// @inheritdoc ILendingPool
    function fund() external view returns (address) {
        return FUND;
    }

    /// @inheritdoc ILendingPool
    function factory() external view returns (address) {
        return FACTORY;
    }

    /// @inheritdoc ILendingPool
    function twin() external view returns (address) {
        return TWIN;
    }

    /// @inheritdoc ILendingPool
    function lltv() external view returns (uint256) {
        return LLTV;
    }

    /// @inheritdoc ILendingPool
    function minIncentive() external view returns (uint256) {
        return MIN_INCENTIVE;
    }

    /// @inheritdoc ILendingPool
    function writeDownIncentive() external view returns (uint256) {
        return WRITE_DOWN_INCENTIVE;
    }

    /// @inheritdoc ILendingPool
    function maxIncentive() external view returns (uint256) {
        return MAX_INCENTIVE;
    }

    /// @inheritdoc ILendingPool
    function targetHealth() external view returns (uint256) {
        return TARGET_HEALTH;
    }

    /// @inheritdoc ILendingPool
    function minDebt() external view returns (uint256) {
        return MIN_DEBT;
    }

    /// @inheritdoc ILendingPool
    function dust() external view returns (uint256) {
        return DUST;
    }

    /// @inheritdoc ILendingPool
    function vesting() external view returns (uint256) {
        return VESTING;
    }

    /// @inheritdoc ILendingPool
    function guardTolerance() external view returns (uint256) {
        return TOLERANCE;
    }

    /// @inheritdoc ILendingPool
    function blindPeriod() external view returns (uint256) {
        return BLIND_PERIOD;
    }

    /// @inheritdoc ILendingPool
    function isOperator(address owner, address operator) external view returns (bool) {
        return _operators[owner][operator];
    }
}
