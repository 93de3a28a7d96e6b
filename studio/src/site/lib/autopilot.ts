// What an Autopilot job has found, in the terms of a search.
import type { AutoMLJob } from "../api/call";
import type { Objective } from "./attempts";

/** Metrics of which less is better; of all others more. */
const ERRORS: ReadonlySet<string> = new Set(["MSE", "RMSE", "MAE", "LogLoss", "InferenceLatency"]);

/** undefined before the data have said which problem it is. */
export function autopilotObjective(job: AutoMLJob): Objective | undefined {
  const final = job.BestCandidate?.FinalAutoMLJobObjectiveMetric;
  const metric =
    final?.StandardMetricName ?? job.AutoMLJobObjective?.MetricName ?? job.ResolvedAttributes?.AutoMLJobObjective?.MetricName;
  if (metric === undefined) return undefined;
  return { metric, isMaximized: final?.Type === undefined ? !ERRORS.has(metric) : final.Type === "Maximize" };
}

/** [name, value] of each metric of a candidate, on the validation data where both are known. */
export function metricsOf(candidate: NonNullable<AutoMLJob["BestCandidate"]>): [string, number][] {
  const found = new Map<string, number>();
  for (const metric of candidate.CandidateProperties?.CandidateMetrics ?? []) {
    const name = metric.StandardMetricName ?? metric.MetricName;
    if (name !== undefined && (metric.Set !== "Train" || !found.has(name))) found.set(name, Number(metric.Value));
  }
  return [...found];
}
