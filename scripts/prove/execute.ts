/**
 * Runs a Solidity function for all inputs at once: every number is a term over unknowns, both branches of a condition
 * are run, and what they leave is joined by it. Numbers are integers without bounds. So wherever the machine's would
 * end, there is something to be shown: checked arithmetic reverts (a fact from there on), unchecked arithmetic and
 * casts must fit (an obligation).
 *
 * It knows the part of the language that the formulas use. A storage mapping is the one entry that the claim is about;
 * a call that leaves the contract, or that a claim does not depend on, is replaced by what the claim says it returns.
 */
import {
  type Bool,
  type Int,
  type Model,
  TRUE,
  add,
  and,
  bool,
  eq,
  implies,
  int,
  ite,
  le,
  lt,
  mul,
  not,
  or,
  sub,
} from "./terms";
import type {
  Expression,
  FunctionDefinition,
  Source,
  Statement,
  StructDefinition,
  VariableDeclaration,
} from "./source";

/** A struct, an array or a frame of local variables. */
export class Fields {
  readonly values = new Map<string, Value>();

  get(name: string): Value {
    const value = this.values.get(name);
    if (value === undefined) throw new Error(`no ${name} among ${[...this.values.keys()].join(", ")}`);
    return value;
  }
}

export type Value = Int | Bool | Fields;

/** What holds from some point of the run on, or must be shown there. */
export type Event = { kind: "fact" | "obligation"; that: Bool; what: string };

/** Answers a call that is not run; `argument` gives one of its arguments by the name of the parameter. */
export type Stub = (argument: (name: string) => Value | undefined) => Value[];

const WORD = 2n ** 256n;
const ONE = int(1n);
const ZERO = int(0n);

type End = "returns" | "reverts";
type Step = { statement: Statement; unchecked: boolean };

export class Execution {
  /** In the order of the run: an obligation may rest on what came before it only. */
  readonly events: Event[] = [];
  /** Storage variables and immutables by name, and what the environment answers. */
  readonly state = new Fields();
  private path: Bool = TRUE;
  private frame = new Fields();
  private unchecked = false;
  /** Conditions that a claim assumes: their other branch is not run. */
  private readonly decided = new Set<string>();
  /** The local variables of the latest run of each function. */
  private readonly frames = new Map<string, Fields>();
  /** All that a branch might change. */
  private readonly memory = new Set<Fields>([this.state]);

  constructor(
    private readonly source: Source,
    private readonly model: Model,
    private readonly stubs: Record<string, Stub>,
  ) {}

  /** A struct or array of the run's memory. */
  allocate(values: Iterable<[string, Value]> = []): Fields {
    const fields = new Fields();
    for (const [name, value] of values) fields.values.set(name, value);
    this.memory.add(fields);
    return fields;
  }

  decide(condition: Bool): void {
    this.decided.add(condition.smt);
  }

  /** The local variables that a function had at its end, by their names. */
  localsOf(name: string): Fields {
    const frame = this.frames.get(name);
    if (!frame) throw new Error(`no ${name}`);
    const locals = new Fields();
    for (const [key, value] of frame.values) locals.values.set(key.split("#")[0], value);
    return locals;
  }

  callOf(member: FunctionDefinition | StructDefinition, args: Value[]): Value[] {
    if (member.nodeType === "FunctionDefinition") return this.call(member, args);
    return [this.allocate(member.members.map(({ name }, i) => [name, args[i]]))];
  }

  private call(definition: FunctionDefinition, args: Value[]): Value[] {
    const { name, body, parameters, returnParameters, modifiers } = definition;
    if (this.source.homeOf(definition.id) === "FixedPointMathLib") return [this.builtin(name, args)];
    if (!body || modifiers.some(({ modifierName }) => modifierName.name !== "nonReentrant")) {
      throw new Error(`${name} cannot be run`);
    }
    const [frame, unchecked] = [this.frame, this.unchecked];
    this.frame = this.allocate();
    this.frames.set(name, this.frame);
    parameters.parameters.forEach((parameter, i) => this.frame.values.set(keyOf(parameter), args[i]));
    const returned = returnParameters.parameters;
    for (const parameter of returned) this.frame.values.set(keyOf(parameter), this.zero(parameter));
    this.run(
      body.statements.map((statement) => ({ statement, unchecked: false })),
      returned,
    );
    const results = returned.map((parameter) => this.frame.get(keyOf(parameter)));
    [this.frame, this.unchecked] = [frame, unchecked];
    return results;
  }

