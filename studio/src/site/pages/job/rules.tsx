// What the rules of a training job have found, each firing at its step; and what they looked at.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { TrainingJob } from "../../api/call";
import { type RuleFindings, ruleFindings } from "../../api/job-parts";
import { Ago } from "../../components/ago";
import { Card, Facts } from "../../components/facts";
import { PlaceLink } from "../../components/place-link";
import { RuleStrip } from "../../components/rule-strip";
import { Status } from "../../components/status";
import { Trouble } from "../../components/trouble";
import { isRunning } from "../../lib/jobs";

const FEW = 20;

export function Rules({ job }: { job: TrainingJob }) {
  const name = job.TrainingJobName ?? "";
  const statuses = [...(job.DebugRuleEvaluationStatuses ?? []), ...(job.ProfilerRuleEvaluationStatuses ?? [])];
  const isOpen = isRunning(job.TrainingJobStatus ?? "") || statuses.some((each) => isRunning(each.RuleEvaluationStatus ?? ""));
  const asked = useQuery(ruleFindings(name, isOpen));
  if (asked.error) return <Trouble error={asked.error} what="what the rules have found" />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  return (
    <div className="stack">
      {asked.data.length === 0 ? (
        <NoRules />
      ) : (
        asked.data.map((rule) => <RuleCard key={rule.RuleConfigurationName} rule={rule} />)
      )}
      <Captured job={job} />
    </div>
  );
}

function NoRules() {
  return (
    <div className="card empty">
      <h2>No rule watches this job</h2>
      <p className="soft">A rule looks at the tensors of a training while it runs, and says what is wrong with it. For example:</p>
      <pre tabIndex={0}>clary train train.py --image pytorch --rule VanishingGradient --rule Overfit</pre>
    </div>
  );
}

function RuleCard({ rule }: { rule: RuleFindings }) {
  const [shown, setShown] = useState(FEW);
  const { Firings: firings, Count: count } = rule;
  const parameters = Object.entries(rule.Parameters).filter(([key]) => key !== "rule_to_invoke");
  return (
    <Card title={rule.RuleConfigurationName} action={<Status status={rule.Status} badge />}>
      <div className="stack tight">
        <p className="row soft">
          <span>{rule.RuleName || rule.Parameters["rule_to_invoke"]}</span>
          {parameters.map(([key, value]) => (
            <span key={key} className="mono">
              {key}={value}
            </span>
          ))}
          {rule.LastModifiedTime !== null && <Ago at={rule.LastModifiedTime} />}
        </p>
        {firings.length === 0 && rule.Details && <pre className="words">{rule.Details}</pre>}
        {/* What it would mean is no news of a rule that has found nothing. */}
        {firings.length > 0 && rule.Meaning && <p>{rule.Meaning}</p>}
        {firings.length > 0 && rule.Remedy && <p className="soft">{rule.Remedy}</p>}
        {firings.length > 0 && (
          <>
            <h3>
              {count === null ? `${firings.length.toLocaleString("en")} or more firings` : `${count.toLocaleString("en")} firing${count === 1 ? "" : "s"}`}
            </h3>
            <RuleStrip steps={firings.map((each) => each.Step)} />
            {/* Keys scroll it. */}
            <div className="scroll firings" tabIndex={0} role="region" aria-label={`Firings of ${rule.RuleConfigurationName}`}>
              <table className="plain-table">
                <thead>
                  <tr>
                    <th scope="col" className="number short">
                      Step
                    </th>
                    <th scope="col">Tensor</th>
                    <th scope="col">What was seen</th>
                  </tr>
                </thead>
                <tbody>
                  {firings.slice(0, shown).map((firing, index) => (
                    <tr key={index}>
                      <td className="number short mono">{firing.Step}</td>
                      <td className="mono">{firing.Tensor}</td>
                      <td>{firing.Message}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {firings.length > shown && (
              <div>
                <button type="button" className="button small" onClick={() => setShown(shown * 10)}>
                  Show more
                </button>
              </div>
            )}
          </>
        )}
        <p className="row">
          {rule.JobArn && (
            <Link to="/processing-jobs/$name" params={{ name: rule.JobArn.slice(rule.JobArn.lastIndexOf("/") + 1) }} search={{ tab: "log" }}>
              The rule's own log
            </Link>
          )}
          <PlaceLink uri={rule.Output} what="the address of the rule's files" />
        </p>
      </div>
    </Card>
  );
}

function Captured({ job }: { job: TrainingJob }) {
  const hook = job.DebugHookConfig;
  if (hook?.S3OutputPath === undefined) return null;
  const parameters = Object.entries(hook.HookParameters ?? {});
  return (
    <Card
      title="What is captured"
      action={
        <Link to="/debugger/training-job/$name" params={{ name: job.TrainingJobName ?? "" }}>
          Open in the debugger
        </Link>
      }
    >
      <Facts
        facts={[
          ["Tensors", <PlaceLink key="place" uri={`${hook.S3OutputPath.replace(/\/+$/, "")}/${job.TrainingJobName}/debug-output/`} what="the address of the tensors" />],
          ["For all", parameters.map(([key, value]) => `${key}=${value}`).join(", ")],
          ...(hook.CollectionConfigurations ?? []).map((each): [string, string] => [
            each.CollectionName ?? "",
            Object.entries(each.CollectionParameters ?? {})
              .map(([key, value]) => `${key}=${value}`)
              .join(", ") || "as usual",
          ]),
        ]}
      />
    </Card>
  );
}
