// What can be done with a column of a data table.
import { hidden, pinned, resized, shifted, type ShownColumn, type SortOrder } from "../lib/table-view";
import type { DataColumn } from "./data-columns";
import type { MenuEntry } from "./menu";

/** own: what the page of the table adds. */
export function columnEntries<Row>(
  column: DataColumn<Row>,
  shown: readonly ShownColumn[],
  onColumns: (columns: ShownColumn[]) => void,
  onSort: ((sort: SortOrder) => void) | undefined,
  own: MenuEntry[],
): MenuEntry[] {
  const isPinned = shown.find((each) => each.id === column.id)?.isPinned ?? false;
  const sorting: MenuEntry[] =
    column.isSortable && onSort !== undefined
      ? [
          { label: "Sort ascending", run: () => onSort({ by: column.id, descending: false }) },
          { label: "Sort descending", run: () => onSort({ by: column.id, descending: true }) },
          "line",
        ]
      : [];
  return [
    ...sorting,
    ...own,
    ...(own.length > 0 ? (["line"] as const) : []),
    { label: isPinned ? "Unpin" : "Pin to the left", run: () => onColumns(pinned(shown, column.id, !isPinned)) },
    { label: "Move left", keys: "Alt Shift ←", run: () => onColumns(shifted(shown, column.id, -1)) },
    { label: "Move right", keys: "Alt Shift →", run: () => onColumns(shifted(shown, column.id, 1)) },
    { label: "Usual width", keys: "Alt ← →", run: () => onColumns(resized(shown, column.id, undefined)) },
    { label: "Hide", isDisabled: column.isFixed ?? false, run: () => onColumns(hidden(shown, column.id)) },
  ];
}
