#!/usr/bin/env node
// The pinned compiler, as Foundry calls one: `--version`, or standard JSON from stdin to stdout. No build ever downloads one.
import { createRequire } from "node:module";
import { argv, stdin, stdout } from "node:process";
import { text } from "node:stream/consumers";

const require = createRequire(import.meta.url);

if (argv.includes("--version")) {
  stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${require("solc/package.json").version}\n`);
} else {
  const input = await text(stdin);
  stdout.write(require("solc").compile(input));
}
