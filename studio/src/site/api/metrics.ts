// The points of a job's metrics, by the operations that every client has.
import { queryOptions } from "@tanstack/react-query";
import { type JobKind, KINDS } from "../lib/jobs";
import { call } from "./call";

export interface Curve {
  name: string;
  /** Steps, or seconds since the first point for a metric without steps. */
  axis: "step" | "second";
  x: number[];
  values: number[];
}

export function metricNames(kind: JobKind, job: string, isRunning: boolean) {
  return queryOptions({
    queryKey: ["metric-names", kind, job] as const,
    refetchInterval: isRunning ? 3_000 : false,
    queryFn: async ({ signal }) => {
      const names = new Set<string>();
      let token: string | undefined;
      do {
        const found = await call(
          "cloudwatch/ListMetrics",
          {
            Namespace: KINDS[kind].logGroup,
            Dimensions: [{ Name: `${KINDS[kind].noun}Name`, Value: job }],
            ...(token && { NextToken: token }),
          },
          signal,
        );
        for (const metric of found.Metrics ?? []) names.add(metric.MetricName);
        token = found.NextToken;
      } while (token);
      return [...names].sort();
    },
  });
}

export function curve(kind: JobKind, job: string, arn: string, name: string, isRunning: boolean) {
  return queryOptions({
    queryKey: ["curve", kind, job, name] as const,
    refetchInterval: isRunning ? 2_000 : false,
    queryFn: async ({ signal }): Promise<Curve> => {
      const query = {
        MetricName: name,
        ResourceArn: arn,
        MetricStat: "Avg",
        Period: "IterationNumber",
        XAxisType: "IterationNumber",
      };
      const answer = await call("sagemaker-metrics/BatchGetMetrics", { MetricQueries: [query] }, signal);
      const found = answer.MetricQueryResults[0];
      if (found !== undefined && found.XAxisValues.length > 0) {
        return { name, axis: "step", x: found.XAxisValues, values: found.MetricValues.map(Number) };
      }
      return byTime(kind, job, name, signal);
    },
  });
}

async function byTime(kind: JobKind, job: string, name: string, signal: AbortSignal): Promise<Curve> {
  const metric = {
    Namespace: KINDS[kind].logGroup,
    MetricName: name,
    Dimensions: [{ Name: `${KINDS[kind].noun}Name`, Value: job }],
  };
  const at: number[] = [];
  const values: number[] = [];
  let token: string | undefined;
  do {
    const found = await call(
      "cloudwatch/GetMetricData",
      {
        MetricDataQueries: [{ Id: "m", MetricStat: { Metric: metric, Period: 1, Stat: "Average" } }],
        // A script may give its points any instant.
        StartTime: 0,
        EndTime: 253_402_300_799,
        ScanBy: "TimestampAscending",
        ...(token && { NextToken: token }),
      },
      signal,
    );
    for (const result of found.MetricDataResults) {
      at.push(...result.Timestamps);
      values.push(...result.Values);
    }
    token = found.NextToken;
  } while (token);
  const first = at[0] ?? 0;
  return { name, axis: "second", x: at.map((instant) => instant - first), values };
}
