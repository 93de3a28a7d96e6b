// Rows of a Parquet file, and its columns with their types.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Grid } from "./grid";
import { readParquet } from "./parquet-read";
import type { PreviewProps } from "./preview";
import { PreviewTrouble } from "./trouble";

const ROWS = 1_000;

export default function ParquetPreview({ source, id }: PreviewProps) {
  const [firstRow, setFirstRow] = useState(0);
  const [showsSchema, setShowsSchema] = useState(false);
  const asked = useQuery({
    queryKey: ["s3", "parquet", id, firstRow],
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: ({ signal }) => readParquet(source, firstRow, ROWS, signal),
  });
  const table = asked.data;
  const isNumber = useCallback((column: number) => table?.numeric[column] ?? false, [table]);
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (table === undefined) return <p className="soft preview-note">Loading …</p>;
  const { columns, types, cells, rowCount, groups, codec, hiddenColumns, isReadable } = table;
  const end = firstRow + cells.length;
  const step = (to: number, title: string, isOff: boolean) => (
    <button type="button" className="button small" disabled={isOff || asked.isFetching} onClick={() => setFirstRow(to)}>
      {title}
    </button>
  );
  return (
    <>
      <div className="row preview-tools">
        {isReadable && rowCount > ROWS && step(Math.max(0, firstRow - ROWS), "Back", firstRow === 0)}
        {isReadable && rowCount > ROWS && step(firstRow + ROWS, "On", end >= rowCount)}
        {isReadable && (
          <button type="button" className="button small" aria-pressed={showsSchema} onClick={() => setShowsSchema(!showsSchema)}>
            Schema
          </button>
        )}
        <span className="soft" role="status">
          {isReadable && rowCount > ROWS ? `Rows ${firstRow} to ${end - 1} of ` : ""}
          {rowCount.toLocaleString("en")} rows, {(columns.length + hiddenColumns).toLocaleString("en")} columns
          {hiddenColumns > 0 && ` (the first ${columns.length} are shown)`}, {groups} row group{groups === 1 ? "" : "s"},{" "}
          {codec.toLowerCase()}
        </span>
      </div>
      {!isReadable && (
        <p className="soft preview-note">
          Its rows are packed with {codec.toLowerCase()}, which this page does not unpack: here are its columns. pyarrow and
          pandas read it.
        </p>
      )}
      {showsSchema || !isReadable ? (
        <div className="scroll schema" tabIndex={0} role="group" aria-label="Schema">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Type</th>
              </tr>
            </thead>
            <tbody>
              {columns.map((name, index) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="mono">{types[index]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Grid
          label="Rows of the table"
          columns={columns}
          count={cells.length}
          cell={(row, column) => cells[row]?.[column] ?? ""}
          isNumber={isNumber}
          firstRow={firstRow}
        />
      )}
    </>
  );
}
