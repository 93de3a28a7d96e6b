// What an address says of a trial component's page.
import { type LineageAddress, readLineageAddress } from "./lineage-address";
import { readSmoothing } from "./smooth";

export const COMPONENT_TABS = ["charts", "metrics", "parameters", "artifacts", "debugger", "lineage"] as const;
export type ComponentTab = (typeof COMPONENT_TABS)[number];

export const METRIC_SORTS = ["MetricName", "Last", "Min", "Max", "Avg", "StdDev", "Count", "TimeStamp"] as const;
export type MetricSort = (typeof METRIC_SORTS)[number];

export interface ComponentAddress extends Omit<LineageAddress, "from"> {
  tab?: ComponentTab | undefined;
  /** Of parameters and metrics. */
  filter?: string | undefined;
  /** Of the charts: a logarithmic y, a logarithmic x, smoothing, what x is. */
  log?: boolean | undefined;
  logx?: boolean | undefined;
  smooth?: number | undefined;
  x?: "Time" | "RelativeTime" | undefined;
  by?: MetricSort | undefined;
  down?: boolean | undefined;
  /** The artifact that is shown. */
  open?: string | undefined;
}

/** An address is written by hand, too: what it says wrongly is left out. */
export function readComponentAddress(raw: Record<string, unknown>): ComponentAddress {
  const { from: _, ...lineage } = readLineageAddress(raw);
  const text = (value: unknown): string | undefined =>
    value === undefined || value === "" ? undefined : String(value).slice(0, 300);
  return {
    ...lineage,
    tab: COMPONENT_TABS.find((each) => each === raw["tab"]),
    filter: text(raw["filter"]),
    log: raw["log"] === true ? true : undefined,
    logx: raw["logx"] === true ? true : undefined,
    smooth: readSmoothing(raw["smooth"]),
    x: raw["x"] === "Time" || raw["x"] === "RelativeTime" ? raw["x"] : undefined,
    by: METRIC_SORTS.find((each) => each === raw["by"]),
    down: raw["down"] === true ? true : undefined,
    open: text(raw["open"]),
  };
}
