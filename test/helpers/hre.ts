/** The only place where tests touch the Hardhat environment. */
import hre from "hardhat";

export * from "@nomicfoundation/hardhat-network-helpers";
export const environment = hre;
export const { artifacts, deployments, ethers, getNamedAccounts, network } = hre;
