/**
 * Z3, compiled to WebAssembly: it comes with `npm ci` and needs nothing else. It runs in a process of its own, since it
 * cannot always be interrupted, and hangs when it runs out of memory.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

export interface Question {
  assertions: string;
  /** Of processor time: what is proved must not depend on what else the machine does. */
  seconds: number;
  /** Starts the search in another place: where it gets lost from one, it often gets there at once from the next. */
  seed: number;
}

export interface Answer {
  verdict: "sat" | "unsat" | "unknown";
  /** The unknowns of a counterexample, where there is one: names and decimal numbers. */
  values: [string, string][];
}

/** Questions to a process: what the solver leaves in memory is freed only when it ends. */
const QUESTIONS = 20;

export class Solver {
  private process?: ChildProcess;
  private asked = 0;

  /** Asks whether assertions can hold. */
  async check(question: Question): Promise<Answer> {
    if (this.asked++ === QUESTIONS) this.stop();
    const child = (this.process ??= fork(join(__dirname, "z3.ts"), {
      execArgv: ["--require", "ts-node/register/transpile-only"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    }));
    const reply = await new Promise<Answer | { error: string } | undefined>((resolve) => {
      const end = (answer?: Answer | { error: string }) => {
        child.off("message", end).off("exit", fail);
        resolve(answer);
      };
      const fail = () => end();
      child.on("message", end).on("exit", fail).send(question);
    });
    if (!reply) {
      this.stop();
      return { verdict: "unknown", values: [] };
    }
    if ("error" in reply) throw new Error(`Z3: ${reply.error}`);
    return reply;
  }

  /** Ends the process; the next question starts another one. */
  stop(): void {
    this.asked = 0;
    this.process?.kill("SIGKILL");
    this.process = undefined;
  }
}
