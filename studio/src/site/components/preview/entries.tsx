// The files of an archive, and one of them open.
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { bytes } from "../../lib/format";
import { bytesSource } from "../../lib/s3/source";
import { Preview, type PreviewProps } from "./preview";
import { PreviewTrouble } from "./trouble";

export interface Entry {
  name: string;
  size: number;
  kind: "file" | "folder" | "link";
  target: string;
}

export const MOST_ENTRY_BYTES = 4 << 20;
const ROW_PX = 30;

export function Entries({
  entries,
  isCut,
  id,
  entry,
  onEntry,
  read,
}: {
  entries: Entry[];
  isCut: boolean;
  read: (name: string, signal: AbortSignal) => Promise<Uint8Array>;
} & Pick<PreviewProps, "id" | "entry" | "onEntry">) {
  const [search, setSearch] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const shown = useMemo(
    () => entries.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase())),
    [entries, search],
  );
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (entry !== undefined) {
    return <OpenEntry name={entry} id={id} read={read} size={entries.find(({ name }) => name === entry)?.size} onClose={() => onEntry?.(undefined)} />;
  }
  return (
    <>
      <div className="row preview-tools">
        <input
          type="search"
          className="field"
          placeholder="Search in the archive"
          aria-label="Search in the archive"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <span className="soft" role="status">
          {isCut ? "The first " : ""}
          {entries.length.toLocaleString("en")} {entries.length === 1 ? "entry" : "entries"}, {bytes(total)} unpacked
        </span>
      </div>
      <div ref={box} className="table entries" role="table" aria-label="Files in the archive" aria-rowcount={shown.length} tabIndex={0}>
        <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const found = shown[index];
            if (found === undefined) return null;
            const { name, size, kind, target } = found;
            return (
              <div key={index} role="row" aria-rowindex={index + 1} style={{ transform: `translateY(${start}px)` }}>
                <div role="cell" title={name}>
                  {kind === "file" && onEntry ? (
                    <button type="button" className="link-button" onClick={() => onEntry(name)}>
                      {name}
                    </button>
                  ) : (
                    <span className="soft">{target ? `${name} → ${target}` : name}</span>
                  )}
                </div>
                <div role="cell" className="number">
                  {kind === "file" ? bytes(size) : ""}
                </div>
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}

function OpenEntry({
  name,
  size,
  id,
  read,
  onClose,
}: {
  name: string;
  size: number | undefined;
  id: string;
  read: (name: string, signal: AbortSignal) => Promise<Uint8Array>;
  onClose: () => void;
}) {
  const asked = useQuery({
    queryKey: ["s3", "entry", id, name],
    gcTime: 0,
    retry: false,
    queryFn: ({ signal }) => read(name, signal),
  });
  const source = useMemo(() => asked.data && bytesSource(name, asked.data), [asked.data, name]);
  return (
    <>
      <div className="row preview-tools">
        <button type="button" className="button small" onClick={onClose}>
          All files
        </button>
        <strong className="entry-name">{name}</strong>
        <span className="soft">
          {bytes(size)}
          {size !== undefined && size > MOST_ENTRY_BYTES && `, the first ${bytes(MOST_ENTRY_BYTES)} are shown`}
        </span>
      </div>
      {asked.error ? (
        <PreviewTrouble error={asked.error} />
      ) : source === undefined ? (
        <p className="soft preview-note">Looking for it in the archive …</p>
      ) : (
        <Preview source={source} id={`${id} ${name}`} />
      )}
    </>
  );
}
