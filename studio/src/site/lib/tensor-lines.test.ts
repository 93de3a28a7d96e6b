import { expect, test } from "vitest";
import type { TensorSeries } from "../api/debugger-operations";
import { linesOf, marksOf, nearestStep } from "./tensor-lines";

const series = (changes: Partial<TensorSeries>): TensorSeries => ({
  Tensor: "fc.weight",
  Ended: true,
  Partial: false,
  SavedSteps: 2,
  Steps: [0, 10],
  Modes: ["TRAIN", "TRAIN"],
  ModeSteps: [0, 10],
  Workers: ["worker_0", "worker_0"],
  Shape: [20, 30],
  Type: "float32",
  Sizes: [600, 600],
  Minimum: [-1, -2],
  Maximum: [1, 2],
  Mean: [0, 0.5],
  Deviation: [1, 1],
  NaN: [0, 0],
  Infinite: [0, 0],
  Zeros: [0, 0],
  Quantiles: { p5: [-0.9, -1.8], p50: [0, 0.4], p95: [0.9, 1.8] },
  Values: null,
  Texts: [],
  Histogram: null,
  Problems: [],
  ...changes,
});

test("a tensor is its mean in the band of nine tenths of its values", () => {
  const lines = linesOf(series({}));

  expect(lines.map(({ name }) => name)).toEqual(["mean", "median", "minimum", "maximum", "standard deviation"]);
  expect(lines[0]?.band).toEqual({ low: [-0.9, -1.8], high: [0.9, 1.8] });
});

test("a tensor without a finite value has no line, and no band with holes", () => {
  const nothing = { Minimum: [null, null], Maximum: [null, null], Mean: [null, null], Deviation: [null, null] };

  expect(linesOf(series({ ...nothing, Quantiles: { p50: [null, null] } }))).toEqual([]);
  expect(linesOf(series({ Quantiles: { p5: [null, 1], p95: [1, 2] } }))[0]?.band).toBeUndefined();
});

test("a scalar is one line of its values, a small tensor one for each", () => {
  expect(linesOf(series({ Values: [[3], [2]] }), "loss ").map(({ name, values }) => [name, values])).toEqual([
    ["loss value", [3, 2]],
  ]);
  expect(linesOf(series({ Values: [[3, 1], [2, null]] })).map(({ values }) => values)).toEqual([
    [3, 2],
    [1, null],
  ]);
});

test("a rule marks each step once, for its tensor or for all", () => {
  const firing = (Step: number, Tensor: string) => ({ Step, Tensor, Message: "" });
  const rules = [
    { RuleConfigurationName: "Loss", Firings: [firing(3, ""), firing(3, ""), firing(-1, "")] },
    { RuleConfigurationName: "Relu", Firings: [firing(5, "a"), firing(7, "b")] },
  ];

  expect(marksOf(rules, ["a"])).toEqual([
    { x: 3, label: "Loss" },
    { x: 5, label: "Relu" },
  ]);
});

test("a step that was not saved shows the nearest one", () => {
  expect(nearestStep([0, 10, 20], 14)).toBe(10);
  expect(nearestStep([0, 10, 20], undefined)).toBe(20);
  expect(nearestStep([], 3)).toBeUndefined();
});
