// Which row of a table stands where, when rows are in groups of which some are open.

export interface Group {
  key: string;
  count: number;
}

/** A group's head, or a row of it by its place in the group. */
export type PlannedRow = { group: Group; row?: undefined } | { group: Group; row: number };

export interface RowPlan {
  count: number;
  at: (index: number) => PlannedRow | undefined;
  /** Of each group, the rows that are between two places. */
  between: (first: number, last: number) => { group: Group; first: number; last: number }[];
}

/** All rows in one group that has no head. */
export function ungrouped(count: number): RowPlan {
  const group = { key: "", count };
  return {
    count,
    at: (index) => (index < count ? { group, row: index } : undefined),
    between: (first, last) => [{ group, first, last: Math.min(last, Math.max(count - 1, first)) }],
  };
}

export function grouped(groups: readonly Group[], open: ReadonlySet<string>): RowPlan {
  const heads: number[] = [];
  let count = 0;
  for (const group of groups) {
    heads.push(count);
    count += 1 + (open.has(group.key) ? group.count : 0);
  }
  /** The last group whose head stands at or before a place. */
  const groupAt = (index: number): number => {
    let low = 0;
    let high = heads.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((heads[middle] as number) <= index) low = middle;
      else high = middle;
    }
    return low;
  };
  return {
    count,
    at: (index) => {
      if (index < 0 || index >= count) return undefined;
      const at = groupAt(index);
      const group = groups[at] as Group;
      const row = index - (heads[at] as number) - 1;
      return row < 0 ? { group } : { group, row };
    },
    between: (first, last) => {
      const found = [];
      for (let at = groupAt(first); at < groups.length && (heads[at] as number) <= last; at++) {
        const group = groups[at] as Group;
        if (!open.has(group.key) || group.count === 0) continue;
        const start = (heads[at] as number) + 1;
        const from = Math.max(0, first - start);
        const to = Math.min(group.count - 1, last - start);
        if (from <= to) found.push({ group, first: from, last: to });
      }
      return found;
    },
  };
}
