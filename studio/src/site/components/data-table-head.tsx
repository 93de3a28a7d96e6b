// The titles of a data table: a click sorts, dragging one moves its column, dragging its edge resizes it.
import { DndContext, PointerSensor, useDraggable, useDroppable, useSensor, useSensors } from "@dnd-kit/core";
import { useEffect, useRef } from "react";
import { moved, resized, type ShownColumn, type SortOrder } from "../lib/table-view";
import type { ColumnPlaces, DataColumn, PlacedColumn } from "./data-columns";
import { SELECT_PX } from "./data-table-row";
import { openMenuOf } from "./menu";

export const HEAD_PX = 40;

/** A pointer that moves less has clicked. */
const DRAG_PX = 6;

interface HeadProps<Row> {
  id: string;
  places: ColumnPlaces<Row>;
  inSight: PlacedColumn<Row>[];
  shown: readonly ShownColumn[];
  sort: SortOrder | undefined;
  active: string | undefined;
  onSort: (column: DataColumn<Row>) => void;
  onColumns: (columns: ShownColumn[]) => void;
  selected?: "all" | "some" | "none";
  onSelectAll?: (all: boolean) => void;
}

export function TableHead<Row>(props: HeadProps<Row>) {
  const { id, places, inSight, shown, sort, active, onSort, onColumns, selected, onSelectAll } = props;
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: DRAG_PX } }));
  const title = (place: PlacedColumn<Row>, isPinned: boolean, first: boolean) => (
    <Title
      key={place.column.id}
      id={`${id}--1-${place.index}`}
      place={place}
      isPinned={isPinned}
      isLastPinned={isPinned && place.index === places.pinned.length - 1}
      isFirst={first}
      isActive={active === place.column.id}
      sorted={sort?.by === place.column.id ? (sort.descending ? "descending" : "ascending") : undefined}
      onSort={() => onSort(place.column)}
      onUsualWidth={() => onColumns(resized(shown, place.column.id, undefined))}
    />
  );
  return (
    <DndContext
      sensors={sensors}
      accessibility={{ container: document.body }}
      onDragEnd={({ active: dragged, over }) => {
        if (over !== null) onColumns(moved(shown, String(dragged.id), String(over.id)));
      }}
    >
      <div role="rowgroup" className="data-head" style={{ width: places.totalWidth, height: HEAD_PX }}>
        <div role="row" aria-rowindex={1}>
          {selected !== undefined && (
            <div role="columnheader" className={`pinned select${places.pinned.length === 0 ? " last" : ""}`} style={{ left: 0, width: SELECT_PX }}>
              <SelectAll selected={selected} onChange={(all) => onSelectAll?.(all)} />
            </div>
          )}
          {places.pinned.map((place) => title(place, true, false))}
          {inSight.map((place, at) => title(place, false, at === 0))}
        </div>
      </div>
    </DndContext>
  );
}

function SelectAll({ selected, onChange }: { selected: "all" | "some" | "none"; onChange: (all: boolean) => void }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = selected === "some";
  }, [selected]);
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label="Select all rows"
      checked={selected === "all"}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}

function Title<Row>({
  id,
  place: { column, index, start, width, startResize },
  isPinned,
  isLastPinned,
  isFirst,
  isActive,
  sorted,
  onSort,
  onUsualWidth,
}: {
  id: string;
  place: PlacedColumn<Row>;
  isPinned: boolean;
  isLastPinned: boolean;
  isFirst: boolean;
  isActive: boolean;
  sorted: "ascending" | "descending" | undefined;
  onSort: () => void;
  onUsualWidth: () => void;
}) {
  const { setNodeRef: dragRef, listeners, isDragging } = useDraggable({ id: column.id });
  const { setNodeRef: dropRef, isOver } = useDroppable({ id: column.id });
  const classes = [
    isPinned && "pinned",
    isLastPinned && "last",
    column.isNumber && "number",
    isActive && "active",
    isDragging && "dragging",
    isOver && !isDragging && "over",
  ];
  return (
    <div
      ref={(node) => {
        dragRef(node);
        dropRef(node);
      }}
      id={id}
      role="columnheader"
      aria-colindex={index + 1}
      data-column={column.id}
      data-index={index}
      className={classes.filter(Boolean).join(" ")}
      {...(sorted && { "aria-sort": sorted })}
      style={isPinned ? { left: start, width } : { width, ...(isFirst && { marginLeft: start }) }}
      title={column.hint === undefined ? column.title : `${column.title} · ${column.hint}`}
      {...listeners}
    >
      <span
        className={`title${column.isSortable ? " sortable" : ""}`}
        onClick={column.isSortable ? onSort : undefined}
      >
        <span className="words">
          {column.title}
          {column.hint !== undefined && <span className="hint"> {column.hint}</span>}
        </span>
        {sorted && <span aria-hidden="true">{sorted === "ascending" ? "↑" : "↓"}</span>}
      </span>
      <button
        type="button"
        className="column-menu"
        tabIndex={-1}
        aria-haspopup="menu"
        aria-label={`Menu of ${column.title}`}
        onPointerDown={(event) => event.stopPropagation()}
        onClick={(event) => openMenuOf(event.currentTarget)}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.8">
          <path d="M4 6.5 8 10.5 12 6.5" />
        </svg>
      </button>
      <span
        className="edge"
        aria-hidden="true"
        onPointerDown={(event) => event.stopPropagation()}
        onMouseDown={startResize}
        onTouchStart={startResize}
        onDoubleClick={onUsualWidth}
      />
    </div>
  );
}
