/**
 * Integers and truths that depend on unknown inputs. Each has two readings: the text that the solver gets, and a
 * function that computes it once the inputs are known, by which a counterexample is checked without the solver.
 */

/** Values of the unknowns, by their names in the solver. */
export type Valuation = Map<string, bigint>;

export interface Int {
  sort: "int";
  smt: string;
  at: (values: Valuation) => bigint;
  /** Set where the value does not depend on any input. */
  literal?: bigint;
}

export interface Bool {
  sort: "bool";
  smt: string;
  at: (values: Valuation) => boolean;
  literal?: boolean;
  /** What this is the negation of. */
  denies?: Bool;
}

/* ----------------------------------------------- INTEGERS -------------------------------------------- */

export const int = (value: bigint): Int => ({
  sort: "int",
  smt: value < 0n ? `(- ${-value})` : `${value}`,
  at: () => value,
  literal: value,
});

const ZERO = int(0n);
const ONE = int(1n);
const TWO = int(2n);

function known(values: Valuation, name: string): bigint {
  const value = values.get(name);
  if (value === undefined) throw new Error(`${name} has no value`);
  return value;
}

export const unknown = (name: string): Int => ({ sort: "int", smt: name, at: (values) => known(values, name) });

function arithmetic(operator: string, compute: (a: bigint, b: bigint) => bigint, a: Int, b: Int): Int {
  if (a.literal !== undefined && b.literal !== undefined) return int(compute(a.literal, b.literal));
  return { sort: "int", smt: `(${operator} ${a.smt} ${b.smt})`, at: (v) => compute(a.at(v), b.at(v)) };
}

export function add(a: Int, b: Int): Int {
  if (a.literal === 0n) return b;
  if (b.literal === 0n) return a;
  return arithmetic("+", (x, y) => x + y, a, b);
}

export const sub = (a: Int, b: Int): Int => (b.literal === 0n ? a : arithmetic("-", (x, y) => x - y, a, b));

export function mul(a: Int, b: Int): Int {
  if (a.literal === 1n) return b;
  if (b.literal === 1n) return a;
  if (a.literal === 0n || b.literal === 0n) return ZERO;
  return arithmetic("*", (x, y) => x * y, a, b);
}

/* ------------------------------------------------ TRUTHS --------------------------------------------- */

export const bool = (value: boolean): Bool => ({ sort: "bool", smt: `${value}`, at: () => value, literal: value });

export const TRUE = bool(true);

function comparison(operator: string, compute: (a: bigint, b: bigint) => boolean, a: Int, b: Int): Bool {
  if (a.literal !== undefined && b.literal !== undefined) return bool(compute(a.literal, b.literal));
  return { sort: "bool", smt: `(${operator} ${a.smt} ${b.smt})`, at: (v) => compute(a.at(v), b.at(v)) };
}

export const lt = (a: Int, b: Int): Bool => comparison("<", (x, y) => x < y, a, b);
export const le = (a: Int, b: Int): Bool => comparison("<=", (x, y) => x <= y, a, b);

export function eq(a: Int | Bool, b: Int | Bool): Bool {
  if (a.literal !== undefined && b.literal !== undefined) return bool(a.literal === b.literal);
  return { sort: "bool", smt: `(= ${a.smt} ${b.smt})`, at: (v) => a.at(v) === b.at(v) };
}

export function not(a: Bool): Bool {
  if (a.literal !== undefined) return bool(!a.literal);
  return a.denies ?? { sort: "bool", smt: `(not ${a.smt})`, at: (v) => !a.at(v), denies: a };
}

export function and(a: Bool, b: Bool): Bool {
  if (a.literal !== undefined) return a.literal ? b : a;
  if (b.literal !== undefined) return b.literal ? a : b;
  return { sort: "bool", smt: `(and ${a.smt} ${b.smt})`, at: (v) => a.at(v) && b.at(v) };
}

export const or = (a: Bool, b: Bool): Bool => not(and(not(a), not(b)));
export const implies = (a: Bool, b: Bool): Bool => or(not(a), b);

/** `condition` ? a : b */
export function ite<T extends Int | Bool>(condition: Bool, a: T, b: T): T;
export function ite(condition: Bool, a: Int | Bool, b: Int | Bool): Int | Bool {
  if (condition.literal !== undefined) return condition.literal ? a : b;
  if (a.smt === b.smt) return a;
  const smt = `(ite ${condition.smt} ${a.smt} ${b.smt})`;
  if (a.sort === "int" && b.sort === "int") return { sort: "int", smt, at: (v) => (condition.at(v) ? a : b).at(v) };
  if (a.sort === "bool" && b.sort === "bool") return { sort: "bool", smt, at: (v) => (condition.at(v) ? a : b).at(v) };
  throw new TypeError("a choice between a number and a truth");
}

