import { expect, test } from "vitest";
import { comparedNames, comparedPaths, compareRows, difference, readCompareAddress } from "./compare";

test("an address is read as far as it makes sense", () => {
  expect(
    readCompareAddress({
      components: ["a", "a", "<b>", 7, "c-d"],
      jobs: "fit-1,fit-2",
      tab: "table",
      statistic: "Min",
      differences: "yes",
      charts: [{ Kind: "Pie" }],
    }),
  ).toEqual({
    components: ["a", "7", "c-d"],
    jobs: ["fit-1", "fit-2"],
    statistic: "Min",
    charts: [],
  });
  expect(comparedNames({ components: ["a"], jobs: ["fit"] })).toEqual(["a", "fit-aws-training-job"]);
  expect(comparedNames(readCompareAddress({ components: { x: 1 } }))).toEqual([]);
  expect(readCompareAddress({ components: Array.from({ length: 500 }, (_, index) => `run-${index}`) }).components).toHaveLength(200);
});

const COLUMNS = [
  { member: "Metrics", name: "loss" },
  { member: "Metrics", name: "accuracy" },
  { member: "Metrics", name: "epoch" },
  { member: "Parameters", name: "lr" },
  { member: "Parameters", name: "depth" },
  { member: "Parameters", name: "sagemaker_program" },
  { member: "Parameters", name: "SageMaker.InstanceType" },
  { member: "InputArtifacts", name: "training" },
];

test("rows stand in sections", () => {
  expect(comparedPaths(COLUMNS, "Min").slice(5).map(({ path, section, title }) => [section, title, path])).toEqual([
    ["Parameters", "depth", "Parameters.depth"],
    ["Parameters", "lr", "Parameters.lr"],
    ["Metrics", "accuracy", "Metrics.accuracy.Min"],
    ["Metrics", "epoch", "Metrics.epoch.Min"],
    ["Metrics", "loss", "Metrics.loss.Min"],
    ["Environment", "InstanceType", "Parameters.SageMaker.InstanceType"],
    ["Source", "sagemaker_program", "Parameters.sagemaker_program"],
    ["Inputs", "training", "InputArtifacts.training.Value"],
  ]);
});

test("differences are found, a number and its text are one value, and the best is marked", () => {
  const rows = compareRows(comparedPaths(COLUMNS, "Last"), {
    "Parameters.lr": [0.1, "0.1", "0.10"],
    "Parameters.depth": [2, null, 2],
    "Metrics.loss.Last": [0.5, 0.25, 0.25],
    "Metrics.accuracy.Last": [0.8, 0.9, null],
    "Metrics.epoch.Last": [3, 4, 5],
    "Status.PrimaryStatus": ["Completed", "Completed", "Completed"],
  });

  expect(rows.map(({ title, isDifferent, best }) => [title, isDifferent, best])).toEqual([
    ["Status", false, []],
    ["depth", true, []],
    ["lr", false, []],
    ["accuracy", true, [1]],
    ["epoch", true, []],
    ["loss", true, [1, 2]],
  ]);
});

test.each([
  [0.75, 0.5, "+0.25 (+50 %)"],
  [1, 4, "−3 (−75 %)"],
  [-1, -2, "+1 (+50 %)"],
  [3, 0, "+3"],
  [0.1, 0.001, "+0.099"],
  [3, 3, ""],
  ["a", 3, ""],
  [null, 3, ""],
])("%s against %s is %j", (value, base, text) => {
  expect(difference(value, base)).toBe(text);
});
