import { expect, test } from "vitest";

import { arrange, tileCentre } from "./arrange";
import { layersOf, pictureOf } from "./example";
import { instancesOf, repeated } from "./instances";

const LAYERS = layersOf(["image", 3, 4, 4], ["maps", 1000, 7, 7], ["maps", 8, 2, 3], ["units", 10]);
const arrangement = arrange(pictureOf(LAYERS));

test("all maps of all layers are drawn at once", () => {
  const maps = instancesOf(arrangement, LAYERS, (layer) => layer.kind === "maps");

  expect(maps.count).toBe(1008);
  expect([...maps.values.slice(999 * 4, 1001 * 4)]).toEqual([48 + 999 * 49, 7, 7, 1, 48 + 49_000, 3, 2, 2]);
  expect([...maps.tiles.slice(998, 1002)]).toEqual([998, 999, 0, 1]);
});

test("a map is at the position of its tile in the panel", () => {
  const maps = instancesOf(arrangement, LAYERS, (layer) => layer.kind === "maps");
  const panel = arrangement.panels[2]!;
  const [y, z] = tileCentre(panel, 3);

  const place = [...maps.places.slice(1003 * 3, 1004 * 3)];

  expect(place).toEqual([panel.x, y, z].map(Math.fround));
});

test("an image is one instance with any number of planes", () => {
  expect(instancesOf(arrangement, LAYERS, (layer) => layer.kind === "image").count).toBe(1);
});

test("each corner of a map has all that the map has", () => {
  expect(repeated(new Float32Array([1, 2, 3, 4]), 2, 3)).toEqual(new Float32Array([1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]));
});
