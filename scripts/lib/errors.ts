/** Something the person at the keyboard can put right: shown as one line, without a stack trace, with exit code 2. */
export class InputError extends Error {
  override readonly name = "InputError";
}
