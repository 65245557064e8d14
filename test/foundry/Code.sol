// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// What World.sol deploys by name: a change to a handler then compiles nothing of it again.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol"; // solhint-disable-line no-unused-import
import {BadDebtSocializer} from "../../contracts/BadDebtSocializer.sol"; // solhint-disable-line no-unused-import
import {CodeStore} from "../../contracts/CodeStore.sol"; // solhint-disable-line no-unused-import
import {InsuranceFund} from "../../contracts/InsuranceFund.sol"; // solhint-disable-line no-unused-import
import {LendingPool} from "../../contracts/LendingPool.sol"; // solhint-disable-line no-unused-import
import {MockERC20} from "../../contracts/mocks/MockERC20.sol"; // solhint-disable-line no-unused-import
import {MockOracle} from "../../contracts/mocks/MockOracle.sol"; // solhint-disable-line no-unused-import
import {PoolFactory} from "../../contracts/PoolFactory.sol"; // solhint-disable-line no-unused-import
import {PoolTwin} from "../../contracts/PoolTwin.sol"; // solhint-disable-line no-unused-import
