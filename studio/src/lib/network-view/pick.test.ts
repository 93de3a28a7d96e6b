import { expect, test } from "vitest";

import { arrange, heightOf, tileCentre, widthOf } from "./arrange";
import { layersOf, pictureOf } from "./example";
import { layerUnder, pick, type Vector } from "./pick";

const LAYERS = layersOf(["image", 3, 4, 4], ["maps", 6, 5, 4], ["units", 10]);
const { panels } = arrange(pictureOf(LAYERS));
const [IMAGE, MAPS, UNITS] = [panels[0]!, panels[1]!, panels[2]!];
const ALONG: Vector = [1, 0, 0];

test("every value of a map is found where it is drawn", () => {
  const found = new Set<number>();
  for (let tile = 0; tile < 6; tile++) {
    const [y, z] = tileCentre(MAPS, tile);
    for (let row = 0; row < 5; row++) {
      for (let column = 0; column < 4; column++) {
        const up = y + (0.5 - (row + 0.5) / 5) * MAPS.cellHeight * MAPS.filled;
        const right = z + ((column + 0.5) / 4 - 0.5) * MAPS.cellWidth * MAPS.filled;
        const hit = pick([MAPS.x - 1, up, right], ALONG, panels, LAYERS);
        expect(hit).toMatchObject({ layer: 1, tile, row, column });
        found.add(hit!.index);
      }
    }
  }

  expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, at) => 48 + at));
});

test("all planes of an image have the same position", () => {
  const hit = pick([IMAGE.x - 1, IMAGE.y + heightOf(IMAGE) / 2 - 0.01, -widthOf(IMAGE) / 2 + 0.01], ALONG, panels, LAYERS);

  expect(hit).toMatchObject({ layer: 0, tile: 0, row: 0, column: 0, index: 0 });
});

test("the nearest panel is found, not those behind it", () => {
  const [y, z] = tileCentre(UNITS, 5);
  const from = (x: number) => pick([x, y, z], ALONG, panels, LAYERS);

  expect(from(UNITS.x - 0.1)).toMatchObject({ layer: 2, tile: 5, index: 48 + 120 + 5 });
  expect(from(IMAGE.x - 1)?.layer).toBe(0);
  expect(from(UNITS.x + 0.1)).toBeNull();
});

test("there is no value in gaps and outside", () => {
  const [y, z] = tileCentre(MAPS, 0);

  expect(pick([MAPS.x - 0.1, y + (MAPS.cellHeight / 2) * 0.99, z], ALONG, panels, LAYERS)).toBeNull();
  expect(pick([MAPS.x - 0.1, 100, 0], ALONG, panels, LAYERS)).toBeNull();
  expect(pick([0, 0, 0], [0, 1, 0], panels, LAYERS)).toBeNull();
});

test("a layer is found in the gaps between its tiles, but not outside", () => {
  const from = (up: number): Vector => [MAPS.x - 1, MAPS.y + up, 0];

  expect(layerUnder(from(heightOf(MAPS) / 2 - 1e-3), ALONG, [MAPS])).toBe(1);
  expect(layerUnder(from(heightOf(MAPS) / 2 + 1e-3), ALONG, [MAPS])).toBe(null);
});
