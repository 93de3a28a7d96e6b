// A logged table: only the rows in sight are on the page.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { type LoggedTable, MOST_COLUMNS, MOST_ROWS } from "../../lib/logged";

const ROW_PX = 30;

export function LoggedTableView({ table }: { table: LoggedTable }) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: table.rows,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const widths = useMemo(
    () =>
      table.columns
        .map(({ name, cells }) => {
          const longest = cells.slice(0, 200).reduce((most, cell) => Math.max(most, cell.length), name.length);
          return `${Math.max(72, Math.min(320, 32 + longest * 8))}px`;
        })
        .join(" "),
    [table],
  );
  if (table.rows === 0) return <p className="soft">The table has no rows.</p>;
  return (
    <>
      <div
        ref={box}
        className="logged-table"
        role="table"
        aria-label={table.title || "Table"}
        aria-rowcount={table.rows + 1}
        tabIndex={0}
      >
        <div role="rowgroup" className="logged-head">
          <div role="row" aria-rowindex={1} style={{ gridTemplateColumns: widths }}>
            {table.columns.map(({ name, isNumber }, index) => (
              <span key={index} role="columnheader" className={isNumber ? "number" : ""} title={name}>
                {name}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="logged-body" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              style={{ gridTemplateColumns: widths, transform: `translateY(${start}px)` }}
            >
              {table.columns.map(({ cells, isNumber }, at) => (
                <span key={at} role="cell" className={isNumber ? "number mono" : ""} title={cells[index]}>
                  {cells[index]}
                </span>
              ))}
            </div>
          ))}
        </div>
      </div>
      <p className="soft">
        {table.rows.toLocaleString("en")} row{table.rows === 1 ? "" : "s"}
        {table.isCut &&
          ` · only the first ${MOST_ROWS.toLocaleString("en")} rows and ${MOST_COLUMNS} columns are shown; the file has all`}
      </p>
    </>
  );
}
