/**
 * The language of the claims: arithmetic of integers without bounds, `⇒` written `=>`, `/` rounding down, 2^n, and
 * calls of the contracts' functions.
 */
import { type Bool, type Int, type Model, add, and, eq, implies, int, le, lt, mul, not, or, sub } from "./terms";
import { Fields, type Value } from "./execute";

/** What names and calls stand for. */
export interface Scope {
  model: Model;
  name: (path: string[]) => Value;
  call: (path: string[], args: Value[]) => Value[];
}

const TOKEN = /\s*(\d[\d_]*(?:e\d+)?|[A-Za-z_]\w*|=>|==|!=|<=|>=|&&|\|\||[-+*/^<>!(),.])/y;

/** From the loosest binding to the tightest. */
const LEVELS: Record<string, (a: Value, b: Value, model: Model) => Value>[] = [
  { "=>": (a, b) => implies(truth(a), truth(b)) },
  { "||": (a, b) => or(truth(a), truth(b)) },
  { "&&": (a, b) => and(truth(a), truth(b)) },
  {
    "==": (a, b) => eq(single(a), single(b)),
    "!=": (a, b) => not(eq(single(a), single(b))),
    "<=": (a, b) => le(number(a), number(b)),
    ">=": (a, b) => le(number(b), number(a)),
    "<": (a, b) => lt(number(a), number(b)),
    ">": (a, b) => lt(number(b), number(a)),
  },
  { "+": (a, b) => add(number(a), number(b)), "-": (a, b) => sub(number(a), number(b)) },
  { "*": (a, b) => mul(number(a), number(b)), "/": (a, b, model) => model.quotient(number(a), number(b)) },
  { "^": (a, b) => int(constant(a) ** constant(b)) },
];

/** The value of a formula, or the values of a call. */
export function evaluate(text: string, scope: Scope): Value[] {
  const tokens = tokensOf(text);
  let at = 0;

  const peek = () => tokens[at];
  const take = (expected?: string) => {
    const token = tokens[at++];
    if (token === undefined || (expected && token !== expected)) {
      throw new SyntaxError(
        `${expected ?? "something"} is missing before "${tokens.slice(at - 1).join(" ")}" in ${text}`,
      );
    }
    return token;
  };

  function list(): Value[] {
    take("(");
    const values: Value[] = [];
    while (peek() !== ")") {
      values.push(one());
      if (peek() !== ")") take(",");
    }
    take(")");
    return values;
  }

  function primary(): Value[] {
    const token = peek();
    if (token === "(") {
      take();
      const value = one();
      take(")");
      return [value];
    }
    if (token === "!") {
      take();
      return [not(truth(primary()[0]))];
    }
    take();
    if (/^\d/.test(token)) return [int(numeral(token))];
    const path = [token];
    while (peek() === ".") {
      take();
      path.push(take());
    }
    return peek() === "(" ? scope.call(path, list()) : [scope.name(path)];
  }

  function level(depth: number): Value[] {
    if (depth === LEVELS.length) return primary();
    let left = level(depth + 1);
    while (peek() !== undefined && Object.hasOwn(LEVELS[depth], peek())) {
      const operator = LEVELS[depth][take()];
      left = [operator(left[0], level(depth + 1)[0], scope.model)];
    }
    return left;
  }

  const one = () => level(0)[0];
  const values = level(0);
  if (at !== tokens.length) throw new SyntaxError(`"${tokens.slice(at).join(" ")}" is left over in ${text}`);
  return values;
}

export function truth(value: Value): Bool {
  if (value instanceof Fields || value.sort !== "bool") throw new TypeError("not a truth");
  return value;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new SyntaxError(`"${text.slice(from)}" is not understood`);
    tokens.push(match[1]);
  }
  return tokens;
}

function single(value: Value): Int | Bool {
  if (value instanceof Fields) throw new TypeError("a struct is compared");
  return value;
}

function number(value: Value): Int {
  if (value instanceof Fields || value.sort !== "int") throw new TypeError("not a number");
  return value;
}

function constant(value: Value): bigint {
  const { literal } = number(value);
  if (literal === undefined) throw new TypeError("not a constant");
  return literal;
}

function numeral(token: string): bigint {
  const [digits, exponent = "0"] = token.replaceAll("_", "").split("e");
  return BigInt(digits) * 10n ** BigInt(exponent);
}
