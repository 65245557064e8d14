/** What the batteries are run against: the shares of a pool and of a fund, in every state that they can be in. */
import type { Signer } from "ethers";
import type { InsuranceFund, LendingPool } from "../../typechain-types";
import { deployCoveredPool, type LentPool } from "../attacks/fixtures";
import { time } from "../helpers/hre";
import { OracleMode } from "../helpers/oracle";
import { DAY } from "../helpers/pool";

export interface Subject {
  shares: LendingPool | InsuranceFund;
  asset: LentPool["asset"];
  /** Has shares, some of which could leave now if the state lets any leave; and assets that the shares may take. */
  holder: Signer & { address: string };
  /** Has none. */
  other: Signer & { address: string };
  /** Units of the asset. */
  assets: (value: string) => bigint;
}

const STATES = ["normal", "shortfall visible", "blind", "after a loss", "wiped"] as const;
type State = (typeof STATES)[number];
const KINDS = ["pool", "fund"] as const;
type Kind = (typeof KINDS)[number];

const ENTER: Record<State, (p: LentPool, kind: Kind) => Promise<void>> = {
  normal: async () => undefined,
  "shortfall visible": (p) => p.setPrice("1500"),
  blind: async (p) => void (await p.oracle.setMode(OracleMode.Revert)),
  "after a loss": async (p, kind) => {
    // of the pool's lenders, of a part of the stake
    await p.setPrice(kind === "pool" ? "1400" : "1585");
    await p.pool.writeDown([p.borrower]);
  },
  wiped: async (p, kind) => {
    if (kind === "pool") await p.fund.connect(p.governor).setCoverageLimit(p.pool, 0n);
    await p.openPosition(p.borrower2, p.collaterals("100"), (await p.pool.state()).cash);
    await p.setPrice("0");
    await p.pool.writeDown([p.borrower, p.borrower2]);
    await p.setPrice("2000");
  },
};

/** A share in a state. In one that was wiped the holder has entered anew. */
async function subjectIn(kind: Kind, state: State): Promise<Subject> {
  const p = await deployCoveredPool();
  const shares = kind === "pool" ? p.pool : p.fund;
  const holder = kind === "pool" ? p.lender : p.staker;
  const enter = async () => {
    if (state === "wiped") await shares.connect(holder).deposit(p.assets("1000"), holder);
  };
  const request = async () => {
    if (kind === "pool") return;
    await p.fund.connect(holder).cooldown((await p.fund.balanceOf(holder)) / 2n);
    await time.increase(14n * DAY);
  };
  await p.provideAssets(holder, p.assets("1000000"), shares);
  if (state !== "wiped") await request();
  await ENTER[state](p, kind);
  await enter();
  if (state === "wiped") await request();
  return { shares, asset: p.asset, holder, other: p.stranger, assets: p.assets };
}

/** Which calls must go through in a state, and be refused in the others. */
interface Doors {
  enters: boolean;
  leaves: boolean;
}

/** Runs a battery against both shares in every state. */
export function conforms(standard: string, battery: (make: () => Promise<Subject>, doors: Doors) => void) {
  for (const kind of KINDS) {
    for (const state of STATES) {
      describe(`${standard}: shares of a ${kind}, ${state}`, () => {
        // by name: loadFixture keeps one for each function
        const make = () => subjectIn(kind, state);
        const leaves = state !== "shortfall visible" && state !== "blind";
        // who stakes while a loss can be seen, bears a part of it: that is no one else's loss
        battery(make, { leaves, enters: leaves || kind === "fund" });
      });
    }
  }
}
