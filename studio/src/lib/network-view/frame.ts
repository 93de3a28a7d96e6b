// Parses a frame: u32 length of the head, the head as JSON, the half floats of all layers in order.
// src/clary/debugger/plot/frame.py describes the fields.

export const ABSENT = 0xffff;
/** The number of the sample that is the mean of the batch. */
export const MEAN = -1;

export interface Head {
  readonly step: number;
  readonly sample: number;
  /** The number in the batch of this step. */
  readonly samples: number;
  /** The index of the sample in that batch. */
  readonly batch_index: number;
  /** Whether it is the selected sample; null if that is not known. */
  readonly same: boolean | null;
  /** For each layer, the absolute value with full colour. */
  readonly scales: readonly number[];
  readonly lows: readonly number[];
  readonly highs: readonly number[];
  /** For each layer, the number of values that are NaN or infinite. */
  readonly non_finite: readonly number[];
  readonly predicted: string | null;
  readonly label: string | null;
  /** The best classes and their probabilities. */
  readonly top: readonly (readonly [string, number])[];
}

export interface Frame {
  readonly head: Head;
  /** Half floats; ABSENT for a value that was not saved. */
  readonly halves: Uint16Array;
}

export function parseFrame(content: ArrayBuffer | ArrayBufferView): Frame {
  const bytes = ArrayBuffer.isView(content)
    ? new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    : new Uint8Array(content);
  if (bytes.byteLength < 4) throw new Error("the frame is cut off");
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const start = 4 + length;
  if (start > bytes.byteLength) throw new Error("the frame is cut off");
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start))) as Head;
  // A typed array needs aligned bytes; the bytes of a message may not be aligned.
  const aligned = (bytes.byteOffset + start) % 2 === 0;
  const values = aligned ? bytes.subarray(start) : bytes.slice(start);
  return { head, halves: new Uint16Array(values.buffer, values.byteOffset, values.byteLength >> 1) };
}

/** The value of a half float; null for a value that was not saved. */
export function numberOf(half: number): number | null {
  if (half === ABSENT) return null;
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
