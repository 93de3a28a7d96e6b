// The view of a job's page, as its address spells it.
export const TABS = ["metrics", "log"] as const;

export interface JobAddress {
  tab?: (typeof TABS)[number] | undefined;
  host?: string | undefined;
  find?: string | undefined;
  log?: boolean | undefined;
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
  };
}
