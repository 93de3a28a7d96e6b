import { expect, test } from "vitest";
import { orderedGroups } from "./group-order";

const ANSWER = {
  Groups: [
    { Value: "sgd", Count: 9 },
    { Value: 2, Count: 5 },
    { Value: "adam", Count: 3 },
    { Value: null, Count: 1 },
  ],
  Numbers: {
    loss: { Mean: [0.3, null, 0.1, 0.2], Min: [], Max: [] },
    CreationTime: { Mean: [1, 2, 3, 4], Min: [], Max: [] },
    text: { Mean: [null, null, null, null], Min: [], Max: [] },
  },
  GroupTotal: 4,
  Total: 18,
};
const order = (by: string, descending: boolean): unknown[] =>
  orderedGroups(ANSWER, "optimizer", { by, descending }).map((group) => group.Value);

test("groups are ordered by their value, numbers first, none last", () => {
  expect(order("optimizer", false)).toEqual([2, "adam", "sgd", null]);
  expect(order("optimizer", true)).toEqual(["sgd", "adam", 2, null]);
});

test("groups are ordered by the mean of the sorted column", () => {
  expect(order("loss", false)).toEqual(["adam", null, "sgd", 2]);
  expect(order("loss", true)).toEqual(["sgd", null, "adam", 2]);
});

test("the greatest group is first where the column has no mean", () => {
  expect(order("text", true)).toEqual(["sgd", 2, "adam", null]);
  expect(order("CreationTime", true)).toEqual(["sgd", 2, "adam", null]);
});
