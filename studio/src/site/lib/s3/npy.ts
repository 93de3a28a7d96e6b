// The header of a numpy file (NEP 1), and the first of its values.

export interface Npy {
  /** As numpy writes it: "<f4". */
  dtype: string;
  isFortran: boolean;
  shape: number[];
  count: number;
  /** The first values, as they lie in the file; empty for a type that is not shown. */
  values: (number | bigint | boolean)[];
}

const MOST_HEADER_BYTES = 64 * 1024;
const MOST_VALUES = 1_000;

/** bytes: the beginning of the file. Throws Error for what is no numpy file. */
export function readNpy(bytes: Uint8Array): Npy {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  if (bytes.length < 12 || magic !== "\x93NUMPY") throw new Error("This is no numpy file.");
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MOST_HEADER_BYTES || start + length > bytes.length) {
    throw new Error("The header of this numpy file is longer than it can be.");
  }
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const dtype = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([0-9,\sL]*)\)/.exec(header)?.[1];
  if (dtype === undefined || shape === undefined) {
    throw new Error("This numpy file has records of several fields, which are not shown.");
  }
  const sizes = shape.split(",").flatMap((each) => (each.trim() ? [Number.parseInt(each, 10)] : []));
  const count = sizes.reduce((product, size) => product * size, 1);
  return {
    dtype,
    isFortran: /'fortran_order':\s*True/.test(header),
    shape: sizes,
    count,
    values: valuesOf(view, start + length, dtype, Math.min(count, MOST_VALUES)),
  };
}

type Read = (view: DataView, at: number, little: boolean) => number | bigint | boolean;

const READ: Record<string, [number, Read]> = {
  b1: [1, (view, at) => view.getUint8(at) !== 0],
  i1: [1, (view, at) => view.getInt8(at)],
  u1: [1, (view, at) => view.getUint8(at)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  i8: [8, (view, at, little) => view.getBigInt64(at, little)],
  u8: [8, (view, at, little) => view.getBigUint64(at, little)],
  f2: [2, (view, at, little) => half(view.getUint16(at, little))],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
};

function valuesOf(view: DataView, start: number, dtype: string, count: number): Npy["values"] {
  const known = READ[dtype.slice(1)];
  if (known === undefined) return [];
  const [size, read] = known;
  const there = Math.min(count, Math.floor((view.byteLength - start) / size));
  return Array.from({ length: there }, (_, index) => read(view, start + index * size, dtype[0] !== ">"));
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
