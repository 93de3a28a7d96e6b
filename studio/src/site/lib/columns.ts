// The columns of a list of jobs, as the page's address spells them.
import { type JobRow, STATUSES, SORTS, type ListView } from "./jobs";

/** A fixed column, or `metric:` and `parameter:` with a name. */
export type Column = string;

const TITLES: Record<string, string> = {
  name: "Name",
  status: "Status",
  created: "Created",
  duration: "Ran for",
  instances: "Instances",
  image: "Image",
  rules: "Rules",
  failure: "Reason of failure",
};

export const DEFAULT_COLUMNS: Column[] = ["name", "status", "created", "duration", "instances", "image"];
/** Kinds whose lists tell less. */
export const FEW_COLUMNS: Column[] = ["name", "status", "created", "duration"];

export function columnTitle(column: Column): string {
  return TITLES[column] ?? column.slice(column.indexOf(":") + 1);
}

/** Every column that the rows have something for. */
export function offeredColumns(rows: readonly JobRow[]): Column[] {
  const metrics = new Set<string>();
  const parameters = new Set<string>();
  for (const row of rows) {
    for (const name of Object.keys(row.metrics)) metrics.add(name);
    for (const name of Object.keys(row.parameters)) {
      if (!name.startsWith("sagemaker_")) parameters.add(name);
    }
  }
  return [
    ...Object.keys(TITLES),
    ...[...metrics].sort().map((name) => `metric:${name}`),
    ...[...parameters].sort().map((name) => `parameter:${name}`),
  ];
}

/** What an address may say of a list. */
export interface ListAddress {
  status?: ListView["status"];
  search?: string | undefined;
  sort?: ListView["sort"] | undefined;
  ascending?: boolean | undefined;
  columns?: string | undefined;
  filter?: string | undefined;
  /** The names of the jobs that are chosen. */
  pick?: string | undefined;
}

const LONGEST_PICK = 8_192;

/** An address is written by hand, too: what it says wrongly is left out. */
export function readAddress(raw: Record<string, unknown>): ListAddress {
  const one = <T extends string>(values: readonly T[], value: unknown): T | undefined =>
    values.find((each) => each === value);
  return {
    status: one(STATUSES, raw["status"]),
    search: raw["search"] === undefined || raw["search"] === "" ? undefined : String(raw["search"]),
    sort: one(SORTS, raw["sort"]),
    ascending: raw["ascending"] === true ? true : undefined,
    filter: raw["filter"] === undefined || raw["filter"] === "" ? undefined : String(raw["filter"]),
    columns: typeof raw["columns"] === "string" && raw["columns"] !== "" ? raw["columns"] : undefined,
    pick: picked(raw["pick"]),
  };
}

/** A single name may look like a number, which the router has read already. */
function picked(value: unknown): string | undefined {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  return text === "" || text.length > LONGEST_PICK ? undefined : text;
}

export function viewOf(address: ListAddress): ListView {
  return {
    status: address.status,
    search: address.search,
    filter: address.filter,
    sort: address.sort ?? "CreationTime",
    ascending: address.ascending ?? false,
  };
}

export function columnsOf(address: ListAddress, usual: Column[]): Column[] {
  const chosen = address.columns?.split(",").filter(Boolean).map(decoded);
  // Without a name, a row leads nowhere.
  return chosen === undefined ? usual : ["name", ...chosen.filter((column) => column !== "name")];
}

/** The address's spelling of columns; none for the usual ones. */
export function spelledColumns(columns: Column[], usual: Column[]): string | undefined {
  const text = columns.filter((column) => column !== "name").map(encoded).join(",");
  return text === usual.filter((column) => column !== "name").join(",") ? undefined : text || "name";
}

/** A click on a title: down first, then up. */
export function nextSort(view: ListView, sort: ListView["sort"]): Pick<ListAddress, "sort" | "ascending"> {
  const ascending = view.sort === sort ? !view.ascending : sort !== "CreationTime";
  return { sort: sort === "CreationTime" ? undefined : sort, ascending: ascending || undefined };
}

// The name of a metric may have a comma.
function encoded(column: Column): string {
  return column.replace(/[%,]/g, (character) => (character === "," ? "%2C" : "%25"));
}

function decoded(column: string): Column {
  return column.replaceAll("%2C", ",").replaceAll("%25", "%");
}
