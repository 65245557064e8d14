/** The process that the solver runs in: one question at a time, each in a context of its own. See solver.ts. */
import { init } from "z3-solver";
import type { Answer, Question } from "./solver";

/** What an interrupt is given, in seconds, before the process ends itself. */
const GRACE = 1;
/** Out of memory, the solver waits for ever: it then uses less of so many seconds than any machine would give it. */
const WINDOW = 15;
const IDLE = 0.2;

async function main() {
  const { Context } = await init();
  let contexts = 0;

  async function answer({ assertions, seconds, seed }: Question): Promise<Answer> {
    const z3 = Context(`${contexts++}`);
    const solver = new z3.Solver();
    solver.set("random_seed", seed);
    // not `eval_smtlib2_string`: another thread would read the text, when it may have been freed
    solver.fromString(assertions);
    const begun = process.cpuUsage();
    let [since, before] = [Date.now(), 0];
    const clock = setInterval(() => {
      const { user, system } = process.cpuUsage(begun);
      const used = (user + system) / 1e6;
      if (used > seconds + GRACE) process.exit(1);
      if (Date.now() - since > WINDOW * 1000) {
        if (used - before < IDLE) process.exit(1);
        [since, before] = [Date.now(), used];
      }
      if (used > seconds) z3.interrupt();
    }, 50);
    const verdict = await solver.check();
    clearInterval(clock);
    const values: Answer["values"] = [];
    if (verdict === "sat") {
      const model = solver.model();
      for (const declaration of model.decls()) {
        const value = model.get(declaration);
        if (z3.isIntVal(value)) values.push([String(declaration.name()), `${value.value()}`]);
      }
    }
    solver.release();
    return { verdict, values };
  }

  process.on("disconnect", () => process.exit());
  process.on("message", (question: Question) => {
    answer(question).then(
      (reply) => process.send?.(reply),
      (error: Error) => process.send?.({ error: error.message }),
    );
  });
}

void main();
