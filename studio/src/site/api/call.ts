// Asks the server: the operations of AWS by name, with the session in the place of a signature.
import type {
  DescribeAutoMLJobV2Response,
  DescribeHyperParameterTuningJobResponse,
  DescribeProcessingJobResponse,
  DescribeTrainingJobResponse,
  DescribeTransformJobResponse,
  ListAutoMLJobsRequest,
  ListAutoMLJobsResponse,
  ListCandidatesForAutoMLJobRequest,
  ListCandidatesForAutoMLJobResponse,
  ListHyperParameterTuningJobsRequest,
  ListHyperParameterTuningJobsResponse,
  ListProcessingJobsRequest,
  ListProcessingJobsResponse,
  ListTrainingJobsForHyperParameterTuningJobRequest,
  ListTrainingJobsForHyperParameterTuningJobResponse,
  ListTransformJobsRequest,
  ListTransformJobsResponse,
  SearchRequest,
  SearchResponse,
} from "@aws-sdk/client-sagemaker";
import type { DebuggerOperations } from "./debugger-operations";
import type { ExperimentOperations } from "./experiment-operations";
import type { JobOperations } from "./job-operations";
import type { S3Operations } from "./s3-operations";
import type { SeriesAnswer } from "./series";
import type { TrackingOperations } from "./tracking-operations";
import type { Wire } from "./wire";

export type TrainingJob = Wire<DescribeTrainingJobResponse>;
export type ProcessingJob = Wire<DescribeProcessingJobResponse>;
export type TransformJob = Wire<DescribeTransformJobResponse>;
export type TuningJob = Wire<DescribeHyperParameterTuningJobResponse>;
export type AutoMLJob = Wire<DescribeAutoMLJobV2Response>;

export interface LogEvent {
  timestamp: number;
  message: string;
}

export interface MetricResult {
  Status: string;
  XAxisValues: number[];
  MetricValues: (number | string)[];
}

interface Operations extends DebuggerOperations, ExperimentOperations, JobOperations, S3Operations, TrackingOperations {
  "sagemaker/Search": [SearchRequest, Wire<SearchResponse>];
  "sagemaker/DescribeTrainingJob": [{ TrainingJobName: string }, TrainingJob];
  "sagemaker/StopTrainingJob": [{ TrainingJobName: string }, object];
  "sagemaker/ListProcessingJobs": [ListProcessingJobsRequest, Wire<ListProcessingJobsResponse>];
  "sagemaker/DescribeProcessingJob": [{ ProcessingJobName: string }, ProcessingJob];
  "sagemaker/StopProcessingJob": [{ ProcessingJobName: string }, object];
  "sagemaker/ListTransformJobs": [ListTransformJobsRequest, Wire<ListTransformJobsResponse>];
  "sagemaker/DescribeTransformJob": [{ TransformJobName: string }, TransformJob];
  "sagemaker/StopTransformJob": [{ TransformJobName: string }, object];
  "sagemaker/ListHyperParameterTuningJobs": [
    ListHyperParameterTuningJobsRequest,
    Wire<ListHyperParameterTuningJobsResponse>,
  ];
  "sagemaker/DescribeHyperParameterTuningJob": [{ HyperParameterTuningJobName: string }, TuningJob];
  "sagemaker/StopHyperParameterTuningJob": [{ HyperParameterTuningJobName: string }, object];
  "sagemaker/ListTrainingJobsForHyperParameterTuningJob": [
    ListTrainingJobsForHyperParameterTuningJobRequest,
    Wire<ListTrainingJobsForHyperParameterTuningJobResponse>,
  ];
  "sagemaker/ListAutoMLJobs": [ListAutoMLJobsRequest, Wire<ListAutoMLJobsResponse>];
  "sagemaker/DescribeAutoMLJobV2": [{ AutoMLJobName: string }, AutoMLJob];
  "sagemaker/StopAutoMLJob": [{ AutoMLJobName: string }, object];
  "sagemaker/ListCandidatesForAutoMLJob": [
    ListCandidatesForAutoMLJobRequest,
    Wire<ListCandidatesForAutoMLJobResponse>,
  ];
  "sagemaker/ListTags": [{ ResourceArn: string }, { Tags?: { Key: string; Value: string }[] }];
  "sagemaker-metrics/BatchGetMetrics": [{ MetricQueries: object[] }, { MetricQueryResults: MetricResult[] }];
  "cloudwatch/ListMetrics": [object, { Metrics?: { MetricName: string }[]; NextToken?: string }];
  "cloudwatch/GetMetricData": [
    object,
    { MetricDataResults: { Timestamps: number[]; Values: number[] }[]; NextToken?: string },
  ];
  "studio/ReadSeries": [object, SeriesAnswer];
  "logs/DescribeLogStreams": [object, { logStreams?: { logStreamName: string }[]; nextToken?: string }];
  "logs/GetLogEvents": [object, { events: LogEvent[]; nextForwardToken: string }];
}

export type Operation = keyof Operations;

/** What the server said in its own words: `code` is AWS's, `message` says what to do. */
export class ServerError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "ServerError";
  }

  get isDenied(): boolean {
    return this.code.startsWith("AccessDenied");
  }
}

const KEY = "clary-studio-page-key";

export const pageKey = {
  get: (): string => localStorage.getItem(KEY) ?? "",
  set: (key: string): void => localStorage.setItem(KEY, key),
  clear: (): void => localStorage.removeItem(KEY),
};

let signedOut: (error: ServerError) => void = () => undefined;

/** Calls back when an answer says that there is no session. */
export function onSignedOut(listener: (error: ServerError) => void): void {
  signedOut = listener;
}

export function call<O extends Operation>(
  operation: O,
  params: Operations[O][0],
  signal?: AbortSignal,
): Promise<Operations[O][1]> {
  return post(operation, params, signal) as Promise<Operations[O][1]>;
}

/** Rejects with ServerError, or TypeError where no server answers. */
export async function post(path: string, document: object, signal?: AbortSignal): Promise<unknown> {
  const response = await fetch(`/studio/api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-clary-page-key": pageKey.get() },
    body: JSON.stringify(document),
    ...(signal && { signal }),
  });
  return answerOf(response, path !== "login");
}

/** What a response of Studio's API says. Rejects with ServerError. */
export async function answerOf(response: Response, endsSession = true): Promise<unknown> {
  const text = await response.text();
  if (response.ok) return text ? (JSON.parse(text) as unknown) : {};
  throw problemOf(response.status, text, endsSession);
}

/** The error that an answer of Studio's API tells; one that says so ends the session of this page. */
export function problemOf(status: number, text: string, endsSession = true): ServerError {
  let answer: Record<string, unknown> = {};
  try {
    answer = JSON.parse(text || "{}") as Record<string, unknown>;
  } catch {
    // A proxy in front answers in its own form.
  }
  const problem = new ServerError(
    String(answer["__type"] ?? status),
    String(answer["message"] ?? answer["Message"] ?? "The server gave no reason."),
    status,
  );
  if (status === 401 && endsSession) signedOut(problem);
  return problem;
}
