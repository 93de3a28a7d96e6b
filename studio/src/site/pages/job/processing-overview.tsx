// What a processing job is, and what has become of it.
import type { ReactNode } from "react";
import type { ProcessingJob } from "../../api/call";
import { Card, Facts } from "../../components/facts";
import { useNow } from "../../components/now";
import { duration, instant } from "../../lib/format";
import { Link } from "@tanstack/react-router";
import { isRunning, processingRow, ranFor } from "../../lib/jobs";
import { processingStages } from "../../lib/timeline";
import { Failure, JobLinks, Place, Software } from "./facts";
import { Tags } from "./tags";
import { Timeline } from "./timeline";

export function ProcessingOverview({ job }: { job: ProcessingJob }) {
  const name = job.ProcessingJobName ?? "";
  const runs = isRunning(job.ProcessingJobStatus ?? "");
  const now = useNow(runs ? 1_000 : 60_000);
  const ran = ranFor(processingRow(job), now);
  const trainedBy = job.TrainingJobArn?.slice(job.TrainingJobArn.lastIndexOf("/") + 1);
  const application = job.AppSpecification;
  const resources = job.ProcessingResources?.ClusterConfig;
  return (
    <div className="stack">
      <Failure reason={job.FailureReason} kind="processing-job" name={name} />
      {job.ExitMessage && (
        <Card title="Last words">
          <pre className="code" tabIndex={0}>{job.ExitMessage}</pre>
        </Card>
      )}
      <div className="cards">
        <Timeline stages={processingStages(job, now)} isRunning={runs} now={now} ran={ran} />
        <Card title="Data">
          <Facts
            facts={[
              ...(job.ProcessingInputs ?? []).map((input): [string, ReactNode] => [
                `Input ${input.InputName}`,
                <Place uri={input.S3Input?.S3Uri} what={`the address of ${input.InputName}`} />,
              ]),
              ...(job.ProcessingOutputConfig?.Outputs ?? []).map((output): [string, ReactNode] => [
                `Output ${output.OutputName}`,
                <Place uri={output.S3Output?.S3Uri} what={`the address of ${output.OutputName}`} />,
              ]),
            ]}
          />
        </Card>
        <Card title="Where it runs">
          <Facts
            facts={[
              ["Image", <Place uri={application?.ImageUri} what="the image" />],
              [
                "Command",
                <Place uri={[...(application?.ContainerEntrypoint ?? []), ...(application?.ContainerArguments ?? [])].join(" ")} what="the command" />,
              ],
              ["Instances", resources?.InstanceType && `${resources.InstanceCount ?? 1} × ${resources.InstanceType}`],
              ["Longest run", duration(job.StoppingCondition?.MaxRuntimeInSeconds)],
              ["Role", <Place uri={job.RoleArn} what="the role" />],
              ...Object.entries(job.Environment ?? {}).map(([key, value]): [string, ReactNode] => [
                key,
                <span key={key} className="mono">
                  {value}
                </span>,
              ]),
            ]}
          />
          <Software kind="processing-job" name={name} />
        </Card>
        <Card title="Identity">
          <Facts
            facts={[
              ["ARN", <Place uri={job.ProcessingJobArn} what="the ARN" />],
              ["Created", instant(job.CreationTime)],
              ["Started", instant(job.ProcessingStartTime)],
              ["Ended", instant(job.ProcessingEndTime)],
              [
                "Experiment",
                job.ExperimentConfig?.ExperimentName && (
                  <Link key="experiment" to="/experiments/$name" params={{ name: job.ExperimentConfig.ExperimentName }}>
                    {job.ExperimentConfig.ExperimentName}
                  </Link>
                ),
              ],
              [
                "Training job",
                trainedBy && (
                  <Link key="job" to="/training-jobs/$name" params={{ name: trainedBy }} search={{ tab: "rules" }}>
                    {trainedBy}
                  </Link>
                ),
              ],
            ]}
          />
        </Card>
        <JobLinks kind="processing-job" name={name} arn={job.ProcessingJobArn ?? ""} run={job.ExperimentConfig?.RunName} />
        <Tags arn={job.ProcessingJobArn} />
      </div>
    </div>
  );
}
