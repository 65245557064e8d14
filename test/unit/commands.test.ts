import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { ConfigError, requireConnection } from "../../deploy/config";

const register = require.resolve("ts-node/register/transpile-only");

describe("scripts: command lines", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "replay-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Runs a script where there is no report of coverage. */
  const run = (script: string, args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, ["-r", register, resolve(`scripts/${script}.ts`), ...args], {
      cwd: script === "check-coverage" ? folder : process.cwd(),
      encoding: "utf8",
      env: { ...process.env, TS_NODE_PROJECT: resolve("tsconfig.json"), ...env },
    });

  const scripts = readdirSync("scripts")
    .filter(
      (file) => file.endsWith(".ts") && /^void (runCommand|onNetwork)\(/m.test(readFileSync(`scripts/${file}`, "utf8")),
    )
    .map((file) => file.slice(0, -".ts".length));

  it("are those of a dozen scripts and more", () => {
    expect(scripts).to.include.members(["deploy", "fuzz", "gas", "mutate", "prove", "replay", "scale", "test-anvil"]);
  });

  for (const script of scripts) {
    it(`${script} prints its help, and says in one line which option it does not know`, () => {
      const help = run(script, ["--help"]);
      expect([help.status, help.stderr]).to.deep.equal([0, ""]);
      expect(help.stdout).to.contain("npm ").and.to.contain("xit code 0:");
      const { status, stdout, stderr } = run(script, ["--nonsense"]);
      expect([status, stdout]).to.deep.equal([2, ""]);
      expect(stderr).to.match(/^.*--nonsense.*\n$/);
    });
  }

  const refused: [script: string, args: string[], message: string, env?: Record<string, string>][] = [
    ["mutants", ["--some"], "Unknown option '--some': see --help"],
    ["mutants", ["nobody"], "nobody: there is no such mutant, see --help for their names"],
    ["check-coverage", ["now"], "now: there are no commands, see --help"],
    ["check-coverage", [], "coverage.json is missing or unreadable: run `npm run coverage` first"],
    ["deploy", ["--some"], "Unknown option '--some': see --help"],
    ["deploy", ["localhost", "sepolia"], "sepolia: give one network only, see --help"],
    [
      "check-deployment",
      [],
      "DEPLOYER_KEY must be a private key, 0x and 64 hexadecimal digits",
      { DEPLOYER_KEY: "0x12" },
    ],
  ];
  for (const [script, args, message, env] of refused) {
    it(`${[script, ...args].join(" ")}: ${message}`, () => {
      const { status, stdout, stderr } = run(script, args, env);
      expect([status, stdout, stderr]).to.deep.equal([2, "", `${message}\n`]);
    });
  }

  it("ends quietly when its reader does", () => {
    const command = `"$NODE" -r "$REGISTER" scripts/replay.ts --help | true; echo "\${PIPESTATUS[0]}"`;
    const env = { ...process.env, NODE: process.execPath, REGISTER: register };
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8", env });
    expect([stdout, stderr]).to.deep.equal(["0\n", ""]);
  });

  it("has the connection to live networks checked, whatever network it is for", () => {
    const key = `0x${"ab".repeat(32)}`;
    requireConnection({});
    requireConnection({ SEPOLIA_RPC_URL: "https://rpc.example.org/v1", DEPLOYER_KEY: key });
    requireConnection({ DEPLOYER_KEY: key.slice(2), MAINNET_RPC_URL: "" });
    const refuse = (env: Record<string, string>, message: string | RegExp) =>
      expect(() => requireConnection(env)).to.throw(ConfigError, message);
    refuse(
      { SEPOLIA_RPC_URL: "garbage" },
      'SEPOLIA_RPC_URL must be an address such as https://rpc.example.org, not "garbage"',
    );
    refuse({ MAINNET_RPC_URL: "file:///etc" }, "MAINNET_RPC_URL must be an address");
    for (const bad of ["0x12", `0x${"00".repeat(32)}`, `0x${"ff".repeat(32)}`, `0x${"zz".repeat(32)}`]) {
      refuse({ DEPLOYER_KEY: bad }, /^DEPLOYER_KEY must be a private key, 0x and 64 hexadecimal digits$/);
    }
  });

  for (const [name, value] of [
    ["FUZZ_RUNS", "abc"],
    ["FUZZ_RUNS", "0"],
    ["FUZZ_RUNS", "0.0"],
    ["FUZZ_SEED", "abc"],
    ["FUZZ_SEED", ""],
  ]) {
    it(`refuses ${name}=${value}`, () => {
      const { status, stderr } = spawnSync(process.execPath, ["-r", register, resolve("test/helpers/fuzz.ts")], {
        encoding: "utf8",
        env: { ...process.env, [name]: value },
      });
      expect(status).to.not.equal(0);
      expect(stderr).to.contain(`${name}=${value}: give `);
    });
  }
});
