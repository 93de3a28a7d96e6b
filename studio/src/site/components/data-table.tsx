// A table of which only the cells in sight are on the page: for any number of rows and of columns.
//
// Rows are asked for by their place, so they may live on the server. The grid has the focus and names the active
// cell (`aria-activedescendant`): a focused cell would be lost when it is scrolled out of sight.
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type MouseEvent,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { type GridPlace, placeAfter } from "../lib/grid-keys";
import { EVERYTHING, isSelected, NOTHING, type RowSelection, withRow, withRows } from "../lib/row-selection";
import { boundedWidth, nextSort, resized, shifted, type ShownColumn, type SortOrder } from "../lib/table-view";
import { copied } from "./copy";
import { type DataColumn, type PlacedColumn, useColumnPlaces } from "./data-columns";
import { columnEntries } from "./data-table-menu";
import { HEAD_PX, TableHead } from "./data-table-head";
import { DataRow, ROW_PX, SELECT_PX } from "./data-table-row";
import { useHeightLeft } from "./height-left";
import { useLinkClicks } from "./link-clicks";
import { MenuArea, type MenuEntry, openMenuOf } from "./menu";
import { type InSight, keysBetween, placeOf, scrollToColumn, type TableRows } from "./table-rows";
import "../style/data-table.css";

export type { DataColumn } from "./data-columns";
export type { InSight, TableRows } from "./table-rows";

