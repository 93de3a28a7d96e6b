// Folds a deep network: an open block shows all its layers, a closed block only its last one.

import type { Block, Picture } from "./source";

/** A visible layer. `block`: the closed block of which it is the last layer, else null. */
export interface ShownLayer {
  readonly layer: number;
  readonly block: Block | null;
}

/** The visible layers. open: the names of the open blocks. */
export function shownLayers(picture: Picture, open: ReadonlySet<string>): ShownLayer[] {
  const closed = picture.blocks.filter((block) => !open.has(block.name));
  return picture.layers.flatMap((_, layer): ShownLayer[] => {
    const block = closed.find(({ first, last }) => first <= layer && layer <= last);
    if (block) return layer === block.last ? [{ layer, block }] : [];
    return [{ layer, block: null }];
  });
}

/** The connections of visible layers. The visible layer of a closed block stands for all layers in it. */
export function connectionsOf(picture: Picture, shown: readonly ShownLayer[]): [number, number][] {
  const visible = new Set(shown.map(({ layer }) => layer));
  const representative = (layer: number): number => {
    if (visible.has(layer)) return layer;
    const block = shown.find((each) => each.block && each.block.first <= layer && layer <= each.block.last);
    return block ? block.layer : layer;
  };
  const connections = new Map<string, [number, number]>();
  for (const [from, to] of picture.connections) {
    const connection: [number, number] = [representative(from), representative(to)];
    if (connection[0] !== connection[1]) connections.set(connection.join(), connection);
  }
  return [...connections.values()];
}

export function nameText(picture: Picture, { layer, block }: ShownLayer): string {
  return block ? `${block.name} (${block.last - block.first + 1} layers)` : picture.layers[layer]!.title;
}
