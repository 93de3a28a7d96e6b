// How a tuning job searches, in words.
import type { TuningJob } from "../api/call";
import type { Objective } from "./attempts";

/** undefined for a job whose definitions have objectives of their own that differ. */
export function objectiveOf(job: TuningJob): Objective | undefined {
  const own = job.HyperParameterTuningJobConfig?.HyperParameterTuningJobObjective;
  const objective = own ?? job.TrainingJobDefinition?.TuningObjective ?? job.TrainingJobDefinitions?.[0]?.TuningObjective;
  if (objective?.MetricName === undefined) return undefined;
  return { metric: objective.MetricName, isMaximized: objective.Type === "Maximize" };
}

/** [name, range] of each hyperparameter that is searched. Several definitions may have one name: each is told. */
export function rangesOf(job: TuningJob): [string, string][] {
  const ranges = [
    job.HyperParameterTuningJobConfig?.ParameterRanges,
    ...(job.TrainingJobDefinitions ?? []).map((definition) => definition.HyperParameterRanges),
  ];
  const found = new Map<string, Set<string>>();
  const tell = (name: string | undefined, range: string): void => {
    if (name !== undefined) found.set(name, (found.get(name) ?? new Set()).add(range));
  };
  for (const each of ranges) {
    for (const range of [...(each?.IntegerParameterRanges ?? []), ...(each?.ContinuousParameterRanges ?? [])]) {
      const scale = range.ScalingType === "Logarithmic" || range.ScalingType === "ReverseLogarithmic" ? ", logarithmic" : "";
      tell(range.Name, `${range.MinValue} to ${range.MaxValue}${scale}`);
    }
    for (const range of each?.CategoricalParameterRanges ?? []) tell(range.Name, (range.Values ?? []).join(", "));
    for (const range of each?.AutoParameters ?? []) tell(range.Name, `around ${range.ValueHint}`);
  }
  return [...found].map(([name, told]) => [name, [...told].join("; ")]);
}
