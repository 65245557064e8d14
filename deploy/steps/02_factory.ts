import { step } from "../lib/context";
import { deployFactory } from "../lib/protocol";

/** The factory, and the data contracts with the code of its pools. */
export default step(async (d, { recordOf }) => {
  await deployFactory(d, (await recordOf("AccessManager")).address);
});
