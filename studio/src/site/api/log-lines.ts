// The lines of a log, read around what is seen and followed while the job runs. Memory does not grow with the log.
import { useCallback, useEffect, useRef, useState } from "react";
import { type JobKind, KINDS } from "../lib/jobs";
import { type LogLine, LogWindow, PIECE } from "../lib/log-window";
import { call } from "./call";

const FOLLOW_MS = 500;
const RETRY_MS = 2_000;
/** Of one answer. */
const MOST_LINES = 5_000;

export interface LogSource {
  kind: JobKind;
  /** Names of the streams: of one host, or of all. */
  streams: string[];
}

export interface LinesAnswer {
  Total: number;
  Lines: [number, number, number, string][];
}

export function readLines(source: LogSource, first: number, count: number, signal?: AbortSignal): Promise<LinesAnswer> {
  const request = { LogGroup: KINDS[source.kind].logGroup, LogStreams: source.streams, First: first, Count: count };
  return call("studio/GetLogLines", request, signal);
}

export interface Log {
  /** The number of lines; undefined before the first answer. */
  total: number | undefined;
  line: (number: number) => LogLine | undefined;
  /** Has lines read that are not here. */
  want: (first: number, end: number) => void;
  /** Changes when lines do. */
  version: number;
  error: Error | undefined;
}

export function useLog(source: LogSource, isRunning: boolean): Log {
  const [state, setState] = useState<{ total: number | undefined; version: number; error: Error | undefined }>({
    total: undefined,
    version: 0,
    error: undefined,
  });
  const held = useRef(new LogWindow());
  const asked = useRef(new Set<number>());
  const runs = useRef(isRunning);
  runs.current = isRunning;
  const key = source.streams.join("\n");
  const now = useRef({ source, total: 0, control: new AbortController() });

  useEffect(() => {
    const control = new AbortController();
    held.current = new LogWindow();
    asked.current.clear();
    now.current = { source, total: 0, control };
    setState({ total: undefined, version: 0, error: undefined });
    void follow(source, () => runs.current, control.signal, (answer, error) => {
      if (answer === undefined) {
        setState((before) => ({ ...before, error }));
        return;
      }
      const grown = answer.Total > now.current.total;
      now.current.total = answer.Total;
      // Of several hosts, a line may have come before others that are here.
      if (grown && source.streams.length > 1) held.current.age();
      setState((before) =>
        before.total === answer.Total && before.error === undefined
          ? before
          : { total: answer.Total, version: before.version + 1, error: undefined },
      );
    });
    return () => control.abort();
    // The streams of a source are its identity.
  }, [source.kind, key]);

  const want = useCallback((first: number, end: number): void => {
    const { source: from, total, control } = now.current;
    for (const piece of held.current.missing(first, end, total)) {
      if (asked.current.has(piece)) continue;
      asked.current.add(piece);
      void readPiece(from, held.current, piece, total, control.signal).then(
        () => {
          asked.current.delete(piece);
          if (!control.signal.aborted) setState((before) => ({ ...before, version: before.version + 1 }));
        },
        (error: Error) => {
          if (control.signal.aborted) return;
          setState((before) => ({ ...before, error }));
          setTimeout(() => asked.current.delete(piece), RETRY_MS);
        },
      );
    }
  }, []);

  return { ...state, want, line: (number) => held.current.line(number) };
}

async function readPiece(source: LogSource, held: LogWindow, piece: number, total: number, signal: AbortSignal): Promise<void> {
  const end = Math.min((piece + 1) * PIECE, total);
  let first = held.start(piece);
  // An answer is bounded in bytes: long lines come in several.
  while (first < end) {
    const { Lines: found } = await readLines(source, first, end - first, signal);
    const next = found.length === 0 ? end : Math.min((found.at(-1)?.[0] ?? end) + 1, end);
    held.put(
      first,
      found.filter(([number]) => number < end).map(([number, stream, atMs, text]) => ({ number, stream, atMs, text })),
      next,
    );
    first = next;
  }
}

async function follow(
  source: LogSource,
  isRunning: () => boolean,
  signal: AbortSignal,
  tell: (answer: LinesAnswer | undefined, error?: Error) => void,
): Promise<void> {
  if (source.streams.length === 0) return;
  let hasEnded = false;
  while (!signal.aborted) {
    try {
      // What came before the end of the job is asked for once more after it.
      const last = hasEnded;
      hasEnded = !isRunning();
      const answer = await readLines(source, 0, 0, signal);
      if (signal.aborted) return;
      tell(answer);
      if (last) return;
      await wait(FOLLOW_MS);
    } catch (error) {
      if (signal.aborted) return;
      tell(undefined, error as Error);
      await wait(RETRY_MS);
    }
  }
}

/** The whole log as text, piece by piece. */
export async function downloadLog(source: LogSource, told: (lines: number) => void, signal: AbortSignal): Promise<Blob> {
  const parts: string[] = [];
  let first = 0;
  for (;;) {
    const { Lines: found } = await readLines(source, first, MOST_LINES, signal);
    const last = found.at(-1);
    if (last === undefined) return new Blob(parts, { type: "text/plain" });
    parts.push(`${found.map(([, , , text]) => text).join("\n")}\n`);
    first = last[0] + 1;
    told(first);
  }
}

export const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      // A page in the background asks for nothing.
      if (document.hidden) document.addEventListener("visibilitychange", look, { once: true });
      else resolve();
    };
    setTimeout(look, ms);
  });
