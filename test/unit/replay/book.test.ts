import { expect } from "chai";

import { InputError } from "../../../scripts/lib/errors";
import { seededRandom, shuffled } from "../../../scripts/lib/random";
import { fitBook, generateBook, HEALTH_QUANTILES, healthQuantile } from "../../../scripts/replay/book";

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("replay: the borrower book", () => {
  for (const seed of [1, 2, 3, 4_294_967_295]) {
    it(`has the concentration and the health of a real one, seed ${seed}`, () => {
      const book = generateBook(200, seed);
      const shares = book.map(({ share }) => share);
      expect(book).to.have.length(200);
      expect(sum(shares)).to.be.closeTo(1, 1e-9);
      expect(shares).to.deep.equal([...shares].sort((a, b) => b - a));
      for (const [rank, share] of [
        [1, 0.11],
        [5, 0.38],
        [10, 0.55],
        [50, 0.87],
      ]) {
        expect(sum(shares.slice(0, rank)), `largest ${rank}`).to.be.closeTo(share, 1e-6);
      }
      for (const { below, health } of HEALTH_QUANTILES) {
        expect(healthQuantile(book, below) / health, `quantile ${below}`).to.be.closeTo(1, 0.01);
      }
      expect(Math.min(...book.map(({ health }) => health))).to.be.above(1);
    });
  }

  it("is the same for the same seed, and another for another", () => {
    expect(generateBook(200, 5)).to.deep.equal(generateBook(200, 5));
    expect(generateBook(200, 5)).to.not.deep.equal(generateBook(200, 6));
  });

  for (const count of [1, 2, 10, 51, 60, 1000]) {
    it(`takes ${count} borrowers`, () => {
      const shares = generateBook(count, 1).map(({ share }) => share);
      expect(shares).to.have.length(count);
      expect(sum(shares)).to.be.closeTo(1, 1e-9);
      expect(Math.min(...shares)).to.be.above(0);
    });
  }

  it("fits a book to a number of borrowers and a smallest debt", () => {
    const book = [
      { share: 0.1, health: 1.1 },
      { share: 0.5, health: 1.5 },
      { share: 0.399, health: 1.3 },
      { share: 0.001, health: 1.2 },
    ];
    const { book: fitted, notes } = fitBook(book, 4, 0.01);
    expect(fitted.map(({ health }) => health)).to.deep.equal([1.5, 1.3, 1.1]);
    expect(sum(fitted.map(({ share }) => share))).to.be.closeTo(1, 1e-12);
    expect(notes).to.deep.equal(["1 borrower left out, whose part of the debt is below the pool's minimum"]);
    expect(fitBook(book, 2, 0.01).book).to.deep.equal([
      { share: 0.5 / 0.899, health: 1.5 },
      { share: 0.399 / 0.899, health: 1.3 },
    ]);
    expect(fitBook(book, 2, 0.01).notes).to.deep.equal([]);
  });

  it("refuses a book of which nobody is left", () => {
    const book = Array.from({ length: 200 }, () => ({ share: 1 / 200, health: 1.5 }));
    expect(() => fitBook(book, 200, 0.01)).to.throw(InputError, "give --borrowers, 100 at most, to keep the largest");
    expect(fitBook(book, 99, 0.01).book).to.have.length(99);
  });

  it("draws uniformly and shuffles without loss", () => {
    const random = seededRandom(42);
    const draws = Array.from({ length: 10_000 }, random);
    expect(sum(draws) / draws.length).to.be.closeTo(0.5, 0.02);
    expect(Math.min(...draws)).to.be.within(0, 0.01);
    expect(Math.max(...draws)).to.be.within(0.99, 1);
    const items = Array.from({ length: 50 }, (_, i) => i);
    const mixed = shuffled(items, random);
    expect(mixed).to.not.deep.equal(items);
    expect(mixed.sort((a, b) => a - b)).to.deep.equal(items);
  });
});
