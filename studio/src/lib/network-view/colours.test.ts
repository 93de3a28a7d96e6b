import { expect, test } from "vitest";

import { colourOf, css, DARK, LIGHT, type Rgb, type Theme } from "./colours";

const THEMES: [string, Theme][] = [
  ["dark", DARK],
  ["light", LIGHT],
];

function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

test.each(THEMES)("%s: zero is the middle and both ends are full", (_, theme) => {
  expect(colourOf(0, 2, theme)).toEqual(theme.scale[4]);
  expect(colourOf(2, 2, theme)).toEqual(theme.scale[8]);
  expect(colourOf(-2, 2, theme)).toEqual(theme.scale[0]);
});

test.each(THEMES)("%s: values beyond the scale have the colour of its end", (_, theme) => {
  expect(colourOf(Infinity, 1, theme)).toEqual(colourOf(1, 1, theme));
  expect(colourOf(-9, 1, theme)).toEqual(colourOf(-1, 1, theme));
});

test.each(THEMES)("%s: what is no number looks like no value", (_, theme) => {
  const near = Array.from({ length: 201 }, (_each, at) => distance(colourOf(at / 100 - 1, 1, theme), theme.notANumber));

  expect(colourOf(NaN, 1, theme)).toEqual(theme.notANumber);
  expect(Math.min(...near)).toBeGreaterThan(0.4);
});

test.each(THEMES)("%s: opposite values are told apart by more than brightness", (_, theme) => {
  for (const value of [0.25, 0.5, 0.75, 1]) {
    expect(distance(colourOf(value, 1, theme), colourOf(-value, 1, theme))).toBeGreaterThan(0.2);
    expect(colourOf(value, 1, theme)[0]).toBeGreaterThan(colourOf(value, 1, theme)[2]);
    expect(colourOf(-value, 1, theme)[2]).toBeGreaterThan(colourOf(-value, 1, theme)[0]);
  }
});

test("a colour is formatted as CSS", () => {
  expect(css([1, 0, 0.5])).toBe("rgb(255 0 128)");
});
