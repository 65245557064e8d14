/** Runs tests in a process of their own, which is replaced when a test does not end or the process crashes. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

import { copyArtifacts, writeBytecodes } from "./compiler";
import type { Order, Outcome } from "./worker";

/** What takes longer does not end (milliseconds): all tests together take less. */
const LIMIT = 1_200_000;
/** Then another process takes over: the in-process chain keeps some memory of every run. */
const RUNS_OF_A_PROCESS = 60;

export class Tester {
  private readonly artifacts: string;
  private child: ChildProcess | undefined;
  private runs = 0;

  constructor(directory: string) {
    this.artifacts = copyArtifacts(directory);
  }

  /** Runs tests against some bytecode; nothing, if they do not end. A process that dies gets a second chance. */
  async run(bytecodes: Readonly<Record<string, string>>, order: Order): Promise<Outcome | undefined> {
    writeBytecodes(this.artifacts, bytecodes);
    if (this.runs++ % RUNS_OF_A_PROCESS === 0) this.stop();
    let outcome = await this.attempt(order);
    if (outcome === "died") outcome = await this.attempt(order);
    if (outcome === "died") throw new Error("The process of the tests has died twice");
    return outcome === "endless" ? undefined : outcome;
  }

  private async attempt(order: Order): Promise<Outcome | "endless" | "died"> {
    this.child ??= await this.start();
    const { child } = this;
    const controller = new AbortController();
    const { signal } = controller;
    child.send(order);
    const outcome = await Promise.race([
      once(child, "message", { signal }).then(([message]) => message as Outcome),
      once(child, "exit", { signal }).then(() => "died" as const),
      setTimeout(LIMIT, "endless" as const, { signal }),
    ]);
    controller.abort();
    if (outcome === "endless" || outcome === "died") this.stop();
    return outcome;
  }

  private async start(): Promise<ChildProcess> {
    const child = fork(require.resolve("./worker.ts"), {
      execArgv: ["--require", "ts-node/register/transpile-only"],
      env: { ...process.env, MUTANT_ARTIFACTS: this.artifacts },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await once(child, "message");
    return child;
  }

  stop() {
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }
}
