// Lines on a canvas, by uPlot: each with its own places on the x axis.
import { useEffect, useImperativeHandle, useRef, type Ref } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Line, Mark, Range } from "../../lib/curves";
import { drawDashed } from "../../lib/dashes";
import { number } from "../../lib/format";
import { canvasColour, dashOf, tokenColour } from "../../lib/run-colour";

/** Lines with so few points show each of them where there are few lines. */
const FEW = 40;
const FEW_LINES = 10;
/** More are thin: they stay apart, and a canvas draws a line of one pixel several times as fast. */
const MANY_LINES = 20;
/** Lines with more points for each pixel of the plot have dashes along the x axis (lib/dashes.ts). */
const DENSE = 0.25;

export interface Scales {
  x: Range;
  y: Range;
  isLogX: boolean;
  isLogY: boolean;
  /** Whether x is in epoch seconds. */
  isTime: boolean;
}

export interface Cursor {
  /** CSS pixels in the plot's box. */
  left: number;
  top: number;
  x: number;
  y: number;
  /** How much of x one pixel is here. */
  perPixel: number;
  /** Whether the pointer is over this chart, not over one in step with it. */
  isHere: boolean;
}

export interface PlotHandle {
  canvas(): HTMLCanvasElement | undefined;
  /** Moves the cursor by keys: to a part of the width, 0 to 1. */
  point(share: number): void;
}

export interface PlotProps {
  lines: Line[];
  scales: Scales;
  dashes: Map<string, number>;
  /** Lines across the plot: what happened there. */
  marks?: readonly Mark[] | undefined;
  /** The key of the line that stands out; the others are faint. */
  emphasis: string | undefined;
  theme: string;
  height: number;
  /** Charts with the same one have one cursor. */
  sync: string | undefined;
  onCursor: (cursor: Cursor | undefined) => void;
  /** The part of the x axis that was chosen by dragging. */
  onZoom: (range: Range) => void;
  onReset: () => void;
  handle: Ref<PlotHandle>;
}

/** Of uPlot: from so many seconds between ticks on, how a tick is written, and what stands below where the year or the day changes. */
const DAY = ["\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1] as const;
const TIMES = [
  [31_536_000, "{YYYY}", null, null, null, null, null, null, 1],
  [2_419_200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86_400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", ...DAY],
  [1, "{HH}:{mm}:{ss}", ...DAY],
  [0.001, "{ss}.{fff}", "\n{HH}:{mm}", null, "\n{HH}:{mm}", null, "\n{HH}:{mm}", null, 1],
] as unknown as uPlot.Axis.Values;

export default function LinePlot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const now = useRef(props);
  now.current = props;
  const { lines, scales, theme, height, sync, emphasis } = props;
  const { isLogX, isLogY, isTime } = scales;
  const shape = lines.map((line) => `${line.key}${line.raw ? "~" : ""}`).join("\n");

  useImperativeHandle(props.handle, () => ({
    canvas: () => plot.current?.ctx.canvas,
    point: (share) => {
      const made = plot.current;
      if (made === null) return;
      made.setCursor({ left: share * made.over.clientWidth, top: made.over.clientHeight / 2 });
    },
  }));

  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const made = new uPlot(optionsOf(now, place.clientWidth), dataOf(now.current.lines), place);
    plot.current = made;
    // It also tells the size that the plot was made with, for which it would be drawn once more.
    const sizes = new ResizeObserver(() => {
      const width = place.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height: now.current.height });
    });
    sizes.observe(place);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
    // A canvas keeps the colours that it was drawn with, and uPlot its series and kinds of scales.
  }, [shape, isLogX, isLogY, isTime, theme, sync]);

  useEffect(() => {
    plot.current?.setData(dataOf(lines));
  }, [lines, scales]);

  useEffect(() => {
    plot.current?.setSize({ width: box.current?.clientWidth ?? 0, height });
  }, [height]);

  useEffect(() => {
    plot.current?.redraw(false);
  }, [emphasis, props.marks]);

  return <div ref={box} className="line-plot" style={{ height }} />;
}

function dataOf(lines: Line[]): uPlot.AlignedData {
  const data: unknown[] = [null];
  for (const { x, raw } of lines) if (raw) data.push([x, raw]);
  for (const { x, values } of lines) data.push([x, values]);
  // uPlot's types know only lines with one x axis for all.
  return data as unknown as uPlot.AlignedData;
}

