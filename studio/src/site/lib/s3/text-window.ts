// A window of a large text: whole lines of it, as far as there are line breaks.

export const WINDOW_BYTES = 512 * 1024;
const NEWLINE = 10;

export interface TextWindow {
  text: string;
  /** Bytes of the file; `end` is not included. */
  start: number;
  end: number;
}

/** bytes: of the file from `first` on. A line that was begun before, or goes on behind, is left out. */
export function textWindow(bytes: Uint8Array, first: number, size: number): TextWindow {
  const isLast = first + bytes.length >= size;
  const begin = first === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
  const stop = isLast ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1;
  // One line that is longer than the window is cut anywhere.
  const [from, to] = begin < stop ? [begin, stop] : [0, bytes.length];
  return { text: new TextDecoder().decode(bytes.subarray(from, to)), start: first + from, end: first + to };
}
