// Computes the positions of layers. The network extends along x; a layer is a panel that faces -x:
//
//        y                 columns of a panel go along z, rows go down
//        |   ___
//        |  |   |  ___     Many layers are arranged in rows, like lines of text.
//        |  |___| |   |
//       z|________|___|____ x

import { type Box, OBLIQUE, type FreeArea, poseFor } from "./framing";
import type { Layer, Picture } from "./source";

/** The position of one layer. `filled`: how much of a cell's width and height its tile covers; the rest is a gap. */
export interface Panel {
  readonly layer: number;
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly filled: number;
}

export interface Arrangement {
  readonly panels: readonly Panel[];
  readonly box: Box;
  /** The number of panels in each row. */
  readonly perRow: readonly number[];
}

const MAX_COLUMN = 20; // units in a single column, next to which there is space for names
const SPACING = 0.84; // between neighbours, as a share of their mean width
const MIN_SPACE = 2.6;
const ROW_GAP = 1.9;
const MAX_ROWS = 8;
const WORTH_A_ROW = 0.9;

/** Arranges layers in rows. aspect, free: of the view. shown: numbers of layers, by default all. */
export function arrange(picture: Picture, aspect = 16 / 9, free?: FreeArea, shown?: readonly number[]): Arrangement {
  const numbers = shown ?? picture.layers.map((_, number) => number);
  const panels = numbers.map((number) => grid(picture.layers[number]!, number));
  let best = inRows(panels, [panels.length]);
  let nearest = poseFor(best.box, OBLIQUE, aspect, free).distance;
  for (let rows = 2; rows <= Math.min(MAX_ROWS, panels.length); rows++) {
    const other = inRows(panels, split(panels.length, rows));
    const { distance } = poseFor(other.box, OBLIQUE, aspect, free);
    // One row is the easiest to read: use more only if the camera gets clearly nearer.
    if (distance < nearest * WORTH_A_ROW) {
      best = other;
      nearest = distance;
    }
  }
  return best;
}

export function widthOf(panel: Panel): number {
  return panel.columns * panel.cellWidth;
}

export function heightOf(panel: Panel): number {
  return panel.rows * panel.cellHeight;
}

/** The centre of a tile: (y, z). */
export function tileCentre(panel: Panel, tile: number): readonly [number, number] {
  const column = tile % panel.columns;
  const row = Math.floor(tile / panel.columns);
  return [
    panel.y + heightOf(panel) / 2 - (row + 0.5) * panel.cellHeight,
    (column + 0.5) * panel.cellWidth - widthOf(panel) / 2,
  ];
}

function inRows(flat: readonly Panel[], perRow: readonly number[]): Arrangement {
  const panels: Panel[] = [];
  let first = 0;
  let top = 0;
  for (const count of perRow) {
    const row = flat.slice(first, first + count);
    const tallest = Math.max(...row.map(heightOf));
    const y = top - tallest / 2;
    const xs = along(row);
    row.forEach((panel, at) => panels.push({ ...panel, x: xs[at]!, y }));
    first += count;
    top -= tallest + ROW_GAP;
  }
  return { panels, box: boxOf(panels), perRow };
}

function grid(layer: Layer, number: number): Panel {
  const place = { layer: number, x: 0, y: 0 };
  if (layer.kind === "units") {
    const columns = layer.count <= MAX_COLUMN ? 1 : Math.ceil(Math.sqrt(layer.count * 0.6));
    const rows = Math.ceil(layer.count / columns);
    const cell = Math.min(0.55, 5.5 / rows);
    return { ...place, columns, rows, cellWidth: cell, cellHeight: cell, filled: 0.72 };
  }
  if (layer.kind === "maps") {
    const wide = proportion(layer);
    const columns = Math.max(1, Math.min(layer.count, Math.round(Math.sqrt(layer.count / wide))));
    const rows = Math.ceil(layer.count / columns);
    const side = 2.6 + 0.42 * Math.log2(layer.count);
    const cell = side / Math.max(columns * wide, rows);
    return { ...place, columns, rows, cellWidth: cell * wide, cellHeight: cell, filled: layer.count > 1 ? 0.9 : 1 };
  }
  const wide = layer.kind === "image" ? layer.width / layer.height : proportion(layer);
  const side = layer.kind === "image" ? 3.6 : 4;
  const high = wide > 1 ? side / wide : side;
  return { ...place, columns: 1, rows: 1, cellWidth: high * wide, cellHeight: high, filled: 1 };
}

/** The ratio of a map's width to its height, limited to 1/4 to 4. */
function proportion(layer: Layer): number {
  return Math.max(0.25, Math.min(4, layer.width / layer.height));
}

function along(row: readonly Panel[]): number[] {
  const xs: number[] = [];
  row.forEach((panel, at) => {
    const before = row[at - 1];
    const space = before ? Math.max(MIN_SPACE, (SPACING * (widthOf(before) + widthOf(panel))) / 2) : 0;
    xs.push(before ? xs[at - 1]! + space : 0);
  });
  return xs;
}

function split(count: number, rows: number): number[] {
  const each = Math.ceil(count / rows);
  const counts: number[] = [];
  for (let left = count; left > 0; left -= each) counts.push(Math.min(each, left));
  return counts;
}

function boxOf(panels: readonly Panel[]): Box {
  const xs = panels.map((panel) => panel.x);
  const deep = Math.max(...panels.map((panel) => widthOf(panel) / 2));
  return {
    min: [Math.min(...xs) - 0.3, Math.min(...panels.map((panel) => panel.y - heightOf(panel) / 2)) - 0.6, -deep],
    max: [Math.max(...xs) + 0.3, Math.max(...panels.map((panel) => panel.y + heightOf(panel) / 2)), deep],
  };
}