  /* ---------------------------------------------- STATEMENTS ----------------------------------------- */

  private run([step, ...rest]: Step[], returned: VariableDeclaration[]): End {
    if (!step) return "returns";
    const { statement, unchecked } = step;
    this.unchecked = unchecked;
    switch (statement.nodeType) {
      case "Block":
      case "UncheckedBlock": {
        const inner = unchecked || statement.nodeType === "UncheckedBlock";
        const steps = statement.statements.map((part) => ({ statement: part, unchecked: inner }));
        return this.run([...steps, ...rest], returned);
      }
      case "ExpressionStatement":
        this.evaluate(statement.expression);
        return this.run(rest, returned);
      case "VariableDeclarationStatement":
        this.declare(statement.declarations, statement.initialValue);
        return this.run(rest, returned);
      case "EmitStatement":
        return this.run(rest, returned);
      case "Return": {
        const values = statement.expression ? this.evaluate(statement.expression) : [];
        values.forEach((value, i) => this.frame.values.set(keyOf(returned[i]), value));
        return "returns";
      }
      case "RevertStatement":
        this.fact(bool(false), "no revert");
        return "reverts";
      case "IfStatement": {
        const condition = this.truth(statement.condition);
        const [yes, no] = [statement.trueBody, statement.falseBody].map((body) =>
          body ? [{ statement: body, unchecked }, ...rest] : rest,
        );
        return this.fork(
          condition,
          () => this.run(yes, returned),
          () => this.run(no, returned),
        );
      }
      default:
        throw new Error(`${(statement as Statement).nodeType} cannot be run`);
    }
  }

  /** Runs both branches from the same memory, and joins what they leave. */
  private fork(condition: Bool, yes: () => End, no: () => End): End {
    if (condition.literal ?? this.decided.has(condition.smt)) return yes();
    if (condition.literal === false || this.decided.has(not(condition).smt)) return no();
    const [outer, frame] = [this.path, this.frame];
    const before = this.snapshot();
    this.path = and(outer, condition);
    const first = yes();
    const after = this.snapshot();
    this.restore(before);
    this.frame = frame;
    this.path = and(outer, not(condition));
    const second = no();
    this.path = outer;
    if (first === "returns") {
      if (second === "returns") this.join(condition, after);
      else this.restore(after);
    }
    return first === "returns" ? first : second;
  }

  private snapshot(): Map<Fields, Map<string, Value>> {
    return new Map([...this.memory].map((fields) => [fields, new Map(fields.values)]));
  }

  private restore(snapshot: Map<Fields, Map<string, Value>>): void {
    for (const [fields, values] of snapshot) {
      fields.values.clear();
      for (const [name, value] of values) fields.values.set(name, value);
    }
  }

  /** Memory is what `snapshot` has where the condition holds, and stays what it is elsewhere. */
  private join(condition: Bool, snapshot: Map<Fields, Map<string, Value>>): void {
    for (const [fields, values] of snapshot) {
      for (const [name, value] of values) {
        const other = fields.values.get(name);
        fields.values.set(name, other === undefined ? value : this.choose(condition, value, other));
      }
    }
  }

  private choose(condition: Bool, a: Value, b: Value): Value {
    if (a === b) return a;
    if (a instanceof Fields || b instanceof Fields) {
      if (!(a instanceof Fields && b instanceof Fields)) throw new TypeError("a choice between a struct and a number");
      return this.allocate([...a.values].map(([name, value]) => [name, this.choose(condition, value, b.get(name))]));
    }
    const chosen = ite<Int | Bool>(condition, a, b);
    return chosen.sort === "int" ? this.model.named(chosen) : chosen;
  }

