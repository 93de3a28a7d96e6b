// One chart of a board: it can be moved, made wider, changed, copied, removed.
import { useSortable } from "@dnd-kit/sortable";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { type ChartSpec, chartTitle, type Offered, type Run } from "../../lib/board";
import { Icon, IconButton } from "./icons";
import { LineOfRuns } from "./line-of-runs";
import { RunChart } from "./run-chart";

const HEIGHT = 260;

export function BoardChart({
  chart,
  runs,
  offered,
  smoothing,
  sync,
  isLive,
  onChange,
  onEdit,
  onCopy,
  onMove,
  onRemove,
  onBrush,
}: {
  chart: ChartSpec;
  runs: Run[];
  offered: Offered;
  smoothing: number;
  sync: string;
  isLive: boolean;
  onChange: (chart: ChartSpec) => void;
  onEdit: () => void;
  onCopy: () => void;
  /** One place to the front or to the end; undefined at the ends. */
  onMove: { forward: (() => void) | undefined; back: (() => void) | undefined };
  onRemove: () => void;
  onBrush: (names: string[] | undefined) => void;
}) {
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({
    id: chart.Id,
  });
  const title = chartTitle(chart);
  const height = HEIGHT * (chart.Height ?? 1);
  const actions = (
    <>
      <IconButton name="edit" label={`Change ${title}`} onClick={onEdit} />
      <button
        ref={setActivatorNodeRef}
        type="button"
        className="icon-button drag"
        title="Drag to move, or Space and arrow keys"
        {...attributes}
        {...listeners}
      >
        <Icon name="drag" />
        <span className="hidden-text">Move {title}</span>
      </button>
    </>
  );
  const more = [
    ...(chart.Width < 3 ? [{ label: "Wider", run: () => onChange({ ...chart, Width: chart.Width + 1 }) }] : []),
    ...(chart.Width > 1 ? [{ label: "Narrower", run: () => onChange({ ...chart, Width: chart.Width - 1 }) }] : []),
    ...(onMove.forward ? [{ label: "Move forward", run: onMove.forward }] : []),
    ...(onMove.back ? [{ label: "Move back", run: onMove.back }] : []),
    { label: "Copy", run: onCopy },
    { label: "Remove", run: onRemove },
  ];
  return (
    <div
      ref={setNodeRef}
      className={`board-cell wide-${chart.Width}${isDragging ? " dragged" : ""}`}
      style={{
        ...(transform && { transform: `translate3d(${transform.x}px, ${transform.y}px, 0)` }),
        ...(transition && { transition }),
      }}
    >
      <InSight height={height + 90}>
        {chart.Kind === "Line" ? (
          <LineOfRuns
            chart={chart}
            runs={runs}
            smoothing={smoothing}
            height={height}
            sync={sync}
            isLive={isLive}
            actions={actions}
            more={more}
          />
        ) : (
          <RunChart
            chart={chart}
            runs={runs}
            offered={offered}
            height={height}
            actions={actions}
            more={more}
            onBrush={onBrush}
          />
        )}
      </InSight>
    </div>
  );
}

/** What is far below is not asked for and not drawn until it comes near. */
function InSight({ height, children }: { height: number; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    const place = box.current;
    if (place === null || isSeen) return undefined;
    const watcher = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setIsSeen(true),
      { rootMargin: "400px" },
    );
    watcher.observe(place);
    return () => watcher.disconnect();
  }, [isSeen]);
  return isSeen ? children : <div ref={box} className="card" aria-busy="true" style={{ height }} />;
}
