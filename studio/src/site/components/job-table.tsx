// Jobs in a table of which only the visible rows are on the page.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { type Column, columnTitle } from "../lib/columns";
import { ago, duration } from "../lib/format";
import { canChoose, type JobRow, type ListView, ranFor, type Sort } from "../lib/jobs";
import { isNumber, JobTableRow } from "./job-table-row";
import { useLinkClicks } from "./link-clicks";

const ROW_PX = 44;

const SORTED: Record<string, Sort> = { name: "Name", status: "Status", created: "CreationTime" };
const WIDTHS: Record<string, string> = {
  name: "minmax(220px, 3fr)",
  status: "minmax(140px, 1fr)",
  created: "minmax(120px, 1fr)",
  duration: "minmax(110px, 1fr)",
  instances: "minmax(150px, 1fr)",
  image: "minmax(220px, 2fr)",
  rules: "minmax(220px, 2fr)",
  failure: "minmax(220px, 3fr)",
};

export function JobTable({
  rows,
  columns,
  view,
  now,
  label,
  hasMore,
  chosen,
  onEnd,
  onSort,
  onChoose,
  onChooseAll,
}: {
  rows: JobRow[];
  columns: Column[];
  view: ListView;
  now: number;
  label: string;
  hasMore: boolean;
  /** Names of jobs. */
  chosen: ReadonlySet<string>;
  /** The end of what is loaded comes into view. */
  onEnd: () => void;
  onSort: (sort: Sort) => void;
  onChoose: (name: string, isChosen: boolean, isRange: boolean) => void;
  /** All jobs that are loaded, or none. */
  onChooseAll: (isChosen: boolean) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const clicks = useLinkClicks();
  const virtual = useVirtualizer({
    count: rows.length + (hasMore ? 1 : 0),
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    // Drawn with the frame, not within each scroll event.
    useFlushSync: false,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows.length - 30) onEnd();
  }, [hasMore, last, rows.length, onEnd]);

  // A row that leaves is used again for the one that comes: its text changes, and no element is made.
  const most = useRef(0);
  most.current = Math.max(most.current, items.length);
  const choosable = useMemo(() => rows.filter(canChoose), [rows]);
  const isChoosing = choosable.length > 0;
  const chosenCount = useMemo(() => choosable.filter((row) => chosen.has(row.name)).length, [choosable, chosen]);
  const widths = [...(isChoosing ? ["40px"] : []), ...columns.map((column) => WIDTHS[column] ?? "minmax(120px, 1fr)")];
  const least = widths.reduce((sum, width) => sum + Number(/\d+/.exec(width)?.[0] ?? 0), 0);
  return (
    <div
      ref={box}
      className="table tall"
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      tabIndex={0}
      style={{ "--columns": widths.join(" "), "--least": `${least}px` } as never}
      {...clicks}
    >
      <div role="rowgroup" className="head-group">
        <div role="row" className="head">
          {isChoosing && (
            <div role="columnheader" className="choose">
              <input
                type="checkbox"
                aria-label="Choose all that are loaded"
                checked={chosenCount === choosable.length}
                ref={(box) => {
                  if (box !== null) box.indeterminate = chosenCount > 0 && chosenCount < choosable.length;
                }}
                onChange={(event) => onChooseAll(event.target.checked)}
              />
            </div>
          )}
          {columns.map((column) => (
            <Title key={column} column={column} view={view} onSort={onSort} />
          ))}
        </div>
      </div>
      <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize(), minWidth: least }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) {
            return (
              <div key="more" role="row" style={{ transform: `translateY(${start}px)` }}>
                <div role="cell" className="soft">
                  Loading more …
                </div>
              </div>
            );
          }
          return (
            <JobTableRow
              key={index % most.current}
              row={row}
              columns={columns}
              index={index}
              top={start}
              created={ago(row.createdAt, now)}
              ran={duration(ranFor(row, now))}
              isChosen={isChoosing ? chosen.has(row.name) : undefined}
              onChoose={onChoose}
            />
          );
        })}
      </div>
    </div>
  );
}

function Title({
  column,
  view,
  onSort,
}: {
  column: Column;
  view: ListView;
  onSort: (sort: Sort) => void;
}) {
  const sort = SORTED[column];
  const isSorted = sort !== undefined && sort === view.sort;
  return (
    <div
      role="columnheader"
      className={isNumber(column) ? "number" : ""}
      {...(isSorted && { "aria-sort": view.ascending ? "ascending" : "descending" })}
    >
      {sort === undefined ? (
        columnTitle(column)
      ) : (
        <button type="button" className="sort" onClick={() => onSort(sort)}>
          {columnTitle(column)}
          <span aria-hidden="true">{isSorted ? (view.ascending ? "↑" : "↓") : ""}</span>
        </button>
      )}
    </div>
  );
}