  private declare(declarations: (VariableDeclaration | null)[], initial?: Expression): void {
    const values = initial && this.evaluate(initial);
    declarations.forEach((declaration, i) => {
      if (!declaration) return;
      const value = values ? values[i] : this.zero(declaration);
      this.frame.values.set(
        keyOf(declaration),
        copies(declaration.storageLocation, initial) ? this.clone(value) : value,
      );
    });
  }

  /** What a variable holds that nothing was assigned to. */
  private zero({ typeName, typeDescriptions: { typeString } }: VariableDeclaration): Value {
    if (typeString === "bool") return bool(false);
    if (typeName.referencedDeclaration !== undefined && typeString.startsWith("struct ")) {
      return this.allocate(
        this.membersOf(typeName.referencedDeclaration).map((member) => [member.name, this.zero(member)]),
      );
    }
    const length = /\[(\d+)\]/.exec(typeString)?.[1];
    if (length) return this.allocate(Array.from({ length: Number(length) }, (_, i) => [`${i}`, ZERO]));
    return ZERO;
  }

  private membersOf(struct: number): VariableDeclaration[] {
    const definition = this.source.declaration(struct) as StructDefinition;
    return definition.members;
  }

  private clone(value: Value): Value {
    if (!(value instanceof Fields)) return value;
    return this.allocate([...value.values].map(([name, part]) => [name, this.clone(part)]));
  }

  /* --------------------------------------------- EXPRESSIONS ----------------------------------------- */

  /** One value, or those of a tuple. */
  private evaluate(e: Expression): Value[] {
    switch (e.nodeType) {
      case "Literal":
        return [e.kind === "bool" ? bool(e.value === "true") : int(literal(e.value, e.subdenomination))];
      case "Identifier":
        return [this.variable(e)];
      case "MemberAccess":
        return [this.member(e)];
      case "IndexAccess": {
        const base = this.one(e.baseExpression);
        // a mapping is the one entry that matters
        if (e.baseExpression.typeDescriptions.typeString.startsWith("mapping(")) return [base];
        return [(base as Fields).get(this.position(e.indexExpression))];
      }
      case "TupleExpression": {
        const parts = e.components.flatMap((part) => (part ? this.evaluate(part) : []));
        return e.isInlineArray ? [this.allocate(parts.map((part, i) => [`${i}`, part]))] : parts;
      }
      case "Conditional":
        return this.conditional(this.truth(e.condition), e.trueExpression, e.falseExpression);
      case "UnaryOperation":
        return [this.unary(e)];
      case "BinaryOperation":
        return [this.binary(e)];
      case "Assignment": {
        if (e.operator === "=") {
          const values = this.evaluate(e.rightHandSide);
          this.assign(e.leftHandSide, values, e.rightHandSide);
          return values;
        }
        const operator = e.operator.slice(0, -1);
        const type = e.leftHandSide.typeDescriptions.typeString;
        const value = this.operation(operator, this.number(e.leftHandSide), this.number(e.rightHandSide), type);
        this.assign(e.leftHandSide, [value]);
        return [value];
      }
      case "FunctionCall":
        return this.functionCall(e);
      case "ElementaryTypeNameExpression":
        throw new Error("a type has no value");
    }
  }

  private one(e: Expression): Value {
    const [value] = this.evaluate(e);
    return value;
  }

  private number(e: Expression): Int {
    const value = this.one(e);
    if (value instanceof Fields || value.sort !== "int") throw new TypeError(`not a number: ${e.nodeType}`);
    return value;
  }

  private truth(e: Expression): Bool {
    const value = this.one(e);
    if (value instanceof Fields || value.sort !== "bool") throw new TypeError(`not a truth: ${e.nodeType}`);
    return value;
  }

  private position(index: Expression): string {
    const { literal } = this.number(index);
    if (literal === undefined) throw new Error("an array is read where an input says");
    return `${literal}`;
  }

