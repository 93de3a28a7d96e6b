import { expect, test } from "vitest";
import type { TrainingJob } from "../api/call";
import type { Document } from "./shape";
import { baseName, boto3, codeOf, FORMS, python, shell } from "./code";

const JOB = {
  TrainingJobName: "digits-2026-11-27-15-04-05-123",
  RoleArn: "arn:aws:iam::111122223333:role/R",
  AlgorithmSpecification: {
    TrainingImage: "pytorch-training:2.6-cpu-py312",
    TrainingInputMode: "File",
    MetricDefinitions: [{ Name: "loss", Regex: 'loss "(.*)"' }],
  },
  HyperParameters: {
    sagemaker_program: '"train.py"',
    sagemaker_submit_directory: '"s3://b/source.tar.gz"',
    epochs: "4",
    seed: "12345678901234567890",
    note: '"it\'s"',
  },
  InputDataConfig: [
    { ChannelName: "training", DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: "s3://b/d" } } },
  ],
  ResourceConfig: { InstanceType: "ml.m5.xlarge", InstanceCount: 2, VolumeSizeInGB: 30 },
} as unknown as TrainingJob;

test("a job's name loses the time that a client has added", () => {
  expect(baseName("digits-2026-11-27-15-04-05-123")).toBe("digits");
  expect(baseName("digits-20261127150405")).toBe("digits");
  expect(baseName("resnet-50")).toBe("resnet-50");
});

test.each(FORMS)("the code of %s has the job's image, data and parameters", (form) => {
  const code = codeOf(JOB, JOB as unknown as Document, form);

  for (const part of ["pytorch-training:2.6-cpu-py312", "s3://b/d", "epochs", "12345678901234567890"]) {
    expect(code).toContain(part);
  }
});

test("the SDK's own hyperparameters become its arguments", () => {
  const code = codeOf(JOB, {}, "SDK v2");

  expect(code).toContain('entry_point="train.py"');
  expect(code).not.toContain("sagemaker_program");
  expect(code).toContain('"epochs": 4,');
});

test("values are spelled as Python does", () => {
  expect(python({ a: [true, null, "x\n"], b: {} }, 0)).toBe(
    '{\n    "a": [\n        True,\n        None,\n        "x\\n",\n    ],\n    "b": {},\n}',
  );
});

test("words for a shell are quoted where they have to be", () => {
  expect([shell("a=b/c"), shell("it's $HOME")]).toEqual(["a=b/c", `'it'"'"'s $HOME'`]);
});

test("boto3 code has every member of the request, and a name that is short enough", () => {
  const code = boto3("create_processing_job", "ProcessingJobName", {
    ProcessingJobName: "x".repeat(63),
    RetryStrategy: { MaximumRetryAttempts: 2 },
    EnableManagedSpotTraining: false,
    Tags: [],
  });

  expect(code).toContain("sagemaker.create_processing_job(");
  expect(code).toContain('"MaximumRetryAttempts": 2');
  expect(code).toContain("EnableManagedSpotTraining=False,");
  expect(code).not.toContain("Tags");
  expect(/ProcessingJobName=f"(x+)-/.exec(code)?.[1]).toHaveLength(48);
});
