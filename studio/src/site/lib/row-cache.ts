// The rows of a list that were answered, window by window and column by column, put together.

export type CellValue = string | number | null | (string | number)[];

export interface RecordRow {
  name: string;
  arn: string;
  values: Readonly<Record<string, CellValue>>;
}

export interface RowsAnswer {
  Total: number;
  First: number;
  Names: string[];
  Arns: string[];
  Columns: Record<string, CellValue[]>;
}

export interface RowCache {
  total: number;
  rows: ReadonlyMap<number, RecordRow>;
}

export const NO_ROWS: RowCache = { total: 0, rows: new Map() };

/**
 * With one more answer. A row that has not changed stays the same object, so that it is not drawn again; a place
 * that has another record now loses the values of the one before.
 */
export function withAnswer(cache: RowCache, answer: RowsAnswer): RowCache {
  const changed: [number, RecordRow][] = [];
  const columns = Object.entries(answer.Columns);
  answer.Names.forEach((name, at) => {
    const before = cache.rows.get(answer.First + at);
    const isSame = before?.name === name;
    const fresh = columns.filter(([column, values]) => !isSame || !equal(before.values[column], values[at]));
    if (isSame && fresh.length === 0) return;
    const values = Object.fromEntries(fresh.map(([column, all]) => [column, all[at] ?? null]));
    changed.push([
      answer.First + at,
      { name, arn: answer.Arns[at] ?? before?.arn ?? "", values: isSame ? { ...before.values, ...values } : values },
    ]);
  });
  const isShorter = answer.Total < cache.total;
  if (changed.length === 0 && !isShorter && answer.Total === cache.total) return cache;
  const kept = isShorter ? [...cache.rows].filter(([index]) => index < answer.Total) : cache.rows;
  return { total: answer.Total, rows: new Map([...kept, ...changed]) };
}

function equal(one: CellValue | undefined, other: CellValue | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.join("\n") === other.join("\n");
  return one === other || (one === undefined && other === undefined);
}

/** Places of whole windows that cover a range. */
export function windowsOf(first: number, last: number, size: number): number[] {
  const windows = [];
  for (let at = Math.floor(Math.max(0, first) / size); at <= Math.floor(Math.max(0, last) / size); at++) windows.push(at);
  return windows;
}

/** The parts of `columns`, `size` each, that have a column in sight. */
export function columnBlocks(columns: readonly string[], inSight: readonly string[], size: number): string[][] {
  const blocks = [];
  const seen = new Set(inSight);
  for (let at = 0; at < columns.length; at += size) {
    const block = columns.slice(at, at + size);
    if (block.some((column) => seen.has(column))) blocks.push(block);
  }
  // Before anything is in sight, the first ones are going to be.
  return blocks.length > 0 || columns.length === 0 ? blocks : [columns.slice(0, size)];
}
