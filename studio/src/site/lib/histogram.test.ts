import { expect, test } from "vitest";
import { bins } from "./histogram";

test("every value is in one bin, with round edges", () => {
  const values = Array.from({ length: 100 }, (_, index) => index / 10);
  const found = bins(values, 10, false);

  expect(found.reduce((sum, bin) => sum + bin.count, 0)).toBe(100);
  expect(found[0]).toEqual({ low: 0, high: 1, count: 10 });
  expect(found.at(-1)?.high).toBe(10);
});

test("the greatest value is in the last bin", () => {
  expect(bins([0, 5, 10], 2, false).map(({ count }) => count)).toEqual([1, 2]);
});

test("a logarithmic axis has bins of the same ratio and leaves out what it cannot show", () => {
  const found = bins([-1, 0, 0.001, 0.01, 0.1], 2, true);

  expect(found.map(({ count }) => count)).toEqual([1, 2]);
  expect(found[0]?.high).toBeCloseTo(0.01);
});

test("one value is one bin, and none are none", () => {
  expect(bins([3, 3, Number.NaN], 5, false)).toEqual([{ low: 3, high: 3, count: 2 }]);
  expect(bins([Number.NaN], 5, false)).toEqual([]);
});
