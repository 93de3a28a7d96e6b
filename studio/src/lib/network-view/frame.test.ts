import { expect, test } from "vitest";

import { frameOf } from "./example";
import { ABSENT, numberOf, parseFrame } from "./frame";

test("a frame has a head and values", () => {
  const frame = parseFrame(frameOf([0x3c00, 0xc000], { step: 7, predicted: "cat" }));

  expect(frame.head.step).toBe(7);
  expect(frame.head.predicted).toBe("cat");
  expect([...frame.halves].map(numberOf)).toEqual([1, -2]);
});

test("unaligned bytes are read too", () => {
  const bytes = frameOf([0x3c00]);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);

  const frame = parseFrame(new DataView(shifted.buffer, 1));

  expect([...frame.halves]).toEqual([0x3c00]);
});

test("a truncated frame is an error", () => {
  expect(() => parseFrame(frameOf([]).subarray(0, 10))).toThrow("cut off");
  expect(() => parseFrame(new ArrayBuffer(2))).toThrow("cut off");
});

test.each([
  [0x0000, 0],
  [0x3c00, 1],
  [0xbc00, -1],
  [0x7bff, 65504],
  [0x0001, 2 ** -24],
  [0x3555, 0.333251953125],
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
  [0x7e00, NaN],
  [ABSENT, null],
])("half %i is %d", (half, value) => {
  expect(numberOf(half)).toEqual(value);
});
