// Filters of training jobs: the words that people use, and the expressions that Search takes.
import type { SearchExpression } from "@aws-sdk/client-sagemaker";
import { type Condition, type Filter, type Operator } from "./filter-language";
import type { JobRow } from "./jobs";

const SHORT_NAMES: Record<string, string> = {
  name: "TrainingJobName",
  status: "TrainingJobStatus",
  secondary: "SecondaryStatus",
  created: "CreationTime",
  started: "TrainingStartTime",
  ended: "TrainingEndTime",
  seconds: "TrainingTimeInSeconds",
  reason: "FailureReason",
  image: "AlgorithmSpecification.TrainingImage",
  instance: "ResourceConfig.InstanceType",
  instances: "ResourceConfig.InstanceCount",
  role: "RoleArn",
  input: "InputDataConfig.DataSource.S3DataSource.S3Uri",
  output: "OutputDataConfig.S3OutputPath",
  model: "ModelArtifacts.S3ModelArtifacts",
  experiment: "ExperimentConfig.ExperimentName",
  trial: "ExperimentConfig.TrialName",
  rule: "DebugRuleEvaluationStatuses.RuleEvaluationStatus",
};

const SEARCH_OPERATORS = {
  "=": "Equals",
  "!=": "NotEquals",
  "<": "LessThan",
  "<=": "LessThanOrEqualTo",
  ">": "GreaterThan",
  ">=": "GreaterThanOrEqualTo",
  contains: "Contains",
  in: "In",
  exists: "Exists",
  "not exists": "NotExists",
} as const;

export function jobExpression(filter: Filter | undefined): SearchExpression | undefined {
  if (filter === undefined) return undefined;
  if (filter.type === "condition") return ofCondition(filter);
  const parts = filter.parts.flatMap((part) => jobExpression(part) ?? []);
  return { Operator: filter.type === "or" ? "Or" : "And", SubExpressions: parts };
}

function ofCondition({ name, operator, values }: Condition): SearchExpression {
  const path = SHORT_NAMES[name.toLowerCase()] ?? name;
  if (operator === "exists" || operator === "not exists") {
    return { Filters: [{ Name: path, Operator: SEARCH_OPERATORS[operator] }] };
  }
  if (operator === "not in") {
    return { Filters: values.map((value) => ({ Name: path, Operator: "NotEquals", Value: value })) };
  }
  if (operator === "in") {
    return { Operator: "Or", Filters: values.map((value) => ({ Name: path, Operator: "Equals", Value: value })) };
  }
  return { Filters: [{ Name: path, Operator: SEARCH_OPERATORS[operator], Value: values[0] ?? "" }] };
}

/** What a person may filter by: short names, and the metrics and hyperparameters of the jobs that are there. */
export function offeredNames(rows: readonly JobRow[]): string[] {
  const found = new Set<string>();
  for (const row of rows) {
    for (const name of Object.keys(row.metrics)) found.add(`Metrics.${name}`);
    for (const name of Object.keys(row.parameters)) {
      if (!name.startsWith("sagemaker_")) found.add(`HyperParameters.${name}`);
    }
  }
  return [...Object.keys(SHORT_NAMES), ...[...found].sort(), "Tags."];
}

const TIMES = /^(created|started|ended)$/i;

/** What is written for a value: of times, days as people write them become what Search compares. */
export function valueFor(name: string, text: string): string {
  if (!TIMES.test(name) || !/^\d{4}-\d{2}-\d{2}/.test(text)) return text.trim();
  const date = new Date(text.trim());
  return Number.isNaN(date.getTime()) ? text.trim() : date.toISOString().replace(/\.\d+Z$/, "Z");
}

export const JOB_OPERATORS: readonly Operator[] = ["=", "!=", "contains", "<", "<=", ">", ">=", "exists", "not exists"];
