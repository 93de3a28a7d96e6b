// Heat maps, ridges, lanes and what a search has tried, by ECharts. Loaded with the first page that has one.
import { CustomChart, HeatmapChart, LineChart } from "echarts/charts";
import { use } from "echarts/core";
import { type Ref, useMemo, useRef } from "react";
import { tokenColour } from "../../lib/run-colour";
import { useTheme } from "../../theme";
import EChart, { type EChartHandle, type EChartsCoreOption } from "./echart";

use([CustomChart, HeatmapChart, LineChart]);

export type { EChartHandle };

export default function CanvasChart({
  option,
  height,
  label,
  handle,
  onPick,
}: {
  /** Asked anew for each theme, because a canvas keeps the colours that it was drawn with. */
  option: (colour: (token: string) => string) => EChartsCoreOption;
  height: number;
  label: string;
  handle?: Ref<EChartHandle>;
  onPick?: (value: unknown) => void;
}) {
  const theme = useTheme();
  const own = useRef<EChartHandle>(null);
  const made = useMemo(
    () => ({ animation: false, textStyle: { fontFamily: "system-ui, sans-serif" }, ...option(tokenColour) }),
    [option, theme],
  );
  return <EChart option={made} height={height} label={label} handle={handle ?? own} onPick={onPick} />;
}