  private variable(e: Expression & { nodeType: "Identifier" }): Value {
    const declaration = this.source.declaration(e.referencedDeclaration);
    if (declaration?.nodeType === "VariableDeclaration" && declaration.stateVariable) {
      return declaration.constant && declaration.value ? this.one(declaration.value) : this.state.get(e.name);
    }
    return this.frame.get(keyOf({ name: e.name, id: e.referencedDeclaration }));
  }

  private member(e: Expression & { nodeType: "MemberAccess" }): Value {
    const base = e.expression;
    const type = base.typeDescriptions.typeString;
    const bounded = /^type\((u?int\d+)\)$/.exec(type);
    if (bounded) return int(rangeOf(bounded[1])[e.memberName === "max" ? 1 : 0]);
    if (type === "msg" || type === "block") return this.state.get(`${type}.${e.memberName}`);
    const declaration =
      e.referencedDeclaration === undefined ? undefined : this.source.declaration(e.referencedDeclaration);
    // a library's constant
    if (declaration?.nodeType === "VariableDeclaration" && declaration.constant && declaration.value) {
      return this.one(declaration.value);
    }
    return (this.one(base) as Fields).get(e.memberName);
  }

  private conditional(condition: Bool, yes: Expression, no: Expression): Value[] {
    if (condition.literal !== undefined) return this.evaluate(condition.literal ? yes : no);
    const others = this.under(not(condition), no);
    return this.under(condition, yes).map((value, i) => this.choose(condition, value, others[i]));
  }

  /** Evaluates what is reached only where `condition` holds, and must not change anything. */
  private under(condition: Bool, e: Expression): Value[] {
    const outer = this.path;
    const before = this.snapshot();
    this.path = and(outer, condition);
    const values = this.evaluate(e);
    this.path = outer;
    for (const [fields, known] of before) {
      if ([...known].some(([name, value]) => fields.get(name) !== value)) throw new Error("a condition has an effect");
    }
    return values;
  }

  private unary(e: Expression & { nodeType: "UnaryOperation" }): Value {
    if (e.operator === "!") return not(this.truth(e.subExpression));
    const type = e.typeDescriptions.typeString;
    const before = this.number(e.subExpression);
    if (e.operator === "-") return this.operation("-", ZERO, before, type);
    if (e.operator !== "++" && e.operator !== "--") throw new Error(`${e.operator} cannot be evaluated`);
    const after = this.operation(e.operator[0], before, ONE, type);
    this.assign(e.subExpression, [after]);
    return e.prefix ? after : before;
  }

  private binary(e: Expression & { nodeType: "BinaryOperation" }): Value {
    const { operator, leftExpression, rightExpression } = e;
    if (operator === "&&" || operator === "||") {
      const left = this.truth(leftExpression);
      if (left.literal !== undefined && left.literal === (operator === "||")) return left;
      const [right] = this.under(operator === "&&" ? left : not(left), rightExpression) as Bool[];
      return operator === "&&" ? and(left, right) : or(left, right);
    }
    const [left, right] = [this.one(leftExpression), this.one(rightExpression)];
    if (left instanceof Fields || right instanceof Fields) throw new TypeError(`${operator} of structs`);
    if (operator === "==") return eq(left, right);
    if (operator === "!=") return not(eq(left, right));
    if (left.sort !== "int" || right.sort !== "int") throw new TypeError(`${operator} of truths`);
    switch (operator) {
      case "<":
        return lt(left, right);
      case "<=":
        return le(left, right);
      case ">":
        return lt(right, left);
      case ">=":
        return le(right, left);
      default:
        return this.operation(operator, left, right, e.commonType.typeString);
    }
  }

