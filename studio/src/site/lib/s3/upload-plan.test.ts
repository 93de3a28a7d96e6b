import { expect, it } from "vitest";
import { keyFor, MIB, partsOf } from "./upload-plan";

it("cuts a file into parts that cover it", () => {
  expect(partsOf(20 * MIB)).toEqual([
    { number: 1, first: 0, end: 8 * MIB },
    { number: 2, first: 8 * MIB, end: 16 * MIB },
    { number: 3, first: 16 * MIB, end: 20 * MIB },
  ]);
});

it("makes no more parts than S3 takes", () => {
  const parts = partsOf(4 * 1024 ** 4);
  expect(parts.length).toBeLessThanOrEqual(10_000);
  expect(parts.at(-1)?.end).toBe(4 * 1024 ** 4);
});

it("keeps the folders of a folder", () => {
  expect(keyFor("in/", "train/0.csv")).toBe("in/train/0.csv");
  expect(keyFor("", "/a")).toBe("a");
});
