// Runs side by side: what each has, where they differ, which is best.
import { isLessBetter, readCharts, type ChartSpec, type Value } from "./board";
import { number } from "./format";
import { readSmoothing } from "./smooth";

export const SECTIONS = ["Run", "Parameters", "Metrics", "Environment", "Source", "Inputs", "Outputs", "Tags"] as const;
export type Section = (typeof SECTIONS)[number];
export const STATISTICS = ["Last", "Min", "Max", "Avg"] as const;
export type Statistic = (typeof STATISTICS)[number];
export const MOST_COMPARED = 200;

export interface CompareAddress {
  components?: string[] | undefined;
  /** Training jobs, in the place of their components. */
  jobs?: string[] | undefined;
  /** Whose board of charts is shown. */
  experiment?: string | undefined;
  tab?: "charts" | undefined;
  baseline?: string | undefined;
  /** Only rows in which the runs differ. */
  differences?: boolean | undefined;
  statistic?: Statistic | undefined;
  closed?: string | undefined;
  /** The charts, where no experiment keeps them. */
  charts?: ChartSpec[] | undefined;
  /** Of the charts that have none of their own. */
  smooth?: number | undefined;
}

const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}$/;

function names(raw: unknown): string[] | undefined {
  const list = Array.isArray(raw) ? raw : typeof raw === "string" ? raw.split(",") : [];
  const found = [...new Set(list.map(String).filter((each) => NAME.test(each)))].slice(0, MOST_COMPARED);
  return found.length > 0 ? found : undefined;
}

/** An address is written by hand, too: what it says wrongly is left out. */
export function readCompareAddress(raw: Record<string, unknown>): CompareAddress {
  const name = (value: unknown): string | undefined => names(value === undefined ? undefined : [value])?.[0];
  return {
    components: names(raw["components"]),
    jobs: names(raw["jobs"]),
    experiment: name(raw["experiment"]),
    tab: raw["tab"] === "charts" ? "charts" : undefined,
    baseline: name(raw["baseline"]),
    differences: raw["differences"] === true ? true : undefined,
    statistic: STATISTICS.find((each) => each === raw["statistic"] && each !== "Last"),
    closed: typeof raw["closed"] === "string" && raw["closed"] !== "" ? raw["closed"] : undefined,
    charts: readCharts(raw["charts"]),
    smooth: readSmoothing(raw["smooth"]),
  };
}

/** The runs of an address. The component of a job has its name with an ending, as in SageMaker. */
export function comparedNames({ components = [], jobs = [] }: CompareAddress): string[] {
  const all = [...components, ...jobs.map((job) => `${job}-aws-training-job`)];
  return [...new Set(all)].slice(0, MOST_COMPARED);
}

export interface CompareRow {
  key: string;
  section: Section;
  title: string;
  values: Value[];
  isDifferent: boolean;
  /** The indexes of the best values; none where nothing is better. */
  best: number[];
}

export interface ComparedColumn {
  member: string;
  name: string;
}

const OF_RUN: [string, string][] = [
  ["Status.PrimaryStatus", "Status"],
  ["CreationTime", "Created"],
  ["Duration", "Duration"],
  ["Source.SourceArn", "Made by"],
  ["Status.Message", "Message"],
];
const SECTION_OF: Record<string, Section> = {
  Metrics: "Metrics",
  Tags: "Tags",
  InputArtifacts: "Inputs",
  OutputArtifacts: "Outputs",
};

/** The paths to read for some columns, and what each row is called. */
export function comparedPaths(columns: readonly ComparedColumn[], statistic: Statistic): { path: string; section: Section; title: string }[] {
  const rows: { path: string; section: Section; title: string }[] = OF_RUN.map(([path, title]) => ({ path, section: "Run", title }));
  for (const { member, name } of columns) {
    if (member === "Metrics") rows.push({ path: `Metrics.${name}.${statistic}`, section: "Metrics", title: name });
    else if (member === "Parameters") {
      const section = /^sagemaker_|^SageMaker\.(Source|Checkpoint)/.test(name) ? "Source" : name.startsWith("SageMaker.") ? "Environment" : "Parameters";
      rows.push({ path: `Parameters.${name}`, section, title: name.replace(/^SageMaker\./, "") });
    } else if (member === "InputArtifacts" || member === "OutputArtifacts") {
      rows.push({ path: `${member}.${name}.Value`, section: SECTION_OF[member] ?? "Inputs", title: name });
    } else if (SECTION_OF[member]) rows.push({ path: `${member}.${name}`, section: SECTION_OF[member], title: name });
  }
  const order = (section: Section): number => SECTIONS.indexOf(section);
  return rows.sort(
    (one, other) =>
      order(one.section) - order(other.section) ||
      (one.section === "Run" ? 0 : one.title.localeCompare(other.title, "en", { numeric: true })),
  );
}

/** values: by path, one for each run. Rows that no run has are left out. */
export function compareRows(
  paths: ReturnType<typeof comparedPaths>,
  values: Readonly<Record<string, readonly Value[]>>,
): CompareRow[] {
  return paths.flatMap(({ path, section, title }) => {
    const own = [...(values[path] ?? [])];
    if (own.every((value) => value === null || value === "")) return [];
    const isDifferent = own.length > 1 && new Set(own.map(comparable)).size > 1;
    const best = section === "Metrics" && isDifferent && !/^(epoch|step|iteration|lr|learning_rate)$/i.test(title) ? bestOf(own, isLessBetter(title)) : [];
    return [{ key: path, section, title, values: own, isDifferent, best }];
  });
}

/** A number and the text of it are the same value: an SDK writes one, a job the other. */
function comparable(value: Value): string {
  if (value === null) return "";
  const asNumber = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return String(typeof asNumber === "number" && Number.isFinite(asNumber) ? asNumber : value);
}

function bestOf(values: readonly Value[], isLess: boolean): number[] {
  const known = values.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  if (known.length < 2) return [];
  const best = known.reduce((one, other) => (isLess ? Math.min(one, other) : Math.max(one, other)));
  const found = values.flatMap((value, index) => (value === best ? [index] : []));
  return found.length < known.length ? found : [];
}

/** How far a number is from that of the baseline: "+0.02 (+2.5 %)". Ten times as much is no matter of percents. */
export function difference(value: Value | undefined, base: Value | undefined): string {
  if (typeof value !== "number" || typeof base !== "number" || value === base) return "";
  const by = value - base;
  const sign = by > 0 ? "+" : "−";
  const share = base === 0 || Math.abs(by / base) >= 10 ? "" : ` (${sign}${number(Number(Math.abs((by / base) * 100).toPrecision(3)))} %)`;
  return `${sign}${number(Math.abs(by))}${share}`;
}
