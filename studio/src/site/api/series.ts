// Curves of metrics, reduced by the server to what a chart can show.
import { queryOptions } from "@tanstack/react-query";
import type { Line, Range } from "../lib/curves";
import { call } from "./call";

export type AxisName = "Step" | "Time" | "RelativeTime" | "Metric";

export interface WantedSeries {
  ResourceArn: string;
  MetricName: string;
  Group?: string;
}

export interface SeriesAnswer {
  XAxis: AxisName;
  Series: {
    X: number[];
    Values: (number | null)[];
    Count: number;
    Last: number | null;
    Minimum: number | null;
    Maximum: number | null;
  }[];
  Bands: {
    Group: string;
    IsWhole: boolean;
    X: number[];
    Mean: number[];
    Min: number[];
    Max: number[];
    Runs: number[];
  }[];
}

export interface SeriesQuestion {
  series: WantedSeries[];
  axis: AxisName;
  /** With the axis "Metric". */
  xMetric?: string | undefined;
  zoom?: Range | undefined;
  /** The most points of a line. */
  points?: number;
}

export function series(question: SeriesQuestion, everyMs: number | false = false) {
  const { axis, xMetric, zoom, points = 1_200 } = question;
  return queryOptions({
    queryKey: ["series", question] as const,
    enabled: question.series.length > 0 && (axis !== "Metric" || Boolean(xMetric)),
    refetchInterval: everyMs,
    queryFn: ({ signal }) =>
      call(
        "studio/ReadSeries",
        {
          Series: question.series,
          XAxis: axis,
          ...(axis === "Metric" && { XMetric: xMetric }),
          ...(zoom && { Start: zoom[0], End: zoom[1] }),
          Points: points,
        },
        signal,
      ),
    // A zoom shows the coarse lines until the finer ones are there; other series begin empty.
    placeholderData: (before, asked) =>
      asked !== undefined && withoutZoom(asked.queryKey[1]) === withoutZoom(question) ? before : undefined,
  });
}

function withoutZoom(question: SeriesQuestion): string {
  return JSON.stringify({ ...question, zoom: undefined });
}

export const AXIS_TITLES: Record<Exclude<AxisName, "Metric">, string> = {
  Step: "step",
  Time: "time",
  RelativeTime: "second",
};

/** A series with what the legend says of it, and whose colour it has. */
export interface NamedSeries extends WantedSeries {
  name: string;
  run: string;
  variant?: number;
}

export function linesOf(wanted: readonly NamedSeries[], answer: SeriesAnswer): Line[] {
  const lines: Line[] = [];
  for (const [index, { X, Values }] of answer.Series.entries()) {
    const one = wanted[index];
    // The answer to the question before may still be there, with more series.
    if (one === undefined || one.Group !== undefined) continue;
    lines.push({ key: `${one.ResourceArn} ${one.MetricName}`, name: one.name, run: one.run, variant: one.variant, x: X, values: Values });
  }
  for (const { Group, X, Mean, Min, Max } of answer.Bands) {
    lines.push({ key: `group ${Group}`, name: Group, run: Group, x: X, values: Mean, band: { low: Min, high: Max } });
  }
  return lines;
}
