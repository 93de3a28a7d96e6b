// The view of a search's page, as its address spells it: the order of its attempts.
import type { SortOrder } from "./table-view";

export interface AttemptAddress {
  sort?: string | undefined;
  ascending?: boolean | undefined;
}

const LONGEST = 300;

/** An address is written by hand, too: what it says wrongly is left out. */
export function readAttemptAddress(raw: Record<string, unknown>): AttemptAddress {
  const by = raw["sort"];
  return {
    sort: typeof by === "string" && by !== "" && by.length <= LONGEST ? by : undefined,
    ascending: raw["ascending"] === true ? true : undefined,
  };
}

/** undefined: the order in which they were made. */
export function orderOf({ sort, ascending }: AttemptAddress): SortOrder | undefined {
  return sort === undefined ? undefined : { by: sort, descending: !(ascending ?? false) };
}

export function addressOfOrder({ by, descending }: SortOrder): AttemptAddress {
  return { sort: by, ascending: descending ? undefined : true };
}
