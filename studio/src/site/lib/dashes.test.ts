import { expect, test } from "vitest";
import { drawDashed, type Pen, type Span } from "./dashes";

/** The parts that were drawn, each as its points. */
function drawn(x: number[], y: (number | null)[], pattern: number[], span: Span = [0, 1_000]): number[][][] {
  const parts: number[][][] = [];
  const pen: Pen = {
    moveTo: (...point) => void parts.push([point]),
    lineTo: (...point) => void parts.at(-1)?.push(point),
  };
  drawDashed(pen, x, y, pattern, span);
  return parts.filter((part) => part.length > 1);
}

const ends = (parts: number[][][]): number[][] => parts.map((part) => [part[0]?.[0] ?? 0, part.at(-1)?.[0] ?? 0]);

test("a dash is as long on the x axis, however steep the line is", () => {
  const flat = drawn([0, 20], [5, 5], [4, 2]);
  const noisy = drawn([0, 5, 10, 15, 20], [0, 900, -300, 800, 0], [4, 2]);

  expect(ends(flat)).toEqual([[0, 4], [6, 10], [12, 16], [18, 20]]);
  expect(ends(noisy)).toEqual(ends(flat));
});

test("the ends of dashes are on the line, and its points in between are kept", () => {
  expect(drawn([0, 2, 8], [0, 20, 80], [4, 2])).toEqual([
    [[0, 0], [2, 20], [4, 40]],
    [[6, 60], [8, 80]],
  ]);
});

test("a pattern has any number of dashes, and begins at the left", () => {
  expect(ends(drawn([3, 21], [0, 0], [6, 1, 2, 1]))).toEqual([[3, 6], [7, 9], [10, 16], [17, 19], [20, 21]]);
});

test("a missing value is a gap", () => {
  expect(drawn([0, 1, 2, 3, 4], [1, 1, null, 2, 2], [100, 1])).toEqual([
    [[0, 1], [1, 1]],
    [[3, 2], [4, 2]],
  ]);
});

test("points at the same place are a vertical line", () => {
  expect(drawn([1, 1], [0, 9], [4, 2])).toEqual([[[1, 0], [1, 9]]]);
});

test("what is outside of the plot costs nothing, and what crosses its edge is cut there", () => {
  let calls = 0;
  const pen: Pen = { moveTo: () => void (calls += 1), lineTo: () => void (calls += 1) };
  drawDashed(pen, [-1e12, -5e11, 1e12], [0, 0, 0], [4, 2], [0, 12]);

  expect(calls).toBeLessThan(12);
  expect(ends(drawn([-6, 30], [0, 36], [4, 2], [0, 12]))).toEqual([[0, 4], [6, 10]]);
  expect(drawn([-6, 30], [0, 36], [4, 2], [0, 12])[0]).toEqual([[0, 6], [4, 10]]);
});

test("nothing is drawn of a line that is beside the plot", () => {
  expect(drawn([-9, -3], [0, 0], [4, 2])).toEqual([]);
  expect(drawn([2_000, 3_000], [0, 0], [4, 2])).toEqual([]);
});
