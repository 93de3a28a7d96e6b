// A chart of runs that is not of lines: scatter, bars, histogram, parallel coordinates, importance.
import { type ReactNode, useMemo, useRef, useState } from "react";
import { type ChartSpec, chartTitle, columnTitle, importanceParameters, isLessBetter, type Offered, parameter, type Run } from "../../lib/board";
import { bins } from "../../lib/histogram";
import { importances } from "../../lib/importance";
import { number } from "../../lib/format";
import { useTheme } from "../../theme";
import { EChart } from "./chart-code";
import type { EChartHandle, EChartsCoreOption } from "./echart";
import { IconButton } from "./icons";
import { type ChartAction, MoreMenu } from "./more-menu";
import { type Bar, barOption, histogramOption, importanceOption, parallelOption, scatterOption, shown } from "./options";
import { savePicture } from "./save";
import "../../style/charts.css";

const MOST_BARS = 30;
const MOST_ROWS = 200;

interface Drawing {
  option: EChartsCoreOption;
  head: string[];
  rows: string[][];
  note?: ReactNode;
  /** What stands in its place where there is nothing to draw. */
  empty?: string | undefined;
}

export function RunChart({
  chart,
  runs,
  offered,
  height,
  actions,
  more,
  onBrush,
}: {
  chart: ChartSpec;
  runs: Run[];
  offered: Offered;
  height: number;
  actions: ReactNode;
  more: ChartAction[];
  onBrush?: (names: string[] | undefined) => void;
}) {
  const theme = useTheme();
  const plot = useRef<EChartHandle>(null);
  const [isTable, setIsTable] = useState(false);
  const title = chartTitle(chart);
  // The theme is in the colours that the tokens have.
  const drawing = useMemo(() => drawingOf(chart, runs, offered), [chart, runs, offered, theme]);
  return (
    <section className="card chart-card" aria-label={title}>
      <header>
        <h2 title={title}>{title}</h2>
        <div className="chart-actions">
          <IconButton name="table" label="Values as a table" pressed={isTable} onClick={() => setIsTable(!isTable)} />
          {actions}
          <MoreMenu
            title={title}
            actions={[
              {
                label: "Save as a picture",
                run: () => {
                  const canvas = plot.current?.canvas();
                  if (canvas) savePicture(canvas, title, []);
                },
              },
              ...more,
            ]}
          />
        </div>
      </header>
      {drawing.empty !== undefined ? (
        <p className="soft chart-empty" style={{ height }}>
          {drawing.empty}
        </p>
      ) : isTable ? (
        <Rows {...drawing} height={height} />
      ) : (
        <EChart
          placeholder={<div style={{ height }} />}
          handle={plot}
          option={drawing.option}
          height={height}
          label={`${title}, ${drawing.rows.length} values. A button above shows them as a table.`}
          onBrush={
            onBrush &&
            ((indexes) => onBrush(indexes?.map((index) => runs[index]?.name).filter((name) => name !== undefined)))
          }
        />
      )}
      {drawing.note && <p className="soft chart-note">{drawing.note}</p>}
    </section>
  );
}

