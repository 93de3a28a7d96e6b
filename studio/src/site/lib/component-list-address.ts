// What the address of a list of trial components says.

export interface ComponentListAddress {
  /** The filter, as a person writes it. */
  q?: string | undefined;
  /** A part of a name. */
  find?: string | undefined;
  sort?: string | undefined;
  columns?: string | undefined;
  group?: string | undefined;
  /** Groups that are open. */
  open?: string | undefined;
  pick?: string | undefined;
  trial?: string | undefined;
  unassigned?: true | undefined;
}

const LONGEST = 16_384;

/** An address is written by hand, too: what it says wrongly is left out. */
export function readComponentListAddress(raw: Record<string, unknown>): ComponentListAddress {
  const text = (name: string): string | undefined => {
    const value = raw[name];
    // A filter or a name may look like a number or a JSON text, which the router has read already.
    const found = typeof value === "object" && value !== null ? "" : String(value ?? "");
    return found === "" || found.length > LONGEST ? undefined : found;
  };
  return {
    q: text("q"),
    find: text("find"),
    sort: text("sort"),
    columns: text("columns"),
    group: text("group"),
    open: text("open"),
    pick: text("pick"),
    trial: text("trial"),
    unassigned: raw["unassigned"] === true ? true : undefined,
  };
}

export interface RecordListAddress {
  find?: string | undefined;
  sort?: string | undefined;
  columns?: string | undefined;
}

export function readRecordListAddress(raw: Record<string, unknown>): RecordListAddress {
  const { find, sort, columns } = readComponentListAddress(raw);
  return { find, sort, columns };
}