  private operation(operator: string, a: Int, b: Int, type: string): Int {
    switch (operator) {
      case "+":
        return this.bounded(add(a, b), type, operator);
      case "-":
        return this.bounded(sub(a, b), type, operator);
      case "*":
        return this.bounded(mul(a, b), type, operator);
      case "/":
        this.unsigned(type);
        this.fact(lt(ZERO, b), "no division by 0");
        return this.model.quotient(a, b);
      case "%":
        this.unsigned(type);
        this.fact(lt(ZERO, b), "no division by 0");
        return sub(a, mul(b, this.model.quotient(a, b)));
      case "&":
      case "|":
        if (a.literal === undefined || b.literal === undefined) throw new Error("bits of an unknown");
        return int(operator === "&" ? a.literal & b.literal : a.literal | b.literal);
      case "<<": {
        const shifted = mul(a, this.model.power(b));
        // a shift drops what does not fit, in checked arithmetic, too
        if (/^u?int\d/.test(type)) this.obligation(inside(shifted, rangeOf(type)), "<< fits");
        return shifted;
      }
      case ">>":
        this.unsigned(type);
        return this.model.quotient(a, this.model.power(b));
      default:
        throw new Error(`${operator} cannot be evaluated`);
    }
  }

  /** Refuses signed operands: Solidity rounds their quotients and shifts otherwise than the solver. */
  private unsigned(type: string): void {
    if (/^int\d/.test(type)) throw new Error(`a division of ${type}`);
  }

  private bounded(result: Int, type: string, operator: string): Int {
    if (result.literal !== undefined && !/^u?int\d/.test(type)) return result;
    const fits = inside(result, rangeOf(type));
    if (this.unchecked) this.obligation(fits, `unchecked ${operator} fits ${type}`);
    else this.fact(fits, `checked ${operator}`);
    return result;
  }

  /* ----------------------------------------------- CALLS --------------------------------------------- */

