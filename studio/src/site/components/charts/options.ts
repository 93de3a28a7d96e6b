// What ECharts is told to draw, from runs and a chart's settings.
import { type ChartSpec, columnTitle, type Run, type Value } from "../../lib/board";
import { number } from "../../lib/format";
import type { Bin } from "../../lib/histogram";
import { asNumber, type Importance } from "../../lib/importance";
import { canvasColour, tokenColour } from "../../lib/run-colour";
import type { EChartsCoreOption } from "./echart";

const FONT = "system-ui, sans-serif";
const LONGEST = 28;

/** A value for readers. */
export function shown(value: Value | undefined): string {
  return typeof value === "number" ? number(value) : (value ?? "");
}

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function common(): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: FONT, color: tokenColour("--ink") },
    aria: { enabled: false },
    tooltip: {
      // HTML of names would be hostile, and the page's policy allows no style in it.
      renderMode: "richText",
      confine: true,
      backgroundColor: tokenColour("--raised"),
      borderColor: tokenColour("--line-strong"),
      textStyle: { color: tokenColour("--ink"), fontSize: 12, fontFamily: FONT },
    },
  };
}

function axis(name: string, isLog: boolean, more: object = {}): object {
  return {
    type: isLog ? "log" : "value",
    name,
    nameLocation: "middle",
    nameTextStyle: { color: tokenColour("--ink-soft"), fontSize: 12 },
    scale: true,
    axisLine: { lineStyle: { color: tokenColour("--line-strong") } },
    axisLabel: { color: tokenColour("--ink-soft"), fontSize: 12, hideOverlap: true, formatter: (value: number) => number(value) },
    splitLine: { lineStyle: { color: tokenColour("--line") } },
    ...more,
  };
}

function category(data: string[], more: object = {}): object {
  return {
    type: "category",
    data,
    axisLine: { lineStyle: { color: tokenColour("--line-strong") } },
    axisTick: { show: false },
    axisLabel: { color: tokenColour("--ink-soft"), fontSize: 12, hideOverlap: true, formatter: short },
    ...more,
  };
}

function ramp(): string[] {
  return [1, 2, 3, 4].map((step) => tokenColour(`--ramp-${step}`));
}

function visualMap(values: number[], dimension: number): object {
  return {
    type: "continuous",
    min: values.reduce((one, other) => Math.min(one, other)),
    max: values.reduce((one, other) => Math.max(one, other)),
    dimension,
    orient: "vertical",
    right: 0,
    top: "middle",
    itemHeight: 110,
    itemWidth: 10,
    precision: 4,
    text: ["", ""],
    inRange: { color: ramp() },
  };
}

/** Texts and numbers of one column: an axis of categories where one of them is no number. */
function placesOf(values: (Value | undefined)[]): { categories: string[] | undefined; places: (number | null)[] } {
  const numbers = values.map((value) => (value === null || value === undefined ? null : asNumber(value)));
  if (numbers.every((value) => value !== undefined)) return { categories: undefined, places: numbers as (number | null)[] };
  const categories = [...new Set(values.filter((value) => value !== null && value !== undefined).map(String))].sort();
  return {
    categories,
    places: values.map((value) => (value === null || value === undefined ? null : categories.indexOf(String(value)))),
  };
}

