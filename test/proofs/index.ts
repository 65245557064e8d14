import type { Claim } from "../../scripts/prove/claim";
import { LIQUIDATION } from "./liquidation";
import { LADDER } from "./ladder";
import { RECOVERIES } from "./recoveries";
import { SHARES } from "./shares";
import { WATERFALL } from "./waterfall";
import { WRITE_DOWN } from "./writeDown";

/** All that is proved, in the order of docs/proofs.md. */
export const CLAIMS: Claim[] = [...WATERFALL, ...WRITE_DOWN, ...LIQUIDATION, ...SHARES, ...RECOVERIES, ...LADDER];
