import { expect, test } from "vitest";
import {
  added,
  hidden,
  inSight,
  moved,
  nextSort,
  pinned,
  readColumns,
  readSort,
  resized,
  shifted,
  spelledColumns,
  spelledSort,
} from "./table-view";

const NAME = { id: "name", isPinned: true };
const USUAL = [NAME, { id: "status" }, { id: "loss" }];
const ids = (columns: { id: string }[]): string => columns.map((each) => each.id).join(" ");

test("columns survive the way into the address and back", () => {
  const columns = [NAME, { id: "Metrics.a,b:c!%2C.Last", width: 140 }, { id: "x", isPinned: true, width: 90 }];

  expect(readColumns(spelledColumns(columns, USUAL), USUAL, NAME)).toEqual(columns);
  expect(spelledColumns(USUAL, USUAL)).toBeUndefined();
  expect(readColumns(undefined, USUAL, NAME)).toEqual(USUAL);
});

test("a wrong address says nothing, and the first column is always there", () => {
  expect(readColumns(",,a:b:c,:5,!,loss:99999999,loss,loss:7", USUAL, NAME)).toEqual([NAME, { id: "loss" }]);
  expect(readColumns("loss:7", USUAL, NAME)).toEqual([NAME, { id: "loss", width: 56 }]);
  expect(readSort("-")).toBeUndefined();
});

test("a sort survives, and a second click turns it round", () => {
  const down = nextSort(undefined, "loss", true);

  expect(readSort(spelledSort(down))).toEqual({ by: "loss", descending: true });
  expect(nextSort(down, "loss", true).descending).toBe(false);
  expect(nextSort(down, "name", false)).toEqual({ by: "name", descending: false });
});

test("a column takes the place of another one, and is pinned among pinned ones", () => {
  const columns = [...USUAL, { id: "rate" }];

  expect(ids(moved(columns, "rate", "status"))).toBe("name rate status loss");
  expect(ids(moved(columns, "status", "rate"))).toBe("name loss rate status");
  expect(moved(columns, "rate", "name")[0]).toEqual({ id: "rate", isPinned: true });
  expect(moved(columns, "name", "loss").find((each) => each.id === "name")).toEqual({ id: "name" });
  expect(ids(moved(columns, "none", "loss"))).toBe("name status loss rate");
});

test("by keys a column stays in its part", () => {
  expect(ids(shifted(USUAL, "status", -1))).toBe("name status loss");
  expect(ids(shifted(USUAL, "status", 1))).toBe("name loss status");
  expect(ids(shifted(USUAL, "loss", 1))).toBe("name status loss");
});

test("pinned, resized, hidden, added", () => {
  expect(ids(pinned(USUAL, "loss", true))).toBe("name loss status");
  expect(pinned(USUAL, "name", false)[0]).toEqual({ id: "name" });
  expect(resized(USUAL, "loss", 100.4)[2]).toEqual({ id: "loss", width: 100 });
  expect(resized([{ id: "loss", width: 100 }], "loss", undefined)).toEqual([{ id: "loss" }]);
  expect(ids(hidden(USUAL, "loss"))).toBe("name status");
  expect(ids(added(USUAL, "loss"))).toBe("name status loss");
  expect(ids(inSight(added(USUAL, "rate")))).toBe("name status loss rate");
});
