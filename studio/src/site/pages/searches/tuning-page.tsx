// A tuning job: how it searches, what it has found, and its trials.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import type { TuningJob } from "../../api/call";
import { tuningJob } from "../../api/queries";
import { trials } from "../../api/searches";
import { Card, Facts } from "../../components/facts";
import { Trouble } from "../../components/trouble";
import type { AttemptAddress } from "../../lib/attempt-address";
import type { Objective } from "../../lib/attempts";
import { duration, instant, number } from "../../lib/format";
import { tuningRow } from "../../lib/jobs";
import { objectiveOf, rangesOf } from "../../lib/tuning";
import { TuningCode } from "../job/code-dialog";
import { Place } from "../job/facts";
import { Tags } from "../job/tags";
import { SearchPage } from "./search-page";

export default function TuningPage() {
  const { name } = useParams({ from: "/signed-in/tuning-jobs/$name" });
  const address: AttemptAddress = useSearch({ strict: false });
  const asked = useQuery(tuningJob(name));
  const attempts = useQuery(trials(name));
  const objective = useMemo(() => asked.data && objectiveOf(asked.data), [asked.data]);
  if (asked.error) return <Trouble error={asked.error} what={`the tuning job ${name}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  const job = asked.data;
  return (
    <SearchPage
      row={tuningRow(job)}
      objective={objective}
      noun="trial"
      attempts={attempts}
      address={address}
      actions={<TuningCode job={job} />}
      more={
        <>
          <Counts job={job} />
          <Identity job={job} />
          <Tags arn={job.HyperParameterTuningJobArn} />
        </>
      }
    >
      <Best job={job} objective={objective} />
      <Search job={job} objective={objective} />
    </SearchPage>
  );
}

function Best({ job, objective }: { job: TuningJob; objective: Objective | undefined }) {
  // With a warm start, the best one may be a trial of a parent.
  const best = job.OverallBestTrainingJob ?? job.BestTrainingJob;
  const name = best?.TrainingJobName;
  return (
    <Card title="Best trial">
      {best === undefined || name === undefined ? (
        <p className="soft">No trial is complete yet.</p>
      ) : (
        <>
          <p>
            <strong className="mono">{number(Number(best.FinalHyperParameterTuningJobObjectiveMetric?.Value))}</strong>{" "}
            <span className="soft">{objective?.metric}</span>
          </p>
          <p>
            <Link to="/training-jobs/$name" params={{ name }}>
              {name}
            </Link>
          </p>
          <table className="plain-table">
            <tbody>
              {Object.entries(best.TunedHyperParameters ?? {}).map(([key, value]) => (
                <tr key={key}>
                  <th scope="row">{key}</th>
                  <td className="number mono">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Card>
  );
}

function Search({ job, objective }: { job: TuningJob; objective: Objective | undefined }) {
  const config = job.HyperParameterTuningJobConfig;
  const limits = config?.ResourceLimits;
  const criteria = config?.TuningJobCompletionCriteria;
  const parents = (job.WarmStartConfig?.ParentHyperParameterTuningJobs ?? []).flatMap(
    ({ HyperParameterTuningJobName: parent }) => (parent === undefined ? [] : [parent]),
  );
  return (
    <Card title="How it searches">
      <Facts
        facts={[
          ["Strategy", config?.Strategy],
          ["Objective", objective && `${objective.isMaximized ? "greatest" : "least"} ${objective.metric}`],
          ...rangesOf(job),
          ["Trials", limits?.MaxNumberOfTrainingJobs],
          ["At once", limits?.MaxParallelTrainingJobs],
          ["Longest run", duration(limits?.MaxRuntimeInSeconds)],
          ["Ends at", criteria?.TargetObjectiveMetricValue],
          ["Stops bad trials early", config?.TrainingJobEarlyStoppingType === "Auto" && "yes"],
          ["Seed", config?.RandomSeed],
          [
            "Warm start from",
            parents.length > 0 && (
              <span key="parents" className="row">
                {parents.map((parent) => (
                  <Link key={parent} to="/tuning-jobs/$name" params={{ name: parent }}>
                    {parent}
                  </Link>
                ))}
              </span>
            ),
          ],
        ]}
      />
    </Card>
  );
}

function Counts({ job }: { job: TuningJob }) {
  const counts = job.TrainingJobStatusCounters;
  const spent = job.ConsumedResources?.RuntimeInSeconds;
  const experiment = `${job.HyperParameterTuningJobName}-aws-tuning-job`;
  return (
    <Card
      title="Trials so far"
      action={
        <Link to="/experiments/$name/charts" params={{ name: experiment }}>
          Compare in charts
        </Link>
      }
    >
      <Facts
        facts={[
          ["Completed", counts?.Completed],
          ["Running", counts?.InProgress],
          ["Failed, tried again", counts?.RetryableError || undefined],
          ["Failed", counts?.NonRetryableError || undefined],
          ["Stopped", counts?.Stopped || undefined],
          ["With a value", job.ObjectiveStatusCounters?.Succeeded],
          ["Trained for", duration(spent)],
        ]}
      />
    </Card>
  );
}

function Identity({ job }: { job: TuningJob }) {
  const definitions = [job.TrainingJobDefinition, ...(job.TrainingJobDefinitions ?? [])].flatMap((each) =>
    each === undefined ? [] : [each],
  );
  const reason = job.TuningJobCompletionDetails;
  return (
    <Card title="Identity">
      <Facts
        facts={[
          ["ARN", <Place key="arn" uri={job.HyperParameterTuningJobArn} what="the ARN" />],
          ["Created", instant(job.CreationTime)],
          ["Ended", instant(job.HyperParameterTuningEndTime)],
          ["Converged", instant(reason?.ConvergenceDetectedTime)],
          ...definitions.map((each, index): [string, ReactNode] => [
            each.DefinitionName ?? (definitions.length > 1 ? `Image ${index + 1}` : "Image"),
            <Place key={index} uri={each.AlgorithmSpecification?.TrainingImage} what="the image" />,
          ]),
          ["Output", <Place key="output" uri={definitions[0]?.OutputDataConfig?.S3OutputPath} what="the address of the output" />],
          ["Role", <Place key="role" uri={definitions[0]?.RoleArn} what="the role" />],
        ]}
      />
    </Card>
  );
}
