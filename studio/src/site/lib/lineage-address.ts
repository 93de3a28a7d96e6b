// What an address says of a lineage: where it starts, how far it goes, what was opened, selected and searched.
import type { Side } from "./lineage";

export const DIRECTIONS = ["before", "after"] as const;
export const DEPTHS = [1, 2, 3, 4, 6, 8, 10] as const;
export const USUAL_DEPTH = 4;

export interface LineageAddress {
  /** An ARN or an S3 location. A tab of a page has its own. */
  from?: string | undefined;
  direction?: Side | undefined;
  depth?: number | undefined;
  /** Opened neighbours, as `spelledMore` spells them. */
  more?: string | undefined;
  selected?: string | undefined;
  find?: string | undefined;
  as?: "list" | undefined;
}

export interface Opened {
  /** `artifact/0123`. */
  resource: string;
  side: Side;
  /** How many neighbours are asked for. */
  count: number;
}

export const STEP = 20;
const MOST_OPENED = 40;
const MOST_NEIGHBOURS = 400;

/** An address is written by hand, too: what it says wrongly is left out. */
export function readLineageAddress(raw: Record<string, unknown>): LineageAddress {
  const text = (value: unknown): string | undefined =>
    typeof value === "string" && value !== "" ? value.slice(0, 4_000) : undefined;
  const opened = openedOf(text(raw["more"]));
  return {
    from: text(raw["from"])?.slice(0, 2_048),
    direction: DIRECTIONS.find((each) => each === raw["direction"]),
    depth: DEPTHS.find((each) => each === raw["depth"] && each !== USUAL_DEPTH),
    more: opened.length > 0 ? spelledMore(opened) : undefined,
    selected: text(raw["selected"]),
    find: raw["find"] === undefined || raw["find"] === "" ? undefined : String(raw["find"]).slice(0, 200),
    as: raw["as"] === "list" ? "list" : undefined,
  };
}

export function openedOf(spelled: string | undefined): Opened[] {
  return (spelled ?? "")
    .split(",")
    .flatMap((each) => {
      const found = /^([a-z-]+\/[A-Za-z0-9-]{1,120})~([ba])(\d{1,3})$/.exec(each);
      if (found === null) return [];
      const [, resource = "", side = "", count = ""] = found;
      const many = Math.min(MOST_NEIGHBOURS, Number(count));
      return many > 0 ? [{ resource, side: side === "b" ? ("before" as const) : ("after" as const), count: many }] : [];
    })
    .slice(0, MOST_OPENED);
}

export function spelledMore(opened: readonly Opened[]): string | undefined {
  const text = opened.map(({ resource, side, count }) => `${resource}~${side[0]}${count}`).join(",");
  return text || undefined;
}

/** The opened neighbours after one more step at a vertex; `shown` are there already. */
export function withMore(opened: readonly Opened[], resource: string, side: Side, shown: number): Opened[] {
  const isIt = (each: Opened): boolean => each.resource === resource && each.side === side;
  const before = opened.find(isIt)?.count ?? 0;
  const count = Math.min(MOST_NEIGHBOURS, Math.max(before, shown) + STEP);
  return [...opened.filter((each) => !isIt(each)), { resource, side, count }].slice(-MOST_OPENED);
}
