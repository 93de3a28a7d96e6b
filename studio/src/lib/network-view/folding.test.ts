import { expect, test } from "vitest";

import { layersOf, pictureOf } from "./example";
import { nameOf, shownOf, waysOf } from "./folding";

const LAYERS = layersOf(["image", 1, 4, 4], ["maps", 2, 4, 4], ["maps", 2, 4, 4], ["maps", 2, 4, 4], ["units", 3]);
const PICTURE = {
  ...pictureOf(LAYERS),
  blocks: [{ name: "layer1", first: 1, last: 3 }],
  ways: [[0, 1], [1, 2], [2, 3], [1, 3], [3, 4]] as const,
};

test("a closed block is seen as its last layer", () => {
  const shown = shownOf(PICTURE, new Set());

  expect(shown.map(({ layer }) => layer)).toEqual([0, 3, 4]);
  expect(shown.map((each) => nameOf(PICTURE, each))).toEqual(["layer0", "layer1 (3 layers)", "layer4"]);
});

test("an open block is seen layer by layer", () => {
  expect(shownOf(PICTURE, new Set(["layer1"])).map(({ layer }) => layer)).toEqual([0, 1, 2, 3, 4]);
});

test("what goes into a closed block goes to it, and what is inside is not seen", () => {
  expect(waysOf(PICTURE, shownOf(PICTURE, new Set()))).toEqual([[0, 3], [3, 4]]);
});

test("a residual connection of an open block is a way of its own", () => {
  expect(waysOf(PICTURE, shownOf(PICTURE, new Set(["layer1"])))).toContainEqual([1, 3]);
});
