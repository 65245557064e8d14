/**
 * A process of its own that runs test files again and again, against whatever bytecode MUTANT_ARTIFACTS has by then.
 */
import { clearSnapshots } from "@nomicfoundation/hardhat-network-helpers";
import fc from "fast-check";
import hre from "hardhat";
import Mocha from "mocha";
import path from "node:path";

import { escape } from "./pattern";

export interface Stage {
  files: readonly string[];
  /** FUZZ_RUNS of test/helpers/fuzz.ts. */
  fuzz: number;
}

export interface Order extends Stage {
  /** Titles of the tests that are left out. */
  without: readonly string[];
  /** Whether the first failure ends it. */
  bail: boolean;
}

export interface Failure {
  file: string;
  title: string;
  message: string;
}

export interface Outcome {
  failures: Failure[];
  passed: number;
}

const TESTS = path.resolve("test");
/** 16 million, about what a transaction may use. */
const CALL_GAS = "0xf42400";

// that a test fails is enough to know: the simplest input for which it does would take minutes to find
fc.configureGlobal({ endOnFailure: true });

/** The chain keeps every step of a call in memory: one that does not end must not have a whole block's gas for it. */
function boundCalls({ provider }: typeof hre.network) {
  const send = provider.send.bind(provider);
  provider.send = (method: string, params: unknown[] = []) => {
    if (method !== "eth_call" && method !== "eth_estimateGas") return send(method, params);
    const [call, ...others] = params;
    return send(method, [{ gas: CALL_GAS, ...(call as object) }, ...others]);
  };
}

/** The parent process says what happens. */
class Silent extends Mocha.reporters.Base {
  override epilogue() {}
}

async function test({ files, fuzz, without, bail }: Order): Promise<Outcome> {
  process.env.FUZZ_RUNS = String(fuzz);
  await hre.network.provider.send("hardhat_reset");
  await clearSnapshots();
  // tests keep what they deployed, and register themselves when they are loaded
  for (const name of Object.keys(require.cache)) if (name.startsWith(TESTS)) delete require.cache[name];
  const mocha = new Mocha({ ...hre.config.mocha, bail, reporter: Silent });
  for (const file of files) mocha.addFile(path.resolve(file));
  if (without.length) mocha.grep(new RegExp(`^(${without.map(escape).join("|")})$`)).invert();
  const outcome: Outcome = { failures: [], passed: 0 };
  const nameOf = (file = "") => path.relative("", file);
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on("pass", () => outcome.passed++);
    runner.on("fail", (failed, error) => {
      const [message] = String((error as Error).message).split("\n");
      outcome.failures.push({ file: nameOf(failed.file), title: failed.fullTitle(), message });
    });
  });
  mocha.dispose();
  return outcome;
}

boundCalls(hre.network);
process.on("message", (order: Order) => {
  void test(order).then((outcome) => process.send!(outcome));
});
process.send!("ready");
