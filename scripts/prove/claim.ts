/** A claim about the contracts: functions are run on unknown inputs, and what must hold of the results is proved. */
import { Execution, Fields, type Stub, type Value } from "./execute";
import { evaluate, truth, type Scope } from "./formula";
import type { Answer, Solver } from "./solver";
import { type Change, Source } from "./source";
import { type Bool, type Int, Model, type Range, bool, int, not } from "./terms";

/** Inputs by name, those of a struct or a mapping's entry in a group of their own. */
export interface Inputs {
  [name: string]: Range | Inputs | bigint | boolean;
}

export interface Claim {
  name: string;
  /** The claim in words, for the table. */
  says: string;
  /** The file that holds the functions, with all that it imports. */
  entry: string;
  /** What is unknown; constants where a claim is about a special case. */
  inputs: Inputs;
  /** What calls return that are not run: formulas of inputs and of the call's own parameters, or "any" number. */
  stubs?: Record<string, string[]>;
  /**
   * In this order: `x = formula`, `(a, b) = Contract.function(…)`, `assume formula`, `lemma formula` and
   * `prove formula`. A lemma is proved, too. Each rests on what stands before it; with `by a, b` on nothing but the
   * lines with these labels, which are written `a: lemma formula`.
   */
  script: string[];
  /** Breaks what the claim is about. The claim must then have a counterexample, or its proof proves nothing. */
  broken: Change & { /** Inputs among which it is easy to find. */ such?: Inputs };
}

export interface Result {
  verdict: "proved" | "refuted" | "unknown";
  /** Questions put to the solver. */
  questions: number;
  /** The formula that has a counterexample, or could not be decided. */
  formula?: string;
  counterexample?: Map<string, bigint>;
}

interface Goal {
  that: Bool;
  text: string;
  /** Whether the claim says so itself: neither a lemma nor something that the run has to show. */
  claimed: boolean;
  /** What may be assumed. */
  given: Bool[];
  /** Whether only that and the ranges of the inputs may be: the fewer products, the sooner the solver is done. */
  alone: boolean;
}

/* ------------------------------------------------ SCRIPT --------------------------------------------- */

const LINE = /^(?:(?<label>\w+): )?(?:(?<verb>assume|lemma|prove) )?(?<rest>.*?)(?: by (?<by>[\w, ]+))?$/s;

/** Runs the functions and collects what is to be shown. */
export class Run {
  readonly model = new Model();
  readonly goals: Goal[] = [];
  /** What holds at the end of the script, unless something reverts. */
  readonly known: Bool[] = [];
  private readonly labels = new Map<string, Bool>();
  readonly names = new Fields();
  private readonly execution: Execution;
  private taken = 0;
  private readonly scope: Scope;

  constructor(
    private readonly source: Source,
    { inputs, stubs = {}, script }: Pick<Claim, "inputs" | "stubs" | "script">,
  ) {
    const answers = Object.entries(stubs).map(([name, formulas]): [string, Stub] => [
      name,
      (argument) =>
        formulas.flatMap((formula) =>
          formula === "any"
            ? [this.model.input(`any${this.model.inputs.size}`, [0n, 2n ** 256n - 1n])]
            : evaluate(formula, { ...this.scope, name: (path) => this.find(path, argument(path[0])) }),
        ),
    ]);
    this.execution = new Execution(source, this.model, Object.fromEntries(answers));
    this.scope = {
      model: this.model,
      name: (path) => this.find(path),
      call: ([contract, name], args) =>
        contract === "pow2"
          ? [this.model.power(args[0] as Int)]
          : this.execution.callOf(this.source.memberOf(contract, name), args),
    };
    this.declare(inputs, "", this.names);
    // storage variables and immutables are found by their names
    for (const [name, value] of this.names.values) this.execution.state.values.set(name, value);
    this.execution.state.values.set("msg.sender", this.model.input("msg.sender", [0n, 2n ** 160n - 1n]));
    this.execution.state.values.set("block.timestamp", this.model.input("block.timestamp", [0n, 2n ** 40n - 1n]));
    for (const line of script) this.line(line);
  }

  private declare(inputs: Inputs, prefix: string, into: Fields): void {
    for (const [name, input] of Object.entries(inputs)) {
      into.values.set(name, this.inputOf(prefix + name, input));
    }
  }

  private inputOf(name: string, input: Inputs[string]): Value {
    if (typeof input === "bigint") return int(input);
    if (typeof input === "boolean") return bool(input);
    if (isRange(input)) return this.model.input(name, input);
    const fields = this.execution.allocate();
    this.declare(input, `${name}.`, fields);
    return fields;
  }

  private find([first, ...path]: string[], argument?: Value): Value {
    const root = argument ?? this.names.values.get(first) ?? this.execution.localsOf(first);
    return path.reduce((value: Value, name) => (value as Fields).get(name), root);
  }

