// Pictures and frames for tests.

import type { Head } from "./frame";
import type { Kind, Layer, Picture } from "./source";

export function layersOf(...shapes: [kind: Kind, count: number, height?: number, width?: number][]): Layer[] {
  let offset = 0;
  return shapes.map(([kind, count, height = 1, width = 1], number) => {
    const layer: Layer = {
      name: `layer${number}_output_0`,
      title: `layer${number}`,
      module: "",
      kind,
      count,
      height,
      width,
      shape: height * width === 1 ? [count] : [count, height, width],
      reduced: 1,
      hidden: 0,
      offset,
    };
    offset += count * height * width;
    return layer;
  });
}

export function pictureOf(layers: readonly Layer[]): Picture {
  return {
    title: "example",
    layers,
    connections: layers.slice(1).map((_, at) => [at, at + 1] as const),
    blocks: [],
    steps: [{ step: 0, mode: "TRAIN", mode_step: 0 }],
    step: 0,
    sample: 0,
    samples: [0],
    size: layers.reduce((sum, layer) => sum + layer.count * layer.height * layer.width, 0),
    input: layers[0]?.kind === "image",
    prediction: null,
    classes: [],
  };
}

/** The bytes of a frame, in the format that the Python code writes. */
export function frameOf(halves: readonly number[], head: Partial<Head> = {}): Uint8Array {
  const text = JSON.stringify({ step: 0, sample: 0, ...head });
  const padded = new TextEncoder().encode(text + " ".repeat((4 - (text.length % 4)) % 4));
  const bytes = new Uint8Array(4 + padded.length + halves.length * 2);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, padded.length, true);
  bytes.set(padded, 4);
  halves.forEach((half, at) => view.setUint16(4 + padded.length + at * 2, half, true));
  return bytes;
}
