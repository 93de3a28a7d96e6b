// Finds the value under a ray. Panels are perpendicular to x, so a division and a few comparisons are enough.

import { heightOf, type Panel, widthOf } from "./arrange";
import type { Layer } from "./source";

export type Vector = readonly [number, number, number];

/** The value that a ray meets. `index`: its position in a frame; for an image, that of its first plane. */
export interface Hit {
  readonly layer: number;
  readonly tile: number;
  readonly row: number;
  readonly column: number;
  readonly index: number;
  readonly distance: number;
}

/** The nearest value that a ray meets, or null. direction: any length. */
export function pick(origin: Vector, direction: Vector, panels: readonly Panel[], layers: readonly Layer[]): Hit | null {
  let nearest: Hit | null = null;
  if (Math.abs(direction[0]) < 1e-9) return null;
  for (const panel of panels) {
    const distance = (panel.x - origin[0]) / direction[0];
    if (distance <= 0 || (nearest && distance >= nearest.distance)) continue;
    const down = panel.y + heightOf(panel) / 2 - (origin[1] + distance * direction[1]);
    const right = origin[2] + distance * direction[2] + widthOf(panel) / 2;
    const layer = layers[panel.layer];
    const hit = layer && within(panel, layer, right / panel.cellWidth, down / panel.cellHeight, distance);
    if (hit) nearest = hit;
  }
  return nearest;
}

/** The layer of the nearest panel that a ray meets, also in the gaps between its tiles; or null. */
export function layerUnder(origin: Vector, direction: Vector, panels: readonly Panel[]): number | null {
  let nearest: { layer: number; distance: number } | null = null;
  if (Math.abs(direction[0]) < 1e-9) return null;
  for (const panel of panels) {
    const distance = (panel.x - origin[0]) / direction[0];
    if (distance <= 0 || (nearest && distance >= nearest.distance)) continue;
    const up = Math.abs(origin[1] + distance * direction[1] - panel.y);
    const along = Math.abs(origin[2] + distance * direction[2]);
    if (up <= heightOf(panel) / 2 && along <= widthOf(panel) / 2) nearest = { layer: panel.layer, distance };
  }
  return nearest && nearest.layer;
}

function within(panel: Panel, layer: Layer, across: number, down: number, distance: number): Hit | null {
  const cell = { column: Math.floor(across), row: Math.floor(down) };
  if (cell.column < 0 || cell.row < 0 || cell.column >= panel.columns || cell.row >= panel.rows) return null;
  const tile = layer.kind === "image" ? 0 : cell.row * panel.columns + cell.column;
  if (tile >= layer.count) return null;
  const gap = (1 - panel.filled) / 2;
  const u = (across - cell.column - gap) / panel.filled;
  const v = (down - cell.row - gap) / panel.filled;
  if (u < 0 || v < 0 || u >= 1 || v >= 1) return null;
  const row = Math.floor(v * layer.height);
  const column = Math.floor(u * layer.width);
  const index = layer.offset + (tile * layer.height + row) * layer.width + column;
  return { layer: panel.layer, tile, row, column, index, distance };
}
