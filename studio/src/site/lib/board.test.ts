import { expect, test } from "vitest";
import { boardColumns, columnTitle, isLessBetter, jobOfRun, mainMetric, newChart, type Offered, readCharts, runTitle, usualCharts, usualTitle } from "./board";

const OFFERED: Offered = {
  metrics: ["train:loss", "validation:accuracy", "epoch"],
  parameters: ["batch", "lr", "optimizer", "sagemaker_program"],
  differing: ["lr", "optimizer"],
};

test("a run is called by its display name, or by its job", () => {
  expect(runTitle("fit-3-aws-training-job", "best so far")).toBe("best so far");
  expect(runTitle("fit-3-aws-training-job", "fit-3-aws-training-job")).toBe("fit-3");
  expect(runTitle("fit-3-aws-training-job", null)).toBe("fit-3");
  expect(runTitle("notebook-run", "")).toBe("notebook-run");
  expect(jobOfRun("aws-training-job")).toBe("aws-training-job");
});

test("columns are named for readers", () => {
  expect(["Parameters.lr", "Metrics.val.loss.Last", "Metrics.x.Avg", "Duration"].map(columnTitle)).toEqual([
    "lr",
    "val.loss, last",
    "x, mean",
    "Duration",
  ]);
});

test("the metric that matters is validation's", () => {
  expect(mainMetric(["epoch", "train:loss", "val_loss", "validation:accuracy"])).toBe("validation:accuracy");
  expect(mainMetric([])).toBeUndefined();
  expect([isLessBetter("val_loss"), isLessBetter("accuracy"), isLessBetter("RMSE")]).toEqual([true, false, true]);
});

test("the usual charts are of the metrics, and of the parameters that differ", () => {
  const charts = usualCharts(OFFERED);

  expect(charts.map((chart) => [chart.Kind, usualTitle(chart)])).toEqual([
    ["Line", "train:loss"],
    ["Line", "validation:accuracy"],
    ["Scatter", "validation:accuracy, last by lr"],
    ["Parallel", "Parallel coordinates"],
    ["Importance", "Importance for validation:accuracy, last"],
  ]);
  expect(boardColumns(charts, OFFERED)).toEqual([
    "Parameters.lr",
    "Metrics.validation:accuracy.Last",
    "Parameters.optimizer",
  ]);
  expect(usualCharts({ metrics: [], parameters: [], differing: [] })).toEqual([]);
});

test("the usual and new charts are such that the reader keeps them whole", () => {
  const made = [...usualCharts(OFFERED), newChart("Bar", "b", OFFERED), newChart("Histogram", "h", OFFERED)];

  expect(readCharts(JSON.parse(JSON.stringify(made)))).toEqual(made);
});

test("what is no chart is left out, and bad members are too", () => {
  const good = { Id: "a", Kind: "Line", Title: "Loss", Width: 2, Metrics: ["loss"] };

  expect(readCharts("x")).toBeUndefined();
  expect(
    readCharts([null, 7, { Kind: "Pie" }, good, { ...good, Title: "again" }, { ...good, Id: "b", Width: 9, Metrics: [1, "m"], LogY: "yes", Smoothing: 2 }]),
  ).toEqual([good, { Id: "b", Kind: "Line", Title: "Loss", Width: 1, Metrics: ["m"] }]);
});
