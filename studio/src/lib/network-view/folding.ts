// What of a deep network is seen: open blocks layer by layer, closed ones as their last layer.

import type { Block, Picture } from "./source";

/** `block`: of a closed one, whose last layer this is. */
export interface Shown {
  readonly layer: number;
  readonly block: Block | null;
}

/** open: names of blocks. */
export function shownOf(picture: Picture, open: ReadonlySet<string>): Shown[] {
  const closed = picture.blocks.filter((block) => !open.has(block.name));
  return picture.layers.flatMap((_, layer): Shown[] => {
    const block = closed.find(({ first, last }) => first <= layer && layer <= last);
    if (block) return layer === block.last ? [{ layer, block }] : [];
    return [{ layer, block: null }];
  });
}

/** What each that is seen is made from, in layers that are seen: what ends inside a closed block ends at it. */
export function waysOf(picture: Picture, shown: readonly Shown[]): [number, number][] {
  const seen = new Set(shown.map(({ layer }) => layer));
  const standing = (layer: number): number => {
    if (seen.has(layer)) return layer;
    const block = shown.find((each) => each.block && each.block.first <= layer && layer <= each.block.last);
    return block ? block.layer : layer;
  };
  const ways = new Map<string, [number, number]>();
  for (const [from, to] of picture.ways) {
    const way: [number, number] = [standing(from), standing(to)];
    if (way[0] !== way[1]) ways.set(way.join(), way);
  }
  return [...ways.values()];
}

export function nameOf(picture: Picture, { layer, block }: Shown): string {
  return block ? `${block.name} (${block.last - block.first + 1} layers)` : picture.layers[layer]!.title;
}
