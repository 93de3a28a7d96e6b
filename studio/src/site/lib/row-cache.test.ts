import { expect, test } from "vitest";
import { columnBlocks, NO_ROWS, type RowsAnswer, windowsOf, withAnswer } from "./row-cache";

const answer = (first: number, names: string[], columns: RowsAnswer["Columns"], total = 10): RowsAnswer => ({
  Total: total,
  First: first,
  Names: names,
  Arns: names.map((name) => `arn:${name}`),
  Columns: columns,
});

test("windows and columns that are answered one by one are put together", () => {
  const one = withAnswer(NO_ROWS, answer(0, ["a", "b"], { loss: [1, null] }));
  const two = withAnswer(one, answer(0, ["a", "b"], { rate: [0.1, 0.2] }));
  const three = withAnswer(two, answer(2, ["c"], { loss: [3] }));

  expect(three.total).toBe(10);
  expect(three.rows.get(0)).toEqual({ name: "a", arn: "arn:a", values: { loss: 1, rate: 0.1 } });
  expect(three.rows.get(2)?.values).toEqual({ loss: 3 });
});

test("what has not changed stays the same object", () => {
  const before = withAnswer(NO_ROWS, answer(0, ["a", "b"], { loss: [1, 2], trials: [["x", "y"], null] }));
  const same = withAnswer(before, answer(0, ["a", "b"], { loss: [1, 2], trials: [["x", "y"], null] }));
  const after = withAnswer(before, answer(0, ["a", "b"], { loss: [1, 3] }));

  expect(same).toBe(before);
  expect(after.rows.get(0)).toBe(before.rows.get(0));
  expect(after.rows.get(1)?.values["loss"]).toBe(3);
});

test("another record at a place has nothing of the one before", () => {
  const before = withAnswer(NO_ROWS, answer(0, ["a"], { loss: [1], rate: [2] }));
  const after = withAnswer(before, answer(0, ["b"], { loss: [5] }));

  expect(after.rows.get(0)).toEqual({ name: "b", arn: "arn:b", values: { loss: 5 } });
});

test("rows behind the end are gone", () => {
  const before = withAnswer(NO_ROWS, answer(0, ["a", "b", "c"], { loss: [1, 2, 3] }, 3));
  const after = withAnswer(before, answer(0, ["a"], { loss: [1] }, 1));

  expect([after.total, after.rows.size]).toEqual([1, 1]);
});

test("only windows and columns in sight are asked for", () => {
  expect(windowsOf(95, 130, 100)).toEqual([0, 1]);
  expect(windowsOf(-1, -1, 100)).toEqual([0]);
  expect(columnBlocks(["a", "b", "c", "d", "e"], ["d"], 2)).toEqual([["c", "d"]]);
  expect(columnBlocks(["a", "b", "c"], [], 2)).toEqual([["a", "b"]]);
  expect(columnBlocks([], ["x"], 2)).toEqual([]);
});
