import { readFileSync } from "node:fs";

import { InputError } from "../lib/errors";
import { formatPercent } from "./format";
import { parseIso } from "./time";
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

/** Beyond this, sums and products of numbers would be none. */
const MAX_NUMBER = 1e60;

/** A pool may have less, but no book does whose columns are in one currency. */
const MIN_LLTV = 0.01;

/** The highest threshold that leaves room for a liquidator's share. */
const MAX_LLTV = 0.945;

/** Of what a message quotes. */
const LONGEST = 40;
const MOST_NAMES = 8;

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
  delimiter: string;
  header: Row;
  rows: Row[];
}

/** What no text has in it, but UTF-16 and other files do. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/;

function read(file: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
    if (!CONTROL.test(text)) return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: "there is no such file", EISDIR: "that is a folder", EACCES: "no permission to read it" };
    if (code !== "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw new InputError(`${file}: ${reason[code as keyof typeof reason] ?? `it cannot be read (${code})`}`);
    }
  }
  throw new InputError(`${file}: not a text file in UTF-8, save it as one`);
}

/** What a file says, fit to be printed: in one line, and not too long. */
function shown(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
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
  const width = header.cells.length;
  for (const { line, cells } of body) {
    if (cells.length === width) continue;
    const count = `${cells.length} ${cells.length === 1 ? "cell" : "cells"}`;
    throw new InputError(
      `${file}:${line}: ${count} under a header of ${width}: give each row as many, quote what has a "${delimiter === "\t" ? "tab" : delimiter}" in it`,
    );
  }
  return { file, delimiter, header, rows: body };
}

/**
 * The column that goes by the first of `names` that there is.
 * @param notes gets a line if there are others, which might have been meant
 * @throws InputError if two have that name.
 */
function findColumn(table: Table, names: readonly string[], notes: string[]): number | undefined {
  const header = table.header.cells.map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ""));
  const name = names.find((known) => header.includes(known));
  if (name === undefined) return undefined;
  const column = header.indexOf(name);
  if (header.indexOf(name, column + 1) >= 0) {
    fail(table, table.header, column, "two columns have this name: rename or remove one");
  }
  const others = header.flatMap((known, i) => (i !== column && names.includes(known) ? [nameOf(table, i)] : []));
  if (others.length) notes.push(`${table.file}: column ${nameOf(table, column)} is read, not ${others.join(", ")}`);
  return column;
}

/**
 * @param what the column is about
 * @param rename what to call it
 */
function requireColumn(table: Table, what: string, rename: string, names: readonly string[], notes: string[]): number {
  const column = findColumn(table, names, notes);
  if (column !== undefined) return column;
  const { file, header } = table;
  const shownNames = header.cells.slice(0, MOST_NAMES).map((_, i) => nameOf(table, i));
  if (header.cells.length > MOST_NAMES) shownNames.push("…");
  throw new InputError(`${file}:${header.line}: no ${what} column among ${shownNames.join(", ")}: ${rename}`);
}

/** What to call a column in a message. */
function nameOf({ header }: Table, column: number): string {
  return shown(header.cells[column]) || String(column + 1);
}

/** @throws InputError that names the file, the line and the column. */
function fail(table: Table, row: Row, column: number, reason: string): never {
  throw new InputError(`${table.file}:${row.line}, column ${nameOf(table, column)}: ${reason}`);
}

function cellOf(table: Table, row: Row, column: number): string {
  const value = row.cells[column];
  if (value) return value;
  return fail(table, row, column, "the value is missing");
}

type Sign = "." | ",";

/** The decimal sign that goes with a delimiter; with tabs it can be either. */
const USUAL_SIGN: Readonly<Record<string, Sign | undefined>> = { ",": ".", ";": "," };

