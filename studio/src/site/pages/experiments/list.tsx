// All experiments, with what they have.
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { type TableRow, useRows } from "../../api/rows";
import { Ago } from "../../components/ago";
import { copied } from "../../components/copy";
import { type DataColumn, DataTable, type InSight } from "../../components/data-table";
import { pageAddress } from "../../components/link-clicks";
import type { MenuEntry } from "../../components/menu";
import { SearchField } from "../../components/search-field";
import { Trouble } from "../../components/trouble";
import type { RecordListAddress } from "../../lib/component-list-address";
import { instant } from "../../lib/format";
import type { RecordRow } from "../../lib/row-cache";
import { readColumns, readSort, type ShownColumn, spelledColumns } from "../../lib/table-view";
import { EditExperiment, NewExperiment } from "./experiment-dialogs";
import { RemoveExperiment } from "./experiment-removals";
import { NoExperiments } from "./empty";
import "../../style/experiments.css";

const NAME = { id: "ExperimentName", isPinned: true };
const USUAL: ShownColumn[] = [
  NAME,
  { id: "DisplayName" },
  { id: "TrialCount" },
  { id: "TrialComponentCount" },
  { id: "LastModifiedTime" },
  { id: "CreationTime" },
  { id: "Description" },
];
const ASKED = USUAL.map(({ id }) => id);
const NEWEST = { by: "CreationTime", descending: true };

const column = (
  id: string,
  title: string,
  width: number,
  more: Partial<DataColumn<TableRow>> = {},
): DataColumn<TableRow> => ({
  id,
  title,
  width,
  isSortable: true,
  text: (row) => textOf(row, id),
  ...more,
});

const timeColumn = (id: string, title: string): DataColumn<TableRow> =>
  column(id, title, 140, {
    descendingFirst: true,
    text: (row) => instant(numberOf(row, id)),
    cell: (row) => <Ago at={numberOf(row, id) ?? 0} />,
  });

const COLUMNS: readonly DataColumn<TableRow>[] = [
  column("ExperimentName", "Name", 320, {
    isFixed: true,
    text: (row) => row.key,
    cell: (row) => (
      <a href={pageAddress("/experiments/$name", row.key)} tabIndex={-1} title={row.key}>
        {row.key}
      </a>
    ),
  }),
  column("DisplayName", "Display name", 240, {
    // Clary gives an experiment its name as display name; it says nothing more.
    cell: (row) => (textOf(row, "DisplayName") === row.key ? "" : textOf(row, "DisplayName")),
  }),
  column("TrialCount", "Trials", 110, { isNumber: true, descendingFirst: true }),
  column("TrialComponentCount", "Components", 130, { isNumber: true, descendingFirst: true }),
  timeColumn("LastModifiedTime", "Changed"),
  timeColumn("CreationTime", "Created"),
  column("Description", "Description", 360),
];

export function Experiments() {
  const address: RecordListAddress = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = useCallback(
    (changes: RecordListAddress, replace = true) =>
      void navigate({ to: "/experiments", search: (before) => ({ ...before, ...changes }), replace }),
    [navigate],
  );
  useEffect(() => {
    document.title = "Experiments · Clary Studio";
  }, []);
  const [sight, setSight] = useState<InSight>({ first: 0, last: 0, columns: [] });
  const sort = useMemo(() => readSort(address.sort) ?? NEWEST, [address.sort]);
  const shown = useMemo(() => readColumns(address.columns, USUAL, NAME), [address.columns]);
  const columns = useMemo(
    () => shown.flatMap(({ id }) => COLUMNS.find((each) => each.id === id) ?? []),
    [shown],
  );
  const question = useMemo(
    () => ({ Resource: "Experiment" as const, ...(address.find && { Text: address.find }) }),
    [address.find],
  );
  const rows = useRows({ question, sort, columns: ASKED, sight: { ...sight, columns: ASKED }, isLive: false });
  const [dialog, setDialog] = useState<{ type: "new" } | { type: "edit" | "remove"; record: RecordRow }>();

  const menuOf = (row: TableRow): MenuEntry[] => {
    if (row.type === "group") return [];
    const { record } = row;
    return [
      { label: "Open", keys: "Enter", run: () => open(row) },
      { label: "Open in trial component list", run: () => open(row) },
      { label: "Copy the name", run: () => void copied(record.name) },
      { label: "Copy the ARN", run: () => void copied(record.arn) },
      "line",
      { label: "Rename and describe …", run: () => setDialog({ type: "edit", record }) },
      { label: "Delete …", isDanger: true, run: () => setDialog({ type: "remove", record }) },
    ];
  };
  const open = (row: TableRow): void => void navigate({ to: "/experiments/$name", params: { name: row.key } });
  const total = rows.total ?? 0;
  return (
    <div className="stack tight">
      <header className="row spread">
        <h1>Experiments</h1>
        <div className="row">
          <Link to="/components" search={{ unassigned: true }}>
            Unassigned trial components
          </Link>
          <button type="button" className="button primary" onClick={() => setDialog({ type: "new" })}>
            New experiment
          </button>
        </div>
      </header>
      <div className="toolbar">
        <SearchField
          value={address.find ?? ""}
          label="Search experiments by name"
          onChange={(text) => change({ find: text || undefined })}
        />
        {address.columns !== undefined && (
          <button type="button" className="button" onClick={() => change({ columns: undefined })}>
            The usual columns
          </button>
        )}
        <span className="soft count" role="status">
          {rows.total === undefined ? "" : `${total.toLocaleString("en")} experiment${total === 1 ? "" : "s"}`}
        </span>
      </div>
      {rows.error && rows.total === undefined ? (
        <Trouble error={rows.error} what="the experiments" />
      ) : rows.total === 0 && !rows.isOld ? (
        address.find === undefined ? (
          <NoExperiments />
        ) : (
          <div className="card empty">
            <h2>No experiment is called like that</h2>
            <button type="button" className="button" onClick={() => change({ find: undefined })}>
              Show all
            </button>
          </div>
        )
      ) : (
        <div className={rows.isOld ? "old" : ""}>
          <DataTable<TableRow>
            label="Experiments"
            rows={{ count: rows.count, at: rows.at, keyOf: (row) => row.key }}
            columns={columns}
            shown={shown}
            onColumns={(wanted) => change({ columns: spelledColumns(wanted, USUAL) })}
            sort={sort}
            onSort={(wanted) => change({ sort: `${wanted.descending ? "-" : ""}${wanted.by}` }, false)}
            menuOf={menuOf}
            onOpen={open}
            onSight={setSight}
            listKey={JSON.stringify([question, sort])}
          />
        </div>
      )}
      {dialog?.type === "new" && <NewExperiment onClose={() => setDialog(undefined)} />}
      {dialog?.type === "edit" && (
        <EditExperiment
          name={dialog.record.name}
          displayName={String(dialog.record.values["DisplayName"] ?? "")}
          description={String(dialog.record.values["Description"] ?? "")}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog?.type === "remove" && (
        <RemoveExperiment name={dialog.record.name} onClose={() => setDialog(undefined)} onDone={() => setDialog(undefined)} />
      )}
    </div>
  );
}

function textOf(row: TableRow, id: string): string {
  const value = row.type === "record" ? row.record.values[id] : undefined;
  return value === null || value === undefined ? "" : String(value);
}

function numberOf(row: TableRow, id: string): number | undefined {
  const value = row.type === "record" ? row.record.values[id] : undefined;
  return typeof value === "number" ? value : undefined;
}
