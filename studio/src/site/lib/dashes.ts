// Dashes that are measured along the x axis, for lines with many points.
//
// A canvas measures dashes along the line. A noisy curve of some hundred points is ten thousand pixels long, so it gets
// thousands of dashes, which are too short to be seen and take most of the time that a chart is drawn.

export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

/** The places that are drawn, in pixels. */
export type Span = readonly [from: number, to: number];

/**
 * Draws a line in dashes. A point without a y ends the line; the next one begins it anew.
 *
 * x: in order, in pixels. pattern: the lengths of a dash, of a gap, of a dash ...; an even number of them.
 */
export function drawDashed(
  pen: Pen,
  x: ArrayLike<number>,
  y: ArrayLike<number | null>,
  pattern: readonly number[],
  [left, right]: Span,
): void {
  const dashes = new Dashes(pattern);
  let beforeX: number | undefined;
  let beforeY = 0;
  for (let index = 0; index < x.length; index += 1) {
    const height = y[index];
    if (height === null || height === undefined) {
      beforeX = undefined;
      continue;
    }
    const place = x[index] as number;
    const begin = beforeX === undefined ? place : beforeX;
    const slope = beforeX === undefined || place === begin ? 0 : (height - beforeY) / (place - begin);
    const heightAt = (at: number): number => (at === place ? height : beforeY + slope * (at - begin));
    // What is far outside of the plot would have any number of dashes.
    const from = Math.max(begin, left);
    const to = Math.min(place, right);
    if (from <= to) {
      if (beforeX === undefined || begin < left) {
        dashes.seek(from);
        if (dashes.isDrawn) pen.moveTo(from, heightAt(from));
      }
      while (dashes.end < to) {
        if (dashes.isDrawn) pen.lineTo(dashes.end, heightAt(dashes.end));
        else pen.moveTo(dashes.end, heightAt(dashes.end));
        dashes.next();
      }
      if (dashes.isDrawn && beforeX !== undefined) pen.lineTo(to, heightAt(to));
    }
    beforeX = place;
    beforeY = height;
  }
}

/** Where the dash or the gap ends that a place is in. */
class Dashes {
  readonly #pattern: readonly number[];
  readonly #period: number;
  #part = 0;
  end = 0;

  constructor(pattern: readonly number[]) {
    this.#pattern = pattern;
    this.#period = pattern.reduce((sum, each) => sum + each, 0);
  }

  get isDrawn(): boolean {
    return this.#part % 2 === 0;
  }

  seek(place: number): void {
    this.#part = 0;
    this.end = Math.floor(place / this.#period) * this.#period + (this.#pattern[0] as number);
    while (this.end <= place) this.next();
  }

  next(): void {
    this.#part = (this.#part + 1) % this.#pattern.length;
    this.end += this.#pattern[this.#part] as number;
  }
}
