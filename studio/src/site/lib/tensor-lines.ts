// Statistics of tensors as lines of a chart, and what rules found as marks on it.
import type { TensorSeries } from "../api/debugger-operations";
import type { RuleFindings } from "../api/job-parts";
import type { Line, Mark } from "./curves";

type FoundByRule = Pick<RuleFindings, "RuleConfigurationName" | "Firings">;

/** Values of a tensor with so many are lines of their own. */
const FEW = 10;

/** prefix: told before each name where two tensors are compared. */
export function linesOf(series: TensorSeries, prefix = ""): Line[] {
  const { Steps: x } = series;
  if (x.length === 0) return [];
  const line = (name: string, values: (number | null)[], place: number): Line => ({
    key: `${prefix}${name}`,
    name: `${prefix}${name}`,
    // A number at the end makes neighbours differ in colour.
    run: `${prefix}${place}`,
    x,
    values,
  });
  const count = series.Values?.[0]?.length ?? 0;
  if (series.Values && count > 0 && count <= FEW && series.Values.every((row) => row.length === count)) {
    const values = series.Values;
    if (count === 1) return [line("value", values.map((row) => row[0] ?? null), 0)];
    return Array.from({ length: count }, (_, at) => line(`[${at}]`, values.map((row) => row[at] ?? null), at));
  }
  const { p5, p50, p95 } = series.Quantiles;
  const isWhole = (numbers?: (number | null)[]): numbers is number[] => numbers?.every((each) => each !== null) ?? false;
  return [
    {
      ...line("mean", series.Mean, 0),
      ...(isWhole(p5) && isWhole(p95) && { band: { low: p5, high: p95 } }),
    },
    ...(p50?.some((each) => each !== null) ? [line("median", p50, 1)] : []),
    line("minimum", series.Minimum, 2),
    line("maximum", series.Maximum, 3),
    line("standard deviation", series.Deviation, 4),
  ].filter(({ values }) => values.some((each) => each !== null));
}

/** The firings about one tensor, or about none in particular: one mark for each rule and step. */
export function marksOf(rules: readonly FoundByRule[], tensors: readonly string[]): Mark[] {
  return rules.flatMap(({ RuleConfigurationName: rule, Firings: firings }) => {
    const own = firings.filter(({ Tensor: tensor, Step: step }) => step >= 0 && (tensor === "" || tensors.includes(tensor)));
    return [...new Set(own.map(({ Step: step }) => step))].map((x) => ({ x, label: rule }));
  });
}

/** The saved step that is nearest to one that was asked for; the last without one. */
export function nearestStep(steps: readonly number[], wanted: number | undefined): number | undefined {
  if (wanted === undefined) return steps.at(-1);
  return steps.reduce<number | undefined>(
    (best, step) => (best === undefined || Math.abs(step - wanted) < Math.abs(best - wanted) ? step : best),
    undefined,
  );
}
