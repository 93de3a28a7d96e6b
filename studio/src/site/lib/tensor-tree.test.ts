import { expect, test } from "vitest";
import { groupsOf, partsOf, type TensorRow, tensorRows } from "./tensor-tree";

const NAMES = [
  "CrossEntropyLoss_output_0",
  "gradient/layer1.0.conv1.bias",
  "gradient/layer1.0.conv1.weight",
  "gradient/fc.weight",
  "layer1.0.conv1.weight",
  "layer1.0.conv1_output_0",
  "layer1.1.relu_output_0",
];

const drawn = (rows: TensorRow[]): string[] =>
  rows.map((row) => "  ".repeat(row.depth) + (row.type === "group" ? `${row.label} (${row.count})` : row.label));

test("the parts of a name are the name", () => {
  for (const name of [...NAMES, "", "/", "a//b", ".", "x_output_0", "_output_0", "a.b/", "hidden/0/w"]) {
    expect(partsOf(name).join("")).toBe(name);
  }
  expect(partsOf("gradient/layer1.0.conv1.weight")).toEqual(["gradient/", "layer1.", "0.", "conv1.", "weight"]);
});

test("tensors are below their modules, and what has no choice is one row", () => {
  expect(drawn(tensorRows(NAMES, () => true))).toEqual([
    "CrossEntropyLoss_output_0",
    "gradient (3)",
    "  layer1.0.conv1 (2)",
    "    bias",
    "    weight",
    "  fc.weight",
    "layer1 (3)",
    "  0.conv1 (2)",
    "    weight",
    "    output_0",
    "  1.relu_output_0",
  ]);
});

test("what is below a closed group is not there", () => {
  expect(drawn(tensorRows(NAMES, (path) => path === "gradient"))).toEqual([
    "CrossEntropyLoss_output_0",
    "gradient (3)",
    "  layer1.0.conv1 (2)",
    "  fc.weight",
    "layer1 (3)",
  ]);
});

test("every tensor is in the open tree once, whatever its name", () => {
  const names = ["", "/", "a", "a/", "a//b", "a.b", "a/b", "a.b.c", "a_output_0", "a_output_0_output_1", "a..b"];
  const found = tensorRows(names, () => true).flatMap((row) => (row.type === "tensor" ? [row.name] : []));

  expect(found.sort()).toEqual([...names].sort());
});

test("the groups of a tensor are those that have to be open for it", () => {
  for (const name of NAMES) {
    const groups = new Set(groupsOf(name));
    const rows = tensorRows(NAMES, (path) => groups.has(path));

    expect(rows.some((row) => row.type === "tensor" && row.name === name)).toBe(true);
  }
});
