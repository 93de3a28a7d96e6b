import { describe, expect, test } from "vitest";

import { arrange, heightOf, type Panel, tileCentre, widthOf } from "./arrange";
import { layersOf, pictureOf } from "./example";

const LENET = layersOf(["image", 1, 28, 28], ["maps", 20, 24, 24], ["maps", 50, 8, 8], ["units", 128], ["units", 10]);

function panelsOf(layers: typeof LENET): readonly Panel[] {
  return arrange(pictureOf(layers)).panels;
}

test("layers follow each other along x and do not touch", () => {
  const xs = panelsOf(LENET).map((panel) => panel.x);

  expect(xs).toEqual([...xs].sort((a, b) => a - b));
  expect(Math.min(...xs.slice(1).map((x, at) => x - xs[at]!))).toBeGreaterThan(1);
});

test.each([1, 7, 64, 1000, 4096])("%i maps all have a place of their own within the panel", (count) => {
  const panel = panelsOf(layersOf(["maps", count, 8, 8], ["units", 2]))[0]!;
  const places = Array.from({ length: count }, (_, tile) => tileCentre(panel, tile));

  expect(new Set(places.map(([y, z]) => `${y.toFixed(4)} ${z.toFixed(4)}`)).size).toBe(count);
  for (const [y, z] of places) {
    expect(Math.abs(y - panel.y)).toBeLessThan(heightOf(panel) / 2);
    expect(Math.abs(z)).toBeLessThan(widthOf(panel) / 2);
  }
});

test("the first map is at the upper left, seen from the input", () => {
  const panel = panelsOf(layersOf(["maps", 16, 8, 8], ["units", 2]))[0]!;
  const [firstY, firstZ] = tileCentre(panel, 0);
  const [secondY, secondZ] = tileCentre(panel, 1);
  const [lastY] = tileCentre(panel, 15);

  expect(secondZ).toBeGreaterThan(firstZ);
  expect(secondY).toBe(firstY);
  expect(lastY).toBeLessThan(firstY);
});

test("maps keep the proportions of their tensors", () => {
  const panel = panelsOf(layersOf(["maps", 4, 10, 20], ["units", 2]))[0]!;

  expect(panel.cellWidth / panel.cellHeight).toBeCloseTo(2);
});

test("few units are in one column, many in a grid", () => {
  const [few, many] = panelsOf(layersOf(["units", 10], ["units", 500]));

  expect(few!.columns).toBe(1);
  expect(many!.columns).toBeGreaterThan(10);
  expect(many!.columns * many!.rows).toBeGreaterThanOrEqual(500);
});

describe("many layers", () => {
  const deep = Array.from({ length: 60 }, (): ["maps", number, number, number] => ["maps", 64, 8, 8]);
  const arrangement = arrange(pictureOf(layersOf(...deep)));

  test("are arranged in rows", () => {
    expect(arrangement.perRow.length).toBeGreaterThan(1);
    expect(arrangement.perRow.reduce((sum, count) => sum + count, 0)).toBe(60);
  });

  test("are in rows that do not overlap", () => {
    let first = 0;
    let above = Infinity;
    for (const count of arrangement.perRow) {
      const row = arrangement.panels.slice(first, first + count);
      expect(Math.max(...row.map((panel) => panel.y + heightOf(panel) / 2))).toBeLessThan(above);
      above = Math.min(...row.map((panel) => panel.y - heightOf(panel) / 2));
      first += count;
    }
  });

  test("are all inside the box", () => {
    for (const panel of arrangement.panels) {
      expect(panel.x).toBeGreaterThanOrEqual(arrangement.box.min[0]);
      expect(panel.x).toBeLessThanOrEqual(arrangement.box.max[0]);
      expect(panel.y - heightOf(panel) / 2).toBeGreaterThanOrEqual(arrangement.box.min[1]);
      expect(panel.y + heightOf(panel) / 2).toBeLessThanOrEqual(arrangement.box.max[1]);
    }
  });
});

test("few layers are in one row", () => {
  expect(arrange(pictureOf(LENET)).perRow).toEqual([5]);
});
