// The values of a tensor as a heat map: rows from the top, zero in the middle of the colours.
import type { TensorValues } from "../api/debugger-operations";
import { axisOf, bothWays, tipOf } from "./chart-style";
import { number } from "./format";

type Colour = (token: string) => string;

/** scale: the size of a value with full colour. */
export function valueOption(found: TensorValues, scale: number) {
  const { Values: values, Rows: rows, Columns: columns, BlockRows: high, BlockColumns: wide } = found;
  const rowNames = values.map((_, at) => String(rows[0] + at * high));
  const columnNames = (values[0] ?? []).map((_, at) => String(columns[0] + at * wide));
  const isBlock = high > 1 || wide > 1;
  return (colour: Colour) => ({
    grid: { left: 56, right: 16, top: 12, bottom: 60 },
    tooltip: tipOf(colour, ({ value }) => {
      const [column, row, shown] = value as [number, number, number | null];
      const place = found.IsFolded
        ? `element ${(rows[0] + row) * found.Matrix[1] + columns[0] + column}`
        : `row ${spanOf(rows[0] + row * high, high, rows[1])}, column ${spanOf(columns[0] + column * wide, wide, columns[1])}`;
      return `${place}\n${shown === null ? "not finite, or nothing" : number(shown)}${isBlock ? " (of the block)" : ""}`;
    }),
    xAxis: axisOf(colour, { type: "category", data: columnNames }),
    yAxis: axisOf(colour, { type: "category", data: rowNames, inverse: true }),
    visualMap: {
      min: -scale,
      max: scale,
      dimension: 2,
      calculable: false,
      orient: "horizontal",
      left: "center",
      bottom: 4,
      itemHeight: 200,
      itemWidth: 10,
      text: [number(scale), number(-scale)],
      textStyle: { color: colour("--ink-soft"), fontSize: 12 },
      inRange: { color: bothWays() },
      outOfRange: { color: colour("--magenta") },
    },
    series: [
      {
        type: "heatmap",
        progressive: 0,
        emphasis: { itemStyle: { borderColor: colour("--ink"), borderWidth: 1 } },
        data: values.flatMap((row, at) => row.map((value, column) => [column, at, value ?? "-"])),
      },
    ],
  });
}

function spanOf(first: number, count: number, end: number): string {
  const last = Math.min(first + count, end) - 1;
  return last > first ? `${first} to ${last}` : String(first);
}

/** The size of full colour: that of the largest value; 1 where all are zero. */
export function scaleOf({ Low: low, High: high }: TensorValues): number {
  return Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0)) || 1;
}
