// Moves a chart by arrow keys through the order of the board: by distance, as libraries do, charts of different
// widths would be skipped.
import type { KeyboardCoordinateGetter, UniqueIdentifier } from "@dnd-kit/core";

const BY: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

export const byOrder: KeyboardCoordinateGetter = (event, { context }) => {
  const by = BY[event.code];
  const { active, over, collisionRect, droppableRects } = context;
  if (by === undefined || active === null || collisionRect === null) return undefined;
  event.preventDefault();
  const sortable = active.data.current?.["sortable"] as { items: UniqueIdentifier[] } | undefined;
  const items = sortable?.items ?? [];
  const target = items[items.indexOf(over?.id ?? active.id) + by];
  const rect = target === undefined ? undefined : droppableRects.get(target);
  if (rect === undefined) return undefined;
  // Centre on centre: the nearest one is the target then.
  return {
    x: rect.left + (rect.width - collisionRect.width) / 2,
    y: rect.top + (rect.height - collisionRect.height) / 2,
  };
};
