import { expect } from "chai";
import solc from "solc";

import { constantsOf, mutantsOf, type Node } from "../../scripts/mutate/operators";

describe("Mutation testing: the operators", () => {
  /** The mutants of a function's statements: operator, and what stands in place of what. */
  function mutantsIn(statements: string): string[] {
    const text = `library L {
    uint256 private constant LIMIT = 10;
    error TooLarge();
    function less(uint256 a, uint256 b) private pure returns (uint256) { return a - b; }
    function f(uint256 a, uint256 b) internal pure returns (uint256 c) {
        // τ takes two bytes
        ${statements}
    }
}`;
    const input = {
      language: "Solidity",
      sources: { L: { content: text } },
      settings: { outputSelection: { "*": { "": ["ast"] } } },
    };
    const output = JSON.parse(solc.compile(JSON.stringify(input))) as { sources: { L: { ast: Node } } };
    const { ast } = output.sources.L;
    const bytes = Buffer.from(text);
    const mutants = mutantsOf({ file: "L", bytes, ast }, new Set(constantsOf(ast)), ["f"]);
    expect(new Set(mutants.map(({ id }) => id)).size).to.equal(mutants.length);
    return mutants.map(({ id, edit }) => {
      const [, line, , operator] = id.split(":");
      expect(line).to.equal("7");
      return `${operator}: ${bytes.toString("utf8", edit.start, edit.end)} → ${edit.text}`;
    });
  }

  it("exchange operators, and round a division the other way", () => {
    expect(mutantsIn("c = a / b;")).to.deep.equal([
      "deletion: c = a / b; → {}",
      "arithmetic: a / b → (a * b)",
      "rounding: a / b → ((a + b - 1) / b)",
    ]);
    expect(mutantsIn("c += a;")).to.deep.equal(["deletion: c += a; → {}", "arithmetic: c += a → c -= a"]);
  });

  it("move limits, change constants by one, and let conditions always or never hold", () => {
    expect(mutantsIn("if (a < LIMIT) return b;")).to.deep.equal([
      "condition: a < LIMIT → false",
      "condition: a < LIMIT → true",
      "boundary: a < LIMIT → (a <= LIMIT)",
      "constant: LIMIT → (LIMIT + 1)",
      "constant: LIMIT → (LIMIT - 1)",
    ]);
  });

  it("never let a refusal always happen: any test would notice", () => {
    expect(mutantsIn("if (a == b) revert TooLarge();")).to.deep.equal([
      "condition: a == b → false",
      "equality: a == b → (a != b)",
    ]);
  });

  it("exchange arguments of one type", () => {
    expect(mutantsIn("c = less(a, b);")).to.deep.equal([
      "deletion: c = less(a, b); → {}",
      "arguments: less(a, b) → less(b, a)",
    ]);
  });
});
