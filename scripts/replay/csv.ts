import { readFileSync } from "node:fs";

import { InputError } from "../lib/errors";
import { formatPercent } from "./format";
import type { Borrower, Step } from "./types";

const TIME_COLUMNS = [
  "timestamp",
  "timestamputc",
  "time",
  "timeutc",
  "datetime",
  "datetimeutc",
  "date",
  "dateutc",
  "unix",
  "unixtime",
  "unixtimestamp",
  "opentime",
  "snappedat",
  "updatedat",
];
const PRICE_COLUMNS = ["close", "price", "closeusd", "priceusd", "adjclose", "last"];
const DEBT_COLUMNS = ["debt", "debtusd", "debtvalue", "totaldebt", "totaldebtusd", "borrowed", "borrowedusd"];
const COLLATERAL_COLUMNS = [
  "collateral",
  "collateralusd",
  "collateralvalue",
  "totalcollateral",
  "totalcollateralusd",
  "supplied",
  "suppliedusd",
];
const HEALTH_COLUMNS = ["health", "healthfactor", "hf"];

/** Beyond this an account is out of reach of any crash, and its collateral would only strain the arithmetic. */
const MAX_HEALTH = 1_000;

/** What an oracle feed of eight decimals can tell with some precision. */
const MIN_PRICE = 1e-6;
const MAX_PRICE = 1e9;

/** The highest threshold that leaves room for a liquidator's share. */
const MAX_LLTV = 0.945;

/** A borrower book as a file tells it. */
export interface BookFile {
  book: Borrower[];
  /** Liquidation threshold of its accounts, a fraction of 1, if the file has all of health, debt and collateral. */
  lltv?: number;
  notes: string[];
}

interface Row {
  line: number;
  cells: string[];
}

interface Table {
  file: string;
  header: Row;
  rows: Row[];
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: "there is no such file", EISDIR: "that is a folder", EACCES: "no permission to read it" };
    throw new InputError(`${file}: ${reason[code as keyof typeof reason] ?? `it cannot be read (${code})`}`);
  }
}

/** Whichever separator the header uses most, outside quotes. */
function detectDelimiter(text: string): string {
  const header = text
    .trimStart()
    .split(/\r?\n/, 1)[0]
    .replace(/"[^"]*"/g, "");
  const count = (delimiter: string) => header.split(delimiter).length;
  return [",", ";", "\t"].reduce((best, next) => (count(next) > count(best) ? next : best));
}

/** RFC 4180 with any of the usual separators and line ends; empty lines are skipped. */
function parseTable(file: string, text: string): Table {
  const delimiter = detectDelimiter(text);
  const rows: Row[] = [];
  let row: Row = { line: 1, cells: [] };
  let cell = "";
  let quotedAt = 0;
  let line = 1;
  const endCell = () => {
    row.cells.push(cell.trim());
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.cells.some((value) => value !== "")) rows.push(row);
    row = { line, cells: [] };
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "\n") line++;
    if (quotedAt) {
      if (char !== '"') cell += char;
      else if (text[i + 1] === '"') cell += text[++i];
      else quotedAt = 0;
    } else if (char === '"' && cell.trim() === "") {
      cell = "";
      quotedAt = line;
    } else if (char === delimiter) endCell();
    else if (char === "\n") endRow();
    else if (char !== "\r") cell += char;
  }
  if (quotedAt) {
    throw new InputError(`${file}:${quotedAt}, column ${row.cells.length + 1}: close the quote that opens here`);
  }
  endRow();
  const [header, ...body] = rows;
  if (!header || !body.length) throw new InputError(`${file}:1, column 1: give a header line and rows below it`);
  return { file, header, rows: body };
}

function findColumn(table: Table, names: readonly string[]): number | undefined {
  const header = table.header.cells.map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ""));
  const found = names.map((name) => header.indexOf(name)).find((index) => index >= 0);
  return found;
}

function requireColumn(table: Table, what: string, names: readonly string[]): number {
  const column = findColumn(table, names);
  if (column !== undefined) return column;
  const { file, header } = table;
  throw new InputError(`${file}:${header.line}, columns ${header.cells.join(", ")}: name one of them ${what}`);
}

/** @throws InputError that names the file, the line and the column. */
function fail(table: Table, row: Row, column: number, reason: string): never {
  throw new InputError(`${table.file}:${row.line}, column ${table.header.cells[column]}: ${reason}`);
}

function cellOf(table: Table, row: Row, column: number): string {
  const value = row.cells[column];
  if (value) return value;
  return fail(table, row, column, "the value is missing");
}

/** `1234.5`, `2.25e-06`, `$1,234.50`, or `1234,5` where the comma separates nothing else. */
function numberOf(table: Table, row: Row, column: number): number {
  const text = cellOf(table, row, column);
  let plain = text.replace(/^([+-]?)[$€£]/, "$1");
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain)) plain = plain.replaceAll(",", "");
  else if (/^[+-]?\d+,\d+$/.test(plain)) plain = plain.replace(",", ".");
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return Number(plain);
  return fail(table, row, column, `"${text}" is not a number`);
}

