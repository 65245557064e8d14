import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readBook, readPrices } from "../../../scripts/replay/csv";
import { InputError } from "../../../scripts/lib/errors";

const NOON = Date.UTC(2020, 2, 12, 12) / 1000;
const EXPECTED = [
  { time: NOON, price: 140 },
  { time: NOON + 300, price: 137.5 },
];

describe("replay: CSV files", () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "replay-"));
    file = join(folder, "file.csv");
  });
  after(() => rmSync(folder, { recursive: true }));

  const write = (text: string) => writeFileSync(file, text);
  const pricesOf = (text: string) => {
    write(text);
    return readPrices(file).steps;
  };
  const bookOf = (text: string, lltv = 0.8) => {
    write(text);
    return readBook(file, lltv);
  };
  const expectRefusal = (read: () => unknown, message: string) =>
    expect(read).to.throw(InputError).with.property("message", `${file}:${message}`);

  describe("prices", () => {
    const exports: [what: string, text: string][] = [
      ["ISO times", "timestamp,price\n2020-03-12T12:00:00Z,140\n2020-03-12T12:05:00Z,137.5\n"],
      ["times without a zone as UTC", "time,price\n2020-03-12 12:00,140\n2020-03-12 12:05:00,137.5\n"],
      ["times in another zone", "time,price\n2020-03-12T13:00:00+01:00,140\n2020-03-12T13:05:00.000+0100,137.5\n"],
      ["a zone in words", "snapped_at,price\n2020-03-12 12:00:00 UTC,140\n2020-03-12 12:05:00 UTC,137.5\n"],
      ["unix seconds", `unix,close\n${NOON},140\n${NOON + 300},137.5`],
      ["unix milliseconds", `Unix Timestamp,Close\n${NOON}000,140\n${NOON + 300}000,137.5`],
      ["unix microseconds", `open_time,close\n${NOON}000000,140\n${NOON + 300}000000,137.5`],
      [
        "close among other columns",
        "Date,Open,High,Low,Close,Volume\n2020/03/12 12:00,1,2,3,140,4\n2020/03/12 12:05,1,2,3,137.5,4",
      ],
      ["names with units", "Timestamp (UTC),Close (USD)\n2020-03-12T12:00Z,140\n2020-03-12T12:05Z,137.5\n"],
      ["a byte order mark and CRLF", "\uFEFFtime,price\r\n2020-03-12T12:00Z,140\r\n2020-03-12T12:05Z,137.5\r\n"],
      ["semicolons and decimal commas", "time;price\n2020-03-12T12:00Z;140,0\n2020-03-12T12:05Z;137,5\n"],
      ["tabs", "time\tprice\n2020-03-12T12:00Z\t140\n2020-03-12T12:05Z\t1.375e2\n"],
      [
        "quotes",
        '"time","note","price"\n"2020-03-12T12:00Z","a, ""b""\nc","$140.00"\n"2020-03-12T12:05Z","","137.5"\n',
      ],
      ["empty lines", "\ntime,price\n\n2020-03-12T12:00Z,140\n\n2020-03-12T12:05Z,137.5\n\n"],
    ];
    for (const [what, text] of exports) {
      it(`reads ${what}`, () => expect(pricesOf(text)).to.deep.equal(EXPECTED));
    }

    it("reads thousands", () => {
      expect(
        pricesOf('time,price\n2020-03-12,"7,194.89"\n2020-03-13,"1,234,567"\n').map(({ price }) => price),
      ).to.deep.equal([7194.89, 1234567]);
    });

    const numbers: [what: string, delimiter: string, cells: [string, string], expected: [number, number]][] = [
      ["decimal commas where a cell can be nothing else", ";", ["0,998", "0,9125"], [0.998, 0.9125]],
      ["three digits after a comma, between semicolons", ";", ["1,234", "1,187"], [1.234, 1.187]],
      ["dots between thousands", ";", ["1.234,50", "987,654"], [1234.5, 987.654]],
      ["dots between thousands alone, where commas are decimal", ";", ["1.234", "987,5"], [1234, 987.5]],
      ["decimal points between semicolons", ";", ["1,234.5", "0.998"], [1234.5, 0.998]],
      ["decimal commas between tabs", "\t", ["1,234", "0,998"], [1.234, 0.998]],
      ["commas between thousands, where points are decimal", ",", ['"1,234"', "987.5"], [1234, 987.5]],
      ["quoted decimal commas", ",", ['"1,234"', '"0,998"'], [1.234, 0.998]],
      ["three digits after a point, between commas", ",", ["1.234", "1.187"], [1.234, 1.187]],
    ];
    for (const [what, delimiter, cells, expected] of numbers) {
      it(`reads ${what}`, () => {
        const text = ["time,price", `2020-03-12,${cells[0]}`, `2020-03-13,${cells[1]}`].map((line) =>
          line.replace(",", delimiter),
        );
        expect(pricesOf(text.join("\n")).map(({ price }) => price)).to.deep.equal(expected);
      });
    }

    const T = "2020-03-12T12:0";
    const refused: [what: string, text: string, message: string][] = [
      ["an empty file", "", "1, column 1: give a header line and rows below it"],
      ["a header alone", "time,price\n", "1, column 1: give a header line and rows below it"],
      ["no time", "when,price\n1,2\n", "1: no time column among when, price: rename one of them timestamp"],
      ["no price", "time,cost\n1,2\n", "1: no price column among time, cost: rename one of them price"],
      ["a price of 0", `time,price\n${T}0Z,1\n${T}1Z,0\n`, "3, column price: the price is 0, it must be above zero"],
      ["a negative price", `time,Close\n${T}0Z,-3\n`, "2, column Close: the price is -3, it must be above zero"],
      [
        "a price that no feed can tell",
        `time,price\n${T}0Z,1e-7\n`,
        "2, column price: the price is 1e-7: choose units in which it is from 0.000001 to a billion",
      ],
      ["a word for a price", `time,price\n${T}0Z,n/a\n`, '2, column price: "n/a" is not a number'],
      [
        "a comma that may be either",
        `time,price\n${T}0Z,"1,234"\n${T}1Z,"1,240"\n`,
        '2, column price: "1,234" may be 1234 or 1.234: write 1234 or 1.2340',
      ],
      [
        "a dot that may be either",
        `time;price\n${T}0Z;1.234\n${T}1Z;1.240\n`,
        '2, column price: "1.234" may be 1234 or 1.234: write 1234 or 1.2340',
      ],
      [
        "two decimal signs",
        `time;price\n${T}0Z;137,5\n${T}1Z;137.5\n`,
        '3, column price: "137.5" and "137,5" in line 2 differ in their decimal sign: use one',
      ],
      [
        "a price beyond all numbers",
        `time,price\n${T}0Z,1e400\n`,
        "2, column price: 1e400 is too large: choose larger units",
      ],
      ["two points in a price", `time,price\n${T}0Z,1.2.3\n`, '2, column price: "1.2.3" is not a number'],
      ["a missing price", `time,price\n${T}0Z,\n`, "2, column price: the value is missing"],
      [
        "a short row",
        `a,time,price\n1,${T}0Z,5\n1,${T}1Z\n`,
        '3: 2 cells under a header of 3: give each row as many, quote what has a "," in it',
      ],
      [
        "decimal commas that nobody quoted",
        `time,price\n${T}0Z,0,998\n`,
        '2: 3 cells under a header of 2: give each row as many, quote what has a "," in it',
      ],
      [
        "an ambiguous date",
        "time,price\n03/12/2020,5\n",
        '2, column time: write the time "03/12/2020" as 2020-03-12T10:15:00Z or as unix seconds',
      ],
      [
        "a day that does not exist",
        "time,price\n2020-13-12,5\n",
        '2, column time: there is no such time as "2020-13-12"',
      ],
      [
        "30 February",
        "time,price\n2020-02-30T12:00Z,5\n",
        '2, column time: there is no such time as "2020-02-30T12:00Z"',
      ],
      [
        "a date that looks like unix time",
        "time,price\n2020031210,5\n",
        '2, column time: write the time "2020031210" as 2020-03-12T10:15:00Z or as unix seconds',
      ],
      [
        "two columns of one name",
        "time,price,Price\n1,2,3\n",
        "1, column price: two columns have this name: rename or remove one",
      ],
      [
        "a long header, which it cuts",
        `${"x".repeat(200)},b,c,d,e,f,g,h,i\n1,2,3,4,5,6,7,8,9\n`,
        `1: no time column among ${"x".repeat(39)}…, b, c, d, e, f, g, h, …: rename one of them timestamp`,
      ],
      [
        "times out of order",
        `time,price\n${T}5Z,1\n${T}4Z,1\n`,
        "3, column time: the line before is later: sort the file by time, oldest first",
      ],
      [
        "a time twice",
        `time,price\n${T}5Z,1\n\n${T}5Z,1\n`,
        "4, column time: the line before has the same time: keep one of them",
      ],
      ["a single price", `time,price\n${T}5Z,1\n`, "2, column price: give at least two prices"],
      ["an open quote", `time,price\n${T}5Z,"1\n`, "2, column 2: close the quote that opens here"],
    ];
    for (const [what, text, message] of refused) {
      it(`refuses ${what}`, () => expectRefusal(() => pricesOf(text), message));
    }

    it("says which column it reads where there are several", () => {
      write("unix,date,Close,Adj Close\n1584014400,2020-03-12T12:00,140,70\n1584014700,2020-03-12T12:05,137.5,69\n");
      expect(readPrices(file)).to.deep.equal({
        steps: EXPECTED,
        notes: [`${file}: column date is read, not unix`, `${file}: column Close is read, not Adj Close`],
      });
    });

    for (const [what, bytes] of [
      ["UTF-16", Buffer.from("\uFEFFtime,price\n2020-03-12,5\n", "utf16le")],
      ["UTF-16 without a mark", Buffer.from("time,price\n2020-03-12,5\n", "utf16le")],
      ["Latin 1", Buffer.from("time,price\n2020-03-12,£5\n", "latin1")],
      ["a picture", Buffer.from("\x89PNG\r\n\x1a\n\0\0", "latin1")],
      ["an escape sequence", Buffer.from("\x1b[31mtime,price\n2020-03-12,5\n")],
    ] as const) {
      it(`refuses ${what}`, () => {
        writeFileSync(file, bytes);
        expect(() => readPrices(file))
          .to.throw(InputError)
          .with.property("message", `${file}: not a text file in UTF-8, save it as one`);
      });
    }

    it("names a file that is not there", () => {
      const missing = join(folder, "missing.csv");
      expect(() => readPrices(missing)).to.throw(InputError, `${missing}: there is no such file`);
      expect(() => readPrices(folder)).to.throw(InputError, `${folder}: that is a folder`);
    });
  });

  describe("books", () => {
    it("reads debt and health", () => {
      const { book, notes } = bookOf("account,health_factor,debt_usd\na,1.5,100\nb,1.2,300\n");
      expect(book).to.deep.equal([
        { share: 0.25, health: 1.5 },
        { share: 0.75, health: 1.2 },
      ]);
      expect(notes).to.deep.equal([`${file}: 2 borrowers`]);
    });

    it("reads collateral and debt under the pool's threshold", () => {
      expect(bookOf("Collateral;Debt\n200;100\n", 0.8).book).to.deep.equal([{ share: 1, health: 1.6 }]);
    });

    it("takes health where all three are there, and the threshold from them", () => {
      const { book, lltv, notes } = bookOf("collateral,debt,health\n110,100,1.03\n500,300,1.5\n");
      expect(book.map(({ health }) => health)).to.deep.equal([1.03, 1.5]);
      expect(lltv).to.equal(0.909); // a quarter of the debt under 1.03 · 100 / 110, the rest under 1.5 · 300 / 500
      expect(notes[1]).to.match(/LLTV 90\.9 %, as its accounts have/);
      expect(bookOf("debt,health\n100,1.03\n").lltv).to.equal(undefined);
    });

    it("leaves room for a liquidator", () => {
      const { lltv, notes } = bookOf("collateral,debt,health\n101,100,1\n");
      expect(lltv).to.equal(0.945);
      expect(notes[0]).to.equal(`${file}: 1 borrower`);
      expect(notes[1]).to.contain("LLTV 94.5 %, the highest there is; its accounts have 99.0 %");
    });

    it("leaves out and counts rows without debt, and those unhealthy to begin with", () => {
      const { book, notes } = bookOf("debt,health\n100,1.5\n0,\n0,99999\n50,0.97\n1e-3,8107528.7\n");
      expect(book.map(({ health }) => health)).to.deep.equal([1.5, 1000]);
      expect(notes).to.deep.equal([
        `${file}: 2 borrowers`,
        `${file}: 2 rows without debt left out`,
        `${file}: 1 row left out whose health is below 1 to begin with`,
      ]);
    });

    const refused: [what: string, text: string, message: string][] = [
      ["no debt", "health\n1\n", "1: no debt column among health: rename one of them debt"],
      [
        "debt alone",
        "debt\n1\n",
        "1: no health or collateral column among debt: name one of them health, or collateral in the currency of the debt",
      ],
      ["a negative debt", "debt,health\n-1,2\n", "2, column debt: the debt is -1, it cannot be negative"],
      ["a negative health", "debt,health\n1,-2\n", "2, column health: the value is -2, it cannot be negative"],
      [
        "a debt beyond all numbers",
        "debt,health\n1e400,2\n",
        "2, column debt: 1e400 is too large: choose larger units",
      ],
      [
        "a debt close to nothing",
        "debt,health\n1e-400,2\n",
        "2, column debt: 1e-400 is too small: choose smaller units",
      ],
      [
        "a threshold below 1 %",
        "debt,collateral,health\n1,160,1.5\n1000,160000,1.5\n",
        "2, column collateral: health × debt / collateral, the LLTV, is 0.938 %: give debt and collateral in one currency, for an LLTV of at least 1 %",
      ],
      [
        "a threshold above 100 %",
        "debt,collateral,health\n100,50,1.5\n",
        "2, column collateral: health × debt / collateral, the LLTV, is 300 %: give debt and collateral in one currency, for an LLTV of at most 100 %",
      ],
      [
        "health without collateral",
        "debt,collateral,health\n100,0,1.5\n",
        "2, column collateral: the collateral is 0, but there is a debt that it keeps healthy",
      ],
      ["a word", "debt,health\n1,good\n", '2, column health: "good" is not a number'],
      [
        "nothing to lend to",
        "debt,health\n0,2\n5,0.9\n",
        "2, column health: no row has a debt that is healthy to begin with",
      ],
    ];
    for (const [what, text, message] of refused) {
      it(`refuses ${what}`, () => expectRefusal(() => bookOf(text), message));
    }
  });
});
