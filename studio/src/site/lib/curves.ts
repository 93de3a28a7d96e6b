// What a line chart computes from its lines: ranges, the points under the cursor, files.
export interface Line {
  /** Unique in its chart. */
  key: string;
  /** What the legend says. */
  name: string;
  /** Whose colour it has. */
  run: string;
  /** Tells lines of one run apart: the number of its metric. */
  variant?: number | undefined;
  x: number[];
  values: (number | null)[];
  /** The values before smoothing, drawn faintly behind. */
  raw?: (number | null)[] | undefined;
  /** From the lowest to the highest run, for the mean of a group. */
  band?: { low: number[]; high: number[] } | undefined;
}

/** Something that happened at a place of the x axis. */
export interface Mark {
  x: number;
  label: string;
}

export type Range = [number, number];

/** The index of the value nearest to a place; -1 without values. x: in order. */
export function nearest(x: readonly number[], place: number): number {
  let low = 0;
  let high = x.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) <= place) low = middle;
    else high = middle;
  }
  return place - (x[low] as number) <= (x[high] as number) - place ? low : high;
}

/** The range of all x; none without a point that the scale can show. */
export function xRange(lines: readonly Line[], isLog: boolean): Range | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { x } of lines) {
    // In order: the ends are enough, but a logarithmic scale begins above 0.
    const first = isLog ? x.find((each) => each > 0) : x[0];
    const last = x.at(-1);
    if (first !== undefined && first < low) low = first;
    if (last !== undefined && last > high && (!isLog || last > 0)) high = last;
  }
  if (low > high) return undefined;
  return low < high ? [low, high] : widened(low, isLog);
}

/** The range of the values with x in `within`, and a margin. */
export function yRange(lines: readonly Line[], within: Range, isLog: boolean): Range | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const take = (value: number | null | undefined): void => {
    if (value === null || value === undefined || !Number.isFinite(value) || (isLog && value <= 0)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const { x, values, raw, band } of lines) {
    for (let index = 0; index < x.length; index += 1) {
      const place = x[index] as number;
      if (place < within[0] || place > within[1]) continue;
      take(values[index]);
      take(raw?.[index]);
      take(band?.low[index]);
      take(band?.high[index]);
    }
  }
  if (low > high) return undefined;
  if (low === high) return widened(low, isLog);
  if (isLog) {
    const margin = (high / low) ** 0.04;
    return [low / margin, high * margin];
  }
  const margin = (high - low) * 0.05;
  return [low - margin, high + margin];
}

function widened(value: number, isLog: boolean): Range {
  if (isLog) return [value / 2, value * 2];
  const margin = Math.abs(value) * 0.1 || 1;
  return [value - margin, value + margin];
}

export interface Reading {
  line: Line;
  x: number;
  value: number;
}

/**
 * What the lines show at a place: of each the point nearest to it, the lines nearest to `y` first.
 * tolerance: how far from the place a point may be.
 */
export function readings(lines: readonly Line[], place: number, tolerance: number, y?: number): Reading[] {
  const found: Reading[] = [];
  for (const line of lines) {
    const index = nearest(line.x, place);
    const x = line.x[index];
    const value = line.values[index];
    if (x === undefined || value === null || value === undefined || Math.abs(x - place) > tolerance) continue;
    found.push({ line, x, value });
  }
  const distance = (each: Reading): number => (y === undefined ? 0 : Math.abs(each.value - y));
  return found.sort((one, other) => distance(one) - distance(other));
}

/** All points of a chart as CSV. A name that a spreadsheet would take for a formula gets a quote before it. */
export function csvOf(lines: readonly Line[], axis: string): string {
  const rows = [["name", axis, "value"].map(csvText).join(",")];
  for (const { name, x, values, raw } of lines) {
    const shown = raw ?? values;
    for (const [index, place] of x.entries()) rows.push(`${csvText(name)},${place},${shown[index] ?? ""}`);
  }
  return `${rows.join("\r\n")}\r\n`;
}

function csvText(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** At most `most` places of all lines, evenly chosen, for a table of values. */
export function tablePlaces(lines: readonly Line[], within: Range, most: number): number[] {
  const all = new Set<number>();
  for (const { x } of lines) {
    for (const place of x) if (place >= within[0] && place <= within[1]) all.add(place);
  }
  const sorted = [...all].sort((a, b) => a - b);
  if (sorted.length <= most) return sorted;
  return Array.from({ length: most }, (_, index) => {
    const at = Math.round((index * (sorted.length - 1)) / (most - 1));
    return sorted[at] as number;
  });
}
