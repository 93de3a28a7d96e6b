// A training job as code that makes the same again.
import type { TrainingJob } from "../api/call";
import { plain } from "./format";
import type { Document } from "./shape";

export const FORMS = ["boto3", "SDK v2", "SDK v3", "clary train"] as const;
export type Form = (typeof FORMS)[number];

/** request: of CreateTrainingJob, with everything that the job was given. */
export function codeOf(job: TrainingJob, request: Document, form: Form): string {
  switch (form) {
    case "boto3":
      return boto3("create_training_job", "TrainingJobName", request);
    case "SDK v2":
      return sdkV2(job);
    case "SDK v3":
      return sdkV3(job);
    case "clary train":
      return claryTrain(job);
  }
}

/** The name of a copy: what a job was called, without the time that clients add. */
export function baseName(name: string): string {
  return name.replace(/-\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2}-\d+$|-\d{14}$/, "") || name;
}

/** A call that makes the job again under a new name. member: the one that names it. longest: its most characters. */
export function boto3(method: string, member: string, request: Document, longest = 63): string {
  const name = String(request[member] ?? "");
  const members = Object.entries(request)
    .filter(([each, value]) => each !== member && !isEmpty(value))
    .map(([each, value]) => `    ${each}=${python(value, 1)},`);
  return [
    "import boto3",
    "from datetime import datetime",
    "",
    'sagemaker = boto3.client("sagemaker")',
    `sagemaker.${method}(`,
    `    ${member}=f"${baseName(name).slice(0, longest - TIME_LENGTH)}-{datetime.now():%Y%m%d%H%M%S}",`,
    ...members,
    ")",
    "",
  ].join("\n");
}

/** Of the time at the end of a name, with its dash. */
const TIME_LENGTH = 15;

interface Parts {
  script?: string | undefined;
  source?: string | undefined;
  parameters: Record<string, string>;
}

/** The SDK's own hyperparameters apart from the user's. */
function parts(job: TrainingJob): Parts {
  const told = Object.entries(job.HyperParameters ?? {}).map(([name, value]) => [name, plain(value)]);
  const all = Object.fromEntries(told) as Record<string, string>;
  return {
    script: all["sagemaker_program"],
    source: all["sagemaker_submit_directory"],
    parameters: Object.fromEntries(
      Object.entries(all).filter(([name]) => !name.startsWith("sagemaker_")),
    ),
  };
}

function inputs(job: TrainingJob): [string, string][] {
  return (job.InputDataConfig ?? []).flatMap((channel) => {
    const place = channel.DataSource?.S3DataSource?.S3Uri;
    return place && channel.ChannelName ? [[channel.ChannelName, place]] : [];
  });
}

function sdkV2(job: TrainingJob): string {
  const { script, source, parameters } = parts(job);
  const resources = job.ResourceConfig;
  const lines = [
    ["image_uri", job.AlgorithmSpecification?.TrainingImage],
    ["role", job.RoleArn],
    ["instance_count", resources?.InstanceCount ?? 1],
    ["instance_type", resources?.InstanceType],
    ["entry_point", script],
    ["source_dir", source],
    ["hyperparameters", numbers(parameters)],
    ["environment", job.Environment],
    ["metric_definitions", job.AlgorithmSpecification?.MetricDefinitions],
    ["output_path", job.OutputDataConfig?.S3OutputPath],
    ["max_run", job.StoppingCondition?.MaxRuntimeInSeconds],
    ["base_job_name", baseName(job.TrainingJobName ?? "")],
  ] as const;
  return [
    "from sagemaker.estimator import Estimator",
    "",
    "estimator = Estimator(",
    ...lines.filter(([, value]) => !isEmpty(value)).map(([name, value]) => `    ${name}=${python(value, 1)},`),
    ")",
    inputs(job).length > 0
      ? `estimator.fit(${python(Object.fromEntries(inputs(job)), 0)})`
      : "estimator.fit()",
    "",
  ].join("\n");
}

