// A live list of jobs; its filter, order and columns stand in the address.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { jobList } from "../api/queries";
import { CopyButton } from "../components/copy";
import { JobFilter } from "../components/job-filter";
import { JobTable } from "../components/job-table";
import { useNow } from "../components/now";
import { useSelection } from "../components/selection";
import { Trouble } from "../components/trouble";
import {
  columnsOf,
  columnTitle,
  DEFAULT_COLUMNS,
  FEW_COLUMNS,
  type ListAddress,
  nextSort,
  offeredColumns,
  spelledColumns,
  viewOf,
} from "../lib/columns";
import { canChoose, choosableBetween, type JobKind, type JobRow, KINDS, STATUSES } from "../lib/jobs";
import { NOTHING, withRows } from "../lib/row-selection";
import "../style/jobs.css";
import { ChosenJobs } from "./job/chosen";

export function TrainingJobs() {
  return <JobList kind="training-job" usual={DEFAULT_COLUMNS} />;
}

export function ProcessingJobs() {
  return <JobList kind="processing-job" usual={FEW_COLUMNS} />;
}

export function TransformJobs() {
  return <JobList kind="transform-job" usual={FEW_COLUMNS} />;
}

export function TuningJobs() {
  return <JobList kind="hyper-parameter-tuning-job" usual={FEW_COLUMNS} />;
}

export function AutopilotJobs() {
  return <JobList kind="automl-job" usual={FEW_COLUMNS} />;
}

function JobList({ kind, usual }: { kind: JobKind; usual: string[] }) {
  const address: ListAddress = useSearch({ strict: false });
  const navigate = useNavigate();
  const { status, search, sort, ascending, filter, columns: spelled } = address;
  const view = useMemo(
    () => viewOf({ status, search, sort, ascending, filter }),
    [status, search, sort, ascending, filter],
  );
  const columns = useMemo(() => columnsOf({ columns: spelled }, usual), [spelled, usual]);
  const asked = useInfiniteQuery(jobList(kind, view));
  const rows = useMemo(() => asked.data?.pages.flatMap((page) => page.rows) ?? [], [asked.data]);
  const now = useNow();
  const { title, one } = KINDS[kind];

  useEffect(() => {
    document.title = `${title} · Clary Studio`;
  }, [title]);

  const change = useCallback(
    (changes: ListAddress, replace = false) =>
      void navigate({
        to: ".",
        // Other pages have a `sort` of their own.
        search: ((before: ListAddress) => ({ ...before, ...changes })) as never,
        replace,
        resetScroll: false,
      }),
    [navigate],
  );
  const { fetchNextPage, isFetchingNextPage } = asked;
  const onEnd = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);

  const [selection, onSelection] = useSelection(
    address.pick,
    useCallback((pick) => change({ pick }, true), [change]),
  );
  const chosen = selection.keys;
  // Rows are drawn again when what they are given changes: these functions stay.
  const shown = useRef({ rows, selection, last: "" });
  shown.current = { ...shown.current, rows, selection };
  const onChoose = useCallback(
    (name: string, isChosen: boolean, isRange: boolean): void => {
      const { rows: all, selection: before, last } = shown.current;
      shown.current.last = name;
      onSelection(withRows(before, isRange ? choosableBetween(all, last, name) : [name], isChosen));
    },
    [onSelection],
  );
  const onChooseAll = useCallback(
    (isChosen: boolean): void => {
      const { rows: all, selection: before } = shown.current;
      onSelection(withRows(before, all.filter(canChoose).map(({ name }) => name), isChosen));
    },
    [onSelection],
  );

  const isFiltered = Boolean(view.filter) || view.status !== undefined || Boolean(view.search);
  return (
    <div className="stack">
      <div className="row spread">
        <h1>{title}</h1>
        <span className="soft" role="status">
          {asked.isPending ? "" : `${rows.length.toLocaleString("en")}${asked.hasNextPage ? "+" : ""} ${one}${rows.length === 1 ? "" : "s"}`}
        </span>
      </div>
      <div className="toolbar">
        <SearchField
          key={kind}
          value={view.search ?? ""}
          label={`Search ${title.toLowerCase()} by name`}
          onChange={(text) => change({ search: text || undefined }, true)}
        />
        <select
          className="field"
          aria-label="Status"
          value={view.status ?? ""}
          onChange={(event) =>
            change({ status: STATUSES.find((each) => each === event.target.value) })
          }
        >
          <option value="">Every status</option>
          {STATUSES.map((each) => (
            <option key={each} value={each}>
              {each === "InProgress" ? "In progress" : each}
            </option>
          ))}
        </select>
        <ColumnMenu
          columns={columns}
          rows={rows}
          onChange={(wanted) => change({ columns: spelledColumns(wanted, usual) }, true)}
        />
      </div>
      {kind === "training-job" && (
        <JobFilter text={view.filter ?? ""} rows={rows} onChange={(text) => change({ filter: text || undefined })} />
      )}
      {chosen.size > 0 && <ChosenJobs kind={kind} chosen={chosen} rows={rows} onClear={() => onSelection(NOTHING)} />}
      {asked.error ? (
        <Trouble error={asked.error} what={`the ${title.toLowerCase()}`} />
      ) : rows.length === 0 && !asked.isPending ? (
        <Empty kind={kind} isFiltered={isFiltered} onAll={() => change({ status: undefined, search: undefined, filter: undefined })} />
      ) : (
        <JobTable
          rows={rows}
          columns={columns}
          view={view}
          now={now}
          label={title}
          hasMore={asked.hasNextPage}
          chosen={chosen}
          onChoose={onChoose}
          onChooseAll={onChooseAll}
          onEnd={onEnd}
          onSort={(wanted) => change(nextSort(view, wanted))}
        />
      )}
    </div>
  );
}

