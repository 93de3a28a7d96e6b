// The names of a job's metrics.
import { queryOptions } from "@tanstack/react-query";
import { type JobKind, KINDS } from "../lib/jobs";
import { call } from "./call";

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
