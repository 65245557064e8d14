// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Contracts of others that are deployed as they are: importing them makes the compiler write their artifacts.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol"; // solhint-disable-line no-unused-import
