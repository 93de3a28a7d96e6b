// Bins of a histogram.
export interface Bin {
  low: number;
  high: number;
  count: number;
}

/** Bins of the same width with round edges; on a logarithmic axis of the same ratio. About as many as asked for. */
export function bins(values: readonly number[], wanted: number | undefined, isLog: boolean): Bin[] {
  const usable = values.filter((each) => Number.isFinite(each) && (!isLog || each > 0));
  if (usable.length === 0) return [];
  const low = usable.reduce((one, other) => Math.min(one, other));
  const high = usable.reduce((one, other) => Math.max(one, other));
  // Sturges' rule is the usual one for few values.
  const count = wanted ?? Math.max(5, Math.ceil(Math.log2(usable.length) + 1));
  if (low === high) return [{ low, high, count: usable.length }];
  const edges = isLog ? ratioEdges(low, high, count) : roundEdges(low, high, count);
  const found = edges.slice(1).map((end, index) => ({ low: edges[index] as number, high: end, count: 0 }));
  for (const value of usable) {
    const at = found.findIndex((bin) => value < bin.high);
    const bin = found[at < 0 ? found.length - 1 : at];
    if (bin !== undefined) bin.count += 1;
  }
  return found;
}

function ratioEdges(low: number, high: number, count: number): number[] {
  const ratio = (high / low) ** (1 / count);
  return Array.from({ length: count + 1 }, (_, index) => (index === count ? high : low * ratio ** index));
}

function roundEdges(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = power * ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough * 0.999) ?? 10);
  const first = Math.floor(low / width);
  const last = Math.max(first + 1, Math.ceil(high / width));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * width).toPrecision(12)));
}
