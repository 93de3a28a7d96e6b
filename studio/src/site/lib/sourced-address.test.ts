import { describe, expect, it } from "vitest";
import { readSourcedAddress, readSourcedListAddress, startOf } from "./sourced-address";

describe("the address of a list of artifacts", () => {
  it("is read as it was written, and without what is wrong", () => {
    const said = { type: "Model", uri: "s3://b/m", since: "2026-11-27", ascending: true };
    expect(readSourcedListAddress(said)).toEqual(said);
    expect(readSourcedListAddress({ since: "2026-13-45", ascending: "yes", type: "" })).toEqual({});
  });

  it("names days", () => {
    expect(startOf("2026-11-27")).toBe(new Date(2026, 10, 27).getTime() / 1000);
    expect(startOf("yesterday")).toBeUndefined();
  });
});

describe("the address of an artifact", () => {
  it("keeps what is opened of its lineage", () => {
    expect(readSourcedAddress({ tab: "lineage", depth: 6, from: "arn:x" })).toEqual({ tab: "lineage", depth: 6 });
    expect(readSourcedAddress({ tab: "x" }).tab).toBeUndefined();
  });
});
