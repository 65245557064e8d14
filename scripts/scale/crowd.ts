import { id, MaxUint256, Wallet } from "ethers";

import { RiskLadder } from "../../sdk";
import type { LendingPool } from "../../typechain-types";
import type { GasChain } from "../gas/chain";
import { COLLATERAL_DECIMALS, LOAN_DECIMALS, loans } from "../gas/scenario";
import { addressOf } from "../replay/chain";
import { batches } from "./batches";

/** What all lenders lend and all borrowers owe together, however many they are: nothing but their number differs. */
const TOTAL = { lent: loans(1_800_000), borrowed: loans(1_200_000) };

/**
 * What borrowers owe on a unit of collateral, in loan tokens. A tenth of the debt is closest to the edge, in one tick
 * of the risk ladder; the rest lies evenly below, over two octaves of ticks.
 */
const EDGE = { part: 10, ratio: 1_400 };
const BELOW = { from: 350, to: 1_350 };

/** Here the debt at the edge, and no other, is more than its collateral can repay, by less than the guard tolerates. */
export const PRICE_IN_SIGHT = 1_426.5;

/** A keyed nonce: the first of key 1. */
const NONCE = 1n << 64n;

/** Lenders or borrowers to a transaction. */
const BATCH = 20;

const OPERATOR_TYPES = {
  SetOperator: [
    { name: "owner", type: "address" },
    { name: "operator", type: "address" },
    { name: "approved", type: "bool" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** Lenders who hold no tokens, and borrowers who have signed that the operator acts for them. */
export interface Crowd {
  lenders: string[];
  borrowers: string[];
  /** By borrower: the call that submits its signature. */
  approvals: string[];
}

/** The first of a crowd. */
export function partOf({ lenders, borrowers, approvals }: Crowd, lenderCount: number, borrowerCount: number): Crowd {
  return {
    lenders: lenders.slice(0, lenderCount),
    borrowers: borrowers.slice(0, borrowerCount),
    approvals: approvals.slice(0, borrowerCount),
  };
}

/** Signs for everybody: cheaper than a contract for each borrower, and these are accounts like those of people. */
export async function createCrowd(
  chain: GasChain,
  pool: LendingPool,
  lenderCount: number,
  borrowerCount: number,
): Promise<Crowd> {
  const operator = chain.person("background").address;
  const { chainId } = await chain.provider.getNetwork();
  const domain = { name: await pool.name(), version: "1", chainId, verifyingContract: await pool.getAddress() };
  const crowd: Crowd = { lenders: namesOf("lender", lenderCount), borrowers: [], approvals: [] };
  for (let i = 0; i < borrowerCount; i++) {
    const wallet = new Wallet(id(`borrower ${i}`));
    const message = { owner: wallet.address, operator, approved: true, nonce: NONCE, deadline: MaxUint256 };
    const signature = await wallet.signTypedData(domain, OPERATOR_TYPES, message);
    crowd.borrowers.push(wallet.address);
    crowd.approvals.push(
      pool.interface.encodeFunctionData("setOperatorBySig", [
        wallet.address,
        operator,
        true,
        NONCE,
        MaxUint256,
        signature,
      ]),
    );
  }
  return crowd;
}

const namesOf = (role: string, count: number) => Array.from({ length: count }, (_, i) => addressOf(`${role} ${i}`));

/** `total` in `count` equal parts, of which the first takes what is left over. */
function split(total: bigint, count: number): bigint[] {
  const part = total / BigInt(count);
  return Array.from({ length: count }, (_, i) => (i === 0 ? total - part * BigInt(count - 1) : part));
}

/** Debt and collateral of each borrower. */
function positionsOf(count: number): { debt: bigint; collateral: bigint }[] {
  const atEdge = Math.max(1, Math.floor(count / EDGE.part));
  const below = count - atEdge;
  const debtAtEdge = TOTAL.borrowed / BigInt(EDGE.part);
  const scale = 10n ** BigInt(COLLATERAL_DECIMALS - LOAN_DECIMALS);
  const against = (ratio: number) => (debt: bigint) => ({ debt, collateral: (debt * scale) / BigInt(ratio) });
  return [
    ...split(debtAtEdge, atEdge).map(against(EDGE.ratio)),
    ...split(TOTAL.borrowed - debtAtEdge, below).map((debt, i) =>
      against(BELOW.to - Math.floor(((BELOW.to - BELOW.from) * i) / below))(debt),
    ),
  ];
}

/** Has the crowd lend and borrow, all at one instant: interest must not tell how long it took. */
export async function fillPool(chain: GasChain, pool: LendingPool, crowd: Crowd): Promise<void> {
  const { interface: calls } = pool;
  const [lender, operator] = [chain.person("lender"), chain.person("background")];
  const deposits = split(TOTAL.lent, crowd.lenders.length).map((assets, i) =>
    calls.encodeFunctionData("deposit", [assets, crowd.lenders[i]]),
  );
  const openings = positionsOf(crowd.borrowers.length).flatMap(({ debt, collateral }, i) => [
    crowd.approvals[i],
    calls.encodeFunctionData("supplyCollateral", [collateral, crowd.borrowers[i]]),
    calls.encodeFunctionData("borrow", [debt, crowd.borrowers[i], operator.address]),
  ]);
  await chain.atOnce(async () => {
    for (const batch of batches(deposits, BATCH)) await pool.connect(lender).multicall(batch);
    for (const batch of batches(openings, 3 * BATCH)) await pool.connect(operator).multicall(batch);
  });
}

/** @throws Error unless the pool shows a loss that nobody has booked, and the guard tolerates it. */
export async function requireInSight(pool: LendingPool): Promise<void> {
  const visible = await pool.visibleShortfall();
  const { lenderAssets } = await pool.state();
  const tolerated = RiskLadder.tolerated(lenderAssets, await pool.guardTolerance(), await pool.dust());
  if (visible === 0n || visible > tolerated) throw new Error(`A loss of ${visible} in sight is not what is meant here`);
}
