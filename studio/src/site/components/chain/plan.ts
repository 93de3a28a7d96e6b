// What a chain that is made again consists of, and how far it is. The server's jobs are all that is known of it.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { lineage } from "../../api/lineage";
import { namedJobs, processingJob, tagsOf, trainingJob } from "../../api/queries";
import { requestShape } from "../../api/shape";
import { CREATE, requestOf } from "../../lib/again";
import { type ChainJob, chainOf, progressOf, type Progress, type Step, stepsOf } from "../../lib/chain";
import type { JobRow } from "../../lib/jobs";
import { graphOf } from "../../lib/lineage";

/** Deeper chains are cut by the server's bound. */
const DEPTH = 10;
/** The stream of changes tells most; this is for what happened while the page was away. */
const LOOK_MS = 3_000;

/** The jobs that led to something, in their order; undefined until they are known. */
export function useChainJobs(from: string): { jobs: ChainJob[] | undefined; error: Error | null } {
  const asked = useQuery({ ...lineage(from, "before", DEPTH), enabled: from !== "", staleTime: Number.POSITIVE_INFINITY });
  const jobs = useMemo(() => {
    const graph = asked.data === undefined ? undefined : graphOf([asked.data]);
    return graph === undefined ? undefined : chainOf(graph);
  }, [asked.data]);
  return { jobs, error: asked.error };
}

/** The steps with their requests; undefined until the old jobs are known. */
export function useSteps(jobs: readonly ChainJob[], at: number): { steps: Step[] | undefined; error: Error | undefined } {
  const shapes = useQueries({
    queries: (["training-job", "processing-job"] as const).map((kind) => requestShape(CREATE[kind])),
  });
  const found = useQueries({
    queries: jobs.map(({ kind, name }) => (kind === "training-job" ? trainingJob(name) : processingJob(name)) as ReturnType<typeof trainingJob>),
  });
  const tags = useQueries({ queries: jobs.map(({ arn }) => tagsOf(arn)) });
  const error = [...shapes, ...found, ...tags].find((each) => each.error)?.error ?? undefined;
  const requests = jobs.flatMap((job, index) => {
    const shape = shapes[job.kind === "training-job" ? 0 : 1]?.data;
    const [description, its] = [found[index]?.data, tags[index]?.data];
    return shape && description && its ? [{ job, request: requestOf(shape, description, its) }] : [];
  });
  return { steps: requests.length === jobs.length ? stepsOf(requests, at) : undefined, error };
}

export interface ChainProgress {
  /** The new jobs that exist, in the order of the steps. */
  rows: (JobRow | undefined)[];
  /** undefined until it is known which of them exist. */
  progress: Progress | undefined;
  /** Asks for one of them anew. */
  look: (index: number) => void;
}

export function useProgress(steps: readonly Step[], isGoing: boolean): ChainProgress {
  const started = useQueries({
    queries: steps.map(({ job, name }) => ({
      ...namedJobs(job.kind, name, 5),
      enabled: isGoing,
      refetchInterval: isGoing ? LOOK_MS : (false as const),
    })),
  });
  const rows = steps.map(({ name }, index) => started[index]?.data?.find((row) => row.name === name));
  const isKnown = started.every(({ data }) => data !== undefined);
  return {
    rows,
    progress: isKnown ? progressOf(rows.map((row) => row?.status)) : undefined,
    look: (index) => void started[index]?.refetch(),
  };
}