  private line(line: string): void {
    const { label, verb, rest, by } = LINE.exec(line)?.groups as Record<string, string | undefined> & { rest: string };
    if (!verb) {
      const [, targets, formula] = /^(\([\w, ]+\)|\w+) = (.*)$/s.exec(rest) ?? [];
      if (!formula) throw new SyntaxError(`"${line}" is no line of a claim`);
      const values = evaluate(formula, this.scope);
      targets
        .split(/[(), ]+/)
        .filter(Boolean)
        .forEach((target, i) => {
          // what a struct holds later is read by its own name
          this.names.values.set(target, values[i]);
        });
      this.takeEvents();
      return;
    }
    const that = truth(evaluate(rest, this.scope)[0]);
    this.takeEvents();
    if (verb === "assume") this.execution.decide(that);
    else this.goal(that, rest, verb === "prove", by);
    this.learn(that);
    if (label) this.labels.set(label, that);
  }

  private takeEvents(): void {
    const { events } = this.execution;
    for (; this.taken < events.length; this.taken++) {
      const { kind, that, what } = events[this.taken];
      if (kind === "obligation") this.goal(that, what, false);
      this.learn(that);
    }
  }

  private learn(that: Bool): void {
    this.known.push(that);
  }

  private goal(that: Bool, text: string, claimed: boolean, by?: string): void {
    const given = by?.split(", ").map((label) => {
      const fact = this.labels.get(label);
      if (!fact) throw new SyntaxError(`no line with the label ${label}`);
      return fact;
    });
    this.goals.push({ that, text, claimed, given: given ?? [...this.known], alone: !!given });
  }
}

const isRange = (input: Range | Inputs): input is Range => Array.isArray(input);

/* ------------------------------------------------ PROOF ---------------------------------------------- */

/** Attempts at one question: each may take twice as long as the one before, the last one all the time. */
const TRIES = 5;
/** How many of them look for a counterexample to the broken source: any will do. */
const SHORT_TRIES = 3;

export class Prover {
  private readonly sources = new Map<string, Source>();

  constructor(
    private readonly solver: Solver,
    private readonly seconds: number,
  ) {}

  /** Shows that no goal of the claim has a counterexample. */
  async prove(claim: Claim): Promise<Result> {
    this.solver.stop(); // so that an answer does not depend on the claims before this one
    const { model, goals } = this.run(claim);
    let questions = 0;
    for (const goal of goals) {
      questions++;
      const { verdict, values } = await this.refute(model, goal);
      if (verdict === "unsat") continue;
      const counterexample = inputsOf(model, values);
      if (verdict === "unknown" || !violates(model, goal, counterexample)) {
        return { verdict: "unknown", questions, formula: goal.text };
      }
      return { verdict: "refuted", questions, formula: goal.text, counterexample };
    }
    return { verdict: "proved", questions };
  }

  /** Finds a counterexample to what the claim says of the broken contracts, and computes it. */
  async refuteBroken(claim: Claim): Promise<Result> {
    const { such = {}, ...change } = claim.broken;
    // the lemmas are steps of a proof, which does not exist here
    const script = claim.script
      .filter((line) => !/^(\w+: )?lemma /.test(line))
      .map((line) => line.replace(/ by [\w, ]+$/, ""));
    const inputs = { ...claim.inputs, ...such };
    const { model, goals } = new Run(new Source(claim.entry, change), { ...claim, inputs, script });
    let questions = 0;
    for (const goal of goals.filter(({ claimed }) => claimed)) {
      questions++;
      const { verdict, values } = await this.refute(model, goal, SHORT_TRIES);
      if (verdict !== "sat") continue;
      const counterexample = inputsOf(model, values);
      if (violates(model, goal, counterexample)) {
        return { verdict: "refuted", questions, formula: goal.text, counterexample };
      }
    }
    return { verdict: "unknown", questions };
  }

  /** What is asked to prove a claim, in SMT-LIB: the answer to each is to be `unsat`. */
  questions(claim: Claim): string[] {
    const { model, goals } = this.run(claim);
    return goals.map((goal) => `; ${goal.text}\n${question(model, goal)}\n(check-sat)\n`);
  }

  private run(claim: Claim): Run {
    return new Run(this.source(claim.entry), claim);
  }

  /** Asks for a counterexample, at first in short tries. */
  private async refute(model: Model, goal: Goal, tries = TRIES): Promise<Answer> {
    const assertions = question(model, goal);
    for (let seed = 0; seed < tries; seed++) {
      const seconds = this.seconds / 2 ** (TRIES - 1 - seed);
      const answer = await this.solver.check({ assertions, seconds, seed });
      if (answer.verdict !== "unknown") return answer;
    }
    return { verdict: "unknown", values: [] };
  }

  private source(entry: string): Source {
    const known = this.sources.get(entry) ?? new Source(entry);
    this.sources.set(entry, known);
    return known;
  }
}

/** An input that the solver leaves out may be anything within its range. */
function inputsOf(model: Model, values: Answer["values"]): Map<string, bigint> {
  const found = new Map(values);
  return new Map([...model.inputs].map(([name, [from]]) => [name, BigInt(found.get(name) ?? from)]));
}

/** Whether numbers break a goal: the solver is told only a part of what holds of powers, and may be mistaken. */
function violates(model: Model, { that, given }: Goal, inputs: Map<string, bigint>): boolean {
  const values = model.evaluate(inputs);
  return given.every((fact) => fact.at(values)) && !that.at(values);
}

function question(model: Model, { that, given, alone }: Goal): string {
  const facts = [...(alone ? [] : model.axioms()), ...given, not(that)];
  return [model.declarations(), ...facts.map(({ smt }) => `(assert ${smt})`)].join("\n");
}
