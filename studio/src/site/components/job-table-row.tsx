// One job of a table of jobs. While a table scrolls, rows are drawn in every frame: this is the whole of their cost.
import { memo, type ReactNode } from "react";
import type { Column } from "../lib/columns";
import { instant, number, plain } from "../lib/format";
import { canChoose, type JobRow, KINDS, shortReason } from "../lib/jobs";
import { pageAddress } from "./link-clicks";
import { Status } from "./status";

export interface JobTableRowProps {
  row: JobRow;
  columns: Column[];
  index: number;
  top: number;
  /** How long ago it was created, and how long it ran: texts, so that a row is drawn again when one changes. */
  created: string;
  ran: string;
  /** undefined where no job of the list can be chosen. */
  isChosen: boolean | undefined;
  /** isRange: all jobs from the one that was chosen before. */
  onChoose: (name: string, isChosen: boolean, isRange: boolean) => void;
}

export function isNumber(column: string): boolean {
  return column === "duration" || column.startsWith("metric:");
}

export const JobTableRow = memo(function JobTableRow(props: JobTableRowProps) {
  const { row, columns, index, top, isChosen, onChoose } = props;
  return (
    <div role="row" aria-rowindex={index + 2} style={{ transform: `translateY(${top}px)` }}>
      {isChosen !== undefined && (
        <div role="cell" className="choose">
          {canChoose(row) && (
            <input
              type="checkbox"
              aria-label={`Choose ${row.name}`}
              checked={isChosen}
              onChange={({ target, nativeEvent }) =>
                onChoose(row.name, target.checked, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
              }
            />
          )}
        </div>
      )}
      {columns.map((column) => (
        <div key={column} role="cell" className={`${column}${isNumber(column) ? " number" : ""}`}>
          {cellOf(column, props)}
        </div>
      ))}
    </div>
  );
});

function cellOf(column: Column, { row, created, ran }: JobTableRowProps): ReactNode {
  switch (column) {
    case "name":
      return (
        <a href={pageAddress(`${KINDS[row.kind].path}/$name`, row.name)} title={row.name}>
          {row.name}
        </a>
      );
    case "status":
      return <Status status={row.status} />;
    case "created":
      return <time title={instant(row.createdAt)}>{created}</time>;
    case "duration":
      return ran;
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

const WORST = ["IssuesFound", "Error", "InProgress", "Stopping", "Stopped", "NoIssuesFound"];

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
