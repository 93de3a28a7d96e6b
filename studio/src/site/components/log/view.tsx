// A log as a terminal shows it: search in it, the first error, links to lines, its end followed.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type LogSource, useLog } from "../../api/log-lines";
import { nextHit, useLogSearch } from "../../api/log-search";
import { Trouble } from "../trouble";
import { Download } from "./download";
import { LogViewport } from "./viewport";

/** Lines that are searched in less time than a click takes. */
const AT_ONCE = 100_000;

export interface LogSight {
  find: string;
  /** A line that the address names, from 1. */
  line: number | undefined;
  isWrapped: boolean;
}

export function LogView({
  source,
  hosts,
  name,
  sight,
  isRunning,
  wantsError,
  onWantsError,
  onSight,
}: {
  source: LogSource;
  hosts: readonly string[];
  /** Of the file that a download makes. */
  name: string;
  sight: LogSight;
  isRunning: boolean;
  /** Whether the first error is to be shown as soon as it is found. The caller keeps it: a host that joins makes another log. */
  wantsError: boolean;
  onWantsError: (wantsError: boolean) => void;
  onSight: (sight: Partial<LogSight>) => void;
}) {
  const log = useLog(source, isRunning);
  const { find } = sight;
  const hits = useLogSearch(source, find, isRunning);
  // A short log is looked through at once, a long one when somebody asks.
  const [hasLooked, setHasLooked] = useState(wantsError);
  const isLooked = hasLooked || wantsError || (log.total !== undefined && log.total <= AT_ONCE);
  const trouble = useLogSearch(source, isLooked ? undefined : "", isRunning);
  const error = isLooked ? trouble.numbers[0] : undefined;
  const isFound = useMemo(() => {
    const numbers = new Set(hits.numbers);
    return (line: number): boolean => numbers.has(line);
  }, [hits.numbers]);
  const linked = sight.line === undefined ? undefined : sight.line - 1;
  const [top, setTop] = useState(() => Math.max(0, (linked ?? 0) - 10));
  const [follows, setFollows] = useState(linked === undefined);
  const [here, setHere] = useState(linked);
  const isOnHit = here !== undefined && isFound(here);

  const go = useCallback((line: number): void => {
    setHere(line);
    setTop(Math.max(0, line - 10));
    setFollows(false);
  }, []);
  // Another link to a line of the same log.
  useEffect(() => {
    if (linked !== undefined) go(linked);
  }, [linked, go]);
  useEffect(() => {
    if (!wantsError || error === undefined) return;
    go(error);
    setHasLooked(true);
    onWantsError(false);
  }, [wantsError, error, go, onWantsError]);
  // What is typed leads to its first line from here on, once.
  const led = useRef(sight.line === undefined ? undefined : find);
  useEffect(() => {
    if (hits.text !== find || hits.numbers.length === 0 || led.current === find) return;
    led.current = find;
    const next = hits.numbers[nextHit(hits.numbers, follows ? -1 : Math.floor(top) - 1, true)];
    if (next !== undefined) go(next);
  }, [hits, find, follows, top, go]);
  const step = (forwards: boolean): void => {
    const next = hits.numbers[nextHit(hits.numbers, here ?? top - 1, forwards)];
    if (next !== undefined) go(next);
  };
  const mark = useCallback(
    (line: number): void => {
      setHere(line);
      onSight({ line: line + 1 });
    },
    [onSight],
  );

  const count = hits.numbers.length;
  const place = isOnHit && here !== undefined ? hits.numbers.indexOf(here) + 1 : 0;
  return (
    <div className="stack tight">
      <div className="toolbar">
        <input
          type="search"
          className="field"
          placeholder="Search in the log"
          aria-label="Search in the log"
          value={find}
          onChange={(event) => onSight({ find: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter") step(!event.shiftKey);
          }}
        />
        {find !== "" && (
          <>
            <button type="button" className="button" onClick={() => step(false)} disabled={count === 0}>
              Previous
            </button>
            <button type="button" className="button" onClick={() => step(true)} disabled={count === 0}>
              Next
            </button>
            <span className="soft" role="status">
              {count === 0 ? (hits.isDone ? "No line" : "Searching …") : `${place > 0 ? `${place} of ` : ""}${count.toLocaleString("en")}`}
              {count > 0 && place === 0 && ` line${count === 1 ? "" : "s"}`}
              {!hits.isDone && count > 0 && " so far"}
            </span>
          </>
        )}
        {(error !== undefined || !isLooked || (wantsError && !trouble.isDone)) && (
          <button
            type="button"
            className="button"
            onClick={() => (error === undefined ? onWantsError(true) : go(error))}
          >
            {wantsError && !trouble.isDone ? "Looking for an error …" : "First error"}
          </button>
        )}
        {wantsError && trouble.isDone && error === undefined && <span className="soft">No error</span>}
        <button
          type="button"
          className="button"
          aria-pressed={follows}
          onClick={() => {
            setFollows(!follows);
            if (!follows) setHere(undefined);
          }}
        >
          {isRunning ? (follows ? "Following the end" : "Follow the end") : "To the end"}
        </button>
        <button
          type="button"
          className="button"
          aria-pressed={sight.isWrapped}
          onClick={() => onSight({ isWrapped: !sight.isWrapped })}
        >
          Wrap lines
        </button>
        <Download source={source} name={name} />
        <span className="soft">{log.total === undefined ? "" : `${log.total.toLocaleString("en")} lines`}</span>
      </div>
      {log.error && <Trouble error={log.error} what="the log" />}
      {hits.error && <Trouble error={hits.error} what="what the search has found" />}
      <LogViewport
        log={log}
        hosts={hosts}
        top={top}
        follows={follows}
        isWrapped={sight.isWrapped}
        marked={here}
        isFound={isFound}
        onTop={setTop}
        onFollow={setFollows}
        onMark={mark}
      />
    </div>
  );
}
