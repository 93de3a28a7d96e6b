// The states a job went through, as a timeline shows them.
import type { ProcessingJob, TrainingJob, TransformJob } from "../api/call";

export interface Stage {
  name: string;
  startedAt: number;
  endedAt: number | undefined;
  message: string;
  /** Of the whole time, in 0..1. */
  share: number;
}

/** What the first message of a job begins with, when it says what its image became. */
const RUNS = "Runs ";

export function stages(job: TrainingJob, now: number): Stage[] {
  const transitions = job.SecondaryStatusTransitions ?? [];
  const first = transitions[0]?.StartTime ?? 0;
  const last = transitions.at(-1);
  const end = last?.EndTime ?? (job.TrainingEndTime || now);
  const whole = Math.max(end - first, 1e-9);
  return transitions.map((transition) => {
    const startedAt = transition.StartTime ?? first;
    return {
      name: transition.Status ?? "",
      startedAt,
      endedAt: transition.EndTime,
      message: transition.StatusMessage ?? "",
      share: Math.max(0, ((transition.EndTime ?? end) - startedAt) / whole),
    };
  });
}

export function processingStages(job: ProcessingJob, now: number): Stage[] {
  return twoStages(
    {
      created: job.CreationTime ?? now,
      started: job.ProcessingStartTime,
      ended: job.ProcessingEndTime,
      waitsFor: job.ExitMessage ?? "",
      working: job.ProcessingEndTime === undefined ? (job.ProcessingJobStatus ?? "") : "Processing",
    },
    now,
  );
}

export function transformStages(job: TransformJob, now: number): Stage[] {
  return twoStages(
    {
      created: job.CreationTime ?? now,
      started: job.TransformStartTime,
      ended: job.TransformEndTime,
      waitsFor: "",
      working: job.TransformEndTime === undefined ? (job.TransformJobStatus ?? "") : "Transforming",
    },
    now,
  );
}

interface TwoStages {
  created: number;
  started: number | undefined;
  ended: number | undefined;
  /** Why it has not started. */
  waitsFor: string;
  /** The name of the second stage. */
  working: string;
}

/** These jobs tell no states, only when they were made, when they began and when they ended. */
function twoStages({ created, started, ended, waitsFor, working }: TwoStages, now: number): Stage[] {
  const end = ended ?? now;
  const whole = Math.max(end - created, 1e-9);
  const waiting: Stage = {
    name: "Starting",
    startedAt: created,
    endedAt: started ?? ended,
    message: started === undefined ? waitsFor : "",
    share: ((started ?? end) - created) / whole,
  };
  if (started === undefined) return [waiting];
  return [
    waiting,
    {
      name: working,
      startedAt: started,
      endedAt: ended,
      message: "",
      share: Math.max(0, end - started) / whole,
    },
  ];
}

/** What runs in the place of the image, in the server's words; empty where it says nothing. */
export function whatRan(job: TrainingJob): string[] {
  const message = job.SecondaryStatusTransitions?.[0]?.StatusMessage ?? "";
  return message.startsWith(RUNS) ? message.slice(RUNS.length).split("; ") : [];
}
