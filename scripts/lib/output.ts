/** Files that a command writes. Minutes of work must not end with one that cannot be written. */
import { closeSync, existsSync, openSync, realpathSync, statSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import { InputError } from "./errors";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission to write it",
  EPERM: "no permission to write it",
  EROFS: "the disk is read-only",
  ENOSPC: "no space is left there",
  ENOTDIR: "there is no such folder",
};

function refusal(flag: string, file: string, error: unknown): InputError {
  const { code } = error as NodeJS.ErrnoException;
  return new InputError(`${flag} ${file}: ${REASONS[code ?? ""] ?? `it cannot be written (${code})`}`);
}

/**
 * Tries whether a file can be written, and leaves it as it was.
 * @param flag with its dashes
 * @throws InputError if it cannot.
 */
export function checkOutput(flag: string, file: string): void {
  if (file === "") throw new InputError(`${flag} needs the name of a file`);
  const folder = dirname(file);
  if (!existsSync(folder)) throw new InputError(`${flag} ${file}: create the folder ${folder} first`);
  const existing = existsSync(file) ? statSync(file) : undefined;
  if (existing?.isDirectory()) throw new InputError(`${flag} ${file}: that is a folder, name a file in it`);
  if (existing?.isFIFO()) return; // would wait for its reader
  try {
    const handle = openSync(file, "a");
    try {
      // A full device can be opened; an empty line does a terminal no harm.
      if (existing?.isCharacterDevice()) writeSync(handle, "\n");
    } finally {
      closeSync(handle);
    }
    if (!existing) unlinkSync(realpathSync(file));
  } catch (error) {
    throw refusal(flag, file, error);
  }
}

/**
 * The same for all files of a command.
 * @param outputs the file of each flag, if it was given
 * @param inputs what must not be overwritten
 * @throws InputError if one cannot be written, or is another of them.
 */
export function checkOutputs(outputs: Record<string, string | undefined>, inputs: typeof outputs = {}): void {
  const taken = Object.entries(inputs);
  for (const [flag, file] of Object.entries(outputs)) {
    if (file === undefined) continue;
    checkOutput(flag, file);
    const [other] = taken.find(([, known]) => known && placeOf(known) === placeOf(file)) ?? [];
    if (other) throw new InputError(`${flag} ${file}: ${other} has the same file, name another`);
    taken.push([flag, file]);
  }
}

/** One name for each file, whatever links lead to it. */
function placeOf(file: string): string {
  if (existsSync(file)) return realpathSync(file);
  const folder = dirname(resolve(file));
  return existsSync(folder) ? join(realpathSync(folder), basename(file)) : file;
}

/** @throws InputError if the file cannot be written after all. */
export function writeOutput(flag: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw refusal(flag, file, error);
  }
}
