// A job's page, of any kind: its head, and the part that the address names.
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { type ComponentType, type ReactNode, useEffect } from "react";
import { processingJob, trainingJob, transformJob } from "../../api/queries";
import { Trouble } from "../../components/trouble";
import type { JobAddress } from "../../lib/job-address";
import { isRunning, type JobRow, KINDS, type JobKind, processingRow, trainingRow, transformRow } from "../../lib/jobs";
import "../../style/jobs.css";
import { ProcessingCode, TrainingCode, TransformCode } from "./code-dialog";
import { JobHead } from "./head";
import { JobLog } from "./log";
import { Metrics } from "./metrics";
import { ProcessingOverview } from "./processing-overview";
import { Rules } from "./rules";
import { StopButton } from "./stop";
import { System } from "./system";
import { TrainingOverview } from "./training-overview";
import { TransformOverview } from "./transform-overview";

export function TrainingJobPage() {
  const { name } = useParams({ from: "/signed-in/training-jobs/$name" });
  const asked = useQuery(trainingJob(name));
  return (
    <JobPage
      kind="training-job"
      name={name}
      asked={asked}
      rowOf={trainingRow}
      Overview={TrainingOverview}
      rules={asked.data && <Rules job={asked.data} />}
      actions={asked.data && <TrainingCode job={asked.data} />}
    />
  );
}

export function ProcessingJobPage() {
  const { name } = useParams({ from: "/signed-in/processing-jobs/$name" });
  const asked = useQuery(processingJob(name));
  return (
    <JobPage
      kind="processing-job"
      name={name}
      asked={asked}
      rowOf={processingRow}
      Overview={ProcessingOverview}
      actions={asked.data && <ProcessingCode job={asked.data} />}
    />
  );
}

export function TransformJobPage() {
  const { name } = useParams({ from: "/signed-in/transform-jobs/$name" });
  const asked = useQuery(transformJob(name));
  return (
    <JobPage
      kind="transform-job"
      name={name}
      asked={asked}
      rowOf={transformRow}
      Overview={TransformOverview}
      actions={asked.data && <TransformCode job={asked.data} />}
    />
  );
}

function JobPage<Job>({
  kind,
  name,
  asked,
  rowOf,
  Overview,
  rules,
  actions,
}: {
  kind: JobKind;
  name: string;
  asked: UseQueryResult<Job>;
  rowOf: (job: Job) => JobRow;
  Overview: ComponentType<{ job: Job }>;
  rules?: ReactNode;
  actions?: ReactNode;
}) {
  const address: JobAddress = useSearch({ strict: false });
  useEffect(() => {
    document.title = `${name} · Clary Studio`;
  }, [name]);
  if (asked.error) return <Trouble error={asked.error} what={`the ${KINDS[kind].one} ${name}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  const row = rowOf(asked.data);
  const runs = isRunning(row.status);
  return (
    <div className="stack">
      <JobHead row={row} address={address}>
        <Link className="button" to={`${KINDS[kind].path}/$name/again`} params={{ name }}>
          Run again
        </Link>
        {actions}
        {runs && <StopButton kind={kind} name={name} />}
      </JobHead>
      {address.tab === "metrics" ? (
        <Metrics kind={kind} name={name} arn={row.arn} isRunning={runs} address={address} />
      ) : address.tab === "log" ? (
        <JobLog kind={kind} name={name} isRunning={runs} address={address} />
      ) : address.tab === "system" ? (
        <System kind={kind} name={name} arn={row.arn} isRunning={runs} />
      ) : address.tab === "rules" && rules ? (
        rules
      ) : (
        <Overview job={asked.data} />
      )}
    </div>
  );
}
