/** What a tool has to say of one place. */
export interface Finding {
  tool: "forge lint" | "slither";
  rule: string;
  /** The place and what is there, without line numbers: those move. */
  what: string;
}

/** Findings of one rule that stay, and why. */
export interface Acceptance {
  tool: Finding["tool"];
  rule: string;
  why: string;
  /** Each as it is found; "any" if the rule has nothing to say about these contracts. */
  findings: readonly string[] | "any";
}

/** What nobody has accepted, and what was accepted and is not found any more. */
export interface Verdict {
  open: Finding[];
  stale: Finding[];
}

const keyOf = ({ tool, rule, what }: Finding) => [tool, rule, what].join("\n");

/** @param ran the tools whose findings these are: of others, nothing is stale */
export function judge(
  findings: readonly Finding[],
  acceptances: readonly Acceptance[],
  ran: readonly Finding["tool"][],
): Verdict {
  const found = new Map(findings.map((finding) => [keyOf(finding), finding]));
  const stale: Finding[] = [];
  for (const { tool, rule, findings: accepted } of acceptances) {
    if (!ran.includes(tool)) continue;
    if (accepted === "any") {
      const those = [...found].filter(([, finding]) => finding.tool === tool && finding.rule === rule);
      for (const [key] of those) found.delete(key);
      if (!those.length) stale.push({ tool, rule, what: "any" });
      continue;
    }
    for (const what of accepted) {
      if (!found.delete(keyOf({ tool, rule, what }))) stale.push({ tool, rule, what });
    }
  }
  return { open: [...found.values()], stale };
}
