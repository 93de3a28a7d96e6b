// Saved steps by mode, and firings by rule, as lanes on one axis.
import type { CapturedStep } from "../api/debugger-operations";
import type { RuleFindings } from "../api/job-parts";
import { axisOf, tipOf } from "./chart-style";

type Colour = (token: string) => string;
type FoundByRule = Pick<RuleFindings, "RuleConfigurationName" | "Firings">;

export interface LanePoint {
  lane: number;
  step: number;
  text: string;
}

/** Rules without a firing have no lane. */
export function lanesOf(
  steps: readonly CapturedStep[],
  rules: readonly FoundByRule[],
): { names: string[]; saved: LanePoint[]; found: LanePoint[] } {
  const modes = [...new Set(steps.map((step) => step.Mode))];
  const firing = rules.filter((rule) => rule.Firings.length > 0);
  const saved = steps.map((step) => ({
    lane: modes.indexOf(step.Mode),
    step: step.Step,
    text: `step ${step.Step}${step.Mode === "GLOBAL" ? "" : `, ${step.Mode} ${step.ModeStep}`}`,
  }));
  const found = firing.flatMap((rule, at) => {
    const counts = new Map<number, number>();
    for (const { Step: step } of rule.Firings) if (step >= 0) counts.set(step, (counts.get(step) ?? 0) + 1);
    return [...counts].map(([step, times]) => ({
      lane: modes.length + at,
      step,
      text: `step ${step}: ${rule.RuleConfigurationName}, ${times} ${times === 1 ? "firing" : "firings"}`,
    }));
  });
  return { names: [...modes, ...firing.map((rule) => rule.RuleConfigurationName)], saved, found };
}

export function stepsOption(steps: readonly CapturedStep[], rules: readonly FoundByRule[]) {
  const { names, saved, found } = lanesOf(steps, rules);
  const data = (points: LanePoint[]) => points.map(({ step, lane, text }) => [step, lane, text]);
  return (colour: Colour) => ({
    grid: { left: 170, right: 24, top: 8, bottom: 44 },
    tooltip: tipOf(colour, ({ value }) => String((value as unknown[])[2])),
    xAxis: axisOf(colour, { type: "value", min: "dataMin", max: "dataMax", name: "step", nameLocation: "middle", nameGap: 26 }),
    yAxis: axisOf(colour, {
      type: "category",
      data: names,
      inverse: true,
      axisLabel: { color: colour("--ink"), fontSize: 12, width: 150, overflow: "truncate" },
      splitLine: { show: true, lineStyle: { color: colour("--line") } },
    }),
    series: [
      { type: "scatter", symbol: "rect", symbolSize: [3, 14], itemStyle: { color: colour("--accent") }, data: data(saved) },
      { type: "scatter", symbol: "diamond", symbolSize: 12, itemStyle: { color: colour("--stopped") }, data: data(found) },
    ],
  });
}
