// Any other chart on a canvas, by ECharts: only the parts that boards use are in the page.
import { BarChart, ParallelChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, ParallelComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { type EChartsCoreOption, type EChartsType, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";

use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  GridComponent,
  ParallelChart,
  ParallelComponent,
  ScatterChart,
  TooltipComponent,
  VisualMapComponent,
]);

export type { EChartsCoreOption };

export interface EChartHandle {
  canvas(): HTMLCanvasElement | undefined;
}

export default function EChart({
  option,
  height,
  label,
  handle,
  onBrush,
  onPick,
}: {
  option: EChartsCoreOption;
  height: number;
  label: string;
  handle: Ref<EChartHandle>;
  /** The indexes of the lines that parallel axes have chosen; undefined for all of them. */
  onBrush?: ((indexes: number[] | undefined) => void) | undefined;
  /** The value of the mark that was clicked, as the option gave it. */
  onPick?: ((value: unknown) => void) | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const told = useRef(onBrush);
  told.current = onBrush;
  const picked = useRef(onPick);
  picked.current = onPick;

  useImperativeHandle(handle, () => ({
    canvas: () => box.current?.querySelector("canvas") ?? undefined,
  }));

  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const made = init(place, undefined, { renderer: "canvas" });
    chart.current = made;
    made.on("axisareaselected", () => told.current?.(chosenLines(made)));
    made.on("click", (event) => picked.current?.(event.value));
    const sizes = new ResizeObserver(() => made.resize());
    sizes.observe(place);
    return () => {
      sizes.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);

  return <div ref={box} className="echart" role="img" aria-label={label} style={{ minHeight: height, flexBasis: height }} />;
}

interface ParallelSeries {
  getRawIndicesByActiveState(state: string): number[];
}

function chosenLines(chart: EChartsType): number[] | undefined {
  // ECharts tells the intervals of the axes; which lines are in all of them, only its series knows.
  const model = (chart as unknown as { getModel(): { getSeriesByIndex(index: number): ParallelSeries } }).getModel();
  const series = model.getSeriesByIndex(0);
  const isAll = series.getRawIndicesByActiveState("normal").length > 0;
  return isAll ? undefined : series.getRawIndicesByActiveState("active");
}
