import { expect, test } from "vitest";
import { readSmoothing, smoothed } from "./smooth";

test("without a weight a curve is as it was", () => {
  expect(smoothed([0, 1, 2], [3, null, 1], 0)).toEqual([3, null, 1]);
});

test("the first value is itself, and a constant stays constant", () => {
  expect(smoothed([0, 1, 2], [5, 5, 5], 0.9)).toEqual([5, 5, 5].map((each) => expect.closeTo(each, 10)));
  expect(smoothed([0, 1], [1, 2], 0.5)[0]).toBe(1);
});

test("evenly spaced values give the corrected moving average", () => {
  const [, second, third] = smoothed([0, 1, 2], [0, 1, 1], 0.5);

  expect(second).toBeCloseTo(0.5 / 0.75);
  expect(third).toBeCloseTo(0.75 / 0.875);
});

test("a value far from the one before it weighs more than a near one", () => {
  const near = smoothed([0, 1, 10], [0, 1, 1], 0.8)[1] as number;
  const far = smoothed([0, 9, 10], [0, 1, 1], 0.8)[1] as number;

  expect(far).toBeGreaterThan(near);
});

test("a gap stays a gap and does not end the average", () => {
  const [, gap, after] = smoothed([0, 1, 2], [4, null, 4], 0.9);

  expect(gap).toBeNull();
  expect(after).toBeCloseTo(4);
});

test("noise is reduced", () => {
  const x = Array.from({ length: 500 }, (_, index) => index);
  const noise = x.map((each) => (each % 2 === 0 ? 1 : -1));
  const calm = smoothed(x, noise, 0.95).slice(100) as number[];

  expect(Math.max(...calm.map(Math.abs))).toBeLessThan(0.1);
});

test("an address says a weight between 0 and 1, or none", () => {
  expect([0.5, "0.5", 0, 1, -1, "much", undefined, null].map(readSmoothing)).toEqual([
    0.5, 0.5, undefined, undefined, undefined, undefined, undefined, undefined,
  ]);
});
