import { parseEther, parseUnits } from "ethers";

/*
 * The conditions under which every protocol is measured. Figures cited from elsewhere were measured under the same
 * ones: change them, and those figures mean nothing any more.
 */

/** Hardfork whose gas schedule counts. */
export const HARDFORK = "prague";

/** Seconds between two blocks, each with one transaction. */
export const SPACING = 12;

export const LOAN_DECIMALS = 6;
export const COLLATERAL_DECIMALS = 18;

/** Units of the loan token. */
export const loans = (tokens: number) => parseUnits(String(tokens), LOAN_DECIMALS);

/** Units of the collateral token. */
export const collaterals = (tokens: number) => parseUnits(String(tokens), COLLATERAL_DECIMALS);

/** Loan tokens that a collateral token is worth. */
export const PRICES = {
  start: 2_000,
  /** A victim may be liquidated, and is healthy after a part of its debt was repaid. */
  unhealthy: 1_700,
  /** A victim's collateral cannot repay its debt. */
  insolvent: 1_000,
  /** Nor here, but here the background's can: no other loss is in sight. */
  shortfall: 1_450,
};

export const LLTV = parseEther("0.86");

/** What is there before anything is measured: one lender, one borrower. */
export const BACKGROUND = { lent: loans(1_000_000), collateral: collaterals(500), borrowed: loans(700_000) };

/** What the measured account moves at a time. */
export const MOVED = {
  supplied: loans(10_000),
  withdrawn: loans(5_000),
  collateral: collaterals(10),
  /** Of collateral without debt. */
  withdrawnCollateral: collaterals(5),
  /** Of collateral with debt. */
  releasedCollateral: collaterals(1),
  borrowed: loans(5_000),
  repaid: loans(5_000),
};

export const VICTIM = { collateral: collaterals(10), debt: loans(15_000) };

/** What a partial liquidation repays, or takes where a protocol counts in collateral: nearly the same value. */
export const LIQUIDATED = { repaid: loans(5_000), seized: collaterals(3) };

/** Everybody has this much of both tokens before they do anything. */
export const ENDOWMENT = { loans: loans(10_000_000), collaterals: collaterals(10_000) };

/**
 * Who acts, by the place of their test account. The places decide on addresses, and zero bytes in the data of a call
 * are cheaper than others: whoever is measured under the same name at every protocol has an address without any.
 */
export const PEOPLE = [
  "deployer",
  "lender",
  "background",
  "user",
  "victim",
  "victim2",
  "liquidator",
  "treasury",
  "umbrella",
  "builder",
  "staker",
  "scout",
  "heir",
] as const;

export type Person = (typeof PEOPLE)[number];
