// The log of a host: only the lines that are seen are on the page.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { Log } from "../api/logs";
import { pieces } from "../lib/ansi";
import { firstError, matches } from "../lib/log-search";

const LINE_PX = 20;

export function LogView({
  log,
  search,
  onSearch,
}: {
  log: Log;
  search: string;
  onSearch: (text: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const [here, setHere] = useState(0);
  const wanted = useDeferredValue(search);
  const found = useMemo(() => matches(log.lines, wanted), [log.lines, log.count, wanted]);
  const isFound = useMemo(() => new Set(found), [found]);
  const error = useMemo(() => firstError(log.lines), [log.lines, log.count]);
  const rows = useVirtualizer({
    count: log.count,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 30,
  });

  useEffect(() => {
    if (follows && log.count > 0) rows.scrollToIndex(log.count - 1, { align: "end" });
  }, [follows, log.count, rows]);

  const go = (index: number): void => {
    setFollows(false);
    rows.scrollToIndex(index, { align: "center" });
  };
  const step = (by: number): void => {
    if (found.length === 0) return;
    const next = (here + by + found.length) % found.length;
    setHere(next);
    go(found[next] ?? 0);
  };
  const marked = found[Math.min(here, found.length - 1)];

  return (
    <>
      <div className="toolbar">
        <input
          type="search"
          className="field"
          placeholder="Search in the log"
          aria-label="Search in the log"
          value={search}
          onChange={(event) => {
            setHere(0);
            onSearch(event.target.value);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
          }}
        />
        {search !== "" && (
          <>
            <button type="button" className="button" onClick={() => step(-1)} disabled={found.length === 0}>
              Previous
            </button>
            <button type="button" className="button" onClick={() => step(1)} disabled={found.length === 0}>
              Next
            </button>
            <span className="soft" role="status">
              {found.length === 0 ? "No line" : `${Math.min(here, found.length - 1) + 1} of ${found.length}`}
            </span>
          </>
        )}
        {error >= 0 && (
          <button type="button" className="button" onClick={() => go(error)}>
            First error
          </button>
        )}
        <button type="button" className="button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
          {follows ? "Following the end" : "Follow the end"}
        </button>
        <span className="soft">{log.count.toLocaleString("en")} lines</span>
      </div>
      <div
        ref={box}
        className="log"
        role="log"
        aria-live="off"
        aria-label="Log"
        // Keys scroll it.
        tabIndex={0}
        onWheel={(event) => {
          if (event.deltaY < 0) setFollows(false);
        }}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          if (scrollHeight - scrollTop - clientHeight < LINE_PX) setFollows(true);
        }}
      >
        <div className="lines" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => (
            <div
              key={index}
              className={`line${index === marked ? " here" : isFound.has(index) ? " found" : ""}`}
              style={{ transform: `translateY(${start}px)` }}
            >
              <span aria-hidden="true">{index + 1}</span>
              <span>
                {pieces(log.lines[index] ?? "").map((piece, place) => (
                  <span key={place} className={piece.styles.join(" ")}>
                    {piece.text}
                  </span>
                ))}
              </span>
            </div>
          ))}
        </div>
      </div>
    </>
  );
}
