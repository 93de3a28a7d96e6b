import { expect, test } from "vitest";

import { layersOf } from "./example";
import { layerText, stepText, sampleText, short, unitText, valueText } from "./text";

const [MAPS, UNITS] = layersOf(["maps", 20, 24, 24], ["units", 10]);
const HIT = { layer: 0, tile: 3, row: 5, column: 6, index: 0, distance: 1 };

test.each([
  [0, "0"],
  [1.5, "1.5"],
  [-0.123456, "−0.1235"],
  [0.0000123, "1.23e−5"],
  [1234567, "1.23e+6"],
])("%d is written %s", (value, text) => {
  expect(short(value)).toBe(text);
});

test("a half float is formatted as its value", () => {
  expect([0x3c00, 0x7e00, 0xfc00, 0xffff, undefined].map(valueText)).toEqual(["1", "NaN", "−∞", "not saved", "not saved"]);
});

test("a position in a layer has a text", () => {
  expect(unitText(MAPS!, HIT, [])).toBe("map 3, row 5, column 6");
  expect(unitText({ ...MAPS!, reduced: 2 }, HIT, [])).toBe("map 3, row 5, column 6 (means of 2 × 2)");
  expect(unitText(UNITS!, HIT, ["a", "b", "c", "shoe"])).toBe("unit 3, shoe");
});

test("the text of a layer has the number of hidden maps", () => {
  expect(layerText({ ...MAPS!, hidden: 5 })).toBe("layer0_output_0 · 20 × 24 × 24 · 5 more not drawn");
});

test("a step is counted over all modes and within its own", () => {
  expect(stepText({ step: 12, mode: "EVAL", mode_step: 3 })).toBe("step 12 · EVAL 3");
  expect(stepText({ step: 12, mode: "GLOBAL", mode_step: 12 })).toBe("step 12");
});

test("the text of a layer has name, class and shape", () => {
  expect(layerText({ ...UNITS!, module: "Linear" })).toBe("layer1_output_0 · Linear · 10");
});

test.each([
  [{ sample: 1, batch_index: 1, same: true }, "sample 1"],
  [{ sample: 1, batch_index: 1, same: null }, "sample 1"],
  [{ sample: 1, batch_index: 7, same: true }, "sample 1 (here 7)"],
  [{ sample: 1, batch_index: 1, same: false }, "sample 1: another image"],
])("it is said whether the sample is the one that was chosen", (head, text) => {
  expect(sampleText(head)).toBe(text);
});
