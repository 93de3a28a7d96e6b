import { expect, test } from "vitest";
import { canChoose, choosableBetween, type JobRow, type ListView, ranFor, shortReason, trainingRow, withJob } from "./jobs";

function job(name: string, createdAt: number, status = "InProgress"): JobRow {
  return { kind: "training-job", name, arn: "", status, createdAt, metrics: {}, parameters: {} };
}

const NEWEST: ListView = { sort: "CreationTime", ascending: false };
const names = (rows: JobRow[]): string => rows.map((row) => row.name).join("");
const ROWS = [job("c", 3), job("b", 2), job("a", 1)];

test("a new job comes to its place", () => {
  expect(names(withJob(ROWS, job("d", 4), NEWEST, false))).toBe("dcba");
  expect(names(withJob(ROWS, job("d", 4), { ...NEWEST, ascending: true }, true))).toBe("cbad");
  expect(names(withJob(ROWS, job("d", 2.5), NEWEST, false))).toBe("cdba");
});

test("a job behind what is loaded waits to be loaded", () => {
  expect(names(withJob(ROWS, job("z", 0), NEWEST, false))).toBe("cba");
  expect(names(withJob(ROWS, job("z", 0), NEWEST, true))).toBe("cbaz");
});

test("a changed job stays where it is", () => {
  const rows = withJob(ROWS, job("b", 2, "Completed"), NEWEST, false);

  expect(names(rows)).toBe("cba");
  expect(rows[1]?.status).toBe("Completed");
});

test("a job leaves a list that it does not belong to any more", () => {
  const running: ListView = { ...NEWEST, status: "InProgress" };

  expect(names(withJob(ROWS, job("b", 2, "Failed"), running, true))).toBe("ca");
  expect(withJob(ROWS, job("x", 9, "Failed"), running, true)).toBe(ROWS);
  expect(names(withJob(ROWS, job("x", 9), { ...NEWEST, search: "A" }, true))).toBe("cba");
});

test("a job moves when what is sorted by changes", () => {
  const view: ListView = { sort: "Status", ascending: true };
  const rows = [job("a", 1, "Completed"), job("b", 2, "InProgress"), job("c", 3, "InProgress")];

  expect(names(withJob(rows, job("c", 3, "Completed"), view, true))).toBe("acb");
});

test("a training job's row has what the list shows", () => {
  const row = trainingRow({
    TrainingJobName: "x",
    TrainingJobStatus: "Completed",
    CreationTime: 100,
    TrainingStartTime: 110,
    TrainingEndTime: 170,
    ResourceConfig: { InstanceType: "ml.m5.xlarge", InstanceCount: 2, VolumeSizeInGB: 1 },
    FinalMetricDataList: [{ MetricName: "loss", Value: 0.5, Timestamp: 1 }],
  });

  expect(row).toMatchObject({ instances: "2 × ml.m5.xlarge", metrics: { loss: 0.5 } });
  expect(ranFor(row, 1_000)).toBe(60);
  expect(ranFor({ ...row, endedAt: undefined, status: "InProgress" }, 1_000)).toBe(890);
  expect(ranFor(job("y", 1), 5)).toBeUndefined();
});

test("of a reason of failure, the script's own words are shown", () => {
  const reason = 'AlgorithmError: ExitCode 1\nErrorMessage "ValueError: no "x""\nCommand "python t.py"';

  expect(shortReason(reason)).toBe('ValueError: no "x"');
  expect(shortReason("ClientError: no data")).toBe("ClientError: no data");
});

test("training jobs are chosen to be compared, processing jobs only to be stopped", () => {
  const processing: JobRow = { ...job("p", 1, "Completed"), kind: "processing-job" };

  expect(canChoose(job("a", 1, "Completed"))).toBe(true);
  expect(canChoose(processing)).toBe(false);
  expect(canChoose({ ...processing, status: "InProgress" })).toBe(true);
});

test("a range is chosen in both directions, and one row where its other end is gone", () => {
  expect(choosableBetween(ROWS, "c", "b")).toEqual(["c", "b"]);
  expect(choosableBetween(ROWS, "a", "c")).toEqual(["c", "b", "a"]);
  expect(choosableBetween(ROWS, "gone", "b")).toEqual(["b"]);
});
