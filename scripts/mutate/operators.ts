/** What is wrong with a mutant: one edit of one source, found in its syntax tree. */

/** A node of the compiler's syntax tree, as far as it is read here. */
export interface Node {
  id: number;
  nodeType: string;
  /** Start and length in bytes, and the source's number. */
  src: string;
  typeDescriptions?: { typeString?: string };
  [key: string]: unknown;
}

export interface Range {
  start: number;
  end: number;
}

export interface Edit extends Range {
  text: string;
}

/** Where a mutant can be switched on in a running contract: a whole expression or a whole statement. */
export interface Host extends Range {
  kind: "expression" | "statement";
}

export interface Mutant {
  /** file:line:column:operator:n */
  id: string;
  file: string;
  line: number;
  edit: Edit;
  host: Host;
}

/** A source with its bytes, by which the compiler counts. */
export interface Source {
  file: string;
  bytes: Buffer;
  ast: Node;
}

const isNode = (x: unknown): x is Node => typeof x === "object" && x !== null && "nodeType" in x;

function childrenOf(node: Node): [key: string, child: Node][] {
  return Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isNode).map((child): [string, Node] => [key, child]),
  );
}

function rangeOf({ src }: Node): Range {
  const [start, length] = src.split(":").map(Number);
  return { start, end: start + length };
}

const isStatement = ({ nodeType }: Node) => /^(ExpressionStatement|EmitStatement|Continue|Return)$/.test(nodeType);

/** Like `rangeOf`, with the semicolon that the compiler leaves out. */
function wholeOf(node: Node, bytes: Buffer): Range {
  const range = rangeOf(node);
  return isStatement(node) ? { ...range, end: bytes.indexOf(";", range.start) + 1 } : range;
}

const typeOf = (node: Node) => node.typeDescriptions?.typeString ?? "";
const isUnsigned = (node: Node) => typeOf(node).startsWith("uint");

/** Operators and functions that are mistaken for one another. */
const PAIRS = [
  ["arithmetic", "+", "-"],
  ["arithmetic", "*", "/"],
  ["arithmetic", "<<", ">>"],
  ["arithmetic", "&", "|"],
  ["arithmetic", "+=", "-="],
  ["arithmetic", "&=", "|="],
  ["arithmetic", "++", "--"],
  ["boundary", "<", "<="],
  ["boundary", ">", ">="],
  ["equality", "==", "!="],
  ["logic", "&&", "||"],
  ["extreme", "min", "max"],
  ["rounding", "fullMulDiv", "fullMulDivUp"],
  ["rounding", "toSharesDown", "toSharesUp"],
  ["rounding", "toAssetsDown", "toAssetsUp"],
];

const SWAPS = new Map(
  PAIRS.flatMap(([operator, one, other]) => [
    [one, { operator, by: other }],
    [other, { operator, by: one }],
  ]),
).set("%", { operator: "arithmetic", by: "*" });

/** Functions whose first two arguments may change places. */
const COMMUTATIVE = ["min", "max", "fullMulDiv", "fullMulDivUp"];

/** A step from a node to its child. */
interface Step {
  node: Node;
  key: string;
}

/**
 * Finds the mutants of a source.
 * @param constants declarations of constants, of all sources
 * @param functions the only ones to look into
 */