export function scatterOption(chart: ChartSpec, runs: Run[]): EChartsCoreOption {
  const column = (path: string | undefined): (Value | undefined)[] => runs.map((run) => run.values[path ?? ""]);
  const x = placesOf(column(chart.X));
  const y = placesOf(column(chart.Y));
  const colours = column(chart.Colour).map((value) => (typeof value === "number" ? value : undefined));
  const known = colours.filter((each): each is number => each !== undefined);
  const byNumber = chart.Colour ? known.length > 0 : false;
  const xName = chart.X ? columnTitle(chart.X) : "";
  const data = runs.flatMap((run, index) => {
    const [left, top, colour] = [x.places[index], y.places[index], colours[index]];
    if (left === null || left === undefined || top === null || top === undefined) return [];
    if ((chart.LogX && !x.categories && left <= 0) || (chart.LogY && !y.categories && top <= 0)) return [];
    if (byNumber && colour === undefined) return [];
    const key = chart.Colour ? String(run.values[chart.Colour] ?? "") : run.name;
    return [{ value: [left, top, colour ?? 0, index], ...(!byNumber && { itemStyle: { color: canvasColour(key) } }) }];
  });
  return {
    ...common(),
    grid: { left: 12, right: byNumber ? 34 : 20, top: 14, bottom: 28, containLabel: true },
    xAxis: x.categories ? category(x.categories, { name: xName, nameLocation: "middle", nameGap: 26 }) : axis(xName, chart.LogX ?? false, { nameGap: 26 }),
    yAxis: y.categories ? category(y.categories) : axis("", chart.LogY ?? false),
    ...(byNumber && { visualMap: visualMap(known, 2) }),
    tooltip: {
      ...(common()["tooltip"] as object),
      formatter: ({ value }: { value: number[] }) => {
        const run = runs[value[3] ?? -1];
        const lines = [chart.X, chart.Y, chart.Colour].filter((path): path is string => Boolean(path));
        return [run?.title ?? "", ...lines.map((path) => `${columnTitle(path)}: ${shown(run?.values[path])}`)].join("\n");
      },
    },
    series: [
      {
        type: "scatter",
        symbolSize: runs.length > 300 ? 6 : 10,
        itemStyle: { opacity: 0.85, borderColor: tokenColour("--surface"), borderWidth: 1 },
        data,
      },
    ],
  };
}

export interface Bar {
  name: string;
  value: number;
  /** Whose colour it has. */
  run: string;
  /** How many runs it is the mean of. */
  runs: number;
}

export function barOption(bars: Bar[], title: string, isLog: boolean): EChartsCoreOption {
  // The first is at the top.
  const shownBars = [...bars].reverse();
  return {
    ...common(),
    grid: { left: 12, right: 24, top: 8, bottom: 26, containLabel: true },
    xAxis: axis(title, isLog, { nameGap: 24, scale: false }),
    yAxis: category(shownBars.map((bar) => bar.name)),
    tooltip: {
      ...(common()["tooltip"] as object),
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const bar = shownBars[dataIndex];
        return bar ? `${bar.name}\n${title}: ${number(bar.value)}${bar.runs > 1 ? ` (mean of ${bar.runs} runs)` : ""}` : "";
      },
    },
    series: [
      {
        type: "bar",
        barMaxWidth: 22,
        data: shownBars.map((bar) => ({ value: bar.value, itemStyle: { color: canvasColour(bar.run), borderRadius: 2 } })),
      },
    ],
  };
}

export function histogramOption(bins: Bin[], title: string): EChartsCoreOption {
  const name = (bin: Bin): string => (bin.low === bin.high ? number(bin.low) : `${number(bin.low)} to ${number(bin.high)}`);
  return {
    ...common(),
    grid: { left: 12, right: 16, top: 14, bottom: 26, containLabel: true },
    xAxis: category(bins.map((bin) => number(bin.low)), { name: title, nameLocation: "middle", nameGap: 26, nameTextStyle: { color: tokenColour("--ink-soft") } }),
    yAxis: axis("", false, { minInterval: 1, scale: false }),
    tooltip: {
      ...(common()["tooltip"] as object),
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const bin = bins[dataIndex];
        return bin ? `${name(bin)}\n${bin.count} run${bin.count === 1 ? "" : "s"}` : "";
      },
    },
    series: [
      { type: "bar", barCategoryGap: "4%", itemStyle: { color: tokenColour("--plot") }, data: bins.map((bin) => bin.count) },
    ],
  };
}

