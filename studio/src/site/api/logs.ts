// The streams of a job's log: one for each host.
import { queryOptions } from "@tanstack/react-query";
import { type JobKind, KINDS } from "../lib/jobs";
import { call } from "./call";

export function logStreams(kind: JobKind, job: string, isRunning: boolean) {
  return queryOptions({
    queryKey: ["log-streams", kind, job] as const,
    refetchInterval: isRunning ? 2_000 : false,
    queryFn: async ({ signal }) => {
      const names: string[] = [];
      let token: string | undefined;
      do {
        const found = await call(
          "logs/DescribeLogStreams",
          {
            logGroupName: KINDS[kind].logGroup,
            logStreamNamePrefix: `${job}/`,
            ...(token && { nextToken: token }),
          },
          signal,
        );
        names.push(...(found.logStreams ?? []).map((stream) => stream.logStreamName));
        token = found.nextToken;
      } while (token);
      return names;
    },
  });
}
