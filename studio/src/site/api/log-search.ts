// Finds lines of a log where it is kept, however long it is.
import { useEffect, useState } from "react";
import { KINDS } from "../lib/jobs";
import { type LogSource, wait } from "./log-lines";
import { call } from "./call";

const MOST_FOUND = 10_000;
const AGAIN_MS = 1_000;

export interface Found {
  /** What was searched for. */
  text: string | undefined;
  /** Numbers of lines, in order. */
  numbers: number[];
  /** How many lines were searched. */
  searched: number;
  isDone: boolean;
  error: Error | undefined;
}

const NOTHING: Found = { text: "", numbers: [], searched: 0, isDone: true, error: undefined };

export interface SearchAnswer {
  Numbers: number[];
  Next: number;
  Total: number;
}

/** text: what lines contain. undefined: the first line that says that something went wrong. "": nothing. */
export function useLogSearch(source: LogSource, text: string | undefined, isRunning: boolean): Found {
  const [found, setFound] = useState(NOTHING);
  const key = source.streams.join("\n");
  useEffect(() => {
    if (text === "" || source.streams.length === 0) {
      setFound(NOTHING);
      return undefined;
    }
    const control = new AbortController();
    setFound({ ...NOTHING, text, isDone: false });
    void search(source, text, isRunning, control.signal, setFound);
    return () => control.abort();
  }, [source.kind, key, text, isRunning]);
  return found;
}

async function search(
  source: LogSource,
  text: string | undefined,
  isRunning: boolean,
  signal: AbortSignal,
  tell: (found: Found) => void,
): Promise<void> {
  const most = text === undefined ? 1 : MOST_FOUND;
  let numbers: number[] = [];
  let first = 0;
  // Typing goes on.
  await new Promise((resolve) => setTimeout(resolve, 120));
  while (!signal.aborted) {
    try {
      const answer = await call(
        "studio/SearchLogLines",
        {
          LogGroup: KINDS[source.kind].logGroup,
          LogStreams: source.streams,
          First: first,
          ...(text === undefined ? { Count: 1 } : { Text: text }),
        },
        signal,
      );
      numbers = numbers.concat(answer.Numbers).slice(0, most);
      first = answer.Next;
      const isDone = numbers.length >= most || first >= answer.Total;
      if (signal.aborted) return;
      tell({ text, numbers, searched: first, isDone, error: undefined });
      if (numbers.length >= most || (isDone && !isRunning)) return;
      if (isDone) await wait(AGAIN_MS);
    } catch (error) {
      if (!signal.aborted) tell({ text, numbers, searched: first, isDone: true, error: error as Error });
      return;
    }
  }
}

/** The place in `numbers` of the next hit from a line on, or of the one before it. */
export function nextHit(numbers: readonly number[], line: number, forwards: boolean): number {
  if (numbers.length === 0) return -1;
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < (forwards ? line + 1 : line)) low = middle + 1;
    else high = middle;
  }
  if (forwards) return low % numbers.length;
  return (low - 1 + numbers.length) % numbers.length;
}
