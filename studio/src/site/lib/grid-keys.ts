// Where the keys of a grid lead, as the ARIA pattern of grids has it.

/** Row -1 is the head. */
export interface GridPlace {
  row: number;
  column: number;
}

export interface GridBounds {
  rows: number;
  columns: number;
  /** Rows in sight. */
  page: number;
}

/** The place that a key leads to; undefined for a key that leads nowhere. */
export function placeAfter(
  { row, column }: GridPlace,
  key: string,
  isControl: boolean,
  { rows, columns, page }: GridBounds,
): GridPlace | undefined {
  const last = rows - 1;
  const at = (toRow: number, toColumn: number): GridPlace => ({
    row: Math.max(-1, Math.min(last, toRow)),
    column: Math.max(0, Math.min(columns - 1, toColumn)),
  });
  switch (key) {
    case "ArrowUp":
      return at(isControl ? 0 : row - 1, column);
    case "ArrowDown":
      return at(isControl ? last : row + 1, column);
    case "ArrowLeft":
      return at(row, isControl ? 0 : column - 1);
    case "ArrowRight":
      return at(row, isControl ? columns - 1 : column + 1);
    case "PageUp":
      return at(Math.max(Math.min(row, 0), row - page), column);
    case "PageDown":
      return at(row + page, column);
    case "Home":
      return at(isControl ? 0 : row, 0);
    case "End":
      return at(isControl ? last : row, columns - 1);
    default:
      return undefined;
  }
}
