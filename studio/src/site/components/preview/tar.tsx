// A model archive: read as it streams, unpacked by the browser, up to a bound.
import { useQuery } from "@tanstack/react-query";
import { pieces, type Source } from "../../lib/s3/source";
import { readTar } from "../../lib/s3/tar";
import { Entries, MOST_ENTRY_BYTES } from "./entries";
import type { PreviewProps } from "./preview";
import { PreviewTrouble } from "./trouble";

const BOUNDS = { entries: 10_000, bytes: 512 << 20 };

async function scan(source: Source, signal: AbortSignal, wants?: { name: string; mostBytes: number }) {
  const stream = await source.stream(signal);
  const isPacked = /gz$/.test(source.name.toLowerCase());
  const unpacked = isPacked ? stream.pipeThrough(new DecompressionStream("gzip")) : stream;
  const parts = pieces(unpacked);
  try {
    return await readTar(parts, BOUNDS, wants);
  } catch (error) {
    if (error instanceof TypeError && isPacked) throw new Error("This archive is not packed by gzip, or is broken.");
    throw error;
  } finally {
    await parts.return(undefined);
  }
}

export default function TarPreview({ source, id, entry, onEntry }: PreviewProps) {
  const asked = useQuery({
    queryKey: ["s3", "tar", id],
    retry: false,
    queryFn: ({ signal }) => scan(source, signal),
  });
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (asked.data === undefined) return <p className="soft preview-note">Reading the archive …</p>;
  return (
    <Entries
      entries={asked.data.entries}
      isCut={asked.data.isCut}
      id={id}
      entry={entry}
      onEntry={onEntry}
      read={async (name, signal) => {
        const { content } = await scan(source, signal, { name, mostBytes: MOST_ENTRY_BYTES });
        return content ?? new Uint8Array(0);
      }}
    />
  );
}
