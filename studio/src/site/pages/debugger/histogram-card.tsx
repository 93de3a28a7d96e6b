// The distribution of a tensor's values over steps.
import { useMemo, useRef } from "react";
import type { Histogram, TensorSeries } from "../../api/debugger-operations";
import type { EChartHandle } from "../../components/charts/canvas-chart";
import { CanvasChart } from "../../components/charts/chart-code";
import { MoreMenu } from "../../components/charts/more-menu";
import { savePicture, saveText } from "../../components/charts/save";
import type { Mark } from "../../lib/curves";
import { heatOption, ridgeOption } from "../../lib/histogram-option";

const HEIGHT = 360;

export function HistogramCard({
  title,
  series,
  histogram,
  marks,
  shape,
  onShape,
}: {
  title: string;
  series: TensorSeries;
  histogram: Histogram;
  marks: readonly Mark[];
  shape: "heat" | undefined;
  onShape: (shape: "heat" | undefined) => void;
}) {
  const chart = useRef<EChartHandle>(null);
  const marked = useMemo(() => new Set(marks.map(({ x }) => x)), [marks]);
  const option = useMemo(
    () => (shape === "heat" ? heatOption(histogram, marked) : ridgeOption(histogram, marked)),
    [histogram, shape, marked],
  );
  return (
    <section className="card chart-card" aria-label={title}>
      <header>
        <h2 title={title}>{title}</h2>
        <div className="chart-actions">
          <div className="switch" role="group" aria-label="Drawn as">
            <button type="button" aria-pressed={shape === undefined} onClick={() => onShape(undefined)}>
              Ridges
            </button>
            <button type="button" aria-pressed={shape === "heat"} onClick={() => onShape("heat")}>
              Heat
            </button>
          </div>
          <MoreMenu
            title={title}
            actions={[
              {
                label: "Save the distribution as CSV",
                run: () => saveText(csvOf(histogram), `${series.Tensor} distribution`, "csv", "text/csv"),
              },
              {
                label: "Save as a picture",
                run: () => {
                  const canvas = chart.current?.canvas();
                  if (canvas) savePicture(canvas, `${series.Tensor}: distribution`, []);
                },
              },
            ]}
          />
        </div>
      </header>
      <CanvasChart
        placeholder={<div style={{ height: HEIGHT }} />}
        handle={chart}
        option={option}
        height={HEIGHT}
        label={`Distribution of the values of ${series.Tensor} over ${histogram.Steps.length} steps; the table of statistics has its quantiles`}
      />
      {histogram.IsCut && (
        <p className="soft chart-note">A few values lie far outside; they count in the first and the last bin.</p>
      )}
    </section>
  );
}

function csvOf({ Edges: edges, Steps: steps, Shares: shares }: Histogram): string {
  const rows = ["step,from,to,share"];
  for (const [at, step] of steps.entries()) {
    for (const [bin, share] of (shares[at] ?? []).entries()) rows.push(`${step},${edges[bin]},${edges[bin + 1]},${share}`);
  }
  return `${rows.join("\r\n")}\r\n`;
}
