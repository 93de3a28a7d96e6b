// What the pages of tuning and Autopilot jobs ask: the trials and the candidates.
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { Attempt } from "../lib/attempts";
import { metricsOf } from "../lib/autopilot";
import { type AutoMLJob, call } from "./call";
import { soon } from "./soon";

/** Of a tuning job: AWS allows no more trials. */
const MOST = 1_000;
const PAGE = 100;

/** The trials of a tuning job, in the order in which they were made. */
export function trials(name: string) {
  return queryOptions({
    queryKey: ["attempts", "hyper-parameter-tuning-job", name] as const,
    queryFn: ({ signal }) =>
      all(async (token): Promise<Page> => {
        const found = await call(
          "sagemaker/ListTrainingJobsForHyperParameterTuningJob",
          {
            HyperParameterTuningJobName: name,
            MaxResults: PAGE,
            SortBy: "CreationTime",
            SortOrder: "Ascending",
            ...(token !== undefined && { NextToken: token }),
          },
          signal,
        );
        const attempts = (found.TrainingJobSummaries ?? []).map(
          (trial): Attempt => ({
            name: trial.TrainingJobName ?? "",
            job: trial.TrainingJobName,
            status: trial.TrainingJobStatus ?? "",
            value: measured(trial.FinalHyperParameterTuningJobObjectiveMetric?.Value),
            parameters: trial.TunedHyperParameters ?? {},
            startedAt: trial.TrainingStartTime,
            endedAt: trial.TrainingEndTime,
            failure: trial.FailureReason,
          }),
        );
        return { attempts, next: found.NextToken };
      }),
  });
}

/** The candidates of an Autopilot job, in the order in which they were made. */
export function candidates(name: string) {
  return queryOptions({
    queryKey: ["attempts", "automl-job", name] as const,
    queryFn: ({ signal }) =>
      all(async (token): Promise<Page> => {
        const found = await call(
          "sagemaker/ListCandidatesForAutoMLJob",
          {
            AutoMLJobName: name,
            MaxResults: PAGE,
            SortBy: "CreationTime",
            SortOrder: "Ascending",
            ...(token !== undefined && { NextToken: token }),
          },
          signal,
        );
        const attempts = (found.Candidates ?? []).map((candidate): Attempt => {
          const trained = candidate.CandidateSteps?.filter((step) => step.CandidateStepType?.endsWith("TrainingJob")).at(-1);
          return {
            name: candidate.CandidateName ?? "",
            job: trained?.CandidateStepName,
            status: candidate.CandidateStatus ?? "",
            value: measured(candidate.FinalAutoMLJobObjectiveMetric?.Value),
            parameters: otherMetrics(candidate),
            startedAt: candidate.CreationTime,
            endedAt: candidate.EndTime,
            failure: candidate.FailureReason,
          };
        });
        return { attempts, next: found.NextToken };
      }),
  });
}

type Candidate = NonNullable<AutoMLJob["BestCandidate"]>;

/** All metrics of a candidate but its objective metric, which has a column of its own. */
function otherMetrics(candidate: Candidate): Record<string, string> {
  const objective = candidate.FinalAutoMLJobObjectiveMetric;
  const own = [objective?.StandardMetricName, objective?.MetricName];
  const others = metricsOf(candidate).filter(([name]) => own.every((each) => each !== name));
  return Object.fromEntries(others.map(([name, value]) => [name, String(value)]));
}

interface Page {
  attempts: Attempt[];
  next: string | undefined;
}

async function all(pageAt: (token: string | undefined) => Promise<Page>): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  let token: string | undefined;
  do {
    const page = await pageAt(token);
    attempts.push(...page.attempts);
    token = page.next;
  } while (token !== undefined && attempts.length < MOST);
  return attempts;
}

/** JSON has no numbers for infinity and what is no number. */
function measured(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

/** Reads what a search has tried anew when a job of its has changed: its attempts are training jobs. */
export function refreshAttempts(client: QueryClient, names: [string, string][]): void {
  const shown = client.getQueryCache().findAll({ queryKey: ["attempts"], type: "active" });
  if (shown.length > 0 && names.some(([kind]) => CHANGING.has(kind))) {
    // Trials of short scripts end many times a second.
    soon("attempts", () => void client.invalidateQueries({ queryKey: ["attempts"] }));
  }
  client.removeQueries({ queryKey: ["attempts"], type: "inactive" });
}

const CHANGING: ReadonlySet<string> = new Set(["training-job", "hyper-parameter-tuning-job", "automl-job"]);
