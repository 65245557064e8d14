// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {ILendingPool, IPoolAdmin, IPoolDefault, PoolParams, PoolState} from "./interfaces/ILendingPool.sol";
import {EpochShares} from "./base/EpochShares.sol";
import {Interest} from "./libraries/Interest.sol";
import {PoolBase} from "./base/PoolBase.sol";
import {PoolBorrower} from "./base/PoolBorrower.sol";
import {PoolLender} from "./base/PoolLender.sol";

/// @title LendingPool
/// @notice The whole pool: lenders, borrowers, defaults (see the layers in base/ and the docs in ILendingPool), and operators.
contract LendingPool is PoolLender, PoolBorrower, Multicall {
    bytes32 private constant OPERATOR_TYPEHASH = keccak256(
        "SetOperator(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)"
    );

    address private immutable TWIN;

    constructor(PoolParams memory params, address twin_) PoolBase(params) EpochShares(params.name, params.symbol) {
        TWIN = twin_;
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

    function collateralAsset() external view returns (address) {
        return address(COLLATERAL);
    }

    function oracle() external view returns (address) {
        return address(ORACLE);
    }

    function socializer() external view returns (address) {
        return address(SOCIALIZER);
    }

    function fund() external view returns (address) {
        return FUND;
    }

    function factory() external view returns (address) {
        return FACTORY;
    }

    function twin() external view returns (address) {
        return TWIN;
    }

    function lltv() external view returns (uint256) {
        return LLTV;
    }

    function minIncentive() external view returns (uint256) {
        return MIN_INCENTIVE;
    }

    function writeDownIncentive() external view returns (uint256) {
        return WRITE_DOWN_INCENTIVE;
    }

    function maxIncentive() external view returns (uint256) {
        return MAX_INCENTIVE;
    }

    function targetHealth() external view returns (uint256) {
        return TARGET_HEALTH;
    }

    function minDebt() external view returns (uint256) {
        return MIN_DEBT;
    }

    function dust() external view returns (uint256) {
        return DUST;
    }

    function vesting() external view returns (uint256) {
        return VESTING;
    }

    /// @inheritdoc ILendingPool
    function isOperator(address owner, address operator) external view returns (bool) {
        return _operators[owner][operator];
    }

    /// @inheritdoc ILendingPool
    function state() external view returns (PoolState memory) {
        Cache memory s = _accrued();
        return
            PoolState({
                cash: _cash(s),
                debt: s.debt,
                lenderAssets: _lenderAssets(s),
                unvested: s.unvested,
                fees: _fees(s),
                supply: s.y.supply,
                index: s.index,
                scaledDebt: s.scaledDebt,
                rateAtTarget: s.rate * Interest.RATE_UNIT,
                premium: s.premium,
                supplyCap: _capOf(s),
                paused: s.flags & FLAG_PAUSED != 0
            });
    }

    /// @inheritdoc ILendingPool
    function accrue() external nonReentrant {
        _storeShared(_accrued());
    }
}
