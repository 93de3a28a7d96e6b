// The columns of a data table: what they are, and where each one stands.
import {
  columnOrderingFeature,
  columnPinningFeature,
  columnResizingFeature,
  columnSizingFeature,
  createColumnHelper,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type MouseEvent, type ReactNode, type TouchEvent, useEffect, useMemo, useRef, useState } from "react";
import { boundedWidth, inSight, LEAST_WIDTH, MOST_WIDTH, resized, type ShownColumn } from "../lib/table-view";

export interface DataColumn<Row> {
  id: string;
  title: string;
  /** What the title leaves open, such as the statistic of a metric. */
  hint?: string;
  width?: number;
  isNumber?: boolean;
  isSortable?: boolean;
  /** A first click on the title shows the greatest values first. */
  descendingFirst?: boolean;
  /** Can't be hidden: it says which row this is. */
  isFixed?: boolean;
  /** As it is copied and written into files. */
  text: (row: Row) => string;
  /** What is drawn; the text where it is left out. */
  cell?: (row: Row) => ReactNode;
}

/** A column and its place, in pixels from the left of its part (pinned or not). */
export interface PlacedColumn<Row> {
  column: DataColumn<Row>;
  index: number;
  start: number;
  width: number;
  startResize: (event: MouseEvent | TouchEvent) => void;
}

export interface ColumnPlaces<Row> {
  all: PlacedColumn<Row>[];
  pinned: PlacedColumn<Row>[];
  free: PlacedColumn<Row>[];
  pinnedWidth: number;
  totalWidth: number;
}

const WIDTH = 140;
const features = tableFeatures({
  columnOrderingFeature,
  columnPinningFeature,
  columnResizingFeature,
  columnSizingFeature,
});
const helper = createColumnHelper<typeof features, object>();
// Rows live elsewhere, most of them on the server.
const NO_ROWS: object[] = [];

/** leading: pixels before the first column. */
export function useColumnPlaces<Row>(
  columns: readonly DataColumn<Row>[],
  shown: readonly ShownColumn[],
  leading: number,
  onColumns: (columns: ShownColumn[]) => void,
): ColumnPlaces<Row> {
  // While an edge is dragged; the address gets its width at the end.
  const [dragged, setDragged] = useState<Record<string, number>>({});
  const definitions = useMemo(
    () =>
      helper.columns(
        columns.map((column) =>
          helper.display({
            id: column.id,
            header: column.title,
            size: column.width ?? WIDTH,
            minSize: LEAST_WIDTH,
            maxSize: MOST_WIDTH,
          }),
        ),
      ),
    [columns],
  );
  const state = useMemo(() => {
    const seen = inSight(shown);
    const widths = seen.flatMap(({ id, width }) => (width === undefined ? [] : [[id, width] as const]));
    return {
      columnOrder: seen.map(({ id }) => id),
      columnPinning: { start: seen.filter((each) => each.isPinned).map(({ id }) => id), end: [] },
      columnSizing: { ...Object.fromEntries(widths), ...dragged },
    };
  }, [shown, dragged]);
  const table = useTable({
    features,
    columns: definitions,
    data: NO_ROWS,
    state,
    columnResizeMode: "onChange",
    onColumnSizingChange: (change) =>
      setDragged((before) => {
        const sizes = typeof change === "function" ? change({ ...state.columnSizing, ...before }) : change;
        const changed = Object.entries(sizes).filter(([id, width]) => state.columnSizing[id] !== width);
        return { ...before, ...Object.fromEntries(changed.map(([id, width]) => [id, boundedWidth(width)])) };
      }),
  });
  const { isResizingColumn } = table.state.columnResizing;
  const resizing = useRef<string | false>(false);
  useEffect(() => {
    const before = resizing.current;
    resizing.current = isResizingColumn;
    const width = before === false ? undefined : dragged[before];
    if (before !== false && isResizingColumn === false && width !== undefined) {
      onColumns(resized(shown, before, width));
    }
  }, [isResizingColumn, dragged, shown, onColumns]);
  // The address has the new width now.
  useEffect(() => setDragged({}), [shown]);
  const { columnOrder, columnSizing } = state;
  return useMemo(() => {
    const known = new Map(columns.map((column) => [column.id, column]));
    const headers = new Map(table.getLeafHeaders().map((header) => [header.column.id, header]));
    let index = 0;
    const placed = (part: { id: string; getSize: () => number }[], first: number): PlacedColumn<Row>[] => {
      let start = first;
      return part.flatMap(({ id, getSize }) => {
        const column = known.get(id);
        if (column === undefined) return [];
        const width = getSize();
        const place = {
          column,
          index: index++,
          start,
          width,
          startResize: (event: MouseEvent | TouchEvent): void => headers.get(id)?.getResizeHandler()(event),
        };
        start += width;
        return [place];
      });
    };
    const size = (column: { id: string; getSize: () => number }) => ({
      id: column.id,
      getSize: (): number => column.getSize(),
    });
    const pinned = placed(table.getStartVisibleLeafColumns().map(size), leading);
    const free = placed(table.getCenterVisibleLeafColumns().map(size), 0);
    const end = pinned.at(-1);
    const pinnedWidth = end === undefined ? leading : end.start + end.width;
    const last = free.at(-1);
    return {
      all: [...pinned, ...free],
      pinned,
      free,
      pinnedWidth,
      totalWidth: pinnedWidth + (last === undefined ? 0 : last.start + last.width),
    };
  }, [columns, columnOrder, columnSizing, leading, table.state]);
}
