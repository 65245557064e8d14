import { existsSync } from "node:fs";

if (existsSync(".env")) process.loadEnvFile();

/** The environment, with what .env adds to it; see .env.example. */
export const { env } = process;
