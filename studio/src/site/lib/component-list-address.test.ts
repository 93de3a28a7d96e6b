import { expect, test } from "vitest";
import { readComponentListAddress, readRecordListAddress } from "./component-list-address";

test("an address that is wrong says nothing", () => {
  expect(readComponentListAddress({ q: {}, find: [1], sort: "", unassigned: "yes", trial: null })).toEqual({});
  expect(readComponentListAddress({ q: "x".repeat(20_000) })).toEqual({});
});

test("what it says rightly is kept, also what looks like a number", () => {
  expect(readComponentListAddress({ q: "metrics.loss < 1", find: 42, sort: "-Duration", unassigned: true })).toEqual({
    q: "metrics.loss < 1",
    find: "42",
    sort: "-Duration",
    unassigned: true,
  });
  expect(readRecordListAddress({ find: "a", q: "b" })).toEqual({ find: "a" });
});
