// A ROC or precision-recall curve: both axes are shares, so the chart is a square.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { number } from "../../lib/format";
import type { LoggedCurve } from "../../lib/logged";

const HIGH_PX = 300;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export default function CurveChart({
  curve,
  theme,
  xLabel,
  yLabel,
}: {
  curve: LoggedCurve;
  theme: string;
  xLabel: string;
  yLabel: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const axis = (label: string): uPlot.Axis => ({
      label,
      labelSize: 20,
      labelFont: "12px system-ui, sans-serif",
      stroke: colour("--ink-soft"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { stroke: colour("--line"), width: 1, size: 4 },
      font: "12px system-ui, sans-serif",
      values: (_plot, ticks) => ticks.map((tick) => number(tick)),
    });
    // What a classifier without skill would give: the diagonal, or the share of positives.
    const reference = curve.kind === "roc" ? curve.x : curve.x.map(() => curve.noSkill ?? null);
    const plot = new uPlot(
      {
        width: place.clientWidth,
        height: HIGH_PX,
        scales: { x: { time: false, range: [0, 1] }, y: { range: [0, 1.02] } },
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        axes: [axis(xLabel), { ...axis(yLabel), size: 46 }],
        series: [
          {},
          { label: yLabel, stroke: colour("--plot"), width: 2, points: { show: false } },
          { stroke: colour("--ink-soft"), width: 1, dash: [5, 4], points: { show: false } },
        ],
      },
      [curve.x, curve.y, reference],
      place,
    );
    const sizes = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HIGH_PX }));
    sizes.observe(place);
    return () => {
      sizes.disconnect();
      plot.destroy();
    };
    // A canvas keeps the colours that it was drawn with.
  }, [curve, theme, xLabel, yLabel]);
  return <div ref={box} className="logged-plot" aria-hidden="true" />;
}
