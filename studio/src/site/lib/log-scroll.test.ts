import { expect, test } from "vitest";
import { bounded, extentOf, linesOfKey, scrollOf, topAt } from "./log-scroll";

test("a short log is scrolled pixel by pixel", () => {
  const extent = extentOf(1_000, 600);

  expect(extent).toMatchObject({ heightPx: 20_000, isExact: true, lastTop: 970 });
  expect(topAt(200, extent)).toBeCloseTo(10);
  expect(scrollOf(970, extent)).toBeCloseTo(19_400);
});

test.each([1_000_000, 50_000_000])("a log of %i lines fits into a browser, from its first to its last line", (total) => {
  const extent = extentOf(total, 600);

  expect(extent.heightPx).toBeLessThan(10_000_000);
  expect(extent.isExact).toBe(false);
  expect(topAt(extent.heightPx - 600, extent)).toBeCloseTo(total - 30);
  expect(topAt(scrollOf(734_211, extent), extent)).toBeCloseTo(734_211, 3);
});

test("a log that fits into its view is not scrolled", () => {
  const extent = extentOf(3, 600);

  expect([extent.lastTop, topAt(100, extent), scrollOf(2, extent), bounded(5, extent)]).toEqual([0, 0, 0, 0]);
});

test("keys scroll by a line, a page, and to the ends", () => {
  expect(["ArrowUp", "PageDown", "End", "x"].map((key) => linesOfKey(key, 600, 9_999))).toEqual([-1, 28, 9_999, undefined]);
});
