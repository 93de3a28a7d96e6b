// An Autopilot job: what it was given, how far it is, and its candidates.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import type { AutoMLJob } from "../../api/call";
import { autoMLJob } from "../../api/queries";
import { candidates } from "../../api/searches";
import { EntityLink } from "../../components/entity-link";
import { Card, Facts } from "../../components/facts";
import { Trouble } from "../../components/trouble";
import type { AttemptAddress } from "../../lib/attempt-address";
import { autopilotObjective, metricsOf } from "../../lib/autopilot";
import { duration, instant, number } from "../../lib/format";
import { autoMLRow } from "../../lib/jobs";
import { AutopilotCode } from "../job/code-dialog";
import { Place } from "../job/facts";
import { Tags } from "../job/tags";
import { SearchPage } from "./search-page";

export default function AutopilotPage() {
  const { name } = useParams({ from: "/signed-in/autopilot-jobs/$name" });
  const address: AttemptAddress = useSearch({ strict: false });
  const asked = useQuery(autoMLJob(name));
  const attempts = useQuery(candidates(name));
  const objective = useMemo(() => asked.data && autopilotObjective(asked.data), [asked.data]);
  if (asked.error) return <Trouble error={asked.error} what={`the Autopilot job ${name}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  const job = asked.data;
  return (
    <SearchPage
      row={autoMLRow(job)}
      objective={objective}
      noun="candidate"
      attempts={attempts}
      address={address}
      actions={<AutopilotCode job={job} />}
      more={
        <>
          <Reports job={job} />
          <Identity job={job} />
          <Tags arn={job.AutoMLJobArn} />
        </>
      }
    >
      <Best job={job} />
      <Problem job={job} />
    </SearchPage>
  );
}

function Best({ job }: { job: AutoMLJob }) {
  const best = job.BestCandidate;
  const objective = best?.FinalAutoMLJobObjectiveMetric;
  return (
    <Card title="Best candidate">
      {best === undefined ? (
        <p className="soft">No candidate is complete yet.</p>
      ) : (
        <>
          <p>
            <strong className="mono">{number(Number(objective?.Value))}</strong>{" "}
            <span className="soft">{objective?.StandardMetricName ?? objective?.MetricName}</span>
          </p>
          <table className="plain-table">
            <tbody>
              {metricsOf(best).map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="number mono">{number(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <h3 className="tags-title">Steps</h3>
          <ul className="link-list">
            {(best.CandidateSteps ?? []).map((step) => (
              <li key={step.CandidateStepArn}>
                <EntityLink arn={step.CandidateStepArn ?? ""}>{step.CandidateStepName}</EntityLink>
                <span className="soft">{step.CandidateStepType?.split("::").at(-1)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function Problem({ job }: { job: AutoMLJob }) {
  const tabular = job.AutoMLProblemTypeConfig?.TabularJobConfig;
  const resolved = job.ResolvedAttributes;
  const inferred = resolved?.AutoMLProblemTypeResolvedAttributes?.TabularResolvedAttributes?.ProblemType;
  const limits = tabular?.CompletionCriteria ?? resolved?.CompletionCriteria;
  return (
    <Card title="Problem">
      <Facts
        facts={[
          ["Target", tabular?.TargetAttributeName],
          ["Problem", tabular?.ProblemType ?? inferred],
          ["Objective", job.AutoMLJobObjective?.MetricName ?? resolved?.AutoMLJobObjective?.MetricName],
          ["Mode", tabular?.Mode],
          ["Weights", tabular?.SampleWeightAttributeName],
          ["For validation", job.DataSplitConfig?.ValidationFraction],
          ["Most candidates", limits?.MaxCandidates],
          ["Longest run", duration(limits?.MaxAutoMLJobRuntimeInSeconds)],
          ["Longest training", duration(limits?.MaxRuntimePerTrainingJobInSeconds)],
          ...(job.AutoMLJobInputDataConfig ?? []).map((channel): [string, ReactNode] => [
            channel.ChannelType === "validation" ? "Validation data" : "Data",
            <Place key={channel.ChannelType} uri={channel.DataSource?.S3DataSource?.S3Uri} what="the address of the data" />,
          ]),
          ["Output", <Place key="output" uri={job.OutputDataConfig?.S3OutputPath} what="the address of the output" />],
          ["Left out", (job.PartialFailureReasons ?? []).map((each) => each.PartialFailureMessage).join("; ")],
        ]}
      />
    </Card>
  );
}

function Reports({ job }: { job: AutoMLJob }) {
  const artifacts = job.AutoMLJobArtifacts;
  const found = job.BestCandidate?.CandidateProperties?.CandidateArtifactLocations;
  const endpoint = job.ModelDeployResult?.EndpointName;
  const experiment = `${job.AutoMLJobName}-aws-auto-ml-job`;
  return (
    <Card
      title="Notebooks and reports"
      action={
        <Link to="/experiments/$name/charts" params={{ name: experiment }}>
          Compare in charts
        </Link>
      }
    >
      <Facts
        facts={[
          place("Data exploration", artifacts?.DataExplorationNotebookLocation, true),
          place("Candidate definitions", artifacts?.CandidateDefinitionNotebookLocation, true),
          place("Quality of the best model", found?.ModelInsights),
          place("Importance of the features", found?.Explainability),
          ["Endpoint", endpoint],
        ]}
      />
    </Card>
  );
}

function place(title: string, uri: string | undefined, isFile = false): [string, ReactNode] {
  return [title, uri && <Place key={title} uri={uri} what={`the address of ${title.toLowerCase()}`} isFile={isFile} />];
}

function Identity({ job }: { job: AutoMLJob }) {
  return (
    <Card title="Identity">
      <Facts
        facts={[
          ["ARN", <Place key="arn" uri={job.AutoMLJobArn} what="the ARN" />],
          ["Created", instant(job.CreationTime)],
          ["Ended", instant(job.EndTime)],
          ["Role", <Place key="role" uri={job.RoleArn} what="the role" />],
        ]}
      />
    </Card>
  );
}
