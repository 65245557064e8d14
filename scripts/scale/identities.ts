import { FixedPoint, Waterfall } from "../../sdk";
import { MockAccount__factory, MockERC20__factory } from "../../typechain-types";
import type { GasChain } from "../gas/chain";
import type { Lagan } from "../gas/lagan";
import { loans } from "../gas/scenario";
import type { Tokens } from "../gas/tokens";
import { batches } from "./batches";
import type { Crowd } from "./crowd";
import type { Everything } from "./pages";

/** Here everybody at the edge owes more than the collateral can repay. */
const PRICE_OF_LOSS = 1_300;
/** Accounts to a write-down, claims to a transaction, reads to a call. */
const BATCH = 20;
/** Lenders who are asked before and after their claim. */
const SAMPLE = 50;
const RECOVERED = loans(100);

/** An identity and the two sides of it, which should be equal. */
export interface Identity {
  name: string;
  is: bigint;
  shouldBe: bigint;
}

const { sum } = FixedPoint;

/** What must hold of a pool whose crowd is all there is in it, accrued in the latest block. */
export async function checkTotals(lagan: Lagan, crowd: Crowd, everything: Everything): Promise<Identity[]> {
  const { pool } = lagan;
  const { positions, lenders, ticks } = everything;
  const [state, ladder] = [await pool.state(), await pool.ladder(2n ** 16n, 2n ** 16n)];
  const scaled: bigint[] = [];
  for (const page of batches(crowd.borrowers, BATCH)) {
    const calls = page.map((account) => pool.interface.encodeFunctionData("scaledDebtOf", [account]));
    scaled.push(...(await pool.multicall.staticCall(calls)).map(BigInt));
  }
  return [
    {
      name: "lenders' shares make up the supply",
      is: sum(lenders.map(({ shares }) => shares)),
      shouldBe: await pool.totalSupply(),
    },
    { name: "debts make up the pool's", is: sum(scaled), shouldBe: state.scaledDebt },
    {
      name: "debts make up the ladder's",
      is: sum(ladder.map(({ scaledDebt }) => scaledDebt)),
      shouldBe: state.scaledDebt,
    },
    {
      name: "collateral makes up the ladder's",
      is: sum(positions.map(({ collateral }) => collateral)),
      shouldBe: sum(ticks.map(({ collateral }) => collateral)),
    },
    {
      name: "the lens ranks each borrower once",
      is: BigInt(new Set(positions.map(({ account }) => account)).size),
      shouldBe: BigInt(crowd.borrowers.length),
    },
  ];
}

/** Has a part of the debt be lost, a part of that recovered, and every lender's claim paid. */
export async function checkClaims(
  chain: GasChain,
  lagan: Lagan,
  tokens: Tokens,
  { lenders, positions }: Everything,
): Promise<Identity[]> {
  const { pool, socializer, lens } = lagan;
  const loan = MockERC20__factory.connect(tokens.loan, chain.provider);
  const [treasury, stranger] = [chain.person("treasury"), chain.person("background")];

  await tokens.setPrice(PRICE_OF_LOSS);
  await pool.writeDown(positions.slice(0, BATCH).map(({ account }) => account));
  const lossId = await socializer.lossCount();
  await tokens.endow(treasury, await socializer.getAddress());
  await socializer.connect(treasury).recover(lossId, RECOVERED);
  const { lenderSupply, lenderClaims } = await socializer.lossOf(lossId);

  const sample = lenders.slice(0, SAMPLE).map(({ account }) => account);
  const claimable: bigint[] = [];
  for (const account of sample) claimable.push(...(await lens.claims(socializer, [lossId], account)));

  const anyone = await new MockAccount__factory(stranger).deploy(stranger);
  const target = await socializer.getAddress();
  const from = (await chain.provider.getBlockNumber()) + 1;
  for (const page of batches(lenders, BATCH)) {
    const calls = page.map(({ account }) => ({
      target,
      data: socializer.interface.encodeFunctionData("claim", [[lossId], account]),
    }));
    await anyone.execute(calls);
  }

  const paid = new Map<string, bigint>();
  for (const { args } of await socializer.queryFilter(socializer.filters.Claimed(lossId), from)) {
    paid.set(args.account, (paid.get(args.account) ?? 0n) + args.lender);
  }
  const shareOf = (shares: bigint) => Waterfall.shareOf(lenderClaims, shares, lenderSupply);
  const received = await Promise.all(sample.map((account) => loan.balanceOf(account)));
  const total = sum(paid.values());
  return [
    { name: "all that was recovered is there to be claimed", is: lenderClaims, shouldBe: RECOVERED },
    {
      name: "no lender's claim is anything but its part of that",
      is: BigInt(lenders.filter(({ account, shares }) => (paid.get(account) ?? 0n) !== shareOf(shares)).length),
      shouldBe: 0n,
    },
    {
      name: "rounding leaves at most a wei for each lender",
      is: BigInt(total + BigInt(lenders.length) < lenderClaims),
      shouldBe: 0n,
    },
    {
      name: "claims paid and what is left make up what was recovered",
      is: total + (await loan.balanceOf(socializer)),
      shouldBe: RECOVERED,
    },
    {
      name: `${sample.length} lenders got what was claimable`,
      is: sum(received),
      shouldBe: sum(claimable),
    },
    {
      name: "and nothing more is claimable",
      is: sum(await Promise.all(sample.map((account) => socializer.claimable(lossId, account)))),
      shouldBe: 0n,
    },
  ];
}
