// The lists of artifacts, actions and contexts; their filters stand in the address.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { type Sourced, type SourcedKind, sourcedList } from "../../api/lineage";
import { EntityLink } from "../../components/entity-link";
import { Sign } from "../../components/lineage/sign";
import { useNow } from "../../components/now";
import { Trouble } from "../../components/trouble";
import { lastOf } from "../../lib/arns";
import { ago, instant } from "../../lib/format";
import { type SourcedListAddress, startOf } from "../../lib/sourced-address";
import { artifactKind, typeWords } from "../../lib/vertex-kinds";
import "../../style/component.css";

export function Artifacts() {
  return <SourcedList kind="artifact" />;
}

export function Actions() {
  return <SourcedList kind="action" />;
}

export function Contexts() {
  return <SourcedList kind="context" />;
}

const WORDS = {
  artifact: {
    title: "Artifacts",
    one: "artifact",
    types: ["Model", "DataSet", "Code", "Image", "Table", "ConfusionMatrix", "ROCCurve", "PrecisionRecallCurve"],
    empty: "Each job has its data, code, image and model here as soon as it starts.",
  },
  action: {
    title: "Actions",
    one: "action",
    types: ["Approval", "ModelDeployment"],
    empty: "An action is a step that is no job, such as an approval: sagemaker.lineage.action.Action.create(…)",
  },
  context: {
    title: "Contexts",
    one: "context",
    types: ["Endpoint", "ModelGroup"],
    empty: "A context groups what belongs together, such as an endpoint: sagemaker.lineage.context.Context.create(…)",
  },
} as const;

const ROW_PX = 44;

function SourcedList({ kind }: { kind: SourcedKind }) {
  const address: SourcedListAddress = useSearch({ strict: false });
  const navigate = useNavigate();
  const { title, one, types } = WORDS[kind];
  const filter = useMemo(
    () => ({
      ...(address.type && { type: address.type }),
      ...(address.uri && { uri: address.uri }),
      ...(address.since && { after: startOf(address.since) }),
      ...(address.ascending && { ascending: true }),
    }),
    [address.type, address.uri, address.since, address.ascending],
  );
  const asked = useInfiniteQuery(sourcedList(kind, filter));
  const rows = useMemo(() => asked.data?.pages.flatMap((page) => page.rows) ?? [], [asked.data]);
  useEffect(() => {
    document.title = `${title} · Clary Studio`;
  }, [title]);
  const change = (changes: SourcedListAddress): void =>
    void navigate({ to: ".", search: (before: SourcedListAddress) => ({ ...before, ...changes }), replace: true });
  const isFiltered = Object.keys(filter).some((each) => each !== "ascending");
  return (
    <div className="stack">
      <div className="row spread">
        <h1>{title}</h1>
        <span className="soft" role="status">
          {!asked.isPending &&
            `${rows.length.toLocaleString("en")}${asked.hasNextPage ? "+" : ""} ${one}${rows.length === 1 ? "" : "s"}`}
        </span>
      </div>
      <div className="toolbar">
        <Typed
          key={`type ${address.type}`}
          label="Type"
          value={address.type}
          offers={types}
          onChange={(type) => change({ type })}
        />
        <Typed
          key={`uri ${address.uri}`}
          label="Location, whole: s3://bucket/data"
          value={address.uri}
          isWide
          onChange={(uri) => change({ uri })}
        />
        <label className="choice">
          <span className="soft">Since</span>
          <input
            type="date"
            className="field"
            value={address.since ?? ""}
            onChange={({ target }) => change({ since: target.value || undefined })}
          />
        </label>
      </div>
      {asked.error ? (
        <Trouble error={asked.error} what={`the ${title.toLowerCase()}`} />
      ) : rows.length === 0 && !asked.isPending ? (
        <div className="card empty">
          <h2>{isFiltered ? `No ${one} is like that` : `There is no ${one} yet`}</h2>
          {isFiltered ? (
            <button
              type="button"
              className="button"
              onClick={() => change({ type: undefined, uri: undefined, since: undefined })}
            >
              Show all
            </button>
          ) : (
            <p className="soft">{WORDS[kind].empty}</p>
          )}
        </div>
      ) : (
        <Rows
          rows={rows}
          label={title}
          isAscending={address.ascending ?? false}
          onOrder={() => change({ ascending: address.ascending ? undefined : true })}
          onEnd={() => {
            if (asked.hasNextPage && !asked.isFetchingNextPage) void asked.fetchNextPage();
          }}
        />
      )}
    </div>
  );
}

/** A field whose text counts when it is left, or with Enter: each letter would ask the server. */
function Typed({
  label,
  value,
  offers = [],
  isWide = false,
  onChange,
}: {
  label: string;
  value: string | undefined;
  offers?: readonly string[];
  isWide?: boolean;
  onChange: (text: string | undefined) => void;
}) {
  const [text, setText] = useState(value ?? "");
  const give = (): void => {
    if (text.trim() !== (value ?? "")) onChange(text.trim() || undefined);
  };
  return (
    <>
      <input
        className={isWide ? "field wide-field" : "field type-field"}
        type="search"
        aria-label={label}
        placeholder={label}
        list={offers.length > 0 ? `offers-${label}` : undefined}
        value={text}
        onChange={({ target }) => setText(target.value)}
        onBlur={give}
        onKeyDown={({ key }) => {
          if (key === "Enter") give();
        }}
      />
      {offers.length > 0 && (
        <datalist id={`offers-${label}`}>
          {offers.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </>
  );
}

function Rows({
  rows,
  label,
  isAscending,
  onOrder,
  onEnd,
}: {
  rows: Sourced[];
  label: string;
  isAscending: boolean;
  onOrder: () => void;
  onEnd: () => void;
}) {
  const now = useNow(10_000);
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const last = virtual.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 20) onEnd();
  });
  return (
    <div ref={box} className="table tall sourced-table" role="table" aria-label={label} aria-rowcount={rows.length + 1}>
      <div role="rowgroup">
        <div role="row" className="head" aria-rowindex={1}>
          <span role="columnheader">Name</span>
          <span role="columnheader">Type</span>
          <span role="columnheader">Location</span>
          <span role="columnheader" aria-sort={isAscending ? "ascending" : "descending"}>
            <button type="button" className="sort" onClick={onOrder}>
              Created <span aria-hidden="true">{isAscending ? "↑" : "↓"}</span>
            </button>
          </span>
        </div>
      </div>
      <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          return (
            row && (
              <div
                key={row.arn}
                role="row"
                aria-rowindex={index + 2}
                style={{ transform: `translateY(${start}px)` }}
              >
                <span role="cell" className="name">
                  <EntityLink arn={row.arn} title={row.name || row.uri}>
                    {row.name || lastOf(row.uri)}
                  </EntityLink>
                </span>
                <span role="cell" className="vertex-kind">
                  <Sign kind={row.kind === "artifact" ? artifactKind(row.type) : row.kind} />
                  {typeWords(row.type)}
                </span>
                <span role="cell" className="mono" title={row.uri}>
                  {row.uri}
                </span>
                <span role="cell" title={instant(row.createdAt)}>
                  {row.createdAt === undefined ? "" : ago(row.createdAt, now)}
                </span>
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}
