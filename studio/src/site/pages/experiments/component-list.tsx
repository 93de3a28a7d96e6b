// A list of trial components: filtered, sorted, grouped, with any column; all of it stands in the address.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { allNames, type TableRow } from "../../api/rows";
import { call } from "../../api/call";
import { DataTable } from "../../components/data-table";
import type { MenuEntry } from "../../components/menu";
import { SearchField } from "../../components/search-field";
import { Trouble } from "../../components/trouble";
import { copied } from "../../components/copy";
import { columnMeaning, exactValue } from "../../lib/component-columns";
import type { ComponentListAddress } from "../../lib/component-list-address";
import type { Scope } from "../../lib/component-question";
import { csv, download } from "../../lib/csv";
import { equalTo, withCondition } from "../../lib/filter-expression";
import { printFilter } from "../../lib/filter-language";
import { countOf, NOTHING, withRows } from "../../lib/row-selection";
import { DETAILS, jobOf } from "./cells";
import { ColumnPicker } from "./column-picker";
import { type ComponentAction, ComponentDialog } from "./component-dialogs";
import { FilterBar } from "./filter-bar";
import { SelectionBar } from "./selection-bar";
import { NoComponents } from "./empty";
import { useComponentList } from "./use-component-list";
import "../../style/experiments.css";

/** More are not compared: nobody could tell their lines apart. */
const MOST_COMPARED = 200;
const MOST_CHANGED = 50_000;
const MOST_GROUPS = 1_000;
const CSV_ROWS = 300;

