/** What every command has in common: how it reads its command line, and how it ends. */
import { parseArgs, type ParseArgsConfig } from "node:util";

import { InputError } from "./errors";

/** Runs a command; a mistake on its command line is one line, and exit code 2. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  endWithReader(process.stdout);
  endWithReader(process.stderr);
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

/** Whoever reads along may stop before the end, as `head` does: then there is nobody to tell. */
function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}
