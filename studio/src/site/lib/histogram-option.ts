// Histograms of a tensor over steps: as a heat map, or as ridges behind each other.
import type { Histogram } from "../api/debugger-operations";
import { amounts, axisOf, tipOf } from "./chart-style";
import { number } from "./format";

type Colour = (token: string) => string;

const RIDGE = 3.2; // the highest ridge, in distances of two steps
const LABELS = 12;

/** marked: steps at which a rule has found something about the tensor. */
export function heatOption(histogram: Histogram, marked: ReadonlySet<number>) {
  const { Edges: edges, Steps: steps, Shares: shares } = histogram;
  const middles = middlesOf(edges);
  // A spike of zeros would leave all other bins dark.
  const top = quantile(shares.flat().filter((share) => share > 0), 0.98) || 1;
  return (colour: Colour) => ({
    grid: { left: 72, right: 16, top: 16, bottom: 44 },
    tooltip: tipOf(colour, ({ value }) => {
      const [column, row, share] = value as [number, number, number];
      return `step ${steps[column]}\n${number(edges[row])} to ${number(edges[row + 1])}\n${percent(share)} of the values`;
    }),
    xAxis: axisOf(colour, {
      type: "category",
      data: steps.map((step) => (marked.has(step) ? `◆ ${step}` : String(step))),
      name: "step",
      nameLocation: "middle",
      nameGap: 28,
    }),
    yAxis: axisOf(colour, {
      type: "category",
      data: middles.map((middle) => number(middle)),
      axisLabel: { color: colour("--ink-soft"), fontSize: 12, interval: Math.ceil(middles.length / 10) - 1 },
    }),
    visualMap: { show: false, min: 0, max: top, dimension: 2, inRange: { color: amounts() } },
    series: [
      {
        type: "heatmap",
        progressive: 0,
        data: shares.flatMap((row, column) => row.map((share, at) => [column, at, share])),
      },
    ],
  });
}

/** The newest step in front. */
export function ridgeOption(histogram: Histogram, marked: ReadonlySet<number>) {
  const { Edges: edges, Steps: steps, Shares: shares } = histogram;
  const middles = middlesOf(edges);
  const top = quantile(shares.map((row) => Math.max(...row)), 0.9) || 1;
  const stride = Math.ceil(steps.length / LABELS);
  return (colour: Colour) => ({
    grid: { left: 92, right: 16, top: 48, bottom: 32 },
    tooltip: tipOf(colour, ({ dataIndex }) => {
      const row = shares[dataIndex] ?? [];
      const at = row.indexOf(Math.max(...row));
      return `step ${steps[dataIndex]}\nmost values at ${number(edges[at])} to ${number(edges[at + 1])}`;
    }),
    xAxis: axisOf(colour, {
      type: "value",
      min: edges[0],
      max: edges.at(-1),
      axisLabel: { color: colour("--ink-soft"), fontSize: 12, hideOverlap: true, formatter: (value: number) => number(value) },
    }),
    yAxis: axisOf(colour, {
      type: "value",
      min: 0,
      max: Math.max(1, steps.length - 1),
      inverse: false,
      interval: 1,
      axisLabel: {
        color: colour("--ink-soft"),
        fontSize: 12,
        formatter: (value: number) => {
          const at = steps.length - 1 - value;
          const step = steps[at];
          if (step === undefined || at % stride !== 0) return "";
          return marked.has(step) ? `◆ ${step}` : String(step);
        },
      },
      axisTick: { show: false },
      // Beside the axis: the highest ridge covers its end.
      name: "step",
      nameLocation: "middle",
      nameGap: 68,
    }),
    series: [
      {
        type: "custom",
        clip: false,
        data: steps.map((_, at) => [0, steps.length - 1 - at, at]),
        renderItem: (_params: unknown, api: RidgeApi) => {
          const at = api.value(2);
          const place = api.value(1);
          const row = shares[at] ?? [];
          const base = api.coord([edges[0] ?? 0, place])[1];
          const unit = Math.abs(api.size([0, 1])[1]) * (steps.length > 1 ? 1 : 0.2);
          const high = Math.max(unit * RIDGE, 24);
          const points = row.map((share, bin) => [
            api.coord([middles[bin] ?? 0, place])[0],
            base - Math.min(1.3, share / top) * Math.min(high, 90),
          ]);
          const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
          const age = steps.length > 1 ? at / (steps.length - 1) : 1;
          const isMarked = marked.has(steps[at] ?? -1);
          return {
            type: "polygon",
            shape: { points: [[first, base], ...points, [last, base]] },
            style: {
              fill: mixed(colour("--surface"), colour(isMarked ? "--stopped" : "--accent"), 0.2 + 0.6 * age),
              stroke: colour("--surface"),
              lineWidth: 1,
            },
            z2: at,
          };
        },
      },
    ],
  });
}

interface RidgeApi {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
  size(of: [number, number]): [number, number];
}

export function middlesOf(edges: readonly number[]): number[] {
  return edges.slice(1).map((edge, at) => (edge + (edges[at] ?? edge)) / 2);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function percent(share: number): string {
  return share > 0 && share < 0.001 ? "less than 0.1 %" : `${number(Math.round(share * 1_000) / 10)} %`;
}

/** Of two colours "#rrggbb" or, as a minifier writes them, "#rgb": `part` of the second. */
export function mixed(one: string, other: string, part: number): string {
  const parts = (hex: string): number[] => {
    const long = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
    return [1, 3, 5].map((at) => Number.parseInt(long.slice(at, at + 2), 16));
  };
  const [from, to] = [parts(one), parts(other)];
  return `rgb(${from.map((value, at) => Math.round(value + ((to[at] ?? value) - value) * part)).join(",")})`;
}
