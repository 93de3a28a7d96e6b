import { describe, expect, it } from "vitest";
import { between, rowsOf, sorted, versionRows } from "./rows";

const object = (Key: string, Size = 1, LastModified = 1) => ({ Key, Size, LastModified, ETag: "" });
const page = {
  prefixes: ["a/z/", "a/b/"],
  objects: [object("a/"), object("a/1", 30, 2), object("a/2", 10, 3), object("a/3", 20, 1)],
  next: undefined,
};
const names = (rows: { name: string }[]): string[] => rows.map(({ name }) => name);

it("shows names without their folder, and not the folder in itself", () => {
  expect(names(rowsOf(page, "a/"))).toEqual(["z/", "b/", "1", "2", "3"]);
});

describe("sorts with folders first", () => {
  const rows = rowsOf(page, "a/");

  it.each([
    ["name", false, ["z/", "b/", "1", "2", "3"]],
    ["name", true, ["z/", "b/", "3", "2", "1"]],
    ["size", false, ["b/", "z/", "2", "3", "1"]],
    ["modified", true, ["z/", "b/", "2", "1", "3"]],
  ] as const)("by %s, descending: %s", (sort, descending, expected) => {
    expect(names(sorted(rows, sort, descending))).toEqual(expected);
  });
});

it("puts versions of a key and its markers together, the newest first", () => {
  const version = (Key: string, VersionId: string, LastModified: number) => ({ Key, VersionId, LastModified, IsLatest: false });
  const rows = versionRows(
    { prefixes: [], versions: [version("b", "1", 1), version("b", "2", 2), version("a", "3", 1)], markers: [version("b", "4", 3)] },
    "",
  );

  expect(rows.map(({ version, kind }) => `${version} ${kind}`)).toEqual(["3 object", "4 marker", "2 object", "1 object"]);
});

it("selects what lies between two rows, in either direction", () => {
  const rows = rowsOf(page, "a/");
  expect(between(rows, "object a/2", "folder a/b/").length).toBe(3);
  expect(between(rows, "gone", "object a/2")).toEqual(["object a/2"]);
});
