import { expect, test } from "vitest";
import { parseFilter } from "./filter-language";
import { jobExpression, offeredNames, valueFor } from "./job-filter";
import type { JobRow } from "./jobs";

const expression = (text: string) => jobExpression(parseFilter(text).filter);

test("short names become the properties of Search, others stay", () => {
  expect(expression('status = Failed and Metrics.loss < 0.2 and reason exists')).toEqual({
    Operator: "And",
    SubExpressions: [
      { Filters: [{ Name: "TrainingJobStatus", Operator: "Equals", Value: "Failed" }] },
      { Filters: [{ Name: "Metrics.loss", Operator: "LessThan", Value: "0.2" }] },
      { Filters: [{ Name: "FailureReason", Operator: "Exists" }] },
    ],
  });
});

test("one of several values", () => {
  expect(expression("instance in (ml.m5.large, ml.m5.xlarge)")).toMatchObject({
    Operator: "Or",
    Filters: [{ Value: "ml.m5.large" }, { Value: "ml.m5.xlarge" }],
  });
});

test("no filter is every job", () => {
  expect(expression("")).toBeUndefined();
});

test("names of what the jobs have are offered", () => {
  const row = { metrics: { loss: 1 }, parameters: { lr: "1", sagemaker_program: "x" } } as unknown as JobRow;

  expect(offeredNames([row])).toEqual(expect.arrayContaining(["status", "Metrics.loss", "HyperParameters.lr"]));
  expect(offeredNames([row])).not.toContain("HyperParameters.sagemaker_program");
});

test("a day is compared as an instant", () => {
  expect(valueFor("created", "2026-11-27T10:00:00Z")).toBe("2026-11-27T10:00:00Z");
  expect(valueFor("name", "2026-11-27")).toBe("2026-11-27");
});
