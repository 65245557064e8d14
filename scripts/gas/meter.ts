import type { Cost, GasChain } from "./chain";
import type { Measure } from "./operations";

/** Collects what operations cost, in the order in which they are measured. */
export class Meter<Name extends string = string> {
  readonly gas = new Map<Name, number>();

  /**
   * @param touch makes the market charge interest: a measured call comes one block later
   * @param onMeasured is told of each transaction while the chain still knows it
   */
  constructor(
    private readonly chain: GasChain,
    private readonly touch: () => Promise<unknown>,
    private readonly onMeasured?: (operation: Name, cost: Cost) => Promise<void>,
  ) {}

  readonly measure: Measure<Name> = async (operation, send) => {
    await this.touch();
    const cost = await this.chain.costOf(send);
    this.gas.set(operation, (this.gas.get(operation) ?? 0) + cost.gas);
    await this.onMeasured?.(operation, cost);
  };
}
