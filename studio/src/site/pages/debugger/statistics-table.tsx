// The statistics of a tensor by step, as a table: the newest step first.
import { useState } from "react";
import type { TensorSeries } from "../../api/debugger-operations";
import type { RuleFindings } from "../../api/job-parts";
import { number } from "../../lib/format";

const FEW = 20;

export function StatisticsTable({ series, rules, isOne }: { series: TensorSeries; rules: RuleFindings[]; isOne: boolean }) {
  const [isWhole, setIsWhole] = useState(false);
  const order = series.Steps.map((_, at) => at).reverse();
  const shown = isWhole ? order : order.slice(0, FEW);
  const found = new Map<number, string[]>();
  for (const { RuleConfigurationName: rule, Firings: firings } of rules) {
    for (const { Step: step, Tensor: tensor } of firings) {
      if (tensor === series.Tensor) found.set(step, [...new Set([...(found.get(step) ?? []), rule])]);
    }
  }
  const quantiles = Object.entries(series.Quantiles).filter(([, values]) => values.some((each) => each !== null));
  const columns: [string, (at: number) => string][] = [
    ["mean", (at) => number(series.Mean[at] ?? undefined)],
    ["std", (at) => number(series.Deviation[at] ?? undefined)],
    ["min", (at) => number(series.Minimum[at] ?? undefined)],
    ...quantiles.map(([name, values]): [string, (at: number) => string] => [name, (at) => number(values[at] ?? undefined)]),
    ["max", (at) => number(series.Maximum[at] ?? undefined)],
    ["zeros", (at) => share(series.Zeros[at], series.Sizes[at])],
    ["NaN", (at) => count(series.NaN[at])],
    ["infinite", (at) => count(series.Infinite[at])],
  ];
  const title = isOne ? "Statistics" : `Statistics of ${series.Tensor}`;
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="statistics" tabIndex={0} role="region" aria-label={`${title}, by step`}>
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col" className="number">
                step
              </th>
              <th scope="col">mode</th>
              {columns.map(([name]) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
              <th scope="col">found by</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((at) => (
              <tr key={series.Steps[at]}>
                <th scope="row" className="number mono">
                  {series.Steps[at]}
                </th>
                <td className="soft">{series.Modes[at]}</td>
                {columns.map(([name, value]) => (
                  <td key={name} className="number mono">
                    {value(at)}
                  </td>
                ))}
                <td>{found.get(series.Steps[at] ?? -1)?.join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {order.length > FEW && (
        <button type="button" className="button small" aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? "Fewer" : `All ${order.length} steps`}
        </button>
      )}
    </section>
  );
}

function share(part = 0, whole = 0): string {
  return whole > 0 && part > 0 ? `${number(Math.round((1_000 * part) / whole) / 10)} %` : "0";
}

function count(value = 0): string {
  return value.toLocaleString("en");
}