/* ------------------------------------------------- MODEL --------------------------------------------- */

/** Bounds of an input, both included. */
export type Range = readonly [from: bigint, to: bigint];

interface Definition {
  name: string;
  /** What the solver knows of it. */
  axioms: Bool[];
  at: (values: Valuation) => bigint;
}

/** The unknowns: inputs within their ranges, and numbers that follow from them. */
export class Model {
  readonly inputs = new Map<string, Range>();
  private readonly definitions = new Map<string, Definition>();
  /** Exponents and what 2 is to them. */
  private readonly powers: [Int, Int][] = [0n, 6n, 7n, 8n, 64n, 112n, 208n, 256n].map((e) => [int(e), int(2n ** e)]);

  input(name: string, range: Range): Int {
    this.inputs.set(name, range);
    return unknown(name);
  }

  /** ⌊a/b⌋ of a positive divisor. */
  quotient(a: Int, b: Int): Int {
    if (a.literal !== undefined && b.literal !== undefined && b.literal > 0n) return int(floor(a.literal, b.literal));
    if (b.literal === 1n) return a;
    return this.define(
      `floor|${a.smt}|${b.smt}`,
      (q) => [
        implies(lt(ZERO, b), and(le(mul(q, b), a), lt(a, mul(add(q, ONE), b)))),
        // follows, but spares the solver a step that is not linear
        implies(and(lt(ZERO, b), le(ZERO, a)), le(ZERO, q)),
      ],
      (v) => floor(a.at(v), b.at(v)),
    );
  }

  /** ⌈a/b⌉ of a positive divisor. */
  ceiling(a: Int, b: Int): Int {
    return sub(ZERO, this.quotient(sub(ZERO, a), b));
  }

  /** 2ᵉ. The solver knows no powers: it is told how two of them compare. */
  power(e: Int): Int {
    if (e.literal !== undefined) return int(2n ** e.literal);
    return this.define(
      `power|${e.smt}`,
      (p) => {
        const axioms = this.powers.flatMap(([f, q]) => [
          implies(eq(e, f), eq(p, q)),
          implies(lt(e, f), le(mul(TWO, p), q)),
          implies(lt(f, e), le(mul(TWO, q), p)),
        ]);
        this.powers.push([e, p]);
        return axioms;
      },
      (v) => 2n ** e.at(v),
    );
  }

  /** ⌊log₂ x⌋ of a positive number. */
  logarithm(x: Int): Int {
    if (x.literal !== undefined) return int(log2(x.literal));
    return this.define(
      `log|${x.smt}`,
      (e) => {
        const p = this.power(e);
        return [implies(lt(ZERO, x), and(le(ZERO, e), and(le(p, x), lt(x, mul(TWO, p)))))];
      },
      (v) => log2(x.at(v)),
    );
  }

  /** A name for a long term, so that it is not written out at each use. */
  named(term: Int): Int {
    if (!term.smt.startsWith("(ite")) return term;
    return this.define(`is|${term.smt}`, (x) => [eq(x, term)], term.at);
  }

  private define(key: string, axioms: (defined: Int) => Bool[], at: (values: Valuation) => bigint): Int {
    const existing = this.definitions.get(key);
    if (existing) return unknown(existing.name);
    const definition: Definition = { name: `n${this.definitions.size + 1}`, axioms: [], at };
    this.definitions.set(key, definition);
    const defined = unknown(definition.name);
    definition.axioms = axioms(defined);
    return defined;
  }

  /** Declarations of all unknowns and the ranges of the inputs. */
  declarations(): string {
    const lines: string[] = [];
    for (const [name, [from, to]] of this.inputs) {
      lines.push(`(declare-const ${name} Int)`, `(assert (<= ${int(from).smt} ${name} ${int(to).smt}))`);
    }
    for (const { name } of this.definitions.values()) lines.push(`(declare-const ${name} Int)`);
    return lines.join("\n");
  }

  /** What holds of the unknowns that are not inputs. */
  axioms(): Bool[] {
    return [...this.definitions.values()].flatMap(({ axioms }) => axioms);
  }

  /** All unknowns, computed from the inputs. */
  evaluate(inputs: Valuation): Valuation {
    const values = new Map(inputs);
    for (const { name, at } of this.definitions.values()) values.set(name, at(values));
    return values;
  }
}

function floor(a: bigint, b: bigint): bigint {
  if (b <= 0n) return 0n; // only on a path that reverts
  const q = a / b;
  return a < 0n && q * b !== a ? q - 1n : q;
}

const log2 = (x: bigint): bigint => (x <= 0n ? 0n : BigInt(x.toString(2).length - 1));
