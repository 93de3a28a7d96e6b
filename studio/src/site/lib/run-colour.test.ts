import { expect, test } from "vitest";
import { COLOURS, colourIndex, dashIndexes, dashOf } from "./run-colour";

type Triple = [number, number, number];

// Machado, Oliveira and Fernandes 2009, at full severity.
const SIGHTS: Record<string, Triple[]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
};

const dot = (a: Triple, b: Triple): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function linear(hex: string): Triple {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

function oklab(colour: Triple): Triple {
  const lms = (
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ] as Triple[]
  ).map((row) => Math.cbrt(Math.max(0, dot(row, colour)))) as Triple;
  return (
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ] as Triple[]
  ).map((row) => dot(row, lms)) as Triple;
}

function contrast(one: Triple, other: Triple): number {
  const [low, high] = [one, other].map((each) => dot([0.2126, 0.7152, 0.0722], each)).sort((a, b) => a - b);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

// Vitest gives the tests no style sheets, and the page's types know no Node.
const { process } = globalThis as unknown as {
  process: { getBuiltinModule(name: string): { readFileSync(path: URL, encoding: string): string } };
};
const tokens = process.getBuiltinModule("node:fs").readFileSync(new URL("../style/tokens.css", import.meta.url), "utf8");

const [light = "", dark = ""] = tokens.split('[data-theme="dark"]');

/** The least distance in OKLab between two colours; of neighbours, which runs that are numbered in order have. */
const LEAST: Record<string, number> = { usual: 0.15, protanopia: 0.1, deuteranopia: 0.1 };
const LEAST_OF_NEIGHBOURS = 0.13;

test.each([
  ["light", light, "#ffffff"],
  ["dark", dark, "#171d25"],
])("the colours of the %s theme are told apart by every reader and from the surface", (_name, css, surface) => {
  const colours = Array.from({ length: COLOURS }, (_, index) =>
    linear(new RegExp(`--series-${index + 1}: (#[0-9a-f]{6})`).exec(css)?.[1] ?? ""),
  );
  expect(css).toContain(`--surface: ${surface}`);
  for (const colour of colours) expect(contrast(colour, linear(surface))).toBeGreaterThanOrEqual(3);
  for (const [sight, rows] of Object.entries(SIGHTS)) {
    const seen = colours.map((colour) =>
      oklab(rows.map((row) => Math.min(1, Math.max(0, dot(row, colour)))) as Triple),
    );
    for (const [index, one] of seen.entries()) {
      for (const [at, other] of seen.entries()) {
        if (at === index) continue;
        const isNeighbour = [1, COLOURS - 1].includes(Math.abs(at - index));
        const distance = Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
        expect(distance, `${index + 1} and ${at + 1}, ${sight}`).toBeGreaterThan(
          Math.max(LEAST[sight] ?? 0, isNeighbour ? LEAST_OF_NEIGHBOURS : 0),
        );
      }
    }
  }
});

test("a run has one colour, and runs numbered one after the other have different ones", () => {
  const runs = Array.from({ length: COLOURS }, (_, index) => `sweep-${index + 95}`);

  expect(new Set(runs.map(colourIndex)).size).toBe(COLOURS);
  expect(colourIndex("sweep-7")).toBe(colourIndex("sweep-7"));
  expect(colourIndex("fit-3-aws-training-job")).toBe(colourIndex("fit-3"));
  expect(new Set(["lr-2", "lr-02", "lr-002", "lr-0002"].map(colourIndex)).size).toBe(4);
  expect(new Set(["lr-0005", "lr-002", "lr-008", "lr-02"].map(colourIndex)).size).toBe(4);
  expect([colourIndex(""), colourIndex("9".repeat(40))].every((each) => each >= 0 && each < COLOURS)).toBe(true);
});

test("names without numbers are spread over the colours", () => {
  const counts = new Array<number>(COLOURS).fill(0);
  for (const stem of "abcdefghijklmnopqrstuvwxyz") {
    for (const end of "abcdefghijklmnopqrstuvwxyz") counts[colourIndex(`run-${stem}${end}`)]! += 1;
  }

  expect(Math.max(...counts)).toBeLessThan(676 * 0.16);
  expect(Math.min(...counts)).toBeGreaterThan(676 * 0.05);
});

test("runs of one colour in a chart have different dashes, in any order", () => {
  const runs = ["a-1", "a-11", "a-21"];

  expect(new Set(runs.map(colourIndex)).size).toBe(1);
  expect([...dashIndexes(["a-21", "a-1", "a-11", "a-1"])].sort()).toEqual([["a-1", 0], ["a-11", 1], ["a-21", 2]]);
  expect(dashOf(0)).toEqual([]);
  expect(dashOf(1)).not.toEqual(dashOf(2));
});
