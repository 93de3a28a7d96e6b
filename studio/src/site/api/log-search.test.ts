import { expect, test } from "vitest";
import { nextHit } from "./log-search";

test("hits follow one another, and the first the last", () => {
  const hits = [3, 10, 20];

  expect([nextHit(hits, -1, true), nextHit(hits, 3, true), nextHit(hits, 12, true), nextHit(hits, 20, true)]).toEqual([0, 1, 2, 0]);
  expect([nextHit(hits, 20, false), nextHit(hits, 11, false), nextHit(hits, 3, false)]).toEqual([1, 1, 2]);
  expect(nextHit([], 3, true)).toBe(-1);
});
