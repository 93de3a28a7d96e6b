// What lies in a folder: only the rows that are seen are on the page.
import { useVirtualizer } from "@tanstack/react-virtual";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useNow } from "../../components/now";
import { ago, bytes, instant } from "../../lib/format";
import type { ObjectSort, S3Address } from "../../lib/s3/address";
import { between, type Row } from "../../lib/s3/rows";

const ROW_PX = 38;
const COLUMNS: { id: ObjectSort | "class"; title: string }[] = [
  { id: "name", title: "Name" },
  { id: "size", title: "Size" },
  { id: "modified", title: "Modified" },
  { id: "class", title: "Storage" },
];

export interface ObjectTableProps {
  bucket: string;
  rows: Row[];
  selected: ReadonlySet<string>;
  onSelect: (selected: Set<string>) => void;
  address: S3Address;
  onSort: (sort: ObjectSort) => void;
  hasMore: boolean;
  onEnd: () => void;
}

export function ObjectTable({ bucket, rows, selected, onSelect, address, onSort, hasMore, onEnd }: ObjectTableProps) {
  const box = useRef<HTMLDivElement>(null);
  const lastChosen = useRef("");
  const now = useNow();
  const virtual = useVirtualizer({
    count: rows.length + (hasMore ? 1 : 0),
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const sort = address.by ?? "name";
  // In another order than the server's, the next page belongs anywhere: it is loaded by a button.
  const follows = sort === "name" && !address.descending;
  useEffect(() => {
    if (hasMore && follows && last >= rows.length - 50) onEnd();
  }, [hasMore, follows, last, rows.length, onEnd]);
  const all = rows.length > 0 && rows.every(({ id }) => selected.has(id));

  const choose = (id: string, isOn: boolean, isRange: boolean): void => {
    const next = new Set(selected);
    for (const each of isRange ? between(rows, lastChosen.current, id) : [id]) {
      if (isOn) next.add(each);
      else next.delete(each);
    }
    lastChosen.current = id;
    onSelect(next);
  };

  return (
    <div
      ref={box}
      className="table tall objects"
      role="table"
      aria-label="Objects"
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      tabIndex={0}
    >
      <div role="rowgroup" className="head-group">
        <div role="row" className="head">
          <div role="columnheader" className="chosen">
            <input
              type="checkbox"
              aria-label="Select all that are loaded"
              checked={all}
              onChange={() => onSelect(new Set(all ? [] : rows.map(({ id }) => id)))}
            />
          </div>
          {COLUMNS.map(({ id, title }) => (
            <div
              key={id}
              role="columnheader"
              className={`${id}${id === "size" ? " number" : ""}`}
              {...(id === sort && { "aria-sort": address.descending ? "descending" : "ascending" })}
            >
              {id === "class" ? (
                title
              ) : (
                <button type="button" className="sort" onClick={() => onSort(id)}>
                  {title}
                  <span aria-hidden="true">{id === sort ? (address.descending ? "↓" : "↑") : ""}</span>
                </button>
              )}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          const place = { transform: `translateY(${start}px)` };
          if (row === undefined) {
            return (
              <div key="more" role="row" style={place}>
                <div role="cell" className="whole soft">
                  {follows ? (
                    "Loading more …"
                  ) : (
                    <button type="button" className="button small" onClick={onEnd}>
                      Sorted among the {rows.length.toLocaleString("en")} loaded. Load more
                    </button>
                  )}
                </div>
              </div>
            );
          }
          const isShown = address.version === undefined ? row.isLatest : row.version === address.version;
          const isOpen = isShown && row.key === address.key;
          return (
            <div
              key={row.id}
              role="row"
              aria-rowindex={index + 2}
              className={`${isOpen ? "open " : ""}${row.isLatest ? "" : "old"}`}
              style={place}
            >
              <div role="cell" className="chosen">
                <input
                  type="checkbox"
                  aria-label={`Select ${row.name}`}
                  checked={selected.has(row.id)}
                  onChange={() => undefined}
                  onClick={(event) => choose(row.id, !selected.has(row.id), event.shiftKey)}
                />
              </div>
              <div role="cell" className="name" title={row.key}>
                <Name bucket={bucket} row={row} address={address} />
              </div>
              <div role="cell" className="size number">
                {bytes(row.size)}
              </div>
              <div role="cell" className="modified">
                {row.modified !== undefined && <time title={instant(row.modified)}>{ago(row.modified, now)}</time>}
              </div>
              <div role="cell" className="class soft">
                {row.kind === "marker" ? "Delete marker" : (row.version ?? row.storageClass.toLowerCase())}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Name({ bucket, row, address }: { bucket: string; row: Row; address: S3Address }) {
  const icon = (
    <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.4">
      {row.kind === "folder" ? (
        <path d="M1.5 4.5v8h13v-6.5h-7l-1.5-2h-4.5z" strokeLinejoin="round" />
      ) : row.kind === "marker" ? (
        <path d="M4 4l8 8M12 4l-8 8" />
      ) : (
        <path d="M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3" strokeLinejoin="round" />
      )}
    </svg>
  );
  const shown = row.name === "/" ? "(no name)/" : row.name;
  if (row.kind === "marker") {
    return (
      <span className="object-name soft">
        {icon}
        <span>{shown}</span>
      </span>
    );
  }
  return (
    <Link
      className="object-name"
      to="/s3/$bucket"
      params={{ bucket }}
      search={
        row.kind === "folder"
          ? { prefix: row.key, versions: address.versions }
          : { ...address, key: row.key, version: row.version, entry: undefined }
      }
    >
      {icon}
      <span>{shown}</span>
    </Link>
  );
}
