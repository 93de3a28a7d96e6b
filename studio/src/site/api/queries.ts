// What pages ask, by key: the same question of two places on a page is asked once.
import type { SearchExpression } from "@aws-sdk/client-sagemaker";
import { type FetchQueryOptions, infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { parseFilter } from "../lib/filter-language";
import { jobExpression } from "../lib/job-filter";
import {
  autoMLRow,
  isRunning,
  type JobKind,
  type JobRow,
  KINDS,
  type ListView,
  processingRow,
  trainingRow,
  transformRow,
  tuningRow,
  withJob,
} from "../lib/jobs";
import { applyTrackingChanges } from "./lineage";
import {
  type AutoMLJob,
  call,
  type ProcessingJob,
  ServerError,
  type TrainingJob,
  type TransformJob,
  type TuningJob,
} from "./call";
import { refreshAttempts } from "./searches";
import { refreshRows } from "./rows";

const PAGE = 100;
const NAME_PART = /^[a-zA-Z0-9-]{1,63}$/;

export interface JobPage {
  rows: JobRow[];
  next: string | undefined;
}

export function jobList(kind: JobKind, view: ListView) {
  return infiniteQueryOptions({
    queryKey: ["jobs", kind, view] as const,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => pageOf(kind, view, pageParam, PAGE, signal),
    getNextPageParam: (last: JobPage) => last.next,
    staleTime: Number.POSITIVE_INFINITY,
    // A new filter shows the rows of before until its own are there.
    placeholderData: (previous) => previous,
  });
}

/** A few jobs whose names contain a text, the newest first. */
export function namedJobs(kind: JobKind, search: string, count: number) {
  const view: ListView = { search, sort: "CreationTime", ascending: false };
  return queryOptions({
    queryKey: ["latest", kind, "named", search, count] as const,
    queryFn: async ({ signal }) => (await pageOf(kind, view, undefined, count, signal)).rows,
  });
}

/** A few jobs, for the home page. */
export function latestJobs(kind: JobKind, status: ListView["status"], count: number) {
  const view: ListView = { status, sort: "CreationTime", ascending: false };
  return queryOptions({
    queryKey: ["latest", kind, status, count] as const,
    queryFn: async ({ signal }) => (await pageOf(kind, view, undefined, count, signal)).rows,
  });
}

/** A few jobs in which a rule has found something, the newest first. */
export function foundByRules(count: number) {
  return queryOptions({
    queryKey: ["latest", "training-job", "found", count] as const,
    queryFn: async ({ signal }) => {
      const found = await call(
        "sagemaker/Search",
        {
          Resource: "TrainingJob",
          MaxResults: count,
          SortBy: "CreationTime",
          SortOrder: "Descending",
          SearchExpression: {
            Filters: [
              { Name: "DebugRuleEvaluationStatuses.RuleEvaluationStatus", Operator: "Equals", Value: "IssuesFound" },
            ],
          },
        },
        signal,
      );
      return (found.Results ?? []).flatMap(({ TrainingJob }) => (TrainingJob ? [trainingRow(TrainingJob)] : []));
    },
  });
}

/** A few experiments, those that have changed last first. */
export function latestExperiments(count: number) {
  return queryOptions({
    queryKey: ["latest", "experiment", count] as const,
    queryFn: async ({ signal }) => {
      const found = await call(
        "sagemaker/Search",
        { Resource: "Experiment", MaxResults: count, SortBy: "LastModifiedTime", SortOrder: "Descending" },
        signal,
      );
      return (found.Results ?? []).flatMap(({ Experiment: each }) =>
        each?.ExperimentName === undefined
          ? []
          : [
              {
                name: each.ExperimentName,
                title: each.DisplayName || each.ExperimentName,
                changedAt: each.LastModifiedTime ?? each.CreationTime ?? 0,
              },
            ],
      );
    },
  });
}

async function pageOf(
  kind: JobKind,
  view: ListView,
  token: string | undefined,
  count: number,
  signal: AbortSignal,
): Promise<JobPage> {
  const order = view.ascending ? "Ascending" : "Descending";
  const next = token === undefined ? {} : { NextToken: token };
  const listed = {
    MaxResults: count,
    SortBy: view.sort,
    SortOrder: order,
    ...(view.status && { StatusEquals: view.status }),
    ...(view.search && { NameContains: view.search }),
    ...next,
  } as const;
  // The server refuses what can't be a part of a name.
  if (kind !== "training-job" && view.search && !NAME_PART.test(view.search)) return { rows: [], next: undefined };
  if (kind === "processing-job") {
    const found = await call("sagemaker/ListProcessingJobs", listed, signal);
    return { rows: (found.ProcessingJobSummaries ?? []).map(processingRow), next: found.NextToken };
  }
  if (kind === "transform-job") {
    const found = await call("sagemaker/ListTransformJobs", listed, signal);
    return { rows: (found.TransformJobSummaries ?? []).map(transformRow), next: found.NextToken };
  }
  if (kind === "hyper-parameter-tuning-job") {
    const found = await call("sagemaker/ListHyperParameterTuningJobs", listed, signal);
    return { rows: (found.HyperParameterTuningJobSummaries ?? []).map(tuningRow), next: found.NextToken };
  }
  if (kind === "automl-job") {
    const found = await call("sagemaker/ListAutoMLJobs", listed, signal);
    return { rows: (found.AutoMLJobSummaries ?? []).map(autoMLRow), next: found.NextToken };
  }
  const column = { CreationTime: "CreationTime", Name: "TrainingJobName", Status: "TrainingJobStatus" };
  const wanted = jobExpression(parseFilter(view.filter ?? "").filter);
  const filters: SearchExpression["Filters"] = [];
  if (view.status) filters.push({ Name: "TrainingJobStatus", Operator: "Equals", Value: view.status });
  if (view.search) filters.push({ Name: "TrainingJobName", Operator: "Contains", Value: view.search });
  const found = await call(
    "sagemaker/Search",
    {
      Resource: "TrainingJob",
      MaxResults: count,
      SortBy: column[view.sort],
      SortOrder: order,
      ...((filters.length > 0 || wanted) && {
        SearchExpression: {
          ...(filters.length > 0 && { Filters: filters }),
          ...(wanted && { SubExpressions: [wanted] }),
        },
      }),
      ...next,
    },
    signal,
  );
  return {
    rows: (found.Results ?? []).flatMap(({ TrainingJob }) => (TrainingJob ? [trainingRow(TrainingJob)] : [])),
    next: found.NextToken,
  };
}

export function trainingJob(name: string) {
  return queryOptions({
    queryKey: ["job", "training-job", name] as const,
    queryFn: ({ signal }): Promise<TrainingJob> =>
      call("sagemaker/DescribeTrainingJob", { TrainingJobName: name }, signal),
  });
}

export function processingJob(name: string) {
  return queryOptions({
    queryKey: ["job", "processing-job", name] as const,
    queryFn: ({ signal }): Promise<ProcessingJob> =>
      call("sagemaker/DescribeProcessingJob", { ProcessingJobName: name }, signal),
  });
}

export function transformJob(name: string) {
  return queryOptions({
    queryKey: ["job", "transform-job", name] as const,
    queryFn: ({ signal }): Promise<TransformJob> =>
      call("sagemaker/DescribeTransformJob", { TransformJobName: name }, signal),
  });
}

export function tuningJob(name: string) {
  return queryOptions({
    queryKey: ["job", "hyper-parameter-tuning-job", name] as const,
    queryFn: ({ signal }): Promise<TuningJob> =>
      call("sagemaker/DescribeHyperParameterTuningJob", { HyperParameterTuningJobName: name }, signal),
  });
}

export function autoMLJob(name: string) {
  return queryOptions({
    queryKey: ["job", "automl-job", name] as const,
    queryFn: ({ signal }): Promise<AutoMLJob> => call("sagemaker/DescribeAutoMLJobV2", { AutoMLJobName: name }, signal),
  });
}

export function tagsOf(arn: string | undefined) {
  return queryOptions({
    queryKey: ["tags", arn] as const,
    enabled: arn !== undefined,
    queryFn: async ({ signal }) =>
      (await call("sagemaker/ListTags", { ResourceArn: arn ?? "" }, signal)).Tags ?? [],
  });
}

async function rowOf(client: QueryClient, kind: JobKind, name: string): Promise<JobRow> {
  // A page of this job asks for it too: both are answered by one request.
  switch (kind) {
    case "training-job":
      return trainingRow(await asItIsNow(client, trainingJob(name)));
    case "processing-job":
      return processingRow(await asItIsNow(client, processingJob(name)));
    case "transform-job":
      return transformRow(await asItIsNow(client, transformJob(name)));
    case "hyper-parameter-tuning-job":
      return tuningRow(await asItIsNow(client, tuningJob(name)));
    case "automl-job":
      return autoMLRow(await asItIsNow(client, autoMLJob(name)));
  }
}

/** What the server answers from now on. A request that is under way may have been read before the change. */
export async function asItIsNow<Data>(
  client: QueryClient,
  asked: { queryKey: readonly unknown[]; queryFn?: unknown },
): Promise<Data> {
  const wanted = { ...asked, staleTime: 0 } as FetchQueryOptions<Data>;
  if (client.getQueryState(asked.queryKey)?.fetchStatus === "fetching") {
    await client.fetchQuery(wanted).catch(() => undefined);
  }
  return client.fetchQuery(wanted);
}

/** Brings what is shown up to date with jobs that have changed. */
export async function applyChanges(client: QueryClient, names: [string, string][]): Promise<void> {
  refreshRows(client, names);
  refreshAttempts(client, names);
  const jobs = names.filter((each): each is [JobKind, string] => each[0] in KINDS);
  const kinds = new Set(names.map(([kind]) => kind));
  for (const kind of kinds) void client.invalidateQueries({ queryKey: ["latest", kind] });
  if (kinds.has("experiment")) void client.invalidateQueries({ queryKey: ["chart-board"] });
  await Promise.all([
    applyTrackingChanges(client, names),
    ...jobs.map(([kind, name]) => applyChange(client, kind, name)),
  ]);
}

async function applyChange(client: QueryClient, kind: JobKind, name: string): Promise<void> {
  const key = ["job", kind, name];
  const lists = client.getQueryCache().findAll({ queryKey: ["jobs", kind], type: "active" });
  // Lists that nobody looks at are read anew when somebody does.
  client.removeQueries({ queryKey: ["jobs", kind], type: "inactive" });
  const isOpen = client.getQueryCache().find({ queryKey: key })?.isActive() ?? false;
  if (lists.length === 0 && !isOpen) {
    client.removeQueries({ queryKey: key });
    return;
  }
  let row: JobRow | undefined;
  try {
    row = await rowOf(client, kind, name);
  } catch (error) {
    // A job that was deleted, or one that this caller may only see in lists.
    if (!(error instanceof ServerError)) return;
    await client.invalidateQueries({ queryKey: ["jobs", kind] });
    return;
  }
  for (const list of lists) {
    const view = list.queryKey[2] as ListView;
    if (view.filter) {
      void client.invalidateQueries({ queryKey: list.queryKey });
      continue;
    }
    client.setQueryData<{ pages: JobPage[]; pageParams: unknown[] }>(list.queryKey, (data) => {
      if (data === undefined) return data;
      const [first, ...more] = data.pages;
      if (first === undefined) return data;
      const last = data.pages.at(-1);
      const rows = data.pages.flatMap((page) => page.rows);
      const changed = withJob(rows, row, view, last?.next === undefined);
      // Pages keep their tokens; all rows stand in the first, which nothing but the table reads.
      return {
        ...data,
        pages: [{ ...first, rows: changed }, ...more.map((page) => ({ ...page, rows: [] }))],
      };
    });
  }
}

export function refetchWhileRunning(status: string | undefined, everyMs: number): number | false {
  return status !== undefined && isRunning(status) ? everyMs : false;
}
