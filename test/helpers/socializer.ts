/** A pool with losses to come, with and without cover, and a loss as the model expects it. */
import { Waterfall } from "../../sdk";
import { fillCover } from "./fund";
import { expectedLoss, priceForLoss } from "./losses";
import { setNext } from "./pool";
import { deployProtocol, type Protocol, type ProtocolOptions } from "./protocol";

/** Two lenders (60 : 40), three borrowers with 20,000 each, no cover. Any shortfall counts. */
export async function deployUncovered(options: ProtocolOptions = {}) {
  const p = await deployProtocol({ pool: { dust: 0n }, ...options });
  await p.supply(p.lender, p.assets("60000"));
  await p.supply(p.lender2, p.assets("40000"));
  for (const borrower of [p.borrower, p.borrower2, p.borrower3]) {
    await p.openPosition(borrower, p.collaterals("15"), p.assets("20000"));
  }
  return p;
}

/** As `deployUncovered`, with the cover of `fillCover`. */
export async function deployCovered(options: ProtocolOptions = {}) {
  const p = await deployUncovered(options);
  await fillCover(p);
  return p;
}

/** Lets `account` lack about `assets`, writes it down, and says what the model expected: the layers in assets and in units. */
export async function loss(p: Protocol, account: string, assets: bigint) {
  await p.oracle.setPrice(await priceForLoss(account, assets, p.pool));
  await setNext(1n);
  const expected = await expectedLoss(p, account);
  await p.pool.writeDown([account]);
  const id = await p.socializer.lossCount();
  const { index } = expected.state;
  const units = Object.fromEntries(
    Object.entries(expected.layers).map(([name, assets]) => [name, Waterfall.toUnits(assets, index)]),
  ) as unknown as Waterfall.Layers;
  return { id, ...expected, units };
}