function SearchField({
  value,
  label,
  onChange,
}: {
  value: string;
  label: string;
  onChange: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const settled = useDeferredValue(text);
  const told = useRef(value);
  useEffect(() => {
    // Back and forward change the address, and the field with it.
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (settled === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = settled;
      onChange(settled);
    }, 150);
    return () => clearTimeout(timer);
  }, [settled, onChange]);
  return (
    <input
      type="search"
      className="field"
      placeholder="Search by name"
      aria-label={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

function ColumnMenu({
  columns,
  rows,
  onChange,
}: {
  columns: string[];
  rows: JobRow[];
  onChange: (columns: string[]) => void;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const offered = useMemo(
    () => (isOpen ? [...new Set([...offeredColumns(rows), ...columns])] : []),
    [isOpen, rows, columns],
  );
  return (
    <div
      className="menu"
      ref={box}
      onBlur={(event) => {
        if (!box.current?.contains(event.relatedTarget)) setIsOpen(false);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") setIsOpen(false);
      }}
    >
      <button type="button" className="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        Columns
      </button>
      {isOpen && (
        <div role="group" aria-label="Columns" tabIndex={-1}>
          {offered
            .filter((column) => column !== "name")
            .map((column) => (
              <label key={column}>
                <input
                  type="checkbox"
                  checked={columns.includes(column)}
                  onChange={(event) =>
                    onChange(
                      event.target.checked
                        ? [...columns, column]
                        : columns.filter((each) => each !== column),
                    )
                  }
                />
                {columnTitle(column)}
                {column.includes(":") && <span className="soft">{column.split(":")[0]}</span>}
              </label>
            ))}
        </div>
      )}
    </div>
  );
}

/** What begins the first job of a kind. */
const FIRST_ONES: Record<JobKind, string> = {
  "training-job": 'eval "$(clary env)"\nclary train train.py --image pytorch --input training=./data',
  "processing-job": `from sagemaker.sklearn.processing import SKLearnProcessor

processor = SKLearnProcessor(
    framework_version="1.2-1",
    role="ClaryExecutionRole",
    instance_type="ml.m5.large",
    instance_count=1,
)
processor.run(code="preprocess.py")`,
  "transform-job": `transformer = estimator.transformer(
    instance_count=1,
    instance_type="ml.m5.large",
    assemble_with="Line",
)
transformer.transform("s3://bucket/rows", content_type="text/csv", split_type="Line")`,
  "hyper-parameter-tuning-job": `eval "$(clary env)"
clary tune train.py --range lr=1e-4..1:log --minimize 'loss=loss=([0-9.]+)' --trials 20`,
  "automl-job": `eval "$(clary env)"
clary automl data.csv --target y`,
};

function Empty({ kind, isFiltered, onAll }: { kind: JobKind; isFiltered: boolean; onAll: () => void }) {
  if (isFiltered) {
    return (
      <div className="card empty">
        <h2>No {KINDS[kind].one} is like that</h2>
        <button type="button" className="button" onClick={onAll}>
          Show all
        </button>
      </div>
    );
  }
  const start = FIRST_ONES[kind];
  return (
    <div className="card empty">
      <h2>There is no {KINDS[kind].one} yet</h2>
      <p className="soft">This begins one:</p>
      <pre tabIndex={0}>{start}</pre>
      <CopyButton text={start} label="Copy" />
    </div>
  );
}
