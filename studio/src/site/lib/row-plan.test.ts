import { expect, test } from "vitest";
import { grouped, ungrouped } from "./row-plan";

const GROUPS = [
  { key: "a", count: 3 },
  { key: "b", count: 200 },
  { key: "c", count: 0 },
  { key: "d", count: 2 },
];
const spelled = (open: string[], index: number): string => {
  const found = grouped(GROUPS, new Set(open)).at(index);
  return found === undefined ? "" : `${found.group.key}${found.row ?? ""}`;
};

test("closed groups are their heads", () => {
  expect(grouped(GROUPS, new Set()).count).toBe(4);
  expect([0, 1, 2, 3, 4].map((index) => spelled([], index))).toEqual(["a", "b", "c", "d", ""]);
});

test("the rows of an open group stand below its head", () => {
  expect(grouped(GROUPS, new Set(["a", "d"])).count).toBe(9);
  expect([0, 1, 3, 4, 5, 6, 7, 8, 9].map((index) => spelled(["a", "d"], index))).toEqual([
    "a",
    "a0",
    "a2",
    "b",
    "c",
    "d",
    "d0",
    "d1",
    "",
  ]);
});

test("the rows in sight are told by group", () => {
  const plan = grouped(GROUPS, new Set(["a", "b", "c"]));
  const between = (first: number, last: number): string =>
    plan
      .between(first, last)
      .map((each) => `${each.group.key}${each.first}-${each.last}`)
      .join(" ");

  expect(between(0, 3)).toBe("a0-2");
  expect(between(2, 6)).toBe("a1-2 b0-1");
  expect(between(100, 130)).toBe("b95-125");
  expect(between(205, 207)).toBe("");
  expect(grouped([], new Set()).between(0, 10)).toEqual([]);
});

test("without groups all rows stand in one", () => {
  const plan = ungrouped(10);

  expect(plan.at(9)?.row).toBe(9);
  expect(plan.at(10)).toBeUndefined();
  expect(plan.between(5, 20)).toEqual([{ group: { key: "", count: 10 }, first: 5, last: 9 }]);
  expect(ungrouped(0).between(0, 20)[0]).toMatchObject({ first: 0, last: 0 });
});
