/** Tests in a process of their own, which survives neither a test that does not end nor a crash. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

import { copyArtifacts, writeBytecodes } from "./compiler";
import type { Order, Outcome } from "./worker";

/** What takes longer does not end (milliseconds): all tests together take less. */
const LIMIT = 1_200_000;
/** The in-process chain keeps some memory of every run. */
const RUNS_OF_A_PROCESS = 60;

export class Tester {
  private readonly artifacts: string;
  private child: ChildProcess | undefined;
  private runs = 0;

  constructor(directory: string) {
    this.artifacts = copyArtifacts(directory);
  }

  /** Runs tests against some bytecode; nothing, if they do not end. */
  async run(bytecodes: Readonly<Record<string, string>>, order: Order): Promise<Outcome | undefined> {
    writeBytecodes(this.artifacts, bytecodes);
    if (this.runs++ % RUNS_OF_A_PROCESS === 0) this.stop();
    this.child ??= await this.start();
    const { child } = this;
    const controller = new AbortController();
    const { signal } = controller;
    try {
      child.send(order);
      return await Promise.race([
        once(child, "message", { signal }).then(([outcome]) => outcome as Outcome),
        once(child, "exit", { signal }).then(() => undefined),
        setTimeout(LIMIT, undefined, { signal }),
      ]);
    } finally {
      controller.abort();
      if (child.exitCode !== null) this.child = undefined;
    }
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
