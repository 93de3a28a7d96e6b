// Which rows of a table are selected: some by their key, or all but some.

export interface RowSelection {
  /** Whether all rows are selected, also those that are not loaded, but for `keys`. */
  isAll: boolean;
  keys: ReadonlySet<string>;
}

export const NOTHING: RowSelection = { isAll: false, keys: new Set() };
export const EVERYTHING: RowSelection = { isAll: true, keys: new Set() };

/** More keys are not written into an address: it would be too long to be sent. */
const MOST_SPELLED = 100;

export function isSelected({ isAll, keys }: RowSelection, key: string): boolean {
  return keys.has(key) !== isAll;
}

export function withRow(selection: RowSelection, key: string, chosen: boolean): RowSelection {
  return withRows(selection, [key], chosen);
}

export function withRows({ isAll, keys }: RowSelection, changed: readonly string[], chosen: boolean): RowSelection {
  const changedKeys = new Set(keys);
  for (const key of changed) {
    if (chosen === isAll) changedKeys.delete(key);
    else changedKeys.add(key);
  }
  return { isAll, keys: changedKeys };
}

/** How many of `total` rows. */
export function countOf({ isAll, keys }: RowSelection, total: number): number {
  return isAll ? Math.max(0, total - keys.size) : keys.size;
}

/** `a,b` for two rows, `*` for all, `*,-a` for all but one; none where it would be long. */
export function spelledSelection({ isAll, keys }: RowSelection): string | undefined {
  if (keys.size > MOST_SPELLED || (!isAll && keys.size === 0)) return undefined;
  const spelled = [...keys].map((key) => (isAll ? `-${encoded(key)}` : encoded(key)));
  return [...(isAll ? ["*"] : []), ...spelled].join(",");
}

export function readSelection(text: string | undefined): RowSelection {
  if (text === undefined || text === "") return NOTHING;
  const [first, ...others] = text.split(",");
  const isAll = first === "*";
  const parts = isAll ? others.filter((part) => part.startsWith("-")).map((part) => part.slice(1)) : text.split(",");
  return { isAll, keys: new Set(parts.map(decoded).filter(Boolean).slice(0, MOST_SPELLED)) };
}

/** A star stands for all rows. */
function encoded(key: string): string {
  return encodeURIComponent(key).replaceAll("*", "%2A");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
