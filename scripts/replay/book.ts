import { InputError } from "../lib/errors";
import { seededRandom, shuffled } from "../lib/random";
import type { Borrower } from "./types";

/** Share of all debt that the largest borrowers of a real book owe. */
const CONCENTRATION = [
  { rank: 1, share: 0.11 },
  { rank: 5, share: 0.38 },
  { rank: 10, share: 0.55 },
  { rank: 50, share: 0.87 },
];

/** Health of the same book by debt: `below` of all debt is owed by accounts of at most that health. */
export const HEALTH_QUANTILES = [
  { below: 0.05, health: 1.035 },
  { below: 0.1, health: 1.059 },
  { below: 0.25, health: 1.098 },
  { below: 0.5, health: 1.219 },
  { below: 0.75, health: 1.351 },
  { below: 0.9, health: 1.698 },
];
const LOWEST_HEALTH = 1.016;
const HIGHEST_HEALTH = 5;

/** A large borrower covers many quantiles at once, so some draws fit the curve better: the best of this many. */
const DRAWS = 64;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The `x` in [low, high] where the falling `f` crosses `target`. */
function bisect(f: (x: number) => number, target: number, low: number, high: number): number {
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (f(middle) > target) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Shares of the debt, largest first: between two ranks of `CONCENTRATION` the debts fall by a power of the rank, which
 * continues from the rank before and is as steep as the total asks. A book too short to reach the last rank keeps the
 * proportions of its largest.
 */
function debtShares(count: number): number[] {
  const shares = [CONCENTRATION[0].share];
  const segments = [...CONCENTRATION.slice(1), { rank: Math.max(count, 200), share: 1 }];
  for (const { rank, share } of segments) {
    const from = shares.length;
    const last = shares[from - 1];
    const segment = (power: number) =>
      Array.from({ length: rank - from }, (_, i) => last * (from / (from + 1 + i)) ** power);
    shares.push(...segment(bisect((power) => sum(segment(power)), share - sum(shares), 0, 20)));
  }
  const kept = shares.slice(0, count);
  const total = sum(kept);
  return kept.map((share) => share / total);
}

/** Health below which the fraction `q` of the debt lies. */
function healthAt(q: number): number {
  const curve = [{ below: 0, health: LOWEST_HEALTH }, ...HEALTH_QUANTILES, { below: 1, health: HIGHEST_HEALTH }];
  const i = Math.max(
    1,
    curve.findIndex(({ below }) => q <= below),
  );
  const [low, high] = [curve[i - 1], curve[i]];
  return low.health + ((high.health - low.health) * (q - low.below)) / (high.below - low.below);
}

/** Health at or below which at least the fraction `q` of the book's debt lies. */
export function healthQuantile(book: readonly Borrower[], q: number): number {
  const sorted = [...book].sort((a, b) => a.health - b.health);
  let below = 0;
  for (const { share, health } of sorted) {
    below += share;
    if (below >= q) return health;
  }
  return sorted[sorted.length - 1].health;
}

const misfit = (book: readonly Borrower[]) =>
  Math.max(...HEALTH_QUANTILES.map(({ below, health }) => Math.abs(healthQuantile(book, below) / health - 1)));

/**
 * A book of `count` borrowers, largest first, shaped like a real one: debt as concentrated as `CONCENTRATION`, health
 * distributed by debt as `HEALTH_QUANTILES`. The seed decides who of them is close to the edge.
 */
export function generateBook(count: number, seed: number): Borrower[] {
  const random = seededRandom(seed);
  const shares = debtShares(count);
  const draws = Array.from({ length: DRAWS }, () => {
    const book = shares.map((share) => ({ share, health: 0 }));
    let below = 0;
    for (const borrower of shuffled(book, random)) {
      borrower.health = healthAt(below + borrower.share / 2);
      below += borrower.share;
    }
    return book;
  });
  return draws.reduce((best, next) => (misfit(next) < misfit(best) ? next : best));
}

/**
 * The `count` largest borrowers of a book, as far as each owes at least `smallest`, a fraction of all debt.
 * @returns The book, whose shares add up to 1 again, and what was left out.
 * @throws InputError if nobody is left.
 */
export function fitBook(
  book: readonly Borrower[],
  count: number,
  smallest: number,
): { book: Borrower[]; notes: string[] } {
  const largest = [...book].sort((a, b) => b.share - a.share).slice(0, count);
  const total = sum(largest.map(({ share }) => share));
  const fitted = largest
    .map(({ share, health }) => ({ share: share / total, health }))
    .filter(({ share }) => share >= smallest);
  if (!fitted.length) {
    throw new InputError(
      `No borrower's part of the debt is as much as the pool's minimum: give --borrowers, ${Math.floor(1 / smallest)} at most, to keep the largest`,
    );
  }
  const kept = sum(fitted.map(({ share }) => share));
  const small = largest.length - fitted.length;
  return {
    book: fitted.map(({ share, health }) => ({ share: share / kept, health })),
    notes: small
      ? [
          `${small} ${small === 1 ? "borrower" : "borrowers"} left out, whose part of the debt is below the pool's minimum`,
        ]
      : [],
  };
}
