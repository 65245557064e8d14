// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @notice A token of 18 decimals with ERC-2612, as many loan assets are.
contract MockPermitERC20 is ERC20Permit {
    constructor() ERC20("Permitted", "PRM") ERC20Permit("Permitted") {
        _mint(msg.sender, 1e24);
    }
}
