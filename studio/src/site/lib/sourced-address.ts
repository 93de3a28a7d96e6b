// What an address says of a list of artifacts, actions or contexts, and of the page of one.
import { type LineageAddress, readLineageAddress } from "./lineage-address";

export interface SourcedListAddress {
  type?: string | undefined;
  uri?: string | undefined;
  /** A day, 2026-11-27: what was made from then on. */
  since?: string | undefined;
  ascending?: boolean | undefined;
}

export function readSourcedListAddress(raw: Record<string, unknown>): SourcedListAddress {
  const text = (value: unknown, most: number): string | undefined =>
    value === undefined || value === "" ? undefined : String(value).slice(0, most);
  const since = text(raw["since"], 10);
  return {
    type: text(raw["type"], 256),
    uri: text(raw["uri"], 2_048),
    since: since !== undefined && startOf(since) !== undefined ? since : undefined,
    ascending: raw["ascending"] === true ? true : undefined,
  };
}

/** The first instant of a day in the reader's time zone, in epoch seconds; undefined for no day. */
export function startOf(day: string | undefined): number | undefined {
  if (day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const at = new Date(`${day}T00:00:00`).getTime();
  return Number.isNaN(at) ? undefined : at / 1000;
}

export interface SourcedAddress extends Omit<LineageAddress, "from"> {
  tab?: "lineage" | undefined;
}

export function readSourcedAddress(raw: Record<string, unknown>): SourcedAddress {
  const { from: _, ...lineage } = readLineageAddress(raw);
  return { ...lineage, tab: raw["tab"] === "lineage" ? "lineage" : undefined };
}
