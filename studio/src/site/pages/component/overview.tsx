// What a component is: times, source, where it belongs, its latest numbers, its tags.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { componentPlace } from "../../api/components";
import { authorOf } from "../../api/lineage";
import type { TrialComponent } from "../../api/tracking-operations";
import { Copyable } from "../../components/copy";
import { EntityLink } from "../../components/entity-link";
import { Card, Facts } from "../../components/facts";
import { LineageCard } from "../../components/lineage/card";
import { useNow } from "../../components/now";
import { Trouble } from "../../components/trouble";
import { jobsOf, metricsOf, parametersOf } from "../../lib/component";
import { ago, duration, instant, number } from "../../lib/format";
import { isRunning, shortReason } from "../../lib/jobs";
import { typeWords } from "../../lib/vertex-kinds";
import { TagList } from "../job/facts";

const FEW = 8;

export function ComponentOverview({ component }: { component: TrialComponent }) {
  const runs = isRunning(component.Status?.PrimaryStatus ?? "");
  const now = useNow(runs ? 1_000 : 60_000);
  const jobs = jobsOf(component);
  const metrics = metricsOf(component);
  const { own } = parametersOf(component);
  const { StartTime: start, EndTime: end } = component;
  const failure = component.Status?.PrimaryStatus === "Failed" ? shortReason(component.Status.Message ?? "") : undefined;
  const sourceType = component.Source?.SourceType?.replace(/^SageMaker/, "");
  return (
    <div className="stack">
      {failure && (
        <div className="error">
          <h2>Why it failed</h2>
          <pre tabIndex={0}>{failure}</pre>
        </div>
      )}
      <div className="cards">
        {metrics.length > 0 && (
          <Card title="Last metrics" action={<More tab="metrics" count={metrics.length} />}>
            <table className="plain-table">
              <tbody>
                {metrics.slice(0, FEW).map((metric) => (
                  <tr key={`${metric.SourceArn} ${metric.MetricName}`}>
                    <th scope="row">{metric.MetricName}</th>
                    <td className="number mono">{number(metric.Last)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
        )}
        {own.length > 0 && (
          <Card title="Parameters" action={<More tab="parameters" count={own.length} />}>
            <table className="plain-table">
              <tbody>
                {own.slice(0, FEW).map((each) => (
                  <tr key={each.name}>
                    <th scope="row">{each.name}</th>
                    <td className="number mono">{each.text}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
        )}
        <LineageCard arn={component.TrialComponentArn ?? ""} />
        <Card title="Where it belongs">
          <Parents name={component.TrialComponentName ?? ""} />
        </Card>
        <Card title="Identity">
          <Facts
            facts={[
              ["Name", <Copyable key="name" text={component.TrialComponentName ?? ""} what="the name" />],
              ["ARN", <Copyable key="arn" text={component.TrialComponentArn ?? ""} what="the ARN" />],
              ["Type", sourceType ? typeWords(sourceType) : "Logged by hand"],
              ...jobs.map((job, index): [string, React.ReactNode] => [
                jobs.length === 1 ? "Job" : `Job ${index + 1}`,
                <EntityLink key={job.arn} arn={job.arn}>
                  {job.name}
                </EntityLink>,
              ]),
              ["Started", instant(start)],
              ["Ended", instant(end)],
              ["Took", start === undefined ? "" : duration((end ?? (runs ? now : start)) - start)],
              ["Created", component.CreationTime && `${instant(component.CreationTime)} (${ago(component.CreationTime, now)})`],
              ["Created by", authorOf(component.CreatedBy)],
              ["Changed", instant(component.LastModifiedTime)],
              ["Changed by", authorOf(component.LastModifiedBy)],
            ]}
          />
          <TagList arn={component.TrialComponentArn} />
        </Card>
      </div>
    </div>
  );
}

function More({ tab, count }: { tab: "metrics" | "parameters"; count: number }) {
  return (
    <Link to="." search={{ tab }} replace>
      {count > FEW ? `All ${count.toLocaleString("en")}` : "More"}
    </Link>
  );
}

function Parents({ name }: { name: string }) {
  const asked = useQuery(componentPlace(name));
  if (asked.error) return <Trouble error={asked.error} what="the trials that it is in" />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  if (asked.data.length === 0) {
    return (
      <p className="soft">
        It is in no trial. <code>experiment_config</code> of <code>fit()</code> puts a job into one;{" "}
        <code>AssociateTrialComponent</code> does it later.
      </p>
    );
  }
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">Experiment</th>
          <th scope="col">Trial</th>
        </tr>
      </thead>
      <tbody>
        {asked.data.map(({ trial, experiment }) => (
          <tr key={`${experiment} ${trial}`}>
            <td>
              <Link to="/experiments/$name" params={{ name: experiment }}>
                {experiment}
              </Link>
            </td>
            <td>
              <Link to="/experiments/$name" params={{ name: experiment }} search={{ trial }}>
                {trial}
              </Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
