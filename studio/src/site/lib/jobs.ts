// Jobs as rows of a list and as the subject of a page, whatever their kind.
import type { AutoMLJob, ProcessingJob, TrainingJob, TransformJob, TuningJob } from "../api/call";

/** Those that run on instances: they have a log, metrics and a component. */
export type HostedKind = "training-job" | "processing-job" | "transform-job";

/** Those that run other jobs to find the best of them. */
export type SearchKind = "hyper-parameter-tuning-job" | "automl-job";

export type JobKind = HostedKind | SearchKind;

export const KINDS = {
  "training-job": {
    noun: "TrainingJob",
    title: "Training jobs",
    one: "training job",
    path: "/training-jobs",
    logGroup: "/aws/sagemaker/TrainingJobs",
  },
  "processing-job": {
    noun: "ProcessingJob",
    title: "Processing jobs",
    one: "processing job",
    path: "/processing-jobs",
    logGroup: "/aws/sagemaker/ProcessingJobs",
  },
  "transform-job": {
    noun: "TransformJob",
    title: "Transform jobs",
    one: "transform job",
    path: "/transform-jobs",
    logGroup: "/aws/sagemaker/TransformJobs",
  },
  "hyper-parameter-tuning-job": {
    noun: "HyperParameterTuningJob",
    title: "Tuning jobs",
    one: "tuning job",
    path: "/tuning-jobs",
    logGroup: "",
  },
  "automl-job": {
    noun: "AutoMLJob",
    title: "Autopilot jobs",
    one: "Autopilot job",
    path: "/autopilot-jobs",
    logGroup: "",
  },
} as const;

export const STATUSES = ["InProgress", "Completed", "Failed", "Stopping", "Stopped"] as const;
export type Status = (typeof STATUSES)[number];

export interface JobRow {
  kind: JobKind;
  name: string;
  arn: string;
  status: string;
  /** What it does now, such as Downloading. */
  secondary?: string | undefined;
  createdAt: number;
  startedAt?: number | undefined;
  endedAt?: number | undefined;
  failure?: string | undefined;
  /** Of its present state, such as how many jobs it waits for. */
  message?: string | undefined;
  rules?: { name: string; status: string; details: string }[] | undefined;
  image?: string | undefined;
  instances?: string | undefined;
  metrics: Record<string, number>;
  parameters: Record<string, string>;
  /** Whether it has the debugger's hook. */
  captures?: boolean | undefined;
}

export function isRunning(status: string): boolean {
  return status === "InProgress" || status === "Stopping";
}

export function trainingRow(job: Partial<TrainingJob>): JobRow {
  const resources = job.ResourceConfig;
  return {
    kind: "training-job",
    name: job.TrainingJobName ?? "",
    arn: job.TrainingJobArn ?? "",
    status: job.TrainingJobStatus ?? "",
    secondary: job.SecondaryStatus,
    createdAt: job.CreationTime ?? 0,
    startedAt: job.TrainingStartTime,
    endedAt: job.TrainingEndTime,
    failure: job.FailureReason,
    message: job.SecondaryStatusTransitions?.at(-1)?.StatusMessage,
    rules: [...(job.DebugRuleEvaluationStatuses ?? []), ...(job.ProfilerRuleEvaluationStatuses ?? [])].map((rule) => ({
      name: rule.RuleConfigurationName ?? "",
      status: rule.RuleEvaluationStatus ?? "",
      details: rule.StatusDetails ?? "",
    })),
    image: job.AlgorithmSpecification?.TrainingImage,
    instances:
      resources?.InstanceType && `${resources.InstanceCount ?? 1} × ${resources.InstanceType}`,
    metrics: Object.fromEntries(
      (job.FinalMetricDataList ?? []).map((metric) => [metric.MetricName ?? "", Number(metric.Value)]),
    ),
    parameters: job.HyperParameters ?? {},
    captures: Boolean(job.DebugHookConfig),
  };
}

export function processingRow(job: Partial<ProcessingJob>): JobRow {
  const resources = job.ProcessingResources?.ClusterConfig;
  return {
    kind: "processing-job",
    name: job.ProcessingJobName ?? "",
    arn: job.ProcessingJobArn ?? "",
    status: job.ProcessingJobStatus ?? "",
    createdAt: job.CreationTime ?? 0,
    startedAt: job.ProcessingStartTime ?? job.CreationTime,
    endedAt: job.ProcessingEndTime,
    failure: job.FailureReason,
    message: job.ExitMessage,
    image: job.AppSpecification?.ImageUri,
    instances:
      resources?.InstanceType && `${resources.InstanceCount ?? 1} × ${resources.InstanceType}`,
    metrics: {},
    parameters: {},
  };
}

