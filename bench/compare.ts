import { GasChain } from "../scripts/gas/chain";
import { measureLagan } from "../scripts/gas/measure";
import { Meter } from "../scripts/gas/meter";
import { measureOperations, openMarket, OPERATIONS, type Market, type Operation } from "../scripts/gas/operations";
import { deployTokens } from "../scripts/gas/tokens";
import { deployAave } from "./aave";
import { CITATIONS, REFERENCES } from "./cited";
import { deployMorpho } from "./morpho";
import { furtherTargetOf, targetOf } from "./targets";

/** Gas of one operation: of all protocols, of the cheapest peer, and Lagan's as a part of that. */
export interface Row {
  operation: Operation;
  lagan: number;
  morpho: number | null;
  aave: number | null;
  comet: number | null;
  euler: number | null;
  silo: number | null;
  cheapest: number;
  ratio: number;
  /** Most gas that Lagan should use. */
  target: number;
}

/** An operation that only Lagan has. */
export interface FurtherRow {
  operation: string;
  lagan: number;
  /** Null where nothing was promised. */
  target: number | null;
}

export interface Comparison {
  rows: Row[];
  further: FurtherRow[];
  /** Deployed size by contract. */
  bytes: Record<string, number>;
  /** Figures of measured peers that are not what they were when the others were measured. */
  drifted: string[];
}

/** Measures everybody on one chain, with the same tokens. */
export async function compare(): Promise<Comparison> {
  const chain = await GasChain.start();
  const tokens = await deployTokens(chain);
  const measure = async (market: Market) => {
    await openMarket(chain, tokens, market);
    const meter = new Meter<Operation>(chain, market.touch);
    await measureOperations(chain, market, meter.measure);
    return meter.gas;
  };
  // Lagan on a fresh chain, as in the snapshot: to the unit of gas, amounts of interest matter.
  const lagan = await measureLagan(chain, tokens);
  const morpho = await measure(await deployMorpho(chain, tokens));
  const aave = await measure(await deployAave(chain, tokens));

  const rows = OPERATIONS.map((operation): Row => {
    const own = lagan.operations.get(operation)!;
    const measured = { morpho: morpho.get(operation) ?? null, aave: aave.get(operation) ?? null };
    const peers = { ...measured, ...CITATIONS[operation] };
    const cheapest = Math.min(...Object.values(peers).filter((gas) => gas !== null));
    return {
      operation,
      lagan: own,
      ...peers,
      cheapest,
      ratio: Number((own / cheapest).toFixed(4)),
      target: targetOf(operation, cheapest),
    };
  });
  const drifted = rows.flatMap((row) =>
    (["morpho", "aave"] as const)
      .filter((peer) => row[peer] !== REFERENCES[row.operation][peer])
      .map((peer) => `${peer}, ${row.operation}: ${row[peer]} instead of ${REFERENCES[row.operation][peer]}`),
  );

  const cheapest = new Map(rows.map((row) => [row.operation, row.cheapest]));
  const gas = new Map<string, number>([...lagan.operations, ...lagan.further]);
  const further = [...lagan.further].map(([operation, own]): FurtherRow => ({
    operation,
    lagan: own,
    target: furtherTargetOf(operation, gas, cheapest) ?? null,
  }));
  return { rows, further, bytes: Object.fromEntries(lagan.bytes), drifted };
}
