import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Units of work between two collections. */
const COLLECT_EVERY = 5;

/**
 * `items` in batches of `size`. The in-process chain keeps a trace of each answer in memory that V8 does not know of,
 * megabytes for a batch: so after some of them, what is forgotten is collected.
 */
export function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let i = 0, done = 1; i < items.length; i += size, done++) {
    yield items.slice(i, i + size);
    if (done % COLLECT_EVERY === 0) collectGarbage();
  }
}
