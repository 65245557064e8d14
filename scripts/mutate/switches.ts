/**
 * Many mutants in one build: at each place the source chooses between what it says and the mutants, by a constant that
 * is replaced in the bytecode. So the compiler runs once for all of them, and a mutant costs only its tests.
 */
import { compile, dependantsOf, QUICK_SETTINGS, sourceOf, type Diagnostic } from "./compiler";
import type { Edit, Host, Mutant, Range } from "./operators";

const CHOSEN = "mutantId()";
const PREFIX = "4c4147414e4d";
const NONE = 0xffff;

const numberOf = (index: number) => `0x${PREFIX}${index.toString(16).padStart(4, "0")}`;
/** The instruction that has the constant: PUSH8. */
const pushOf = (index: number) => `67${numberOf(index).slice(2)}`;

export interface Build {
  /** Those that compile, by their number. */
  mutants: Mutant[];
  uncompilable: Mutant[];
  bytecodes: Record<string, string>;
}

/** The bytecode in which the mutant of this number is switched on; none, without a number. */
export const switchOn = ({ bytecodes }: Build, index = NONE): Record<string, string> =>
  Object.fromEntries(
    Object.entries(bytecodes).map(([source, code]) => [source, code.replaceAll(pushOf(NONE), pushOf(index))]),
  );

/** A part of a source with one edit. */
function edited(bytes: Buffer, { start, end }: Range, edit: Edit): string {
  return bytes.toString("utf8", start, edit.start) + edit.text + bytes.toString("utf8", edit.end, end);
}

/** A mutant's source, without any switch. */
export function textOf({ file, edit }: Mutant): string {
  const bytes = Buffer.from(sourceOf(file));
  return edited(bytes, { start: 0, end: bytes.length }, edit);
}

/** The source with a switch for each of its mutants, which have the numbers given. */
function render(file: string, mutants: readonly (readonly [index: number, mutant: Mutant])[]): string {
  const bytes = Buffer.from(sourceOf(file));
  const hosts = new Map<string, { host: Host; variants: (readonly [number, Mutant])[] }>();
  for (const entry of mutants) {
    const { host } = entry[1];
    const key = `${host.start}-${host.end}`;
    const known = hosts.get(key) ?? { host, variants: [] };
    hosts.set(key, { host, variants: [...known.variants, entry] });
  }
  // an outer host before those within it
  const ordered = [...hosts.values()].sort((a, b) => a.host.start - b.host.start || b.host.end - a.host.end);
  let next = 0;

  function text({ start, end }: Range): string {
    let out = "";
    let at = start;
    while (next < ordered.length && ordered[next].host.start < end) {
      const { host, variants } = ordered[next++];
      out += bytes.toString("utf8", at, host.start);
      const inner = text(host);
      out +=
        host.kind === "statement"
          ? `{ ${choice(host, variants)} { ${inner} } }`
          : `(${choice(host, variants)} (${inner}))`;
      at = host.end;
    }
    return out + bytes.toString("utf8", at, end);
  }

  function choice(host: Host, variants: readonly (readonly [number, Mutant])[]): string {
    return variants
      .map(([index, { edit }]) => {
        const variant = edited(bytes, host, edit);
        const chosen = `${CHOSEN} == ${numberOf(index)}`;
        return host.kind === "statement" ? `if (${chosen}) { ${variant} } else` : `${chosen} ? (${variant}) :`;
      })
      .join(" ");
  }

  return `${text({ start: 0, end: bytes.length })}
function mutantId() pure returns (uint256) {
    return ${numberOf(NONE)};
}
`;
}

/** Number of the mutant that an error is about: the first whose choice it spans, else the one whose text it is in. */
function culpritOf({ sourceLocation, formattedMessage }: Diagnostic, texts: Readonly<Record<string, string>>): number {
  const text = sourceLocation && texts[sourceLocation.file];
  if (!text) throw new Error(formattedMessage);
  const bytes = Buffer.from(text);
  const pattern = new RegExp(`== 0x${PREFIX}([0-9a-f]{4})`, "g");
  const spanned = pattern.exec(bytes.toString("utf8", sourceLocation.start, sourceLocation.end));
  const before = [...bytes.toString("utf8", 0, sourceLocation.start).matchAll(pattern)].pop();
  const found = spanned ?? before;
  if (!found) throw new Error(formattedMessage);
  return parseInt(found[1], 16);
}

/** Compiles all of the mutants into one build, but for those that the compiler refuses. */
export async function build(mutants: readonly Mutant[], directory: string): Promise<Build> {
  const files = [...new Set(mutants.map(({ file }) => file))];
  const contracts = dependantsOf(files);
  const refused = new Set<number>();
  for (;;) {
    const accepted = mutants.map((mutant, i) => [i, mutant] as const).filter(([i]) => !refused.has(i));
    const texts = Object.fromEntries(
      files.map((file) => [
        file,
        render(
          file,
          accepted.filter(([, mutant]) => mutant.file === file),
        ),
      ]),
    );
    const { errors } = await compile(contracts, texts, "analysis", QUICK_SETTINGS, directory);
    if (!errors.length) {
      const { errors, bytecodes } = await compile(contracts, texts, "bytecode", QUICK_SETTINGS, directory);
      if (errors.length) throw new Error(errors[0].formattedMessage);
      return { mutants: [...mutants], uncompilable: [...refused].map((i) => mutants[i]), bytecodes };
    }
    for (const error of errors) refused.add(culpritOf(error, texts));
  }
}
