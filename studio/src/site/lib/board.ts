// The charts of a board: what each shows, which columns it needs, and the usual ones.

export const CHART_KINDS = ["Line", "Scatter", "Bar", "Histogram", "Parallel", "Importance"] as const;
export type ChartKind = (typeof CHART_KINDS)[number];

export const KIND_TITLES: Record<ChartKind, string> = {
  Line: "Lines",
  Scatter: "Scatter",
  Bar: "Bars",
  Histogram: "Histogram",
  Parallel: "Parallel coordinates",
  Importance: "Importance of parameters",
};

/** A column: `Parameters.lr`, `Metrics.loss.Last`. */
export type ColumnPath = string;

/** As the server keeps it. Which members count depends on Kind. */
export interface ChartSpec {
  Id: string;
  Kind: ChartKind;
  /** Empty for the usual one. */
  Title: string;
  /** Of the three columns of a board. */
  Width: number;
  Height?: number;
  Metrics?: string[];
  Axis?: "Step" | "Time" | "RelativeTime" | "Metric";
  XMetric?: string;
  GroupBy?: ColumnPath;
  Smoothing?: number;
  LogX?: boolean;
  LogY?: boolean;
  X?: ColumnPath;
  Y?: ColumnPath;
  Colour?: ColumnPath;
  Value?: ColumnPath;
  Bins?: number;
  Columns?: ColumnPath[];
}

/** What the runs of a board have. */
export interface Offered {
  metrics: string[];
  /** Those that differ between runs first. */
  parameters: string[];
  differing: string[];
}

export type Value = number | string | null;

export interface Run {
  name: string;
  arn: string;
  /** The display name, or the name. */
  title: string;
  values: Record<ColumnPath, Value>;
}

/** What a run is called: its display name, or its name without the ending that every job's component has. */
export function runTitle(name: string, display: Value | undefined): string {
  const title = display === null || display === undefined || display === "" ? name : String(display);
  return title === name ? jobOfRun(name) : title;
}

/** The name of the job that a component is of. */
export function jobOfRun(name: string): string {
  return name.replace(/-aws-(training|processing|transform)-job$/, "");
}

export const lastOf = (metric: string): ColumnPath => `Metrics.${metric}.Last`;
export const parameter = (name: string): ColumnPath => `Parameters.${name}`;

const STATISTICS: Record<string, string> = { Last: "last", Min: "least", Max: "greatest", Avg: "mean" };

/** A column for readers: "loss, last". */
export function columnTitle(path: ColumnPath): string {
  const metric = /^Metrics\.(.+)\.(Last|Min|Max|Avg)$/s.exec(path);
  if (metric) return `${metric[1]}, ${STATISTICS[metric[2] ?? ""]}`;
  return path.replace(/^(Parameters|Metrics|Tags)\./, "");
}

/** Columns that a board has to read for its charts. */
export function boardColumns(charts: readonly ChartSpec[], offered: Offered): ColumnPath[] {
  const found = new Set<ColumnPath>();
  for (const chart of charts) {
    for (const path of [chart.X, chart.Y, chart.Colour, chart.Value, chart.GroupBy, ...(chart.Columns ?? [])]) {
      if (path) found.add(path);
    }
    if (chart.Kind === "Importance") for (const name of importanceParameters(offered)) found.add(parameter(name));
  }
  return [...found];
}

export function importanceParameters(offered: Offered): string[] {
  return offered.differing.filter((name) => !name.startsWith("sagemaker_")).slice(0, 40);
}

/** The metric that most people look at first. */
export function mainMetric(metrics: readonly string[]): string | undefined {
  const score = (name: string): number =>
    (/val|test|eval/i.test(name) ? 4 : 0) +
    (/acc|auc|f1|score|map|bleu/i.test(name) ? 2 : 0) +
    (/loss|err|rmse|mae|mse|perplexity/i.test(name) ? 1 : 0);
  return [...metrics].sort((one, other) => score(other) - score(one))[0];
}

/** Whether less is better, by the name of a metric. */
export function isLessBetter(name: string): boolean {
  return /loss|err|rmse|mae|mse|mape|perplexity|ppl|wer|cer|fid|latency|time|seconds|duration/i.test(name);
}

