import { parseCommandLine, runCommand } from "./lib/command";
import { InputError } from "./lib/errors";
import { checkOutput, writeOutput } from "./lib/output";
import { formatGas, table } from "./lib/table";
import type { Measured, Size } from "./scale/measure";
import { toJson, verdictsOf } from "./scale/verdict";

const FEWEST = 10;
const MOST = 10_000;
const SIZES = [FEWEST, 1_000, MOST];

const HELP = `One pool with ten lenders and as many borrowers, and with thousands: what does their number cost?

  npm run scale -- [options]

  --lenders N    compare ten lenders with N (${FEWEST} to ${MOST}) instead of 1,000 and 10,000
  --borrowers N  the same for borrowers
  --json FILE    write what was measured as JSON
  --help         show this

All lend and owe the same together at every size, so that nothing but the number differs: then every operation costs the same, to
the unit of gas. PoolLens reads everybody in pages, which grows with the number.

Exit code 0: nothing costs more among many, and every identity held; 1: something does, or one broke; 2: the command line.`;

interface Options {
  sizes: Size[];
  json?: string;
}

function parseOptions(): Options | undefined {
  const { values } = parseCommandLine({
    options: {
      help: { type: "boolean" },
      lenders: { type: "string" },
      borrowers: { type: "string" },
      json: { type: "string" },
    },
  });
  if (values.help) return undefined;
  const { lenders, borrowers, json } = values;
  if (json !== undefined) checkOutput("--json", json);
  if (lenders === undefined && borrowers === undefined) {
    return { sizes: SIZES.map((size) => ({ lenders: size, borrowers: size })), json };
  }
  const asked = { lenders: numberOf("--lenders", lenders), borrowers: numberOf("--borrowers", borrowers) };
  return { sizes: [{ lenders: FEWEST, borrowers: FEWEST }, asked], json };
}

function numberOf(flag: string, value = String(MOST)): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= FEWEST && number <= MOST) return number;
  throw new InputError(`${flag} ${value}: give a whole number from ${FEWEST} to ${MOST}`);
}

function print(all: readonly Measured[]): void {
  const titles = all.map(({ lenders, borrowers }) => [lenders, borrowers].map(formatGas).join(" + "));
  const verdicts = verdictsOf(all);
  console.log(`\nGas, by lenders + borrowers:\n`);
  console.log(
    table(
      ["", ...titles, "verdict"],
      verdicts.map(({ operation, gas, growth }) => [
        operation,
        ...gas.map(formatGas),
        growth > 0 ? `GROWS by ${formatGas(growth)}` : gas.every((cost) => cost === gas[0]) ? "same" : "no more",
      ]),
    ),
  );
  console.log(`\nPoolLens, calls of at most 50 million gas and seconds to read all of:\n`);
  const kinds = Object.keys(all[0].paging) as (keyof Measured["paging"])[];
  const cellOf = ({ calls, seconds }: Measured["paging"][(typeof kinds)[number]]) =>
    `${calls} · ${seconds.toFixed(1)} s`;
  console.log(
    table(
      ["", ...titles],
      [
        ...kinds.map((kind) => [kind, ...all.map(({ paging }) => cellOf(paging[kind]))]),
        ["occupied ticks", ...all.map(({ ticks }) => String(ticks))],
      ],
    ),
  );
  const broken = printIdentities(all);
  if (broken || verdicts.some(({ growth }) => growth > 0)) process.exitCode = 1;
}

/** @returns how many are broken */
function printIdentities(all: readonly Measured[]): number {
  console.log("\nHeld at every size, or else:\n");
  for (const { name } of all[0].identities) console.log(`  ${name}`);
  const broken = all.flatMap((measured) => measured.identities).filter(({ is, shouldBe }) => is !== shouldBe);
  for (const { name, is, shouldBe } of broken) console.error(`VIOLATED  ${name}: ${is}, not ${shouldBe}`);
  return broken.length;
}

void runCommand(async () => {
  const options = parseOptions();
  if (!options) return console.log(HELP);
  const { measureScale } = await import("./scale/measure");
  const all = await measureScale(options.sizes, ({ lenders, borrowers, seconds }) =>
    console.log(`${formatGas(lenders)} lenders and ${formatGas(borrowers)} borrowers: ${seconds.toFixed(0)} s`),
  );
  print(all);
  if (options.json !== undefined) writeOutput("--json", options.json, `${JSON.stringify(toJson(all), null, 2)}\n`);
});