  private functionCall(e: Expression & { nodeType: "FunctionCall" }): Value[] {
    const { expression, kind, names } = e;
    if (kind === "typeConversion") return [this.cast(e.typeDescriptions.typeString, this.one(e.arguments[0]))];
    if (expression.nodeType !== "Identifier" && expression.nodeType !== "MemberAccess") {
      throw new Error(`a call of ${expression.nodeType}`);
    }
    const name = expression.nodeType === "Identifier" ? expression.name : expression.memberName;
    const declaration = this.source.declaration(expression.referencedDeclaration ?? -1);
    if (declaration?.nodeType === "StructDefinition") {
      const members = declaration.members.map((member) => member.name);
      const order = names.length ? names : members;
      return [this.allocate(order.map((member, i) => [member, this.one(e.arguments[i])]))];
    }
    if (Object.hasOwn(this.stubs, name)) {
      // an argument that the answer does not depend on is not computed: it may be of a kind that is not modelled
      return this.stubs[name]((parameter) => {
        if (declaration?.nodeType !== "FunctionDefinition") return undefined;
        const position = declaration.parameters.parameters.findIndex((p) => p.name === parameter);
        return position < 0 ? undefined : this.one(e.arguments[position]);
      });
    }
    if (declaration?.nodeType !== "FunctionDefinition") throw new Error(`a call of ${name}`);
    // x.min(y)
    const bound =
      expression.nodeType === "MemberAccess" && !/^type\(/.test(expression.expression.typeDescriptions.typeString);
    const given = bound ? [expression.expression, ...e.arguments] : e.arguments;
    const args = given.map((argument, i) => {
      const value = this.one(argument);
      return copies(declaration.parameters.parameters[i].storageLocation, argument) ? this.clone(value) : value;
    });
    return this.call(declaration, args);
  }

  private cast(type: string, value: Value): Value {
    if (value instanceof Fields || value.sort !== "int" || !/^u?int\d/.test(type)) return value;
    this.obligation(inside(value, rangeOf(type)), `cast to ${type} fits`);
    return value;
  }

  /** A function of Solady's library, which is assembly: what its documentation says of it. */
  private builtin(name: string, args: Value[]): Int {
    const [x, y, d] = args as Int[];
    switch (name) {
      case "min":
        return this.model.named(ite(lt(y, x), y, x));
      case "max":
        return this.model.named(ite(lt(x, y), y, x));
      case "saturatingSub":
        return this.model.named(ite(lt(y, x), sub(x, y), ZERO));
      case "divUp":
        this.fact(lt(ZERO, y), "no division by 0");
        return this.model.ceiling(x, y);
      case "fullMulDiv":
      case "fullMulDivUp": {
        this.fact(lt(ZERO, d), "no division by 0");
        const product = mul(x, y);
        const result = name === "fullMulDiv" ? this.model.quotient(product, d) : this.model.ceiling(product, d);
        this.fact(lt(result, int(WORD)), `${name} fits`);
        return result;
      }
      case "log2":
        // the library says 0 of 0, but no formula takes that logarithm
        this.obligation(lt(ZERO, x), "log2 of a positive number");
        return this.model.logarithm(x);
      default:
        throw new Error(`FixedPointMathLib.${name} cannot be run`);
    }
  }

  /* -------------------------------------------- ASSIGNMENT ------------------------------------------- */

  private assign(target: Expression, values: Value[], from?: Expression): void {
    if (target.nodeType === "TupleExpression") {
      target.components.forEach((part, i) => part && this.assign(part, [values[i]]));
    } else if (target.nodeType === "Identifier") {
      const declaration = this.source.declaration(target.referencedDeclaration);
      const value = copies(storedIn(target), from) ? this.clone(values[0]) : values[0];
      if (declaration?.nodeType === "VariableDeclaration" && declaration.stateVariable) {
        this.state.values.set(target.name, value);
      } else {
        this.frame.values.set(keyOf({ name: target.name, id: target.referencedDeclaration }), value);
      }
    } else if (target.nodeType === "MemberAccess") {
      (this.one(target.expression) as Fields).values.set(target.memberName, values[0]);
    } else if (target.nodeType === "IndexAccess") {
      const base = this.one(target.baseExpression) as Fields;
      if (target.baseExpression.typeDescriptions.typeString.startsWith("mapping(")) {
        for (const [name, value] of (values[0] as Fields).values) base.values.set(name, this.clone(value));
      } else {
        base.values.set(this.position(target.indexExpression), values[0]);
      }
    } else {
      throw new Error(`an assignment to ${target.nodeType}`);
    }
  }

  /* ---------------------------------------------- EVENTS --------------------------------------------- */

  private fact(that: Bool, what: string): void {
    this.event("fact", that, what);
  }

  private obligation(that: Bool, what: string): void {
    this.event("obligation", that, what);
  }

  private event(kind: Event["kind"], that: Bool, what: string): void {
    const here = implies(this.path, that);
    if (here.literal !== true) this.events.push({ kind, that: here, what });
  }
}

/* ----------------------------------------------- HELPERS --------------------------------------------- */

/** Two variables of a function may have one name, in different blocks. */
const keyOf = ({ name, id }: Pick<VariableDeclaration, "name" | "id">): string => `${name}#${id}`;

const storedIn = (e: Expression): string => / (memory|storage)/.exec(e.typeDescriptions.typeString)?.[1] ?? "";

/** From storage to memory a struct is copied; otherwise another name for it arises. */
const copies = (to: string, from?: Expression): boolean => to === "memory" && !!from && storedIn(from) === "storage";

function rangeOf(type: string): [bigint, bigint] {
  const parts = /^(u?)int(\d+)$/.exec(type);
  if (!parts) throw new Error(`no bounds of ${type}`);
  const bits = BigInt(parts[2]);
  return parts[1] ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

/** Whether a number is within bounds, both included. */
const inside = (x: Int, [from, to]: [bigint, bigint]): Bool => and(le(int(from), x), le(x, int(to)));

const UNITS: Record<string, bigint> = { seconds: 1n, minutes: 60n, hours: 3600n, days: 86_400n, weeks: 604_800n };

function literal(text: string, unit?: string): bigint {
  const [, whole, fraction = "", exponent = "0"] =
    /^(\d+)(?:\.(\d+))?(?:e(\d+))?$/.exec(text.replaceAll("_", "")) ?? [];
  if (whole === undefined) return BigInt(text);
  return BigInt(whole + fraction) * 10n ** (BigInt(exponent) - BigInt(fraction.length)) * (unit ? UNITS[unit] : 1n);
}
