/**
 * Z3, compiled to WebAssembly: it comes with `npm ci` and needs nothing else. It runs in a process of its own, which is ended when
 * it takes too long: its own time limit does not hold everywhere, and out of memory it waits for ever.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

export interface Question {
  assertions: string;
  seconds: number;
}

export interface Answer {
  verdict: "sat" | "unsat" | "unknown";
  /** The unknowns of a counterexample, where there is one: names and decimal numbers. */
  values: [string, string][];
}

/** What the solver's own limit is given before the process is ended. */
const GRACE = 2;

export class Solver {
  private process?: ChildProcess;

  /** Asks whether assertions can hold. */
  async check(question: Question): Promise<Answer> {
    const child = (this.process ??= fork(join(__dirname, "z3.ts"), {
      execArgv: ["--require", "ts-node/register/transpile-only"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    }));
    const reply = await new Promise<Answer | { error: string } | undefined>((resolve) => {
      const end = (answer?: Answer | { error: string }) => {
        clearTimeout(watchdog);
        child.off("message", end).off("exit", fail);
        resolve(answer);
      };
      const fail = () => end();
      const watchdog = setTimeout(fail, (question.seconds + GRACE) * 1000);
      child.on("message", end).on("exit", fail).send(question);
    });
    if (!reply) {
      this.stop();
      return { verdict: "unknown", values: [] };
    }
    if ("error" in reply) throw new Error(`Z3: ${reply.error}`);
    return reply;
  }

  stop(): void {
    this.process?.kill("SIGKILL");
    this.process = undefined;
  }
}
