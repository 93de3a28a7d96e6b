// A board of charts over the runs of an experiment, or over some runs: added, arranged, changed, removed.
import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { arrayMove, rectSortingStrategy, SortableContext } from "@dnd-kit/sortable";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { offered as offeredColumns, runs as runsOf, type Scope } from "../../api/runs";
import { boardColumns, CHART_KINDS, type ChartSpec, chartTitle, KIND_TITLES, newChart, type Offered, usualCharts } from "../../lib/board";
import { Trouble } from "../trouble";
import { BoardChart } from "./board-chart";
import { ChartEditor } from "./chart-editor";
import { byOrder } from "./order-keys";
import { type EditedBoard, useBoard } from "./use-board";
import "../../style/charts.css";

const NONE: Offered = { metrics: [], parameters: [], differing: [] };
const MOST_CHARTS = 60;

/**
 * experiment: whose board it is. components: only these of its runs; without an experiment, the charts are the
 * caller's (`own`) and are not kept on the server. smoothing: of the charts that have none of their own.
 */
export function ChartBoard({
  experiment,
  components,
  own,
  smoothing = 0,
  onSmoothing,
}: Scope & {
  smoothing: number | undefined;
  onSmoothing: (smoothing: number | undefined) => void;
  own?: { charts: ChartSpec[] | undefined; onChange: (charts: ChartSpec[] | undefined) => void };
}) {
  const kept = useBoard(experiment);
  const board: EditedBoard =
    own && experiment === undefined
      ? { charts: own.charts, change: own.onChange, isPending: false, isKeeping: false, readError: null, error: null, isOutdated: false, resolve: () => undefined }
      : kept;
  const scope = useMemo(() => (components ? { components } : { experiment }), [components, experiment]);
  const known = useQuery(offeredColumns(scope));
  const names = known.data ?? NONE;
  const charts = useMemo(() => board.charts ?? usualCharts(names), [board.charts, names]);
  const columns = useMemo(() => boardColumns(charts, names), [charts, names]);
  // Which columns the charts need is known with their names.
  const isKnown = known.data !== undefined && !board.isPending;
  const found = useQuery({ ...runsOf(scope, columns), enabled: isKnown });
  const [edited, setEdited] = useState<{ chart: ChartSpec; isNew: boolean }>();
  const [removed, setRemoved] = useState<{ title: string; before: ChartSpec[] }>();
  const [brushed, setBrushed] = useState<{ id: string; names: ReadonlySet<string> }>();
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, { coordinateGetter: byOrder }),
  );

  const change = (next: ChartSpec[] | undefined): void => {
    setRemoved(undefined);
    board.change(next);
  };
  const replace = (chart: ChartSpec): void => change(charts.map((each) => (each.Id === chart.Id ? chart : each)));
  const onDragEnd = ({ active, over }: DragEndEvent): void => {
    const [from, to] = [active.id, over?.id].map((id) => charts.findIndex((chart) => chart.Id === id));
    if (from !== undefined && to !== undefined && from >= 0 && to >= 0 && from !== to) change(arrayMove(charts, from, to));
  };

  const titleOf = (id: string | number | undefined): string => {
    const chart = charts.find((each) => each.Id === id);
    return chart === undefined ? "" : chartTitle(chart);
  };
  const placeOf = (id: string | number): string =>
    `place ${charts.findIndex((each) => each.Id === id) + 1} of ${charts.length}`;
  const error = known.error ?? found.error;
  if (error) return <Trouble error={error} what="the runs" />;
  if (board.readError) return <Trouble error={board.readError} what="the charts of the experiment" />;
  if (known.isPending || board.isPending || found.data === undefined) return <p className="soft">Loading …</p>;
  const all = found.data.runs;
  const shown = brushed === undefined ? all : all.filter((run) => brushed.names.has(run.name));
  return (
    <div className="stack board">
      <div className="toolbar">
        <AddChart isFull={charts.length >= MOST_CHARTS} onAdd={(kind) => setEdited({ chart: newChart(kind, newId(charts), names), isNew: true })} />
        <label className="board-smoothing">
          Smoothing
          <input
            type="range"
            min={0}
            max={0.99}
            step={0.01}
            value={smoothing}
            onChange={(event) => onSmoothing(Number(event.target.value) || undefined)}
          />
          <output className="mono">{smoothing.toFixed(2)}</output>
        </label>
        {board.charts !== undefined && (
          <button type="button" className="button plain" onClick={() => change(undefined)}>
            Usual charts
          </button>
        )}
        <span className="soft" role="status">
          {brushed
            ? `${shown.length} of ${all.length} runs`
            : found.data.total > all.length
              ? `The newest ${all.length.toLocaleString("en")} of ${found.data.total.toLocaleString("en")} runs`
              : `${all.length.toLocaleString("en")} run${all.length === 1 ? "" : "s"}`}
          {board.isKeeping && " · keeping the charts …"}
        </span>
        {brushed && (
          <button type="button" className="button" onClick={() => setBrushed(undefined)}>
            All runs
          </button>
        )}
      </div>
      {board.error && <Trouble error={board.error} what="the charts you have changed" />}
      {board.isOutdated && (
        <div className="error" role="alert">
          <h2>Somebody has changed these charts meanwhile</h2>
          <p>Yours are not kept yet.</p>
          <div className="row">
            <button type="button" className="button" onClick={() => board.resolve(false)}>
              Show theirs
            </button>
            <button type="button" className="button danger" onClick={() => board.resolve(true)}>
              Keep mine in their place
            </button>
          </div>
        </div>
      )}
      {removed && (
        <p className="board-undo" role="status">
          {removed.title} was removed.
          <button type="button" className="button small" onClick={() => change(removed.before)}>
            Undo
          </button>
        </p>
      )}
      {all.length === 0 ? (
        <div className="card empty">
          <h2>There is no run to draw yet</h2>
          <p className="soft">Train something with this experiment, and its metrics appear here.</p>
        </div>
      ) : charts.length === 0 ? (
        <div className="card empty">
          <h2>{board.charts ? "This board has no chart" : "These runs have no metrics yet"}</h2>
          <p className="soft">Add one above{board.charts ? ", or take the usual ones." : "."}</p>
        </div>
      ) : (
        <DndContext
          sensors={sensors}
          collisionDetection={closestCenter}
          onDragEnd={onDragEnd}
          accessibility={{
            announcements: {
              onDragStart: ({ active }) => `${titleOf(active.id)} is being moved.`,
              onDragOver: ({ active, over }) => over ? `${titleOf(active.id)} is at ${placeOf(over.id)}.` : undefined,
              onDragEnd: ({ active, over }) => over ? `${titleOf(active.id)} stays at ${placeOf(over.id)}.` : undefined,
              onDragCancel: ({ active }) => `${titleOf(active.id)} is where it was.`,
            },
          }}
        >
          <SortableContext items={charts.map((chart) => chart.Id)} strategy={rectSortingStrategy}>
            <div className="board-grid">
              {charts.map((chart, place) => (
                <BoardChart
                  key={chart.Id}
                  chart={chart}
                  runs={chart.Kind === "Parallel" ? all : shown}
                  offered={names}
                  smoothing={smoothing}
                  sync={experiment ?? "compare"}
                  isLive={found.data.isLive}
                  onChange={replace}
                  onEdit={() => setEdited({ chart, isNew: false })}
                  onCopy={() => {
                    const copy = { ...chart, Id: newId(charts) };
                    change(charts.flatMap((each) => (each.Id === chart.Id ? [each, copy] : [each])));
                  }}
                  onMove={{
                    forward: place > 0 ? () => change(arrayMove(charts, place, place - 1)) : undefined,
                    back: place < charts.length - 1 ? () => change(arrayMove(charts, place, place + 1)) : undefined,
                  }}
                  onRemove={() => {
                    change(charts.filter((each) => each.Id !== chart.Id));
                    setRemoved({ title: chartTitle(chart), before: charts });
                    if (brushed?.id === chart.Id) setBrushed(undefined);
                  }}
                  onBrush={(chosen) =>
                    setBrushed(chosen === undefined ? undefined : { id: chart.Id, names: new Set(chosen) })
                  }
                />
              ))}
            </div>
          </SortableContext>
        </DndContext>
      )}
      {edited && (
        <ChartEditor
          chart={edited.chart}
          offered={names}
          isNew={edited.isNew}
          onClose={() => setEdited(undefined)}
          onDone={(chart) => {
            setEdited(undefined);
            if (edited.isNew) change([...charts, chart]);
            else replace(chart);
          }}
        />
      )}
    </div>
  );
}

function AddChart({ isFull, onAdd }: { isFull: boolean; onAdd: (kind: (typeof CHART_KINDS)[number]) => void }) {
  return (
    <select
      className="field"
      aria-label="Add a chart"
      value=""
      disabled={isFull}
      onChange={(event) => {
        const kind = CHART_KINDS.find((each) => each === event.target.value);
        if (kind !== undefined) onAdd(kind);
      }}
    >
      <option value="">{isFull ? `A board has ${MOST_CHARTS} charts at most` : "Add a chart …"}</option>
      {CHART_KINDS.map((kind) => (
        <option key={kind} value={kind}>
          {KIND_TITLES[kind]}
        </option>
      ))}
    </select>
  );
}

function newId(charts: readonly ChartSpec[]): string {
  const taken = new Set(charts.map((chart) => chart.Id));
  let number = charts.length + 1;
  while (taken.has(`chart-${number}`)) number += 1;
  return `chart-${number}`;
}
