/** The process that the solver runs in: one question at a time, each in a context of its own. See solver.ts. */
import { init } from "z3-solver";
import type { Answer, Question } from "./solver";

async function main() {
  const { Context } = await init();
  let contexts = 0;

  async function answer({ assertions, seconds }: Question): Promise<Answer> {
    const z3 = Context(`${contexts++}`);
    const solver = new z3.Solver();
    solver.set("timeout", Math.round(seconds * 1000));
    // not `eval_smtlib2_string`: another thread would read the text, when it may have been freed
    solver.fromString(assertions);
    const verdict = await solver.check();
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

  process.on("message", (question: Question) => {
    answer(question).then(
      (reply) => process.send?.(reply),
      (error: Error) => process.send?.({ error: error.message }),
    );
  });
}

void main();