export function ComponentList({ scope, address }: { scope: Scope; address: ComponentListAddress }) {
  const list = useComponentList(scope, address);
  const { change, rows, question, selection, onSelection, shown, parsed, sort } = list;
  const navigate = useNavigate();
  const [action, setAction] = useState<ComponentAction>();
  const [isSaving, setIsSaving] = useState(false);
  const total = rows.total ?? 0;
  const selected = countOf(selection, total);

  /** The selected names, at most so many. */
  const selectedNames = async (most: number): Promise<string[]> => {
    if (!selection.isAll) return [...selection.keys].slice(0, most);
    const names = await allNames(question, sort);
    return names.filter((name) => !selection.keys.has(name)).slice(0, most);
  };
  const compare = async (): Promise<void> => {
    const components = await selectedNames(MOST_COMPARED);
    void navigate({ to: "/compare", search: { components, ...(scope.experiment && { experiment: scope.experiment }) } });
  };

  const save = async (): Promise<void> => {
    setIsSaving(true);
    try {
      const ids = shown.map(({ id }) => id);
      const asked = ids.filter((id) => columnMeaning(id).kind !== "name");
      const lines = [ids.map((id) => [columnMeaning(id).title, columnMeaning(id).hint].filter(Boolean).join(" "))];
      const count = Math.max(1, Math.min(CSV_ROWS, Math.floor(100_000 / Math.max(1, asked.length))));
      for (let first = 0; first < Math.max(1, total); first += count) {
        const answer = await call("studio/ListRows", {
          ...question,
          SortBy: sort.by,
          SortOrder: sort.descending ? "Descending" : "Ascending",
          Columns: asked.length > 0 ? asked : ["CreationTime"],
          First: first,
          Count: count,
        });
        answer.Names.forEach((name, at) =>
          lines.push(
            ids.map((id) => {
              const { kind } = columnMeaning(id);
              return kind === "name" ? name : exactValue(answer.Columns[id]?.[at], kind);
            }),
          ),
        );
        if (answer.Names.length < count) break;
      }
      download(`${scope.trial ?? scope.experiment ?? "trial-components"}.csv`, csv(lines), "text/csv");
    } finally {
      setIsSaving(false);
    }
  };

  const menuOf = (row: TableRow, column: { id: string; title: string } | undefined): MenuEntry[] => {
    if (row.type === "group") {
      return [{ label: row.isOpen ? "Close the group" : "Open the group", run: () => list.toggle(row.key) }];
    }
    const { name, arn, values } = row.record;
    const trials = [values["Parents.TrialName"] ?? []].flat().map(String);
    const job = jobOf(String(values["Source.SourceArn"] ?? ""));
    const value = column && column.id !== "Duration" ? values[column.id] : undefined;
    return [
      { label: "Open in trial details", keys: "Enter", run: () => openDetails(name) },
      ...trials.slice(0, 3).map((trial) => ({
        label: `Open ${trials.length > 1 ? `${trial} ` : ""}in trial component list`,
        run: () => change({ trial, q: undefined, find: undefined, pick: undefined }, false),
      })),
      ...(job === undefined
        ? []
        : [{ label: "Open the job", run: () => void navigate({ to: job.path, params: { name: job.name } } as never) }]),
      "line",
      ...(column !== undefined && (typeof value === "string" || typeof value === "number")
        ? [
            {
              label: `Only with this ${column.title.toLowerCase()}`,
              run: () => change({ q: printFilter(withCondition(parsed.filter, equalTo(column.id, value))) }, false),
            },
          ]
        : []),
      ...(selected > 1 ? [{ label: `Compare ${selected} selected`, run: () => void compare() }] : []),
      { label: "Add a tag …", run: () => setAction({ type: "tag", names: [name] }) },
      { label: "Add to a trial …", run: () => setAction({ type: "associate", names: [name] }) },
      { label: "Copy the name", run: () => void copied(name) },
      { label: "Copy the ARN", run: () => void copied(arn) },
      "line",
      { label: "Delete …", isDanger: true, run: () => setAction({ type: "delete", names: [name] }) },
    ];
  };
  const openDetails = (name: string): void => void navigate({ to: DETAILS, params: { name } });

  const isNarrowed = address.q !== undefined || address.find !== undefined;
  const isEmpty = rows.total === 0 && !rows.isOld;
  return (
    <section className="component-list" aria-label="Trial components">
      <div className="toolbar">
        <SearchField
          value={address.find ?? ""}
          label="Search trial components by name"
          onChange={(text) => change({ find: text || undefined })}
        />
        <GroupSelect
          columns={shown.map(({ id }) => id)}
          group={address.group}
          onChange={(group) => change({ group, open: undefined }, false)}
        />
        <ColumnPicker
          question={list.base}
          shown={shown}
          isUsual={address.columns === undefined}
          onColumns={list.onColumns}
          onUsual={() => change({ columns: undefined })}
        />
        <button type="button" className="button" disabled={isSaving || isEmpty} onClick={() => void save()}>
          {isSaving ? "Saving …" : "CSV"}
        </button>
        <span className="soft count" role="status">
          {rows.total === undefined ? "" : countText(total, rows.groups?.GroupTotal)}
        </span>
      </div>
      <FilterBar
        text={address.q ?? ""}
        parsed={parsed}
        question={list.base}
        onChange={(q) => change({ q: q || undefined }, false)}
      />
      {selected > 0 && (
        <SelectionBar
          count={selected}
          isInTrial={scope.trial !== undefined}
          mostCompared={MOST_COMPARED}
          onCompare={() => void compare()}
          onAction={(type) =>
            void selectedNames(MOST_CHANGED).then((names) =>
              setAction({ type, names, ...(scope.trial !== undefined && { trial: scope.trial }) }),
            )
          }
          onClear={() => onSelection(NOTHING)}
        />
      )}
      {rows.error && rows.total === undefined ? (
        <Trouble error={rows.error} what="the trial components" />
      ) : isEmpty ? (
        <NoComponents
          scope={scope}
          isNarrowed={isNarrowed}
          onAll={() => change({ q: undefined, find: undefined })}
        />
      ) : (
        <div className={rows.isOld ? "old" : ""} aria-busy={rows.total === undefined}>
          {rows.error && <Trouble error={rows.error} what="what you ask for" />}
          <DataTable<TableRow>
            label="Trial components"
            rows={{ count: rows.count, at: rows.at, keyOf: (row) => row.key, keysBetween: rows.keysBetween }}
            columns={list.columns}
            shown={shown}
            onColumns={list.onColumns}
            sort={sort}
            onSort={(wanted) => change({ sort: `${wanted.descending ? "-" : ""}${wanted.by}` }, false)}
            selection={selection}
            onSelection={onSelection}
            menuOf={menuOf}
            columnMenuOf={(column) =>
              canGroup(column.id)
                ? [{ label: `Group by ${column.title}`, run: () => change({ group: column.id, open: undefined }, false) }]
                : []
            }
            onOpen={(row) => {
              if (row.type === "record") openDetails(row.record.name);
            }}
            onSight={list.onSight}
            {...(address.group !== undefined && {
              groupState: (row: TableRow) => (row.type === "group" ? row.isOpen : undefined),
              onToggleGroup: (row: TableRow) => list.toggle(row.key),
            })}
            listKey={list.listKey}
          />
        </div>
      )}
      {action && (
        <ComponentDialog
          action={action}
          onClose={() => setAction(undefined)}
          onDone={() => {
            setAction(undefined);
            if (action.type === "delete") {
              onSelection(selection.isAll ? NOTHING : withRows(selection, action.names, false));
            }
          }}
        />
      )}
    </section>
  );
}

function GroupSelect({
  columns,
  group,
  onChange,
}: {
  columns: readonly string[];
  group: string | undefined;
  onChange: (group: string | undefined) => void;
}) {
  const offered = columns.filter(canGroup);
  const all = group === undefined || offered.includes(group) ? offered : [group, ...offered];
  return (
    <select
      className="field"
      aria-label="Group by"
      value={group ?? ""}
      onChange={(event) => onChange(event.target.value || undefined)}
    >
      <option value="">No groups</option>
      {all.map((id) => (
        <option key={id} value={id}>
          By {columnMeaning(id).title}
        </option>
      ))}
    </select>
  );
}

/** A name is that of one row, and a duration is computed. */
function canGroup(id: string): boolean {
  return !["name", "duration"].includes(columnMeaning(id).kind);
}

function countText(total: number, groups: number | undefined): string {
  const components = `${total.toLocaleString("en")} component${total === 1 ? "" : "s"}`;
  if (groups === undefined) return components;
  const some = groups > MOST_GROUPS ? ", the greatest 1,000 shown" : "";
  return `${components} in ${groups.toLocaleString("en")} group${groups === 1 ? "" : "s"}${some}`;
}

