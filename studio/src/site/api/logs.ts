// The log of one host, read from its first line on and followed while the job runs.
import { useEffect, useRef, useState } from "react";
import { queryOptions } from "@tanstack/react-query";
import { type JobKind, KINDS } from "../lib/jobs";
import { call } from "./call";

const FOLLOW_MS = 500;
const RETRY_MS = 2_000;

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

export interface Log {
  /** The same array, longer each time: a million lines are not copied. `count` says when it has grown. */
  lines: string[];
  count: number;
  isComplete: boolean;
  error: Error | undefined;
}

const NOTHING: Log = { lines: [], count: 0, isComplete: false, error: undefined };

export function useLog(kind: JobKind, stream: string | undefined, isRunning: boolean): Log {
  const [log, setLog] = useState<Log>(NOTHING);
  const runs = useRef(isRunning);
  runs.current = isRunning;
  useEffect(() => {
    setLog(NOTHING);
    if (stream === undefined) return undefined;
    const control = new AbortController();
    void follow(kind, stream, () => runs.current, setLog, control.signal);
    return () => control.abort();
  }, [kind, stream]);
  return log;
}

async function follow(
  kind: JobKind,
  stream: string,
  isRunning: () => boolean,
  tell: (log: Log) => void,
  signal: AbortSignal,
): Promise<void> {
  const lines: string[] = [];
  let token: string | undefined;
  let hasEnded = false;
  while (!signal.aborted) {
    try {
      const page = await call(
        "logs/GetLogEvents",
        {
          logGroupName: KINDS[kind].logGroup,
          logStreamName: stream,
          startFromHead: true,
          ...(token && { nextToken: token }),
        },
        signal,
      );
      for (const event of page.events) lines.push(event.message);
      const isLast = page.nextForwardToken === token || page.events.length === 0;
      token = page.nextForwardToken;
      if (signal.aborted) return;
      tell({ lines, count: lines.length, isComplete: isLast, error: undefined });
      if (!isLast) continue;
      if (hasEnded) return;
      // What came before the end of the job is read once more after it.
      hasEnded = !isRunning();
      await wait(FOLLOW_MS);
    } catch (error) {
      if (signal.aborted) return;
      tell({ lines, count: lines.length, isComplete: false, error: error as Error });
      await wait(RETRY_MS);
    }
  }
}

const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      // A page in the background asks for nothing.
      if (document.hidden) document.addEventListener("visibilitychange", look, { once: true });
      else resolve();
    };
    setTimeout(look, ms);
  });
