import { describe, expect, it } from "vitest";
import type { TrialComponent } from "../api/tracking-operations";
import { artifactsOf, isShown, jobsOf, type MetricRow, metricsOf, parametersOf, sortedMetrics } from "./component";
import { readComponentAddress } from "./component-address";

const JOB = "arn:aws:sagemaker:us-east-1:111122223333:training-job/digits-7";

describe("a trial component", () => {
  it("has its own parameters apart from those of the SDK", () => {
    const found = parametersOf({
      Parameters: {
        "rate-10": { NumberValue: 0.1 },
        "rate-9": { NumberValue: 3 },
        optimizer: { StringValue: '"adam"' },
        sagemaker_program: { StringValue: '"train.py"' },
        "SageMaker.InstanceCount": { NumberValue: 1 },
      },
    } as unknown as TrialComponent);

    expect(found.own.map(({ name, text }) => `${name}=${text}`)).toEqual(["optimizer=adam", "rate-9=3", "rate-10=0.1"]);
    expect(found.others.map(({ name }) => name)).toEqual(["sagemaker_program", "SageMaker.InstanceCount"]);
  });

  it("has metrics of which missing values stand last", () => {
    const rows = metricsOf({
      Metrics: [
        { MetricName: "loss", Last: 0.5, Count: 3 },
        { MetricName: "lost", Last: "NaN" },
        { MetricName: "accuracy", Last: 0.9 },
        { MetricName: "none" },
      ],
    } as unknown as TrialComponent);
    const names = (found: MetricRow[]) => found.map(({ MetricName }) => MetricName);

    expect(names(sortedMetrics(rows, "Last", true))).toEqual(["accuracy", "loss", "lost", "none"]);
    expect(names(sortedMetrics(rows, "Last", false)).slice(0, 2)).toEqual(["loss", "accuracy"]);
    expect(names(sortedMetrics(rows, "MetricName", true))[0]).toBe("none");
  });

  it("has inputs and outputs", () => {
    const component = {
      InputArtifacts: { train: { Value: "s3://b/train", MediaType: "text/csv" } },
      OutputArtifacts: { note: { Value: "none" } },
    } as unknown as TrialComponent;

    expect(artifactsOf(component)).toEqual([
      { name: "train", value: "s3://b/train", mediaType: "text/csv", isOutput: false },
      { name: "note", value: "none", mediaType: "", isOutput: true },
    ]);
  });

  it("tells of its job once", () => {
    const source = { SourceArn: JOB, SourceType: "SageMakerTrainingJob" };
    const found = jobsOf({ Source: source, Sources: [source] } as unknown as TrialComponent);

    expect(found).toEqual([{ arn: JOB, kind: "training-job", name: "digits-7" }]);
    expect(jobsOf({} as TrialComponent)).toEqual([]);
  });
});

describe("what is in an artifact", () => {
  it("is shown where it is a file of a known kind", () => {
    expect(isShown("s3://b/a/plot.png", "image/png")).toBe(true);
    expect(isShown("s3://b/a/model.tar.gz", "")).toBe(true);
    expect(isShown("s3://b/a/notes", "text/plain")).toBe(true);
    expect(isShown("s3://b/results/halving-1", "")).toBe(false);
    expect(isShown("s3://b/a.b/", "text/csv")).toBe(false);
    expect(isShown("s3://b/weights.bin", "")).toBe(false);
    expect(isShown("python:3.11", "")).toBe(false);
  });
});

describe("the address of a component", () => {
  it("is read as it was written, and without what is wrong", () => {
    const said = { tab: "metrics", filter: "loss", by: "Max", down: true, log: true, smooth: 0.5, x: "Time", open: "confusion" };
    expect(readComponentAddress(said)).toMatchObject(said);
    expect(Object.values(readComponentAddress({ tab: "x", by: "Name", down: 1, log: "yes", smooth: 2, x: "Step" }))).toEqual(
      expect.not.arrayContaining([expect.anything()]),
    );
  });
});
