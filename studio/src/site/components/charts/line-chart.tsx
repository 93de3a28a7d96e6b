// A line chart as a card: title, actions, plot, what is under the cursor, legend, table of values.
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { csvOf, type Line, type Mark, type Range, readings, xRange, yRange } from "../../lib/curves";
import { instant, number } from "../../lib/format";
import { canvasColour, dashIndexes, runColour } from "../../lib/run-colour";
import { smoothed } from "../../lib/smooth";
import { useTheme } from "../../theme";
import { LinePlot } from "./chart-code";
import { IconButton } from "./icons";
import { Legend } from "./line-legend";
import type { Cursor, PlotHandle } from "./line-plot";
import { Values } from "./line-values";
import { type ChartAction, MoreMenu } from "./more-menu";
import { savePicture, saveText } from "./save";
import "../../style/charts.css";

const MOST_READ = 10;

export interface LineSettings {
  /** 0 to 0.99. */
  smoothing: number;
  isLogX: boolean;
  isLogY: boolean;
}

export interface LineChartProps {
  title: string;
  lines: Line[];
  settings: LineSettings;
  /** What x is: "step". */
  axis: string;
  /** Whether x is in epoch seconds. */
  isTime?: boolean;
  /** The part of the x axis that is shown; all without it. */
  zoom: Range | undefined;
  onZoom: (zoom: Range | undefined) => void;
  height?: number;
  sync?: string | undefined;
  /** Lines across the plot. */
  marks?: readonly Mark[] | undefined;
  /** Below the plot: how many points, what is left out. */
  note?: ReactNode;
  /** Buttons of the caller, and further entries of the menu. */
  actions?: ReactNode;
  more?: ChartAction[];
  isBusy?: boolean;
  /** What a chart without a point says. */
  empty?: string;
}

