// One chart of metric series, read from the server as finely as the chart is wide and zoomed.
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { AXIS_TITLES, type AxisName, linesOf, type NamedSeries, series, type SeriesAnswer, type SeriesQuestion } from "../../api/series";
import type { Range } from "../../lib/curves";
import { Trouble } from "../trouble";
import { LineChart, type LineSettings } from "./line-chart";
import type { ChartAction } from "./more-menu";

export interface MetricLinesProps {
  title: string;
  wanted: NamedSeries[];
  axis: AxisName;
  xMetric?: string | undefined;
  settings: LineSettings;
  sync?: string | undefined;
  height?: number;
  /** While the runs go on: how often new points are asked for. */
  everyMs?: number | false;
  actions?: ReactNode;
  more?: ChartAction[];
  note?: (answer: SeriesAnswer) => ReactNode;
}

export function MetricLines({ wanted, axis, xMetric, everyMs = false, note, ...rest }: MetricLinesProps) {
  const [zoom, setZoom] = useState<Range>();
  const question: SeriesQuestion = {
    series: wanted.map(({ ResourceArn, MetricName, Group }) => ({
      ResourceArn,
      MetricName,
      ...(Group !== undefined && { Group }),
    })),
    axis,
    xMetric,
    zoom,
  };
  const asked = useQuery(series(question, everyMs));
  const answer = asked.data;
  // A parent that draws again gives an equal list: the lines stay the same then.
  const spelled = JSON.stringify(wanted);
  const lines = useMemo(() => {
    const named = JSON.parse(spelled) as NamedSeries[];
    return answer ? linesOf(named, answer) : [];
  }, [answer, spelled]);
  if (asked.error && !answer) return <Trouble error={asked.error} what={`the chart ${rest.title}`} />;
  const shown = answer?.XAxis ?? axis;
  const missing = answer?.Series.filter(({ Count, X }, index) => Count > 0 && X.length === 0 && !wanted[index]?.Group);
  return (
    <LineChart
      {...rest}
      lines={lines}
      axis={shown === "Metric" ? (xMetric ?? "") : AXIS_TITLES[shown]}
      isTime={shown === "Time"}
      zoom={zoom}
      onZoom={setZoom}
      isBusy={asked.isFetching && !answer}
      empty={axis === "Metric" && !xMetric ? "Choose the metric of the x axis." : "None of the runs has a point here."}
      note={
        <>
          {answer && note?.(answer)}
          {missing && missing.length > 0 && !zoom && ` ${missing.length} of the runs can't be placed on this axis.`}
        </>
      }
    />
  );
}
