// A processing job's page.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { call, type ProcessingJob } from "../api/call";
import { processingJob } from "../api/queries";
import { Card, Facts } from "../components/facts";
import { useNow } from "../components/now";
import { Trouble } from "../components/trouble";
import { duration, instant } from "../lib/format";
import { isRunning, processingRow, ranFor } from "../lib/jobs";
import { JobHead, JobLog, Metrics, Question } from "./job-parts";
import { place, TagList } from "./training-job";

export default function ProcessingJobPage() {
  const { name } = useParams({ from: "/signed-in/processing-jobs/$name" });
  const address = useSearch({ from: "/signed-in/processing-jobs/$name" });
  const asked = useQuery(processingJob(name));
  useEffect(() => {
    document.title = `${name} · Clary Studio`;
  }, [name]);
  if (asked.error) return <Trouble error={asked.error} what={`the processing job ${name}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  const job = asked.data;
  const runs = isRunning(job.ProcessingJobStatus ?? "");
  return (
    <div className="stack">
      <JobHead
        kind="processing-job"
        name={name}
        status={job.ProcessingJobStatus ?? ""}
        secondary=""
        address={address}
        actions={runs && <Stop name={name} />}
      />
      {address.tab === "metrics" ? (
        <Metrics
          kind="processing-job"
          name={name}
          arn={job.ProcessingJobArn ?? ""}
          isRunning={runs}
          address={address}
        />
      ) : address.tab === "log" ? (
        <JobLog kind="processing-job" name={name} isRunning={runs} address={address} />
      ) : (
        <Overview job={job} />
      )}
    </div>
  );
}

function Stop({ name }: { name: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const stop = useMutation({
    mutationFn: () => call("sagemaker/StopProcessingJob", { ProcessingJobName: name }),
    onSuccess: () => setIsOpen(false),
  });
  return (
    <>
      <button type="button" className="button danger" onClick={() => setIsOpen(true)}>
        Stop
      </button>
      {isOpen && (
        <Question
          title={`Stop ${name}?`}
          text="The program gets SIGTERM and two minutes to end."
          yes="Stop the job"
          error={stop.error}
          isBusy={stop.isPending}
          onYes={() => stop.mutate()}
          onClose={() => setIsOpen(false)}
        />
      )}
    </>
  );
}

function Overview({ job }: { job: ProcessingJob }) {
  const now = useNow(isRunning(job.ProcessingJobStatus ?? "") ? 1_000 : 60_000);
  const application = job.AppSpecification;
  const resources = job.ProcessingResources?.ClusterConfig;
  return (
    <div className="stack">
      {job.FailureReason && (
        <div className="error">
          <h2>Why it failed</h2>
          <pre tabIndex={0}>{job.FailureReason}</pre>
        </div>
      )}
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
