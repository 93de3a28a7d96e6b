// What was captured, and what the rules found in it, on the same axis of steps.
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Captured } from "../../api/debugger-operations";
import type { RuleFindings } from "../../api/job-parts";
import { CanvasChart } from "../../components/charts/chart-code";
import { Card, Facts } from "../../components/facts";
import { PlaceLink } from "../../components/place-link";
import { Status } from "../../components/status";
import { Trouble } from "../../components/trouble";
import { bytes } from "../../lib/format";
import { stepsOption } from "../../lib/steps-option";

const FIRINGS = 5;
const count = (value: number): string => value.toLocaleString("en");

export function Overview({
  name,
  found,
  rules,
  trouble,
}: {
  name: string;
  found: Captured;
  rules: RuleFindings[] | undefined;
  trouble: Error | null;
}) {
  const option = useMemo(() => stepsOption(found.Steps, rules ?? []), [found.Steps, rules]);
  const lanes = found.Modes.length + (rules ?? []).filter((rule) => rule.Firings.length > 0).length;
  return (
    <div className="stack">
      <div className="cards">
        <Card title="Captured">
          <Facts
            facts={[
              ["Tensors", count(found.TensorCount)],
              ["Steps", `${count(found.StepCount)}${found.Ended ? "" : " so far"}`],
              ...found.Modes.map(
                (mode) => [mode.Mode, `${count(mode.StepCount)} steps, ${mode.First} to ${mode.Last}`] as [string, string],
              ),
              ["Size", `${found.IsAllCounted ? "" : "more than "}${bytes(found.Bytes)}`],
              ["Workers", workersText(found)],
              ["Where", <PlaceLink key="place" uri={found.Uri} what="the address of the tensors" />],
            ]}
          />
          {found.StepsLeftOut > 0 && (
            <p className="soft">Of very many steps, these are some: {count(found.StepsLeftOut)} files are left out.</p>
          )}
        </Card>
        {found.Workers.length > 1 && (
          <Card title="Workers">
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">Worker</th>
                  <th scope="col" className="number">
                    Steps
                  </th>
                  <th scope="col" className="number">
                    Size
                  </th>
                </tr>
              </thead>
              <tbody>
                {found.Workers.map((worker) => (
                  <tr key={worker.Worker}>
                    <th scope="row">{worker.Worker}</th>
                    <td className="number mono">{count(worker.StepFiles)}</td>
                    <td className="number mono">{bytes(worker.Bytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
        )}
        <Card title="Collections">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">Collection</th>
                <th scope="col" className="number">
                  Tensors
                </th>
                <th scope="col">Saved every</th>
              </tr>
            </thead>
            <tbody>
              {found.Collections.map((collection) => (
                <tr key={collection.Name}>
                  <th scope="row">
                    <Link to="." search={{ tab: "tensors", collection: collection.Name }}>
                      {collection.Name}
                    </Link>
                  </th>
                  <td className="number mono">{count(collection.TensorCount)}</td>
                  <td className="soft">
                    {everyText(collection.SaveInterval)}
                    {collection.OnlyReductions ? ", reductions only" : ""}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      </div>
      <Card title="Steps and findings" wide>
        <CanvasChart
          placeholder={<div style={{ height: 80 + 34 * lanes }} />}
          option={option}
          height={80 + 34 * lanes}
          label="The saved steps of each mode, and the steps at which rules have found something; the tables have the same"
        />
      </Card>
      {trouble && <Trouble error={trouble} what="the findings of the rules" />}
      {rules && rules.length === 0 && (
        <p className="soft">
          The job has no rules. With <code>rules=[Rule.sagemaker(rule_configs.vanishing_gradient())]</code> an estimator
          gets some.
        </p>
      )}
      {rules && rules.length > 0 && (
        <div className="rules">
          {[...rules].sort((one, other) => other.Firings.length - one.Firings.length).map((rule) => (
            <Rule key={rule.RuleConfigurationName} name={name} rule={rule} />
          ))}
        </div>
      )}
      {found.Problems.length > 0 && (
        <Card title="Files that can't be read" wide>
          <ul className="job-lines">
            {found.Problems.map((problem) => (
              <li key={problem} className="mono">
                {problem}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}

function Rule({ name, rule }: { name: string; rule: RuleFindings }) {
  const { Firings: firings } = rule;
  return (
    <Card title={rule.RuleConfigurationName} action={<Status status={rule.Status} />}>
      {firings.length === 0 ? (
        <p className="soft">{rule.Status === "Error" ? rule.Details : "It has found nothing so far."}</p>
      ) : (
        <>
          <p>{rule.Meaning}</p>
          <p className="soft">{rule.Remedy}</p>
          <table className="plain-table firings">
            <thead>
              <tr>
                <th scope="col" className="number">
                  Step
                </th>
                <th scope="col">Tensor</th>
                <th scope="col">What was seen</th>
              </tr>
            </thead>
            <tbody>
              {firings.slice(0, FIRINGS).map((firing, at) => (
                <tr key={`${firing.Step} ${firing.Tensor} ${at}`}>
                  <td className="number mono">{firing.Step}</td>
                  <td>
                    {firing.Tensor && (
                      <Link
                        to="/debugger/training-job/$name"
                        params={{ name }}
                        search={{ tab: "tensors", tensor: firing.Tensor, step: Math.max(0, firing.Step) }}
                      >
                        {firing.Tensor}
                      </Link>
                    )}
                  </td>
                  <td>{firing.Message}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {(rule.Count ?? firings.length) > FIRINGS && (
            <p className="soft">
              The first {FIRINGS} of {rule.Count === null ? `more than ${count(firings.length)}` : count(rule.Count)}{" "}
              firings.
            </p>
          )}
        </>
      )}
    </Card>
  );
}

function everyText(intervals: Record<string, number>): string {
  const different = new Set(Object.values(intervals));
  if (different.size === 0) return "";
  const steps = (interval: number): string => (interval === 1 ? "step" : `${interval} steps`);
  if (different.size === 1) return steps([...different][0] ?? 1);
  return Object.entries(intervals)
    .map(([mode, interval]) => `${steps(interval)} (${mode})`)
    .join(", ");
}

/** How many have written, and of how many, where some have not yet. */
function workersText({ Workers: workers, WorkerCount: all }: Captured): string | undefined {
  if (all === null) return undefined;
  return workers.length < all ? `${workers.length} of ${all}` : String(workers.length);
}
