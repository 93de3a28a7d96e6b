// A table with a column for each run.
import { type ReactNode, useMemo, useState } from "react";
import type { ComparedRun } from "../../api/comparison";
import { type DataColumn, DataTable } from "../../components/data-table";
import { EntityLink } from "../../components/entity-link";
import { Status } from "../../components/status";
import type { Value } from "../../lib/board";
import { type CompareRow, difference, SECTIONS } from "../../lib/compare";
import { duration, instant, number, plain } from "../../lib/format";
import { runColour } from "../../lib/run-colour";
import type { ShownColumn } from "../../lib/table-view";

type Line = { type: "section"; name: string; count: number; isOpen: boolean } | { type: "row"; row: CompareRow };

const NAME = "compared name";

export function SideBySide({
  runs,
  rows,
  baseline,
  closed,
  onClosed,
  onBaseline,
  onRemove,
}: {
  runs: ComparedRun[];
  rows: CompareRow[];
  baseline: string | undefined;
  /** The sections that are closed. */
  closed: ReadonlySet<string>;
  onClosed: (closed: Set<string>) => void;
  onBaseline: (name: string | undefined) => void;
  onRemove: (name: string) => void;
}) {
  const lines = useMemo((): Line[] => {
    return SECTIONS.flatMap((name): Line[] => {
      const own = rows.filter((row) => row.section === name);
      if (own.length === 0) return [];
      const isOpen = !closed.has(name);
      return [{ type: "section", name, count: own.length, isOpen }, ...(isOpen ? own.map((row) => ({ type: "row" as const, row })) : [])];
    });
  }, [rows, closed]);
  const base = runs.findIndex((run) => run.name === baseline);
  const columns = useMemo(
    (): DataColumn<Line>[] => [
      {
        id: NAME,
        title: "Name",
        width: innerWidth < 600 ? 150 : 220,
        isFixed: true,
        text: (line) => (line.type === "section" ? line.name : line.row.title),
        cell: (line) =>
          line.type === "section" ? (
            <strong>
              {line.isOpen ? "▾" : "▸"} {line.name} <span className="soft">{line.count}</span>
            </strong>
          ) : (
            <span className={line.row.isDifferent ? "differs" : "soft"} title={line.row.title}>
              {line.row.title}
            </span>
          ),
      },
      ...runs.map(
        (run, index): DataColumn<Line> => ({
          id: run.name,
          title: run.title,
          ...(index === base && { hint: "baseline" }),
          width: base >= 0 ? 210 : 180,
          isNumber: true,
          text: (line) => (line.type === "section" ? "" : textOf(line.row, line.row.values[index])),
          cell: (line) => (line.type === "section" ? null : <Cell row={line.row} index={index} base={base} run={run} />),
        }),
      ),
    ],
    [runs, base],
  );
  const usual = useMemo(
    (): ShownColumn[] => [{ id: NAME, isPinned: true }, ...runs.map(({ name }) => ({ id: name }))],
    [runs],
  );
  const [arranged, setArranged] = useState<{ of: ShownColumn[]; columns: ShownColumn[] }>();
  const shown = arranged?.of === usual ? arranged.columns : usual;
  return (
    <DataTable
      label="Runs side by side"
      rows={{
        count: lines.length,
        at: (index) => lines[index],
        keyOf: (line) => (line.type === "section" ? `section ${line.name}` : line.row.key),
      }}
      columns={columns}
      shown={shown}
      onColumns={(changed) => {
        // A hidden run is no part of the comparison any more.
        const gone = shown.find(({ id }) => changed.every((each) => each.id !== id));
        if (gone !== undefined) onRemove(gone.id);
        else setArranged({ of: usual, columns: changed });
      }}
      groupState={(line) => (line.type === "section" ? line.isOpen : undefined)}
      onToggleGroup={(line) => {
        if (line.type !== "section") return;
        const changed = new Set(closed);
        if (!changed.delete(line.name)) changed.add(line.name);
        onClosed(changed);
      }}
      columnMenuOf={(column) =>
        column.id === NAME
          ? []
          : [
              column.id === baseline
                ? { label: "No baseline", run: () => onBaseline(undefined) }
                : { label: "Compare with this one", run: () => onBaseline(column.id) },
              { label: "Take out of the comparison", run: () => onRemove(column.id) },
            ]
      }
    />
  );
}

function Cell({ row, index, base, run }: { row: CompareRow; index: number; base: number; run: ComparedRun }): ReactNode {
  const value = row.values[index];
  if (row.key === "Status.PrimaryStatus") {
    return (
      <span className="compare-run">
        <span className="swatch" style={{ background: runColour(run.name) }} />
        <EntityLink arn={run.arn} title={run.name}>
          <Status status={String(value ?? "")} />
        </EntityLink>
      </span>
    );
  }
  const text = textOf(row, value);
  const by = base >= 0 && index !== base && row.section !== "Run" ? difference(value, row.values[base]) : "";
  const isOther = base >= 0 && index !== base && row.section !== "Run" && row.isDifferent && by === "" && text !== textOf(row, row.values[base]);
  return (
    <span className={`compare-value${row.isDifferent ? " other" : ""}`} title={by ? `${text}, ${by}` : text}>
      {row.best.includes(index) && <span className="best">best</span>}
      {by && <span className="soft by">{by}</span>}
      {isOther && <span className="soft">≠</span>}
      <span className="mono value">{text}</span>
    </span>
  );
}

function textOf(row: CompareRow, value: Value | undefined): string {
  if (value === null || value === undefined) return "";
  if (row.key === "CreationTime") return instant(Number(value));
  if (row.key === "Duration") return duration(Number(value));
  if (typeof value === "string") return plain(value);
  // Differences of parameters matter to more digits than those of what was measured.
  return row.section === "Metrics" ? number(value) : String(Number(value.toPrecision(6)));
}
