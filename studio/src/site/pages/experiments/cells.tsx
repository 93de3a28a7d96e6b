// How the values of a table of trial components are drawn.
import type { ReactNode } from "react";
import type { TableRow } from "../../api/rows";
import { Ago } from "../../components/ago";
import type { DataColumn } from "../../components/data-table";
import { pageAddress } from "../../components/link-clicks";
import { Status } from "../../components/status";
import { type ColumnMeaning, columnMeaning, exactValue, isNumeric, shownValue } from "../../lib/component-columns";
import type { CellValue } from "../../lib/row-cache";

/** The page of a component. */
export const DETAILS = "/components/$name";

const JOB_PAGES: Record<string, string> = {
  "training-job": "/training-jobs/$name",
  "processing-job": "/processing-jobs/$name",
  "transform-job": "/transform-jobs/$name",
};

export interface GroupNumbers {
  by: string;
  of: (column: string, group: number) => { mean: number; min: number; max: number } | undefined;
}

/** groups: what is known of groups of rows, where there are any. isText: a parameter that is no number. */
export function componentColumn(
  id: string,
  groups: GroupNumbers | undefined,
  isText: boolean,
): DataColumn<TableRow> {
  const meaning = columnMeaning(id);
  const { title, hint, kind, width } = meaning;
  return {
    id,
    title,
    ...(hint !== undefined && { hint }),
    width,
    isNumber: isNumeric(kind) && !isText,
    isSortable: true,
    descendingFirst: kind === "time" || kind === "duration",
    isFixed: kind === "name",
    text: (row) => {
      if (row.type === "record") return exactValue(kind === "name" ? row.record.name : row.record.values[id], kind);
      if (kind === "name" && groups !== undefined) return `${groupLabel(row.value, groups.by)} (${row.count})`;
      const numbers = groups?.of(id, row.index);
      return numbers === undefined ? "" : String(numbers.mean);
    },
    cell: (row) => {
      if (row.type === "group") return <GroupCell row={row} meaning={meaning} groups={groups} />;
      if (kind === "name") {
        return (
          <a href={pageAddress(DETAILS, row.record.name)} tabIndex={-1} title={row.record.name}>
            {row.record.name}
          </a>
        );
      }
      return <Value value={row.record.values[id]} meaning={meaning} />;
    },
  };
}

function GroupCell({
  row,
  meaning,
  groups,
}: {
  row: TableRow & { type: "group" };
  meaning: ColumnMeaning;
  groups: GroupNumbers | undefined;
}): ReactNode {
  if (groups === undefined) return null;
  if (meaning.kind === "name") {
    const label = groupLabel(row.value, groups.by);
    return (
      <span title={label}>
        <span className="twist" aria-hidden="true">
          {row.isOpen ? "▾" : "▸"}
        </span>
        {label} <span className="soft">{row.count.toLocaleString("en")}</span>
      </span>
    );
  }
  const numbers = groups.of(meaning.id, row.index);
  if (numbers === undefined || meaning.kind === "time") return null;
  const show = (value: number): string => shownValue(value, meaning.kind);
  return (
    <span title={`mean ${show(numbers.mean)}, from ${show(numbers.min)} to ${show(numbers.max)}`}>
      <span className="soft">⌀ </span>
      {show(numbers.mean)}
    </span>
  );
}

export function groupLabel(value: string | number | null, by: string): string {
  const { kind, title } = columnMeaning(by);
  return value === null ? `no ${title.toLowerCase()}` : shownValue(value, kind) || '""';
}

function Value({ value, meaning: { kind } }: { value: CellValue | undefined; meaning: ColumnMeaning }): ReactNode {
  if (value === null || value === undefined) return null;
  const text = shownValue(value, kind);
  if (kind === "status" && typeof value === "string") return <Status status={value} />;
  if (kind === "time" && typeof value === "number") return <Ago at={value} />;
  if (kind === "experiment" && typeof value === "string") {
    return (
      <a href={pageAddress("/experiments/$name", value)} tabIndex={-1} title={value}>
        {value}
      </a>
    );
  }
  if (kind === "arn" && typeof value === "string") {
    const place = jobOf(value);
    if (place !== undefined) {
      return (
        <a href={pageAddress(place.path, place.name)} tabIndex={-1} title={value}>
          {place.name}
        </a>
      );
    }
    return <span title={value}>{value.replace(/^.*[/]/, "")}</span>;
  }
  return <span title={exactValue(value, kind)}>{text}</span>;
}

/** The page of the job that an ARN names. */
export function jobOf(arn: string): { path: string; name: string } | undefined {
  const parts = /:([a-z-]+)\/([^/]+)$/.exec(arn);
  const path = JOB_PAGES[parts?.[1] ?? ""];
  return path === undefined ? undefined : { path, name: parts?.[2] ?? "" };
}
