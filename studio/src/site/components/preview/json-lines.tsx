import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { bytes } from "../../lib/format";
import { columnsOf, readJsonLines } from "../../lib/s3/records";
import { head } from "../../lib/s3/source";
import type { PreviewProps } from "./preview";
import { RecordsGrid } from "./records-grid";
import { PreviewTrouble } from "./trouble";

const MOST_BYTES = 4 << 20;
const MOST_ROWS = 10_000;

export default function JsonLinesPreview({ source, id }: PreviewProps) {
  const asked = useQuery({
    queryKey: ["s3", "json-lines", id],
    queryFn: async ({ signal }) => {
      const text = new TextDecoder().decode(await head(source, MOST_BYTES, signal));
      return readJsonLines(text, source.size > MOST_BYTES, MOST_ROWS);
    },
  });
  const columns = useMemo(() => columnsOf(asked.data?.rows ?? []), [asked.data]);
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (asked.data === undefined) return <p className="soft preview-note">Loading …</p>;
  const { rows, broken } = asked.data;
  const isCut = source.size > MOST_BYTES || rows.length >= MOST_ROWS;
  return (
    <>
      <p className="soft preview-note" role="status">
        {isCut ? `The first ${rows.length.toLocaleString("en")} lines of ${bytes(source.size)}` : `${rows.length.toLocaleString("en")} lines`}
        {broken > 0 && `, ${broken} of which are no JSON`}
      </p>
      <RecordsGrid rows={rows} columns={columns} />
    </>
  );
}