export interface DataTableProps<Row> {
  label: string;
  rows: TableRows<Row>;
  /** The definitions of the shown columns. */
  columns: readonly DataColumn<Row>[];
  shown: readonly ShownColumn[];
  onColumns: (columns: ShownColumn[]) => void;
  sort?: SortOrder | undefined;
  onSort?: (sort: SortOrder) => void;
  selection?: RowSelection;
  onSelection?: (selection: RowSelection) => void;
  /** What can be done with a row, and with its value in a column. */
  menuOf?: (row: Row, column: DataColumn<Row> | undefined) => MenuEntry[];
  columnMenuOf?: (column: DataColumn<Row>) => MenuEntry[];
  /** Enter, or a double click. */
  onOpen?: (row: Row) => void;
  onSight?: (sight: InSight) => void;
  /** A row that stands for others: whether it is open. undefined for other rows. */
  groupState?: (row: Row) => boolean | undefined;
  onToggleGroup?: (row: Row) => void;
  /** Another one shows another list: the table goes back to its top. */
  listKey?: string;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, rows, columns, shown, onColumns, sort, onSort, selection, onSelection, listKey, onSight } = props;
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<GridPlace>({ row: 0, column: 0 });
  const [anchor, setAnchor] = useState<number>();
  const [said, say] = useState("");
  const leading = selection === undefined ? 0 : SELECT_PX;
  const places = useColumnPlaces(columns, shown, leading, onColumns);

  const rowVirtual = useVirtualizer({
    count: rows.count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    scrollPaddingStart: HEAD_PX,
    overscan: 8,
    // Drawn with the frame, not within each scroll event.
    useFlushSync: false,
  });
  const columnVirtual = useVirtualizer({
    horizontal: true,
    count: places.free.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => places.free[index]?.width ?? 0,
    overscan: 2,
    useFlushSync: false,
  });
  useEffect(() => columnVirtual.measure(), [columnVirtual, places]);
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
    // Who sorts by keys stays in the head.
    setActive(({ row, column }) => ({ row: Math.min(row, 0), column }));
    setAnchor(undefined);
  }, [listKey]);

  const height = useHeightLeft(box);

  const clicks = useLinkClicks();

  const items = rowVirtual.getVirtualItems();
  // A row that leaves is used again for the one that comes: its texts change, and no element is made.
  const most = useRef(0);
  most.current = Math.max(most.current, items.length);
  const freeItems = columnVirtual.getVirtualItems();
  const firstFree = freeItems[0]?.index ?? 0;
  const lastFree = freeItems.at(-1)?.index ?? -1;
  const inSightFree = places.free.slice(firstFree, lastFree + 1);
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  const seen = [...places.pinned, ...inSightFree].map(({ column }) => column.id).join("\n");
  useEffect(() => {
    onSight?.({ first, last, columns: seen.split("\n") });
  }, [onSight, first, last, seen]);

  const rowAt = rows.at;
  const activeColumn = places.all[Math.min(active.column, places.all.length - 1)];
  const cellId = (row: number, place: PlacedColumn<Row>): string => `${id}-${row}-${place.index}`;
  const isMounted =
    activeColumn !== undefined &&
    (active.row < 0 || (active.row >= first && active.row <= last)) &&
    (places.pinned.includes(activeColumn) || inSightFree.includes(activeColumn));

  const show = (place: GridPlace): void => {
    setActive(place);
    if (place.row >= 0) rowVirtual.scrollToIndex(place.row);
    scrollToColumn(box.current, places.all[place.column], places.pinnedWidth);
  };

  const select = (index: number, how: "toggle" | "range"): void => {
    if (selection === undefined || onSelection === undefined) return;
    if (how === "range" && anchor !== undefined) {
      const [from, to] = index < anchor ? [index, anchor] : [anchor, index];
      void keysBetween(rows, props.groupState, from, to).then((keys) => onSelection(withRows(selection, keys, true)));
      return;
    }
    const row = rowAt(index);
    if (row === undefined) return;
    setAnchor(index);
    onSelection(withRow(selection, rows.keyOf(row), !isSelected(selection, rows.keyOf(row))));
  };

  const copyCell = (row: Row | undefined, column: DataColumn<Row> | undefined): void => {
    if (row === undefined || column === undefined) return;
    void copied(column.text(row)).then((done) => {
      say(done ? `Copied: ${column.title}` : "This browser does not let the page copy here.");
      setTimeout(() => say(""), 2_000);
    });
  };

  const changeSort = (column: DataColumn<Row>): void => {
    if (column.isSortable) onSort?.(nextSort(sort, column.id, column.descendingFirst ?? false));
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== box.current) return;
    const isControl = event.ctrlKey || event.metaKey;
    const row = active.row < 0 ? undefined : rowAt(active.row);
    const column = activeColumn?.column;
    if (column !== undefined && event.altKey && /^Arrow(Left|Right)$/.test(event.key)) {
      event.preventDefault();
      const by = event.key === "ArrowLeft" ? -1 : 1;
      if (event.shiftKey) {
        onColumns(shifted(shown, column.id, by));
        setActive({ ...active, column: Math.max(0, Math.min(places.all.length - 1, active.column + by)) });
      } else {
        onColumns(resized(shown, column.id, boundedWidth((activeColumn?.width ?? 0) + by * 16)));
      }
      return;
    }
    const page = Math.max(1, Math.floor(((box.current?.clientHeight ?? 0) - HEAD_PX) / ROW_PX) - 1);
    const group = row === undefined ? undefined : props.groupState?.(row);
    if (group !== undefined && row !== undefined && !isControl) {
      const isToggle = (event.key === "ArrowRight" && !group) || (event.key === "ArrowLeft" && group);
      if (isToggle || event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        props.onToggleGroup?.(row);
        return;
      }
    }
    const next = placeAfter(active, event.key, isControl, { rows: rows.count, columns: places.all.length, page });
    if (next !== undefined) {
      event.preventDefault();
      show(next);
      if (event.shiftKey && next.row !== active.row && next.row >= 0) {
        if (anchor === undefined) setAnchor(Math.max(0, active.row));
        select(next.row, "range");
      }
    } else if (event.key === " ") {
      event.preventDefault();
      if (active.row >= 0) select(active.row, event.shiftKey ? "range" : "toggle");
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (row !== undefined) props.onOpen?.(row);
      else if (active.row < 0 && column !== undefined) changeSort(column);
    } else if (isControl && event.key.toLowerCase() === "a" && onSelection !== undefined) {
      event.preventDefault();
      onSelection(EVERYTHING);
    } else if (isControl && event.key.toLowerCase() === "c" && getSelection()?.isCollapsed !== false) {
      event.preventDefault();
      if (active.row < 0 && column !== undefined) void copied(column.title);
      else copyCell(row, column);
    } else if (event.key === "Escape") {
      onSelection?.(NOTHING);
    } else if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) {
      event.preventDefault();
      const cell = activeColumn && document.getElementById(cellId(active.row, activeColumn));
      if (cell) openMenuOf(cell);
    }
  };

  const onClick = (event: MouseEvent): void => {
    const place = placeOf(event.target as Element);
    if (place === undefined) return;
    // Focusing an input of a row would scroll it.
    if (!(event.target as Element).closest("a, button")) box.current?.focus({ preventScroll: true });
    const column = places.all.findIndex((each) => each.column.id === place.column);
    setActive({ row: place.row, column: column < 0 ? active.column : column });
    const isBox = (event.target as Element).closest("input") !== null;
    const row = rowAt(place.row);
    if (row !== undefined && props.groupState?.(row) !== undefined && !isBox) {
      if (!(event.target as Element).closest("a")) props.onToggleGroup?.(row);
    } else if (event.shiftKey && onSelection !== undefined) {
      event.preventDefault();
      select(place.row, "range");
    } else if (isBox || event.ctrlKey || event.metaKey) {
      if (!isBox && (event.target as Element).closest("a")) return;
      select(place.row, "toggle");
    }
  };

  const entriesAt = (target: Element): MenuEntry[] => {
    const head = target.closest<HTMLElement>("[role='columnheader']")?.dataset["column"];
    const ofHead = columns.find((column) => column.id === head);
    if (ofHead !== undefined) {
      return columnEntries(ofHead, shown, onColumns, onSort, props.columnMenuOf?.(ofHead) ?? []);
    }
    const place = placeOf(target);
    const row = place === undefined ? undefined : rowAt(place.row);
    if (place === undefined || row === undefined) return [];
    const column = columns.find((each) => each.id === place.column);
    const own = props.menuOf?.(row, column) ?? [];
    if (column === undefined) return own;
    setActive({ row: place.row, column: places.all.findIndex((each) => each.column === column) });
    const copy = { label: `Copy ${column.title}`, keys: "Ctrl C", run: () => copyCell(row, column) };
    return own.length === 0 ? [copy] : [...own, "line", copy];
  };

  const selectAll = useCallback(
    (all: boolean) => onSelection?.(all ? EVERYTHING : NOTHING),
    [onSelection],
  );

  return (
    <div className="data-table">
      <MenuArea entriesAt={entriesAt}>
        <div
          ref={box}
          className="data-grid"
          // Only rows of a tree can be open or closed.
          role={props.groupState === undefined ? "grid" : "treegrid"}
          aria-label={label}
          aria-rowcount={rows.count + 1}
          aria-colcount={places.all.length}
          aria-multiselectable={selection !== undefined}
          {...(isMounted && { "aria-activedescendant": cellId(active.row, activeColumn) })}
          tabIndex={0}
          style={{ maxHeight: height }}
          onKeyDown={onKeyDown}
          onClick={(event) => {
            onClick(event);
            clicks.onClick(event);
          }}
          onMouseOver={clicks.onMouseOver}
          onDoubleClick={(event) => {
            const row = rowAt(placeOf(event.target as Element)?.row ?? -1);
            if (row !== undefined && !(event.target as Element).closest("a, input, button")) props.onOpen?.(row);
          }}
        >
          <TableHead
            id={id}
            places={places}
            inSight={inSightFree}
            sort={sort}
            active={active.row < 0 ? activeColumn?.column.id : undefined}
            onSort={changeSort}
            onColumns={onColumns}
            shown={shown}
            {...(selection !== undefined && {
              selected: selection.isAll ? (selection.keys.size === 0 ? "all" : "some") : selection.keys.size > 0 ? "some" : "none",
              onSelectAll: selectAll,
            })}
          />
          <div role="rowgroup" className="data-body" style={{ height: rowVirtual.getTotalSize(), width: places.totalWidth }}>
            {items.map(({ index, start }) => {
              const row = rowAt(index);
              const key = row === undefined ? undefined : rows.keyOf(row);
              return (
                <DataRow
                  // Not by the record: while a list changes, two windows may both have it.
                  key={index % most.current}
                  id={id}
                  index={index}
                  top={start}
                  row={row}
                  name={key ?? ""}
                  pinned={places.pinned}
                  free={places.free}
                  firstFree={firstFree}
                  lastFree={lastFree}
                  width={places.totalWidth}
                  active={active.row === index ? activeColumn?.column.id : undefined}
                  group={row === undefined ? undefined : props.groupState?.(row)}
                  {...(selection !== undefined && { isSelected: key !== undefined && isSelected(selection, key) })}
                />
              );
            })}
          </div>
        </div>
      </MenuArea>
      <p className="data-said" role="status">
        {said}
      </p>
    </div>
  );
}
