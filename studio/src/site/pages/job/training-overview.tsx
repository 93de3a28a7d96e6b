// What a training job is, and what has become of it.
import type { ReactNode } from "react";
import type { TrainingJob } from "../../api/call";
import { EntityLink } from "../../components/entity-link";
import { Card, Facts } from "../../components/facts";
import { Status } from "../../components/status";
import { useNow } from "../../components/now";
import { Link } from "@tanstack/react-router";
import { parseArn } from "../../lib/arns";
import { duration, instant, number, plain } from "../../lib/format";
import { isRunning, ranFor, trainingRow } from "../../lib/jobs";
import { stages, whatRan } from "../../lib/timeline";
import { Failure, JobLinks, Place, Software } from "./facts";
import { Tags } from "./tags";
import { Timeline } from "./timeline";

/** To the job that has made this one. */
function searchLink(arn: string | undefined): ReactNode {
  return (
    arn && (
      <EntityLink key={arn} arn={arn}>
        {parseArn(arn)?.id}
      </EntityLink>
    )
  );
}

export function TrainingOverview({ job }: { job: TrainingJob }) {
  const told = Object.entries(job.HyperParameters ?? {}).map(([key, value]) => [key, plain(value)] as const);
  const own = told.filter(([key]) => !key.startsWith("sagemaker_"));
  const sdk = Object.fromEntries(told);
  const resources = job.ResourceConfig;
  const rules = [...(job.DebugRuleEvaluationStatuses ?? []), ...(job.ProfilerRuleEvaluationStatuses ?? [])];
  const name = job.TrainingJobName ?? "";
  const runs = isRunning(job.TrainingJobStatus ?? "");
  const now = useNow(runs ? 1_000 : 60_000);
  const ran = ranFor(trainingRow(job), now);
  const hosts = Array.from({ length: Math.min(resources?.InstanceCount ?? 0, 64) }, (_, index) => `algo-${index + 1}`);
  return (
    <div className="stack">
      <Failure reason={job.FailureReason} kind="training-job" name={name} />
      <div className="cards">
        <Timeline stages={stages(job, now)} isRunning={runs} now={now} ran={ran} />
        {(job.FinalMetricDataList ?? []).length > 0 && (
          <Card title="Last metrics">
            <table className="plain-table">
              <tbody>
                {job.FinalMetricDataList?.map((metric) => (
                  <tr key={metric.MetricName}>
                    <th scope="row">{metric.MetricName}</th>
                    <td className="number mono">{number(Number(metric.Value))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
        )}
        {rules.length > 0 && (
          <Card
            title="Rules"
            action={
              <Link to="." search={{ tab: "rules" }}>
                What they have seen
              </Link>
            }
          >
            <ul className="job-lines">
              {rules.map((rule) => (
                <li key={rule.RuleConfigurationName}>
                  <span>{rule.RuleConfigurationName}</span>
                  <Status status={rule.RuleEvaluationStatus ?? ""} />
                  {rule.StatusDetails && <p className="reason whole">{rule.StatusDetails}</p>}
                </li>
              ))}
            </ul>
          </Card>
        )}
        <Card title="Hyperparameters">
          {own.length === 0 ? (
            <p className="soft">The job has none.</p>
          ) : (
            <table className="plain-table">
              <tbody>
                {own.map(([key, value]) => (
                  <tr key={key}>
                    <th scope="row">{key}</th>
                    <td className="number mono">{value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Card>
        <Card title="Data and model">
          <Facts
            facts={[
              ["Script", sdk["sagemaker_program"]],
              ["Source", <Place uri={sdk["sagemaker_submit_directory"]} what="the address of the source" isFile />],
              ...(job.InputDataConfig ?? []).map((channel): [string, ReactNode] => [
                `Input ${channel.ChannelName}`,
                <Place uri={channel.DataSource?.S3DataSource?.S3Uri ?? channel.DataSource?.FileSystemDataSource?.DirectoryPath} what={`the address of ${channel.ChannelName}`} />,
              ]),
              ["Checkpoints", <Place uri={job.CheckpointConfig?.S3Uri} what="the address of the checkpoints" />],
              ["Output", <Place uri={job.OutputDataConfig?.S3OutputPath} what="the address of the output" />],
              ["Model", <Place uri={job.ModelArtifacts?.S3ModelArtifacts} what="the address of the model" isFile />],
            ]}
          />
        </Card>
        <Card title="Where it runs">
          <Facts
            facts={[
              ["Image", <Place uri={job.AlgorithmSpecification?.TrainingImage} what="the image" />],
              ["What it became", whatRan(job).join("; ")],
              ["Instances", resources?.InstanceType && `${resources.InstanceCount ?? 1} × ${resources.InstanceType}`],
              ...(resources?.InstanceGroups ?? []).map((group): [string, ReactNode] => [
                group.InstanceGroupName ?? "",
                `${group.InstanceCount} × ${group.InstanceType}`,
              ]),
              [
                "Hosts",
                hosts.length > 1 && (
                  <span className="row">
                    {hosts.map((host) => (
                      <Link key={host} to="." search={{ tab: "log", host }}>
                        {host}
                      </Link>
                    ))}
                  </span>
                ),
              ],
              ["Volume", resources?.VolumeSizeInGB ? `${resources.VolumeSizeInGB} GB` : ""],
              ["Longest run", duration(job.StoppingCondition?.MaxRuntimeInSeconds)],
              ["Role", <Place uri={job.RoleArn} what="the role" />],
              ...Object.entries(job.Environment ?? {}).map(([key, value]): [string, ReactNode] => [
                key,
                <span className="mono">{value}</span>,
              ]),
            ]}
          />
          <Software kind="training-job" name={name} />
        </Card>
        <Card title="Identity">
          <Facts
            facts={[
              ["ARN", <Place uri={job.TrainingJobArn} what="the ARN" />],
              ["Created", instant(job.CreationTime)],
              ["Started", instant(job.TrainingStartTime)],
              ["Ended", instant(job.TrainingEndTime)],
              ["Changed", instant(job.LastModifiedTime)],
              ["Trained for", duration(job.TrainingTimeInSeconds)],
              ["Billable", duration(job.BillableTimeInSeconds)],
              [
                "Experiment",
                job.ExperimentConfig?.ExperimentName && (
                  <Link key="experiment" to="/experiments/$name" params={{ name: job.ExperimentConfig.ExperimentName }}>
                    {job.ExperimentConfig.ExperimentName}
                  </Link>
                ),
              ],
              ["Trial", job.ExperimentConfig?.TrialName],
              ["Tuning job", searchLink(job.TuningJobArn)],
              ["Autopilot job", searchLink(job.AutoMLJobArn)],
            ]}
          />
        </Card>
        <JobLinks kind="training-job" name={name} arn={job.TrainingJobArn ?? ""} run={job.ExperimentConfig?.RunName} />
        <Tags arn={job.TrainingJobArn} />
      </div>
    </div>
  );
}
