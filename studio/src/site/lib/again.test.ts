import { expect, test } from "vitest";
import { nextName, renamed, requestOf, spelledLike, withName } from "./again";
import { type Document, type Shape, withValue } from "./shape";
import createProcessingJob from "./shapes/CreateProcessingJob.json";
import createTrainingJob from "./shapes/CreateTrainingJob.json";

const SHAPES = {
  CreateTrainingJob: createTrainingJob as Shape,
  CreateProcessingJob: createProcessingJob as Shape,
};

/** A document with every member of a shape, and at each level one that only an answer has. */
function everything(shape: Shape, seed: () => number): unknown {
  if (shape.Members !== undefined) {
    const members = Object.entries(shape.Members).map(([name, member]) => [name, everything(member, seed)]);
    return { ...Object.fromEntries(members), OnlyInAnswers: seed() };
  }
  switch (shape.Type) {
    case "list":
      return shape.Of === undefined ? [] : [everything(shape.Of, seed), everything(shape.Of, seed)];
    case "map":
      return shape.Of === undefined ? {} : { [`key ${seed()}`]: everything(shape.Of, seed), OnlyInAnswers: "kept" };
    case "number":
      return seed();
    case "boolean":
      return seed() % 2 === 0;
    default:
      return `text ${seed()}`;
  }
}

/** The same without what only an answer has; keys of maps may have any name. */
function clean(value: unknown, shape: Shape): unknown {
  if (Array.isArray(value)) return value.map((each) => clean(each, shape.Of as Shape));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => {
      const inner = shape.Members === undefined ? shape.Of : shape.Members[name];
      return inner === undefined ? [] : [[name, clean(each, inner)]];
    }),
  );
}

test.each(["CreateTrainingJob", "CreateProcessingJob"] as const)(
  "of what Describe answers, no member is lost that %s takes",
  (operation) => {
    const shape = SHAPES[operation];
    let count = 0;
    const { Tags: tags, ...answer } = everything(shape, () => (count += 1)) as Document;

    const request = requestOf(shape, answer, tags as object[]);

    const expected = clean({ ...answer, Tags: tags }, shape) as Document;
    const cluster = ["ProcessingResources", "ClusterConfig"];
    const told =
      operation === "CreateProcessingJob"
        ? ["SelectedInstanceType", "SelectedInstanceCount"].reduce(
            (each, member) => withValue(each, [...cluster, member], undefined),
            expected,
          )
        : expected;
    expect(count).toBeGreaterThan(100);
    expect(request).toEqual(told);
  },
);

const OLD = {
  TrainingJobName: "digits-2026-11-27-15-04-05-123",
  HyperParameters: { sagemaker_job_name: '"digits-2026-11-27-15-04-05-123"', rate: "0.1" },
  CheckpointConfig: { S3Uri: "s3://b/checkpoints/" },
};

test("a copy has a name and folders of its own", () => {
  expect(renamed(OLD, "TrainingJobName", "new")).toEqual({
    TrainingJobName: "new",
    HyperParameters: { sagemaker_job_name: '"new"', rate: "0.1" },
    CheckpointConfig: { S3Uri: "s3://b/checkpoints-new" },
  });
});

test("outputs that are named after the job follow its name, inputs stay", () => {
  const job = {
    ProcessingJobName: "clean-1",
    ProcessingInputs: [{ S3Input: { S3Uri: "s3://b/clean-1/input/code" } }],
    ProcessingOutputConfig: {
      Outputs: [{ S3Output: { S3Uri: "s3://b/clean-1/output" } }, { S3Output: { S3Uri: "s3://b/shared" } }],
    },
  };

  const request = renamed(job, "ProcessingJobName", "clean-2");

  expect(JSON.stringify(request)).toBe(
    JSON.stringify(job).replace('"clean-1"', '"clean-2"').replace("clean-1/output", "clean-2/output"),
  );
});

test("what followed from a name still does, and what was edited stays", () => {
  const first = renamed(OLD, "TrainingJobName", "one");
  const edited = withValue(first, ["CheckpointConfig", "S3Uri"], "s3://b/mine");

  const draft = withName(OLD, edited, "TrainingJobName", "two");

  expect(draft).toEqual({
    TrainingJobName: "two",
    HyperParameters: { sagemaker_job_name: '"two"', rate: "0.1" },
    CheckpointConfig: { S3Uri: "s3://b/mine" },
  });
});

test("a new name is the old one's beginning and the time, and is short enough", () => {
  const now = new Date(2026, 0, 2, 3, 4, 5, 6);

  expect(nextName("digits-2026-11-27-15-04-05-123", now, "training-job")).toBe("digits-2026-01-02-03-04-05-006");
  expect(nextName("x".repeat(63), now, "training-job")).toHaveLength(63);
  expect(nextName("tuner-251130-1504", now, "hyper-parameter-tuning-job")).toBe("tuner-260102-030405");
  expect(nextName("x".repeat(32), now, "automl-job")).toHaveLength(32);
});

test("a value is spelled as the one before", () => {
  expect([spelledLike('"adam"', "sgd"), spelledLike("0.1", "0.2"), spelledLike('"', "x")]).toEqual(['"sgd"', "0.2", "x"]);
});
