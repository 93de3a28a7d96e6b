// The objective metric of every attempt, in the order in which they were made, and the best value up to each.
import { useMemo } from "react";
import { CanvasChart } from "../../components/charts/chart-code";
import { Card } from "../../components/facts";
import { axisOf, tipOf } from "../../lib/chart-style";
import { type Attempt, bestSoFar, type Objective } from "../../lib/attempts";
import { number } from "../../lib/format";

const HEIGHT = 280;

export function AttemptChart({
  attempts,
  objective,
  noun,
  onOpen,
}: {
  attempts: readonly Attempt[];
  objective: Objective;
  /** Of one attempt: trial. */
  noun: string;
  onOpen: (attempt: Attempt) => void;
}) {
  const option = useMemo(() => attemptOption(attempts, objective, noun), [attempts, objective, noun]);
  const measured = attempts.filter(({ value }) => value !== undefined).length;
  return (
    <Card title={objective.metric} wide>
      {measured === 0 ? (
        <p className="soft">No {noun} has a value yet.</p>
      ) : (
        <CanvasChart
          placeholder={<div style={{ height: HEIGHT }} />}
          option={option}
          height={HEIGHT}
          label={`${objective.metric} of ${measured} ${noun}s, and the best up to each`}
          onPick={(value) => {
            const picked = attempts[Number((value as number[])[0]) - 1];
            if (picked !== undefined) onOpen(picked);
          }}
        />
      )}
    </Card>
  );
}

function attemptOption(attempts: readonly Attempt[], objective: Objective, noun: string) {
  const best = bestSoFar(attempts, objective);
  return (colour: (token: string) => string) => ({
    grid: { left: 12, right: 20, top: 14, bottom: 28, containLabel: true },
    tooltip: tipOf(colour, ({ value }) => {
      const attempt = attempts[(value as number[])[0]! - 1];
      if (attempt === undefined) return "";
      const tried = Object.entries(attempt.parameters).map(([name, text]) => `${name}: ${text}`);
      return [attempt.name, `${objective.metric}: ${number(attempt.value)}`, ...tried].join("\n");
    }),
    xAxis: axisOf(colour, { type: "value", name: noun, nameLocation: "middle", nameGap: 26, min: 1, max: Math.max(2, attempts.length), minInterval: 1 }),
    yAxis: axisOf(colour, { type: "value", scale: true, axisLabel: { color: colour("--ink-soft"), fontSize: 12, formatter: (value: number) => number(value) } }),
    series: [
      {
        type: "line",
        step: "end",
        symbol: "none",
        silent: true,
        lineStyle: { color: colour("--completed"), width: 1.5 },
        data: best.flatMap((value, index) => (value === undefined ? [] : [[index + 1, value]])),
      },
      {
        type: "scatter",
        symbolSize: attempts.length > 200 ? 6 : 9,
        itemStyle: { color: colour("--accent"), opacity: 0.85, borderColor: colour("--surface"), borderWidth: 1 },
        data: attempts.flatMap(({ value }, index) => (value === undefined ? [] : [[index + 1, value]])),
      },
    ],
  });
}
