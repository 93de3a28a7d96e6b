import { useCallback, useMemo } from "react";
import { cellText, isNumeric, type Records } from "../../lib/s3/records";
import { Grid } from "./grid";

export function RecordsGrid({ rows, columns, firstRow = 0 }: { rows: Records; columns: string[]; firstRow?: number }) {
  const numeric = useMemo(
    () => columns.map((name) => isNumeric(rows.find((row) => row[name] !== null && row[name] !== undefined)?.[name])),
    [rows, columns],
  );
  const isNumber = useCallback((column: number) => numeric[column] ?? false, [numeric]);
  return (
    <Grid
      label="Rows of the table"
      columns={columns}
      count={rows.length}
      cell={(row, column) => cellText(rows[row]?.[columns[column] ?? ""])}
      isNumber={isNumber}
      firstRow={firstRow}
    />
  );
}
