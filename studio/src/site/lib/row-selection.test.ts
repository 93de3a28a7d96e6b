import { expect, test } from "vitest";
import {
  countOf,
  EVERYTHING,
  isSelected,
  NOTHING,
  readSelection,
  spelledSelection,
  withRow,
  withRows,
} from "./row-selection";

test("rows are added and taken away", () => {
  const two = withRows(NOTHING, ["a", "b"], true);

  expect([isSelected(two, "a"), isSelected(two, "c"), countOf(two, 10)]).toEqual([true, false, 2]);
  expect(countOf(withRow(two, "a", false), 10)).toBe(1);
});

test("all rows but one stay all but one, whatever is loaded", () => {
  const some = withRow(EVERYTHING, "a", false);

  expect([isSelected(some, "a"), isSelected(some, "never loaded"), countOf(some, 10_000)]).toEqual([
    false,
    true,
    9_999,
  ]);
  expect(countOf(withRow(some, "a", true), 10_000)).toBe(10_000);
});

test("a selection survives the address", () => {
  for (const selection of [NOTHING, EVERYTHING, withRow(EVERYTHING, "a,b", false), withRow(NOTHING, "-x,%", true), withRow(NOTHING, "*", true)]) {
    expect(readSelection(spelledSelection(selection))).toEqual(selection);
  }
});

test("a long one is left out, and a broken one selects nothing", () => {
  const many = Array.from({ length: 101 }, (_, number) => `row-${number}`);

  expect(spelledSelection(withRows(NOTHING, many, true))).toBeUndefined();
  expect(readSelection("%E0%A4%A,%")).toEqual(NOTHING);
});