export function importanceOption(found: Importance[]): EChartsCoreOption {
  const rows = [...found].reverse();
  return {
    ...common(),
    grid: { left: 12, right: 24, top: 8, bottom: 8, containLabel: true },
    xAxis: axis("", false, { min: 0, max: 1, scale: false }),
    yAxis: category(rows.map(({ name }) => name)),
    tooltip: {
      ...(common()["tooltip"] as object),
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const row = rows[dataIndex];
        if (row === undefined) return "";
        const told = row.correlation === undefined ? "" : `\nrank correlation ${number(row.correlation)}`;
        return `${row.name}\nimportance ${number(row.share)}${told}\n${row.runs} runs`;
      },
    },
    series: [
      {
        type: "bar",
        barMaxWidth: 18,
        data: rows.map(({ share, correlation }) => ({
          value: share,
          itemStyle: {
            // Blue: more of it, more of the metric. Gold: more of it, less. Grey: not a number.
            color: tokenColour(correlation === undefined ? "--ink-soft" : correlation >= 0 ? "--plot" : "--plot-other"),
            borderRadius: 2,
          },
        })),
      },
    ],
  };
}

export function parallelOption(chart: ChartSpec, runs: Run[]): EChartsCoreOption {
  const paths = chart.Columns ?? [];
  const columns = paths.map((path) => placesOf(runs.map((run) => run.values[path])));
  const at = chart.Colour ? paths.indexOf(chart.Colour) : -1;
  const coloured = at >= 0 && columns[at]?.categories === undefined ? columns[at]?.places : undefined;
  const known = (coloured ?? []).filter((each): each is number => each !== null);
  return {
    ...common(),
    parallel: {
      left: 44,
      right: 96,
      top: 44,
      bottom: 16,
      parallelAxisDefault: {
        nameTextStyle: { color: tokenColour("--ink"), fontSize: 12 },
        axisLine: { lineStyle: { color: tokenColour("--line-strong") } },
        axisTick: { lineStyle: { color: tokenColour("--line-strong") } },
        axisLabel: { color: tokenColour("--ink-soft"), fontSize: 11, formatter: (value: number | string) => (typeof value === "number" ? number(value) : short(value)) },
        areaSelectStyle: { width: 16, color: tokenColour("--accent"), opacity: 0.25, borderColor: tokenColour("--accent"), borderWidth: 1 },
        scale: true,
      },
    },
    parallelAxis: paths.map((path, dim) => {
      const categories = columns[dim]?.categories;
      return {
        dim,
        name: short(columnTitle(path)),
        nameLocation: "end",
        // Titles that are next to each other would overlap on one line.
        nameGap: dim % 2 === 0 ? 10 : 25,
        ...(categories ? { type: "category", data: categories } : { type: isWide(columns[dim]?.places ?? []) ? "log" : "value" }),
      };
    }),
    ...(known.length > 0 && { visualMap: { ...visualMap(known, at), show: false } }),
    series: [
      {
        type: "parallel",
        lineStyle: { width: runs.length > 200 ? 1 : 1.5, opacity: runs.length > 200 ? 0.35 : 0.7 },
        inactiveOpacity: 0.06,
        activeOpacity: 0.9,
        data: runs.map((run, index) => ({
          name: run.title,
          value: columns.map(({ places, categories }) => {
            const place = places[index];
            return place === null || place === undefined ? "-" : (categories?.[place] ?? place);
          }),
          ...(known.length === 0 && { lineStyle: { color: canvasColour(run.name) } }),
        })),
      },
    ],
  };
}

/** Whether values above 0 spread over more than two powers of ten, as learning rates do. */
export function isWide(values: readonly (number | null)[]): boolean {
  const known = values.filter((each): each is number => each !== null);
  if (known.length < 2 || known.some((each) => each <= 0)) return false;
  return known.reduce((one, other) => Math.max(one, other)) / known.reduce((one, other) => Math.min(one, other)) > 100;
}
