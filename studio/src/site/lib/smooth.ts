// Smoothing of a curve for the eye.

/** The weight that an address says; undefined without smoothing. */
export function readSmoothing(raw: unknown): number | undefined {
  const weight = Number(raw);
  return weight > 0 && weight < 1 ? weight : undefined;
}

/**
 * The exponential moving average, corrected for its start as TensorBoard does.
 *
 * weight: 0 (as it is) to below 1. A value weighs by the distance to the one before it, so that a reduced curve,
 * whose points are not evenly spaced, looks as the whole one does. A gap stays a gap.
 */
export function smoothed(
  x: readonly number[],
  values: readonly (number | null)[],
  weight: number,
): (number | null)[] {
  const first = x[0] ?? 0;
  const last = x.at(-1) ?? 0;
  const usual = x.length > 1 ? (last - first) / (x.length - 1) : 0;
  if (!(weight > 0)) return [...values];
  const kept = Math.min(weight, 0.999);
  let average = 0;
  let share = 0;
  let before = first;
  return values.map((value, index) => {
    if (value === null) return null;
    const here = x[index] ?? before;
    const decay = usual > 0 && share > 0 ? kept ** Math.max((here - before) / usual, 1e-3) : kept;
    before = here;
    average = decay * average + (1 - decay) * value;
    share = decay * share + (1 - decay);
    return average / share;
  });
}
