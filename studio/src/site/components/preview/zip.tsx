import { useQuery } from "@tanstack/react-query";
import { listZip, readZipEntry, type ReadRange } from "../../lib/s3/zip";
import { Entries, MOST_ENTRY_BYTES } from "./entries";
import type { PreviewProps } from "./preview";
import { PreviewTrouble } from "./trouble";

export default function ZipPreview({ source, id, entry, onEntry }: PreviewProps) {
  const reader =
    (signal: AbortSignal): ReadRange =>
    (first, last) =>
      source.read(first, last, signal);
  const asked = useQuery({
    queryKey: ["s3", "zip", id],
    retry: false,
    queryFn: ({ signal }) => listZip(source.size, reader(signal)),
  });
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (asked.data === undefined) return <p className="soft preview-note">Loading …</p>;
  const { entries, isCut } = asked.data;
  return (
    <Entries
      entries={entries.map(({ name, size }) => ({ name, size, kind: name.endsWith("/") ? "folder" : "file", target: "" }))}
      isCut={isCut}
      id={id}
      entry={entry}
      onEntry={onEntry}
      read={async (name, signal) => {
        const found = entries.find((each) => each.name === name);
        if (found === undefined) throw new Error("The archive has no such file.");
        return readZipEntry(found, source.size, reader(signal), MOST_ENTRY_BYTES);
      }}
    />
  );
}
