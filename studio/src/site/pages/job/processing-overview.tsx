// What a processing job is, and what has become of it.
import type { ReactNode } from "react";
import type { ProcessingJob } from "../../api/call";
import { Card, Facts } from "../../components/facts";
import { useNow } from "../../components/now";
import { duration, instant } from "../../lib/format";
import { isRunning, processingRow, ranFor } from "../../lib/jobs";
import { Failure, place, TagList } from "./facts";

export function ProcessingOverview({ job }: { job: ProcessingJob }) {
  const now = useNow(isRunning(job.ProcessingJobStatus ?? "") ? 1_000 : 60_000);
  const application = job.AppSpecification;
  const resources = job.ProcessingResources?.ClusterConfig;
  return (
    <div className="stack">
      <Failure reason={job.FailureReason} />
      {job.ExitMessage && (
        <Card title="Last words">
          <pre className="code" tabIndex={0}>{job.ExitMessage}</pre>
        </Card>
      )}
      <div className="cards">
        <Card title="Data">
          <Facts
            facts={[
              ...(job.ProcessingInputs ?? []).map((input): [string, ReactNode] => [
                `Input ${input.InputName}`,
                place(input.S3Input?.S3Uri, `the address of ${input.InputName}`),
              ]),
              ...(job.ProcessingOutputConfig?.Outputs ?? []).map((output): [string, ReactNode] => [
                `Output ${output.OutputName}`,
                place(output.S3Output?.S3Uri, `the address of ${output.OutputName}`),
              ]),
            ]}
          />
        </Card>
        <Card title="Where it runs">
          <Facts
            facts={[
              ["Image", place(application?.ImageUri, "the image")],
              [
                "Command",
                place(
                  [...(application?.ContainerEntrypoint ?? []), ...(application?.ContainerArguments ?? [])].join(" "),
                  "the command",
                ),
              ],
              ["Instances", resources?.InstanceType && `${resources.InstanceCount ?? 1} × ${resources.InstanceType}`],
              ["Longest run", duration(job.StoppingCondition?.MaxRuntimeInSeconds)],
              ["Role", place(job.RoleArn, "the role")],
              ...Object.entries(job.Environment ?? {}).map(([key, value]): [string, ReactNode] => [
                key,
                <span key={key} className="mono">
                  {value}
                </span>,
              ]),
            ]}
          />
        </Card>
        <Card title="Identity">
          <Facts
            facts={[
              ["ARN", place(job.ProcessingJobArn, "the ARN")],
              ["Created", instant(job.CreationTime)],
              ["Started", instant(job.ProcessingStartTime)],
              ["Ended", instant(job.ProcessingEndTime)],
              ["Ran for", duration(ranFor(processingRow(job), now))],
              ["Experiment", job.ExperimentConfig?.ExperimentName],
              ["Training job", job.TrainingJobArn],
            ]}
          />
          <TagList arn={job.ProcessingJobArn} />
        </Card>
      </div>
    </div>
  );
}