/** Unix time in seconds to nanoseconds, told apart by its size; ISO 8601; UTC where no zone is given. */
function timeOf(table: Table, row: Row, column: number): number {
  const text = cellOf(table, row, column);
  if (/^\d+(\.\d+)?(e\+?\d+)?$/i.test(text)) {
    let time = Number(text);
    while (time >= 1e11) time /= 1000;
    if (time >= 1e8) return Math.floor(time);
  }
  const iso =
    /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i.exec(
      text,
    );
  if (iso) {
    const [, year, month, day, clock = "00:00", zone = "Z"] = iso;
    const time = Date.parse(`${year}-${month}-${day}T${clock}${/utc|z/i.test(zone) ? "Z" : zone}`);
    if (!Number.isNaN(time)) return time / 1000;
  }
  return fail(table, row, column, `write the time "${text}" as 2020-03-12T10:15:00Z or as unix seconds`);
}

/**
 * Reads prices from a CSV file with a timestamp and a price or close column, oldest first.
 * @throws InputError that names the file, line and column of what is wrong.
 */
export function readPrices(file: string): Step[] {
  const table = parseTable(file, read(file));
  const timeColumn = requireColumn(table, "timestamp", TIME_COLUMNS);
  const priceColumn = requireColumn(table, "close or price", PRICE_COLUMNS);
  const steps: Step[] = [];
  for (const row of table.rows) {
    const step = { time: timeOf(table, row, timeColumn), price: numberOf(table, row, priceColumn) };
    if (!(step.price > 0)) fail(table, row, priceColumn, `the price is ${step.price}, it must be above zero`);
    if (step.price < MIN_PRICE || step.price > MAX_PRICE) {
      fail(
        table,
        row,
        priceColumn,
        `the price is ${step.price}: choose units in which it is from 0.000001 to a billion`,
      );
    }
    const last = steps.at(-1);
    if (last && step.time === last.time) {
      fail(table, row, timeColumn, "the line before has the same time: keep one of them");
    }
    if (last && step.time < last.time) {
      fail(table, row, timeColumn, "the line before is later: sort the file by time, oldest first");
    }
    steps.push(step);
  }
  if (steps.length < 2) fail(table, table.rows[0], priceColumn, "give at least two prices");
  return steps;
}

/**
 * Reads a borrower book from a CSV file with debt and health or with collateral and debt, both in one currency. Health
 * is taken where both are there, and with the collateral it tells the liquidation threshold that the accounts lived
 * under.
 * @param defaultLltv The pool's threshold, a fraction of 1, in case the file does not tell one.
 * @returns The borrowers whom the pool would lend to, the threshold that the file tells, and what was left out.
 * @throws InputError that names the file, line and column of what is wrong.
 */
export function readBook(file: string, defaultLltv: number): BookFile {
  const table = parseTable(file, read(file));
  const debtColumn = requireColumn(table, "debt", DEBT_COLUMNS);
  const healthColumn = findColumn(table, HEALTH_COLUMNS);
  const collateralColumn = findColumn(table, COLLATERAL_COLUMNS);
  const column =
    healthColumn ??
    collateralColumn ??
    requireColumn(table, "health, or collateral in the currency of the debt", COLLATERAL_COLUMNS);

  const accounts: { debt: number; health: number }[] = [];
  let threshold = 0;
  let debtless = 0;
  let unhealthy = 0;
  for (const row of table.rows) {
    const debt = numberOf(table, row, debtColumn);
    if (debt < 0) fail(table, row, debtColumn, `the debt is ${debt}, it cannot be negative`);
    if (debt === 0) {
      debtless++;
      continue;
    }
    const value = numberOf(table, row, column);
    if (value < 0) fail(table, row, column, `the value is ${value}, it cannot be negative`);
    const health = healthColumn === undefined ? (value * defaultLltv) / debt : value;
    if (health < 1) {
      unhealthy++;
      continue;
    }
    accounts.push({ debt, health: Math.min(health, MAX_HEALTH) });
    if (healthColumn !== undefined && collateralColumn !== undefined) {
      const collateral = numberOf(table, row, collateralColumn);
      if (collateral > 0) threshold += (health * debt ** 2) / collateral;
    }
  }
  if (!accounts.length) {
    fail(table, table.rows[0], column, "no row has a debt that is healthy to begin with");
  }
  const total = accounts.reduce((sum, { debt }) => sum + debt, 0);

  const rows = (count: number) => `${count} ${count === 1 ? "row" : "rows"}`;
  const notes = [`${file}: ${accounts.length} borrowers`];
  if (debtless) notes.push(`${file}: ${rows(debtless)} without debt left out`);
  if (unhealthy) notes.push(`${file}: ${rows(unhealthy)} left out whose health is below 1 to begin with`);
  const book = accounts.map(({ debt, health }) => ({ share: debt / total, health }));
  if (!threshold) return { book, notes };
  const lltv = Math.min(Number((threshold / total).toFixed(3)), MAX_LLTV);
  notes.push(`${file}: LLTV ${formatPercent(lltv)}, as its accounts have by health, debt and collateral`);
  return { book, lltv, notes };
}