function sdkV3(job: TrainingJob): string {
  const { script, source, parameters } = parts(job);
  const resources = job.ResourceConfig;
  const channels = inputs(job);
  const call = (name: string, members: [string, unknown][], depth: number): string => {
    const inner = "    ".repeat(depth + 1);
    const lines = members
      .filter(([, value]) => !isEmpty(value))
      .map(([member, value]) => `${inner}${member}=${python(value, depth + 1)},`);
    return [`${name}(`, ...lines, `${"    ".repeat(depth)})`].join("\n");
  };
  const compute = call(
    "Compute",
    [
      ["instance_type", resources?.InstanceType],
      ["instance_count", resources?.InstanceCount ?? 1],
      ["volume_size_in_gb", resources?.VolumeSizeInGB],
    ],
    1,
  );
  const code = call(
    "SourceCode",
    [
      ["source_dir", source],
      ["entry_script", script],
    ],
    1,
  );
  const data = channels.map(([name, place]) =>
    `    InputData(channel_name=${python(name, 0)}, data_source=${python(place, 0)}),`,
  );
  return [
    "from sagemaker.train import ModelTrainer",
    "from sagemaker.train.configs import Compute, InputData, SourceCode",
    "",
    "trainer = ModelTrainer(",
    `    training_image=${python(job.AlgorithmSpecification?.TrainingImage, 1)},`,
    `    role=${python(job.RoleArn, 1)},`,
    `    compute=${compute},`,
    ...(script ? [`    source_code=${code},`] : []),
    ...(isEmpty(parameters) ? [] : [`    hyperparameters=${python(numbers(parameters), 1)},`]),
    ...(isEmpty(job.Environment) ? [] : [`    environment=${python(job.Environment, 1)},`]),
    `    base_job_name=${python(baseName(job.TrainingJobName ?? ""), 1)},`,
    ")",
    data.length > 0 ? ["trainer.train(input_data_config=[", ...data, "])"].join("\n") : "trainer.train()",
    "",
  ].join("\n");
}

function claryTrain(job: TrainingJob): string {
  const { script, parameters } = parts(job);
  const resources = job.ResourceConfig;
  const options = [
    ["--image", job.AlgorithmSpecification?.TrainingImage],
    ["--instance-type", resources?.InstanceType],
    ["--count", resources?.InstanceCount === 1 ? undefined : resources?.InstanceCount],
    ...inputs(job).map(([name, place]) => ["--input", `${name}=${place}`]),
    ...Object.entries(job.Environment ?? {}).map(([name, value]) => ["--env", `${name}=${value}`]),
    ...(job.AlgorithmSpecification?.MetricDefinitions ?? []).map((metric) => [
      "--metric",
      `${metric.Name}=${metric.Regex}`,
    ]),
  ].filter(([, value]) => value !== undefined);
  const told = Object.entries(parameters).map(([name, value]) => `--${name} ${shell(value)}`);
  return [
    `clary train ${shell(script ?? "train.py")}`,
    ...options.map(([name, value]) => `${name} ${shell(String(value))}`),
    ...(told.length > 0 ? [`-- ${told.join(" ")}`] : []),
  ].join(" \\\n    ");
}

/** Text that stands in code as it is. */
class Literal {
  constructor(readonly text: string) {}
}

function numbers(parameters: Record<string, string>): Record<string, unknown> {
  // As it is spelled: through a float, an integer of 20 digits would become another one.
  const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      isNumber.test(value) ? new Literal(value) : value,
    ]),
  );
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** A value in Python's spelling. */
export function python(value: unknown, depth: number): string {
  if (value === undefined || value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (value instanceof Literal) return value.text;
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = "    ".repeat(depth + 1);
  const end = "    ".repeat(depth);
  const shown = Array.isArray(value)
    ? value.map((each) => `${inner}${python(each, depth + 1)},`)
    : Object.entries(value)
        .filter(([, each]) => each !== undefined && each !== null)
        .map(([name, each]) => `${inner}${JSON.stringify(name)}: ${python(each, depth + 1)},`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return shown.length === 0 ? `${open}${close}` : [open, ...shown, `${end}${close}`].join("\n");
}

/** A word for a POSIX shell. */
export function shell(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
