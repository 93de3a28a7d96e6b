// The values of a tensor at one step, as a heat map; a slider goes through the steps, a click zooms in.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { tensorValues } from "../../api/debugger";
import type { TensorSeries, TensorValues } from "../../api/debugger-operations";
import type { EChartHandle } from "../../components/charts/canvas-chart";
import { CanvasChart } from "../../components/charts/chart-code";
import { IconButton } from "../../components/charts/icons";
import { MoreMenu } from "../../components/charts/more-menu";
import { savePicture, saveText } from "../../components/charts/save";
import { StepSlider } from "../../components/step-slider";
import { Trouble } from "../../components/trouble";
import { type DebuggerAddress, indexOf } from "../../lib/debugger-address";
import { nearestStep } from "../../lib/tensor-lines";
import { scaleOf, valueOption } from "../../lib/value-option";

const HEIGHT = 420;
/** Rows and columns: what a canvas draws quickly, and an eye tells apart. */
const MOST = 160;

interface Part {
  rows: [number, number];
  columns: [number, number];
}

export function ValueCard({
  title,
  name,
  series,
  address,
  onChange,
}: {
  title: string;
  name: string;
  series: TensorSeries;
  address: DebuggerAddress;
  onChange: (changes: DebuggerAddress) => void;
}) {
  const chart = useRef<EChartHandle>(null);
  const [part, setPart] = useState<Part>();
  const [held, setHeld] = useState<number>();
  const { Steps: steps, Shape: shape, Tensor: tensor } = series;
  const step = nearestStep(steps, address.step) ?? 0;
  const spelled = indexOf(address.index);
  const index = spelled?.length === shape.length - 2 ? spelled : undefined;
  const asked = useQuery(
    tensorValues(name, tensor, step, {
      worker: address.worker,
      most: MOST,
      index,
      rows: part?.rows,
      columns: part?.columns,
      reduce: address.reduce,
    }),
  );
  const found = asked.data?.Tensor === tensor ? asked.data : undefined;
  useEffect(() => setPart(undefined), [tensor, address.index]);
  const scale = held ?? (found ? scaleOf(found) : 1);
  const option = useMemo(() => found && valueOption(found, scale), [found, scale]);
  const isReduced = found !== undefined && (found.BlockRows > 1 || found.BlockColumns > 1);
  const zoomIn = (value: unknown): void => {
    if (!found || !isReduced || !Array.isArray(value)) return;
    const [column, row] = value as [number, number];
    setPart({ rows: around(found, 0, row), columns: around(found, 1, column) });
  };
  return (
    <section className="card chart-card" aria-label={title} aria-busy={asked.isPlaceholderData}>
      <header>
        <h2 title={title}>{title}</h2>
        <div className="chart-actions">
          {isReduced && (
            <div className="switch" role="group" aria-label="A block is drawn as">
              <button type="button" aria-pressed={address.reduce === undefined} onClick={() => onChange({ reduce: undefined })}>
                Mean
              </button>
              <button type="button" aria-pressed={address.reduce === "max"} onClick={() => onChange({ reduce: "max" })}>
                Largest
              </button>
            </div>
          )}
          <button
            type="button"
            className="button small"
            aria-pressed={held !== undefined}
            title="Keep the colours of this step, so that steps can be compared"
            onClick={() => setHeld(held === undefined ? scale : undefined)}
          >
            hold colours
          </button>
          {part && <IconButton name="reset" label="Show the whole tensor" onClick={() => setPart(undefined)} />}
          <MoreMenu
            title={title}
            actions={[
              {
                label: "Save the values as CSV",
                run: () =>
                  found && saveText(found.Values.map((row) => row.join(",")).join("\r\n"), `${tensor} step ${step}`, "csv", "text/csv"),
              },
              {
                label: "Save as a picture",
                run: () => {
                  const canvas = chart.current?.canvas();
                  if (canvas) savePicture(canvas, `${tensor}, step ${step}`, []);
                },
              },
            ]}
          />
        </div>
      </header>
      {shape.length > 2 && <Axes shape={shape} index={index} onChange={(chosen) => onChange({ index: chosen })} />}
      {asked.error ? (
        <Trouble error={asked.error} what="the values" />
      ) : option ? (
        <CanvasChart
          placeholder={<div style={{ height: HEIGHT }} />}
          handle={chart}
          option={option}
          height={HEIGHT}
          label={`The values of ${tensor} at step ${step}, from ${String(found?.Low)} to ${String(found?.High)}`}
          onPick={zoomIn}
        />
      ) : (
        <div style={{ height: HEIGHT }} />
      )}
      <StepSlider steps={steps} step={step} onStep={(chosen) => onChange({ step: chosen })} isBusy={asked.isFetching} />
      {found && <p className="soft chart-note">{noteOf(found)}</p>}
    </section>
  );
}

/** An eighth of the rows or columns, with the clicked block in the middle. */
function around(found: TensorValues, axis: 0 | 1, block: number): [number, number] {
  const [start, end] = axis === 0 ? found.Rows : found.Columns;
  const by = axis === 0 ? found.BlockRows : found.BlockColumns;
  const wide = Math.max(16, Math.ceil((end - start) / 8));
  const middle = start + block * by + by / 2;
  const first = Math.max(start, Math.min(end - wide, Math.round(middle - wide / 2)));
  return [first, Math.min(end, first + wide)];
}

function noteOf(found: TensorValues): string {
  const parts = [];
  if (found.IsFolded) parts.push("a vector, in lines from the top left");
  else parts.push(`${found.Matrix[0]} × ${found.Matrix[1]}`);
  const isPart = found.Rows[1] - found.Rows[0] < found.Matrix[0] || found.Columns[1] - found.Columns[0] < found.Matrix[1];
  if (isPart) parts.push(`rows ${found.Rows[0]} to ${found.Rows[1] - 1}, columns ${found.Columns[0]} to ${found.Columns[1] - 1}`);
  if (found.BlockRows > 1 || found.BlockColumns > 1) {
    parts.push(`each cell is a block of ${found.BlockRows} × ${found.BlockColumns}; a click shows its part`);
  }
  return parts.join("; ");
}

function Axes({
  shape,
  index,
  onChange,
}: {
  shape: number[];
  index: number[] | undefined;
  onChange: (index: string | undefined) => void;
}) {
  const leading = shape.slice(0, -2);
  return (
    <div className="toolbar">
      <div className="switch" role="group" aria-label="Of more than two axes">
        <button type="button" aria-pressed={index === undefined} onClick={() => onChange(undefined)}>
          First axis by all others
        </button>
        <button type="button" aria-pressed={index !== undefined} onClick={() => onChange(leading.map(() => 0).join(","))}>
          One slice
        </button>
      </div>
      {index?.map((place, axis) => (
        <label key={axis} className="axis">
          axis {axis}
          <input
            type="number"
            className="field"
            min={0}
            max={(leading[axis] ?? 1) - 1}
            value={place}
            onChange={(event) => {
              const chosen = Math.max(0, Math.min((leading[axis] ?? 1) - 1, Math.trunc(event.target.valueAsNumber || 0)));
              onChange(index.map((each, at) => (at === axis ? chosen : each)).join(","));
            }}
          />
        </label>
      ))}
    </div>
  );
}