export function transformRow(job: Partial<TransformJob>): JobRow {
  const resources = job.TransformResources;
  return {
    kind: "transform-job",
    name: job.TransformJobName ?? "",
    arn: job.TransformJobArn ?? "",
    status: job.TransformJobStatus ?? "",
    createdAt: job.CreationTime ?? 0,
    startedAt: job.TransformStartTime ?? job.CreationTime,
    endedAt: job.TransformEndTime,
    failure: job.FailureReason,
    instances:
      resources?.InstanceType && `${resources.InstanceCount ?? 1} × ${resources.InstanceType}`,
    metrics: {},
    parameters: {},
  };
}

export function tuningRow(job: Partial<TuningJob>): JobRow {
  return {
    kind: "hyper-parameter-tuning-job",
    name: job.HyperParameterTuningJobName ?? "",
    arn: job.HyperParameterTuningJobArn ?? "",
    status: job.HyperParameterTuningJobStatus ?? "",
    createdAt: job.CreationTime ?? 0,
    startedAt: job.CreationTime,
    endedAt: job.HyperParameterTuningEndTime,
    failure: job.FailureReason,
    metrics: {},
    parameters: {},
  };
}

export function autoMLRow(job: Partial<AutoMLJob>): JobRow {
  return {
    kind: "automl-job",
    name: job.AutoMLJobName ?? "",
    arn: job.AutoMLJobArn ?? "",
    status: job.AutoMLJobStatus ?? "",
    secondary: job.AutoMLJobSecondaryStatus,
    createdAt: job.CreationTime ?? 0,
    startedAt: job.CreationTime,
    endedAt: job.EndTime,
    failure: job.FailureReason,
    metrics: {},
    parameters: {},
  };
}

/** Whether a job of a list can be chosen: training jobs are compared, and what runs is stopped. */
export function canChoose(row: JobRow): boolean {
  return row.kind === "training-job" || isRunning(row.status);
}

/** The names from one row of a list to another, both included, that can be chosen. */
export function choosableBetween(rows: readonly JobRow[], from: string, to: string): string[] {
  const places = [from, to].map((name) => rows.findIndex((row) => row.name === name));
  const [first, last] = [Math.min(...places), Math.max(...places)];
  return first < 0 ? [to] : rows.slice(first, last + 1).filter(canChoose).map(({ name }) => name);
}

/** Of a reason of failure, what the script itself said; all of it where it said nothing. */
export function shortReason(reason: string): string {
  return /ErrorMessage "([\s\S]+?)"\s*(?:Command "|$)/.exec(reason)?.[1] ?? reason;
}

/** Seconds a job has run, or had; undefined before its start. */
export function ranFor(job: JobRow, now: number): number | undefined {
  if (job.startedAt === undefined) return undefined;
  return Math.max(0, (job.endedAt ?? (isRunning(job.status) ? now : job.startedAt)) - job.startedAt);
}

export const SORTS = ["CreationTime", "Name", "Status"] as const;
export type Sort = (typeof SORTS)[number];

/** What a list shows; all of it stands in the page's address. */
export interface ListView {
  status?: Status | undefined;
  search?: string | undefined;
  /** In the filter language; only Search knows which jobs it holds for. */
  filter?: string | undefined;
  sort: Sort;
  ascending: boolean;
}

export function belongs(row: JobRow, view: ListView): boolean {
  return (
    (view.status === undefined || row.status === view.status) &&
    (!view.search || row.name.toLowerCase().includes(view.search.toLowerCase()))
  );
}

function key(row: JobRow, sort: Sort): string | number {
  return sort === "CreationTime" ? row.createdAt : sort === "Name" ? row.name.toLowerCase() : row.status;
}

/**
 * The rows with a job as it is now: changed in place, moved, added or left out.
 * A job that belongs behind all rows is added only where nothing more is to be loaded.
 */
export function withJob(rows: JobRow[], job: JobRow, view: ListView, isWhole: boolean): JobRow[] {
  const others = rows.filter((row) => row.name !== job.name);
  if (!belongs(job, view)) return others.length === rows.length ? rows : others;
  const own = key(job, view.sort);
  const present = rows.findIndex((row) => row.name === job.name);
  if (present >= 0 && key(rows[present] as JobRow, view.sort) === own) {
    return rows.map((row) => (row.name === job.name ? job : row));
  }
  const behind = others.findIndex((row) => {
    const other = key(row, view.sort);
    return view.ascending ? own < other : own > other || (own === other && view.sort !== "CreationTime");
  });
  if (behind < 0) return isWhole || present >= 0 ? [...others, job] : others;
  return [...others.slice(0, behind), job, ...others.slice(behind)];
}
