import { describe, expect, it } from "vitest";
import { readNpy } from "./npy";

function file(header: string, values: ArrayBuffer = new ArrayBuffer(0), version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return new Uint8Array([0x93, ...new TextEncoder().encode("NUMPY"), version, 0, ...length, ...text, ...new Uint8Array(values)]);
}

const header = (descr: string, shape: string, fortran = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

it("reads type, shape and values", () => {
  const found = readNpy(file(header("<f4", "(2, 3)"), new Float32Array([1, 2, 3, 4, 5, 0.5]).buffer));

  expect(found).toEqual({ dtype: "<f4", isFortran: false, shape: [2, 3], count: 6, values: [1, 2, 3, 4, 5, 0.5] });
});

it("reads single numbers, the second version, and the other byte order", () => {
  expect(readNpy(file(header(">i2", "()"), new Uint8Array([1, 2]).buffer, 2))).toMatchObject({ count: 1, values: [258] });
});

it("reads halves", () => {
  const halves = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00]).buffer;
  expect(readNpy(file(header("<f2", "(4,)"), halves)).values).toEqual([1, -2, 2 ** -24, Number.POSITIVE_INFINITY]);
});

it("shows as many values as have come", () => {
  expect(readNpy(file(header("<f8", "(1000000000,)"), new Float64Array([7]).buffer)).values).toEqual([7]);
  expect(readNpy(file(header("<U5", "(3,)"))).values).toEqual([]);
});

describe("refuses", () => {
  it.each([
    ["other bytes", new Uint8Array(20)],
    ["nothing", new Uint8Array(0)],
    ["a header that is cut", file(header("<f4", "(2,)")).subarray(0, 30)],
    ["records", file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }")],
  ])("%s", (_, bytes) => expect(() => readNpy(bytes)).toThrow(/numpy file/));
});
