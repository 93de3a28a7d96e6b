// The instance attributes of every map and unit: its position, and the index of its values in the frame.

import { type Arrangement, tileCentre } from "./arrange";
import type { Layer } from "./source";

/** By instance. `places`: x, y, z. `sizes`: width, height. `values`: first value, width, height, layer. `tiles`: number. */
export interface Instances {
  readonly count: number;
  readonly places: Float32Array;
  readonly sizes: Float32Array;
  readonly values: Uint32Array;
  readonly tiles: Uint32Array;
}

/** The instances of the layers that `chosen` selects, in order. An image is a single instance. */
export function instancesOf(
  arrangement: Arrangement,
  layers: readonly Layer[],
  chosen: (layer: Layer) => boolean,
): Instances {
  const panels = arrangement.panels.filter((panel) => chosen(layers[panel.layer]!));
  const drawn = (layer: Layer): number => (layer.kind === "image" ? 1 : layer.count);
  const count = panels.reduce((sum, panel) => sum + drawn(layers[panel.layer]!), 0);
  const places = new Float32Array(count * 3);
  const sizes = new Float32Array(count * 2);
  const values = new Uint32Array(count * 4);
  const tiles = new Uint32Array(count);
  let at = 0;
  for (const panel of panels) {
    const layer = layers[panel.layer]!;
    for (let tile = 0; tile < drawn(layer); tile++, at++) {
      const [y, z] = tileCentre(panel, tile);
      places.set([panel.x, y, z], at * 3);
      sizes.set([panel.cellWidth * panel.filled, panel.cellHeight * panel.filled], at * 2);
      values.set([layer.offset + tile * layer.height * layer.width, layer.width, layer.height, panel.layer], at * 4);
      tiles[at] = tile;
    }
  }
  return { count, places, sizes, values, tiles };
}

/** Each item of `size` numbers, `times` times. */
export function repeated<A extends Float32Array | Uint32Array>(items: A, size: number, times: number): A {
  const all = new (items.constructor as new (length: number) => A)(items.length * times);
  for (let at = 0; at < items.length; at += size) {
    const item = items.subarray(at, at + size);
    for (let time = 0; time < times; time++) all.set(item, at * times + time * size);
  }
  return all;
}
