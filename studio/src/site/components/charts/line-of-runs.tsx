// A line chart of a board: metrics of its runs, one line for each or a band for each group.
import type { ReactNode } from "react";
import type { NamedSeries } from "../../api/series";
import { type ChartSpec, chartTitle, columnTitle, type Run } from "../../lib/board";
import { MetricLines } from "./metric-lines";
import type { ChartAction } from "./more-menu";

/** Lines are told apart up to here; a group may have more runs. */
const MOST_LINES = 100;
const MOST_SERIES = 500;

export function LineOfRuns({
  chart,
  runs,
  smoothing,
  height,
  sync,
  isLive,
  actions,
  more,
}: {
  chart: ChartSpec;
  runs: Run[];
  /** Of charts that have no smoothing of their own. */
  smoothing: number;
  height: number;
  sync: string;
  isLive: boolean;
  actions: ReactNode;
  more: ChartAction[];
}) {
  const metrics = chart.Metrics ?? [];
  const isGrouped = Boolean(chart.GroupBy);
  const most = Math.floor((isGrouped ? MOST_SERIES : MOST_LINES) / Math.max(1, metrics.length));
  const used = runs.slice(0, Math.max(1, most));
  return (
    <MetricLines
      title={chartTitle(chart)}
      wanted={wantedOf(chart, metrics, used)}
      axis={chart.Axis ?? "Step"}
      xMetric={chart.XMetric}
      settings={{
        smoothing: chart.Smoothing ?? smoothing,
        isLogX: chart.LogX ?? false,
        isLogY: chart.LogY ?? false,
      }}
      height={height}
      sync={`${sync} ${chart.Axis ?? "Step"}`}
      everyMs={isLive ? 5_000 : false}
      actions={actions}
      more={more}
      note={({ Bands }) => (
        <>
          {used.length < runs.length && `The newest ${used.length} of ${runs.length} runs. `}
          {Bands.length > 0 && "The mean of each group, from its lowest to its highest run. "}
          {Bands.some((band) => !band.IsWhole) && "Long series are sampled. "}
        </>
      )}
    />
  );
}

function wantedOf(chart: ChartSpec, metrics: string[], runs: Run[]): NamedSeries[] {
  return metrics.flatMap((metric, variant) =>
    runs.map((run) => {
      const named = { ResourceArn: run.arn, MetricName: metric, run: run.name, variant };
      if (chart.GroupBy) {
        const group = `${columnTitle(chart.GroupBy)} = ${run.values[chart.GroupBy] ?? "none"}`;
        return { ...named, name: run.title, Group: metrics.length > 1 ? `${metric}, ${group}` : group };
      }
      return { ...named, name: metrics.length > 1 ? `${run.title}, ${metric}` : run.title };
    }),
  );
}
