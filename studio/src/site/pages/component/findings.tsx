// What the debugger's rules found in a component's job: each rule with the steps where it fired.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type RuleFinding, ruleFindings } from "../../api/components";
import type { TrialComponent } from "../../api/tracking-operations";
import { Status } from "../../components/status";
import { Trouble } from "../../components/trouble";
import { jobsOf } from "../../lib/component";
import { ago } from "../../lib/format";
import { isRunning } from "../../lib/jobs";
import { useNow } from "../../components/now";

export function Findings({ component }: { component: TrialComponent }) {
  const jobs = jobsOf(component).filter(({ kind }) => kind === "training-job");
  if (jobs.length === 0) {
    return (
      <div className="card empty">
        <h2>There is nothing to debug</h2>
        <p className="soft">Rules watch training jobs; this component tells of none.</p>
      </div>
    );
  }
  const runs = isRunning(component.Status?.PrimaryStatus ?? "");
  return (
    <div className="stack">
      {jobs.map(({ name }) => (
        <FindingsOf key={name} job={name} title={jobs.length > 1 ? name : undefined} isRunning={runs} />
      ))}
    </div>
  );
}

function FindingsOf({ job, title, isRunning: runs }: { job: string; title: string | undefined; isRunning: boolean }) {
  const asked = useQuery(ruleFindings(job, runs));
  if (asked.error) return <Trouble error={asked.error} what={`the findings of ${job}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  if (asked.data.length === 0) {
    return (
      <div className="card empty">
        <h2>{title ?? "The job"} had no rules</h2>
        <p className="soft">
          <code>rules=[Rule.sagemaker(rule_configs.loss_not_decreasing())]</code> of an estimator has one watch it;{" "}
          <code>clary train --rule LossNotDecreasing</code> does the same.
        </p>
      </div>
    );
  }
  return (
    <section className="stack tight" aria-label={`Findings of ${job}`}>
      {title && <h2>{title}</h2>}
      <div className="cards">
        {asked.data.map((rule) => (
          <RuleCard key={rule.RuleConfigurationName} rule={rule} />
        ))}
      </div>
    </section>
  );
}

const FEW_FIRINGS = 10;

function RuleCard({ rule }: { rule: RuleFinding }) {
  const now = useNow(60_000);
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? rule.Firings : rule.Firings.slice(0, FEW_FIRINGS);
  const steps = rule.Firings.map(({ Step }) => Step);
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const total = rule.Count ?? rule.Firings.length;
  return (
    <section className="card" aria-label={`Rule ${rule.RuleConfigurationName}`}>
      <header>
        <h3>{rule.RuleConfigurationName}</h3>
        <Status status={rule.Status} badge />
      </header>
      <div className="stack tight">
        <p className="soft">
          {[
            rule.RuleName && rule.RuleName !== rule.RuleConfigurationName && rule.RuleName,
            total > 0 &&
              `${total.toLocaleString("en")}${rule.Count === null ? " or more" : ""} firing${total === 1 ? "" : "s"} ` +
                (first === last ? `at step ${first}` : `from step ${first} to ${last}`),
            rule.LastModifiedTime && ago(rule.LastModifiedTime, now),
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        {total > 0 && rule.Meaning && <p>{rule.Meaning}</p>}
        {total > 0 && rule.Remedy && <p>{rule.Remedy}</p>}
        {!rule.Meaning && rule.Details && <pre className="rule-details">{rule.Details}</pre>}
        {shown.length > 0 && (
          <div className="scroll">
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
                {shown.map((firing, index) => (
                  <tr key={index}>
                    <td className="number mono">{firing.Step}</td>
                    <td className="mono">{firing.Tensor}</td>
                    <td>{firing.Message}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {shown.length < rule.Firings.length && (
          <button type="button" className="button small" onClick={() => setIsWhole(true)}>
            Show {(rule.Firings.length - shown.length).toLocaleString("en")} more
          </button>
        )}
        {isWhole && total > rule.Firings.length && (
          <p className="soft">The rule's file in S3 has the rest.</p>
        )}
      </div>
    </section>
  );
}
