// What a transform job is, and what has become of it.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { TransformJob } from "../../api/call";
import { Card, Facts } from "../../components/facts";
import { useNow } from "../../components/now";
import { duration, instant } from "../../lib/format";
import { isRunning, ranFor, transformRow } from "../../lib/jobs";
import { transformStages } from "../../lib/timeline";
import { Failure, JobLinks, Place } from "./facts";
import { Tags } from "./tags";
import { Timeline } from "./timeline";

export function TransformOverview({ job }: { job: TransformJob }) {
  const name = job.TransformJobName ?? "";
  const runs = isRunning(job.TransformJobStatus ?? "");
  const now = useNow(runs ? 1_000 : 60_000);
  const ran = ranFor(transformRow(job), now);
  const [input, output, filters] = [job.TransformInput, job.TransformOutput, job.DataProcessing];
  const resources = job.TransformResources;
  return (
    <div className="stack">
      <Failure reason={job.FailureReason} kind="transform-job" name={name} />
      <div className="cards">
        <Timeline stages={transformStages(job, now)} isRunning={runs} now={now} ran={ran} />
        <Card title="Data">
          <Facts
            facts={[
              ["Model", <Place uri={job.ModelName} what="the name of the model" />],
              ["Input", <Place uri={input?.DataSource?.S3DataSource?.S3Uri} what="the address of the input" />],
              ["Content type", input?.ContentType],
              ["Compression", input?.CompressionType],
              ["Split by", input?.SplitType],
              ["Output", <Place uri={output?.S3OutputPath} what="the address of the output" />],
              ["Accept", output?.Accept],
              ["Assembled by", output?.AssembleWith],
              ["Input filter", filters?.InputFilter],
              ["Joined with", filters?.JoinSource],
              ["Output filter", filters?.OutputFilter],
            ]}
          />
        </Card>
        <Card title="How it runs">
          <Facts
            facts={[
              ["Instances", resources?.InstanceType && `${resources.InstanceCount ?? 1} × ${resources.InstanceType}`],
              ["Records a request", job.BatchStrategy],
              ["Requests at once", job.MaxConcurrentTransforms],
              ["Largest request", job.MaxPayloadInMB !== undefined && `${job.MaxPayloadInMB} MB`],
              ["Longest request", duration(job.ModelClientConfig?.InvocationsTimeoutInSeconds)],
              ["Tries again", job.ModelClientConfig?.InvocationsMaxRetries],
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
              ["ARN", <Place uri={job.TransformJobArn} what="the ARN" />],
              ["Created", instant(job.CreationTime)],
              ["Started", instant(job.TransformStartTime)],
              ["Ended", instant(job.TransformEndTime)],
              [
                "Experiment",
                job.ExperimentConfig?.ExperimentName && (
                  <Link key="experiment" to="/experiments/$name" params={{ name: job.ExperimentConfig.ExperimentName }}>
                    {job.ExperimentConfig.ExperimentName}
                  </Link>
                ),
              ],
            ]}
          />
        </Card>
        <JobLinks kind="transform-job" name={name} arn={job.TransformJobArn ?? ""} run={job.ExperimentConfig?.RunName} />
        <Tags arn={job.TransformJobArn} />
      </div>
    </div>
  );
}
