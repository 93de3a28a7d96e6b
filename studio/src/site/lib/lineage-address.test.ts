import { describe, expect, it } from "vitest";
import { openedOf, readLineageAddress, spelledMore, STEP, withMore } from "./lineage-address";

describe("the address of a lineage", () => {
  it("is read as it was written", () => {
    const said = {
      from: "s3://bucket/model.tar.gz",
      direction: "before",
      depth: 6,
      more: "artifact/12ab~a20,experiment-trial-component/digits-1~b40",
      selected: "artifact/12ab",
      find: "model",
      as: "list",
    };
    expect(readLineageAddress(said)).toEqual(said);
  });

  it("leaves out what it says wrongly", () => {
    expect(
      readLineageAddress({ from: 7, direction: "up", depth: 99, more: "x,~a2,a/b~c9,a/b~a0", find: 12, as: "map" }),
    ).toEqual({
      from: undefined,
      direction: undefined,
      depth: undefined,
      more: undefined,
      selected: undefined,
      find: "12",
      as: undefined,
    });
  });

  it("opens a vertex step by step, each side on its own", () => {
    const once = withMore([], "artifact/1", "after", 12);
    const twice = withMore(once, "artifact/1", "after", 12 + STEP);
    const both = withMore(twice, "artifact/1", "before", 0);

    expect(spelledMore(once)).toBe("artifact/1~a32");
    expect(spelledMore(both)).toBe("artifact/1~a52,artifact/1~b20");
    expect(openedOf(spelledMore(both))).toEqual(both);
    expect(openedOf("artifact/1~a999")[0]?.count).toBe(400);
  });
});