export function LineChart(props: LineChartProps) {
  const { title, settings, axis, zoom, onZoom, isTime = false, height = 240 } = props;
  const theme = useTheme();
  const card = useRef<HTMLElement>(null);
  const plot = useRef<PlotHandle>(null);
  const share = useRef(0.5);
  const [cursor, setCursor] = useState<Cursor>();
  const [emphasis, setEmphasis] = useState<string>();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [isTable, setIsTable] = useState(false);
  const [isFull, setIsFull] = useState(false);

  // Loaded while the points are asked for.
  useEffect(() => void LinePlot.load(), []);
  const dashes = useMemo(() => dashIndexes(props.lines.map((line) => line.run)), [props.lines]);
  const lines = useMemo(
    () =>
      props.lines
        .filter((line) => !hidden.has(line.key))
        .map((line) =>
          settings.smoothing > 0
            ? { ...line, values: smoothed(line.x, line.values, settings.smoothing), raw: line.raw ?? line.values }
            : line,
        ),
    [props.lines, hidden, settings.smoothing],
  );
  const scales = useMemo(() => {
    const hasLogX = settings.isLogX && !isTime && (xRange(lines, true)?.[1] ?? 0) > 0;
    const x = zoom ?? xRange(lines, hasLogX);
    const isLogX = hasLogX && x !== undefined && x[0] > 0;
    const logY = settings.isLogY && x !== undefined ? yRange(lines, x, true) : undefined;
    const y = x === undefined ? undefined : (logY ?? yRange(lines, x, false));
    return x === undefined || y === undefined
      ? undefined
      : { x, y, isLogX, isLogY: logY !== undefined, isTime };
  }, [lines, settings.isLogX, settings.isLogY, zoom, isTime]);

  const place = (value: number): string => (isTime ? instant(value) : number(value));
  const read = cursor === undefined ? [] : readings(lines, cursor.x, 24 * cursor.perPixel, cursor.y);

  const onKey = (event: React.KeyboardEvent): void => {
    const moves: Record<string, number> = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 };
    const move = moves[event.key];
    if (event.target !== event.currentTarget) return;
    if (move !== undefined) {
      share.current = Math.min(1, Math.max(0, share.current + move));
      plot.current?.point(share.current);
    } else if ((event.key === "+" || event.key === "-") && scales !== undefined) {
      const [low, high] = scales.x;
      const middle = cursor?.x ?? (low + high) / 2;
      const factor = event.key === "+" ? 0.5 : 2;
      onZoom([middle - (middle - low) * factor, middle + (high - middle) * factor]);
    } else if (event.key === "0") onZoom(undefined);
    else return;
    event.preventDefault();
  };

  const toggle = (key: string): void => {
    const changed = new Set(hidden);
    if (!changed.delete(key)) changed.add(key);
    setHidden(changed);
  };

  return (
    <section
      ref={card}
      className={`card line-chart${isFull ? " full" : ""}`}
      aria-label={title}
      aria-busy={props.isBusy ?? false}
    >
      <header>
        <h2 title={title}>{title}</h2>
        <div className="chart-actions">
          {zoom && <IconButton name="reset" label="Show the whole axis" onClick={() => onZoom(undefined)} />}
          <IconButton name="table" label="Values as a table" pressed={isTable} onClick={() => setIsTable(!isTable)} />
          <IconButton
            name="full"
            label="Full screen"
            pressed={isFull}
            onClick={() => {
              if (document.fullscreenElement) void document.exitFullscreen();
              else void card.current?.requestFullscreen().catch(() => undefined);
              const onChange = (): void => {
                const isOn = document.fullscreenElement === card.current;
                setIsFull(isOn);
                if (!isOn) document.removeEventListener("fullscreenchange", onChange);
              };
              document.addEventListener("fullscreenchange", onChange);
            }}
          />
          {props.actions}
          <MoreMenu
            title={title}
            actions={[
              { label: "Save the values as CSV", run: () => saveText(csvOf(lines, axis), title, "csv", "text/csv") },
              {
                label: "Save as a picture",
                run: () => {
                  const canvas = plot.current?.canvas();
                  const legend = lines.map((line) => ({ name: line.name, colour: canvasColour(line.run) }));
                  if (canvas) savePicture(canvas, title, legend);
                },
              },
              ...(props.more ?? []),
            ]}
          />
        </div>
      </header>
      {scales === undefined ? (
        <p className="soft chart-empty" style={{ height }}>
          {props.isBusy ? "Loading …" : (props.empty ?? "No point yet.")}
        </p>
      ) : isTable ? (
        <Values lines={lines} within={scales.x} axis={axis} place={place} height={height} />
      ) : (
        <div
          className="plot-box"
          role="application"
          aria-roledescription="line chart"
          aria-label={`${title} by ${axis}. Arrow keys move the cursor, + and - zoom, 0 shows all. Values as a table are a button above.`}
          tabIndex={0}
          onKeyDown={onKey}
        >
          <LinePlot
            placeholder={<div style={{ height }} />}
            handle={plot}
            lines={lines}
            scales={scales}
            dashes={dashes}
            marks={props.marks}
            emphasis={emphasis}
            theme={theme}
            height={isFull ? window.innerHeight - 180 : height}
            sync={props.sync}
            onCursor={setCursor}
            onZoom={onZoom}
            onReset={() => onZoom(undefined)}
          />
          {cursor?.isHere && read.length > 0 && (
            <div
              className="chart-tip"
              role="status"
              style={
                cursor.left > (card.current?.clientWidth ?? 0) / 2
                  ? { right: `calc(100% - ${cursor.left - 12}px)`, top: 8 }
                  : { left: cursor.left + 12, top: 8 }
              }
            >
              <p className="soft">
                {axis} {place(read[0]?.x ?? cursor.x)}
              </p>
              <ul>
                {read.slice(0, MOST_READ).map(({ line, value }, index) => (
                  <li key={line.key} className={index === 0 && read.length > 1 ? "near" : ""}>
                    <span className="swatch" style={{ background: runColour(line.run) }} />
                    <span className="tip-name">{line.name}</span>
                    <span className="mono">{number(value)}</span>
                  </li>
                ))}
              </ul>
              {marksNear(props.marks, cursor.x, 6 * cursor.perPixel).map((label) => (
                <p key={label}>◆ {label}</p>
              ))}
              {read.length > MOST_READ && <p className="soft">and {read.length - MOST_READ} more</p>}
            </div>
          )}
        </div>
      )}
      {props.lines.length > 1 && (
        <Legend lines={props.lines} hidden={hidden} dashes={dashes} onToggle={toggle} onEmphasis={setEmphasis} />
      )}
      {props.note && <p className="soft chart-note">{props.note}</p>}
    </section>
  );
}

function marksNear(marks: readonly Mark[] = [], x: number, tolerance: number): string[] {
  return [...new Set(marks.filter((mark) => Math.abs(mark.x - x) <= tolerance).map(({ label }) => label))];
}
