import { expect, test } from "vitest";
import { placedErrors } from "./placed-errors";
import type { Shape } from "./shape";
import createTrainingJob from "./shapes/CreateTrainingJob.json";

const SHAPE = createTrainingJob as Shape;
const REQUEST = {
  TrainingJobName: "digits",
  AlgorithmSpecification: { TrainingImage: "no-such-image:1", TrainingInputMode: "File" },
  InputDataConfig: [{ ChannelName: "training", DataSource: { S3DataSource: { S3Uri: "no-uri" } } }],
  ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 0, VolumeSizeInGB: 1 },
  StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 1 },
};
const places = (message: string) => placedErrors(message, SHAPE, REQUEST).map((each) => each.path);

test("every failed constraint comes to its member", () => {
  const message =
    "2 validation errors detected: Value '-x' at 'trainingJobName' failed to satisfy constraint: Member must satisfy " +
    "regular expression pattern: [a-z;]+; Value null at 'inputDataConfig.1.member.channelName' failed to satisfy " +
    "constraint: Member must not be null";

  expect(placedErrors(message, SHAPE, REQUEST)).toEqual([
    { path: ["TrainingJobName"], text: "Member must satisfy regular expression pattern: [a-z;]+" },
    { path: ["InputDataConfig", 0, "ChannelName"], text: "Member must not be null" },
  ]);
});

test("a value of another type comes to its member", () => {
  expect(places("STRING_VALUE can not be converted to an Integer (at 'resourceConfig.instanceCount')")).toEqual([
    ["ResourceConfig", "InstanceCount"],
  ]);
});

test("a sentence comes to the member that it names, or whose value it quotes", () => {
  expect(places("ResourceConfig.InstanceCount is 0; at least 1 host is needed.")).toEqual([
    ["ResourceConfig", "InstanceCount"],
  ]);
  expect(places("Invalid MaxWaitTimeInSeconds. It is only supported with spot.")).toEqual([
    ["StoppingCondition", "MaxWaitTimeInSeconds"],
  ]);
  expect(places("no environment serves no-such-image:1")).toEqual([["AlgorithmSpecification", "TrainingImage"]]);
  expect(places("Channel training: S3Uri is 'no-uri'; it has to begin with s3://")).toEqual([
    ["InputDataConfig", 0, "DataSource", "S3DataSource", "S3Uri"],
  ]);
});

test("what names nothing belongs to the whole", () => {
  expect(places("the server is going down")).toEqual([[]]);
});
