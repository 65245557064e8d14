/** What a step is held to. chai's `expect` asks of every number which of five libraries it is from: too slow for so many. */

/** Numbers, strings, and arrays and objects of them. */
const textOf = (value: unknown) =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));

export function equal(what: string, actual: unknown, expected: unknown) {
  if (actual === expected) return;
  const [found, wanted] = [actual, expected].map(textOf);
  if (found !== wanted) throw new Error(`${what}: ${found}, expected ${wanted}`);
}

export function holds(what: string, condition: boolean) {
  if (!condition) throw new Error(what);
}