function Rows({ head, rows, height }: Drawing & { height: number }) {
  return (
    <div className="chart-values" style={{ height }} tabIndex={0} role="region" aria-label="Values">
      <table className="plain-table">
        <thead>
          <tr>
            {head.map((title, index) => (
              <th key={title} scope="col" className={index > 0 ? "number" : ""}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, index) =>
                index === 0 ? (
                  <th key={index} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={index} className="number mono">
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && <p className="soft">The first {MOST_ROWS} of {rows.length}.</p>}
    </div>
  );
}

const NOTHING = { option: {}, head: [], rows: [] };

function drawingOf(chart: ChartSpec, runs: Run[], offered: Offered): Drawing {
  switch (chart.Kind) {
    case "Scatter":
      return scatter(chart, runs);
    case "Bar":
      return bars(chart, runs);
    case "Histogram":
      return histogram(chart, runs);
    case "Parallel":
      return parallel(chart, runs);
    default:
      return importance(chart, runs, offered);
  }
}

function table(runs: Run[], paths: (string | undefined)[]): Pick<Drawing, "head" | "rows"> {
  const columns = [...new Set(paths.filter((path): path is string => Boolean(path)))];
  return {
    head: ["Run", ...columns.map(columnTitle)],
    rows: runs.map((run) => [run.title, ...columns.map((path) => shown(run.values[path]))]),
  };
}

function scatter(chart: ChartSpec, runs: Run[]): Drawing {
  if (!chart.X || !chart.Y) return { ...NOTHING, empty: "Choose what x and y are." };
  const both = runs.filter((run) => run.values[chart.X ?? ""] != null && run.values[chart.Y ?? ""] != null);
  if (both.length === 0) return { ...NOTHING, empty: "No run has both values." };
  const colours = both.map((run) => run.values[chart.Colour ?? ""]).filter((value) => typeof value === "number");
  return {
    option: scatterOption(chart, both),
    ...table(both, [chart.X, chart.Y, chart.Colour]),
    note:
      chart.Colour && colours.length > 0
        ? `Colour: ${columnTitle(chart.Colour)}, ${number(Math.min(...colours))} (dark) to ${number(Math.max(...colours))} (bright).`
        : undefined,
  };
}

function bars(chart: ChartSpec, runs: Run[]): Drawing {
  const path = chart.Value ?? "";
  const groups = new Map<string, { run: string; values: number[] }>();
  for (const run of runs) {
    const value = run.values[path];
    if (typeof value !== "number") continue;
    const by = chart.GroupBy ? String(run.values[chart.GroupBy] ?? "none") : run.name;
    const name = chart.GroupBy ? `${columnTitle(chart.GroupBy)} = ${by}` : run.title;
    const group = groups.get(by) ?? { run: chart.GroupBy ? name : run.name, values: [] };
    group.values.push(value);
    groups.set(by, group);
  }
  const isLess = isLessBetter(path);
  const found: Bar[] = [...groups].map(([by, { run, values }]) => ({
    name: chart.GroupBy ? run : (runs.find(({ name }) => name === by)?.title ?? by),
    run,
    value: values.reduce((sum, each) => sum + each, 0) / values.length,
    runs: values.length,
  }));
  found.sort((one, other) => (isLess ? one.value - other.value : other.value - one.value));
  if (found.length === 0) return { ...NOTHING, empty: path ? "No run has this value as a number." : "Choose a value." };
  const first = found.slice(0, MOST_BARS);
  return {
    option: barOption(first, columnTitle(path), chart.LogY ?? false),
    head: [chart.GroupBy ? "Group" : "Run", columnTitle(path), "Runs"],
    rows: found.map((bar) => [bar.name, number(bar.value), String(bar.runs)]),
    note: found.length > MOST_BARS ? `The ${MOST_BARS} best of ${found.length}; the table has all.` : undefined,
  };
}

function histogram(chart: ChartSpec, runs: Run[]): Drawing {
  const path = chart.Value ?? "";
  const values = runs.map((run) => run.values[path]).filter((value): value is number => typeof value === "number");
  const found = bins(values, chart.Bins, chart.LogX ?? false);
  if (found.length === 0) return { ...NOTHING, empty: path ? "No run has this value as a number." : "Choose a value." };
  return {
    option: histogramOption(found, columnTitle(path)),
    head: ["From", "To", "Runs"],
    rows: found.map((bin) => [number(bin.low), number(bin.high), String(bin.count)]),
  };
}

function parallel(chart: ChartSpec, runs: Run[]): Drawing {
  const paths = chart.Columns ?? [];
  if (paths.length < 2) return { ...NOTHING, empty: "Choose two columns or more." };
  const some = runs.filter((run) => paths.some((path) => run.values[path] != null));
  if (some.length === 0) return { ...NOTHING, empty: "No run has these values." };
  // The brush tells places in `runs`, so all of them are drawn.
  return {
    option: parallelOption(chart, runs),
    ...table(runs, [...paths, chart.Colour]),
    note: "Drag along an axis to choose runs for all charts; a click on the axis ends it.",
  };
}

function importance(chart: ChartSpec, runs: Run[], offered: Offered): Drawing {
  const path = chart.Value ?? "";
  const names = importanceParameters(offered);
  const metric = runs.map((run) => run.values[path] ?? null);
  const found = importances(
    Object.fromEntries(names.map((name) => [name, runs.map((run) => run.values[parameter(name)] ?? null)])),
    metric,
  );
  const count = metric.filter((value) => typeof value === "number").length;
  if (found.length === 0) {
    return {
      ...NOTHING,
      empty: path
        ? `Importance needs four runs or more with this metric and a parameter that differs; ${count} have the metric.`
        : "Choose a metric.",
    };
  }
  return {
    option: importanceOption(found.slice(0, 20)),
    head: ["Parameter", "Importance", "Rank correlation", "Runs"],
    rows: found.map((each) => [
      each.name,
      number(each.share),
      each.correlation === undefined ? "" : number(each.correlation),
      String(each.runs),
    ]),
    note: (
      <>
        The share of the metric's ranked differences that lies between groups of runs with like values of the parameter
        (epsilon squared), from {count} runs. Blue: more of it goes with more of the metric; gold: with less; grey: not
        a number. Each parameter is looked at alone, so joint effects do not show, and few runs tell little.
      </>
    ),
  };
}
