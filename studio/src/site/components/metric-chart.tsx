// One metric as a line on a canvas.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Curve } from "../api/metrics";
import { number } from "../lib/format";

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(curve: Curve, width: number, isLog: boolean): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour("--ink-soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1, size: 4 },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height: 240,
    scales: { x: { time: false }, y: isLog ? { distr: 3 } : {} },
    legend: { show: true },
    cursor: { points: { size: 7 }, y: false },
    axes: [
      axis,
      {
        ...axis,
        size: 60,
        values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))),
      },
    ],
    series: [
      { label: curve.axis },
      {
        label: curve.name,
        stroke: colour("--series-1"),
        width: 2,
        points: { show: curve.x.length < 40, size: 6, fill: colour("--series-1") },
      },
    ],
  };
}

export default function MetricChart({
  curve,
  isLog,
  theme,
  onPoint,
}: {
  curve: Curve;
  isLog: boolean;
  theme: string;
  /** The point under the cursor. */
  onPoint: (x: number | undefined, value: number | undefined) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const told = useRef(onPoint);
  told.current = onPoint;
  const { axis, name } = curve;
  const data = useRef(curve);
  data.current = curve;

  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const made = new uPlot(
      {
        ...options(data.current, place.clientWidth, isLog),
        hooks: {
          setCursor: [
            (self) => {
              const index = self.cursor.idx;
              told.current(
                index == null ? undefined : self.data[0][index],
                index == null ? undefined : (self.data[1]?.[index] ?? undefined),
              );
            },
          ],
        },
      },
      [data.current.x, data.current.values],
      place,
    );
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: 240 }));
    sizes.observe(place);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
    // A canvas keeps the colours that it was drawn with.
  }, [axis, name, isLog, theme]);

  useEffect(() => {
    plot.current?.setData([curve.x, curve.values]);
  }, [curve]);

  return <div ref={box} className="chart" aria-hidden="true" />;
}
