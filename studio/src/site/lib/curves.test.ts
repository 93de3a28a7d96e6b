import { expect, test } from "vitest";
import { csvOf, type Line, nearest, readings, tablePlaces, xRange, yRange } from "./curves";

const line = (name: string, x: number[], values: (number | null)[]): Line => ({ key: name, name, run: name, x, values });

test.each([
  [[], 3, -1],
  [[5], 99, 0],
  [[0, 10, 20], 4, 0],
  [[0, 10, 20], 6, 1],
  [[0, 10, 20], 5, 0],
  [[0, 10, 20], 99, 2],
  [[0, 10, 20], -9, 0],
])("of %j the nearest to %s is number %s", (x, place, index) => {
  expect(nearest(x, place)).toBe(index);
});

test("ranges are of all lines, and a logarithmic scale leaves out what it cannot show", () => {
  const lines = [line("a", [0, 5], [2, 4]), line("b", [3, 10], [null, -1])];

  expect(xRange(lines, false)).toEqual([0, 10]);
  expect(xRange(lines, true)).toEqual([3, 10]);
  expect(yRange(lines, [0, 10], false)).toEqual([-1.25, 4.25]);
  const [low, high] = yRange(lines, [0, 10], true) ?? [0, 0];
  expect(low).toBeGreaterThan(1.8);
  expect(high).toBeLessThan(4.3);
  expect(yRange(lines, [0, 1], false)).toEqual([1.8, 2.2]);
});

test("without a point there is no range, and one point has room around it", () => {
  expect(xRange([line("a", [], [])], false)).toBeUndefined();
  expect(yRange([line("a", [1], [null])], [0, 2], false)).toBeUndefined();
  expect(xRange([line("a", [0], [1])], false)).toEqual([-1, 1]);
  expect(yRange([line("a", [0], [-5])], [0, 1], true)).toBeUndefined();
});

test("a band belongs to the range", () => {
  const mean = { ...line("mean", [0, 1], [1, 1]), band: { low: [0, 0], high: [1, 9] } };

  expect(yRange([mean], [0, 1], false)).toEqual([expect.closeTo(-0.45), expect.closeTo(9.45)]);
});

test("every line is read at the cursor, the nearest first", () => {
  const lines = [line("far", [0, 1, 2], [1, 10, 1]), line("near", [0, 1.1], [1, 3]), line("gap", [1], [null])];

  const found = readings(lines, 1, 0.5, 2.5);

  expect(found.map(({ line: { name }, value }) => [name, value])).toEqual([["near", 3], ["far", 10]]);
  expect(readings(lines, 5, 0.5)).toEqual([]);
});

test("a file of values has every point before smoothing, and no formula", () => {
  const lines = [{ ...line('=cmd|"x"', [1, 2], [0.5, null]), raw: [0.75, null] }];

  expect(csvOf(lines, "step")).toBe('name,step,value\r\n"\'=cmd|""x""",1,0.75\r\n"\'=cmd|""x""",2,\r\n');
});

test("a table has few places, with both ends", () => {
  const x = Array.from({ length: 1_000 }, (_, index) => index);
  const places = tablePlaces([line("a", x, x)], [100, 899], 50);

  expect(places).toHaveLength(50);
  expect([places[0], places.at(-1)]).toEqual([100, 899]);
  expect(tablePlaces([line("a", [1, 2], [1, 2]), line("b", [2, 3], [1, 2])], [0, 9], 50)).toEqual([1, 2, 3]);
});