export function mutantsOf(source: Source, constants: ReadonlySet<number>, functions?: readonly string[]): Mutant[] {
  const mutants: Mutant[] = [];
  const seen = new Map<string, number>();
  const textOf = ({ start, end }: Range) => source.bytes.toString("utf8", start, end);

  function add(operator: string, path: readonly Step[], node: Node, edit: Edit) {
    const before = source.bytes.toString("utf8", 0, rangeOf(node).start).split("\n");
    const [line, column] = [before.length, before[before.length - 1].length + 1];
    const place = `${source.file}:${line}:${column}:${operator}`;
    const n = (seen.get(place) ?? 0) + 1;
    seen.set(place, n);
    mutants.push({ id: `${place}:${n}`, file: source.file, line, edit, host: hostOf(node, path, source.bytes) });
  }

  /** The mutants of `node` itself; `path` leads to it. */
  function examine(node: Node, path: readonly Step[]) {
    const whole = wholeOf(node, source.bytes);
    const replace = (operator: string, text: string) => add(operator, path, node, { ...whole, text });
    const parts = (...keys: string[]) => keys.map((key) => textOf(rangeOf(node[key] as Node)));
    const parent = path[path.length - 1];
    const swap = SWAPS.get(node.operator as string);

    switch (node.nodeType) {
      case "BinaryOperation": {
        const [left, right] = parts("leftExpression", "rightExpression");
        if (swap) replace(swap.operator, `(${left} ${swap.by} ${right})`);
        if (node.operator === "/" && isUnsigned(node)) replace("rounding", `((${left} + ${right} - 1) / ${right})`);
        break;
      }
      case "UnaryOperation": {
        const [operand] = parts("subExpression");
        if (/^[-!~]$/.test(node.operator as string)) replace("sign", operand);
        else if (swap) replace(swap.operator, node.prefix ? `${swap.by}${operand}` : `${operand}${swap.by}`);
        break;
      }
      case "Assignment": {
        const [left, right] = parts("leftHandSide", "rightHandSide");
        if (swap) replace(swap.operator, `${left} ${swap.by} ${right}`);
        break;
      }
      case "IfStatement":
      case "Conditional":
      case "WhileStatement": {
        const condition = node.condition as Node;
        const bodies = isNode(node.trueBody)
          ? [node.trueBody, ...childrenOf(node.trueBody).map(([, child]) => child)]
          : [];
        const refuses = bodies.some(({ nodeType }) => nodeType === "RevertStatement");
        const inside = [...path, { node, key: "condition" }];
        for (const value of node.nodeType === "WhileStatement" || refuses ? ["false"] : ["false", "true"]) {
          add("condition", inside, condition, { ...rangeOf(condition), text: value });
        }
        break;
      }
      case "Literal": {
        if (node.kind !== "number" || node.subdenomination) break;
        replace("constant", `(${textOf(whole)} + 1)`);
        if (node.value !== "0") replace("constant", `(${textOf(whole)} - 1)`);
        break;
      }
      case "Identifier":
      case "MemberAccess": {
        const bound = node.nodeType === "MemberAccess" && /^type\(u?int\d+\)\.(max|min)$/.test(textOf(whole));
        const constant = constants.has(node.referencedDeclaration as number) && /^u?int/.test(typeOf(node));
        if (constant) replace("constant", `(${textOf(whole)} + 1)`);
        if (constant || bound) replace("constant", `(${textOf(whole)} - 1)`);
        break;
      }
      case "FunctionCall": {
        if (node.kind !== "functionCall" || (node.names as string[]).length) break;
        examineCall(node, replace);
        break;
      }
      case "ExpressionStatement":
      case "EmitStatement":
      case "Continue":
        if (parent.key !== "loopExpression" && parent.key !== "initializationExpression") replace("deletion", "{}");
        break;
    }
  }

  function examineCall(node: Node, replace: (operator: string, text: string) => void) {
    const callee = node.expression as Node;
    const name = (callee.memberName ?? callee.name) as string | undefined;
    if (!name) return;
    const args = node.arguments as Node[];
    const texts = args.map((arg) => textOf(rangeOf(arg)));
    const whole = rangeOf(node);
    const head = textOf({ start: whole.start, end: rangeOf(callee).end });
    const object = callee.expression ? textOf(rangeOf(callee.expression as Node)) : "";
    const swap = SWAPS.get(name);
    if (swap) replace(swap.operator, `${head.slice(0, -name.length)}${swap.by}(${texts.join(", ")})`);
    if (name === "divUp") replace("rounding", `(${object} / (${texts[0]}))`);
    const bound = !/^[A-Z]/.test(object) && (COMMUTATIVE.includes(name) || name === "divUp");
    for (let i = 0; i + 1 < args.length; i++) {
      if (typeOf(args[i]) !== typeOf(args[i + 1]) || texts[i] === texts[i + 1]) continue;
      if (i === 0 && !bound && COMMUTATIVE.includes(name)) continue;
      const swapped = texts.map((text, j) => (j === i ? texts[i + 1] : j === i + 1 ? texts[i] : text));
      replace("arguments", `${head}(${swapped.join(", ")})`);
    }
  }

  function walk(node: Node, path: readonly Step[]) {
    if (["InlineAssembly", "RevertStatement"].includes(node.nodeType) || /TypeName/.test(node.nodeType)) return;
    examine(node, path);
    for (const [key, child] of childrenOf(node)) walk(child, [...path, { node, key }]);
  }

  const bodies = (node: Node): Node[] =>
    node.nodeType === "FunctionDefinition"
      ? isNode(node.body) && (!functions || functions.includes(node.name as string))
        ? [node.body]
        : []
      : childrenOf(node).flatMap(([, child]) => bodies(child));
  for (const body of bodies(source.ast)) walk(body, []);
  return mutants;
}

/**
 * The smallest expression or statement around `node` that can become the choice between itself and the mutant: of one
 * value, and of a type that does not depend on its digits.
 */
function hostOf(node: Node, path: readonly Step[], bytes: Buffer): Host {
  const around = [...path.map((step) => step.node), node];
  const keys = [...path.map((step) => step.key)];
  for (let i = around.length - 1; i >= 0; i--) {
    const candidate = around[i];
    if (isStatement(candidate)) return { kind: "statement", ...wholeOf(candidate, bytes) };
    if (/Statement$/.test(candidate.nodeType)) break;
    const type = typeOf(candidate);
    const chooses =
      type !== "" && !/^(int_const|rational_const|literal_string|tuple|type|function|module|inline)/.test(type);
    if (
      chooses &&
      !candidate.lValueRequested &&
      keys[i - 1] !== "leftHandSide" &&
      candidate.nodeType !== "Assignment"
    ) {
      return { kind: "expression", ...rangeOf(candidate) };
    }
  }
  return { kind: "expression", ...rangeOf(node) };
}

/** The declarations of constants in a tree. */
export function constantsOf(node: Node): number[] {
  const own = node.nodeType === "VariableDeclaration" && node.constant ? [node.id] : [];
  return [...own, ...childrenOf(node).flatMap(([, child]) => constantsOf(child))];
}
