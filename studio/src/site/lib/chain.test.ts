import { describe, expect, it } from "vitest";
import { chainOf, progressOf, readChainAddress, stepsOf } from "./chain";
import { graphOf, type Vertex } from "./lineage";

const PREFIX = "arn:aws:sagemaker:us-east-1:111122223333";

function job(name: string, kind: "training" | "processing"): Vertex {
  const component = `${name}-aws-${kind}-job`;
  return {
    Arn: `${PREFIX}:experiment-trial-component/${component.toLowerCase()}`,
    LineageType: "TrialComponent",
    Type: kind === "training" ? "TrainingJob" : "ProcessingJob",
    Name: component,
    Job: `${PREFIX}:${kind}-job/${name.toLowerCase()}`,
    Before: 1,
    After: 1,
  };
}

const data = (name: string): Vertex => ({
  Arn: `${PREFIX}:artifact/${name}`,
  LineageType: "Artifact",
  Type: "DataSet",
  Name: name,
  Before: 1,
  After: 1,
});

describe("a chain", () => {
  const prepare = job("Prepare-1", "processing");
  const train = job("train-1", "training");
  const first = job("train-0", "training");
  const clean = data("clean");
  const graph = graphOf([
    {
      Starts: [train.Arn],
      Vertices: [train, clean, prepare, first],
      Edges: [
        { SourceArn: clean.Arn, DestinationArn: train.Arn, AssociationType: "ContributedTo" },
        { SourceArn: prepare.Arn, DestinationArn: clean.Arn, AssociationType: "Produced" },
        { SourceArn: first.Arn, DestinationArn: train.Arn, AssociationType: "DerivedFrom" },
      ],
      IsCut: false,
    },
  ]);

  it("has causes before results, with names as they were given, and no job that was only repeated", () => {
    expect(graph && chainOf(graph).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "processing-job Prepare-1",
      "training-job train-1",
    ]);
  });

  it("is made again with each job reading what the new ones write", () => {
    const at = new Date(2026, 10, 27, 10, 0, 0).getTime();
    const steps = stepsOf(
      [
        {
          job: { arn: "a", kind: "processing-job", name: "prepare" },
          request: {
            ProcessingJobName: "prepare",
            ProcessingInputs: [{ InputName: "raw", S3Input: { S3Uri: "s3://b/raw" } }],
            ProcessingOutputConfig: {
              Outputs: [
                { OutputName: "clean", S3Output: { S3Uri: "s3://b/prepare/clean" } },
                { OutputName: "rest", S3Output: { S3Uri: "s3://b/rest/" } },
              ],
            },
          },
        },
        {
          job: { arn: "b", kind: "training-job", name: "train" },
          request: {
            TrainingJobName: "train",
            OutputDataConfig: { S3OutputPath: "s3://b/output/" },
            InputDataConfig: [
              { ChannelName: "train", DataSource: { S3DataSource: { S3Uri: "s3://b/prepare/clean/part" } } },
              { ChannelName: "rest", DataSource: { S3DataSource: { S3Uri: "s3://b/rest" } } },
              { ChannelName: "other", DataSource: { S3DataSource: { S3Uri: "s3://b/rest-of-others" } } },
            ],
          },
        },
        {
          job: { arn: "c", kind: "training-job", name: "tune" },
          request: {
            TrainingJobName: "tune",
            InputDataConfig: [
              { ChannelName: "model", DataSource: { S3DataSource: { S3Uri: "s3://b/output/train/output/model.tar.gz" } } },
            ],
          },
        },
      ],
      at,
    );

    const text = JSON.stringify(steps.map(({ request }) => request));
    const names = ["prepare-2026-11-27-10-00-00-000", "train-2026-11-27-10-00-00-001", "tune-2026-11-27-10-00-00-002"];
    expect(steps.map(({ name }) => name)).toEqual(names);
    for (const uri of [
      "s3://b/raw",
      `s3://b/${names[0]}/clean`,
      `s3://b/${names[0]}/clean/part`,
      `s3://b/rest-${names[0]}`,
      "s3://b/rest-of-others",
      `s3://b/output/${names[1]}/output/model.tar.gz`,
    ]) {
      expect(text).toContain(`"${uri}"`);
    }
    expect(text).not.toContain('"s3://b/rest"');
    expect(text).not.toContain("s3://b/output/train/");
  });

  it("goes on from what exists", () => {
    expect(progressOf([undefined, undefined])).toEqual({ state: "start", index: 0 });
    expect(progressOf(["InProgress", undefined])).toEqual({ state: "wait", index: 0 });
    expect(progressOf(["Completed", undefined])).toEqual({ state: "start", index: 1 });
    expect(progressOf(["Completed", "Failed"])).toEqual({ state: "broken", index: 1 });
    expect(progressOf(["Stopping", undefined])).toEqual({ state: "wait", index: 0 });
    expect(progressOf(["Completed", "Completed"])).toEqual({ state: "done" });
  });

  it("has an address that is checked", () => {
    expect(readChainAddress({ from: "arn:x", at: 1_790_000_000_000, go: true })).toEqual({
      from: "arn:x",
      at: 1_790_000_000_000,
      go: true,
    });
    expect(readChainAddress({ from: 7, at: "soon", go: true })).toEqual({});
  });
});
