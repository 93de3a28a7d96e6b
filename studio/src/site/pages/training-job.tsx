// A training job's page, with all that the console shows of one.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { call, type TrainingJob } from "../api/call";
import { tagsOf, trainingJob } from "../api/queries";
import { Copyable, CopyButton } from "../components/copy";
import { Dialog } from "../components/dialog";
import { Card, Facts } from "../components/facts";
import { useNow } from "../components/now";
import { Status } from "../components/status";
import { Trouble } from "../components/trouble";
import { codeOf, FORMS, type Form } from "../lib/code";
import { duration, instant, number, plain } from "../lib/format";
import { isRunning, ranFor, trainingRow } from "../lib/jobs";
import { stages, whatRan } from "../lib/timeline";
import { JobHead, JobLog, Metrics, Question } from "./job-parts";

export default function TrainingJobPage() {
  const { name } = useParams({ from: "/signed-in/training-jobs/$name" });
  const address = useSearch({ from: "/signed-in/training-jobs/$name" });
  const asked = useQuery(trainingJob(name));
  useEffect(() => {
    document.title = `${name} · Clary Studio`;
  }, [name]);
  if (asked.error) return <Trouble error={asked.error} what={`the training job ${name}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  const job = asked.data;
  const runs = isRunning(job.TrainingJobStatus ?? "");
  return (
    <div className="stack">
      <JobHead
        kind="training-job"
        name={name}
        status={job.TrainingJobStatus ?? ""}
        secondary={job.SecondaryStatus === job.TrainingJobStatus ? "" : (job.SecondaryStatus ?? "")}
        address={address}
        actions={<Actions job={job} name={name} runs={runs} />}
      />
      {address.tab === "metrics" ? (
        <Metrics kind="training-job" name={name} arn={job.TrainingJobArn ?? ""} isRunning={runs} address={address} />
      ) : address.tab === "log" ? (
        <JobLog kind="training-job" name={name} isRunning={runs} address={address} />
      ) : (
        <Overview job={job} />
      )}
    </div>
  );
}

function Actions({ job, name, runs }: { job: TrainingJob; name: string; runs: boolean }) {
  const [open, setOpen] = useState<"stop" | "code">();
  const stop = useMutation({
    mutationFn: () => call("sagemaker/StopTrainingJob", { TrainingJobName: name }),
    onSuccess: () => setOpen(undefined),
  });
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen("code")}>
        Copy as code
      </button>
      {runs && (
        <button type="button" className="button danger" onClick={() => setOpen("stop")}>
          Stop
        </button>
      )}
      {open === "stop" && (
        <Question
          title={`Stop ${name}?`}
          text="The script gets SIGTERM and two minutes to end; what it has written to /opt/ml/model is kept."
          yes="Stop the job"
          error={stop.error}
          isBusy={stop.isPending}
          onYes={() => stop.mutate()}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === "code" && <CodeDialog job={job} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function CodeDialog({ job, onClose }: { job: TrainingJob; onClose: () => void }) {
  const [form, setForm] = useState<Form>("boto3");
  const code = codeOf(job, form);
  return (
    <Dialog label="Copy as code" className="broad" onClose={onClose}>
      <div className="dialog-body">
        <h2>The same job again, as code</h2>
        <div className="toolbar" role="group" aria-label="Form of the code">
          {FORMS.map((each) => (
            <button
              key={each}
              type="button"
              className={each === form ? "button primary" : "button"}
              aria-pressed={each === form}
              onClick={() => setForm(each)}
            >
              {each}
            </button>
          ))}
        </div>
        {/* Keys scroll it. */}
        <pre className="code" tabIndex={0} aria-label={`Code for ${form}`}>
          {code}
        </pre>
        <div className="row">
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          <CopyButton text={code} label="Copy" />
        </div>
      </div>
    </Dialog>
  );
}

function Overview({ job }: { job: TrainingJob }) {
  const told = Object.entries(job.HyperParameters ?? {}).map(([key, value]) => [key, plain(value)] as const);
  const own = told.filter(([key]) => !key.startsWith("sagemaker_"));
  const sdk = Object.fromEntries(told);
  const resources = job.ResourceConfig;
  const rules = [...(job.DebugRuleEvaluationStatuses ?? []), ...(job.ProfilerRuleEvaluationStatuses ?? [])];
  return (
    <div className="stack">
      {job.FailureReason && (
        <div className="error">
          <h2>Why it failed</h2>
          <pre tabIndex={0}>{job.FailureReason}</pre>
        </div>
      )}
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

function Timeline({ job }: { job: TrainingJob }) {
  const runs = isRunning(job.TrainingJobStatus ?? "");
  const now = useNow(runs ? 1_000 : 60_000);
  const all = stages(job, now);
  const ran = ranFor(trainingRow(job), now);
  return (
    <Card
      title="Status over time"
      wide
      action={<span className="soft">{ran === undefined ? "" : `trained for ${duration(ran)}`}</span>}
    >
      <div className="timeline">
        <div className="bar" aria-hidden="true">
          {all.map((stage, index) => (
            <span key={index} className={stage.name} style={{ flexGrow: stage.share }} title={stage.name} />
          ))}
        </div>
        <div className="scroll">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col" className="short">
                  Status
                </th>
                <th scope="col" className="short">
                  Began
                </th>
                <th scope="col" className="short number">
                  Took
                </th>
                <th scope="col" className="message">
                  Message
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((stage, index) => (
                <tr key={index}>
                  <th scope="row" className="short">
                    {stage.name}
                  </th>
                  <td className="mono short">{instant(stage.startedAt).slice(11)}</td>
                  <td className="number mono short">
                    {stage.endedAt === undefined && !runs ? "" : duration((stage.endedAt ?? now) - stage.startedAt)}
                  </td>
                  <td className="message">{stage.message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Card>
  );
}

export function TagList({ arn }: { arn: string | undefined }) {
  const tags = useQuery(tagsOf(arn));
  if (tags.error) return <Trouble error={tags.error} what="the tags" />;
  if (!tags.data || tags.data.length === 0) return null;
  return (
    <>
      <h3 className="tags-title">Tags</h3>
      <Facts facts={tags.data.map((tag) => [tag.Key, tag.Value])} />
    </>
  );
}

export function place(text: string | undefined, what: string) {
  return text ? <Copyable text={text} what={what} /> : undefined;
}
