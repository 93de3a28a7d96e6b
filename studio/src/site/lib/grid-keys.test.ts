import { expect, test } from "vitest";
import { placeAfter } from "./grid-keys";

const BOUNDS = { rows: 100, columns: 5, page: 20 };
const after = (row: number, column: number, key: string, isControl = false): number[] => {
  const place = placeAfter({ row, column }, key, isControl, BOUNDS);
  return place ? [place.row, place.column] : [];
};

test("arrows go from cell to cell, into the head, and stay inside", () => {
  expect(after(0, 0, "ArrowUp")).toEqual([-1, 0]);
  expect(after(-1, 0, "ArrowUp")).toEqual([-1, 0]);
  expect(after(99, 4, "ArrowDown")).toEqual([99, 4]);
  expect(after(3, 4, "ArrowRight")).toEqual([3, 4]);
  expect(after(3, 2, "ArrowLeft")).toEqual([3, 1]);
});

test("a page, a row's ends, the table's ends", () => {
  expect(after(10, 2, "PageUp")).toEqual([0, 2]);
  expect(after(-1, 2, "PageUp")).toEqual([-1, 2]);
  expect(after(90, 2, "PageDown")).toEqual([99, 2]);
  expect(after(10, 2, "Home")).toEqual([10, 0]);
  expect(after(10, 2, "End", true)).toEqual([99, 4]);
  expect(after(10, 2, "Home", true)).toEqual([0, 0]);
});

test("other keys lead nowhere", () => {
  expect(after(1, 1, "x")).toEqual([]);
});
