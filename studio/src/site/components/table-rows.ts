// The rows of a data table: asked for by their place, and found again by what was clicked.
import type { PlacedColumn } from "./data-columns";

export interface TableRows<Row> {
  count: number;
  /** undefined while it is being loaded. */
  at: (index: number) => Row | undefined;
  keyOf: (row: Row) => string;
  /** The keys from one place to another, both included. Rows that are loaded already where it is left out. */
  keysBetween?: (first: number, last: number) => Promise<string[]>;
}

/** What is in sight, so that it can be asked for. */
export interface InSight {
  first: number;
  last: number;
  columns: string[];
}

/** The row and the column that an element belongs to. */
export function placeOf(element: Element): { row: number; column: string | undefined } | undefined {
  const row = element.closest<HTMLElement>(".data-row");
  if (row === null) return undefined;
  return { row: Number(row.dataset["index"]), column: element.closest<HTMLElement>("[role='gridcell']")?.dataset["column"] };
}

/** The heads of groups are left out. */
export async function keysBetween<Row>(
  rows: TableRows<Row>,
  groupState: ((row: Row) => boolean | undefined) | undefined,
  first: number,
  last: number,
): Promise<string[]> {
  const keys: string[] = [];
  for (let index = first; index <= last; index++) {
    const row = rows.at(index);
    if (row === undefined && rows.keysBetween !== undefined) return rows.keysBetween(first, last);
    if (row !== undefined && groupState?.(row) === undefined) keys.push(rows.keyOf(row));
  }
  return keys;
}

export function scrollToColumn<Row>(box: HTMLElement | null, place: PlacedColumn<Row> | undefined, pinnedWidth: number): void {
  if (box === null || place === undefined) return;
  const isPinned = place.start < pinnedWidth && box.querySelector(`.data-head .pinned[data-index="${place.index}"]`) !== null;
  if (isPinned) return;
  const inSight = box.clientWidth - pinnedWidth;
  if (place.start < box.scrollLeft) box.scrollLeft = place.start;
  else if (place.start + place.width > box.scrollLeft + inSight) box.scrollLeft = place.start + place.width - inSight;
}
