import { expect, test } from "vitest";

import { layersOf, pictureOf } from "./example";
import { nameText, shownLayers, connectionsOf } from "./folding";

const LAYERS = layersOf(["image", 1, 4, 4], ["maps", 2, 4, 4], ["maps", 2, 4, 4], ["maps", 2, 4, 4], ["units", 3]);
const PICTURE = {
  ...pictureOf(LAYERS),
  blocks: [{ name: "layer1", first: 1, last: 3 }],
  connections: [[0, 1], [1, 2], [2, 3], [1, 3], [3, 4]] as const,
};

test("a closed block shows its last layer", () => {
  const shown = shownLayers(PICTURE, new Set());

  expect(shown.map(({ layer }) => layer)).toEqual([0, 3, 4]);
  expect(shown.map((each) => nameText(PICTURE, each))).toEqual(["layer0", "layer1 (3 layers)", "layer4"]);
});

test("an open block shows all its layers", () => {
  expect(shownLayers(PICTURE, new Set(["layer1"])).map(({ layer }) => layer)).toEqual([0, 1, 2, 3, 4]);
});

test("connections into a closed block end at its visible layer, connections inside it are hidden", () => {
  expect(connectionsOf(PICTURE, shownLayers(PICTURE, new Set()))).toEqual([[0, 3], [3, 4]]);
});

test("a residual connection of an open block is visible", () => {
  expect(connectionsOf(PICTURE, shownLayers(PICTURE, new Set(["layer1"])))).toContainEqual([1, 3]);
});
