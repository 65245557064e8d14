import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/* The packages of this folder are not the repository's, and types of packages that may be absent cannot be imported. */

const LOCK = join(__dirname, "package-lock.json");
/** npm's own record of what it has installed. */
const INSTALLED = join(__dirname, "node_modules", ".package-lock.json");

/** Installs what the lock file of this folder says, unless that has been done. */
export function installPackages(): void {
  if (existsSync(INSTALLED) && versionsIn(INSTALLED) === versionsIn(LOCK)) return;
  console.log("Installing the peers' packages …");
  const { status } = spawnSync("npm", ["ci", "--prefix", __dirname], { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error("npm could not install the packages of bench/");
}

function versionsIn(lock: string): string {
  const { packages } = JSON.parse(readFileSync(lock, "utf8")) as { packages: Record<string, { version: string }> };
  const versions = Object.entries(packages).filter(([path]) => path !== "");
  return JSON.stringify(versions.map(([path, { version }]) => `${path}@${version}`).sort());
}

/** A module of this folder's packages, as `T` describes what is used of it. */
export function loadPackage<T>(id: string): T {
  return createRequire(__filename)(id) as T;
}

/** Path of a file in one of this folder's packages. */
export function fileIn(name: string, path: string): string {
  return join(__dirname, "node_modules", name, path);
}
