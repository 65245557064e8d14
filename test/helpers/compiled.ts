/**
 * For tests of the compiled code itself (its gas, its writes, its stipends): `it`, but in a coverage run, whose instrumented build
 * is other code.
 */
export const itCompiled = process.env.COVERAGE ? it.skip : it;
