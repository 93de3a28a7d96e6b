// Where a log of any length is scrolled to: by lines, because no browser has an element for a million of them.
export const LINE_PX = 20;
/** Browsers draw nothing below some 16 million pixels. */
const MOST_PX = 8_000_000;

export interface LogExtent {
  /** Of what scrolls. */
  heightPx: number;
  /** Lines that a pixel of it stands for. */
  linesPerPx: number;
  /** The highest first line. */
  lastTop: number;
  /** Whether a pixel of the scroll bar is a pixel of the log. */
  isExact: boolean;
}

export function extentOf(total: number, viewPx: number): LogExtent {
  const exact = total * LINE_PX;
  const heightPx = Math.max(Math.min(exact, MOST_PX), viewPx);
  const lastTop = Math.max(0, total - viewPx / LINE_PX);
  const room = heightPx - viewPx;
  return { heightPx, linesPerPx: room > 0 ? lastTop / room : 0, lastTop, isExact: exact <= MOST_PX };
}

export function topAt(scrollTop: number, extent: LogExtent): number {
  return Math.min(scrollTop * extent.linesPerPx, extent.lastTop);
}

export function scrollOf(top: number, extent: LogExtent): number {
  return extent.linesPerPx > 0 ? Math.min(top, extent.lastTop) / extent.linesPerPx : 0;
}

export function bounded(top: number, extent: LogExtent): number {
  return Math.min(Math.max(top, 0), extent.lastTop);
}

/** Whether a first line is the last possible one, as far as pixels of the scroll bar tell. */
export function isEnd(top: number, extent: LogExtent): boolean {
  return top >= extent.lastTop - 1.5 * extent.linesPerPx;
}

/** By how many lines a key scrolls; undefined for other keys. */
export function linesOfKey(key: string, viewPx: number, total: number): number | undefined {
  const page = Math.max(1, Math.floor(viewPx / LINE_PX) - 2);
  switch (key) {
    case "ArrowDown":
      return 1;
    case "ArrowUp":
      return -1;
    case "PageDown":
    case " ":
      return page;
    case "PageUp":
      return -page;
    case "Home":
      return -total;
    case "End":
      return total;
    default:
      return undefined;
  }
}