/** `1234.5`, `2.25e-06`, `$1,234.50` with a decimal point, `1234,5` and `1.234,50` with a decimal comma. */
const NUMBERS: Record<Sign, RegExp> = {
  ".": /^[+-]?([1-9]\d{0,2}(,\d{3})+(\.\d*)?|(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?)$/i,
  ",": /^[+-]?([1-9]\d{0,2}(\.\d{3})+(,\d*)?|(\d+(,\d*)?|,\d+)(e[+-]?\d+)?)$/i,
};

function parseNumber(text: string, decimal: Sign): number | undefined {
  const plain = text.replace(/^([+-]?)[$€£]/, "$1");
  if (!NUMBERS[decimal].test(plain)) return undefined;
  return Number(plain.replaceAll(decimal === "." ? "," : ".", "").replace(decimal, "."));
}

/**
 * The decimal sign of a column: what its cells cannot do without, else the usual one of the delimiter.
 * @throws InputError if cells contradict each other, or `1,234` may as well be 1234 as 1.234.
 */
function decimalSignOf(table: Table, column: number): Sign {
  let told: { sign: Sign; text: string; line: number } | undefined;
  const unclear: { row: Row; text: string; sign: Sign }[] = [];
  for (const row of table.rows) {
    const text = row.cells[column];
    const [point, comma] = [parseNumber(text, "."), parseNumber(text, ",")];
    if (point === comma) continue;
    if (point !== undefined && comma !== undefined) {
      unclear.push({ row, text, sign: text.includes(",") ? "," : "." });
      continue;
    }
    const sign = comma === undefined ? "." : ",";
    if (told && told.sign !== sign) {
      fail(
        table,
        row,
        column,
        `"${shown(text)}" and "${shown(told.text)}" in line ${told.line} differ in their decimal sign: use one`,
      );
    }
    told ??= { sign, text, line: row.line };
  }
  if (told) return told.sign;
  const usual = USUAL_SIGN[table.delimiter];
  const unusual = unclear.find(({ sign }) => sign !== usual);
  if (unusual) {
    const { row, text } = unusual;
    const [whole, part] = [".", ","].map((sign) => parseNumber(text, sign as Sign)!).sort((a, b) => b - a);
    fail(table, row, column, `"${text}" may be ${whole} or ${part}: write ${whole} or ${part.toFixed(4)}`);
  }
  return usual ?? ".";
}

/** Reads the numbers of a column. */
function numbersOf(table: Table, column: number): (row: Row) => number {
  const sign = decimalSignOf(table, column);
  return (row) => {
    const text = cellOf(table, row, column);
    const value = parseNumber(text, sign);
    if (value === undefined) return fail(table, row, column, `"${shown(text)}" is not a number`);
    const size = Math.abs(value);
    if (size > MAX_NUMBER) fail(table, row, column, `${shown(text)} is too large: choose larger units`);
    if (size === 0 && /[1-9]/.test(text.split(/e/i)[0])) {
      fail(table, row, column, `${shown(text)} is too small: choose smaller units`);
    }
    return value;
  };
}

/** Unix seconds are between these, from 1989 to 2033; 2020031210 and its like are beyond. */
const MIN_UNIX = 6e8;
const MAX_UNIX = 2e9;

const ISO = /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;

/** Unix time in seconds to nanoseconds, told apart by its size; ISO 8601; UTC where no zone is given. */
function timeOf(table: Table, row: Row, column: number): number {
  const text = cellOf(table, row, column);
  if (/^\d+(\.\d+)?(e\+?\d+)?$/i.test(text)) {
    let time = Number(text);
    while (time >= 1e11 && Number.isFinite(time)) time /= 1000;
    if (time >= MIN_UNIX && time <= MAX_UNIX) return Math.floor(time);
  }
  const iso = ISO.exec(text);
  if (iso) {
    const [, year, month, day, clock = "00:00", zone = "Z"] = iso;
    const time = parseIso(`${year}-${month}-${day}T${clock}${/utc|z/i.test(zone) ? "Z" : zone}`);
    if (!Number.isNaN(time)) return time;
    fail(table, row, column, `there is no such time as "${shown(text)}"`);
  }
  return fail(table, row, column, `write the time "${shown(text)}" as 2020-03-12T10:15:00Z or as unix seconds`);
}

/**
 * Reads prices from a CSV file with a timestamp and a price or close column, oldest first.
 * @returns The prices, and which columns they are, where that was not plain.
 * @throws InputError that names the file, line and column of what is wrong.
 */
export function readPrices(file: string): { steps: Step[]; notes: string[] } {
  const table = parseTable(file, read(file));
  const notes: string[] = [];
  const timeColumn = requireColumn(table, "time", "rename one of them timestamp", TIME_COLUMNS, notes);
  const priceColumn = requireColumn(table, "price", "rename one of them price", PRICE_COLUMNS, notes);
  const steps: Step[] = [];
  const priceOf = numbersOf(table, priceColumn);
  for (const row of table.rows) {
    const step = { time: timeOf(table, row, timeColumn), price: priceOf(row) };
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
  return { steps, notes };
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
  const notes: string[] = [];
  const debtColumn = requireColumn(table, "debt", "rename one of them debt", DEBT_COLUMNS, notes);
  const healthColumn = findColumn(table, HEALTH_COLUMNS, notes);
  const collateralColumn = findColumn(table, COLLATERAL_COLUMNS, notes);
  const column =
    healthColumn ??
    collateralColumn ??
    requireColumn(
      table,
      "health or collateral",
      "name one of them health, or collateral in the currency of the debt",
      COLLATERAL_COLUMNS,
      notes,
    );

  const accounts: { row: Row; debt: number; health: number; lltv: number }[] = [];
  let debtless = 0;
  let unhealthy = 0;
  const debtOf = numbersOf(table, debtColumn);
  const valueOf = numbersOf(table, column);
  const told = healthColumn !== undefined && collateralColumn !== undefined;
  const collateralOf = told ? numbersOf(table, collateralColumn) : undefined;
  for (const row of table.rows) {
    const debt = debtOf(row);
    if (debt < 0) fail(table, row, debtColumn, `the debt is ${debt}, it cannot be negative`);
    if (debt === 0) {
      debtless++;
      continue;
    }
    const value = valueOf(row);
    if (value < 0) fail(table, row, column, `the value is ${value}, it cannot be negative`);
    const health = healthColumn === undefined ? (value * defaultLltv) / debt : value;
    if (health < 1) {
      unhealthy++;
      continue;
    }
    const collateral = collateralOf?.(row);
    if (collateral !== undefined && collateral <= 0) {
      fail(table, row, collateralColumn!, `the collateral is ${collateral}, but there is a debt that it keeps healthy`);
    }
    const lltv = collateral === undefined ? defaultLltv : (health * debt) / collateral;
    accounts.push({ row, debt, health: Math.min(health, MAX_HEALTH), lltv });
  }
  if (!accounts.length) {
    fail(table, table.rows[0], column, "no row has a debt that is healthy to begin with");
  }
  const total = accounts.reduce((sum, { debt }) => sum + debt, 0);

  const rows = (count: number) => `${count} ${count === 1 ? "row" : "rows"}`;
  const borrowers = `${accounts.length} ${accounts.length === 1 ? "borrower" : "borrowers"}`;
  notes.push(`${file}: ${borrowers}`);
  if (debtless) notes.push(`${file}: ${rows(debtless)} without debt left out`);
  if (unhealthy) notes.push(`${file}: ${rows(unhealthy)} left out whose health is below 1 to begin with`);
  const book = accounts.map(({ debt, health }) => ({ share: debt / total, health }));
  if (!told) return { book, notes };

  const implied = Number(accounts.reduce((sum, { debt, lltv }) => sum + (debt / total) * lltv, 0).toFixed(3));
  if (!(implied >= MIN_LLTV && implied <= 1)) {
    const off = accounts.reduce((most, next) => (implied < MIN_LLTV === next.lltv < most.lltv ? next : most));
    const bound = implied < MIN_LLTV ? "at least 1" : "at most 100";
    fail(
      table,
      off.row,
      collateralColumn,
      `health × debt / collateral, the LLTV, is ${Number((100 * off.lltv).toPrecision(3))} %: give debt and collateral in one currency, for an LLTV of ${bound} %`,
    );
  }
  const lltv = Math.min(implied, MAX_LLTV);
  notes.push(
    implied > MAX_LLTV
      ? `${file}: LLTV ${formatPercent(lltv)}, the highest there is; its accounts have ${formatPercent(implied)} by health, debt and collateral`
      : `${file}: LLTV ${formatPercent(lltv)}, as its accounts have by health, debt and collateral`,
  );
  return { book, lltv, notes };
}
