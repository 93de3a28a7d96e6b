import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { bytes } from "../../lib/format";
import { isNumber, MOST_COLUMNS, MOST_ROWS, readCsv } from "../../lib/s3/csv";
import { head } from "../../lib/s3/source";
import { Grid } from "./grid";
import type { PreviewProps } from "./preview";
import { PreviewTrouble } from "./trouble";

const MOST_BYTES = 4 << 20;

export default function CsvPreview({ source, id }: PreviewProps) {
  const asked = useQuery({
    queryKey: ["s3", "csv", id],
    queryFn: async ({ signal }) =>
      readCsv(new TextDecoder().decode(await head(source, MOST_BYTES, signal)), source.size > MOST_BYTES),
  });
  const table = asked.data;
  const numeric = useMemo(() => {
    const some = table?.rows.slice(0, 100) ?? [];
    return (table?.columns ?? []).map(
      (_, column) => some.some((row) => row[column]) && some.every((row) => !row[column] || isNumber(row[column])),
    );
  }, [table]);
  const isNumeric = useCallback((column: number) => numeric[column] ?? false, [numeric]);
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (table === undefined) return <p className="soft preview-note">Loading …</p>;
  const isCut = source.size > MOST_BYTES || table.rows.length >= MOST_ROWS;
  return (
    <>
      <p className="soft preview-note" role="status">
        {isCut ? "The first " : ""}
        {table.rows.length.toLocaleString("en")} rows, {table.columns.length.toLocaleString("en")} columns
        {table.columns.length >= MOST_COLUMNS ? " (the first)" : ""}
        {isCut ? ` of a file of ${bytes(source.size)}` : ""}
      </p>
      <Grid
        label="Rows of the table"
        columns={table.columns}
        count={table.rows.length}
        cell={(row, column) => table.rows[row]?.[column] ?? ""}
        isNumber={isNumeric}
      />
    </>
  );
}
