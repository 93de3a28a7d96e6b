// The view of a job's page, as its address spells it.
import { readSmoothing } from "./smooth";

export const TABS = ["metrics", "system", "log", "rules"] as const;

export interface JobAddress {
  tab?: (typeof TABS)[number] | undefined;
  host?: string | undefined;
  find?: string | undefined;
  /** Of the metrics' charts: a logarithmic y, a logarithmic x, smoothing, what x is. */
  log?: boolean | undefined;
  logx?: boolean | undefined;
  smooth?: number | undefined;
  x?: "Time" | "RelativeTime" | undefined;
  /** A line of the log, from 1. */
  line?: number | undefined;
  wrap?: boolean | undefined;
}

/** An address is written by hand, too: what it says wrongly is left out. */
export function readJobAddress(raw: Record<string, unknown>): JobAddress {
  const text = (value: unknown): string | undefined =>
    value === undefined || value === "" ? undefined : String(value);
  return {
    tab: TABS.find((each) => each === raw["tab"]),
    host: text(raw["host"]),
    find: text(raw["find"]),
    log: raw["log"] === true ? true : undefined,
    logx: raw["logx"] === true ? true : undefined,
    smooth: readSmoothing(raw["smooth"]),
    x: raw["x"] === "Time" || raw["x"] === "RelativeTime" ? raw["x"] : undefined,
    line: Number.isSafeInteger(raw["line"]) && (raw["line"] as number) > 0 ? (raw["line"] as number) : undefined,
    wrap: raw["wrap"] === true ? true : undefined,
  };
}
