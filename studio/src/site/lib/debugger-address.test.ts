import { expect, test } from "vitest";
import { indexOf, readDebuggerAddress } from "./debugger-address";

const shown = (raw: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(readDebuggerAddress(raw)).filter(([, value]) => value !== undefined));

test("an address restores what it was made of", () => {
  const address = { tab: "tensors", tensor: "fc.weight", other: "conv.weight", mode: "EVAL", step: 20, shape: "heat" };

  expect(shown(address)).toEqual(address);
  expect(shown({ tab: "network", sample: -1, layers: "relu" })).toEqual({ tab: "network", sample: -1, layers: "relu" });
});

test("a broken address shows a sensible page", () => {
  expect(
    shown({
      tab: "__proto__",
      mode: "LEARN",
      step: -4,
      sample: 1.5,
      shape: { heat: true },
      tensor: ["a"],
      worker: "",
      index: "1,,2",
      find: "x".repeat(3_000),
    }),
  ).toEqual({});
});

test("a tensor with a number for a name is a name", () => {
  expect(shown({ tensor: 12 })).toEqual({ tensor: "12" });
});

test("an index is numbers by commas", () => {
  expect(indexOf("3,0,12")).toEqual([3, 0, 12]);
  expect(indexOf("3;0")).toBeUndefined();
  expect(indexOf(undefined)).toBeUndefined();
});
