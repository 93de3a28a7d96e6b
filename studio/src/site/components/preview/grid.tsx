// Rows of a file in a table: only what is seen is on the page, in both directions.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";

const ROW_PX = 30;
const MOST_SHOWN = 300;

export interface GridProps {
  label: string;
  columns: string[];
  count: number;
  /** Of a row and a column. */
  cell: (row: number, column: number) => string;
  /** Columns whose values are numbers stand at the right. */
  isNumber: (column: number) => boolean;
  firstRow?: number;
}

export function Grid({ label, columns, count, cell, isNumber, firstRow = 0 }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => widthOf(index),
    overscan: 3,
  });
  const widthOf = (column: number): number => {
    let longest = (columns[column] ?? "").length;
    for (let row = 0; row < Math.min(count, 30); row += 1) longest = Math.max(longest, cell(row, column).length);
    return Math.min(320, Math.max(72, longest * 7.5 + 26));
  };
  const shown = across.getVirtualItems();
  const gutter = `${Math.max(4, `${firstRow + count}`.length + 2)}ch`;
  const width = `calc(${across.getTotalSize()}px + ${gutter})`;
  return (
    <div
      ref={box}
      className="table grid-view"
      role="table"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length + 1}
      tabIndex={0}
    >
      <div role="rowgroup" className="grid-head" style={{ width }}>
        <div role="row" aria-rowindex={1}>
          <div role="columnheader" className="grid-number" style={{ width: gutter }}>
            <span className="hidden-text">Row</span>
          </div>
          {shown.map(({ index, start, size }) => (
            <div
              key={index}
              role="columnheader"
              aria-colindex={index + 2}
              className={isNumber(index) ? "number" : ""}
              title={columns[index]}
              style={{ left: `calc(${start}px + ${gutter})`, width: size }}
            >
              {columns[index]}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="grid-body" style={{ height: rows.getTotalSize(), width }}>
        {rows.getVirtualItems().map(({ index: row, start: top }) => (
          <div key={row} role="row" aria-rowindex={row + 2} style={{ transform: `translateY(${top}px)` }}>
            <div role="rowheader" className="grid-number" style={{ width: gutter }}>
              {firstRow + row}
            </div>
            {shown.map(({ index, start, size }) => {
              const value = cell(row, index);
              return (
                <div
                  key={index}
                  role="cell"
                  aria-colindex={index + 2}
                  className={isNumber(index) ? "number" : ""}
                  style={{ left: `calc(${start}px + ${gutter})`, width: size }}
                  {...(value.length > 20 && { title: value.slice(0, 2_000) })}
                >
                  {value.slice(0, MOST_SHOWN)}
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}
