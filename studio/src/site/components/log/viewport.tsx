// The lines of a log that are seen. Scrolling is by lines: a million of them are no taller than a browser allows.
import { type KeyboardEvent, type UIEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Log } from "../../api/log-lines";
import { instant } from "../../lib/format";
import { bounded, extentOf, isEnd, LINE_PX, linesOfKey, scrollOf, topAt } from "../../lib/log-scroll";
import { Line } from "./line";

/** Lines above and below what is seen that are read beforehand. */
const AHEAD = 200;

export function LogViewport({
  log,
  hosts,
  top,
  follows,
  isWrapped,
  marked,
  isFound,
  onTop,
  onFollow,
  onMark,
}: {
  log: Log;
  /** What to call the streams; empty: there is one. */
  hosts: readonly string[];
  /** The first line that is seen, with a fraction. */
  top: number;
  follows: boolean;
  isWrapped: boolean;
  marked: number | undefined;
  isFound: (line: number) => boolean;
  onTop: (top: number) => void;
  onFollow: (follows: boolean) => void;
  onMark: (line: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const [viewPx, setViewPx] = useState(400);
  const total = log.total ?? 0;
  const extent = useMemo(() => extentOf(total, viewPx), [total, viewPx]);
  const first = follows ? extent.lastTop : bounded(top, extent);
  const start = Math.floor(first);
  const count = Math.ceil(viewPx / LINE_PX) + 1;
  // At the end the last line stands at the bottom, however many rows the lines above it take.
  const isAtEnd = first >= extent.lastTop && total * LINE_PX >= viewPx;
  const told = useRef(0);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const sizes = new ResizeObserver(() => setViewPx(element.clientHeight));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);

  const { want, version } = log;
  useEffect(() => want(start - AHEAD, start + count + AHEAD), [want, start, count, version]);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const place = scrollOf(first, extent);
    if (Math.abs(element.scrollTop - place) > 1) {
      element.scrollTop = place;
    }
    told.current = element.scrollTop;
  }, [first, extent]);

  const go = useCallback(
    (to: number): void => {
      onTop(bounded(to, extent));
      onFollow(isEnd(to, extent));
    },
    [extent, onTop, onFollow],
  );
  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>): void => {
    // What this page has set itself is no wish of the reader.
    if (Math.abs(currentTarget.scrollTop - told.current) <= 1) return;
    told.current = currentTarget.scrollTop;
    go(topAt(currentTarget.scrollTop, extent));
  };
  // A pixel of the scroll bar may be many lines, and a wrapped line many rows: then wheel and keys go by what is seen.
  const isOwn = isWrapped || !extent.isExact;
  const by = useCallback(
    (pixels: number): void => {
      const heights = [...(rows.current?.children ?? [])].map((each) => each.getBoundingClientRect().height || LINE_PX);
      go(isAtEnd && pixels < 0 ? first + pixels / LINE_PX : moved(first, pixels, heights));
    },
    [first, go, isAtEnd],
  );
  useEffect(() => {
    const element = box.current;
    if (element === null || !isOwn) return undefined;
    const onWheel = (event: WheelEvent): void => {
      if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      by(event.deltaMode === 1 ? event.deltaY * LINE_PX : event.deltaY);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [isOwn, by]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const lines = linesOfKey(event.key, viewPx, total);
    if (lines === undefined || event.ctrlKey || event.metaKey || event.altKey || event.target !== box.current) return;
    event.preventDefault();
    go(first + lines);
  };

  const numbers = Array.from({ length: Math.min(count, total - start) }, (_, index) => start + index);
  return (
    <div
      ref={box}
      className={`log${isWrapped ? " wrapped" : ""}`}
      role="log"
      aria-live="off"
      aria-label="Log"
      // Keys scroll it.
      tabIndex={0}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div className="log-height" style={{ height: extent.heightPx }}>
        <div className="log-view" style={{ height: viewPx }}>
          <div
            ref={rows}
            className={isAtEnd ? "log-rows at-end" : "log-rows"}
            style={isAtEnd ? undefined : { transform: `translateY(${-(first - start) * LINE_PX}px)` }}
          >
            {numbers.map((number) => {
              const line = log.line(number);
              return (
                <Line
                  key={number}
                  number={number}
                  text={line?.text}
                  host={hosts.length > 1 ? (hosts[line?.stream ?? 0] ?? "") : undefined}
                  title={line && line.atMs > 0 ? instant(line.atMs / 1000) : ""}
                  tone={number === marked ? " here" : isFound(number) ? " found" : ""}
                  onMark={onMark}
                />
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

/** The first line after scrolling by pixels over rows of these heights. */
function moved(first: number, pixels: number, heights: readonly number[]): number {
  if (pixels < 0) return first + pixels / LINE_PX;
  let left = pixels;
  let line = first;
  for (const height of heights) {
    const rest = (1 - (line % 1)) * height;
    if (left < rest) return line + left / height;
    left -= rest;
    line = Math.floor(line) + 1;
  }
  return line + left / LINE_PX;
}
