// Jobs in a table of which only the visible rows are on the page.
import {
  columnVisibilityFeature,
  createColumnHelper,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { type Column, columnTitle } from "../lib/columns";
import { ago, duration, instant, number, plain } from "../lib/format";
import { isRunning, type JobRow, KINDS, type ListView, ranFor, shortReason, type Sort } from "../lib/jobs";
import { Status } from "./status";

const ROW_PX = 44;
const features = tableFeatures({ columnVisibilityFeature });
const helper = createColumnHelper<typeof features, JobRow>();

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
  onChoose: (name: string, isChosen: boolean) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const definitions = useMemo(
    () =>
      helper.columns(
        columns.map((column) =>
          helper.display({
            id: column,
            header: columnTitle(column),
            cell: ({ row }) => <Cell row={row.original} column={column} />,
          }),
        ),
      ),
    [columns],
  );
  const table = useTable({ features, columns: definitions, data: rows, getRowId: (row) => row.name });
  const shown = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: shown.length + (hasMore ? 1 : 0),
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= shown.length - 30) onEnd();
  }, [hasMore, last, shown.length, onEnd]);

  // Only what runs can be chosen, to be stopped.
  const isChoosing = rows.some((row) => isRunning(row.status));
  const widths = [...(isChoosing ? ["40px"] : []), ...columns.map((column) => WIDTHS[column] ?? "minmax(120px, 1fr)")];
  const template = {
    gridTemplateColumns: widths.join(" "),
    minWidth: widths.reduce((sum, width) => sum + Number(/\d+/.exec(width)?.[0] ?? 0), 0),
  };
  return (
    <div ref={box} className="table tall" role="table" aria-label={label} aria-rowcount={hasMore ? -1 : rows.length + 1} tabIndex={0}>
      <div role="rowgroup" className="head-group">
        {table.getHeaderGroups().map((group) => (
          <div key={group.id} role="row" className="head" style={template}>
            {isChoosing && (
              <div role="columnheader">
                <span className="hidden-text">Chosen</span>
              </div>
            )}
            {group.headers.map((header) => {
              const sort = SORTED[header.id];
              const isSorted = sort === view.sort;
              return (
                <div
                  key={header.id}
                  role="columnheader"
                  className={isNumber(header.id) ? "number" : ""}
                  {...(isSorted && { "aria-sort": view.ascending ? "ascending" : "descending" })}
                >
                  {sort ? (
                    <button type="button" className="sort" onClick={() => onSort(sort)}>
                      <table.FlexRender header={header} />
                      <span aria-hidden="true">{isSorted ? (view.ascending ? "↑" : "↓") : ""}</span>
                    </button>
                  ) : (
                    <table.FlexRender header={header} />
                  )}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize(), minWidth: template.minWidth }}>
        {items.map(({ index, start }) => {
          const row = shown[index];
          const place = { ...template, transform: `translateY(${start}px)` };
          if (row === undefined) {
            return (
              <div key="more" role="row" style={place}>
                <div role="cell" className="soft">
                  Loading more …
                </div>
              </div>
            );
          }
          return (
            <div key={row.id} role="row" aria-rowindex={index + 2} style={place}>
              {isChoosing && (
                <div role="cell" className="choose">
                  {isRunning(row.original.status) && (
                    <input
                      type="checkbox"
                      aria-label={`Choose ${row.original.name}`}
                      checked={chosen.has(row.original.name)}
                      onChange={(event) => onChoose(row.original.name, event.target.checked)}
                    />
                  )}
                </div>
              )}
              {row.getVisibleCells().map((cell) => (
                <div
                  key={cell.id}
                  role="cell"
                  className={`${cell.column.id}${isNumber(cell.column.id) ? " number" : ""}`}
                >
                  {cell.column.id === "created" ? (
                    <time title={instant(row.original.createdAt)}>{ago(row.original.createdAt, now)}</time>
                  ) : cell.column.id === "duration" ? (
                    duration(ranFor(row.original, now))
                  ) : (
                    <table.FlexRender cell={cell} />
                  )}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The worst status of a job's rules, with the names of those that have it. */
function Rules({ row }: { row: JobRow }) {
  const rules = row.rules ?? [];
  const worst = WORST.find((status) => rules.some((rule) => rule.status === status));
  if (worst === undefined) return null;
  const names = rules.filter((rule) => rule.status === worst).map((rule) => rule.name);
  return (
    <span title={names.join(", ")}>
      <Status status={worst} />
      {worst === "IssuesFound" && ` ${names.join(", ")}`}
    </span>
  );
}

const WORST = ["IssuesFound", "Error", "InProgress", "Stopping", "Stopped", "NoIssuesFound"];

function isNumber(column: string): boolean {
  return column === "duration" || column.startsWith("metric:");
}

function Cell({ row, column }: { row: JobRow; column: Column }) {
  switch (column) {
    case "name":
      return (
        <Link to={`${KINDS[row.kind].path}/$name`} params={{ name: row.name }} title={row.name}>
          {row.name}
        </Link>
      );
    case "status":
      return <Status status={row.status} />;
    case "instances":
      return row.instances;
    case "image":
      return <span title={row.image}>{row.image}</span>;
    case "rules":
      return <Rules row={row} />;
    case "failure":
      return <span title={row.failure}>{shortReason(row.failure ?? "")}</span>;
    default: {
      const name = column.slice(column.indexOf(":") + 1);
      return column.startsWith("metric:") ? number(row.metrics[name]) : plain(row.parameters[name] ?? "");
    }
  }
}
