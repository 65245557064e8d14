import { binaryOf } from "../foundry";
import type { Finding } from "./findings";
import { run } from "./tools";

/** What is used of a line of forge lint's report, which is rustc's format. */
interface Diagnostic {
  message: string;
  code: { code: string } | null;
  spans: { file_name: string; text: { text: string; highlight_start: number; highlight_end: number }[] }[];
}

export function lintContracts(): Finding[] {
  const { stdout, stderr } = run({ command: binaryOf("forge"), args: ["lint"] }, ["contracts", "--json"], {
    quiet: true,
    // apart from the cache of builds: lint would mark changed sources there as known, and a build would skip them
    env: { FOUNDRY_OUT: "cache/analyse/out", FOUNDRY_CACHE_PATH: "cache/analyse/forge" },
  });
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.startsWith('{"$message_type"'));
  if (!lines.length) throw new Error(`forge lint has said nothing:\n${stdout}${stderr}`);
  return lines.map((line) => {
    const { message, code, spans } = JSON.parse(line) as Diagnostic;
    const place = spans.map(
      ({ file_name, text }) =>
        `${file_name}: ${text.map((l) => l.text.slice(l.highlight_start - 1, l.highlight_end - 1).trim()).join(" ")}`,
    );
    return { tool: "forge lint", rule: code?.code ?? "no rule", what: place.join(", ") || message };
  });
}