/** The charts of runs for which nobody has arranged any. */
export function usualCharts(offered: Offered): ChartSpec[] {
  const charts: ChartSpec[] = offered.metrics
    .filter((name) => !/^(epoch|step|iteration)$/i.test(name))
    .slice(0, 4)
    .map((metric) => ({ Id: `line-${metric}`.slice(0, 64), Kind: "Line", Title: "", Width: 1, Metrics: [metric], Axis: "Step" }));
  const main = mainMetric(offered.metrics);
  const varied = offered.differing.filter((name) => !name.startsWith("sagemaker_"));
  if (main === undefined || varied.length === 0) return charts;
  const value = lastOf(main);
  const scatter: ChartSpec = { Id: "scatter", Kind: "Scatter", Title: "", Width: 1, X: parameter(varied[0] ?? ""), Y: value };
  const parallel: ChartSpec = {
    Id: "parallel",
    Kind: "Parallel",
    Title: "",
    Width: 2,
    Columns: [...varied.slice(0, 6).map(parameter), value],
    Colour: value,
  };
  const importance: ChartSpec = { Id: "importance", Kind: "Importance", Title: "", Width: 1, Value: value };
  // In such an order that the three columns have no holes.
  charts.push(...(charts.length % 3 === 2 ? [scatter, parallel, importance] : [parallel, importance, scatter]));
  return charts;
}

/** A chart of a kind with the columns that are likely meant. */
export function newChart(kind: ChartKind, id: string, offered: Offered): ChartSpec {
  const main = mainMetric(offered.metrics);
  const value = main === undefined ? "" : lastOf(main);
  const first = offered.differing[0] ?? offered.parameters[0];
  const base = { Id: id, Kind: kind, Title: "", Width: kind === "Parallel" ? 2 : 1 };
  switch (kind) {
    case "Line":
      return { ...base, Metrics: main === undefined ? [] : [main], Axis: "Step" };
    case "Scatter":
      return { ...base, X: first === undefined ? "" : parameter(first), Y: value };
    case "Parallel":
      return { ...base, Columns: [...offered.differing.slice(0, 6).map(parameter), ...(value ? [value] : [])], Colour: value };
    default:
      return { ...base, Value: value };
  }
}

/** The title that a chart has when nobody has named it. */
export function usualTitle(chart: ChartSpec): string {
  const title = (path: ColumnPath | undefined): string => (path ? columnTitle(path) : "…");
  switch (chart.Kind) {
    case "Line":
      return (chart.Metrics ?? []).join(", ") || "Lines";
    case "Scatter":
      return `${title(chart.Y)} by ${title(chart.X)}`;
    case "Bar":
      return title(chart.Value);
    case "Histogram":
      return `Distribution of ${title(chart.Value)}`;
    case "Parallel":
      return "Parallel coordinates";
    case "Importance":
      return `Importance for ${title(chart.Value)}`;
  }
}

export function chartTitle(chart: ChartSpec): string {
  return chart.Title || usualTitle(chart);
}

/** Charts from an address or the server: what cannot be drawn is left out. */
export function readCharts(raw: unknown): ChartSpec[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const found: ChartSpec[] = [];
  for (const [index, each] of raw.slice(0, 60).entries()) {
    const chart = readChart(each, index);
    if (chart !== undefined && found.every(({ Id }) => Id !== chart.Id)) found.push(chart);
  }
  return found;
}

function readChart(raw: unknown, index: number): ChartSpec | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const has = raw as Record<string, unknown>;
  const Kind = CHART_KINDS.find((each) => each === has["Kind"]);
  if (Kind === undefined) return undefined;
  const text = (name: string, most = 1_024): string | undefined =>
    typeof has[name] === "string" && has[name].length <= most ? has[name] : undefined;
  const texts = (name: string): string[] | undefined =>
    Array.isArray(has[name])
      ? has[name].filter((each): each is string => typeof each === "string" && each !== "" && each.length <= 1_024).slice(0, 20)
      : undefined;
  const number = (name: string, low: number, high: number): number | undefined =>
    typeof has[name] === "number" && has[name] >= low && has[name] <= high ? has[name] : undefined;
  const flag = (name: string): true | undefined => (has[name] === true ? true : undefined);
  const Axis = (["Step", "Time", "RelativeTime", "Metric"] as const).find((each) => each === has["Axis"]);
  const members: { [Name in keyof ChartSpec]: ChartSpec[Name] | undefined } = {
    Id: text("Id", 64) || `chart-${index}`,
    Kind,
    Title: text("Title", 200) ?? "",
    Width: Math.round(number("Width", 1, 3) ?? 1),
    Height: number("Height", 1, 3),
    Metrics: texts("Metrics"),
    Axis,
    XMetric: text("XMetric"),
    GroupBy: text("GroupBy"),
    Smoothing: number("Smoothing", 0, 0.999),
    LogX: flag("LogX"),
    LogY: flag("LogY"),
    X: text("X"),
    Y: text("Y"),
    Colour: text("Colour"),
    Value: text("Value"),
    Bins: number("Bins", 2, 200),
    Columns: texts("Columns"),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as unknown as ChartSpec;
}
