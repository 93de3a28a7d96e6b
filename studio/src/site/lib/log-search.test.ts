import { expect, test } from "vitest";
import { firstError, matches } from "./log-search";

test("the first error is found, and an error rate is none", () => {
  const lines = ["error rate 0.1", "epoch 1", "\x1b[31mValueError: no\x1b[0m", "ERROR"];

  expect(firstError(lines)).toBe(2);
  expect(firstError(["Traceback (most recent call last):"])).toBe(0);
  expect(firstError(["all is well"])).toBe(-1);
});

test("a search looks through colours and in any case", () => {
  expect(matches(["Ep\x1b[1moch 1", "x", "EPOCH 2"], "epoch")).toEqual([0, 2]);
  expect(matches(["epoch"], "")).toEqual([]);
});
