import { describe, expect, it } from "vitest";
import { addressOf, arnOf, copyCommand, crumbsOf, readPlace, readS3Address, uriOf } from "./address";

describe("readPlace", () => {
  it.each([
    ["s3://data", { bucket: "data", key: "" }],
    ["s3://data/", { bucket: "data", key: "" }],
    [" s3://data/a/b c.txt ", { bucket: "data", key: "a/b c.txt" }],
    ["s3://data//a/../b/", { bucket: "data", key: "/a/../b/" }],
    ["arn:aws:s3:::data/a", { bucket: "data", key: "a" }],
    ["arn:aws-cn:s3:::data", { bucket: "data", key: "" }],
  ])("reads %s", (text, place) => expect(readPlace(text)).toEqual(place));

  it.each(["", "data", "s3://", "s3://A_b/k", "https://data/x", "arn:aws:iam::1:role/x"])(
    "reads no place from %j",
    (text) => expect(readPlace(text)).toBeUndefined(),
  );
});

it("writes URIs, ARNs and commands that a shell takes", () => {
  const place = { bucket: "data", key: "it's/a b.csv" };

  expect(uriOf(place)).toBe("s3://data/it's/a b.csv");
  expect(arnOf({ bucket: "data", key: "" })).toBe("arn:aws:s3:::data");
  expect(copyCommand(place)).toBe(`aws s3 cp 's3://data/it'\\''s/a b.csv' ./`);
  expect(copyCommand({ bucket: "data", key: "a/b/" })).toBe("aws s3 cp --recursive s3://data/a/b/ ./b");
  expect(copyCommand({ bucket: "data", key: "" })).toBe("aws s3 cp --recursive s3://data/ ./data");
});

it("finds the folders above a prefix, also those without a name", () => {
  expect(crumbsOf("a//b/")).toEqual([
    { name: "a", prefix: "a/" },
    { name: "(no name)", prefix: "a//" },
    { name: "b", prefix: "a//b/" },
  ]);
  expect(crumbsOf("")).toEqual([]);
});

it("opens the folder of an object with the object", () => {
  expect(addressOf({ bucket: "b", key: "a/b.txt" })).toEqual({ prefix: "a/", key: "a/b.txt" });
  expect(addressOf({ bucket: "b", key: "a/" })).toEqual({ prefix: "a/", key: undefined });
});

describe("readS3Address", () => {
  it("keeps what it knows", () => {
    const raw = { prefix: 2024, key: "k", part: "versions", by: "size", descending: true, versions: true };
    expect(readS3Address(raw)).toMatchObject({ ...raw, prefix: "2024" });
  });

  it("drops what it does not", () => {
    const raw = { prefix: {}, key: [], part: "x", by: 1, descending: "no", versions: "yes", entry: null };
    expect(Object.values(readS3Address(raw)).every((value) => value === undefined)).toBe(true);
  });
});
