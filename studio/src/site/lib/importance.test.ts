import { expect, test } from "vitest";
import { importances, ranks } from "./importance";

// A generator with a fixed seed: chance, and the same each time.
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("a parameter that decides comes first, and one of chance tells little", () => {
  const random = chance(7);
  const rate = Array.from({ length: 200 }, random);
  const seed = Array.from({ length: 200 }, random);
  const metric = rate.map((each) => each * each + 0.05 * random());

  const [first, second] = importances({ seed, rate }, metric);

  expect(first?.name).toBe("rate");
  expect(first?.share).toBeGreaterThan(0.85);
  expect(first?.correlation).toBeGreaterThan(0.95);
  expect(second?.share).toBeLessThan(0.08);
});

test("a best value in the middle is seen although the correlation is near 0", () => {
  const x = Array.from({ length: 100 }, (_, index) => index - 49.5);

  const [found] = importances({ x }, x.map((each) => -each * each));

  expect(Math.abs(found?.correlation ?? 1)).toBeLessThan(0.01);
  expect(found?.share).toBeGreaterThan(0.6);
});

test("texts are groups without a correlation, and numbers as text are numbers", () => {
  const found = importances(
    { optimizer: ["sgd", "sgd", "sgd", "adam", "adam", "adam"], depth: ["2", "4", "6", "8", "10", "12"] },
    [1, 2, 3, 7, 8, 9],
  );

  expect(found.find(({ name }) => name === "optimizer")?.correlation).toBeUndefined();
  expect(found.find(({ name }) => name === "optimizer")?.share).toBeGreaterThan(0.6);
  expect(found.find(({ name }) => name === "depth")?.correlation).toBeCloseTo(1);
});

test("one diverged run does not decide", () => {
  const x = Array.from({ length: 60 }, (_, index) => index);
  const metric = x.map((each) => (each === 3 ? 1e12 : each));

  expect(importances({ x }, metric)[0]?.share).toBeGreaterThan(0.75);
});

test("what tells nothing is left out: one value, few runs, no metric", () => {
  expect(importances({ same: [1, 1, 1, 1, 1] }, [1, 2, 3, 4, 5])).toEqual([]);
  expect(importances({ few: [1, 2, 3] }, [1, 2, 3])).toEqual([]);
  expect(importances({ x: [1, 2, 3, 4, 5] }, [null, null, Number.NaN, 1, 2])).toEqual([]);
});

test("a text of its own for each run tells nothing", () => {
  const names = Array.from({ length: 20 }, (_, index) => `run-${index}`);

  expect(importances({ names }, names.map((_, index) => index))[0]?.share).toBe(0);
});

test("equal values share their ranks", () => {
  expect(ranks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2]);
});