function optionsOf(now: { current: PlotProps }, width: number): uPlot.Options {
  const { lines, scales, dashes, height, sync } = now.current;
  const rawCount = lines.filter((line) => line.raw).length;
  const axis: uPlot.Axis = {
    stroke: tokenColour("--ink-soft"),
    grid: { stroke: tokenColour("--line"), width: 1 },
    ticks: { stroke: tokenColour("--line"), width: 1, size: 4 },
    font: "12px system-ui, sans-serif",
  };
  const values = (_plot: uPlot, ticks: (number | null)[]): string[] =>
    ticks.map((tick) => (tick === null ? "" : number(tick)));
  const facets = [
    { scale: "x", auto: true },
    { scale: "y", auto: true },
  ];
  const strokeOf = (line: Line, isRaw: boolean) => {
    const colour = canvasColour(line.run);
    return (): string => {
      const { emphasis } = now.current;
      const isFaint = isRaw || (emphasis !== undefined && emphasis !== line.key);
      return colour + (isFaint ? "40" : "");
    };
  };
  const style = (line: Line, isRaw: boolean): uPlot.Series => ({
    label: line.key,
    facets,
    stroke: strokeOf(line, isRaw),
    width: isRaw || lines.length > MANY_LINES ? 1 : 2,
    points: { show: false },
    paths: pathOf(isRaw ? [] : dashOf((dashes.get(line.run) ?? 0) + (line.variant ?? 0))),
  });
  return {
    mode: 2,
    width,
    height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: scales.isTime, distr: scales.isLogX ? 3 : 1, range: () => now.current.scales.x },
      y: { distr: scales.isLogY ? 3 : 1, range: () => now.current.scales.y },
    },
    axes: [
      { ...axis, size: scales.isTime ? 44 : 32, ...(scales.isTime ? { values: TIMES, space: 50 } : { values }) },
      { ...axis, size: 64, values },
    ],
    series: [
      {},
      ...lines.filter((line) => line.raw).map((line) => style(line, true)),
      ...lines.map((line) => style(line, false)),
    ],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { show: false },
      bind: { dblclick: () => () => (now.current.onReset(), null) },
      dataIdx: () => null as unknown as number,
      // The cursor only: who zooms into one chart does not mean all.
      ...(sync !== undefined && {
        sync: { key: sync, scales: ["x", null], filters: { pub: (type) => /^mouse(move|leave)$/.test(type) } },
      }),
    },
    hooks: {
      drawAxes: [(plot) => drawBands(plot, now.current.lines), (plot) => drawMarks(plot, now.current.marks ?? [])],
      draw: [(plot) => drawPoints(plot, now.current, rawCount)],
      setSelect: [
        (plot) => {
          const { left, width: chosen } = plot.select;
          if (chosen > 3) now.current.onZoom([plot.posToVal(left, "x"), plot.posToVal(left + chosen, "x")]);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [
        (plot) => {
          const { left, top } = plot.cursor;
          if (left === undefined || top === undefined || left < 0) {
            now.current.onCursor(undefined);
            return;
          }
          const x = plot.posToVal(left, "x");
          now.current.onCursor({
            left: left + plot.over.offsetLeft,
            top: top + plot.over.offsetTop,
            x,
            y: plot.posToVal(top, "y"),
            perPixel: Math.abs(plot.posToVal(left + 1, "x") - x),
            isHere: plot.over.matches(":hover") || plot.root.closest(":focus") !== null,
          });
        },
      ],
    },
  };
}

const straight = uPlot.paths.linear?.();

/** How a line is drawn. dash: in CSS pixels. */
function pathOf(dash: readonly number[]): uPlot.Series.PathBuilder {
  return (plot, index, first, last) => {
    const series = plot.series[index] as uPlot.Series;
    const pattern = dash.map((length) => length * devicePixelRatio);
    const isDense = pattern.length > 0 && last - first > plot.bbox.width * DENSE;
    // The canvas dashes what this path does not.
    series.dash = isDense ? [] : pattern;
    return isDense ? dashedPath(plot, index, pattern) : (straight?.(plot, index, first, last) ?? null);
  };
}

function dashedPath(plot: uPlot, index: number, pattern: readonly number[]): uPlot.Series.Paths {
  const { left, width } = plot.bbox;
  const [places, values] = plot.data[index] as unknown as [number[], (number | null)[]];
  const stroke = new Path2D();
  const x = places.map((place) => Math.round(plot.valToPos(place, "x", true)));
  const y = values.map((value) => (value === null ? null : Math.round(plot.valToPos(value, "y", true))));
  drawDashed(stroke, x, y, pattern, [left, left + width]);
  return { stroke };
}

/** The area between the lowest and the highest run of each group. */
function drawBands(plot: uPlot, lines: Line[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { run, x, band } of lines) {
    if (band === undefined || x.length === 0) continue;
    ctx.fillStyle = `${canvasColour(run)}2e`;
    ctx.beginPath();
    const to = (value: number | undefined, index: number): void =>
      ctx.lineTo(plot.valToPos(x[index] ?? 0, "x", true), plot.valToPos(value ?? 0, "y", true));
    for (const [index, value] of band.high.entries()) to(value, index);
    for (let index = x.length - 1; index >= 0; index -= 1) to(band.low[index], index);
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
}

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = tokenColour("--stopped");
  ctx.fillStyle = tokenColour("--stopped");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  const size = 4 * devicePixelRatio;
  for (const { x } of marks) {
    const left = plot.valToPos(x, "x", true);
    if (left < bbox.left || left > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(left, bbox.top);
    ctx.lineTo(left, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(left, bbox.top - size);
    ctx.lineTo(left + size, bbox.top);
    ctx.lineTo(left, bbox.top + size);
    ctx.lineTo(left - size, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}

/** The points of short lines, which a line alone may not show at all. */
function drawPoints(plot: uPlot, { lines, scales, emphasis }: PlotProps, rawCount: number): void {
  const { ctx } = plot;
  // Whole also at the edge of the plot, where a curve begins and ends.
  const isInside = (x: number, y: number): boolean =>
    x >= scales.x[0] && x <= scales.x[1] && y >= scales.y[0] && y <= scales.y[1];
  ctx.save();
  for (const [index, line] of lines.entries()) {
    if (line.x.length > (lines.length > FEW_LINES ? 1 : FEW) || plot.series[1 + rawCount + index]?.show === false) continue;
    ctx.fillStyle = canvasColour(line.run) + (emphasis !== undefined && emphasis !== line.key ? "40" : "");
    for (const [at, value] of line.values.entries()) {
      const x = line.x[at] ?? 0;
      if (value === null || !isInside(x, value)) continue;
      ctx.beginPath();
      ctx.arc(
        plot.valToPos(x, "x", true),
        plot.valToPos(value, "y", true),
        3 * devicePixelRatio,
        0,
        2 * Math.PI,
      );
      ctx.fill();
    }
  }
  ctx.restore();
}

