/** What every command has in common: how it reads its command line, and how it ends. */
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";

import { InputError } from "./errors";

/** Runs a command; a mistake on its command line is one line, and exit code 2. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

/**
 * Reads the arguments of this process. Positional ones are refused unless `allowPositionals` says otherwise; beside
 * `--help` they do no harm.
 * @throws InputError with what Node has to say about the arguments.
 */
export function parseCommandLine<T extends ParseArgsConfig>(config: T) {
  const parsed = parse(config);
  const { help } = parsed.values as { help?: boolean };
  if (parsed.positionals.length && !config.allowPositionals && !help) {
    throw new InputError(`${parsed.positionals.join(" ")}: there are no commands, see --help`);
  }
  return parsed;
}

function parse<T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs({ ...config, allowPositionals: true as const });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InputError(`${error.message.split(/\.? To specify/)[0]}: see --help`);
  }
}

/**
 * Minutes of work must not end with a file that cannot be written.
 * @param flag with its dashes
 * @throws InputError if there is no folder for the file, or a folder in its place.
 */
export function checkOutput(flag: string, file: string): void {
  if (file === "") throw new InputError(`${flag} needs the name of a file`);
  const folder = dirname(file);
  if (!existsSync(folder)) throw new InputError(`${flag} ${file}: create the folder ${folder} first`);
  if (existsSync(file) && statSync(file).isDirectory()) {
    throw new InputError(`${flag} ${file}: that is a folder, name a file in it`);
  }
}
