import { memo, type CSSProperties } from "react";
import type { PlacedColumn } from "./data-columns";

export const ROW_PX = 36;
export const SELECT_PX = 40;

interface RowProps<Row> {
  id: string;
  index: number;
  top: number;
  /** undefined while it is being loaded. */
  row: Row | undefined;
  name: string;
  pinned: PlacedColumn<Row>[];
  free: PlacedColumn<Row>[];
  firstFree: number;
  lastFree: number;
  width: number;
  /** The column of the active cell, where it is in this row. */
  active: string | undefined;
  /** Whether a row that stands for others is open. */
  group: boolean | undefined;
  isSelected?: boolean;
}

function Row<Row>(props: RowProps<Row>) {
  const { id, index, top, row, name, pinned, free, firstFree, lastFree, width, active, group, isSelected } = props;
  const cell = ({ column, index: at, start, width: cellWidth }: PlacedColumn<Row>, isPinned: boolean, first: boolean) => {
    const style: CSSProperties = { width: cellWidth, ...(first && { marginLeft: start }) };
    const classes = [isPinned && "pinned", isPinned && at === pinned.length - 1 && "last", column.isNumber && "number", active === column.id && "active"];
    return (
      <div
        key={column.id}
        id={`${id}-${index}-${at}`}
        role="gridcell"
        aria-colindex={at + 1}
        data-column={column.id}
        className={classes.filter(Boolean).join(" ")}
        style={style}
      >
        {row === undefined ? at === 0 && <span className="soft">…</span> : (column.cell ?? column.text)(row)}
      </div>
    );
  };
  return (
    <div
      role="row"
      className={`data-row${group === undefined ? "" : " group"}`}
      data-index={index}
      aria-rowindex={index + 2}
      {...(isSelected !== undefined && group === undefined && { "aria-selected": isSelected })}
      {...(group !== undefined && { "aria-expanded": group })}
      style={{ top, width }}
    >
      <div className="pins">
        {isSelected !== undefined && (
          <div role="gridcell" className={`pinned select${pinned.length === 0 ? " last" : ""}`} style={{ width: SELECT_PX }}>
            {row !== undefined && group === undefined && (
              <input type="checkbox" tabIndex={-1} checked={isSelected} readOnly aria-label={`Select ${name}`} />
            )}
          </div>
        )}
        {pinned.map((each) => cell(each, true, false))}
      </div>
      {free.slice(firstFree, lastFree + 1).map((each, at) => cell(each, false, at === 0))}
    </div>
  );
}

/** Drawn again only when something of it has changed: scrolling draws the rows that come into sight. */
export const DataRow = memo(Row) as typeof Row;
