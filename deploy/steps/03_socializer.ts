import { step } from "../lib/context";
import { deploySocializer } from "../lib/protocol";

export default step(async (d, { recordOf }) => {
  await deploySocializer(d, (await recordOf("PoolFactory")).address);
});
