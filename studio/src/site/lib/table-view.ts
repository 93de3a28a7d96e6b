// What a table shows of its columns, and how the page's address spells it.

export interface ShownColumn {
  id: string;
  /** Pixels, where the reader has chosen them. */
  width?: number;
  /** Stays in sight at the left. */
  isPinned?: boolean;
}

export interface SortOrder {
  by: string;
  descending: boolean;
}

export const LEAST_WIDTH = 56;
export const MOST_WIDTH = 1_200;
/** An address may ask for no more: each one is asked of the server. */
export const MOST_COLUMNS = 1_000;

/** `!` pins, `:` begins the width: `!TrialComponentName:280,Metrics.loss.Last`. */
export function spelledColumns(columns: readonly ShownColumn[], usual: readonly ShownColumn[]): string | undefined {
  const text = columns.map(spelled).join(",");
  return text === usual.map(spelled).join(",") ? undefined : text;
}

function spelled({ id, width, isPinned }: ShownColumn): string {
  const name = id.replace(/[%,:!]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${isPinned ? "!" : ""}${name}${width === undefined ? "" : `:${Math.round(width)}`}`;
}

/** The columns that an address asks for; what it says wrongly is left out. `first` is always there. */
export function readColumns(
  text: string | undefined,
  usual: readonly ShownColumn[],
  first: ShownColumn,
): ShownColumn[] {
  if (text === undefined) return [...usual];
  const found = new Map<string, ShownColumn>();
  for (const part of text.split(",").slice(0, MOST_COLUMNS)) {
    const column = readColumn(part);
    if (column !== undefined && !found.has(column.id)) found.set(column.id, column);
  }
  const columns = [...found.values()];
  return found.has(first.id) ? columns : [first, ...columns];
}

function readColumn(text: string): ShownColumn | undefined {
  const parts = /^(!?)([^:!]+)(?::(\d{1,5}))?$/.exec(text);
  if (parts === null) return undefined;
  const id = (parts[2] ?? "").replace(/%(25|2C|3A|21)/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return {
    id,
    ...(parts[1] === "!" && { isPinned: true }),
    ...(parts[3] !== undefined && { width: boundedWidth(Number(parts[3])) }),
  };
}

export function boundedWidth(width: number): number {
  return Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, Math.round(width)));
}

/** `-CreationTime` is descending. */
export function spelledSort(sort: SortOrder | undefined): string | undefined {
  return sort && `${sort.descending ? "-" : ""}${sort.by}`;
}

export function readSort(text: string | undefined): SortOrder | undefined {
  if (text === undefined || text === "" || text === "-") return undefined;
  return text.startsWith("-") ? { by: text.slice(1), descending: true } : { by: text, descending: false };
}

/** A click on a title: one way, then the other. */
export function nextSort(sort: SortOrder | undefined, by: string, descendingFirst: boolean): SortOrder {
  return { by, descending: sort?.by === by ? !sort.descending : descendingFirst };
}

/** The order as it is seen: pinned columns stand at the left. */
export function inSight(columns: readonly ShownColumn[]): ShownColumn[] {
  return [...columns.filter((each) => each.isPinned), ...columns.filter((each) => !each.isPinned)];
}

/** With a column at the place of another one. It is pinned there if the other one is. */
export function moved(columns: readonly ShownColumn[], id: string, to: string): ShownColumn[] {
  const seen = inSight(columns);
  const column = seen.find((each) => each.id === id);
  const target = seen.findIndex((each) => each.id === to);
  if (column === undefined || target < 0 || id === to) return seen;
  const { isPinned: _, ...free } = column;
  const others = seen.filter((each) => each.id !== id);
  others.splice(target, 0, seen[target]?.isPinned ? { ...free, isPinned: true } : free);
  return others;
}

/** One place to the left (-1) or the right (1), within its own part of the table. */
export function shifted(columns: readonly ShownColumn[], id: string, by: -1 | 1): ShownColumn[] {
  const seen = inSight(columns);
  const from = seen.findIndex((each) => each.id === id);
  const other = seen[from + by];
  if (from < 0 || other === undefined || Boolean(other.isPinned) !== Boolean(seen[from]?.isPinned)) return seen;
  return moved(seen, id, other.id);
}

export function pinned(columns: readonly ShownColumn[], id: string, isPinned: boolean): ShownColumn[] {
  return inSight(
    columns.map((each) => {
      if (each.id !== id) return each;
      const { isPinned: _, ...free } = each;
      return isPinned ? { ...free, isPinned } : free;
    }),
  );
}

export function resized(columns: readonly ShownColumn[], id: string, width: number | undefined): ShownColumn[] {
  return columns.map((each) => {
    if (each.id !== id) return each;
    const { width: _, ...usual } = each;
    return width === undefined ? usual : { ...usual, width: boundedWidth(width) };
  });
}

export function hidden(columns: readonly ShownColumn[], id: string): ShownColumn[] {
  return columns.filter((each) => each.id !== id);
}

export function added(columns: readonly ShownColumn[], id: string): ShownColumn[] {
  return columns.some((each) => each.id === id) ? [...columns] : [...columns, { id }];
}
