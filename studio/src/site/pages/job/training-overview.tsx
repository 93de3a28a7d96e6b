// What a training job is, and what has become of it.
import type { ReactNode } from "react";
import type { TrainingJob } from "../../api/call";
import { Card, Facts } from "../../components/facts";
import { Status } from "../../components/status";
import { duration, instant, number, plain } from "../../lib/format";
import { whatRan } from "../../lib/timeline";
import { Failure, place, TagList } from "./facts";
import { Timeline } from "./timeline";

export function TrainingOverview({ job }: { job: TrainingJob }) {
  const told = Object.entries(job.HyperParameters ?? {}).map(([key, value]) => [key, plain(value)] as const);
  const own = told.filter(([key]) => !key.startsWith("sagemaker_"));
  const sdk = Object.fromEntries(told);
  const resources = job.ResourceConfig;
  const rules = [...(job.DebugRuleEvaluationStatuses ?? []), ...(job.ProfilerRuleEvaluationStatuses ?? [])];
  return (
    <div className="stack">
      <Failure reason={job.FailureReason} />
      <div className="cards">
        <Timeline job={job} />
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
          <Card title="Rules">
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
              ["Source", place(sdk["sagemaker_submit_directory"], "the address of the source")],
              ...(job.InputDataConfig ?? []).map((channel): [string, ReactNode] => [
                `Input ${channel.ChannelName}`,
                place(
                  channel.DataSource?.S3DataSource?.S3Uri ??
                    channel.DataSource?.FileSystemDataSource?.DirectoryPath,
                  `the address of ${channel.ChannelName}`,
                ),
              ]),
              ["Checkpoints", place(job.CheckpointConfig?.S3Uri, "the address of the checkpoints")],
              ["Output", place(job.OutputDataConfig?.S3OutputPath, "the address of the output")],
              ["Model", place(job.ModelArtifacts?.S3ModelArtifacts, "the address of the model")],
            ]}
          />
        </Card>
        <Card title="Where it runs">
          <Facts
            facts={[
              ["Image", place(job.AlgorithmSpecification?.TrainingImage, "the image")],
              ["What it became", whatRan(job).join("; ")],
              ["Instances", resources?.InstanceType && `${resources.InstanceCount ?? 1} × ${resources.InstanceType}`],
              ["Volume", resources?.VolumeSizeInGB ? `${resources.VolumeSizeInGB} GB` : ""],
              ["Longest run", duration(job.StoppingCondition?.MaxRuntimeInSeconds)],
              ["Role", place(job.RoleArn, "the role")],
              ...Object.entries(job.Environment ?? {}).map(([key, value]): [string, ReactNode] => [
                key,
                <span className="mono">{value}</span>,
              ]),
            ]}
          />
        </Card>
        <Card title="Identity">
          <Facts
            facts={[
              ["ARN", place(job.TrainingJobArn, "the ARN")],
              ["Created", instant(job.CreationTime)],
              ["Started", instant(job.TrainingStartTime)],
              ["Ended", instant(job.TrainingEndTime)],
              ["Changed", instant(job.LastModifiedTime)],
              ["Experiment", job.ExperimentConfig?.ExperimentName],
              ["Trial", job.ExperimentConfig?.TrialName],
            ]}
          />
          <TagList arn={job.TrainingJobArn} />
        </Card>
      </div>
    </div>
  );
}
