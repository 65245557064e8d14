import { join } from "node:path";

/** The platform has no binary of a tool, or it was not installed. */
export class MissingTool extends Error {}

/** Path of the binary that npm installed for this platform. */
export function binaryOf(tool: "anvil" | "forge"): string {
  const arch = { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch;
  const name = `@foundry-rs/${tool}-${process.platform}-${arch}`;
  const file = join(name, "bin", process.platform === "win32" ? `${tool}.exe` : tool);
  try {
    return require.resolve(file);
  } catch {
    throw new MissingTool(
      `${name} is not installed: npm has it for Linux, macOS and Windows only, and leaves it out if told to omit optional packages`,
    );
  }
}
